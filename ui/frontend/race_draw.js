/* Canvases of the race: contour picture, axes, curves, and the walks up to a moment. */
const PAD = { left: 38, right: 10, top: 10, bottom: 34 };
const FONT = 12;

function colours(node) {
  const style = getComputedStyle(node);
  const of = (name, fallback) => style.getPropertyValue(name).trim() || fallback;
  return { text: of("--st-text-color", "#1f2430"), back: of("--st-background-color", "#ffffff"), line: of("--st-primary-color", "#4b4fd4"), font: of("--st-font", "sans-serif") };
}

function rgb(colour) {
  const probe = new OffscreenCanvas(1, 1).getContext("2d");
  probe.fillStyle = colour;
  probe.fillRect(0, 0, 1, 1);
  return probe.getImageData(0, 0, 1, 1).data;
}

const isDark = (back) => { const [r, g, b] = rgb(back); return r + g + b < 384; };

/* A canvas at the screen's resolution; (w, h) in CSS pixels. */
function sized(canvas) {
  const { clientWidth: w, clientHeight: h } = canvas;
  const ratio = Math.min(3, window.devicePixelRatio || 1);
  if (canvas.width !== Math.round(w * ratio) || canvas.height !== Math.round(h * ratio)) {
    canvas.width = Math.round(w * ratio);
    canvas.height = Math.round(h * ratio);
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, w, h);
  return { context, w, h };
}

/* From the panel's numbers to pixels and back. */
function scales({ x, y }, w, h) {
  const [across, down] = [w - PAD.left - PAD.right, h - PAD.top - PAD.bottom];
  return {
    across, down,
    px: (value) => PAD.left + ((value - x[0]) / (x[1] - x[0])) * across,
    py: (value) => PAD.top + ((y[1] - value) / (y[1] - y[0])) * down,
    value: (px, py) => [x[0] + ((px - PAD.left) / across) * (x[1] - x[0]), y[1] - ((py - PAD.top) / down) * (y[1] - y[0])],
  };
}

function ticks([low, high], room) {
  const raw = (high - low) / Math.max(2, room / 60);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= raw);
  const found = [];
  for (let value = Math.ceil(low / step) * step; value <= high + 1e-9; value += step) found.push(Number(value.toFixed(6)));
  return found;
}

function axes(context, panel, scale, w, h, look) {
  context.font = `${FONT}px ${look.font}`;
  context.lineWidth = 1;
  const inner = [PAD.left, PAD.top, scale.across, scale.down];
  context.strokeStyle = look.text;
  context.globalAlpha = 0.25;
  context.strokeRect(...inner);
  for (const value of panel.grid ? [] : ticks(panel.x, scale.across)) line(context, scale.px(value), PAD.top, scale.px(value), h - PAD.bottom, 0.08);
  for (const value of panel.grid ? [] : ticks(panel.y, scale.down)) line(context, PAD.left, scale.py(value), w - PAD.right, scale.py(value), 0.08);
  context.globalAlpha = 0.75;
  context.fillStyle = look.text;
  context.textAlign = "center";
  context.textBaseline = "top";
  for (const value of ticks(panel.x, scale.across)) context.fillText(text(value), scale.px(value), h - PAD.bottom + 4);
  context.fillText(panel.xTitle, PAD.left + scale.across / 2, h - FONT - 2);
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const value of ticks(panel.y, scale.down)) context.fillText(text(value), PAD.left - 5, scale.py(value));
  context.save();
  context.translate(FONT / 2 + 1, PAD.top + scale.down / 2);
  context.rotate(-Math.PI / 2);
  context.textAlign = "center";
  context.fillText(panel.yTitle, 0, 0);
  context.restore();
  context.globalAlpha = 1;
}

const text = (value) => String(value).replace("-", "−");

function line(context, x0, y0, x1, y1, alpha) {
  context.globalAlpha = alpha;
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  context.stroke();
}

