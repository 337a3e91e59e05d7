/* Loads Plotly's script once for the whole page, however many charts ask for it. To read its 4.8 MB blocks the page, so
   that waits until the browser has nothing to draw, a second at most; it is fetched meanwhile. */
const PAINT_MS = 1000;

const painted = () =>
  new Promise((resolve) =>
    window.requestIdleCallback ? requestIdleCallback(resolve, { timeout: PAINT_MS }) : setTimeout(resolve, PAINT_MS / 4));

function fetchAhead(url) {
  const link = document.createElement("link");
  Object.assign(link, { rel: "preload", as: "script", href: url });
  document.head.appendChild(link);
}

function loadPlotly(url) {
  if (window.mtlPlotly) return window.mtlPlotly;
  fetchAhead(url);
  const loading = painted().then(() => new Promise((resolve, reject) => {
    const tag = document.createElement("script");
    tag.src = url;
    tag.async = true;
    tag.onload = () => (window.Plotly ? resolve(window.Plotly) : reject(new Error(`${url} brought no Plotly`)));
    tag.onerror = () => reject(new Error(`cannot load ${url}`));
    document.head.appendChild(tag);
  }));
  window.mtlPlotly = loading;
  loading.catch((error) => {
    window.mtlPlotly = undefined; // the next chart, or "try again", starts afresh
    console.warn(`[mtl] ${error.message}`);
  });
  return loading;
}
