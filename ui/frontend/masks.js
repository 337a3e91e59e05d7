/* Layers of a mask on its picture. What is chosen lives here and stays while the masks are replaced. */
const LAYERS = ["input", "truth", "prediction", "error"];
const viewers = new WeakMap();

function make(tag, className, parent) {
  const made = document.createElement(tag);
  made.className = className;
  parent?.appendChild(made);
  return made;
}

function mount(parent) {
  const root = make("section", "viewer", parent);
  const figure = make("figure", "stage", root);
  const canvas = make("canvas", "picture", figure);
  canvas.setAttribute("role", "img");
  const side = make("div", "side", root);
  const state = {
    root, canvas, data: null, sample: 0, opacity: 0.6, shown: { input: true, truth: false, prediction: true, error: true },
    caption: make("figcaption", "caption", figure),
    layers: make("div", "layers", side),
    opacityRow: make("label", "opacity", side),
    wrong: make("p", "wrong", side),
    legend: make("ul", "legend", side),
    thumbs: make("div", "thumbs", root),
    empty: make("p", "empty", parent),
  };
  state.layers.setAttribute("role", "group");
  state.thumbs.setAttribute("role", "group");
  addControls(state);
  return state;
}

function addControls(state) {
  state.buttons = Object.fromEntries(LAYERS.map((name) => {
    const button = make("button", `layer ${name}`, state.layers);
    button.type = "button";
    button.onclick = () => {
      state.shown[name] = !state.shown[name];
      render(state);
    };
    return [name, button];
  }));
  state.opacityName = make("span", "", state.opacityRow);
  state.slider = make("input", "", state.opacityRow);
  Object.assign(state.slider, { type: "range", min: 0.1, max: 1, step: 0.05, value: state.opacity });
  state.slider.oninput = () => {
    state.opacity = Number(state.slider.value);
    render(state);
  };
}

const bytes = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

function unpack(data) {
  const sample = (i) => ({ image: bytes(data.images[i]), truth: bytes(data.truth[i]), prediction: bytes(data.prediction[i]) });
  return { ...data, samples: data.images.map((_, i) => sample(i)) };
}

function paint(canvas, data, sample, shown, opacity, scale) {
  const { size } = data;
  canvas.width = canvas.height = size * scale;
  const context = canvas.getContext("2d");
  context.fillStyle = "#000";
  context.fillRect(0, 0, canvas.width, canvas.height);
  if (shown.input) paintInput(context, data, sample.image, scale);
  const fill = (mask) => {
    context.globalAlpha = opacity;
    forEachPixel(size, (x, y, i) => {
      if (!mask[i]) return;
      context.fillStyle = data.colours[mask[i]];
      context.fillRect(x * scale, y * scale, scale, scale);
    });
    context.globalAlpha = 1;
  };
  if (shown.prediction) fill(sample.prediction);
  if (shown.truth && !shown.prediction) fill(sample.truth);
  if (shown.truth) outline(context, data, sample.truth, scale);
  if (shown.error) hatch(context, size, sample, scale);
}

function forEachPixel(size, visit) {
  for (let y = 0; y < size; y++) for (let x = 0; x < size; x++) visit(x, y, y * size + x);
}

