/* A plain SVG of a chart's data: what stands there until Plotly has loaded, and instead of it if it cannot. */
const SVG_NS = "http://www.w3.org/2000/svg";
const SKETCH_MARGIN = { left: 52, right: 12, top: 30, bottom: 40 };

function svgElement(name, attributes) {
  const element = document.createElementNS(SVG_NS, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

function extent(values) {
  const finite = values.filter((value) => value !== null && Number.isFinite(value));
  if (!finite.length) return null;
  const low = Math.min(...finite);
  const high = Math.max(...finite);
  return low === high ? [low - 0.5, high + 0.5] : [low, high];
}

function drawSketch(svg, chart, width, height) {
  const box = { w: width - SKETCH_MARGIN.left - SKETCH_MARGIN.right, h: height - SKETCH_MARGIN.top - SKETCH_MARGIN.bottom };
  const yScale = (value) => (value === null ? null : chart.yLog ? Math.log10(value) : value);
  const xs = chart.xRange ?? extent(chart.traces.flatMap((trace) => trace.x));
  const ys = extent(chart.traces.flatMap((trace) => (trace.mode === "bars" ? [...trace.y, 0] : trace.y)).map(yScale));
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.replaceChildren();
  for (let i = 0; i <= 4; i++) {
    const y = SKETCH_MARGIN.top + (box.h * i) / 4;
    svg.append(svgElement("line", { x1: SKETCH_MARGIN.left, x2: width - SKETCH_MARGIN.right, y1: y, y2: y, class: "mtl-grid" }));
  }
  if (!xs || !ys) return;
  const px = (x) => SKETCH_MARGIN.left + ((x - xs[0]) / (xs[1] - xs[0])) * box.w;
  const py = (y) => SKETCH_MARGIN.top + (1 - (yScale(y) - ys[0]) / (ys[1] - ys[0])) * box.h;
  for (const trace of chart.traces) svg.append(...sketchTrace(trace, px, py));
}

function sketchTrace(trace, px, py) {
  const points = trace.x.map((x, i) => [x, trace.y[i]]).filter(([x, y]) => x !== null && y !== null);
  if (trace.mode.startsWith("lines")) {
    const path = points.map(([x, y], i) => `${i ? "L" : "M"}${px(x).toFixed(1)} ${py(y).toFixed(1)}`).join("");
    const dash = { dash: "6 4", dot: "2 3" }[trace.dash] ?? "none";
    const look = { fill: "none", stroke: trace.colour, "stroke-width": trace.width, "stroke-dasharray": dash, opacity: trace.opacity };
    return path ? [svgElement("path", { d: path, ...look })] : [];
  }
  const look = { fill: trace.colour, opacity: trace.opacity };
  if (trace.mode === "bars") {
    const step = points.length > 1 ? Math.abs(px(points[1][0]) - px(points[0][0])) : 20;
    return points.map(([x, y]) =>
      svgElement("rect", { x: px(x) - step * 0.45, width: step * 0.9, y: py(y), height: Math.max(0, py(0) - py(y)), ...look }));
  }
  return points.map(([x, y]) => svgElement("circle", { cx: px(x), cy: py(y), r: trace.width / 2, ...look }));
}
