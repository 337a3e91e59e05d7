/* Fetches what draws charts once for the whole page; what a chart was last given waits for it. */
const waiting = new Map();
const cleanups = new WeakMap();

function fetchDrawer(url) {
  window.mtlDrawer ??= new Promise((resolve, reject) => {
    const tag = document.createElement("script");
    Object.assign(tag, { src: url, async: true });
    tag.onload = () => (window.mtlLiveChart ? resolve() : reject(new Error(`${url} brought nothing`)));
    tag.onerror = () => reject(new Error(`cannot load ${url}`));
    document.head.appendChild(tag);
  });
  return window.mtlDrawer;
}

function draw(given) {
  const cleanup = window.mtlLiveChart(given);
  cleanups.set(given.parentElement, cleanup);
  return cleanup;
}

export default function (given) {
  const { parentElement, data } = given;
  if (!data) return undefined;
  if (window.mtlLiveChart) return draw(given);
  waiting.set(parentElement, given);
  fetchDrawer(data.drawer).then(
    () => {
      for (const last of waiting.values()) draw(last);
      waiting.clear();
    },
    (error) => {
      window.mtlDrawer = undefined; // the next data start afresh
      console.warn(`[mtl] ${error.message}`);
      parentElement.textContent = data.summary;
    },
  );
  return () => {
    waiting.delete(parentElement);
    cleanups.get(parentElement)?.();
  };
}
