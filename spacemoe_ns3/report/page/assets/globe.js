// The globe: the Earth, satellites, links, the ring of gateways and its experts, a token on its way.

const FIELD_OF_VIEW = 38; // degrees
const RADII_AWAY = 3.25; // of the farthest satellite's orbit
const BEADS_A_LINK = 14;
const MOST_BEADS = 6000;
const ARC_STEPS = 24; // every second one is drawn: a dashed line
const CLOSE_PIXELS = 12;
const TURN_RADIANS = 0.12;
const FOLLOW_PER_S = 2.5;
const DOT = 3.2; // sizes in CSS pixels
const EXPERT = 9; // of the expert that is activated most 1.2 times that
const GATEWAY = 14;

class Globe {
  constructor(canvas, sky, land, palette) {
    Object.assign(this, { canvas, sky, palette, placement: null, way: null, options: {} });
    this.renderer = new THREE.WebGLRenderer({ canvas, antialias: true, preserveDrawingBuffer: true });
    this.scene = new THREE.Scene();
    this.world = new THREE.Group(); // all but the camera: turned as a whole where the Earth is held at rest
    this.scene.add(this.world);
    this.earth = new Earth(land);
    this.links = new Segments(sky.links, { order: 1 });
    this.ring = new Segments(64 * ARC_STEPS, { order: 2 });
    this.beads = new Dots(MOST_BEADS, { order: 3 });
    this.satellites = new Dots(sky.satellites, { order: 4 });
    this.marker = new Dots(2, { order: 5, isAlwaysSeen: true });
    this.layers = [this.links, this.ring, this.beads, this.satellites, this.marker];
    this.world.add(this.earth.mesh, ...this.layers.map((layer) => layer.object));
    this.token = new THREE.Vector3();
    this.hasToken = false;
    this.makeCamera();
    this.repaint();
  }

  makeCamera() {
    const { position } = this.sky;
    let farthest = 1;
    for (let place = 0; place < position.length; place += 3) {
      farthest = Math.max(farthest, Math.hypot(position[place], position[place + 1], position[place + 2]) * UNITS_PER_KM);
    }
    this.away = RADII_AWAY * farthest;
    this.camera = new THREE.PerspectiveCamera(FIELD_OF_VIEW, 1, 0.05, 20 * this.away);
    this.controls = new THREE.OrbitControls(this.camera, this.canvas);
    Object.assign(this.controls, { enablePan: false, minDistance: 1.15, maxDistance: 4 * this.away, rotateSpeed: 0.6 });
    this.canvas.style.touchAction = "pan-y"; // a finger still scrolls the page
    this.resetView();
  }

  resetView() {
    this.camera.position.set(0.75, 0.5, 0.6).setLength(this.away);
    this.controls.update();
  }

  repaint() {
    this.palette.refresh();
    this.earth.paint(this.palette);
    const background = this.palette.rgb("--space");
    this.renderer.outputColorSpace = THREE.LinearSRGBColorSpace; // colours are the page's, as they are
    this.renderer.setClearColor(new THREE.Color().setRGB(...background, THREE.LinearSRGBColorSpace), 1);
    for (const dots of [this.satellites, this.beads, this.marker]) dots.uniforms.rim.value.set(...background);
    this.dress();
  }

  resize() {
    const { clientWidth, clientHeight } = this.canvas.parentElement;
    if (!clientWidth || !clientHeight) return;
    // Remembered: asking for them in each frame would make the browser lay out the page in each.
    [this.width, this.height] = [clientWidth, clientHeight];
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    this.renderer.setPixelRatio(ratio);
    this.renderer.setSize(clientWidth, clientHeight, false);
    for (const dots of [this.satellites, this.beads, this.marker]) dots.uniforms.ratio.value = ratio;
    this.camera.aspect = clientWidth / clientHeight;
    // On a narrow screen the width, not the height, has to hold the globe.
    const half = Math.tan((FIELD_OF_VIEW / 2) * DEGREE);
    this.camera.fov = (2 * Math.atan(half / Math.min(1, this.camera.aspect)) * 180) / Math.PI;
    this.camera.updateProjectionMatrix();
  }

