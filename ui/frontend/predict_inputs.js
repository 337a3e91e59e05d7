/* What a network is asked about: sliders, a picture, a drawing, a sentence, a place of z. */
function slider(parent, about, changed) {
  const row = element("div", about.flag ? "slider flag" : "slider", parent);
  const label = element("label", "name", row, { textContent: about.name, title: about.name });
  const number = element("input", "number", row, { type: "number", step: about.step || "any" });
  const track = element("div", "track", row);
  const bars = element("div", "bars", track);
  const most = Math.max(1, ...(about.counts ?? []));
  for (const count of about.counts ?? []) element("i", "", bars).style.height = `${Math.ceil((100 * count) / most)}%`;
  const range = element("input", "range", track, { type: "range", min: about.low, max: about.high, step: about.step || "any" });
  range.id = label.htmlFor = `slider-${Math.random().toString(36).slice(2)}`;
  number.setAttribute("aria-label", about.name);
  const decimals = Math.max(0, -Math.floor(Math.log10(about.step || 1) + 1e-9));
  const written = (value) => (value === null ? "" : String(Number(Number(value).toFixed(Math.max(decimals, 4)))));
  const made = { value: null };
  made.set = (value) => {
    made.value = value;
    range.value = value ?? about.typical;
    number.value = written(value);
    row.classList.toggle("missing", value === null);
    row.classList.toggle("beyond", value !== null && (value < about.low || value > about.high));
  };
  range.oninput = () => { made.set(Number(range.value)); changed(); };
  number.onchange = () => { made.set(number.value === "" ? null : Number(number.value)); changed(); };
  range.ondblclick = () => { made.set(about.typical); changed(); };
  if (about.low === about.high && about.low !== undefined) range.disabled = true;
  return made;
}

function tableInput(state, parent, columns) {
  const box = element("div", "sliders", parent);
  const touched = () => { state.own.table = true; state.ask(); };
  const sliders = columns.map((about) => slider(box, about, touched));
  return {
    set: (values) => sliders.forEach((one, i) => one.set(values[i])),
    values: () => sliders.map((one) => one.value),
  };
}

function pictureInput(state, parent, about, words) {
  const box = element("div", "picture", parent);
  const sources = element("div", "chips", box);
  sources.setAttribute("role", "group");
  const shown = element("canvas", "shown", box);
  shown.setAttribute("role", "img");
  const pad = about.drawable ? drawingPad(box, words, () => state.ask()) : null;
  const clear = element("button", "clear", pad?.frame ?? box, { type: "button", textContent: words.clear, hidden: !pad });
  clear.onclick = () => {
    pad.clear();
    state.pending = false;
    state.error.hidden = seen.hidden = true;
  };
  const seen = element("figure", "seen", box, { hidden: true });
  const small = element("canvas", "", seen);
  element("figcaption", "", seen, { textContent: words.as_seen });
  const made = { source: "row", pad };
  const names = { row: words.from_test, draw: about.drawable && words.draw, z: about.latent && words.from_noise, own: words.own_picture };
  for (const [name, label] of Object.entries(names)) {
    if (!label) continue;
    const chip = element("button", "chip", sources, { type: "button", textContent: label });
    chip.dataset.source = name;
    chip.onclick = () => made.choose(name, true);
  }
  made.choose = (name, asks) => {
    made.source = name;
    state.root.dataset.source = name;
    for (const chip of sources.children) chip.setAttribute("aria-pressed", chip.dataset.source === name);
    if (pad) pad.frame.hidden = name !== "draw";
    shown.hidden = name === "draw";
    seen.hidden = name !== "draw" || pad.empty();
    state.ways?.show(name === "z");
    if (asks && !(name === "draw" && pad.empty())) state.ask();
  };
  made.set = (packed) => {
    paint(shown, packed, about.channels, about.side);
    paint(small, packed, about.channels, about.side);
    seen.hidden = made.source !== "draw" || pad.empty();
  };
  made.label = (text) => shown.setAttribute("aria-label", text);
  return made;
}

function waysInput(state, parent, about, words) {
  const box = element("div", "ways", parent, { hidden: true });
  const bar = element("div", "bar", box);
  const made = { start: 0 };
  const another = element("button", "", bar, { type: "button", textContent: words.another_start });
  const back = element("button", "", bar, { type: "button", textContent: words.ways_back });
  const sliders = Array.from({ length: about.ways }, (_, i) =>
    slider(box, { name: words.way.replace("{number}", i + 1), low: -3, high: 3, step: 0.05, typical: 0 }, () => state.ask()));
  const zero = () => sliders.forEach((one) => one.set(0));
  another.onclick = () => { made.start = (made.start + 1) % about.starts; zero(); state.ask(); };
  back.onclick = () => { zero(); state.ask(); };
  zero();
  made.show = (there) => { box.hidden = !there; };
  made.values = () => sliders.map((one) => one.value ?? 0);
  return made;
}

function sentenceInput(state, parent, words) {
  const label = element("label", "sentence", parent);
  element("span", "name", label, { textContent: words.sentence });
  const input = element("input", "", label, { type: "text", maxLength: 300, spellcheck: false });
  const note = element("p", "note", label);
  let timer;
  input.oninput = () => {
    clearTimeout(timer);
    timer = setTimeout(() => { state.own.text = true; state.ask(); }, 150);
  };
  return {
    value: () => input.value,
    set: ({ text, unknown, beyond }) => {
      if (!state.own.text) input.value = text;
      const parts = [];
      if (unknown.length) parts.push(words.unknown.replace("{words}", unknown.join(", ")));
      if (beyond.length) parts.push(words.beyond.replace("{words}", beyond.join(" ")));
      note.textContent = parts.join(" ");
    },
  };
}
