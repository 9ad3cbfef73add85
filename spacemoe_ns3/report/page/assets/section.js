// The section with the globe: its controls, keys and clocks.

const SLIDER_STEPS = 10_000;
const TEXT_EVERY_MS = 1000;
const WAY_HEADINGS = ["piece", "where", "begins", "takes", "of it light"];

class GlobeSection {
  constructor(run, sky, globe) {
    Object.assign(this, { run, sky, globe, mode: "sky", lastFrame: null, textAt: 0, spoken: "" });
    this.options = { linksBy: "kind", showDown: false, showRing: true, holdEarth: false, slotNs: run.slotNs };
    this.isFollowing = !matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.skyPlayer = Player.ofSky(sky, run.slotNs);
    this.player = this.skyPlayer;
    if (globe) globe.options = this.options;
    this.fillPlacements();
    this.listenToControls();
    this.listenToKeys();
    if (globe) this.listenToGlobe();
    this.choosePlacement(0);
    this.chooseMode("sky");
  }

  fillPlacements() {
    for (const [number, { name }] of this.run.placements.entries()) {
      byId("placement").append(element("option", { value: `${number}` }, name));
    }
    byId("follow").checked = this.isFollowing;
  }

  choosePlacement(number) {
    this.placement = this.run.placements[number] ?? null;
    this.way = null;
    if (!this.placement) return;
    this.globe?.choose(this.placement);
    byId("links-by").querySelector("[value=use]").disabled = !this.placement.use;
    this.fillTokens();
    this.chooseToken(0);
  }

  fillTokens() {
    const { tokens } = this.placement;
    const choice = byId("token");
    choice.replaceChildren();
    byId("tokens-shown").textContent = tokens
      ? `${tokens.sequence.length} of ${tokens.of} tokens, from the fastest to the slowest, by the ${BY_ENGINE[tokens.engine]}.`
      : "The run has no tokens of this placement.";
    for (let number = 0; tokens && number < tokens.sequence.length; number++) {
      const rank = tokens.rank[number];
      const note = rank === 0 ? ", fastest" : rank === tokens.of - 1 ? ", slowest" : "";
      const words = `${tokens.sequence[number]}.${tokens.token[number]}: ${shortTime(tokens.latencyNs[number])}${note}`;
      choice.append(element("option", { value: `${number}` }, words));
    }
  }

  chooseToken(number) {
    const { tokens } = this.placement;
    if (!tokens) {
      if (this.mode === "token") this.chooseMode("sky");
      return;
    }
    const { pieces, kinds } = this.run;
    this.way = new Way(tokens, number, { pieces, kinds, satellites: this.sky.names });
    this.wayPlayer = Player.ofWay(this.way);
    this.shownRows = "";
    if (this.mode === "token") this.chooseMode("token");
  }

  chooseMode(mode) {
    if (mode === "token" && !this.way) mode = "sky";
    this.mode = mode;
    this.player.play(false);
    this.player = mode === "token" ? this.wayPlayer : this.skyPlayer;
    document.documentElement.dataset.mode = mode;
    byId("way-body").hidden = mode !== "token";
    for (const radio of document.querySelectorAll("[name=mode]")) radio.checked = radio.value === mode;
    byId("time-label").textContent = mode === "token" ? "Time since the token's start" : "Time";
    const choice = byId("speed");
    const { speeds, name } = this.player;
    choice.replaceChildren(...speeds.map((speed) => element("option", { value: `${speed}` }, name(speed))));
    if (this.globe) {
      this.globe.way = mode === "token" ? this.way : null;
      this.globe.dress();
    }
    this.jump();
  }

  // After a leap in time: everything anew, and said.
  jump() {
    this.isFresh = true;
    this.wake();
    this.speak(true);
  }

  listenToControls() {
    const on = (id, event, act) => byId(id).addEventListener(event, act);
    for (const radio of document.querySelectorAll("[name=mode]")) {
      radio.addEventListener("change", () => this.chooseMode(radio.value));
    }
    on("placement", "change", (event) => {
      this.choosePlacement(Number(event.target.value));
      this.jump();
    });
    on("token", "change", (event) => this.chooseToken(Number(event.target.value)));
    on("time", "input", (event) => this.moveTo((event.target.value / SLIDER_STEPS) * this.player.lengthNs));
    on("speed", "change", (event) => (this.player.speed = Number(event.target.value)));
    on("play", "click", () => this.play(!this.player.isPlaying));
    on("first", "click", () => this.moveTo(0));
    on("last", "click", () => this.moveTo(this.player.lengthNs));
    on("back", "click", () => this.step(-1));
    on("on", "click", () => this.step(1));
    on("follow", "change", (event) => {
      this.isFollowing = event.target.checked;
      this.jump();
    });
    on("as-text", "toggle", () => this.fillText(true));
    this.listenToOptions(on);
  }

