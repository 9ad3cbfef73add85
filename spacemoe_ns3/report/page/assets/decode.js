// The data of the page: arrays are little-endian bytes in base64.

const ARRAY_TYPES = {
  u1: Uint8Array, i1: Int8Array, u2: Uint16Array, i2: Int16Array, u4: Uint32Array, i4: Int32Array,
  f4: Float32Array, f8: Float64Array,
};

function unpack(packed) {
  const text = atob(packed.data);
  const bytes = new Uint8Array(text.length);
  for (let place = 0; place < text.length; place++) bytes[place] = text.charCodeAt(place);
  return new ARRAY_TYPES[packed.type](bytes.buffer);
}

// Returns an object with its packed arrays unpacked, those of objects in it too.
function unpackAll(value) {
  if (Array.isArray(value)) return value.map(unpackAll);
  if (value === null || typeof value !== "object") return value;
  if (typeof value.data === "string" && value.type in ARRAY_TYPES) return unpack(value);
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, unpackAll(each)]));
}

const byId = (id) => document.getElementById(id);
const readJson = (id) => JSON.parse(byId(id).textContent);

// The last place of an ascending array whose value is at most `value`, between two places; first - 1 if none.
function lastAtMost(values, value, first = 0, last = values.length - 1) {
  let low = first - 1;
  let high = last;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (values[middle] <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}
