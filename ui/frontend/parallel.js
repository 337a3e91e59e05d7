/* Parallel coordinates by Plotly; tells the page which stretches of the axes are brushed. What is brushed here stays so
   while lines are replaced: the browser's brush is the newest, the page's only the one to begin with. */
const plots = new WeakMap();
const CONFIG = { displaylogo: false, displayModeBar: false, responsive: true };

function mount(parent) {
  const root = document.createElement("div");
  root.className = "mtl-parallel";
  const plot = root.appendChild(document.createElement("div"));
  plot.className = "mtl-parallel-plot";
  plot.setAttribute("role", "img");
  const note = root.appendChild(document.createElement("div"));
  note.className = "mtl-parallel-note";
  const clear = root.appendChild(document.createElement("button"));
  Object.assign(clear, { type: "button", className: "mtl-parallel-clear", hidden: true });
  parent.appendChild(root);
  const state = { parent, root, plot, note, clear };
  clear.onclick = () => {
    state.ranges = [];
    draw(state).then(() => tell(state));
  };
  return state;
}

function unmount(state) {
  if (state.plotly) state.plotly.purge(state.plot);
  state.root.remove();
  plots.delete(state.parent);
}

const stretches = (range) => (!range?.length ? [] : Array.isArray(range[0]) ? range : [range]);

function tell(state) {
  state.ranges = state.plot.data[0].dimensions.map((axis) => stretches(axis.constraintrange));
  state.clear.hidden = !state.ranges.some((ranges) => ranges.length);
  state.set("ranges", JSON.stringify(state.ranges));
}

async function draw(state) {
  const { data, layout } = state.figure;
  data[0].dimensions.forEach((axis, i) => {
    const ranges = stretches(state.ranges[i]);
    axis.constraintrange = ranges.length > 1 ? ranges : ranges[0] ?? null;
  });
  const font = { ...layout.font, color: getComputedStyle(state.root).color };
  await state.plotly.react(state.plot, data, { ...layout, font }, CONFIG);
  state.clear.hidden = !state.ranges.some((ranges) => ranges.length);
  if (state.listens) return;
  state.listens = true;
  state.plot.on("plotly_restyle", () => tell(state));
}

async function ensurePlotly(state) {
  const { script, problem, words } = state;
  if (!script) {
    state.note.textContent = `${words.failed} ${problem}`;
    return;
  }
  try {
    state.plotly = await loadPlotly(script);
    state.note.replaceChildren();
    await draw(state);
  } catch (error) {
    const again = Object.assign(document.createElement("button"), { type: "button", textContent: words.retry, onclick: () => ensurePlotly(state) });
    state.note.replaceChildren(`${words.failed} `, again);
  }
}

export default function ({ parentElement, data, setStateValue }) {
  if (!data) return undefined;
  let state = plots.get(parentElement);
  if (!state) {
    state = mount(parentElement);
    state.ranges = JSON.parse(data.ranges);
    plots.set(parentElement, state);
  }
  Object.assign(state, { script: data.script, problem: data.problem, words: JSON.parse(data.words), set: setStateValue });
  state.root.style.height = `${data.height}px`;
  state.plot.setAttribute("aria-label", data.label);
  state.clear.textContent = state.words.clear;
  if (state.packed !== data.figure) {
    state.packed = data.figure;
    state.figure = JSON.parse(data.figure);
    state.plotly ? draw(state) : ensurePlotly(state);
  }
  return () => unmount(state);
}