  listenToOptions(on) {
    const options = { "show-down": "showDown", "show-ring": "showRing", "hold-earth": "holdEarth" };
    for (const [id, name] of Object.entries(options)) {
      on(id, "change", (event) => {
        this.options[name] = event.target.checked;
        this.fillLegend();
        this.jump();
      });
    }
    on("links-by", "change", (event) => {
      this.options.linksBy = event.target.value;
      this.fillLegend();
      this.jump();
    });
    const view = { nearer: () => this.globe?.approach(0.8), farther: () => this.globe?.approach(1.25), reset: () => this.globe?.resetView() };
    for (const [id, act] of Object.entries(view)) {
      on(id, "click", () => {
        act();
        this.wake();
      });
    }
  }

  listenToKeys() {
    const acts = {
      " ": () => this.play(!this.player.isPlaying),
      ArrowRight: () => this.step(1),
      ArrowLeft: () => this.step(-1),
      ArrowUp: () => this.changeSpeed(1),
      ArrowDown: () => this.changeSpeed(-1),
      Home: () => this.moveTo(0),
      End: () => this.moveTo(this.player.lengthNs),
      "+": () => this.globe?.approach(0.85),
      "=": () => this.globe?.approach(0.85),
      "-": () => this.globe?.approach(1 / 0.85),
      a: () => this.turn(-1, 0),
      d: () => this.turn(1, 0),
      w: () => this.turn(0, 1),
      s: () => this.turn(0, -1),
    };
    byId("view").addEventListener("keydown", (event) => {
      const act = acts[event.key.length === 1 ? event.key.toLowerCase() : event.key];
      if (!act || event.ctrlKey || event.altKey || event.metaKey) return;
      event.preventDefault();
      act();
      this.wake();
    });
  }

  listenToGlobe() {
    const { globe } = this;
    const view = byId("view");
    globe.controls.enableZoom = false; // the wheel scrolls the page until the globe has the focus
    view.addEventListener("focus", () => (globe.controls.enableZoom = true));
    view.addEventListener("blur", () => (globe.controls.enableZoom = false));
    globe.canvas.addEventListener("pointerdown", () => view.focus({ preventScroll: true }));
    globe.controls.addEventListener("change", () => this.wake());
    globe.controls.addEventListener("start", () => this.stopFollowing());
    globe.canvas.addEventListener("pointermove", (event) => this.point(event));
    globe.canvas.addEventListener("pointerleave", () => (byId("tip").hidden = true));
    new ResizeObserver(() => {
      globe.resize();
      this.wake();
    }).observe(view);
    globe.resize();
    this.fillLegend();
  }

  stopFollowing() {
    this.isFollowing = false;
    byId("follow").checked = false;
  }

  turn(right, up) {
    this.stopFollowing();
    this.globe?.turn(right, up);
  }

  point(event) {
    const satellite = event.buttons ? -1 : this.globe.pick(event.offsetX, event.offsetY);
    const tip = byId("tip");
    tip.hidden = satellite < 0;
    if (satellite < 0) return;
    this.putTag(tip, satelliteWords(this.sky, this.placement, satellite), event.offsetX, event.offsetY);
  }

  // Puts a label with a text beside a place, within the view. Its size is asked for only when it may have changed.
  putTag(tag, text, x, y) {
    tag.textContent = text;
    this.tagSizes ??= new Map();
    const shape = `${tag.id} ${text.replace(/[^\n]/g, "x")}`;
    if (!this.tagSizes.has(shape)) this.tagSizes.set(shape, [tag.offsetWidth, tag.offsetHeight]);
    const [width, height] = this.tagSizes.get(shape);
    const left = Math.min(x + 16, this.globe.width - width - 4);
    const top = Math.min(Math.max(y - 12, 4), this.globe.height - height - 4);
    tag.style.transform = `translate(${Math.max(4, left)}px, ${top}px)`;
  }

  play(isPlaying) {
    this.player.play(isPlaying);
    this.lastFrame = null;
    this.wake();
    this.speak(true);
  }

  step(by) {
    this.player.play(false);
    this.player.step(by);
    this.jump();
  }

  moveTo(ns) {
    this.player.moveTo(ns);
    this.jump();
  }

  changeSpeed(by) {
    this.player.faster(by);
    announce(this.player.name(this.player.speed));
  }

  // Draws the next frame, and those after it while something moves.
  wake() {
    this.frame ??= requestAnimationFrame((now) => this.drawFrame(now));
  }

  drawFrame(now) {
    this.frame = null;
    const seconds = this.lastFrame === null ? 0 : (now - this.lastFrame) / 1000;
    this.lastFrame = now;
    if (this.player.isPlaying) this.player.advance(seconds);
    this.update(this.isFresh ? null : seconds);
    this.isFresh = false;
    this.globe?.draw();
    if (this.player.isPlaying) this.wake();
    else this.lastFrame = null;
  }

  // Sets sky, globe and words to the time of the clock; `seconds` since the last frame, null after a leap.
  update(seconds) {
    const { player, sky, globe } = this;
    const isToken = this.mode === "token";
    sky.moveTo(((isToken ? this.way.startNs : 0) + player.ns) / NS_PER_MS);
    globe?.update(isToken ? player.ns : null);
    if (globe && isToken && this.isFollowing) globe.followToken(seconds);
    this.showClock();
    this.showTag();
    if (isToken) this.showPiece();
    this.fillText(!player.isPlaying);
    if (player.isPlaying) this.speak(false);
  }

