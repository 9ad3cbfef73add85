"""What may be compared: a column of a run's tokens or requests, and what it means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from spacemoe_ns3.errors import InputError
from spacemoe_ns3.results import PARTS
from spacemoe_ns3.run_results import Results
from spacemoe_ns3.schema import TABLES
from spacemoe_ns3.statistics import Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A figure that runs are compared by, in nanoseconds.

    Parameters
    ----------
    name
        Its name, as the command line takes it.
    table, column
        Where it stands; see :data:`spacemoe_ns3.schema.TABLES`.
    words
        What it is, as a heading.
    """

    name: str
    table: str
    column: str
    words: str

    @property
    def thing(self) -> str:
        """What has one value: ``token`` or ``request``."""
        return self.table.removesuffix("s")

    @property
    def unit(self) -> str:
        """Unit of the column."""
        return TABLES[self.table].column(self.column).unit

    def read(self, results: Results, placement: str, engine: str) -> Values:
        """Return the values of a placement and engine of a run.

        Parameters
        ----------
        results
            The run.
        placement, engine
            Which of its rows.

        Raises
        ------
        InputError
            If the run has no such table or column, has it in another unit, or no value in it.
        """
        self._check_unit(results)
        columns = results.columns(self.table, placement=placement, engine=engine)
        token = columns["token"] if "token" in columns else np.zeros_like(columns["sequence"])
        values = columns[self.column].astype(np.float64)
        is_there = np.isfinite(values)
        if not is_there.any():
            raise InputError(
                f"--metric {self.name}: run {results.folder}, placement {placement}, {engine}: no "
                f"{self.thing} has one (there is none of sequences of a single token); name another metric"
            )
        order = np.lexsort((token[is_there], columns["sequence"][is_there]))
        sequence = columns["sequence"][is_there][order]
        return Values(
            keys=np.stack([sequence, token[is_there][order]]),
            sample=Sample(values=values[is_there][order], clusters=sequence),
        )

    def _check_unit(self, results: Results) -> None:
        """Raise unless the run has the column, in its unit."""
        table = results.table(self.table)
        if self.column not in table.column_names:
            raise InputError(
                f"--metric {self.name}: run {results.folder}: {self.table} has no column {self.column}; "
                "run the scenario again with this version"
            )
        there = (table.schema.field(self.column).metadata or {}).get(b"unit", self.unit.encode()).decode()
        if there != self.unit:
            raise InputError(
                f"--metric {self.name}: run {results.folder}: {self.table}.{self.column} is in {there!r}, "
                f"must be in {self.unit!r} as in other runs; run the scenario again with this version"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """A metric of a placement and engine.

    Parameters
    ----------
    keys
        Sequence and token of each value, shape (2, n), ascending; token 0 of requests.
    sample
        The values in nanoseconds, a cluster a sequence, in the same order.
    """

    keys: np.ndarray
    sample: Sample


_METRICS = (
    Metric(name="latency", table="tokens", column="latency_ns", words="Latency of a token"),
    Metric(
        name="first-token",
        table="requests",
        column="first_token_ns",
        words="Time of a request to its first token (TTFT)",
    ),
    Metric(
        name="time-per-token",
        table="requests",
        column="time_per_token_ns",
        words="Time of a request per further token (TPOT)",
    ),
    Metric(name="request", table="requests", column="latency_ns", words="Latency of a request"),
    *(
        Metric(name=part, table="tokens", column=f"{part}_ns", words=f"Part of a token's latency: {part}")
        for part in PARTS
    ),
)

METRICS: Mapping[str, Metric] = {metric.name: metric for metric in _METRICS}
"""What runs may be compared by, by name."""
