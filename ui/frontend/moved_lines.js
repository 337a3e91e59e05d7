/* Moves a chart's lines on where nothing but their points has changed: a tenth of what Plotly takes to draw it anew. */
const LINES_ALONE_MS = 3000; // then Plotly draws the whole, for what it tells when one points at the chart

/* The path of a line on the axes as they stand; null where these do not show it whole. */
function pathOn(axes, { x, y }) {
  const [across, up] = axes;
  const parts = [];
  for (let at = 0; at < x.length; at++) {
    if (y[at] === null) return null;
    const place = [across.c2p(x[at]), up.c2p(y[at])];
    const seen = place.every((value, i) => value >= -0.5 && value <= axes[i]._length + 0.5);
    if (!seen) return null; // also where it is no number, as 0 on a logarithmic axis
    parts.push(place.map((value) => Math.round(value * 100) / 100).join());
  }
  return `M${parts.join("L")}`;
}

/* The one path that Plotly has drawn for each trace, by its name; null where that is not how it is drawn. */
function drawnLines(plot) {
  const found = new Map();
  for (const node of plot.querySelectorAll(".scatterlayer > .trace")) {
    const paths = node.querySelectorAll("path.js-line");
    found.set(node.__data__?.[0]?.trace?.uid, paths.length === 1 ? paths[0] : null);
  }
  return found;
}

/* Whether the lines could be moved on; else the whole is to be drawn. */
function movedLines(state, look) {
  const { chart, plot, whole } = state;
  const same = whole && whole.head === chart.head && whole.look === look && !state.pointed;
  if (!same || performance.now() - whole.at > LINES_ALONE_MS) return false;
  const axes = [plot._fullLayout.xaxis, plot._fullLayout.yaxis];
  const drawn = drawnLines(plot);
  const moves = [];
  for (const [i, trace] of chart.traces.entries()) {
    if (plot._fullData[i]?.visible !== true) continue; // taken out by its place in the legend
    const plain = trace.mode === "lines" && !trace.fill;
    const path = plain && trace.x.length > 1 ? pathOn(axes, trace) : null;
    const node = drawn.get(trace.name);
    if (!path || !node) return false;
    moves.push([node, path]);
  }
  moves.forEach(([node, path]) => node.setAttribute("d", path));
  chart.traces.forEach(({ x, y }, i) => Object.assign(plot.data[i], { x, y }));
  state.behind = true;
  clearTimeout(state.later);
  state.later = setTimeout(() => drawLater(state), Math.max(0, whole.at + LINES_ALONE_MS - performance.now()));
  return true;
}

/* Lets Plotly draw the whole with the next frame. */
function drawLater(state) {
  state.whole = null;
  state.fresh = true;
  schedule(state);
}

/* Whoever points at a chart is told of its points as they are now. */
function followPointer(state) {
  state.plot.addEventListener("pointerenter", () => {
    state.pointed = true;
    if (state.behind) drawLater(state);
  });
  state.plot.addEventListener("pointerleave", () => {
    state.pointed = false;
  });
}
