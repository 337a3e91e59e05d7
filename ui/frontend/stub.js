/* Hands what came to the page's own script, which is fetched once for all. */
export default (given) => {
  if (window.mtl) return window.mtl("PART", given);
  (window.mtlWaiting ??= []).push(["PART", given]);
  if (!window.mtlScript) {
    const tag = (window.mtlScript = document.createElement("script"));
    tag.src = given.data.parts;
    tag.onerror = () => {
      for (const [, { parentElement, data }] of window.mtlWaiting) parentElement.textContent = data.summary ?? tag.src;
      window.mtlWaiting = window.mtlScript = undefined;
    };
    document.head.append(tag);
  }
  return () => (window.mtl ? window.mtl("PART", given, true) : (given.gone = true));
};
