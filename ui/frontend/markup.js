/* Puts the markup into a node that stays; does nothing where it is already there. */
const shown = new WeakMap();

export default function ({ parentElement, data }) {
  let entry = shown.get(parentElement);
  if (!entry) {
    entry = { node: document.createElement("div"), markup: null };
    entry.node.className = "markup";
    parentElement.appendChild(entry.node);
    pointInMatrices(entry.node);
    shown.set(parentElement, entry);
  }
  const markup = data?.markup ?? "";
  if (markup === entry.markup) return;
  entry.markup = markup;
  entry.node.innerHTML = markup;
}
