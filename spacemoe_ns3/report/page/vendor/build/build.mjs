// Writes three.min.js, its licence, land.json and VERSIONS.json beside this folder.
import { build } from "esbuild";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const above = join(here, "..");
const modules = join(here, "node_modules");
const read = (...path) => readFileSync(join(modules, ...path), "utf8");

await build({
  entryPoints: [join(here, "entry.mjs")],
  outfile: join(above, "three.min.js"),
  bundle: true,
  minify: true,
  format: "iife",
  globalName: "THREE",
  target: "es2020",
  legalComments: "eof",
  charset: "ascii",
});
copyFileSync(join(modules, "three", "LICENSE"), join(above, "LICENSE.three"));
copyFileSync(join(modules, "world-atlas", "LICENSE"), join(above, "LICENSE.world-atlas"));

// Rings of coast lines as [longitude, latitude, longitude, ...] in hundredths of a degree. The file is a TopoJSON
// topology: lines shared by polygons, each point the difference from the one before, in steps of a grid.
const topology = JSON.parse(read("world-atlas", "land-110m.json"));
const { scale, translate } = topology.transform;
const lines = topology.arcs.map((arc) => {
  let x = 0;
  let y = 0;
  return arc.map(([dx, dy]) => [
    Math.round(100 * ((x += dx) * scale[0] + translate[0])),
    Math.round(100 * ((y += dy) * scale[1] + translate[1])),
  ]);
});
const line = (index) => (index < 0 ? [...lines[~index]].reverse() : lines[index]);
const polygons = topology.objects.land.geometries.flatMap((geometry) =>
  geometry.type === "Polygon" ? [geometry.arcs] : geometry.arcs,
);
const land = polygons.map((polygon) =>
  polygon.map((ring) => ring.flatMap((index, place) => line(index).slice(place ? 1 : 0)).flat()),
);
writeFileSync(join(above, "land.json"), `${JSON.stringify(land)}\n`);

const versions = Object.fromEntries(
  ["three", "world-atlas", "esbuild"].map((name) => [name, JSON.parse(read(name, "package.json")).version]),
);
writeFileSync(join(above, "VERSIONS.json"), `${JSON.stringify(versions, null, 2)}\n`);
