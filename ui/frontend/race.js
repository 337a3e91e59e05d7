/* The race: two pictures of the same walks, and one clock for both. What is chosen here stays while data are replaced. */
const races = new WeakMap();
const SECONDS = 12; // of a whole race at speed 1
const SPEEDS = [0.5, 1, 2, 4];
const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

function make(tag, className, parent, set = {}) {
  const made = Object.assign(document.createElement(tag), { className }, set);
  parent?.appendChild(made);
  return made;
}

function mount(parent) {
  const root = make("section", "race", parent);
  const state = { root, panels: {}, hidden: new Set(), t: 0, speed: 1, playing: false, height: "mean", preference: null };
  const bar = make("div", "bar", root);
  state.play = make("button", "play", bar, { type: "button", onclick: () => toggle(state) });
  state.scrub = make("input", "scrub", bar, { type: "range", min: 0, step: "any", oninput: () => seek(state, Number(state.scrub.value)) });
  state.clock = make("output", "clock", bar);
  state.speeds = make("div", "chips speeds", bar);
  state.lambda = make("label", "lambda", root);
  state.lambdaName = make("span", "", state.lambda);
  state.lambdaRange = make("input", "", state.lambda, { type: "range", min: 0, step: 1 });
  state.lambdaRange.oninput = () => choosePreference(state, Number(state.lambdaRange.value));
  state.legend = make("div", "chips legend", root);
  const stage = make("div", "stage", root);
  for (const name of ["plane", "space"]) state.panels[name] = panel(stage, name);
  state.heights = make("div", "chips heights", root);
  root.addEventListener("keydown", (event) => onKey(state, event));
  new ResizeObserver(() => draw(state, true)).observe(stage);
  state.panels.plane.front.addEventListener("click", (event) => onPlane(state, event));
  state.panels.plane.front.addEventListener("pointermove", (event) => onHover(state, event));
  state.panels.plane.front.addEventListener("pointerleave", () => { state.panels.plane.hint.textContent = ""; });
  return state;
}

function panel(stage, name) {
  const figure = make("figure", `panel ${name}`, stage);
  const title = make("figcaption", "title", figure);
  const box = make("div", "box", figure);
  const back = make("canvas", "back", box);
  const front = make("canvas", "front", box, { role: "img", tabIndex: 0 });
  return { figure, title, back, front, hint: make("span", "hint", box) };
}

function onKey(state, event) {
  if (event.target.matches("input") && event.key.startsWith("Arrow")) return;
  if (event.key === " " && !event.target.matches("button")) toggle(state);
  else if (event.key === "ArrowRight" || event.key === "ArrowLeft") seek(state, state.t + (event.key === "ArrowRight" ? 1 : -1) * state.last / 50);
  else if (event.key === "Home" || event.key === "End") seek(state, event.key === "End" ? state.last : 0);
  else return;
  event.preventDefault();
  event.stopPropagation();
}

function where(state, event) {
  const { data } = state;
  const canvas = state.panels.plane.front;
  const box = canvas.getBoundingClientRect();
  const [x, y] = scales(data.plane, canvas.clientWidth, canvas.clientHeight).value(event.clientX - box.left, event.clientY - box.top);
  const inside = x >= data.plane.x[0] && x <= data.plane.x[1] && y >= data.plane.y[0] && y <= data.plane.y[1];
  return inside ? [Math.round(x * 100) / 100, Math.round(y * 100) / 100] : null;
}

function onPlane(state, event) {
  const point = where(state, event);
  if (!point || state.data.busy) return;
  state.trigger("start", point);
}

function onHover(state, event) {
  const point = where(state, event);
  const { words, busy } = state.data;
  state.panels.plane.hint.textContent = point && !busy ? words.start_here.replace("{x1}", text(point[0])).replace("{x2}", text(point[1])) : "";
}

function toggle(state) {
  if (!state.playing && state.t >= state.last) state.t = 0;
  state.playing = !state.playing;
  state.before = null;
  refresh(state);
  if (state.playing) requestAnimationFrame((now) => tick(state, now));
}

function tick(state, now) {
  if (!state.playing || !state.root.isConnected) return;
  const passed = state.before === null ? 0 : (now - state.before) / 1000;
  state.before = now;
  state.t = Math.min(state.there, state.t + (passed * state.speed * state.last) / SECONDS);
  if (state.t >= state.last) state.playing = false;
  refresh(state);
  if (state.playing) requestAnimationFrame((next) => tick(state, next));
}

function seek(state, t) {
  state.playing = false;
  state.t = Math.max(0, Math.min(state.last, t));
  refresh(state);
}

function choosePreference(state, index) {
  state.preference = index;
  for (const walk of state.walks) if (walk.stack) Object.assign(walk, { points: walk.stack[Math.min(index, walk.stack.length - 1)] });
  refresh(state);
}

/* Clock, buttons and the walks; the pictures behind them only where they changed. */
function refresh(state) {
  const { words } = state.data;
  const step = state.steps[Math.min(state.steps.length - 1, Math.round(state.t))];
  state.scrub.value = state.t;
  state.scrub.setAttribute("aria-valuetext", words.clock.replace("{step}", step));
  state.clock.textContent = words.clock.replace("{step}", step.toLocaleString(words.locale));
  state.play.textContent = state.playing ? "❚❚" : "▶";
  state.play.setAttribute("aria-label", state.playing ? words.pause : words.play);
  state.play.title = state.play.getAttribute("aria-label");
  state.root.dataset.step = step;
  for (const [parent, chosen] of [[state.speeds, String(state.speed)], [state.heights, state.height]]) {
    for (const chip of parent.querySelectorAll("button")) chip.setAttribute("aria-pressed", chip.dataset.value === chosen);
  }
  for (const chip of state.legend.children) chip.setAttribute("aria-pressed", !state.hidden.has(chip.dataset.value));
  if (state.data.preferences) {
    const value = state.data.preferences[state.preference];
    state.lambdaName.textContent = words.preference.replace("{one}", value.toFixed(2)).replace("{two}", (1 - value).toFixed(2));
    state.lambdaRange.value = state.preference;
  }
  draw(state, false);
}