  // Gives each satellite the look of what it hosts; in token mode the hosts of the token's layer stand out.
  dress(layer = null) {
    this.dressedFor = layer;
    const { satellites, palette, placement, sky } = this;
    const plain = palette.rgba("--satellite", layer === null ? 0.9 : 0.55);
    for (let satellite = 0; satellite < sky.satellites; satellite++) satellites.look(satellite, plain, DOT, DISC);
    if (!placement?.hosts) return;
    const { hosts } = placement;
    const rows = [...hosts.layer.keys()].sort((a, b) => this.rank(a, layer) - this.rank(b, layer));
    for (const row of rows) {
      const isGateway = hosts.expert[row] < 0;
      const isFaint = layer !== null && hosts.layer[row] !== layer;
      const tint = palette.rgba(isGateway ? "--gateway" : "--expert", isFaint ? 0.35 : 1);
      const often = hosts.probability[row] / hosts.mostProbable;
      const size = (isGateway ? GATEWAY : EXPERT * (0.6 + 0.6 * often)) * (isFaint ? 0.6 : 1);
      satellites.look(hosts.satellite[row], tint, size, isGateway ? DIAMOND : SQUARE);
    }
  }

  // Where a satellite hosts several things the one ranked last shows.
  rank(row, layer) {
    const { hosts } = this.placement;
    return (hosts.expert[row] < 0 ? 1 : 0) + (layer !== null && hosts.layer[row] === layer ? 2 : 0);
  }

  choose(placement) {
    this.placement = placement;
    const { hosts } = placement;
    if (hosts) hosts.mostProbable = hosts.probability.reduce((most, each, row) => (hosts.expert[row] < 0 ? most : Math.max(most, each)), 1e-9);
    this.gateways = hosts
      ? [...hosts.layer.keys()].filter((row) => hosts.expert[row] < 0).sort((a, b) => hosts.layer[a] - hosts.layer[b])
        .map((row) => hosts.satellite[row])
      : [];
    const arcs = this.gateways.length * ARC_STEPS;
    if (arcs > this.ring.most) {
      this.world.remove(this.ring.object);
      this.ring = new Segments(arcs, { order: 2 });
      this.world.add(this.ring.object);
    }
    this.dress();
  }

  // Fills all buffers for the sky as it is, and for a token some nanoseconds after its start.
  update(tokenNs = null) {
    const { sky, satellites } = this;
    this.world.rotation.y = this.options.holdEarth ? -sky.siderealTime() : 0;
    this.earth.turn(sky, this.world.rotation.y);
    const { position } = sky;
    const placed = satellites.position;
    for (let place = 0; place < position.length; place += 3) {
      placed[place] = position[place] * UNITS_PER_KM;
      placed[place + 1] = position[place + 2] * UNITS_PER_KM;
      placed[place + 2] = -position[place + 1] * UNITS_PER_KM;
    }
    const piece = this.way && tokenNs !== null ? this.way.pieceAt(tokenNs) : -1;
    const layer = piece < 0 ? null : this.way.of(piece).layer;
    if (layer !== this.dressedFor) this.dress(layer);
    satellites.done(sky.satellites);
    this.drawLinks(piece >= 0);
    this.drawRing(piece >= 0);
    this.drawToken(piece, tokenNs);
  }

