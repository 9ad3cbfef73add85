"""Which computation sent what to which: numbers of the flows between the slices of a trace."""

from __future__ import annotations

from typing import Any

import numpy as np

from spacemoe_ns3.run_results import Results
from spacemoe_ns3.trace.choice import Part
from spacemoe_ns3.trace.rows import Rows

_KINDS = 2  # of flows about an expert: to it, and from it


class Flows:
    """The flows of a part of a trace: one for each message about each token.

    Parameters
    ----------
    results
        The run.
    part
        The tokens.
    layers, experts
        Of the model.
    first
        Number of the first flow.
    """

    def __init__(self, results: Results, part: Part, *, layers: int, experts: int, first: int) -> None:
        self._layers, self._width, self._first = layers, experts + 1, first
        rows = Rows(results=results, part=part, table="messages", columns=("layer", "kind", "expert"))
        sent = [
            self._pair(batch["number"], batch["layer"], batch["expert"])[batch["kind"] != "result"]
            for batch in rows.batches()
        ]
        self._sent = np.unique(np.concatenate(sent))
        self.next = first + _KINDS * len(part.sequence) * layers * self._width
        """Number of the first flow of the next part."""

    def of_message(self, number: int, layer: int, kind: str, expert: int) -> int:
        """Return the flow of a message.

        Parameters
        ----------
        number
            Of the token in the part.
        layer, kind, expert
            As in the table ``messages``.
        """
        return self._flow(self._pair(number, layer, expert), is_result=kind == "result")

    def of_job(
        self, number: int, layer: int, kind: str, expert: int
    ) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return the flows that begin, and those that end, at a computation.

        Parameters
        ----------
        number
            Of the token in the part.
        layer, kind, expert
            As in the table ``jobs``.
        """
        if kind == "expert":
            pair = self._pair(number, layer, expert)
            return (self._flow(pair, is_result=True),), (self._flow(pair, is_result=False),)
        before = self._layers - 1 if kind == "head" else layer - 1
        sends = (
            ()
            if kind == "head"
            else tuple(self._flow(pair, is_result=False) for pair in self._of(number, layer))
        )
        receives = (
            ()
            if before < 0
            else tuple(
                self._flow(pair, is_result=pair % self._width != 0) for pair in self._of(number, before)
            )
        )
        return sends, receives

    def _of(self, number: int, layer: int) -> list[int]:
        """Return what a layer of a token sends: pairs of it and an expert, or of it and none."""
        begin = (number * self._layers + layer) * self._width
        first, last = np.searchsorted(self._sent, (begin, begin + self._width))
        pairs: list[int] = self._sent[first:last].tolist()
        return pairs

    def _pair(self, number: Any, layer: Any, expert: Any) -> Any:
        """Return one number of a layer and an expert, of which the residual, -1, has the least."""
        return (number * self._layers + layer) * self._width + expert + 1

    def _flow(self, pair: int, *, is_result: bool) -> int:
        return self._first + _KINDS * pair + is_result
