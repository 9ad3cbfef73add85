// What the globe shows, as text: counts, hosts and where they are.

function skyFacts(sky, placement) {
  const sun = sky.sunDirection();
  let sunlit = 0;
  for (let satellite = 0; satellite < sky.satellites; satellite++) sunlit += sky.isSunlit(satellite, sun) ? 1 : 0;
  const [x, y, z] = sun;
  return [
    ["Time", `${utc(sky.epochMs + sky.ms)}, ${elapsed(sky.ms / 1000)} after the start`],
    ["Satellites", `${sky.satellites}, of these ${sunlit} in sunlight`],
    ["The Sun is above", latLon(sky.below(1e6 * x, 1e6 * y, 1e6 * z))],
    ...sky.counts().map(({ up, all }, kind) => [`Links, ${sky.kinds[kind]}`, `${up} of ${all} up`]),
    ["Placement", placement ? placement.name : "none"],
  ];
}

// A row a layer: its gateway, where that is, and the satellites of its experts.
function hostRows(sky, { hosts }) {
  const layers = new Map();
  for (let row = 0; row < hosts.layer.length; row++) {
    const layer = hosts.layer[row];
    if (!layers.has(layer)) layers.set(layer, { gateways: [], experts: [] });
    const host = layers.get(layer);
    if (hosts.expert[row] < 0) host.gateways.push(hosts.satellite[row]);
    else host.experts.push(`${hosts.expert[row]}: ${sky.names[hosts.satellite[row]]}`);
  }
  return [...layers.entries()].sort(([a], [b]) => a - b).map(([layer, { gateways, experts }]) => [
    `${layer}`,
    gateways.map((satellite) => sky.names[satellite]).join(", "),
    gateways.map((satellite) => latLon(sky.belowSatellite(satellite))).join("; "),
    experts.join(", "),
  ]);
}

function fillText(place, sky, placement) {
  const facts = element("dl", { className: "facts" });
  for (const [term, words] of skyFacts(sky, placement)) {
    facts.append(element("div", {}, element("dt", {}, term), element("dd", {}, words)));
  }
  place.replaceChildren(facts);
  if (!placement?.hosts) return;
  const table = element("table");
  fillTable(table, ["layer", "gateway", "above", "experts: satellites"], hostRows(sky, placement));
  const label = `Hosts of ${placement.name}`;
  table.prepend(element("caption", {}, label));
  const wide = element("div", { className: "wide", tabIndex: 0 }, table);
  wide.setAttribute("role", "region");
  wide.setAttribute("aria-label", label);
  place.append(wide);
}

// What a satellite is and hosts, for the label under the pointer.
function satelliteWords(sky, placement, satellite) {
  const lines = [sky.names[satellite], latLon(sky.belowSatellite(satellite))];
  if (sky.shell[satellite] >= 0) {
    lines.push(`shell ${sky.shell[satellite]}, plane ${sky.plane[satellite]}, place ${sky.place[satellite]}`);
  }
  const hosts = placement?.hosts;
  for (let row = 0; hosts && row < hosts.layer.length; row++) {
    if (hosts.satellite[row] !== satellite) continue;
    const { layer, expert, probability } = hosts;
    lines.push(
      expert[row] < 0
        ? `gateway of layer ${layer[row]}`
        : `layer ${layer[row]}, expert ${expert[row]}, activated by ${(100 * probability[row]).toFixed(1)} %`,
    );
  }
  return lines.join("\n");
}
