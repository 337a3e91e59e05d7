/* Loads Plotly's script once for the whole page, however many charts ask for it. To read its 4.8 MB blocks the page for
   a second, so that waits until the page is drawn: for a while no script of it has run, no widget was missing, nothing
   was put in and the browser was not at work; or until it has waited for long. It is fetched meanwhile. (An idle moment
   is not enough: a browser that waits for the next piece of the page has some.) */
const UNREADY = '[data-test-script-state="running"], [data-testid="stSkeleton"]';
const QUIET_MS = 200;
const LOOK_MS = 20;
const PATIENCE_MS = 2500;

function painted() {
  const began = performance.now();
  let [busy, looked] = [began, began];
  const watch = new MutationObserver(() => { busy = performance.now(); });
  watch.observe(document.body, { childList: true, subtree: true });
  return new Promise((resolve) => {
    const look = () => {
      const now = performance.now();
      const late = now - looked > 2 * LOOK_MS; // the browser was at work
      if (late || window.mtlWaiting || document.querySelector(UNREADY)) busy = now; // mtlWaiting: stub.js
      looked = now;
      if (now - busy >= QUIET_MS || now - began >= PATIENCE_MS) {
        watch.disconnect();
        resolve();
      } else {
        setTimeout(look, LOOK_MS);
      }
    };
    look();
  });
}

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