function paintInput(context, { size, channels }, image, scale) {
  const small = new OffscreenCanvas(size, size);
  const pixels = new ImageData(size, size);
  forEachPixel(size, (_x, _y, i) => {
    for (let c = 0; c < 3; c++) pixels.data[4 * i + c] = image[channels * i + (channels === 3 ? c : 0)];
    pixels.data[4 * i + 3] = 255;
  });
  small.getContext("2d").putImageData(pixels, 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(small, 0, 0, size * scale, size * scale);
}

/* The border of each class, on the inside of its pixels. */
function outline(context, { size, colours }, mask, scale) {
  const line = Math.max(2, scale / 5);
  forEachPixel(size, (x, y, i) => {
    if (!mask[i]) return;
    context.fillStyle = colours[mask[i]];
    const [left, top] = [x * scale, y * scale];
    if (x === 0 || mask[i - 1] !== mask[i]) context.fillRect(left, top, line, scale);
    if (x === size - 1 || mask[i + 1] !== mask[i]) context.fillRect(left + scale - line, top, line, scale);
    if (y === 0 || mask[i - size] !== mask[i]) context.fillRect(left, top, scale, line);
    if (y === size - 1 || mask[i + size] !== mask[i]) context.fillRect(left, top + scale - line, scale, line);
  });
}

/* Wrong pixels: a cross, so that they do not depend on colour alone. */
function hatch(context, size, { truth, prediction }, scale) {
  context.lineCap = "round";
  context.beginPath();
  forEachPixel(size, (x, y, i) => {
    if (truth[i] === prediction[i]) return;
    const [left, top, inset] = [x * scale, y * scale, scale * 0.18];
    context.moveTo(left + inset, top + inset);
    context.lineTo(left + scale - inset, top + scale - inset);
    context.moveTo(left + scale - inset, top + inset);
    context.lineTo(left + inset, top + scale - inset);
  });
  for (const [colour, share] of [["#000", 0.26], ["#fff", 0.13]]) { // white on black stands out from any class
    context.strokeStyle = colour;
    context.lineWidth = Math.max(1, scale * share);
    context.stroke();
  }
}

const filled = (pattern, values) => pattern.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

function render(state) {
  const { data } = state;
  const sample = data.samples[state.sample];
  const { words } = data;
  paint(state.canvas, data, sample, state.shown, state.opacity, Math.max(4, Math.round(560 / data.size)));
  for (const name of LAYERS) {
    state.buttons[name].textContent = words[name];
    state.buttons[name].setAttribute("aria-pressed", state.shown[name]);
  }
  const total = data.size * data.size;
  const count = sample.truth.reduce((sum, value, i) => sum + (value !== sample.prediction[i]), 0);
  const share = new Intl.NumberFormat(undefined, { style: "percent", maximumFractionDigits: 1 }).format(count / total);
  state.wrong.textContent = filled(words.wrong, { count, total, share });
  state.caption.textContent = data.captions[state.sample];
  const present = (mask) => new Set([...mask].filter((value) => value > 0));
  const [inTruth, inPrediction] = [present(sample.truth), present(sample.prediction)];
  const list = (found) => [...found].sort((a, b) => a - b).map((i) => data.classes[i]).join(", ") || words.none;
  const label = { caption: data.captions[state.sample], wrong: state.wrong.textContent, truth: list(inTruth), prediction: list(inPrediction) };
  state.canvas.setAttribute("aria-label", filled(words.alternative, label));
  [...state.legend.children].forEach((item, i) => {
    item.classList.toggle("present", inTruth.has(i + 1) || inPrediction.has(i + 1));
  });
  [...state.thumbs.children].forEach((thumb, i) => thumb.setAttribute("aria-pressed", i === state.sample));
}

function renderList(state) {
  const { data } = state;
  state.layers.setAttribute("aria-label", data.words.layers);
  state.thumbs.setAttribute("aria-label", data.words.samples);
  state.legend.setAttribute("aria-label", data.words.legend);
  state.opacityName.textContent = data.words.opacity;
  state.legend.replaceChildren(...data.classes.slice(1).map((name, i) => {
    const item = make("li", "");
    make("span", "swatch", item).style.background = data.colours[i + 1];
    item.append(name);
    return item;
  }));
  while (state.thumbs.children.length > data.samples.length) state.thumbs.lastChild.remove();
  data.samples.forEach((sample, i) => {
    const thumb = state.thumbs.children[i] ?? make("button", "thumb", state.thumbs);
    const canvas = thumb.firstChild ?? make("canvas", "", thumb);
    thumb.type = "button";
    thumb.title = data.captions[i];
    thumb.setAttribute("aria-label", data.captions[i]);
    thumb.onclick = () => {
      state.sample = i;
      render(state);
    };
    paint(canvas, data, sample, { input: true, prediction: true }, 0.55, 2);
  });
}

export default function ({ parentElement, data }) {
  let state = viewers.get(parentElement);
  if (!state) {
    state = mount(parentElement);
    viewers.set(parentElement, state);
  }
  const packed = JSON.stringify(data);
  if (!data || packed === state.packed) return;
  state.packed = packed;
  state.data = unpack(data);
  const some = state.data.samples.length > 0;
  state.root.hidden = !some;
  state.empty.hidden = some;
  state.empty.textContent = data.words.empty;
  if (!some) return;
  state.sample = Math.min(state.sample, state.data.samples.length - 1);
  renderList(state);
  render(state);
}
