"""The tables of a run, column by column: type, unit, definition. Nothing else lists them.

A run's folder has a Parquet file a table. The files carry the definitions with them, and
``docs/results.md`` is made from this module.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

SCHEMA_VERSION = 1
"""Of all files of a run. Columns and keys are only ever added; a change of meaning would raise it."""

PARTS_FOLDER = "parts"
"""Of a run that goes on, or was killed: in it a folder a table, in that whole files, the parts."""
TYPES = ("name", "int", "float")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a table.

    Parameters
    ----------
    name
        Its name; a unit ends it.
    kind
        ``name`` (a string, dictionary-encoded), ``int`` (64 bits) or ``float`` (64 bits, null where there is
        no value).
    unit
        Unit, empty for counts, indices and shares.
    meaning
        What it is.

    Raises
    ------
    ValueError
        If ``kind`` is none of :data:`TYPES`.
    """

    name: str
    meaning: str
    kind: str = "int"
    unit: str = ""

    def __post_init__(self) -> None:
        if self.kind not in TYPES:
            raise ValueError(f"column {self.name}: kind {self.kind!r} is none of {', '.join(TYPES)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table of a run.

    Parameters
    ----------
    name
        Its name, and that of its file.
    row
        What a row is.
    columns
        Its columns, in order.
    engines
        Which engines fill it; none: it is of the whole run, or of a placement.
    """

    name: str
    row: str
    columns: tuple[Column, ...]
    engines: tuple[str, ...] = ()

    @property
    def file_name(self) -> str:
        """Name of its file."""
        return f"{self.name}.parquet"

    def column(self, name: str) -> Column:
        """Return a column by name."""
        return next(column for column in self.columns if column.name == name)

    def column_names(self) -> tuple[str, ...]:
        """Return the names of its columns, in order."""
        return tuple(column.name for column in self.columns)


def _int(name: str, meaning: str, unit: str = "") -> Column:
    return Column(name=name, meaning=meaning, unit=unit)


def _ns(name: str, meaning: str) -> Column:
    return Column(name=name, meaning=meaning, unit="ns")


def _float(name: str, meaning: str, unit: str = "") -> Column:
    return Column(name=name, meaning=meaning, kind="float", unit=unit)


def _name(name: str, meaning: str) -> Column:
    return Column(name=name, meaning=meaning, kind="name")


_BOTH = ("analytic", "packet")
_PACKET = ("packet",)
_PLACEMENT = _name("placement", "name of the placement")
_ENGINE = _name("engine", "`analytic` (the formula on the draws) or `packet`")
_OF = (_PLACEMENT, _ENGINE)
_STEP = (_int("sequence", "sequence, from 0"), _int("token", "token of the sequence, from 0"))
_WAY_PARTS = (
    _ns("propagation_ns", "light time of the links passed"),
    _ns("serialisation_ns", "transmission of the message's own bits on idle links"),
    _ns("queueing_ns", "behind other messages at transmitters, and behind other jobs at computers"),
    _ns("waiting_ns", "at a satellite without a path, for a slot that has one"),
    _ns("retransmission_ns", "from the sending of a message to that of the copy that completed it"),
    _ns(
        "transport_ns", "from the handing of a message to TCP to its sending of the packet that completed it"
    ),
)
_PARTS = (_ns("compute_ns", "gateway, expert and head on the critical path"), *_WAY_PARTS)
_DIRECTION = (
    _int("from_satellite", "satellite that sends"),
    _int("to_satellite", "satellite that receives"),
)
_CARRIED = (
    _int("packets", "whose last bit left"),
    _int("bytes", "of these, on the wire", "bytes"),
    _ns("busy_ns", "time in which the transmitter sent; of a packet that was cut, the time up to then"),
)
_LOST = (
    *(
        _int(f"lost_{reason.replace(' ', '_')}", f"packets lost: {words}")
        for reason, words in (
            ("queue full", "the transmit queue was full"),
            ("on the wire", "under way when the link went down"),
            ("cut", "being transmitted then"),
            ("queued", "in the queue then"),
            ("link down", "handed over while it was down"),
            ("corrupted", "with bit errors"),
        )
    ),
    _int("rerouted", "packets taken off this link when it went down, and forwarded another way"),
)
_QUEUE = (
    _int("queue_ns", "time integral of the number of packets in the transmit queue", "packets ns"),
    _int("queue_max", "most that waited together, for at least a nanosecond"),
)
_RATES = (
    _float("utilisation", "`busy_ns` over the duration"),
    _float("queue_mean", "`queue_ns` over the duration"),
)

_TABLES = (
    Table(
        name="requests",
        row="a request: a sequence, from its start to its last token",
        engines=_BOTH,
        columns=(
            *_OF,
            _int("sequence", "sequence, from 0"),
            _int("tokens", "tokens emitted"),
            _ns("start_ns", "when its first token began at the gateway of layer 0"),
            _ns("first_token_ns", "from there to the emission of the first token (TTFT)"),
            _ns("latency_ns", "from there to the emission of the last token"),
            _float("time_per_token_ns", "(last emission - first) / (tokens - 1) (TPOT); null for one", "ns"),
        ),
    ),
    Table(
        name="tokens",
        row="a token, which is a step of the model",
        engines=_BOTH,
        columns=(
            *_OF,
            *_STEP,
            _ns("start_ns", "when it began at the gateway of layer 0"),
            _ns("latency_ns", "from there to its emission, head included; the sum of the parts"),
            *_PARTS,
        ),
    ),
    Table(
        name="layers",
        row="a layer of a token",
        engines=_BOTH,
        columns=(
            *_OF,
            *_STEP,
            _int("layer", "layer, from 0"),
            _ns("start_ns", "when its gateway had everything"),
            _ns("latency_ns", "from there until the next gateway had everything; the sum of the parts"),
            *_PARTS,
            _int("gateway", "satellite of its gateway"),
            _int("next_gateway", "satellite of the next layer's; of layer 0's behind the last"),
            _int("straggler_expert", "the expert that the next gateway waited for; -1: the residual"),
            _int("straggler_satellite", "where that is"),
            _int("hops", "links on the critical path"),
        ),
    ),
    Table(
        name="messages",
        row="a message about a token: a hidden state, or the residual stream, from host to host",
        engines=_BOTH,
        columns=(
            *_OF,
            *_STEP,
            _int("layer", "layer that it belongs to"),
            _name("kind", "`dispatch` (gateway to expert), `result` (expert to next gateway), `residual`"),
            _int("expert", "expert of the layer; -1 for the residual"),
            *_DIRECTION,
            _int("hops", "links passed; 0 where it stays on its satellite"),
            _ns("sent_ns", "when it was handed to the network"),
            _ns("arrived_ns", "when all of it was there; later by the sum of the parts"),
            *_WAY_PARTS,
        ),
    ),
    Table(
        name="jobs",
        row="a computation of a token",
        engines=_BOTH,
        columns=(
            *_OF,
            *_STEP,
            _int("layer", "layer; -1 for the head"),
            _name("kind", "`gateway` (attention, router and what else a gateway does), `expert`, `head`"),
            _int("expert", "expert of the layer; -1 for gateways and the head"),
            _int("satellite", "whose computer"),
            _ns("submitted_ns", "when all that it needs was there"),
            _ns("started_ns", "when the computer began"),
            _ns("finished_ns", "when it had finished"),
        ),
    ),
    Table(
        name="critical_path",
        row="a piece of a token's critical path",
        engines=_BOTH,
        columns=(
            *_OF,
            *_STEP,
            _int("layer", "layer; -1 for the head"),
            _name("piece", "`gateway`, `dispatch`, `expert`, `result`, `residual`, `head`"),
            _name(
                "kind",
                "`queue` (for a busy computer), `compute`, `hop` (a link, packets only), `leg` (a whole "
                "message, formula only), `retransmission`, `transport` (before the first hop)",
            ),
            _int("satellite", "where it begins"),
            _int("to_satellite", "where it ends; -1 if it stays"),
            _int("link", "index of the link of a hop; else -1"),
            _int("expert", "expert of the layer; else -1"),
            _ns("start_ns", "when it begins; a hop, when the packet comes to the satellite"),
            _ns("end_ns", "when it ends, and the next begins; later by the sum of the parts"),
            *_PARTS,
        ),
    ),
    Table(
        name="links",
        row="a direction of a link",
        engines=_PACKET,
        columns=(
            *_OF,
            *_DIRECTION,
            *_CARRIED,
            *_LOST,
            _int("in_flight", "packets on the wire, or being transmitted, at the end"),
            _int("queued", "packets in the queue at the end"),
            *_QUEUE,
            *_RATES,
        ),
    ),
    Table(
        name="link_intervals",
        row="a slot and direction of a link in which something happened",
        engines=_PACKET,
        columns=(
            *_OF,
            _int("slot", "slot; the first, if several idle ones were read together"),
            _ns("start_ns", "from when"),
            _ns("end_ns", "to when"),
            *_DIRECTION,
            _int("link", "index of the link"),
            *_CARRIED,
            *_LOST,
            *_QUEUE,
            *_RATES,
        ),
    ),
    Table(
        name="satellites",
        row="a satellite that hosts something, from the start of the first token to the end of the last",
        engines=_PACKET,
        columns=(
            *_OF,
            _int("satellite", "satellite"),
            _int("jobs", "served; a batch is one"),
            _int("submitted", "jobs, and steps of batches, that were ready"),
            _ns("busy_ns", "time in which its computer computed"),
            _float("busy_share", "that over the time looked at"),
            _float("waiting_mean", "how many waited, mean over the time looked at"),
            _int("waiting_max", "most that waited at once"),
            _float("wait_mean_ns", "how long one waited, mean of those submitted", "ns"),
            _ns("wait_max_ns", "longest wait"),
        ),
    ),
    Table(
        name="traffic",
        row="a pair of satellites and a kind of message",
        engines=_PACKET,
        columns=(
            *_OF,
            _int("from_satellite", "satellite that sent"),
            _int("to_satellite", "satellite that received; the same where a message stays"),
            _name("kind", "`dispatch`, `result`, `residual`"),
            _int("messages", "received"),
            _int("tokens", "in them"),
            _int("bytes", "of their hidden states, without headers", "bytes"),
        ),
    ),
    Table(
        name="hosts",
        row="a gateway, or an expert on a satellite where it lives",
        columns=(
            _PLACEMENT,
            _int("layer", "layer"),
            _int("expert", "expert of the layer; -1 for the gateway"),
            _int("satellite", "where"),
            _float("activation_probability", "that a token activates the expert; 1 for a gateway"),
            _float(
                "path_s",
                "mean over slots of the way from the layer's gateway to the host and on to the next gateway, "
                "computing there included: what SpaceMoE sorts by; null for gateways and without the formula",
                "s",
            ),
        ),
    ),
    Table(
        name="constellation",
        row="a satellite",
        columns=(
            _int("satellite", "index, from 0, as everywhere"),
            _name("name", "name"),
            _int("shell", "shell; -1 outside any, plane and place likewise"),
            _int("plane", "orbital plane of the shell"),
            _int("place", "place in the plane"),
        ),
    ),
    Table(
        name="ephemeris",
        row="a satellite at a knot; between two the cubic Hermite polynomial of both",
        columns=(
            _ns("time_ns", "when, since the epoch of the run"),
            _int("satellite", "satellite"),
            *(_float(f"{axis}_m", f"position along {axis}, TEME", "m") for axis in "xyz"),
            *(_float(f"v{axis}_m_s", f"velocity along {axis}, TEME", "m/s") for axis in "xyz"),
        ),
    ),
    Table(
        name="topology",
        row="a link",
        columns=(
            _int("link", "index, from 0, as everywhere"),
            _int("satellite_a", "one end"),
            _int("satellite_b", "the other"),
            _name("kind", "`intra-plane`, `cross-plane`, `seam`, `inter-shell`"),
        ),
    ),
    Table(
        name="contacts",
        row="a time in which a link is up, as long as it lasts: a contact plan",
        columns=(
            _int("link", "the link"),
            _ns("start_ns", "from when; zero where it was up before"),
            _ns("end_ns", "until when, exclusive"),
        ),
    ),
)

TABLES: Mapping[str, Table] = {table.name: table for table in _TABLES}
"""All tables by name."""
