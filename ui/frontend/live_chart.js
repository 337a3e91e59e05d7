/* One chart: mounts Plotly once into a node that stays, then replaces its data only. */
const charts = new WeakMap();
const ASK_AGAIN_MS = 3000;
const MOST_KNOWN = 20; // charts that an update may follow on; ui/sent.py takes one of the last 8
const CONFIG = {
  displaylogo: false,
  responsive: false, // the ResizeObserver below does it, once a frame
  doubleClick: "reset",
  modeBarButtons: [["resetScale2d", "toImage"]],
  toImageButtonOptions: { format: "png", scale: 2, filename: "mtl-lab" },
};

function element(tag, className) {
  const made = document.createElement(tag);
  made.className = className;
  return made;
}

function mount(parent) {
  const root = element("figure", "mtl-chart");
  const plot = element("div", "mtl-chart-plot");
  const sketch = svgElement("svg", { class: "mtl-chart-sketch", "aria-hidden": "true" });
  const note = element("p", "mtl-chart-note");
  const summary = element("figcaption", "mtl-chart-hidden");
  plot.setAttribute("role", "img");
  root.append(sketch, plot, note, summary);
  parent.appendChild(root);
  const state = {
    parent, root, plot, sketch, note, summary, data: null, chart: null, now: "", given: "", known: new Map(), fresh: false,
    look: null, unsure: true, asked: -Infinity, plotly: null, frame: 0, visible: true,
    whole: null, behind: false, pointed: false, later: 0,
  };
  followPointer(state);
  state.resizes = new ResizeObserver(() => schedule(state, true));
  state.resizes.observe(root);
  state.views = new IntersectionObserver(([entry]) => {
    state.visible = entry.isIntersecting;
    if (state.visible) schedule(state);
  }, { rootMargin: "200px" });
  state.views.observe(root);
  return state;
}

function unmount(state) {
  cancelAnimationFrame(state.frame);
  clearTimeout(state.later);
  state.resizes.disconnect();
  state.views.disconnect();
  if (state.plotly) state.plotly.purge(state.plot);
  state.root.remove();
  charts.delete(state.parent);
}

// On a logarithmic axis: 1-2-5 a decade, every digit when zoomed into one decade, Plotly's own choice beyond either.
function fitLogTicks(state) {
  const axis = state.plot._fullLayout.yaxis;
  if (axis.type !== "log") return;
  const decades = Math.abs(axis.range[1] - axis.range[0]);
  const wanted = decades > 5 || decades < 0.35 ? null : decades > 1 ? "D2" : "D1";
  if (!state.followsZoom) {
    state.followsZoom = true;
    state.plot.on("plotly_relayout", () => fitLogTicks(state));
  }
  if (wanted === state.logTick) return;
  state.logTick = wanted;
  state.plotly.relayout(state.plot, { "yaxis.dtick": wanted });
}

/* The theme's colours and font; read anew where they may have changed. */
function currentLook(state) {
  if (!state.unsure) return state.look;
  const look = theme(state);
  if (JSON.stringify(look) !== JSON.stringify(state.look)) [state.look, state.fresh] = [look, true];
  state.unsure = false;
  return state.look;
}

/* Plotly draws everything. */
function drawWhole(state, look, width) {
  const { chart, plot } = state;
  const traces = [...chart.traces.map(plotlyTrace), ...extraTraces(chart, look)];
  state.plotly.react(plot, traces, layout(chart, look, width, state.logTick), CONFIG);
  fitLogTicks(state);
  state.whole = { head: chart.head, look, at: performance.now() };
  state.behind = false;
}

function draw(state, resized) {
  const { chart, root, plot, sketch } = state;
  const width = root.clientWidth;
  const height = root.clientHeight;
  if (!chart || !state.visible || width < 2 || height < 2) return;
  if (!state.plotly) {
    drawSketch(sketch, chart, width, height);
    return;
  }
  const look = currentLook(state);
  if (state.fresh) {
    state.fresh = false;
    if (resized || !movedLines(state, look)) drawWhole(state, look, width);
    sketch.style.display = "none";
  } else if (resized && state.behind) {
    drawWhole(state, look, width);
  } else if (resized) {
    state.plotly.Plots.resize(plot);
  }
}

function schedule(state, resized = false) {
  state.resized = state.resized || resized;
  cancelAnimationFrame(state.frame);
  state.frame = requestAnimationFrame(() => {
    draw(state, state.resized);
    state.resized = false;
  });
}

function say(state, text, retry) {
  state.note.replaceChildren(text);
  state.root.classList.toggle("mtl-chart-failed", text !== ""); // shows the last values in words, too
  if (!retry) return;
  const button = element("button", "mtl-chart-retry");
  button.type = "button";
  button.textContent = state.data.words.retry;
  button.onclick = retry;
  state.note.append(" ", button);
}

async function ensurePlotly(state) {
  if (state.plotly || state.loading) return;
  const { script, problem, words } = state.data;
  if (!script) {
    say(state, `${words.failed} ${problem}`);
    return;
  }
  state.loading = true;
  try {
    state.plotly = await loadPlotly(script);
    say(state, "");
    schedule(state);
  } catch (error) {
    say(state, words.failed, () => {
      say(state, "");
      ensurePlotly(state);
    });
  } finally {
    state.loading = false;
  }
}

/* What seldom changes. */
function settle(state, data) {
  state.data = { script: data.script, problem: data.problem, words: JSON.parse(data.words) };
  state.root.style.height = `${data.height}px`;
  state.plot.setAttribute("aria-label", data.label);
}

/* Takes what is new into the chart; false where it follows on something that never came. */
function take(state, data) {
  if (data.now === state.now) return true;
  const before = state.known.get(data.base);
  if (data.base && !before) return false;
  state.chart = chartOf(JSON.parse(data.chart), before);
  state.now = data.now;
  state.fresh = true;
  state.known.delete(data.now);
  state.known.set(data.now, state.chart);
  if (state.known.size > MOST_KNOWN) state.known.delete(state.known.keys().next().value);
  return true;
}

function askForTheWhole(state, setTriggerValue) {
  if (performance.now() - state.asked < ASK_AGAIN_MS) return;
  state.asked = performance.now();
  setTriggerValue("whole", true);
}

/* Takes what came, and draws it with the next frame; false where something is missing. */
function receive(state, data) {
  const complete = take(state, data);
  state.summary.textContent = data.summary;
  if (data.script !== undefined) settle(state, data);
  if (!state.chart || !state.data) return complete;
  state.root.dataset.empty = state.chart.traces.some((trace) => trace.x.length) ? "" : state.chart.empty;
  schedule(state);
  const failed = state.note.textContent !== "";
  if (!failed || window.mtlPlotly) ensurePlotly(state); // another chart may have fetched it meanwhile
  return complete;
}

export default function ({ parentElement, data, setTriggerValue }) {
  if (!data) return undefined;
  let state = charts.get(parentElement);
  if (!state) {
    state = mount(parentElement);
    charts.set(parentElement, state);
  }
  state.unsure = true; // the theme may have changed
  if (data.now === state.given) schedule(state); // a slot may show something newer by now
  else if (receive(state, data)) state.given = data.now;
  else askForTheWhole(state, setTriggerValue);
  if (data.slot) slots.set(data.slot, (update) => receive(state, update));
  return () => unmount(state);
}