  drawLinks(isFaint) {
    const { sky, links, palette, options } = this;
    const byKind = sky.kinds.map((_, kind) => palette.rgb(`--kind-${kind % 4}`));
    const [downRed, downGreen, downBlue] = palette.rgb("--down");
    const alpha = isFaint ? 0.25 : 0.6;
    const levels = options.linksBy === "use" ? this.levels() : null;
    const idle = palette.rgb("--link");
    const busy = palette.rgb("--way");
    for (let link = 0; link < sky.links; link++) {
      const a = sky.a[link];
      const b = sky.b[link];
      if (!sky.isUp[link]) {
        if (options.showDown) links.add(this.satellites.position, a, b, downRed, downGreen, downBlue, 0.5);
      } else if (levels) {
        const share = levels[link] / 255;
        const rest = 1 - share;
        links.add(
          this.satellites.position, a, b,
          idle[0] * rest + busy[0] * share, idle[1] * rest + busy[1] * share, idle[2] * rest + busy[2] * share,
          share ? 0.4 + 0.6 * share : 0.15,
        );
      } else {
        const [red, green, blue] = byKind[sky.kind[link]];
        links.add(this.satellites.position, a, b, red, green, blue, alpha);
      }
    }
    links.done();
  }

  // How busy each link is in the slot, from 0 to 255, logarithmic.
  levels() {
    this.levelOf ??= new Uint8Array(this.sky.links);
    this.levelOf.fill(0);
    const use = this.placement?.use;
    if (use) {
      const slot = Math.floor((this.sky.ms * NS_PER_MS) / this.options.slotNs / use.slotsTogether);
      const place = Math.min(slot, use.from.length - 2);
      for (let row = use.from[place]; row < use.from[place + 1]; row++) this.levelOf[use.link[row]] = use.level[row];
    }
    return this.levelOf;
  }

  drawRing(isFaint) {
    if (this.options.showRing && this.gateways?.length > 1) {
      this.gateways.forEach((gateway, layer) => {
        this.dashArc(gateway, this.gateways[(layer + 1) % this.gateways.length], isFaint ? 0.3 : 0.8);
      });
    }
    this.ring.done();
  }

  // Adds a dashed line over the Earth between two satellites.
  dashArc(a, b, alpha) {
    this.arc ??= new Float32Array(3 * (ARC_STEPS + 1));
    const { arc } = this;
    this.fillArc(arc, a, b, ARC_STEPS);
    const [red, green, blue] = this.palette.rgb("--gateway");
    for (let step = 0; step < ARC_STEPS; step += 2) this.ring.add(arc, step, step + 1, red, green, blue, alpha);
  }

  // Fills an array with places on the arc between two satellites: directions turn evenly, heights too.
  fillArc(arc, a, b, steps) {
    const { position } = this.satellites;
    const [from, to] = [a, b].map((satellite) => position.subarray(3 * satellite, 3 * satellite + 3));
    const [near, far] = [Math.hypot(...from), Math.hypot(...to)];
    const cosine = (from[0] * to[0] + from[1] * to[1] + from[2] * to[2]) / (near * far);
    const angle = Math.acos(Math.min(1, Math.max(-1, cosine)));
    const sine = Math.sin(angle) || 1;
    for (let step = 0; step <= steps; step++) {
      const share = step / steps;
      const height = near + (far - near) * share;
      const first = angle < 1e-6 ? 1 - share : Math.sin((1 - share) * angle) / sine;
      const second = angle < 1e-6 ? share : Math.sin(share * angle) / sine;
      for (let axis = 0; axis < 3; axis++) {
        arc[3 * step + axis] = height * ((first * from[axis]) / near + (second * to[axis]) / far);
      }
    }
  }

  drawToken(piece, ns) {
    this.hasToken = piece >= 0;
    if (this.hasToken) {
      const [first, last] = this.way.layerOf(piece);
      for (let each = first; each <= last; each++) this.drawBeads(each, each - piece, ns);
      this.token.fromArray(this.along(this.way.of(piece), this.way.progress(piece, ns)));
      const tint = this.palette.rgba("--way");
      this.marker.add(...this.token.toArray(), tint, 12);
      this.marker.add(...this.token.toArray(), tint, 26, RING);
    }
    this.beads.done();
    this.marker.done();
  }

