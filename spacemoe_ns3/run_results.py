"""The results of a run, read from its folder."""

from __future__ import annotations

import json
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from spacemoe_ns3.errors import InputError, InstallationError
from spacemoe_ns3.nearest import did_you_mean, near_runs, nearest, question
from spacemoe_ns3.results import PARTS
from spacemoe_ns3.schema import PARTS_FOLDER, SCHEMA_VERSION, TABLES

if TYPE_CHECKING:
    import pyarrow as pa
    import xarray as xr

ENGINES = ("analytic", "packet")
_HEADINGS = ("placement", "expected, s", "bound, s", "formula, s", "packets, s", "tokens")
_FIGURES = ("expected_s_per_token", "bound_s", "analytic_s_per_token", "packet_s_per_token")


class Results:
    """What a run found out: its tables by name, its summary and its manifest. Tables are read at first use.

    Parameters
    ----------
    folder
        The run's folder.

    Raises
    ------
    InputError
        If there is no run in it, or one of a later version.

    Notes
    -----
    Each table of :data:`spacemoe_ns3.schema.TABLES` that the run has is an attribute, a ``pyarrow.Table``:
    ``results.tokens.to_pandas()``.
    """

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)
        if not self.folder.is_dir():
            meant = question(map(str, near_runs(self.folder))) or "name the folder of a run"
            raise InputError(f"run {folder}: there is no such folder; {meant}")
        self.manifest: dict[str, Any] = self._read_json("manifest.json")
        self.summary: dict[str, Any] = self._read_json("summary.json")
        version = self.summary.get("schema_version", 0)
        if version > SCHEMA_VERSION:
            raise InputError(
                f"run {folder}: its files have version {version}, this program reads {SCHEMA_VERSION}; "
                "use the spacemoe-ns3 that wrote it, or a later one"
            )
        self._tables: dict[str, pa.Table] = {}

    def __repr__(self) -> str:
        return f"Results({str(self.folder)!r}): {self.name}, {', '.join(self.placements)}"

    @property
    def name(self) -> str:
        """Name of the scenario."""
        return str(self.summary["scenario"])

    @property
    def placements(self) -> tuple[str, ...]:
        """Names of the placements, in order."""
        return tuple(placement["name"] for placement in self.summary["placements"])

    def engines(self, placement: str) -> tuple[str, ...]:
        """Return which engines evaluated a placement, of ``analytic`` and ``packet``.

        Raises
        ------
        InputError
            If the run has no such placement.
        """
        about = self.placement(placement)
        return tuple(engine for engine in ENGINES if about[f"{engine}_s_per_token"] is not None)

    def placement(self, name: str) -> dict[str, Any]:
        """Return what the summary says of a placement.

        Raises
        ------
        InputError
            If the run has no such placement.
        """
        for about in self.summary["placements"]:
            if about["name"] == name:
                return dict(about)
        raise InputError(f"run {self.folder}: has no placement {name!r}; {_has(self.placements, name)}")

    @cached_property
    def table_names(self) -> tuple[str, ...]:
        """Names of the tables that the run has."""
        return tuple(name for name in TABLES if self.files(name))

    def table(self, name: str) -> pa.Table:
        """Return a table.

        Parameters
        ----------
        name
            Of :data:`spacemoe_ns3.schema.TABLES`.

        Raises
        ------
        InputError
            If the run has no such table, or its file cannot be read.
        """
        if name not in self._tables:
            files = self.files(name)
            if not files:
                has = _has(self.table_names, name)
                raise InputError(f"run {self.folder}: has no table {name!r}; {has}")
            import pyarrow as pa
            import pyarrow.parquet as pq

            try:
                self._tables[name] = pa.concat_tables([pq.ParquetFile(file).read() for file in files])
            except (pa.ArrowException, OSError) as error:
                raise InputError(f"{files[0]}: cannot be read ({error}); run the scenario again") from error
        return self._tables[name]

    def __getattr__(self, name: str) -> pa.Table:
        if name in TABLES:
            try:
                return self.table(name)
            except InputError as error:
                raise AttributeError(str(error)) from error
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __dir__(self) -> list[str]:
        return sorted([*super().__dir__(), *self.table_names])

    def columns(
        self, name: str, *, placement: str | None = None, engine: str | None = None
    ) -> dict[str, np.ndarray]:
        """Return rows of a table as arrays.

        Parameters
        ----------
        name
            The table.
        placement, engine
            Only rows of these; None: of all.

        Returns
        -------
        A column a name, each of shape (n,): int64, float64 with nan for null, or strings.

        Raises
        ------
        InputError
            If the run has no such table or placement, or there is no such engine.
        """
        import pyarrow.compute as pc

        if engine is not None and engine not in ENGINES:
            raise InputError(f"engine: {engine!r} is not known; {did_you_mean(engine, ENGINES)}")
        table = self.table(name)
        for key, value in (("placement", placement), ("engine", engine)):
            if value is not None and key in table.column_names:
                table = table.filter(pc.equal(pc.cast(table[key], "string"), value))
        if placement is not None and not table.num_rows:
            self.placement(placement)  # a run that was killed may have rows of others
        return {
            column: np.asarray(table[column].to_numpy(), str)
            if TABLES[name].column(column).kind == "name"
            else table[column].to_numpy()
            for column in table.column_names
        }

    def to_xarray(self) -> xr.Dataset:
        """Return tokens, layers and hosts as labelled arrays.

        Returns
        -------
        A dataset with the dimensions ``placement``, ``engine``, ``step`` (all tokens; ``sequence`` and
        ``token`` name them), ``layer`` and ``part``. In nanoseconds, nan where an engine was not asked:
        ``latency_ns`` (placement, engine, step), ``part_ns`` (..., part), ``layer_latency_ns`` (placement,
        engine, step, layer), ``layer_part_ns`` (..., part); ``gateway`` (placement, layer) and ``expert``
        (placement, layer, expert) are satellites. Attributes are the summary's scenario and seed.

        Raises
        ------
        InstallationError
            If xarray is not installed.
        """
        try:
            import xarray as xr
        except ImportError as error:
            raise InstallationError(
                "to_xarray: xarray is not installed; install it by python -m pip install xarray"
            ) from error
        first = self.columns("tokens", placement=self.placements[0])
        is_first = first["engine"] == first["engine"][0]
        sequence, token = first["sequence"][is_first], first["token"][is_first]
        layers = len(self.summary["placements"][0]["hosts"]["gateways"])
        by_step, by_layer = ("placement", "engine", "step"), ("placement", "engine", "step", "layer")
        shape = (len(self.placements), len(ENGINES), len(sequence))
        tokens = self._by_step("tokens", shape)
        of_layers = self._by_step("layers", (*shape, layers))
        hosts = [placement["hosts"] for placement in self.summary["placements"]]
        return xr.Dataset(
            {
                "latency_ns": (by_step, tokens[..., 0], {"units": "ns"}),
                "part_ns": ((*by_step, "part"), tokens[..., 1:], {"units": "ns"}),
                "layer_latency_ns": (by_layer, of_layers[..., 0], {"units": "ns"}),
                "layer_part_ns": ((*by_layer, "part"), of_layers[..., 1:], {"units": "ns"}),
                "gateway": (("placement", "layer"), np.array([host["gateways"] for host in hosts])),
                "expert": (("placement", "layer", "expert"), np.array([host["experts"] for host in hosts])),
            },
            coords={
                "placement": list(self.placements),
                "engine": list(ENGINES),
                "sequence": ("step", sequence),
                "token": ("step", token),
                "layer": np.arange(layers),
                "part": list(PARTS),
            },
            attrs={"scenario": self.name, "seed": self.summary["seed"]},
        )

    def _by_step(self, name: str, shape: tuple[int, ...]) -> np.ndarray:
        """Return latency and parts of a table, of a shape and a last axis, nan where there are no rows."""
        values = np.full((*shape, 1 + len(PARTS)), np.nan)
        for place, placement in enumerate(self.placements):
            for side, engine in enumerate(ENGINES):
                columns = self.columns(name, placement=placement, engine=engine)
                parts = np.stack([columns[f"{key}_ns"] for key in ("latency", *PARTS)], axis=-1)
                if len(parts):
                    values[place, side] = parts.reshape(values.shape[2:])
        return values

    def _repr_html_(self) -> str:
        """Return the run as a notebook shows it."""
        rows = [
            [
                about["name"],
                *("–" if about[key] is None else f"{about[key]:.4f}" for key in _FIGURES),
                f"{about['tokens']}",
            ]
            for about in self.summary["placements"]
        ]
        head = "".join(f"<th scope='col'>{heading}</th>" for heading in _HEADINGS)
        body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
        summary = self.summary
        return (
            f"<p><b>{escape(self.name)}</b>, seed {summary['seed']}: {summary['satellites']} satellites, "
            f"{summary['links']} links; {escape(self.manifest['status'])}; <code>{escape(str(self.folder))}"
            f"</code></p><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
            f"<p>Tables: {', '.join(self.table_names)}</p>"
        )

    def files(self, name: str) -> list[Path]:
        """Return the files of a table: one, or its parts of a run that has not ended; none without it."""
        whole = self.folder / TABLES[name].file_name if name in TABLES else None
        if whole is not None and whole.is_file():
            return [whole]
        return sorted((self.folder / PARTS_FOLDER / name).glob("*.parquet"))

    def _read_json(self, name: str) -> dict[str, Any]:
        try:
            content = json.loads((self.folder / name).read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            meant = question(map(str, near_runs(self.folder)))
            raise InputError(
                f"run {self.folder}: has no {name}; "
                f"{meant or 'name the folder of a run, as spacemoe-ns3 run leaves it'}"
            ) from error
        except (OSError, ValueError) as error:
            raise InputError(
                f"{self.folder / name}: cannot be read ({error}); run the scenario again"
            ) from error
        if not isinstance(content, dict):
            raise InputError(f"{self.folder / name}: is no object; run the scenario again")
        return content


def _has(names: tuple[str, ...], sought: str) -> str:
    """Return what there is instead of a name, and which may have been meant."""
    meant = question(nearest(sought, names))
    return f"it has {', '.join(names)}{meant and f'; {meant}'}"


def load(folder: Path | str) -> Results:
    """Read the results of a run.

    Parameters
    ----------
    folder
        The run's folder.

    Raises
    ------
    InputError
        If there is no run in it.
    """
    return Results(folder)
