"""Runs written by hand: tables with the columns that are given, the others zero."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from spacemoe_ns3.schema import TABLES

EARTH_GM_M3_S2 = 3.986004418e14  # WGS 84
KNOT_S, KNOTS, SLOTS = 60, 97, 96


def write_run(folder, *, summary=None, manifest=None, tables=None):
    """Write a run's folder, without placements if the summary has none."""
    folder.mkdir(parents=True, exist_ok=True)
    content = {
        **{"schema_version": 1, "scenario": "by-hand", "seed": 5, "satellites": 0, "links": 0},
        **{"epoch": "2026-03-20T00:00:00", "slots": SLOTS, "slot_ns": 60 * 10**9, "end_ns": 5760 * 10**9},
        **{"model": None, "placements": [], "failures": [], "remarks": []},
        **(summary or {}),
    }
    described = {"status": "complete", "command": ["/bin/spacemoe-ns3", "run", "a b.py"], **(manifest or {})}
    (folder / "summary.json").write_text(json.dumps(content))
    (folder / "manifest.json").write_text(json.dumps(described))
    for name, columns in (tables or {}).items():
        write_table(folder, name, columns)
    return folder


def write_table(folder, name, columns):
    """Write a table of the schema; columns that are not given are zero, or empty names."""
    table, rows = TABLES[name], len(next(iter(columns.values())))
    assert set(columns) <= set(table.column_names())
    empty = {"name": np.full(rows, ""), "int": np.zeros(rows, np.int64), "float": np.zeros(rows)}
    filled = {column.name: columns.get(column.name, empty[column.kind]) for column in table.columns}
    pq.write_table(pa.table(filled), folder / table.file_name)


def placement(name, **about):
    """What a summary says of a placement that no engine evaluated."""
    keys = ("expected_s_per_token", "expected", "bound_s", "analytic_s_per_token", "packet_s_per_token")
    parts = ("breakdown_s", "analytic_breakdown_s")
    return {"name": name, "tokens": 0, **dict.fromkeys((*keys, *parts)), **about}


class CircularSky:
    """Satellites on circles around a point mass: where each is, in closed form.

    Links lead to the next satellite of the plane, and to the same place of the next plane; all are up.
    """

    def __init__(self, *, planes, satellites_per_plane, altitude_km=550.0, inclination_deg=87.0):
        self.planes, self.per_plane = planes, satellites_per_plane
        self.satellites = planes * satellites_per_plane
        self.radius_m = 6_378_137.0 + 1000 * altitude_km
        self.rate_rad_s = np.sqrt(EARTH_GM_M3_S2 / self.radius_m**3)
        self.inclination = np.radians(inclination_deg)
        plane, place = np.divmod(np.arange(self.satellites), satellites_per_plane)
        self.node = 2 * np.pi * plane / planes
        self.phase = 2 * np.pi * place / satellites_per_plane

    def positions_m(self, time_s):
        """Metres, shape (..., satellites, 3)."""
        return self._turned(self.phase + self.rate_rad_s * np.asarray(time_s)[..., np.newaxis])

    def velocities_m_s(self, time_s):
        angle = self.phase + self.rate_rad_s * np.asarray(time_s)[..., np.newaxis] + np.pi / 2
        return self.rate_rad_s * self._turned(angle)

    def _turned(self, angle):
        cosine, sine = self.radius_m * np.cos(angle), self.radius_m * np.sin(angle)
        north, east = np.sin(self.inclination), np.cos(self.inclination)
        x = cosine * np.cos(self.node) - sine * east * np.sin(self.node)
        y = cosine * np.sin(self.node) + sine * east * np.cos(self.node)
        return np.stack([x, y, sine * north], axis=-1)

    def tables(self):
        """The tables of the sky."""
        satellite, time_s = np.arange(self.satellites), KNOT_S * np.arange(KNOTS)
        position, velocity = self.positions_m(time_s), self.velocities_m_s(time_s)
        ephemeris = {
            "time_ns": np.repeat(time_s * 10**9, self.satellites),
            "satellite": np.tile(satellite, KNOTS),
        }
        for axis, letter in enumerate("xyz"):
            ephemeris[f"{letter}_m"] = position[..., axis].ravel()
            ephemeris[f"v{letter}_m_s"] = velocity[..., axis].ravel()
        plane, place = np.divmod(satellite, self.per_plane)
        along = plane * self.per_plane + (place + 1) % self.per_plane
        across = (plane + 1) % self.planes * self.per_plane + place
        links = 2 * self.satellites
        return {
            "constellation": {
                **{"satellite": satellite, "plane": plane, "place": place},
                "name": np.array([f"circle-{each}" for each in satellite]),
            },
            "ephemeris": ephemeris,
            "topology": {
                "link": np.arange(links),
                "satellite_a": np.tile(satellite, 2),
                "satellite_b": np.concatenate([along, across]),
                "kind": np.repeat(["intra-plane", "cross-plane"], self.satellites),
            },
            "contacts": {
                "link": np.arange(links),
                "start_ns": np.zeros(links, np.int64),
                "end_ns": np.full(links, 5760 * 10**9),
            },
        }
