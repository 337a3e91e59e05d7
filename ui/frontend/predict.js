/* Play with a run: inputs on one side, answers on the other; one question at a time is under way. */
const boards = new WeakMap();
const PATIENCE = 4000; // ms after which a question without an answer is no reason to wait any longer

function mount(parent, data) {
  const root = element("section", data.inputs.image ? "predict" : "predict plain", parent);
  const state = { root, view: data.view, seq: data.seq, answered: data.seq, row: 0, own: {}, pending: false };
  const { words, inputs } = data;
  const left = element("div", "inputs", root);
  const right = element("div", "answers", root);
  state.error = element("p", "error", right, { hidden: true });
  state.error.setAttribute("role", "status");
  const legend = element("div", "legend", right);
  for (const who of ["run", "alone", "truth"]) {
    state[who] = element("span", who, legend);
    element("i", who, state[who]);
    state[who].append(words[`legend_${who}`]);
  }
  const bar = element("div", "bar rows", left);
  const step = (by) => { state.row = (state.row + by + inputs.rows) % inputs.rows; fromRow(state); };
  element("button", "", bar, { type: "button", textContent: "◀", title: words.previous, onclick: () => step(-1) });
  state.place = element("output", "place", bar);
  element("button", "next", bar, { type: "button", textContent: "▶", title: words.next, onclick: () => step(1) });
  if (inputs.columns.length) {
    const typical = element("button", "typical", bar, { type: "button", textContent: words.typical, title: words.typical_help });
    typical.onclick = () => { state.table.set(inputs.columns.map((one) => one.typical)); state.own.table = true; state.ask(); };
  }
  state.ask = () => { state.pending = true; send(state); };
  if (inputs.image) state.picture = pictureInput(state, left, { ...inputs.image, latent: inputs.latent }, words);
  if (inputs.latent) state.ways = waysInput(state, left, inputs.latent, words);
  if (inputs.text) state.text = sentenceInput(state, left, words);
  if (inputs.columns.length) state.table = tableInput(state, left, inputs.columns);
  state.picture?.choose("row", false);
  state.show = answerCards(element("div", "cards", right), data);
  if (data.tasks.length > 8) right.classList.add("many");
  return state;
}

function fromRow(state) {
  state.own = {};
  state.picture?.choose("row", false);
  state.ask();
}

function question(state) {
  const asked = { row: state.row, source: state.picture?.source ?? "row" };
  if (state.own.table) asked.table = state.table.values();
  if (state.own.text) asked.text = state.text.value();
  if (asked.source === "draw") asked.ink = state.picture.pad.packed();
  if (asked.source === "z") Object.assign(asked, { start: state.ways.start, ways: state.ways.values() });
  return asked;
}

function send(state) {
  const waiting = state.answered < state.seq && performance.now() - state.sent < PATIENCE;
  if (!state.pending || waiting) return;
  state.pending = false;
  state.seq += 1;
  state.sent = performance.now();
  state.tell("asked", JSON.stringify({ seq: state.seq, ...question(state) }));
}

function refresh(state, data) {
  const { words, inputs } = data;
  const own = data.own?.key;
  state.error.hidden = !data.error;
  state.error.textContent = data.error ?? "";
  state.alone.hidden = !data.partner;
  state.place.textContent = words.row.replace("{row}", (state.row + 1).toLocaleString(words.locale)).replace("{rows}", inputs.rows.toLocaleString(words.locale));
  if (own && own !== state.ownKey) {
    state.ownKey = own;
    state.picture.choose("own", true);
  }
  const [first] = data.answers;
  if (!first) return;
  state.truth.hidden = !Object.keys(first.truth).length;
  if (state.table && !state.own.table) state.table.set(first.input.table);
  if (state.picture && first.input.image) state.picture.set(first.input.image);
  if (state.text) state.text.set(first.input);
  state.show(data.answers);
  state.root.dataset.answered = data.seq;
}

export default function ({ parentElement, data, setStateValue }) {
  if (!data) return;
  const given = JSON.parse(data.board);
  let state = boards.get(parentElement);
  const sign = JSON.stringify([given.view, given.words.locale]);
  if (!state || state.sign !== sign) {
    state?.root.remove();
    state = mount(parentElement, given);
    state.sign = sign;
    boards.set(parentElement, state);
  }
  state.tell = setStateValue;
  state.answered = Math.max(state.answered, given.seq);
  refresh(state, given);
  send(state);
}
