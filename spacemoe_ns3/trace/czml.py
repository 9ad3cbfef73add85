"""The sky of a run for Cesium: satellites, links and the ring around the Earth, in CZML.

Positions are inertial, in the axes of the ICRF, with velocities: Cesium's Hermite interpolation of degree 3
then draws the very curve that links were computed from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import IO, Any

import numpy as np

from spacemoe_ns3.constants import NANOSECONDS_PER_SECOND
from spacemoe_ns3.constellation.frames import celestial
from spacemoe_ns3.errors import InstallationError
from spacemoe_ns3.run_results import Results
from spacemoe_ns3.trace.roles import Roles, roles_of
from spacemoe_ns3.trace.sky import Sky, sky_of

_GATEWAY, _EXPERT, _OTHER = [230, 159, 0, 255], [86, 180, 233, 255], [150, 150, 150, 255]
_LINK = [150, 150, 150, 110]
_POINT_PIXELS, _OTHER_PIXELS = 8, 4
_SPEED = 60  # a minute a second
_POSITION_DIGITS, _VELOCITY_DIGITS = 3, 6  # millimetres


def write_czml(results: Results, placement: str, file: IO[bytes]) -> None:
    """Write the sky of a run and a placement on it as CZML.

    Parameters
    ----------
    results
        The run.
    placement
        Name of the placement.
    file
        Where to.

    Raises
    ------
    InputError
        If the run lacks a table that is needed.
    InstallationError
        If the package ``czml3`` is not installed.
    """
    try:
        import czml3
    except ImportError as error:
        raise InstallationError(
            "--format czml: czml3 is not installed; install it by python -m pip install czml3"
        ) from error
    separator = b"[\n"
    for content in _packets(results, placement):
        file.write(separator + czml3.Packet(**content).dumps().encode())
        separator = b",\n"
    file.write(b"\n]\n")


def _packets(results: Results, placement: str) -> Iterator[dict[str, Any]]:
    """Yield the fields of each packet."""
    sky = sky_of(results)
    roles = roles_of(results.columns("hosts", placement=placement))
    yield _document(f"{results.name}, {placement}", sky)
    yield from _satellites(results, sky, roles)
    yield from _links(results, sky)
    yield _ring(results, placement)


def _document(name: str, sky: Sky) -> dict[str, Any]:
    from czml3.enums import ClockRanges, ClockSteps
    from czml3.properties import Clock
    from czml3.types import TimeInterval

    begin, end = _time(sky, 0), _time(sky, sky.end_ns)
    clock = Clock(
        interval=TimeInterval(start=begin, end=end),
        currentTime=begin,
        multiplier=_SPEED,
        range=ClockRanges.LOOP_STOP,
        step=ClockSteps.SYSTEM_CLOCK_MULTIPLIER,
    )
    return {"id": "document", "name": name, "version": "1.0", "clock": clock}


def _satellites(results: Results, sky: Sky, roles: Mapping[int, Roles]) -> Iterator[dict[str, Any]]:
    """Yield a point for each satellite, larger where something is hosted."""
    from czml3.enums import InterpolationAlgorithms
    from czml3.properties import Color, Point, Position
    from czml3.types import TimeInterval

    names = results.columns("constellation")["name"]
    samples = _samples(sky)
    shown = TimeInterval(start=_time(sky, 0), end=_time(sky, sky.end_ns))
    for satellite, name in enumerate(names.tolist()):
        role = roles.get(satellite)
        colour = _OTHER if role is None else _GATEWAY if role.is_gateway else _EXPERT
        yield {
            "id": _id(satellite),
            "name": name,
            "description": f"Satellite {satellite}" + (f": {role.long}" if role else ""),
            "availability": shown,
            "position": Position(
                referenceFrame="INERTIAL",
                epoch=_time(sky, 0),
                cartesianVelocity=samples[:, satellite].ravel().tolist(),
                interpolationAlgorithm=InterpolationAlgorithms.HERMITE,
                interpolationDegree=3,
            ),
            "point": Point(
                color=Color(rgba=colour), pixelSize=_OTHER_PIXELS if role is None else _POINT_PIXELS
            ),
            **_label(role),
        }


def _samples(sky: Sky) -> np.ndarray:
    """Return seconds, positions and velocities at the knots, shape (T, S, 7)."""
    positions_m, velocities_m_s = (
        celestial(vectors, start=sky.start, times_ns=sky.times_ns)
        for vectors in (sky.positions_m, sky.velocities_m_s)
    )
    times_s = np.broadcast_to(
        (sky.times_ns / NANOSECONDS_PER_SECOND)[:, np.newaxis, np.newaxis], (*positions_m.shape[:2], 1)
    )
    return np.concatenate(
        [times_s, positions_m.round(_POSITION_DIGITS), velocities_m_s.round(_VELOCITY_DIGITS)], axis=-1
    )


def _label(role: Roles | None) -> dict[str, Any]:
    """Return what is written beside a satellite: the layers of its gateways."""
    from czml3.enums import HorizontalOrigins
    from czml3.properties import Color, Label

    if role is None or not role.is_gateway:
        return {}
    layers = ", ".join(str(layer) for layer, expert in role.hosted if expert < 0)
    text = Label(
        text=layers,
        font="12px sans-serif",
        fillColor=Color(rgba=_GATEWAY),
        horizontalOrigin=HorizontalOrigins.LEFT,
    )
    return {"label": text}


def _links(results: Results, sky: Sky) -> Iterator[dict[str, Any]]:
    """Yield a line for each link that is ever up, shown while it is."""
    from czml3.types import TimeIntervalCollection

    topology, contacts = results.columns("topology"), results.columns("contacts")
    order = np.lexsort((contacts["start_ns"], contacts["link"]))
    link, start_ns, end_ns = (contacts[name][order] for name in ("link", "start_ns", "end_ns"))
    for number, ends in enumerate(zip(topology["satellite_a"], topology["satellite_b"], strict=True)):
        first, last = np.searchsorted(link, (number, number + 1))
        if first == last:
            continue
        times = zip(start_ns[first:last].tolist(), end_ns[first:last].tolist(), strict=True)
        shown = TimeIntervalCollection(values=_shown(sky, list(times)))
        yield {
            "id": f"link/{number}",
            "name": f"link {number}, {topology['kind'][number]}",
            "polyline": _line([int(end) for end in ends], _LINK, width=1, show=shown),
        }


def _shown(sky: Sky, contacts: Sequence[tuple[int, int]]) -> list[Any]:
    """Return when a link is shown, and when not: Cesium shows what nothing is said about."""
    from czml3.types import IntervalValue

    values, until_ns = [], 0
    for start_ns, end_ns in contacts:
        for begin, end, is_up in ((until_ns, start_ns, False), (start_ns, end_ns, True)):
            if begin < end:
                values.append(IntervalValue(start=_time(sky, begin), end=_time(sky, end), value=is_up))
        until_ns = end_ns
    if until_ns < sky.end_ns:
        values.append(IntervalValue(start=_time(sky, until_ns), end=_time(sky, sky.end_ns), value=False))
    return values


def _ring(results: Results, placement: str) -> dict[str, Any]:
    """Return the way from gateway to gateway, and from the last to the first."""
    hosts = results.columns("hosts", placement=placement)
    gateways = np.flatnonzero(hosts["expert"] < 0)
    ring = hosts["satellite"][gateways[np.argsort(hosts["layer"][gateways], kind="stable")]].tolist()
    return {
        "id": "ring",
        "name": f"ring of {placement}",
        "description": "The gateways, in the order of the layers. Messages take links, not these lines.",
        "polyline": _line([*ring, ring[0]], _GATEWAY, width=2),
    }


def _line(satellites: Sequence[int], colour: list[int], *, width: int, **fields: Any) -> Any:
    from czml3.enums import ArcTypes
    from czml3.properties import Color, Polyline, PolylineMaterial, PositionList, SolidColorMaterial

    return Polyline(
        positions=PositionList(references=[f"{_id(satellite)}#position" for satellite in satellites]),
        arcType=ArcTypes.NONE,
        width=width,
        material=PolylineMaterial(solidColor=SolidColorMaterial(color=Color(rgba=colour))),
        **fields,
    )


def _id(satellite: int) -> str:
    return f"satellite/{satellite}"


def _time(sky: Sky, time_ns: int) -> str:
    """Return a time as ISO 8601 has it, to the microsecond."""
    moment: datetime = sky.start + timedelta(microseconds=round(time_ns / 1000))
    return f"{moment.isoformat(timespec='microseconds')}Z"
