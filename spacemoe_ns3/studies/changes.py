"""Values deep in frozen records changed by their dotted paths."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from spacemoe_ns3.checks import check_kind, look_up
from spacemoe_ns3.errors import ScenarioError, require

_Record = TypeVar("_Record")


def changed(record: _Record, changes: Mapping[str, object]) -> _Record:
    """Return a record with some values deep in it replaced.

    All changes of one record are made at once, so that no rule is checked between two that go together.

    Parameters
    ----------
    record
        A frozen dataclass, of fields that may be such records, or tuples of them, in turn.
    changes
        New values by dotted path: names of fields, and indexes of tuples from 0.

    Returns
    -------
    A new record; the old one is as it was.

    Raises
    ------
    ScenarioError
        If a path leads nowhere (gives the nearest field), two paths contradict each other, or a new value
        breaks a rule of its record.

    Examples
    --------
    >>> from spacemoe_ns3 import Bernoulli, LaserLinks
    >>> links = LaserLinks(outages=(Bernoulli(survival_probability=0.95),))
    >>> changed(links, {"outages.0.survival_probability": 0.8}).outages
    (Bernoulli(survival_probability=0.8),)
    >>> changed(links, {"mtu_byte": 1500})
    Traceback (most recent call last):
    ...
    spacemoe_ns3.errors.ScenarioError: mtu_byte: 'mtu_byte' is not known; did you mean mtu_bytes?
    """
    tree = _Branch()
    for path, value in changes.items():
        check_kind("changes", path, str, "a dotted path, such as 'constellation.altitude_km'")
        tree.add(path.split("."), value, path=path)
    replaced: _Record = tree.apply(record, path="")
    return replaced


class _Branch:
    """The changes inside one value, by field or index."""

    def __init__(self) -> None:
        self.inside: dict[str, _Branch | _Leaf] = {}

    def add(self, names: list[str], value: object, *, path: str) -> None:
        first, *rest = names
        there = self.inside.get(first)
        require(
            there is None or (bool(rest) and isinstance(there, _Branch)),
            f"{path}: changed twice, as a whole and in part, or by two spellings; leave one out",
        )
        if not rest:
            self.inside[first] = _Leaf(value)
            return
        branch = there if isinstance(there, _Branch) else _Branch()
        self.inside[first] = branch
        branch.add(rest, value, path=path)

    def apply(self, old: Any, *, path: str) -> Any:
        if isinstance(old, (tuple, list)):
            return self._apply_to_items(old, path=path)
        if not is_dataclass(old) or isinstance(old, type):
            raise ScenarioError(
                f"{path}: {old!r} has no fields of its own, and {', '.join(sorted(self.inside))} is to be "
                f"changed in it; change {path} as a whole"
            )
        known = {each.name: each for each in fields(old) if each.init}
        new = {}
        for name, change in self.inside.items():
            inner = f"{path}.{name}" if path else name
            look_up(inner, name, known)
            new[name] = change.apply(getattr(old, name), path=inner)
        return replace(old, **new)

    def _apply_to_items(self, old: tuple[Any, ...] | list[Any], *, path: str) -> tuple[Any, ...]:
        items = list(old)
        for name, change in self.inside.items():
            inner = f"{path}.{name}"
            require(
                name.isdigit() and int(name) < len(items),
                f"{inner}: {name!r} given, must be the index of one of {len(items)} items, from 0",
            )
            items[int(name)] = change.apply(items[int(name)], path=inner)
        return tuple(items)


class _Leaf:
    """A new value."""

    def __init__(self, value: object) -> None:
        self.value = value

    def apply(self, old: Any, *, path: str) -> Any:
        return self.value
