// Where the time goes: a bar a placement, or a layer of one, each the sum of its parts.

const BAR = 30;
const MOST_BAR_NAMES = 150; // pixels

class Breakdown {
  constructor(placements, parts) {
    Object.assign(this, { placements, parts });
    this.by = byId("bars-by");
    this.engine = byId("bars-engine");
    this.by.append(element("option", { value: "-1" }, "placement"));
    for (const [number, { name }] of placements.entries()) {
      this.by.append(element("option", { value: `${number}` }, `layer of ${name}`));
    }
    const engines = new Set(placements.flatMap(({ latency }) => Object.keys(latency.engines)));
    for (const engine of ["packet", "analytic"]) {
      if (engines.has(engine)) this.engine.append(element("option", { value: engine }, `the ${BY_ENGINE[engine]}`));
    }
    for (const [part, name] of parts.entries()) {
      const box = svg("svg", { width: 14, height: 14, "aria-hidden": "true" });
      box.append(svg("rect", { width: 14, height: 14, fill: `var(--part-${part})` }));
      byId("parts").append(element("li", {}, box, name));
    }
    this.redraw = drawAtWidth(byId("bars"), (width) => this.draw(width));
    for (const choice of [this.by, this.engine]) {
      choice.addEventListener("change", () => {
        this.redraw();
        this.fillLayers();
      });
    }
    this.fillLayers();
  }

  // Bars to draw: a name, and the milliseconds of each part.
  bars() {
    const number = Number(this.by.value);
    const shown = number < 0 ? this.placements : [this.placements[number]];
    const rows = shown.filter(({ latency }) => latency.engines[this.engine.value]);
    return number < 0
      ? rows.map((placement) => ({ name: placement.name, ms: this.total(placement) }))
      : rows.flatMap((placement) => this.layers(placement));
  }

  layers({ latency }) {
    const { layersNs } = latency.engines[this.engine.value];
    const width = this.parts.length;
    const count = layersNs.length / width;
    return Array.from({ length: count }, (_, layer) => ({
      name: layer === count - 1 ? "head" : `layer ${layer}`,
      ms: Array.from(layersNs.subarray(layer * width, (layer + 1) * width), (ns) => ns / NS_PER_MS),
    }));
  }

  total(placement) {
    const layers = this.layers(placement);
    return this.parts.map((_, part) => layers.reduce((sum, { ms }) => sum + ms[part], 0));
  }

  draw(width) {
    const bars = this.bars();
    const sums = bars.map(({ ms }) => ms.reduce((a, b) => a + b, 0));
    const most = Math.max(...sums, 1e-9);
    const names = Math.min(MOST_BAR_NAMES, 12 + 8 * Math.max(...bars.map(({ name }) => name.length), 0));
    const thick = bars.length > 12 ? BAR * 0.6 : BAR;
    const height = bars.length * thick + 48;
    const x = (value) => names + (value / most) * (width - names - 84);
    const picture = svg("svg", { viewBox: `0 0 ${width} ${height}` });
    for (const [value, text] of ticks(0, most, Math.max(2, (width - names - 84) / 90))) {
      picture.append(svg("path", { class: "grid", d: `M${x(value)} 0V${height - 42}` }));
      picture.append(svg("text", { x: x(value), y: height - 26, "text-anchor": "middle" }, text));
    }
    const middle = (names + width - 84) / 2;
    picture.append(svg("text", { x: middle, y: height - 6, "text-anchor": "middle" }, "mean time of a token, ms"));
    bars.forEach((bar, row) => this.drawBar(picture, bar, { row, thick, x, names, sum: sums[row] }));
    return picture;
  }

  drawBar(picture, { name, ms }, { row, thick, x, names, sum }) {
    const top = row * thick + 2;
    const middle = top + thick / 2 + 3;
    const label = name.length > 18 ? `${name.slice(0, 17)}…` : name;
    picture.append(svg("text", { x: names - 8, y: middle, "text-anchor": "end" }, label));
    let before = 0;
    ms.forEach((value, part) => {
      if (value <= 0) return;
      const place = { x: x(before), y: top, width: Math.max(0, x(before + value) - x(before)), height: thick - 5 };
      const rect = svg("rect", { ...place, fill: `var(--part-${part})` });
      rect.append(svg("title", {}, `${name}: ${this.parts[part]} ${shortTime(value * NS_PER_MS)}`));
      rect.addEventListener("pointerenter", () => this.say(name, ms, sum));
      picture.append(rect);
      before += value;
    });
    picture.append(svg("text", { class: "total", x: x(sum) + 6, y: middle }, `${sum.toPrecision(4)}`));
  }

  say(name, ms, sum) {
    const parts = ms.map((value, part) => [this.parts[part], value]).filter(([, value]) => value > 0);
    const words = parts.map(([part, value]) => `${part} ${shortTime(value * NS_PER_MS)}`);
    byId("bars-read").textContent = `${name}: ${shortTime(sum * NS_PER_MS)} = ${words.join(" + ")}`;
  }

  fillLayers() {
    const placement = this.placements[Math.max(0, Number(this.by.value))];
    const table = element("table");
    const caption = element("caption", {}, `Mean time in each layer of ${placement.name}, ms, by the ${BY_ENGINE[this.engine.value]}`);
    const rows = placement.latency.engines[this.engine.value] ? this.layers(placement) : [];
    const number = (value) => value.toFixed(4);
    fillTable(table, ["layer", ...this.parts, "total"],
      rows.map(({ name, ms }) => [name, ...ms.map(number), number(ms.reduce((a, b) => a + b, 0))]));
    table.prepend(caption);
    const wide = element("div", { className: "wide", tabIndex: 0, role: "region" }, table);
    wide.setAttribute("aria-label", caption.textContent);
    byId("layers-body").replaceChildren(wide);
  }
}
