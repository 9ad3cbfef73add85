"""Which link ends to capture, in the words of the command line."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from spacemoe_ns3.errors import ScenarioError
from spacemoe_ns3.links import LinkTimeline
from spacemoe_ns3.placement import Placement

_FORMS = "gateway:LAYER, expert:LAYER:EXPERT, satellite:INDEX or link:INDEX-INDEX"


@dataclass(frozen=True, slots=True, kw_only=True)
class CapturePoint:
    """One end of a link.

    Parameters
    ----------
    satellite, port
        The end.
    file_name
        Of the capture.
    """

    satellite: int
    port: int
    file_name: str


def parse_captures(
    wishes: tuple[str, ...], *, placement: Placement, timeline: LinkTimeline
) -> tuple[CapturePoint, ...]:
    """Turn wishes into link ends.

    Parameters
    ----------
    wishes
        Such as ``"gateway:0"``: all links of the gateway of layer 0. An expert that lives on several
        satellites is captured on all of them.
    placement
        Who hosts what.
    timeline
        The links.

    Returns
    -------
    The link ends, each once.

    Raises
    ------
    ScenarioError
        If a wish has no known form, or names something that does not exist.
    """
    points: dict[tuple[int, int], CapturePoint] = {}
    neighbour, _ = timeline.ports()
    for wish in wishes:
        label, places, peer = _resolve(wish, placement=placement, satellites=timeline.satellites)
        ends = [
            (satellite, port, int(other))
            for satellite in places
            for port, other in enumerate(neighbour[satellite])
            if other >= 0 and peer in (None, other)
        ]
        if not ends:
            raise ScenarioError(f"--pcap {wish}: these satellites have no such link")
        for satellite, port, other in ends:
            name = f"{label}satellite-{satellite}_port-{port}_to-{other}.pcap"
            points.setdefault((satellite, port), CapturePoint(satellite=satellite, port=port, file_name=name))
    return tuple(points.values())


def _resolve(wish: str, *, placement: Placement, satellites: int) -> tuple[str, list[int], int | None]:
    """Return the label of a wish, its satellites, and the peer if it names one link."""
    layers, experts = placement.experts.shape
    kind, _, rest = wish.partition(":")
    numbers = [int(number) for number in re.findall(r"\d+", rest)]
    match kind, numbers:
        case "gateway", [layer] if rest == f"{layer}":
            _check(wish, layer, layers, "layers")
            return f"gateway-{layer}_", [int(placement.gateways[layer])], None
        case "expert", [layer, expert] if rest == f"{layer}:{expert}":
            _check(wish, layer, layers, "layers")
            _check(wish, expert, experts, "experts a layer")
            residents = placement.residents()
            lives = (residents[:, :2] == (layer, expert)).all(axis=1)
            return f"expert-{layer}-{expert}_", residents[lives, 2].tolist(), None
        case "satellite", [satellite] if rest == f"{satellite}":
            _check(wish, satellite, satellites, "satellites")
            return "", [satellite], None
        case "link", [satellite, peer] if rest == f"{satellite}-{peer}":
            _check(wish, int(np.max(numbers)), satellites, "satellites")
            return "", [satellite], peer
    raise ScenarioError(f"--pcap {wish}: must be {_FORMS}")


def _check(wish: str, number: int, count: int, what: str) -> None:
    if number >= count:
        raise ScenarioError(f"--pcap {wish}: there are {count} {what}, numbered 0 to {count - 1}")
