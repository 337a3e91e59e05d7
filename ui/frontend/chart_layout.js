/* What Plotly is given for a chart: its traces, its layout, its look. */
const BELOW = "#d9622b";

function theme(state) {
  const style = getComputedStyle(state.parent);
  const read = (name, otherwise) => {
    const value = style.getPropertyValue(name).trim();
    return value && value !== "unset" ? value : otherwise;
  };
  const text = read("--st-text-color", "#31333f");
  return {
    text,
    quiet: fade(text, 0.68),
    grid: fade(text, 0.1),
    line: fade(text, 0.28),
    card: read("--st-background-color", "#ffffff"),
    font: read("--st-font", "sans-serif"),
    reduced: window.matchMedia("(prefers-reduced-motion: reduce)").matches,
  };
}

function fade(colour, alpha) {
  const context = document.createElement("canvas").getContext("2d");
  context.fillStyle = colour;
  const hex = context.fillStyle;
  if (!hex.startsWith("#")) return colour;
  const [r, g, b] = [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
  return `rgba(${r},${g},${b},${alpha})`;
}

function plotlyTrace(trace) {
  const common = {
    name: trace.name, uid: trace.name, x: trace.x, y: trace.y, opacity: trace.opacity, showlegend: trace.legend,
    hovertemplate: `%{y:.4~g}${trace.unit ? " " + trace.unit : ""}`,
  };
  if (trace.mode === "bars") return { ...common, type: "bar", marker: { color: trace.colour } };
  if (trace.mode === "markers") {
    return {
      ...common, type: "scatter", mode: "markers", marker: { color: trace.colour, size: trace.width },
      hovertemplate: `(%{x:.4~g}, %{y:.4~g})`,
    };
  }
  return {
    ...common, type: "scatter", mode: trace.x.length === 1 ? "markers" : trace.mode,
    line: { color: trace.colour, width: trace.width, dash: trace.dash }, marker: { color: trace.colour, size: 7 },
    ...(trace.fill ? { fill: "tonexty", fillcolor: fade(trace.colour, 0.4) } : {}),
  };
}

function extraTraces(chart, look) {
  const extra = [];
  if (chart.idealRange) {
    extra.push({
      name: chart.ideal, uid: "ideal", x: chart.idealRange, y: chart.idealRange, mode: "lines", hoverinfo: "skip",
      line: { color: look.quiet, width: 1.5, dash: "dash" },
    });
  }
  if (chart.marks.length) {
    extra.push({
      name: "marks", uid: "marks", x: chart.marks.map((mark) => mark.x), y: chart.marks.map(() => 1), yaxis: "y2",
      text: chart.marks.map((mark) => mark.label), mode: "markers", showlegend: false, cliponaxis: false,
      marker: { symbol: "triangle-down", size: 9, color: chart.marks.map((mark) => mark.colour) },
      hovertemplate: "%{text}<extra></extra>",
    });
  }
  return extra;
}

/* Words at the marks, the newest first; one that would lie over another is told by hovering only. */
function markLabels(chart, look, width) {
  const xs = chart.xRange ?? extent(chart.traces.flatMap((trace) => trace.x));
  if (!xs || !chart.marks.length) return [];
  const px = (x) => ((x - xs[0]) / (xs[1] - xs[0] || 1)) * width;
  let free = Infinity;
  return [...chart.marks].reverse().flatMap((mark) => {
    const room = mark.label.length * 6.4 + 14;
    const toTheLeft = px(mark.x) + room > width;
    const [from, to] = toTheLeft ? [px(mark.x) - room, px(mark.x)] : [px(mark.x), px(mark.x) + room];
    if (to > free || from < 0) return [];
    free = from;
    return [{
      x: mark.x, y: 1, xref: "x", yref: "paper", text: escapeText(mark.label), showarrow: false, yanchor: "top", yshift: -8,
      xanchor: toTheLeft ? "right" : "left", xshift: toTheLeft ? -4 : 4, font: { size: 11, color: look.text },
      bgcolor: look.card, opacity: 0.9, borderpad: 1,
    }];
  });
}

const escapeText = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

/* The half below 0, shaded, with its words: what it means that a value lies there. */
function belowZero(chart, look) {
  if (!chart.below) return { shapes: [], annotations: [] };
  const line = { type: "line", xref: "paper", x0: 0, x1: 1, y0: 0, y1: 0, layer: "below", line: { color: look.line, width: 1.5 } };
  const half = { type: "rect", xref: "paper", x0: 0, x1: 1, y0: 0, y1: chart.yRange?.[0] ?? -1, layer: "below" };
  return {
    shapes: [{ ...half, fillcolor: fade(BELOW, 0.1), line: { width: 0 } }, line],
    annotations: [{
      xref: "paper", x: 1, xanchor: "right", y: chart.yRange?.[0] ?? -1, yanchor: "bottom", showarrow: false,
      text: escapeText(chart.below), font: { size: 11, color: look.quiet },
    }],
  };
}

function layout(chart, look, width, logTick) {
  const axis = {
    color: look.quiet, gridcolor: look.grid, linecolor: look.line, zeroline: false, automargin: true, ticklabeloverflow: "allow", tickangle: 0,
    tickfont: { size: 12 }, title: { font: { size: 12, color: look.quiet }, standoff: 8 }, ticks: "",
  };
  const onlyBars = chart.traces.every((trace) => trace.mode === "bars");
  const scatter = chart.traces.some((trace) => trace.mode === "markers");
  const below = belowZero(chart, look);
  return {
    autosize: true, uirevision: chart.view || "mtl", datarevision: Date.now(), showlegend: !onlyBars, bargap: 0.06,
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", font: { family: look.font, color: look.text, size: 12 },
    margin: { l: 44, r: 20, t: 8, b: 36 }, hovermode: scatter || onlyBars ? "closest" : "x unified", dragmode: "zoom",
    hoverlabel: { bgcolor: look.card, bordercolor: look.line, font: { color: look.text, family: look.font, size: 12 } },
    modebar: { bgcolor: "rgba(0,0,0,0)", color: look.quiet, activecolor: look.text },
    legend: {
      orientation: "h", x: 0, xanchor: "left", y: 1.02, yanchor: "bottom", font: { size: 12 }, bgcolor: "rgba(0,0,0,0)",
      itemsizing: "constant", itemwidth: 36, uirevision: "mtl", traceorder: "normal",
    },
    xaxis: {
      ...axis, title: { ...axis.title, text: escapeText(chart.xTitle) }, showgrid: scatter, showline: true, nticks: Math.max(3, width / 90),
      zeroline: chart.zeroLine, zerolinecolor: look.line, ...(chart.xRange ? { range: chart.xRange, autorange: false } : {}),
      hoverformat: ".6~g",
    },
    yaxis: {
      ...axis, title: { ...axis.title, text: escapeText(chart.yTitle) }, type: chart.yLog ? "log" : "linear", nticks: 6,
      uirevision: `${chart.view}-${chart.yLog}`, rangemode: onlyBars || chart.fromZero ? "tozero" : "normal",
      ...(chart.yRange ? { range: chart.yRange, autorange: false } : {}),
      ...(chart.yLog ? { tickformat: "~g", dtick: logTick } : {}), ...(chart.square ? { scaleanchor: "x", scaleratio: 1, constrain: "domain" } : {}),
    },
    yaxis2: { overlaying: "y", range: [0, 1], fixedrange: true, visible: false },
    shapes: [...below.shapes, ...chart.marks.map((mark) => ({
      type: "line", x0: mark.x, x1: mark.x, yref: "paper", y0: 0, y1: 1, layer: "below",
      line: { color: mark.colour, width: 1.2, dash: "dot" },
    }))],
    annotations: [...below.annotations, ...markLabels(chart, look, width - 60)],
  };
}