  showClock() {
    const { player, sky } = this;
    const isToken = this.mode === "token";
    const date = utc(sky.epochMs + sky.ms);
    put("clock", isToken ? exactMs(player.ns) : date);
    put("clock-more", isToken ? `of ${exactMs(player.lengthNs)}; ${date}` : `${elapsed(sky.ms / 1000)} of ${elapsed(sky.endMs / 1000)}`);
    put("play", player.isPlaying ? "Pause" : "Play");
    const slider = byId("time");
    slider.value = Math.round((player.ns / player.lengthNs) * SLIDER_STEPS);
    slider.setAttribute("aria-valuetext", isToken ? exactMs(player.ns) : elapsed(sky.ms / 1000));
    byId("speed").selectedIndex = player.speeds.indexOf(player.speed);
  }

  showTag() {
    const tag = byId("tag");
    const { globe } = this;
    const isShown = Boolean(globe?.hasToken);
    if (tag.hidden !== !isShown) tag.hidden = !isShown;
    if (!isShown) return;
    globe.camera.updateMatrixWorld();
    const [x, y, isBehind] = globe.project(...globe.token.toArray());
    const piece = this.way.of(this.way.pieceAt(this.player.ns));
    const where = isBehind ? ", behind the Earth" : "";
    this.putTag(tag, `${exactMs(this.player.ns)}\n${piece.kind}, ${piece.piece}${where}`, x, y);
  }

  showPiece() {
    const { way } = this;
    const piece = way.pieceAt(this.player.ns);
    put("piece", way.words(piece));
    const [first, last] = way.layerOf(piece);
    const key = `${first} ${piece}`;
    if (key === this.shownRows) return;
    this.shownRows = key;
    const rows = [];
    for (let each = first; each <= last; each++) {
      const { durationNs, lightNs } = way.of(each);
      rows.push([way.deed(each), way.where(each), exactMs(way.beginNs[each]), shortTime(durationNs), shortTime(lightNs)]);
    }
    byId("way-title").textContent = `The token's way through this layer: ${way.place(piece).toLowerCase()}`;
    fillTable(byId("way"), WAY_HEADINGS, rows, piece - first);
  }

  // Tells screen readers where the clock is: when it is moved, and from layer to layer.
  speak(isAsked) {
    let words = `${this.player.isPlaying ? "Playing" : "Paused"} at `;
    let key = words;
    if (this.mode === "token") {
      const piece = this.way.pieceAt(this.player.ns);
      words += `${exactMs(this.player.ns)}. ${this.way.words(piece)}`;
      key += this.way.of(piece).layer;
    } else {
      words += elapsed(this.player.ns / 1e9);
    }
    if (isAsked || key !== this.spoken) announce(words);
    this.spoken = key;
  }

  fillText(isAsked) {
    if (!byId("as-text").open) return;
    const now = performance.now();
    if (!isAsked && now - this.textAt < TEXT_EVERY_MS) return;
    this.textAt = now;
    fillText(byId("text-body"), this.sky, this.placement);
  }

  fillLegend() {
    const line = (colour) => svg("path", { d: "M0 7H18", stroke: `var(${colour})`, "stroke-width": 2.5 });
    const shapes = [
      ...(this.options.linksBy === "use"
        ? [["link without traffic in this slot", line("--link")], ["link in use, the brighter the busier", line("--way")]]
        : this.sky.kinds.map((kind, number) => [`link, ${kind}`, line(`--kind-${number % 4}`)])),
      ...(this.options.showDown ? [["link that is down", line("--down")]] : []),
      ["gateway", svg("path", { d: "M9 0L16 7L9 14L2 7Z", fill: "var(--gateway)" })],
      ["expert, the larger the more often activated", svg("rect", { x: 4, y: 2, width: 10, height: 10, fill: "var(--expert)" })],
      ["other satellite", svg("circle", { cx: 9, cy: 7, r: 2.5, fill: "var(--satellite)" })],
      ["ring of gateways", svg("path", { d: "M0 7H18", stroke: "var(--gateway)", "stroke-width": 2, "stroke-dasharray": "4 3" })],
    ];
    const token = svg("circle", { cx: 9, cy: 7, r: 5, fill: "none", stroke: "var(--way)", "stroke-width": 2.5 });
    shapes.push(["the token; its way, small dots where it will come", token]);
    const entries = shapes.map(([words, shape]) => {
      const picture = svg("svg", { width: 18, height: 14, "aria-hidden": "true" }, shape);
      return element("li", { className: shape === token ? "in-token" : "" }, picture, words);
    });
    byId("legend").replaceChildren(...entries);
  }

  repaint() {
    this.globe?.repaint();
    this.jump();
  }
}

function put(id, text) {
  const place = byId(id);
  if (place.textContent !== text) place.textContent = text;
}
