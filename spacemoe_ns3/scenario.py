"""What a scenario file declares, and the only place that reads one."""

from __future__ import annotations

import hashlib
import runpy
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path

from spacemoe_ns3.checks import check_kind, check_whole
from spacemoe_ns3.constellation import ConstellationSource, Slots, preset
from spacemoe_ns3.errors import ScenarioError, require
from spacemoe_ns3.links import LaserLinks
from spacemoe_ns3.moe import Activation, Decoding, Hardware, MoEModel, model_named
from spacemoe_ns3.placement import PLACERS, placer_named


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
        A :class:`MoEModel`, or the name of one in the zoo.
    hardware
        Which computers the satellites carry.
    activation
        Which experts tokens activate.
    decoding
        Which tokens are decoded.
    slots
        The time span and its slots.
    placements
        Names of placement algorithms, distinct.
    host_shell
        Index of the shell whose satellites host the model; one orbit of it is the default time span.
    seed
        Fixes everything that is random, at least 0.

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
    activation: Activation = Activation()
    decoding: Decoding = Decoding()
    slots: Slots = Slots()
    placements: tuple[str, ...] = tuple(PLACERS)
    host_shell: int = 0
    seed: int = 1

    def __post_init__(self) -> None:
        for field, kind, words in (
            ("name", str, "a string"),
            ("links", LaserLinks, "LaserLinks"),
            ("model", (MoEModel, str), "an MoEModel, or the name of one in the zoo"),
            ("hardware", Hardware, "Hardware"),
            ("activation", Activation, "an Activation"),
            ("decoding", Decoding, "Decoding"),
            ("slots", Slots, "Slots"),
            ("placements", (tuple, list), "a tuple of names; a single one needs a comma behind it"),
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
        check_whole("host_shell", self.host_shell, least=0)
        check_whole("seed", self.seed, least=0)
        require(len(self.placements) >= 1, "placements: none given, must name at least one")
        for placement in self.placements:
            check_kind("placements", placement, str, "names")
            placer_named(placement)
        require(
            len(set(self.placements)) == len(self.placements),
            f"placements: {', '.join(self.placements)} given, must be distinct",
        )

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
        The scenario; the ``path`` of any record in it is a file.

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
            if each.name == "path" and value is not None:
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


def load(path: Path) -> tuple[Scenario, str]:
    """Run a scenario file and return what it declares.

    Parameters
    ----------
    path
        A Python file that binds exactly one :class:`Scenario` to a name.

    Returns
    -------
    The scenario, and the text of the file.

    Raises
    ------
    ScenarioError
        If the file cannot be read or run, or does not declare one scenario.
    """
    try:
        source = path.read_bytes().decode("utf-8")  # as it is: read_text would translate line ends
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ScenarioError(f"{path}: cannot be read ({reason}); name a scenario file") from error
    try:
        with redirect_stdout(sys.stderr), _imports_from(path.absolute().parent):
            names = runpy.run_path(str(path))
    except SyntaxError as error:
        line = "" if error.lineno is None else f":{error.lineno}"
        raise ScenarioError(f"{error.filename or path}{line}: not valid Python: {error.msg}") from error
    except ScenarioError as error:
        raise ScenarioError(f"{path}: {error}") from error
    except (Exception, SystemExit) as error:
        frames = traceback.extract_tb(error.__traceback__)
        lines = [frame.lineno for frame in frames if frame.filename == str(path)]
        where = f"{path}:{lines[-1]}" if lines else str(path)
        raise ScenarioError(f"{where}: {type(error).__name__}: {error}") from error
    scenarios = {id(value): value for value in names.values() if isinstance(value, Scenario)}
    require(
        len(scenarios) == 1,
        f"{path}: declares {len(scenarios)} scenarios, must be exactly one; bind one spacemoe_ns3.Scenario "
        "to a name",
    )
    return next(iter(scenarios.values())), source
