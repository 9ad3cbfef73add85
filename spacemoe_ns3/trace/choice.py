"""What of a run goes into a trace."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spacemoe_ns3.errors import InputError
from spacemoe_ns3.run_results import Results

ENGINE_WORDS = {"packet": "packets", "analytic": "formula"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Tokens of a placement, as an engine saw them.

    Parameters
    ----------
    placement, engine
        Which.
    sequence, token
        The tokens, in order, each of shape (n,).
    """

    placement: str
    engine: str
    sequence: np.ndarray
    token: np.ndarray

    @property
    def title(self) -> str:
        """What it is called."""
        return f"{self.placement}, {ENGINE_WORDS[self.engine]}"

    def number(self, sequence: np.ndarray, token: np.ndarray) -> np.ndarray:
        """Return the place of each step among the tokens, -1 where it is none of them, shape (m,).

        Parameters
        ----------
        sequence, token
            The steps, shape (m,).
        """
        keys, wanted = _keys(self.sequence, self.token), _keys(sequence, token)
        places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        return np.where(keys[places] == wanted, places, -1)


def choose(
    results: Results,
    *,
    placement: str | None = None,
    engine: str | None = None,
    tokens: tuple[int, int | None] = (0, None),
) -> tuple[Part, ...]:
    """Return the parts of a run that were asked for.

    Parameters
    ----------
    results
        The run.
    placement
        Name of a placement; None: all.
    engine
        ``packet`` or ``analytic``; None: the packets, or the formula if none were sent.
    tokens
        First and last token, the last exclusive, counted from 0 by sequence; None: to the end.

    Raises
    ------
    InputError
        If the run has no such placement, engine or tokens.
    """
    names = results.placements if placement is None else (one_of("placement", placement, results.placements),)
    return tuple(_part(results, name, engine, tokens) for name in names)


def choose_one(results: Results, placement: str | None) -> str:
    """Return the name of a placement: the one given, or the only one.

    Raises
    ------
    InputError
        If none is given and there are several, or the run has no such placement.
    """
    if placement is None and len(results.placements) == 1:
        return results.placements[0]
    if placement is None:
        raise InputError(
            f"--placement: not given, this format shows one, and run {results.folder} has "
            f"{', '.join(results.placements)}; name one of them"
        )
    return one_of("placement", placement, results.placements)


def one_of(option: str, given: str, there: Sequence[str]) -> str:
    """Return a name that is there.

    Raises
    ------
    InputError
        If it is not; names the nearest.

    Examples
    --------
    >>> one_of("placement", "joint", ("spacemoe", "joint"))
    'joint'
    >>> one_of("engine", "packets", ("packet",))
    Traceback (most recent call last):
    ...
    spacemoe_ns3.errors.InputError: --engine: 'packets' given, the run has packet; did you mean packet?
    """
    if given in there:
        return given
    near = difflib.get_close_matches(given, there, n=1)
    remedy = f"did you mean {near[0]}?" if near else "name one of them"
    raise InputError(f"--{option}: {given!r} given, the run has {', '.join(there)}; {remedy}")


def _part(results: Results, placement: str, engine: str | None, tokens: tuple[int, int | None]) -> Part:
    there = results.engines(placement)
    if not there:
        raise InputError(
            f"placement {placement}: run {results.folder} has no tokens of it; run it with an engine"
        )
    chosen = there[-1] if engine is None else one_of("engine", engine, there)
    columns = results.columns("tokens", placement=placement, engine=chosen)
    order = np.lexsort((columns["token"], columns["sequence"]))
    first, last = tokens
    if first >= len(order):
        raise InputError(
            f"--tokens: {first} is the first, placement {placement} has {len(order)}, counted from 0; "
            "begin with a lesser one"
        )
    rows = order[first:last]
    return Part(
        placement=placement,
        engine=chosen,
        sequence=columns["sequence"][rows],
        token=columns["token"][rows],
    )


def _keys(sequence: np.ndarray, token: np.ndarray) -> np.ndarray:
    """Return one number a step, in the order of steps; both fit into 31 bits."""
    keys: np.ndarray = sequence.astype(np.int64) * 2**31 + token
    return keys
