// The distribution of the tokens' latency: a curve a placement and engine, read by pointer or keys.

const CHART_HEIGHT = 340;
const CHART_MARGIN = { left: 52, right: 16, top: 12, bottom: 46 };
const READ_STEPS = 100;
const BY_ENGINE = { packet: "packets", analytic: "formula" };

class Distribution {
  constructor(placements) {
    this.curves = placements.flatMap(({ name, latency }, number) =>
      Object.entries(latency.engines).map(([engine, about]) => ({
        name, number, engine, about,
        latencyS: Float64Array.from(about.sortedNs, (ns) => ns / 1e9),
        expectedS: latency.expectedS, boundS: latency.boundS,
        isSecond: engine === "analytic" && "packet" in latency.engines,
      })),
    );
    this.chosen = new Set(placements.keys());
    this.hasFormula = false; // beside the packets
    this.place = byId("distribution");
    this.readS = null;
    placements.forEach(({ name }, number) => this.addChoice(name, number));
    if (this.curves.some((curve) => curve.isSecond)) this.addChoice("the formula too", null);
    this.redraw = drawAtWidth(this.place, (width) => this.draw(width));
    this.listen();
    this.say();
  }

  // Adds a box for a placement, or for the formula beside the packets.
  addChoice(words, number) {
    const box = element("input", { type: "checkbox", checked: number !== null });
    box.addEventListener("change", () => {
      if (number === null) this.hasFormula = box.checked;
      else if (box.checked) this.chosen.add(number);
      else this.chosen.delete(number);
      this.redraw();
      this.say();
    });
    byId("curves").append(element("label", {}, box, ...(number === null ? [] : [this.swatch(number)]), words));
  }

  get shown() {
    return this.curves.filter((curve) => this.chosen.has(curve.number) && (this.hasFormula || !curve.isSecond));
  }

  swatch(number) {
    const picture = svg("svg", { width: 26, height: 10, "aria-hidden": "true" });
    picture.append(svg("path", { d: "M0 5H26", ...this.stroke(number), "stroke-width": 3 }));
    return picture;
  }

  stroke(number) {
    return { stroke: `var(--curve-${number % COLOURS})`, fill: "none" };
  }

  // The range of the axis: all curves and lines, shown or not, so that toggling does not move it.
  range() {
    const values = this.curves.flatMap(({ latencyS, expectedS, boundS }) =>
      [latencyS[0], latencyS[latencyS.length - 1], expectedS, boundS].filter((value) => value !== null),
    );
    const [least, most] = [Math.min(...values), Math.max(...values)];
    const margin = 0.03 * (most - least || most || 1);
    return [Math.max(0, least - margin), most + margin];
  }

  draw(width) {
    const { left, right, top, bottom } = CHART_MARGIN;
    const [least, most] = this.range();
    const x = (value) => left + ((value - least) / (most - least)) * (width - left - right);
    const y = (share) => CHART_HEIGHT - bottom - share * (CHART_HEIGHT - top - bottom);
    Object.assign(this, { x, y, least, most, width });
    const picture = svg("svg", { viewBox: `0 0 ${width} ${CHART_HEIGHT}`, "aria-hidden": "true" });
    this.drawAxes(picture, width);
    for (const curve of this.shown) this.drawCurve(picture, curve);
    this.drawBounds(picture);
    this.cursor = svg("path", { class: "cursor" });
    picture.append(this.cursor);
    this.moveCursor();
    return picture;
  }

  drawAxes(picture, width) {
    const { x, y, least, most } = this;
    const { left, right } = CHART_MARGIN;
    for (const [value, text] of ticks(0, 1, 5)) {
      picture.append(svg("path", { class: "grid", d: `M${left} ${y(value)}H${width - right}` }));
      picture.append(svg("text", { x: left - 8, y: y(value) + 4, "text-anchor": "end" }, text));
    }
    for (const [value, text] of ticks(least, most, Math.max(5, width / 110))) {
      picture.append(svg("path", { class: "axis", d: `M${x(value)} ${y(0)}v5` }));
      picture.append(svg("text", { x: x(value), y: y(0) + 19, "text-anchor": "middle" }, text));
    }
    picture.append(svg("path", { class: "axis", d: `M${left} ${y(0)}H${width - right}` }));
    const middle = (left + width - right) / 2;
    picture.append(svg("text", { x: middle, y: y(0) + 39, "text-anchor": "middle" }, "latency of a token, s"));
  }

  drawCurve(picture, curve) {
    const { x, y } = this;
    const { latencyS, about, number, expectedS } = curve;
    let way = `M${x(latencyS[0])} ${y(0)}`;
    for (let step = 0; step < latencyS.length; step++) way += `H${x(latencyS[step])}V${y(about.share[step])}`;
    const dash = curve.isSecond ? { "stroke-dasharray": "7 4" } : {};
    picture.append(svg("path", { class: "curve", d: way, ...this.stroke(number), ...dash }));
    if (expectedS === null) return;
    const line = { d: `M${x(expectedS)} ${y(0)}V${y(1)}`, "stroke-width": 1.5, "stroke-dasharray": "6 4" };
    picture.append(svg("path", { ...line, ...this.stroke(number) }));
  }

  // Bounds are mostly one: it depends on what may be placed, not on how it is.
  drawBounds(picture) {
    const bounds = new Set(this.shown.map(({ boundS }) => boundS).filter((value) => value !== null));
    for (const value of bounds) {
      const [at, top] = [this.x(value), this.y(1)];
      picture.append(svg("path", { class: "bound", d: `M${at} ${this.y(0)}V${top}` }));
      picture.append(svg("text", { x: at + 5, y: top + 12 }, "bound"));
    }
  }

  listen() {
    this.place.addEventListener("pointermove", (event) => {
      const box = this.place.getBoundingClientRect();
      const share = ((event.clientX - box.left) * (this.width / box.width) - CHART_MARGIN.left) /
        (this.width - CHART_MARGIN.left - CHART_MARGIN.right);
      this.read(this.least + share * (this.most - this.least));
    });
    const moves = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10 };
    this.place.addEventListener("keydown", (event) => {
      const step = (this.most - this.least) / READ_STEPS;
      if (event.key in moves) this.read((this.readS ?? this.least) + moves[event.key] * step);
      else if (event.key === "Home") this.read(this.least);
      else if (event.key === "End") this.read(this.most);
      else return;
      event.preventDefault();
    });
  }

  read(latencyS) {
    this.readS = Math.min(this.most, Math.max(this.least, latencyS));
    this.moveCursor();
    this.say();
  }

  moveCursor() {
    if (this.readS !== null) this.cursor.setAttribute("d", `M${this.x(this.readS)} ${this.y(0)}V${this.y(1)}`);
  }

  say() {
    const at = this.readS ?? (this.least + this.most) / 2;
    const shares = this.shown.map(({ name, engine, latencyS, about }) => {
      const step = lastAtMost(latencyS, at);
      const share = step < 0 ? 0 : about.share[step];
      return `${name}${engine === "analytic" ? " (formula)" : ""} ${(100 * share).toFixed(1)} %`;
    });
    const words = `At most ${at.toFixed(3)} s: ${shares.join(", ") || "no curve is shown"}.`;
    byId("distribution-read").textContent = words;
    const state = { valuemin: this.least, valuemax: this.most, valuenow: at, valuetext: words };
    for (const [name, value] of Object.entries(state)) this.place.setAttribute(`aria-${name}`, value);
  }
}
