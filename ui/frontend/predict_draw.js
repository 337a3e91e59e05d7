/* Pictures of bytes, masks on them, and a pad to draw on. */
const unpackedBytes = (packed) => Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));

function element(tag, className, parent, set = {}) {
  const made = Object.assign(document.createElement(tag), { className }, set);
  parent?.appendChild(made);
  return made;
}

/* (C, S, S) bytes as a picture; grey where there is one channel. */
function paint(canvas, packed, channels, side) {
  const values = unpackedBytes(packed);
  const area = side * side;
  const image = new ImageData(side, side);
  for (let i = 0; i < area; i += 1) {
    for (let c = 0; c < 3; c += 1) image.data[4 * i + c] = values[(channels === 3 ? c : 0) * area + i];
    image.data[4 * i + 3] = 255;
  }
  canvas.width = canvas.height = side;
  canvas.getContext("2d").putImageData(image, 0, 0);
}

/* Classes over a picture that grew pale; the background lets it through. */
function paintMask(canvas, picture, mask, side, colours) {
  paint(canvas, picture.packed, picture.channels, side);
  const context = canvas.getContext("2d");
  const image = context.getImageData(0, 0, side, side);
  const classes = unpackedBytes(mask);
  for (let i = 0; i < classes.length; i += 1) {
    const colour = colours[classes[i]];
    if (!colour) continue;
    for (let c = 0; c < 3; c += 1) image.data[4 * i + c] = 0.25 * image.data[4 * i + c] + 0.75 * colour[c];
  }
  context.putImageData(image, 0, 0);
}

const rgb = (hex) => (hex.length === 9 && hex.endsWith("00") ? null : [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)));

/* A black square on which a finger or a mouse leaves white ink; tells after each move. */
function drawingPad(parent, words, changed) {
  const side = 84;
  const frame = element("div", "pad", parent);
  const canvas = element("canvas", "ink", frame, { width: side, height: side, tabIndex: 0 });
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", words.draw_here);
  const hint = element("span", "hint", frame, { textContent: words.draw_here });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  let last = null;
  const clear = () => {
    context.fillStyle = "#000";
    context.fillRect(0, 0, side, side);
    hint.hidden = false;
  };
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * side, ((event.clientY - box.top) / box.height) * side];
  };
  const line = (from, to) => {
    Object.assign(context, { strokeStyle: "#fff", lineWidth: 6.5, lineCap: "round", lineJoin: "round" });
    context.beginPath();
    context.moveTo(...from);
    context.lineTo(to[0] + 0.01, to[1]);
    context.stroke();
    hint.hidden = true;
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    last = place(event);
    line(last, last);
    event.preventDefault();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!last) return;
    for (const one of event.getCoalescedEvents?.() ?? [event]) {
      const here = place(one);
      line(last, here);
      last = here;
    }
    changed();
  });
  const up = () => {
    if (last) changed();
    last = null;
  };
  canvas.addEventListener("pointerup", up);
  canvas.addEventListener("pointercancel", up);
  clear();
  return {
    frame,
    clear,
    empty: () => !hint.hidden,
    packed: () => {
      const { data } = context.getImageData(0, 0, side, side);
      let text = "";
      for (let i = 0; i < data.length; i += 4) text += String.fromCharCode(data[i]);
      return btoa(text);
    },
  };
}
