/* Loads Plotly's script once for the whole page, however many charts ask for it. */
function loadPlotly(url) {
  if (window.mtlPlotly) return window.mtlPlotly;
  const loading = new Promise((resolve, reject) => {
    const tag = document.createElement("script");
    tag.src = url;
    tag.async = true;
    tag.onload = () => (window.Plotly ? resolve(window.Plotly) : reject(new Error(`${url} brought no Plotly`)));
    tag.onerror = () => reject(new Error(`cannot load ${url}`));
    document.head.appendChild(tag);
  });
  window.mtlPlotly = loading;
  loading.catch((error) => {
    window.mtlPlotly = undefined; // the next chart, or "try again", starts afresh
    console.warn(`[mtl] ${error.message}`);
  });
  return loading;
}
