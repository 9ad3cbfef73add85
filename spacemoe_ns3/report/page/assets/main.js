// Puts the page together.

const THEME_KEY = "spacemoe-ns3 theme";
const systemIsDark = matchMedia("(prefers-color-scheme: dark)");

function remembered() {
  try {
    return localStorage.getItem(THEME_KEY) ?? "auto";
  } catch {
    return "auto"; // a page in a frame may not store anything
  }
}

function remember(theme) {
  try {
    localStorage.setItem(THEME_KEY, theme);
  } catch {
    // The choice holds until the page is closed.
  }
}

function applyTheme(theme) {
  const isDark = theme === "dark" || (theme === "auto" && systemIsDark.matches);
  document.documentElement.dataset.theme = isDark ? "dark" : "light";
}

function makeGlobe(sky, land) {
  if (element("canvas").getContext("webgl2")) return new Globe(byId("canvas"), sky, land, new Palette());
  byId("view").hidden = true;
  sayWithoutGlobe("This browser draws no WebGL, so there is no globe; the controls and the text below tell what it would show.");
  return null;
}

function sayWithoutGlobe(words) {
  byId("no-globe").textContent = words;
  byId("no-globe").hidden = false;
}

function makeSection(run) {
  if (!run.sky || !run.epoch) {
    byId("globe-body").hidden = byId("as-text").hidden = true;
    sayWithoutGlobe("The run has no tables of its satellites and links; run the scenario again to see them.");
    return null;
  }
  const sky = new Sky(run.sky, run);
  const section = new GlobeSection(run, sky, makeGlobe(sky, readJson("land")));
  if (!section.globe) byId("as-text").open = true;
  return section;
}

// Draws the charts of the placements that an engine evaluated; without any there is nothing to draw.
function drawCharts({ placements, parts }) {
  const evaluated = placements.filter(({ latency }) => Object.keys(latency.engines).length);
  if (evaluated.length) {
    new Distribution(evaluated);
    new Breakdown(evaluated, parts);
  } else {
    for (const chart of document.querySelectorAll("#latency figure, #breakdown figure, #layers")) chart.hidden = true;
  }
}

// Milliseconds of JavaScript in each of some frames while the constellation, or a token, moves; with drawing, that
// is handing everything to the graphics driver, or without.
function measure(section, frames, withDrawing = false) {
  const times = [];
  for (let frame = 0; frame < frames; frame++) {
    section.player.moveTo((frame / frames) * section.player.lengthNs);
    const start = performance.now();
    section.update(1 / 60);
    if (withDrawing) section.globe.draw();
    times.push(performance.now() - start);
  }
  section.jump();
  return times;
}

// For pages around this one, and for tests.
function offer(section) {
  const { sky, globe } = section;
  window.spacemoe = {
    get mode() { return section.mode; },
    get seconds() { return section.player.ns / 1e9; },
    get isPlaying() { return section.player.isPlaying; },
    get position() { return Array.from(sky.position); },
    get linksUp() { return sky.isUp.reduce((sum, isUp) => sum + isUp, 0); },
    moveTo: (seconds) => section.moveTo(seconds * 1e9),
    play: (isPlaying) => section.play(isPlaying),
    follow: (mode) => section.chooseMode(mode),
    earth: (seconds) => ({ siderealTime: sky.siderealTime(seconds * 1000), sun: sky.sunDirection(seconds * 1000) }),
    belowSatellite: (satellite) => sky.belowSatellite(satellite),
    measure: (frames, withDrawing) => measure(section, frames, withDrawing),
    hasGlobe: Boolean(globe),
  };
}

function start() {
  const theme = byId("theme");
  theme.value = remembered();
  applyTheme(theme.value);
  const run = unpackAll(readJson("data"));
  byId("to-figures").hidden = !byId("figures");
  const section = makeSection(run);
  drawCharts(run);
  const change = (chosen) => {
    applyTheme(chosen);
    section?.repaint();
  };
  theme.addEventListener("change", () => {
    remember(theme.value);
    change(theme.value);
  });
  systemIsDark.addEventListener("change", () => change(theme.value));
  window.addEventListener("beforeprint", () => {
    change("light"); // paper is white
    section?.drawFrame(performance.now());
  });
  window.addEventListener("afterprint", () => change(theme.value));
  if (section) offer(section);
}

start();
