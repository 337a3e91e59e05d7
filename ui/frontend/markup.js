/* Puts markup into a node that stays; does nothing where it is already there. */
const shown = new WeakMap();
const ASK_AGAIN_MS = 3000;

function mount(parent) {
  const entry = { node: document.createElement("div"), mark: null, given: null, asked: -Infinity };
  entry.node.className = "markup";
  parent.appendChild(entry.node);
  pointInMatrices(entry.node);
  shown.set(parent, entry);
  return entry;
}

/* Makes a node like another one, so that focus, scrolling and transitions live on. */
function become(old, now) {
  if (old.nodeName !== now.nodeName) return void old.replaceWith(now);
  if (old.nodeType !== Node.ELEMENT_NODE) return void (old.data !== now.data && (old.data = now.data));
  for (const { name } of [...old.attributes]) if (!now.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of now.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  grow(old, now);
}

function grow(old, now) {
  const [before, after] = [[...old.childNodes], [...now.childNodes]];
  after.forEach((child, i) => (i < before.length ? become(before[i], child) : old.append(child)));
  before.slice(after.length).forEach((child) => child.remove());
}

/* Whether the node shows what has this mark; markup that is left out has come before. */
function put(entry, { mark, markup }) {
  if (mark === entry.mark) return true;
  if (markup === undefined) return false;
  entry.mark = mark;
  const made = document.createElement("template");
  made.innerHTML = markup;
  grow(entry.node, made.content);
  return true;
}

export default function ({ parentElement, data, setTriggerValue }) {
  if (!data) return undefined;
  const entry = shown.get(parentElement) ?? mount(parentElement);
  if (data.mark !== entry.given && put(entry, data)) entry.given = data.mark; // a slot may show something newer by now
  if (data.slot) slots.set(data.slot, (update) => put(entry, update));
  else if (data.mark !== entry.given && performance.now() - entry.asked > ASK_AGAIN_MS) {
    entry.asked = performance.now();
    setTriggerValue("whole", true);
  }
  return undefined;
}
