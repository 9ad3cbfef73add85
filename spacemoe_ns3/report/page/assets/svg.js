// Small parts of charts.

const SVG = "http://www.w3.org/2000/svg";
const COLOURS = 8;

function svg(tag, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

// Round numbers within a range, about as many as asked for.
function ticks(least, most, about) {
  const rough = (most - least) / about;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough);
  const first = Math.ceil(least / step - 1e-9);
  const last = Math.floor(most / step + 1e-9);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return Array.from({ length: last - first + 1 }, (_, place) => {
    const value = (first + place) * step;
    return [value, value.toFixed(digits)];
  });
}

// Draws anew when the width of a chart changes.
function drawAtWidth(place, draw) {
  let drawn = 0;
  const redraw = () => {
    drawn = place.clientWidth;
    if (drawn) place.replaceChildren(draw(Math.max(drawn, 280)));
  };
  new ResizeObserver(() => {
    if (Math.abs(place.clientWidth - drawn) > 1) redraw();
  }).observe(place);
  redraw();
  return redraw;
}
