"""The placement algorithms by name: a new one is its file and a line here, or a plug-in.

Another package adds an algorithm by an entry point, without touching this one::

    [project.entry-points."spacemoe_ns3.placements"]
    my-placement = "my_package:MyPlacement"

It names an algorithm, or something that returns one when it is called without arguments, such as its class.
"""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points

from spacemoe_ns3.checks import look_up
from spacemoe_ns3.errors import ScenarioError, require
from spacemoe_ns3.placement.base import Placer
from spacemoe_ns3.placement.exact import Exact
from spacemoe_ns3.placement.joint import Joint
from spacemoe_ns3.placement.near_random import NearRandom
from spacemoe_ns3.placement.packed import Packed
from spacemoe_ns3.placement.rand_intra import RandIntra, RandIntraCG
from spacemoe_ns3.placement.rand_place import RandPlace
from spacemoe_ns3.placement.replaced import Replaced
from spacemoe_ns3.placement.replicated import Replicated
from spacemoe_ns3.placement.robust import Robust
from spacemoe_ns3.placement.spacemoe import SpaceMoE

ENTRY_POINTS = "spacemoe_ns3.placements"

_BUILT_IN: tuple[Placer, ...] = (
    SpaceMoE(),
    RandPlace(),
    RandIntra(),
    RandIntraCG(),
    NearRandom(),
    Exact(),
    Joint(),
    Packed(),
    Replicated(),
    Replaced(),
    Robust(),
)

PLACERS: dict[str, Placer] = {placer.name: placer for placer in _BUILT_IN}


def placer_named(name_or_placer: str | Placer) -> Placer:
    """Return a placement algorithm.

    Parameters
    ----------
    name_or_placer
        Its name, such as ``"spacemoe"``, built in or a plug-in's; or an algorithm, such as ``SpaceMoE()``.

    Raises
    ------
    ScenarioError
        If there is no such algorithm (names the nearest), it is none, or a plug-in is broken.

    Examples
    --------
    >>> placer_named("rand-intra")
    RandIntra()
    """
    if not isinstance(name_or_placer, str):
        return checked_placer(name_or_placer, "placements")
    known: dict[str, Placer | EntryPoint] = {**_plug_ins(), **PLACERS}
    found = look_up("placement", name_or_placer, known)
    return _load(found) if isinstance(found, EntryPoint) else found


def checked_placer(placer: object, path: str) -> Placer:
    """Return a placement algorithm if it is one.

    Parameters
    ----------
    placer
        What was given.
    path
        Where, for the sentence.

    Raises
    ------
    ScenarioError
        If it is none, or its name is not of letters, digits and hyphens.
    """
    if isinstance(placer, type):
        raise ScenarioError(f"{path}: the class {placer.__name__} given, must be an algorithm; call it")
    if not isinstance(placer, Placer) or not callable(placer):
        raise ScenarioError(
            f"{path}: {placer!r} given, must be the name of an algorithm or one, such as SpaceMoE()"
        )
    name: object = placer.name
    require(
        isinstance(name, str) and bool(name) and name.replace("-", "").isalnum() and name.isascii(),
        f"{path}: an algorithm named {name!r} given, its name must consist of letters, digits and hyphens",
    )
    return placer


def _plug_ins() -> dict[str, EntryPoint]:
    """Return the entry points of other packages by name."""
    found: dict[str, EntryPoint] = {}
    for point in entry_points(group=ENTRY_POINTS):
        if point.name in PLACERS:
            raise ScenarioError(
                f"placement: {_source(point)} adds {point.name!r}, which is built in; uninstall it, or give "
                "its entry point another name"
            )
        if point.name in found and found[point.name].value != point.value:
            raise ScenarioError(
                f"placement: {_source(found[point.name])} and {_source(point)} both add {point.name!r}; "
                "uninstall one of them"
            )
        found[point.name] = point
    return found


def _load(point: EntryPoint) -> Placer:
    """Return the algorithm that an entry point names."""
    where = f"placement {point.name} of {_source(point)}"
    try:
        loaded = point.load()
        if isinstance(loaded, type) or not isinstance(loaded, Placer):
            loaded = loaded()
    except Exception as error:  # whatever a plug-in may raise
        reason = f"{type(error).__name__}: {error}".rstrip(": ")
        raise ScenarioError(
            f"{where}: {point.value} cannot be loaded ({reason}); repair or uninstall that package"
        ) from error
    placer = checked_placer(loaded, where)
    require(
        placer.name == point.name,
        f"{where}: the algorithm is named {placer.name!r}, must be named as its entry point; rename "
        "one of them",
    )
    return placer


def _source(point: EntryPoint) -> str:
    """Return which distribution an entry point is of."""
    return "a package" if point.dist is None else f"package {point.dist.name}"
