// Numbers and times in words.

const NS_PER_MS = 1e6;
const THIN = "\u202f";

const grouped = (digits) => digits.replace(/\B(?=(\d{3})+(?!\d))/g, THIN);

// Milliseconds to the nanosecond: 12.345 678 ms.
function exactMs(ns) {
  const whole = Math.trunc(ns / NS_PER_MS);
  const rest = String(Math.round(ns - whole * NS_PER_MS)).padStart(6, "0");
  return `${grouped(String(whole))}.${rest.slice(0, 3)}${THIN}${rest.slice(3)} ms`;
}

// A duration with four digits and the unit that suits it.
function shortTime(ns) {
  const size = Math.abs(ns);
  if (size >= 1e9) return `${(ns / 1e9).toPrecision(4)} s`;
  if (size >= 1e6) return `${(ns / 1e6).toPrecision(4)} ms`;
  if (size >= 1e3) return `${(ns / 1e3).toPrecision(4)} µs`;
  return `${Math.round(ns)} ns`;
}

const elapsed = (seconds) => {
  const minutes = Math.floor(seconds / 60);
  return `${minutes} min ${(seconds - 60 * minutes).toFixed(1).padStart(4, "0")} s`;
};

const utc = (milliseconds) => `${new Date(milliseconds).toISOString().slice(0, 19).replace("T", " ")} UTC`;

const latLon = ([latitude, longitude]) =>
  `${Math.abs(latitude).toFixed(1)}° ${latitude < 0 ? "S" : "N"}, ` +
  `${Math.abs(longitude).toFixed(1)}° ${longitude < 0 ? "W" : "E"}`;

// Text that is announced by screen readers: not more often than they can say it.
const ANNOUNCEMENT_MS = 1500;
let announcedAt = -Infinity;
let announcement = 0;
function announce(text) {
  clearTimeout(announcement);
  const wait = Math.max(0, announcedAt + ANNOUNCEMENT_MS - performance.now());
  announcement = setTimeout(() => {
    announcedAt = performance.now();
    byId("live").textContent = text;
  }, wait);
}

function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in made) made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

function fillTable(table, headings, rows, current = -1) {
  const head = element("tr", {}, ...headings.map((text) => element("th", { scope: "col" }, text)));
  const body = rows.map((row, place) => {
    const cells = row.map((text, column) => (column ? element("td", {}, text) : element("th", { scope: "row" }, text)));
    const made = element("tr", {}, ...cells);
    if (place === current) made.setAttribute("aria-current", "true");
    return made;
  });
  table.replaceChildren(element("thead", {}, head), element("tbody", {}, ...body));
}
