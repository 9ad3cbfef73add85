// Dots and lines whose colours are those of the page: buffers that are filled anew for each frame.

const DISC = 0;
const DIAMOND = 1;
const SQUARE = 2;
const RING = 3;

const DOT_VERTEX = `
attribute vec4 tint;
attribute float size;
attribute float shape;
uniform float ratio;
varying vec4 colour;
varying float form;
void main() {
  colour = tint;
  form = shape;
  gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0);
  gl_PointSize = size * ratio;
}`;
const DOT_FRAGMENT = `
uniform vec3 rim;
varying vec4 colour;
varying float form;
void main() {
  vec2 from = abs(gl_PointCoord * 2.0 - 1.0);
  float edge = length(from);
  if (form > 0.5 && form < 1.5) edge = from.x + from.y;
  if (form > 1.5 && form < 2.5) edge = max(from.x, from.y) * 1.15;
  if (edge > 1.0 || colour.a == 0.0) discard;
  if (form > 2.5 && edge < 0.78) discard;
  bool isRim = form > 0.5 && form < 2.5 && edge > 0.72;
  gl_FragColor = vec4(isRim ? rim : colour.rgb, colour.a);
}`;
const LINE_VERTEX = `
attribute vec4 tint;
varying vec4 colour;
void main() {
  colour = tint;
  gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0);
}`;
const LINE_FRAGMENT = `
varying vec4 colour;
void main() { gl_FragColor = colour; }`;

function buffers(count, widths) {
  const geometry = new THREE.BufferGeometry();
  for (const [name, width] of Object.entries(widths)) {
    const attribute = new THREE.BufferAttribute(new Float32Array(count * width), width);
    attribute.setUsage(THREE.DynamicDrawUsage);
    geometry.setAttribute(name, attribute);
  }
  geometry.setDrawRange(0, 0);
  return geometry;
}

class Dots {
  constructor(count, { order = 0, isAlwaysSeen = false } = {}) {
    this.geometry = buffers(count, { position: 3, tint: 4, size: 1, shape: 1 });
    this.uniforms = { ratio: { value: 1 }, rim: { value: new THREE.Vector3() } };
    const material = new THREE.ShaderMaterial({
      uniforms: this.uniforms, vertexShader: DOT_VERTEX, fragmentShader: DOT_FRAGMENT,
      transparent: true, depthWrite: false, depthTest: !isAlwaysSeen,
    });
    this.object = new THREE.Points(this.geometry, material);
    this.object.frustumCulled = false;
    this.object.renderOrder = order;
    ({ position: this.position, tint: this.tint, size: this.size, shape: this.shape } = arraysOf(this.geometry));
    this.most = count;
    this.count = 0;
  }

  add(x, y, z, tint, size, shape = DISC) {
    if (this.count === this.most) return;
    const place = this.count++;
    this.position.set([x, y, z], 3 * place);
    this.look(place, tint, size, shape);
  }

  look(place, tint, size, shape) {
    this.tint.set(tint, 4 * place);
    this.size[place] = size;
    this.shape[place] = shape;
  }

  done(count = this.count) {
    finish(this.geometry, count);
    this.count = 0;
  }
}

class Segments {
  constructor(count, { order = 0 } = {}) {
    this.geometry = buffers(2 * count, { position: 3, tint: 4 });
    const material = new THREE.ShaderMaterial({
      vertexShader: LINE_VERTEX, fragmentShader: LINE_FRAGMENT, transparent: true, depthWrite: false,
    });
    this.object = new THREE.LineSegments(this.geometry, material);
    this.object.frustumCulled = false;
    this.object.renderOrder = order;
    ({ position: this.position, tint: this.tint } = arraysOf(this.geometry));
    this.most = count;
    this.count = 0;
  }

  // Adds a line between two places of an array.
  add(places, a, b, red, green, blue, alpha) {
    const { position, tint } = this;
    let at = 6 * this.count;
    for (let axis = 0; axis < 3; axis++) {
      position[at + axis] = places[3 * a + axis];
      position[at + 3 + axis] = places[3 * b + axis];
    }
    at = 8 * this.count++;
    tint[at] = tint[at + 4] = red;
    tint[at + 1] = tint[at + 5] = green;
    tint[at + 2] = tint[at + 6] = blue;
    tint[at + 3] = tint[at + 7] = alpha;
  }

  done() {
    finish(this.geometry, 2 * this.count);
    this.count = 0;
  }
}

const arraysOf = (geometry) =>
  Object.fromEntries(Object.entries(geometry.attributes).map(([name, attribute]) => [name, attribute.array]));

function finish(geometry, count) {
  geometry.setDrawRange(0, count);
  for (const attribute of Object.values(geometry.attributes)) attribute.needsUpdate = true;
}

// Colours of the page, as CSS and as numbers from 0 to 1; they change with the theme.
class Palette {
  constructor() {
    this.refresh();
  }

  refresh() {
    this.style = getComputedStyle(document.documentElement);
    this.known = new Map();
  }

  css(name) {
    return this.style.getPropertyValue(name).trim();
  }

  rgb(name) {
    if (!this.known.has(name)) {
      const digits = parseInt(this.css(name).slice(1), 16);
      this.known.set(name, [(digits >> 16) / 255, ((digits >> 8) & 255) / 255, (digits & 255) / 255]);
    }
    return this.known.get(name);
  }

  rgba(name, alpha = 1) {
    return [...this.rgb(name), alpha];
  }
}