function draw(state, behind) {
  if (!state.data) return;
  const look = colours(state.root);
  const sign = look.text + look.back + state.height;
  for (const [name, { back, front }] of Object.entries(state.panels)) {
    const about = state.data[name];
    if (!about || !front.clientWidth) continue;
    if (behind || sign !== state.drawn) drawBehind(state, name, back, look);
    const { context, w, h } = sized(front);
    const scale = scales(about, w, h);
    context.save();
    context.beginPath();
    context.rect(PAD.left - 1, PAD.top - 1, scale.across + 2, scale.down + 2);
    context.clip();
    const shown = state.walks.filter((walk) => !state.hidden.has(walk.method));
    if (name === "space") shown.forEach((walk, i) => walk.stack?.forEach((one) => ghost(context, one, walk, scale, i, look)));
    for (const walk of shown) {
      path(context, walk, about.columns, state.t, scale, look, walk.arrived !== null && state.steps[Math.floor(state.t)] >= walk.arrived);
    }
    context.restore();
  }
  state.drawn = sign;
}

/* Where another preference ends; the first method's larger, so that one sees both where two end together. */
function ghost(context, points, walk, scale, place, look) {
  const at = points.length - walk.width;
  disc(context, scale.px(points[at]), scale.py(points[at + 1]), place ? 4 : 7, look.back, walk.colour, 2);
}

function drawBehind(state, name, canvas, look) {
  const about = state.data[name];
  const { context, w, h } = sized(canvas);
  const scale = scales(about, w, h);
  if (about.grid) contour(context, state.grids[state.height], scale, about, look);
  axes(context, about, scale, w, h, look);
  curve(context, about.best, scale, look.back, 7);
  curve(context, about.best, scale, look.text, 3);
}

const unpacked = (packed, Kind) => new Kind(Uint8Array.from(atob(packed), (character) => character.charCodeAt(0)).buffer);

function walkOf(walk) {
  const made = { ...walk };
  if (walk.packed) made.points = unpacked(walk.packed, Float32Array);
  if (walk.stack) made.stack = walk.stack.map((one) => unpacked(one, Float32Array));
  made.points ??= made.stack[0];
  made.count = made.points.length / walk.width;
  return made;
}

function chips(parent, label, entries, press) {
  parent.hidden = entries.length < 2;
  parent.setAttribute("role", "group");
  parent.setAttribute("aria-label", label);
  parent.replaceChildren(...entries.map(({ value, name, colour }) => {
    const chip = make("button", "chip", null, { type: "button", onclick: () => press(value) });
    chip.dataset.value = value;
    if (colour) make("span", "swatch", chip).style.background = colour;
    chip.append(name);
    return chip;
  }));
}

function build(state) {
  const { data } = state;
  const { words } = data;
  state.walks = data.walks.map(walkOf);
  state.steps = data.steps;
  state.last = data.steps.length - 1;
  state.there = data.busy ? Math.max(0, Math.min(...state.walks.map((walk) => walk.count)) - 1) : state.last;
  state.scrub.max = state.last;
  state.scrub.setAttribute("aria-label", words.scrub);
  for (const [name, about] of Object.entries(state.panels)) {
    about.figure.hidden = !data[name];
    about.title.textContent = data[name]?.title ?? "";
    about.front.setAttribute("aria-label", data[name]?.label ?? "");
  }
  if (data.plane && data.plane.sign !== state.gridSign) {
    state.gridSign = data.plane.sign;
    state.grids = Object.fromEntries(Object.entries(data.plane.grid.heights).map(([name, { packed, low, high, levels }]) => {
      const values = Float32Array.from(unpacked(packed, Uint16Array), (value) => low + (value / 65535) * (high - low));
      return [name, { size: data.plane.grid.size, values, levels }];
    }));
  }
  const methods = [...new Map(state.walks.map((walk) => [walk.method, { value: walk.method, name: walk.label, colour: walk.colour }])).values()];
  chips(state.legend, words.legend, methods, (name) => { state.hidden.has(name) ? state.hidden.delete(name) : state.hidden.add(name); refresh(state); });
  chips(state.heights, words.heights, data.plane ? Object.keys(data.plane.grid.heights).map((value) => ({ value, name: words[`height_${value}`] })) : [], (value) => { state.height = value; refresh(state); });
  chips(state.speeds, words.speed, SPEEDS.map((value) => ({ value: String(value), name: `${value}×` })), (value) => { state.speed = Number(value); refresh(state); });
  state.lambda.hidden = !data.preferences;
  if (data.preferences) {
    state.lambdaRange.max = data.preferences.length - 1;
    state.preference ??= Math.floor(data.preferences.length / 2);
    choosePreference(state, state.preference);
  }
}

export default function ({ parentElement, data, setTriggerValue }) {
  let state = races.get(parentElement);
  if (!state) {
    state = mount(parentElement);
    races.set(parentElement, state);
  }
  state.trigger = setTriggerValue;
  if (!data) return;
  if (data.race === state.packed) return draw(state, true);
  const before = state.data?.view;
  state.packed = data.race;
  state.data = JSON.parse(data.race);
  build(state);
  state.t = before === state.data.view ? Math.min(state.t, state.last) : 0;
  draw(state, true);
  if (before !== state.data.view) {
    state.playing = false;
    if (calm()) state.t = state.last;
    else toggle(state);
  }
  refresh(state);
}
