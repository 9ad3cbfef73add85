"""The tracks of a trace: numbered as they come, and doubled where slices would cross."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from spacemoe_ns3.trace.events import Track


class Numbering:
    """Gives tracks their numbers, and keeps those that are to be told of."""

    def __init__(self) -> None:
        self._last = 0
        self._new: list[Track] = []

    def add(self, name: str, **about: Any) -> int:
        """Return the number of a new track.

        Parameters
        ----------
        name
            Its name.
        **about
            Its other fields, as in :class:`Track`.
        """
        self._last += 1
        self._new.append(Track(track=self._last, name=name, **about))
        return self._last

    def take(self) -> list[Track]:
        """Return the tracks that are new since the last call."""
        new, self._new = self._new, []
        return new


@dataclass(slots=True, kw_only=True)
class Lanes:
    """Tracks of one name, as many as slices overlap.

    Parameters
    ----------
    numbering
        Where to get tracks from.
    name, parent, rank
        Of the tracks.
    first
        A track that is there already, for the first lane.
    """

    numbering: Numbering
    name: str
    parent: int
    rank: int
    first: int | None = None
    _tracks: list[int] = field(default_factory=list)
    _free_ns: list[int] = field(default_factory=list)

    def place(self, start_ns: int, end_ns: int) -> int:
        """Return the first track on which a slice crosses no other. Slices come in the order of their starts.

        Parameters
        ----------
        start_ns, end_ns
            The slice.
        """
        for lane, free_ns in enumerate(self._free_ns):
            if free_ns <= start_ns:
                self._free_ns[lane] = end_ns
                return self._tracks[lane]
        self._free_ns.append(end_ns)
        if self.first is not None and not self._tracks:
            self._tracks.append(self.first)
        else:
            self._tracks.append(self.numbering.add(self.name, parent=self.parent, rank=self.rank))
        return self._tracks[-1]


@dataclass(slots=True, kw_only=True)
class OneTrack:
    """A track on which slices lie one within the other.

    Parameters
    ----------
    numbering
        Where to get it from, at the first slice.
    name, parent, rank
        Of the track.
    """

    numbering: Numbering
    name: str
    parent: int
    rank: int
    _track: int | None = None

    def place(self, start_ns: int, end_ns: int) -> int:
        """Return the track.

        Parameters
        ----------
        start_ns, end_ns
            The slice.
        """
        if self._track is None:
            self._track = self.numbering.add(self.name, parent=self.parent, rank=self.rank)
        return self._track
