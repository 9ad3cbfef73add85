"""What a shell completes: scenario files, runs, and names in them.

A type of click's says what an argument is, and what its beginnings may become. Only ``shell_complete`` loads
more than click, and whatever it fails at it leaves to the shell.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

_RUN_ARGUMENTS = {"run", "runs"}
_MOST_FOLDERS = 200  # that are looked into while a user waits
_MOST_BYTES = 100_000  # of a scenario file
_DECLARES = re.compile(r"^(scenario|study)\s*=|^\w+\s*=\s*([\w.]+\.)?(Scenario|Study)\(", re.MULTILINE)


class ScenarioFile(click.Path):
    """The path of a Python file that declares a scenario or a study."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return such files that begin so, here and one folder down; else leave files to the shell."""
        found = [word for word, path in _begun(incomplete, "*.py") if _declares_scenario(path)]
        return _items(found, incomplete) or [CompletionItem(incomplete, type="file")]


class RunFolder(click.Path):
    """The path of the folder of a run."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return runs that begin so, here and one folder down; else leave folders to the shell."""
        found = [word for word, path in _begun(incomplete, "*") if (path / "manifest.json").is_file()]
        return _items(found, incomplete) or [CompletionItem(incomplete, type="dir")]


class _Names(click.ParamType):
    """A name, of which the possible ones are found when a shell asks for them.

    Parameters
    ----------
    find
        Returns them.
    """

    name = "name"

    def __init__(self, find: Callable[[click.Context], Iterable[str]]) -> None:
        self._find = find

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return the names that begin so."""
        names: Iterable[str] = ()
        with contextlib.suppress(Exception):  # a shell has no use for a sentence
            names = self._find(ctx)
        return _items(names, incomplete)


class PlacementName(_Names):
    """The name of a placement: of the run that the command line names, or of all algorithms."""

    def __init__(self) -> None:
        super().__init__(_placements)


class LayerNumber(click.IntRange):
    """The number of a layer, of the run that the command line names."""

    def __init__(self) -> None:
        super().__init__(min=0)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return the numbers that begin so."""
        layers = 0
        with contextlib.suppress(Exception):
            layers = len(_summary(ctx)["placements"][0]["hosts"]["gateways"])
        return _items(map(str, range(layers)), incomplete)


class ModelName(_Names):
    """The name of a model, or the path of a ``config.json``."""

    def __init__(self) -> None:
        super().__init__(_models)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return the names that begin so, and such files; else leave files to the shell."""
        files = [CompletionItem(word) for word, _ in _begun(incomplete, "*.json")] if incomplete else []
        found = super().shell_complete(ctx, param, incomplete) + files
        return found or [CompletionItem(incomplete, type="file")]


class ComputerName(_Names):
    """The name of a computer."""

    def __init__(self) -> None:
        super().__init__(_computers)


def _placements(ctx: click.Context) -> Iterable[str]:
    if _RUN_ARGUMENTS & ctx.params.keys():
        return [placement["name"] for placement in _summary(ctx)["placements"]]
    from spacemoe_ns3.placement.registry import PLACERS

    return PLACERS


def _models(ctx: click.Context) -> Iterable[str]:
    from spacemoe_ns3.moe import ZOO

    return ZOO


def _computers(ctx: click.Context) -> Iterable[str]:
    from spacemoe_ns3.moe import COMPUTERS

    return COMPUTERS


def _summary(ctx: click.Context) -> dict[str, Any]:
    """Return the summary of the first run that the command line names.

    Behind an option that still lacks its value, click has left the arguments over.
    """
    given = [ctx.params[name] for name in _RUN_ARGUMENTS & ctx.params.keys() if ctx.params[name]]
    first = given[0] if given else ctx.args[0]
    run = first[0] if isinstance(first, tuple) else first
    content: dict[str, Any] = json.loads((Path(run) / "summary.json").read_bytes())
    return content


def _begun(incomplete: str, pattern: str) -> list[tuple[str, Path]]:
    """Return what a word may become, and the paths: in its folder, and in those whose names begin so."""
    above, slash, begin = incomplete.rpartition("/")
    folder = Path(above + slash)
    try:
        beside = [each for each in sorted(folder.iterdir()) if each.name.startswith(begin)]
    except OSError:
        return []
    beside = [each for each in beside if begin or not each.name.startswith(".")]
    folders = [each for each in beside if each.is_dir()][:_MOST_FOLDERS]
    found = [each for each in beside if each.match(pattern)]
    found += [inside for each in folders for inside in sorted(each.glob(pattern))]
    return [(f"{above}{slash}{each.relative_to(folder)}", each) for each in found]


def _declares_scenario(path: Path) -> bool:
    """Return whether a file looks like one that declares a scenario; nothing is run."""
    try:
        if path.name.startswith("test_") or not path.is_file() or path.stat().st_size > _MOST_BYTES:
            return False
        text = path.read_text(encoding="utf-8", errors="ignore")
    except OSError:
        return False
    return "spacemoe_ns3" in text and _DECLARES.search(text) is not None


def _items(words: Iterable[str], incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(word) for word in words if word.startswith(incomplete)]