  // Draws the way of a piece: large where the packet has been, small where it will come.
  drawBeads(piece, ahead, ns) {
    const about = this.way.of(piece);
    if (about.to < 0 || about.to === about.from) return;
    const progress = ahead < 0 ? 1 : ahead > 0 ? 0 : this.way.progress(piece, ns);
    const [been, coming] = [this.palette.rgba("--way", 1), this.palette.rgba("--way", 0.6)];
    const beads = about.kind === "leg" ? 4 * BEADS_A_LINK : BEADS_A_LINK;
    for (let bead = 0; bead <= beads; bead++) {
      const share = bead / beads;
      const isBehind = share <= progress && progress > 0;
      this.beads.add(...this.along(about, share), isBehind ? been : coming, isBehind ? 5.5 : 2.6);
    }
  }

  // The place on the way of a piece: straight along a link, over the Earth where hops are not known.
  along({ from, to, kind }, share) {
    const { position } = this.satellites;
    if (to < 0 || to === from) return position.subarray(3 * from, 3 * from + 3);
    if (kind === "leg") {
      const steps = 64;
      this.legArc ??= new Float32Array(3 * (steps + 1));
      this.fillArc(this.legArc, from, to, steps);
      const at = 3 * Math.round(share * steps);
      return this.legArc.subarray(at, at + 3);
    }
    return [0, 1, 2].map((axis) => position[3 * from + axis] * (1 - share) + position[3 * to + axis] * share);
  }

  // Turns the camera so that the token comes before it; at once if no time has passed.
  followToken(seconds) {
    const target = this.world.localToWorld(this.token.clone()).normalize();
    const length = this.camera.position.length();
    const share = seconds === null ? 1 : 1 - Math.exp(-FOLLOW_PER_S * seconds);
    const from = this.camera.position.clone().normalize();
    target.y = Math.min(0.93, Math.max(-0.93, target.y)); // the camera cannot look straight down on a pole
    from.lerp(target, share);
    if (from.length() > 1e-3) this.camera.position.copy(from.setLength(length));
    this.controls.update();
  }

  turn(right, up) {
    const spherical = this.camera.position.clone();
    spherical.applyAxisAngle(UP, right * TURN_RADIANS);
    const length = spherical.length();
    spherical.y += up * TURN_RADIANS * length;
    if (Math.abs(spherical.y) < 0.97 * spherical.length()) this.camera.position.copy(spherical.setLength(length));
    this.controls.update();
  }

  approach(factor) {
    const length = this.camera.position.length() * factor;
    this.camera.position.setLength(Math.min(this.controls.maxDistance, Math.max(this.controls.minDistance, length)));
    this.controls.update();
  }

  draw() {
    this.renderer.render(this.scene, this.camera);
  }

  // Where a place of the world is on the canvas, in CSS pixels, and whether the Earth hides it.
  project(x, y, z) {
    this.seen ??= new THREE.Vector3();
    const at = this.world.localToWorld(this.seen.set(x, y, z));
    const isHidden = this.isBehindEarth(at);
    at.project(this.camera);
    return [((at.x + 1) / 2) * this.width, ((1 - at.y) / 2) * this.height, isHidden];
  }

  isBehindEarth(at) {
    const eye = this.camera.position;
    const [dx, dy, dz] = [at.x - eye.x, at.y - eye.y, at.z - eye.z];
    const length2 = dx * dx + dy * dy + dz * dz;
    const nearest = Math.min(1, Math.max(0, -(eye.x * dx + eye.y * dy + eye.z * dz) / length2));
    return Math.hypot(eye.x + nearest * dx, eye.y + nearest * dy, eye.z + nearest * dz) < 1;
  }

  // The satellite at a place of the canvas, or -1.
  pick(x, y) {
    const { position } = this.satellites;
    let closest = CLOSE_PIXELS;
    let found = -1;
    for (let satellite = 0; satellite < this.sky.satellites; satellite++) {
      const [atX, atY, isHidden] = this.project(...position.subarray(3 * satellite, 3 * satellite + 3));
      const apart = Math.hypot(atX - x, atY - y);
      if (!isHidden && apart < closest) [closest, found] = [apart, satellite];
    }
    return found;
  }
}
