"""What a trace holds, whatever its format: tracks, slices on them, and values that change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """A row of the picture, or a group of rows. Comes before everything that is on it.

    Parameters
    ----------
    track
        Its number, from 1.
    name
        Its name.
    parent
        Number of the track that it is below; None: it is at the top.
    rank
        Its place among those below the same parent, the least first.
    is_process
        Whether formats that know only processes and threads show it, with all below it, as a process.
    is_counter
        Whether it shows values, not slices.
    unit
        Unit of the values.
    about
        What it is, in a sentence; empty where the name says it.
    """

    track: int
    name: str
    parent: int | None = None
    rank: int = 0
    is_process: bool = False
    is_counter: bool = False
    unit: str = ""
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """Something that lasts. Slices of a track follow each other, or lie one within the other.

    Parameters
    ----------
    track
        Where.
    name
        What.
    category
        Of which kind: ``compute``, ``wait``, ``message``, ``token``, ``layer`` or ``path``.
    start_ns, end_ns
        From when to when, since the epoch of the run.
    arguments
        What else is known, by name.
    sends, passes, receives
        Numbers of the flows that begin here, lead through here, and end here.
    """

    track: int
    name: str
    category: str
    start_ns: int
    end_ns: int
    arguments: Mapping[str, int | str] = field(default_factory=dict)
    sends: tuple[int, ...] = ()
    passes: tuple[int, ...] = ()
    receives: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """The end of the slice of a track that began last, of those that have not ended.

    Parameters
    ----------
    track
        Where.
    time_ns
        When.
    """

    track: int
    time_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A value, from a time on.

    Parameters
    ----------
    track
        Where, a counter.
    time_ns
        From when.
    value
        The value, in the track's unit.
    """

    track: int
    time_ns: int
    value: float


Event = Track | Slice | End | Sample
