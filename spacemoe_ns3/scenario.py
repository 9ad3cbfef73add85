"""What a scenario file declares, and the only place that reads one."""

from __future__ import annotations

import hashlib
import runpy
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar

from spacemoe_ns3.checks import check_kind, check_whole, look_up
from spacemoe_ns3.constellation import ConstellationSource, Slots, preset
from spacemoe_ns3.errors import ScenarioError, require
from spacemoe_ns3.links import LaserLinks
from spacemoe_ns3.moe import ActivationLaw, Decoding, Hardware, MoEModel, Uniform, model_named
from spacemoe_ns3.nearest import instead_of_scenario, misspelt
from spacemoe_ns3.packet import PACKET_ENGINES
from spacemoe_ns3.placement import Placer, placer_named
from spacemoe_ns3.traffic import Traffic
from spacemoe_ns3.transport import Transport, Udp, check_transport

_Declared = TypeVar("_Declared")
DEFAULT_PLACEMENTS = ("spacemoe", "rand-place", "rand-intra", "rand-intra-cg", "near-random")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One experiment.

    Parameters
    ----------
    name
        Short name; the default results folder is called after it.
    constellation
        Who flies where: one or several shells, a file of real satellites, a close formation, or the name of a
        preset.
    links
        The laser links.
    model
        A :class:`MoEModel`, the name of one in the zoo, or the path of a Hugging Face ``config.json``.
    hardware
        Which computers the satellites carry.
    activation
        Which experts tokens activate, such as ``Dirichlet(concentration=40)``.
    decoding
        Which tokens are decoded.
    slots
        The time span and its slots.
    traffic
        When sequences start, what waits together, and who else is about; by default one token at a time.
    transport
        How messages get through: :class:`spacemoe_ns3.Udp`, with or without recovery of what is lost,
        or :class:`spacemoe_ns3.Tcp`.
    placements
        Placement algorithms, or names of registered ones; their names are distinct.
    hosts_per_satellite
        Gateways and experts that a satellite may host, one as in the paper; None for as many as its memory
        holds.
    host_shell
        Index of the shell whose satellites host the model; one orbit of it is the default time span.
    seed
        Fixes everything that is random, at least 0.
    engine
        How the packet engine moves packets from hop to hop, one of
        :data:`spacemoe_ns3.packet.PACKET_ENGINES`; the results do not depend on it.

    Raises
    ------
    ScenarioError
        If a value breaks a rule.
    """

    name: str
    constellation: ConstellationSource | str
    links: LaserLinks
    model: MoEModel | str
    hardware: Hardware
    activation: ActivationLaw = Uniform()
    decoding: Decoding = Decoding()
    slots: Slots = Slots()
    traffic: Traffic = Traffic()
    transport: Transport = Udp()
    placements: tuple[str | Placer, ...] = DEFAULT_PLACEMENTS
    hosts_per_satellite: int | None = 1
    host_shell: int = 0
    seed: int = 1
    engine: str = "auto"

    def __post_init__(self) -> None:
        for field, kind, words in (
            ("name", str, "a string"),
            ("links", LaserLinks, "LaserLinks"),
            ("model", (MoEModel, str), "an MoEModel, or the name of one in the zoo"),
            ("hardware", Hardware, "Hardware"),
            ("decoding", Decoding, "Decoding"),
            ("slots", Slots, "Slots"),
            ("traffic", Traffic, "Traffic"),
            ("engine", str, "a string"),
            (
                "placements",
                (tuple, list),
                "a tuple of names or algorithms; a single one needs a comma behind it",
            ),
        ):
            check_kind(field, getattr(self, field), kind, words)
        require(
            bool(self.name) and self.name.replace("-", "").replace("_", "").isalnum(),
            f"name: {self.name!r} given, must consist of letters, digits, - and _",
        )
        if isinstance(self.model, str):
            model_named(self.model)
        require(
            isinstance(self.constellation, str) or hasattr(self.constellation, "build"),
            f"constellation: {self.constellation!r} given, must be a constellation, such as a WalkerShell, "
            "or the name of a preset",
        )
        if isinstance(self.constellation, str):
            preset(self.constellation)
        require(
            hasattr(self.activation, "gating"),
            f"activation: {self.activation!r} given, must be an activation law, such as Uniform() or "
            "Dirichlet(concentration=40)",
        )
        check_transport(self.transport)
        check_whole("host_shell", self.host_shell, least=0)
        check_whole("seed", self.seed, least=0)
        look_up("engine", self.engine, dict.fromkeys(PACKET_ENGINES))
        require(len(self.placements) >= 1, "placements: none given, must name at least one")
        names = [placer.name for placer in self.placers]
        require(
            len(set(names)) == len(names),
            f"placements: {', '.join(names)} given, must be distinct",
        )
        if self.hosts_per_satellite is not None:
            check_whole("hosts_per_satellite", self.hosts_per_satellite, least=1)

    @property
    def placers(self) -> tuple[Placer, ...]:
        """The placement algorithms, looked up."""
        return tuple(placer_named(each) for each in self.placements)

    @property
    def source(self) -> ConstellationSource:
        """The constellation, looked up."""
        return preset(self.constellation) if isinstance(self.constellation, str) else self.constellation

    @property
    def architecture(self) -> MoEModel:
        """The model, looked up."""
        return model_named(self.model) if isinstance(self.model, str) else self.model


def input_files(scenario: Scenario) -> dict[str, str]:
    """Return the SHA-256 of each file that a scenario names, in the order of its fields.

    Parameters
    ----------
    scenario
        The scenario; the ``path`` of any record in it is a file, and so is a model named ``*.json``.

    Raises
    ------
    ScenarioError
        If a file cannot be read.
    """
    digests = {}
    for path in _paths(scenario):
        try:
            digests[str(path)] = hashlib.sha256(Path(path).read_bytes()).hexdigest()
        except OSError as error:
            raise ScenarioError(f"{path}: cannot be read ({error.strerror}); name a file") from error
    return digests


def _paths(declared: object) -> Iterator[str | Path]:
    """Yield the paths in a record, and in the records and tuples in it."""
    if isinstance(declared, (tuple, list)):
        for each in declared:
            yield from _paths(each)
    elif is_dataclass(declared):
        for each in fields(declared):
            value = getattr(declared, each.name)
            is_config = each.name == "model" and isinstance(value, str) and value.endswith(".json")
            if is_config or (each.name == "path" and value is not None):
                yield value
            else:
                yield from _paths(value)


@contextmanager
def _imports_from(folder: Path) -> Iterator[None]:
    """Let a scenario import modules that lie beside it."""
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))


def load_scenario(path: Path) -> tuple[Scenario, str]:
    """Run a scenario file and return what it declares.

    Parameters
    ----------
    path
        A Python file that binds exactly one :class:`Scenario` to a name, or several, one of them to the name
        ``scenario``.

    Returns
    -------
    The scenario, and the text of the file.

    Raises
    ------
    ScenarioError
        If the file cannot be read or run, or does not declare one scenario.
    """
    names, source = run_file(path)
    return the_only(Scenario, names, path=path, words="scenarios"), source


def run_file(path: Path) -> tuple[dict[str, Any], str]:
    """Run a Python file of a user's.

    Parameters
    ----------
    path
        The file; it may import what lies beside it.

    Returns
    -------
    What it binds, by name, and its text.

    Raises
    ------
    ScenarioError
        If the file cannot be read or run.
    """
    try:
        source = path.read_bytes().decode("utf-8")  # as it is: read_text would translate line ends
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ScenarioError(f"{path}: cannot be read ({reason}); {instead_of_scenario(path)}") from error
    try:
        with redirect_stdout(sys.stderr), _imports_from(path.absolute().parent):
            return runpy.run_path(str(path)), source
    except SyntaxError as error:
        line = "" if error.lineno is None else f":{error.lineno}"
        raise ScenarioError(f"{error.filename or path}{line}: not valid Python: {error.msg}") from error
    except ScenarioError as error:
        raise ScenarioError(f"{path}: {error}") from error
    except (Exception, SystemExit) as error:
        frames = traceback.extract_tb(error.__traceback__)
        lines = [frame.lineno for frame in frames if frame.filename == str(path)]
        where = f"{path}:{lines[-1]}" if lines else str(path)
        question = misspelt(error, package=sys.modules[__package__])
        sentence = f"{where}: {type(error).__name__}: {error}{question and f'; {question}'}"
        raise ScenarioError(sentence) from error


def the_only(kind: type[_Declared], names: Mapping[str, object], *, path: Path, words: str) -> _Declared:
    """Return the only record of a kind that a file binds, or of several the one under the kind's own name.

    So a file may import the scenario that it varies.

    Parameters
    ----------
    kind
        Which records count.
    names
        What the file binds.
    path
        The file, for the error.
    words
        What such records are called, for the error.

    Raises
    ------
    ScenarioError
        If there is none, or more than one.
    """
    found = {id(value): value for value in names.values() if isinstance(value, kind)}
    own_name = kind.__name__.lower()
    meant = names.get(own_name)
    if isinstance(meant, kind):
        return meant
    require(
        len(found) == 1,
        f"{path}: declares {len(found)} {words}, must be exactly one; bind one spacemoe_ns3.{kind.__name__} "
        f"to a name, or the one that is meant to {own_name!r}",
    )
    return next(iter(found.values()))
