// The Earth: land and sea, meridians and parallels, day and night.

const MAP_WIDTH = 2048;
const MAP_HEIGHT = 1024;
const GRATICULE_DEGREES = 30;
const UNITS_PER_KM = 1 / EARTH_RADIUS_KM;

const EARTH_VERTEX = `
varying vec2 place;
varying vec3 up;
void main() {
  place = uv;
  up = normalize(mat3(modelMatrix) * normal);
  gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0);
}`;
const EARTH_FRAGMENT = `
uniform sampler2D map;
uniform vec3 sun;
uniform float night;
varying vec2 place;
varying vec3 up;
void main() {
  float day = smoothstep(-0.12, 0.12, dot(normalize(up), sun));
  gl_FragColor = vec4(texture2D(map, place).rgb * mix(night, 1.0, day), 1.0);
}`;

class Earth {
  constructor(land) {
    this.land = land;
    this.canvas = element("canvas", { width: MAP_WIDTH, height: MAP_HEIGHT });
    this.texture = new THREE.CanvasTexture(this.canvas);
    this.texture.anisotropy = 4;
    this.uniforms = {
      map: { value: this.texture }, sun: { value: new THREE.Vector3(1, 0, 0) }, night: { value: 0.4 },
    };
    const material = new THREE.ShaderMaterial({
      uniforms: this.uniforms, vertexShader: EARTH_VERTEX, fragmentShader: EARTH_FRAGMENT,
    });
    this.mesh = new THREE.Mesh(new THREE.SphereGeometry(1, 96, 64), material);
    this.mesh.scale.y = 1 - FLATTENING;
  }

  paint(palette) {
    const drawing = this.canvas.getContext("2d");
    drawing.fillStyle = palette.css("--ocean");
    drawing.fillRect(0, 0, MAP_WIDTH, MAP_HEIGHT);
    drawing.fillStyle = palette.css("--land");
    for (const polygon of this.land) {
      drawing.beginPath();
      for (const ring of polygon) this.trace(drawing, unrolled(ring));
      drawing.fill("evenodd");
    }
    drawing.strokeStyle = palette.css("--graticule");
    drawing.lineWidth = 1;
    drawing.beginPath();
    for (let degrees = -180; degrees < 180; degrees += GRATICULE_DEGREES) {
      const x = ((degrees + 180) / 360) * MAP_WIDTH + 0.5;
      drawing.moveTo(x, 0);
      drawing.lineTo(x, MAP_HEIGHT);
      const y = ((degrees + 180) / 180) * MAP_HEIGHT + 0.5;
      drawing.moveTo(0, y);
      drawing.lineTo(MAP_WIDTH, y);
    }
    drawing.stroke();
    this.texture.needsUpdate = true;
    this.uniforms.night.value = parseFloat(palette.css("--night"));
  }

  // Adds a ring of [longitude, latitude] in degrees to the path, thrice: it may reach over the map's edges.
  trace(drawing, ring) {
    for (const aside of [-360, 0, 360]) {
      ring.forEach(([longitude, latitude], place) => {
        const x = ((longitude + aside + 180) / 360) * MAP_WIDTH;
        const y = ((90 - latitude) / 180) * MAP_HEIGHT;
        if (place) drawing.lineTo(x, y);
        else drawing.moveTo(x, y);
      });
      drawing.closePath();
    }
  }

  turn(sky, rotation) {
    const [x, y, z] = sky.sunDirection();
    this.mesh.rotation.y = sky.siderealTime();
    // TEME's z is the scene's y; the scene may be turned as a whole.
    this.uniforms.sun.value.set(x, z, -y).applyAxisAngle(UP, rotation);
  }
}

// Returns a ring of [longitude, latitude, ...] in hundredths of a degree as pairs without leaps at the date line. One
// that goes round a pole, as Antarctica does, is closed over the pole.
function unrolled(ring) {
  const pairs = [];
  let turns = 0;
  for (let place = 0; place < ring.length; place += 2) {
    const leap = place ? ring[place] - ring[place - 2] : 0;
    if (Math.abs(leap) > 18_000) turns -= Math.sign(leap);
    pairs.push([ring[place] / 100 + 360 * turns, ring[place + 1] / 100]);
  }
  if (turns) {
    const pole = 90 * Math.sign(pairs[0][1]);
    pairs.push([pairs[pairs.length - 1][0], pole], [pairs[0][0], pole]);
  }
  return pairs;
}

const UP = new THREE.Vector3(0, 1, 0);