/* The height as tint, low is deep, and lines of equal height. */
function contour(context, grid, scale, panel, look) {
  const { size, values, levels } = grid;
  const small = new OffscreenCanvas(size, size);
  const pixels = new ImageData(size, size);
  const [back, deep] = [rgb(look.back), isDark(look.back) ? [52, 74, 122] : [150, 172, 216]];
  for (let row = 0; row < size; row++) for (let column = 0; column < size; column++) {
    const share = 1 - rank(values[row * size + column], levels);
    const at = 4 * ((size - 1 - row) * size + column);
    for (let c = 0; c < 3; c++) pixels.data[at + c] = back[c] + (deep[c] - back[c]) * share;
    pixels.data[at + 3] = 255;
  }
  small.getContext("2d").putImageData(pixels, 0, 0);
  context.imageSmoothingQuality = "high";
  context.save();
  context.beginPath();
  context.rect(PAD.left, PAD.top, scale.across, scale.down);
  context.clip();
  const [cellX, cellY] = [scale.across / (size - 1), scale.down / (size - 1)];
  context.drawImage(small, PAD.left - cellX / 2, PAD.top - cellY / 2, scale.across + cellX, scale.down + cellY);
  context.strokeStyle = look.text;
  context.globalAlpha = 0.16;
  context.lineWidth = 1;
  for (const level of levels) isoline(context, grid, level, (c) => PAD.left + c * cellX, (r) => PAD.top + scale.down - r * cellY);
  context.restore();
}

/* Where a value lies among the levels, 0..1. */
function rank(value, levels) {
  const above = levels.findIndex((level) => value < level);
  if (above === 0) return 0;
  if (above < 0) return 1;
  return (above - 1 + (value - levels[above - 1]) / (levels[above] - levels[above - 1])) / (levels.length - 1);
}

/* Marching squares: a straight piece through every cell that the level crosses. */
function isoline(context, { size, values }, level, px, py) {
  context.beginPath();
  for (let r = 0; r < size - 1; r++) for (let c = 0; c < size - 1; c++) {
    const corners = [[c, r], [c + 1, r], [c + 1, r + 1], [c, r + 1]].map(([x, y]) => [x, y, values[y * size + x]]);
    const cuts = [];
    corners.forEach(([x, y, value], i) => {
      const [nextX, nextY, next] = corners[(i + 1) % 4];
      if ((value < level) === (next < level)) return;
      const share = (level - value) / (next - value);
      cuts.push([px(x + share * (nextX - x)), py(y + share * (nextY - y))]);
    });
    for (let i = 0; i + 1 < cuts.length; i += 2) {
      context.moveTo(...cuts[i]);
      context.lineTo(...cuts[i + 1]);
    }
  }
  context.stroke();
}

function curve(context, points, scale, colour, width) {
  context.beginPath();
  points.forEach(([x, y]) => context.lineTo(scale.px(x), scale.py(y)));
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.lineCap = "round";
  context.stroke();
}

/* A walk up to moment t (a place between two kept points): its line, its start as a ring, its head as a disc. */
function path(context, walk, [ix, iy], t, scale, look, done) {
  const last = Math.min(t, walk.count - 1);
  if (last < 0) return;
  const whole = Math.floor(last);
  const at = (i, k) => walk.points[i * walk.width + k];
  const between = (k) => at(whole, k) + (last - whole) * (at(Math.min(whole + 1, walk.count - 1), k) - at(whole, k));
  context.beginPath();
  for (let i = 0; i <= whole; i++) context.lineTo(scale.px(at(i, ix)), scale.py(at(i, iy)));
  const [x, y] = [scale.px(between(ix)), scale.py(between(iy))];
  context.lineTo(x, y);
  Object.assign(context, { strokeStyle: walk.colour, lineWidth: 2, lineJoin: "round", lineCap: "round", globalAlpha: 0.9 });
  context.stroke();
  context.globalAlpha = 1;
  disc(context, scale.px(at(0, ix)), scale.py(at(0, iy)), 4, look.back, look.text, 1.5);
  disc(context, x, y, 5.5, walk.colour, look.back, 1.5);
  if (done) disc(context, x, y, 9, null, walk.colour, 2);
}

function disc(context, x, y, radius, fill, stroke, width) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  if (fill) {
    context.fillStyle = fill;
    context.fill();
  }
  context.strokeStyle = stroke;
  context.lineWidth = width;
  context.stroke();
}
