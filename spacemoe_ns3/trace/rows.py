"""Rows of a run's tables, read a span of time at a time, so that memory does not grow with tokens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from spacemoe_ns3.errors import InputError
from spacemoe_ns3.run_results import Results
from spacemoe_ns3.schema import TABLES
from spacemoe_ns3.trace.choice import Part

_LAYERS_A_SPAN = 1024  # of all tokens together: some 10,000 to 50,000 slices


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """The rows of a table that are about some tokens.

    Parameters
    ----------
    results
        The run.
    part
        The tokens.
    table
        Name of the table.
    columns
        Those that are read, without ``sequence`` and ``token``, which always are.
    """

    results: Results
    part: Part
    table: str
    columns: tuple[str, ...]

    def between(self, column: str, start_ns: int, end_ns: int) -> dict[str, np.ndarray]:
        """Return the rows with a time in a span.

        Parameters
        ----------
        column
            Name of the column with the time.
        start_ns, end_ns
            The span, its end exclusive.

        Returns
        -------
        Arrays of shape (n,) by name, and ``number``, the place of each row's token among those of the part.

        Raises
        ------
        InputError
            If the table is missing or cannot be read.
        """
        import pyarrow.compute as pc

        time = pc.field(column)
        batches = list(self._batches((time >= start_ns) & (time < end_ns)))
        return {
            name: np.concatenate([batch[name] for batch in batches]) for name in (*self._names(), "number")
        }

    def batches(self) -> Iterator[dict[str, np.ndarray]]:
        """Yield all rows, some at a time, as :meth:`between` returns them."""
        yield from self._batches(None)

    def _names(self) -> tuple[str, ...]:
        return ("sequence", "token", *self.columns)

    def _batches(self, condition: object) -> Iterator[dict[str, np.ndarray]]:
        """Yield the rows that are about the tokens, batch by batch; an empty one first."""
        import pyarrow as pa
        import pyarrow.compute as pc
        import pyarrow.dataset as ds

        part, names = self.part, self._names()
        wanted = (pc.field("placement") == part.placement) & (pc.field("engine") == part.engine)
        yield self._of_tokens({name: self._empty(name) for name in names})
        try:
            rows = ds.dataset(list(map(str, files_of(self.results, self.table))), format="parquet")
            for batch in rows.to_batches(
                columns=list(names),
                filter=wanted if condition is None else wanted & condition,
                batch_readahead=1,
                fragment_readahead=1,
            ):
                yield self._of_tokens({name: self._array(name, batch.column(name)) for name in names})
        except (pa.ArrowException, OSError) as error:
            raise InputError(
                f"run {self.results.folder}: table {self.table} cannot be read ({error}); run the "
                "scenario again"
            ) from error

    def _of_tokens(self, columns: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        number = self.part.number(columns["sequence"], columns["token"])
        kept = number >= 0
        return {name: values[kept] for name, values in {**columns, "number": number}.items()}

    def _array(self, name: str, values: object) -> np.ndarray:
        array = np.asarray(values.to_numpy(zero_copy_only=False))  # type: ignore[attr-defined]
        return array.astype(str) if self._is_name(name) else array

    def _empty(self, name: str) -> np.ndarray:
        return np.empty(0, str if self._is_name(name) else np.int64)

    def _is_name(self, name: str) -> bool:
        return TABLES[self.table].column(name).kind == "name"


def files_of(results: Results, table: str) -> Sequence[Path]:
    """Return the files of a table: one, or the parts of a run that has not ended.

    Raises
    ------
    InputError
        If there is none.
    """
    files = results.files(table)
    if not files:
        raise InputError(
            f"run {results.folder}: has no table {table!r}, of which a trace is made; run the scenario again"
        )
    return files


def spans(results: Results, part: Part, *, layers: int) -> list[tuple[int, int]]:
    """Return spans of time that follow each other, in each of which some tokens begin.

    Parameters
    ----------
    results
        The run.
    part
        The tokens.
    layers
        Of the model.

    Returns
    -------
    Start and end in nanoseconds, the end exclusive; together they hold all time.
    """
    rows = Rows(results=results, part=part, table="tokens", columns=("start_ns",))
    starts = np.sort(np.concatenate([batch["start_ns"] for batch in rows.batches()]))
    tokens = max(1, _LAYERS_A_SPAN // layers)
    edges = np.unique(starts[tokens::tokens]).tolist()
    bounds = [np.iinfo(np.int64).min, *edges, np.iinfo(np.int64).max]
    return list(pairwise(bounds))
