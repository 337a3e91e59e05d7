/* Over a matrix picture: the names and the value of the entry that one points at. */
function matrixEntry(figure, event) {
  const box = figure.querySelector(".cells").getBoundingClientRect();
  const rows = JSON.parse(figure.dataset.rows);
  const columns = JSON.parse(figure.dataset.columns);
  const i = Math.floor(((event.clientY - box.top) / box.height) * rows.length);
  const j = Math.floor(((event.clientX - box.left) / box.width) * columns.length);
  if (i < 0 || j < 0 || i >= rows.length || j >= columns.length) return null;
  const step = atob(figure.dataset.values).charCodeAt(i * columns.length + j);
  const [low, high] = JSON.parse(figure.dataset.scale);
  const number = (low + ((step - 1) / 254) * (high - low)).toPrecision(3);
  const value = step ? String(Number(number)).replace("-", "−") : figure.dataset.missing;
  return { text: `${rows[i]} × ${columns[j]}: ${value}`, box };
}

function pointInMatrices(node) {
  const move = (event) => {
    const figure = event.target.closest?.("figure.matrix[data-values]");
    for (const other of node.querySelectorAll("figure.matrix output")) other.hidden = true;
    const entry = figure && event.target.closest(".cells") ? matrixEntry(figure, event) : null;
    if (!entry) return;
    const tip = figure.querySelector("output");
    const frame = figure.getBoundingClientRect();
    tip.textContent = entry.text;
    tip.hidden = false;
    const x = Math.min(event.clientX - frame.left, frame.width - tip.offsetWidth / 2);
    tip.style.left = `${Math.max(x, tip.offsetWidth / 2)}px`;
    tip.style.top = `${event.clientY - frame.top}px`;
  };
  node.addEventListener("pointermove", move);
  node.addEventListener("pointerdown", move);
  node.addEventListener("pointerleave", move);
}
