/* Reads what ui/packing.py packed: steps as differences of 16 bits, values as the upper 24 bits of a float32. */
function bytesOf(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

function unpackedSteps({ first, steps }) {
  const view = new DataView(bytesOf(steps).buffer);
  const values = [first];
  for (let at = 0; at < view.byteLength; at += 2) values.push(values[values.length - 1] + view.getUint16(at, true));
  return values;
}

function unpackedValues({ values }) {
  const bytes = bytesOf(values);
  const view = new DataView(new ArrayBuffer(4));
  const numbers = [];
  for (let at = 0; at < bytes.length; at += 3) {
    view.setUint32(0, ((bytes[at + 2] << 24) | (bytes[at + 1] << 16) | (bytes[at] << 8)) >>> 0);
    const value = view.getFloat32(0);
    numbers.push(Number.isFinite(value) ? Number(value.toPrecision(5)) : null);
  }
  return numbers;
}

function unpacked(numbers) {
  if (Array.isArray(numbers)) return numbers;
  return numbers.steps === undefined ? unpackedValues(numbers) : unpackedSteps(numbers);
}

/* A chart from a message: what is left out of it is as in the chart that was there before. */
function chartOf(message, before) {
  const head = message.head ?? before.head;
  const traces = head.styles.map((style, i) => {
    const { keep, x, y } = message.tails[i];
    const known = keep ? before.traces[i] : { x: [], y: [] };
    return { ...style, x: known.x.slice(0, keep).concat(unpacked(x)), y: known.y.slice(0, keep).concat(unpacked(y)) };
  });
  return { ...head, head, traces };
}
