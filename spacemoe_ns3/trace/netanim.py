"""The critical paths of a run for NetAnim, ns-3's animator: satellites over a map, and packets between them.

The format is that of ns-3's ``AnimationInterface``, version netanim-3.109.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any
from xml.etree import ElementTree

import numpy as np

from spacemoe_ns3.constants import NANOSECONDS_PER_SECOND
from spacemoe_ns3.constellation.frames import earth_fixed, geodetic
from spacemoe_ns3.run_results import Results
from spacemoe_ns3.trace.choice import Part
from spacemoe_ns3.trace.roles import Roles, roles_of
from spacemoe_ns3.trace.rows import Rows, spans
from spacemoe_ns3.trace.sky import Sky, sky_of

VERSION = "netanim-3.109"
_GATEWAY, _EXPERT, _OTHER = (230, 159, 0), (86, 180, 233), (190, 190, 190)
_HOST_SIZE, _OTHER_SIZE = 3, 1.5  # degrees of the map
_COLUMNS = (
    *("layer", "piece", "kind", "satellite", "to_satellite", "expert", "start_ns", "end_ns"),
    *("propagation_ns", "serialisation_ns"),
)


def write_netanim(results: Results, part: Part, file: IO[bytes]) -> None:
    """Write tokens as an animation for NetAnim, some at a time.

    Parameters
    ----------
    results
        The run.
    part
        The tokens.
    file
        Where to.

    Raises
    ------
    InputError
        If the run lacks a table that is needed.

    Notes
    -----
    Time 0 is the epoch of the run. The map has a unit a degree, longitude to the right and latitude upwards.
    Of packets those on the critical path are shown, hop by hop; with the formula messages, end to end.
    """
    sky = sky_of(results)
    begin_ns, end_ns = _duration(results, part)
    file.write(
        f'<?xml version="1.0" encoding="UTF-8"?>\n<anim ver="{VERSION}" filetype="animation">\n'.encode()
    )
    for element in _elements(results, part, sky, begin_ns, end_ns):
        file.write(ElementTree.tostring(element) + b"\n")
    file.write(b"</anim>\n")


def _elements(
    results: Results, part: Part, sky: Sky, begin_ns: int, end_ns: int
) -> Iterator[ElementTree.Element]:
    """Yield what an animation is made of: satellites, links, moves, packets."""
    knots = sky.times_ns[(sky.times_ns > begin_ns) & (sky.times_ns <= end_ns)]
    times_ns = np.concatenate([[min(begin_ns, sky.times_ns[-1])], knots])
    places = _places(sky, times_ns)
    roles = roles_of(results.columns("hosts", placement=part.placement))
    names = results.columns("constellation")["name"].tolist()
    for satellite, (x, y) in enumerate(places[0].tolist()):
        yield _element("node", id=satellite, sysId=0, locX=_degrees(x), locY=_degrees(y))
    for satellite, name in enumerate(names):
        yield from _looks(satellite, name, roles.get(satellite))
    yield from _links(results, part)
    for time_ns, row in zip(knots.tolist(), places[1:], strict=True):
        for satellite, (x, y) in enumerate(row.tolist()):
            about = {"p": "p", "t": _seconds(time_ns), "id": satellite}
            yield _element("nu", **about, x=_degrees(x), y=_degrees(y))
    yield from _packets(results, part)


def _duration(results: Results, part: Part) -> tuple[int, int]:
    """Return when the first token begins and the last ends, in nanoseconds."""
    tokens = results.columns("tokens", placement=part.placement, engine=part.engine)
    kept = part.number(tokens["sequence"], tokens["token"]) >= 0
    starts, latencies = tokens["start_ns"][kept], tokens["latency_ns"][kept]
    return int(starts.min()), int((starts + latencies).max())


def _places(sky: Sky, times_ns: np.ndarray) -> np.ndarray:
    """Return places on the map, shape (n, S, 2): degrees from the left and from above."""
    fixed = earth_fixed(sky.positions_at(times_ns), start=sky.start, times_ns=times_ns)
    latitude_deg, longitude_deg, _ = geodetic(fixed)
    return np.stack([longitude_deg + 180, 90 - latitude_deg], axis=-1)


def _looks(satellite: int, name: str, role: Roles | None) -> Iterator[ElementTree.Element]:
    """Yield name, colour and size of a satellite."""
    red, green, blue = _OTHER if role is None else _GATEWAY if role.is_gateway else _EXPERT
    size = _OTHER_SIZE if role is None else _HOST_SIZE
    about: dict[str, Any] = {"t": 0, "id": satellite}
    yield _element("nu", p="d", **about, descr=name if role is None else role.short)
    yield _element("nu", p="c", **about, r=red, g=green, b=blue)
    yield _element("nu", p="s", **about, w=size, h=size)


def _links(results: Results, part: Part) -> Iterator[ElementTree.Element]:
    """Yield the links that are shown: those that critical paths take."""
    used: set[tuple[int, int]] = set()
    for batch in Rows(results=results, part=part, table="critical_path", columns=_COLUMNS).batches():
        is_hop = batch["kind"] == "hop"
        ends = np.stack([batch["satellite"][is_hop], batch["to_satellite"][is_hop]], axis=1)
        used |= {(min(pair), max(pair)) for pair in np.unique(ends, axis=0).tolist()}
    for source, target in sorted(used):
        yield _element("link", fromId=source, toId=target, fd="", td="", ld="")


def _packets(results: Results, part: Part) -> Iterator[ElementTree.Element]:
    """Yield the packets, in the order in which they come to the satellites that send them."""
    rows = Rows(results=results, part=part, table="critical_path", columns=_COLUMNS)
    layers = int(results.columns("hosts", placement=part.placement)["layer"].max()) + 1
    for span in spans(results, part, layers=layers):
        found = rows.between("start_ns", *span)
        is_sent = np.isin(found["kind"], ("hop", "leg")) & (found["satellite"] != found["to_satellite"])
        order = np.lexsort((found["number"], found["start_ns"]))
        chosen = order[is_sent[order]]
        values = zip(*(array[chosen].tolist() for array in found.values()), strict=True)
        for row in values:
            yield _packet(dict(zip(found, row, strict=True)))


def _packet(piece: dict[str, Any]) -> ElementTree.Element:
    """Return a packet: when its first and last bit leave, and when they come."""
    last_in = piece["end_ns"]
    last_out = last_in - piece["propagation_ns"]
    first_in, first_out = (time - piece["serialisation_ns"] for time in (last_in, last_out))
    expert = f" expert {piece['expert']}" if piece["expert"] >= 0 else ""
    about = (
        f"request {piece['sequence']} token {piece['token']} layer {piece['layer']} {piece['piece']}{expert}"
    )
    return _element(
        "p",
        fId=piece["satellite"],
        fbTx=_seconds(first_out),
        lbTx=_seconds(last_out),
        **{"meta-info": about},
        tId=piece["to_satellite"],
        fbRx=_seconds(first_in),
        lbRx=_seconds(last_in),
    )


def _element(tag: str, **attributes: Any) -> ElementTree.Element:
    return ElementTree.Element(tag, {name: str(value) for name, value in attributes.items()})


def _degrees(value: float) -> str:
    return f"{value:.4f}"


def _seconds(time_ns: int) -> str:
    """Return nanoseconds as seconds, every digit."""
    whole, rest = divmod(time_ns, NANOSECONDS_PER_SECOND)
    return f"{whole}.{rest:09d}"
