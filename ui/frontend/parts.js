/* The page's own script hands what came to what draws it. */
const sheets = {};
const cleanups = new WeakMap();

function dress(part, parent) {
  const root = parent.getRootNode();
  if (!sheets[part]) {
    sheets[part] = new CSSStyleSheet();
    sheets[part].replaceSync(STYLES[part]);
  }
  if (!root.adoptedStyleSheets || root.adoptedStyleSheets.includes(sheets[part])) return;
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheets[part]];
}

window.mtl = (part, given, leaves = false) => {
  const parent = given.parentElement;
  if (leaves) return void cleanups.get(parent)?.();
  dress(part, parent);
  const cleanup = PARTS[part](given);
  if (cleanup) cleanups.set(parent, cleanup);
  return cleanup;
};

for (const [part, given] of window.mtlWaiting ?? []) if (!given.gone) window.mtl(part, given);
window.mtlWaiting = undefined;
