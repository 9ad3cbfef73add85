"""The valid choices that are nearest to what a user wrote."""

from __future__ import annotations

import difflib
import inspect
import re
from collections.abc import Collection, Iterable
from pathlib import Path
from types import ModuleType

_MOST_NEAR = 3
_MOST_NAMED = 20
_LEAST_PIECE = 3  # letters; with fewer, half of all names begin alike
_RUN_FILE = "manifest.json"
_UNKNOWN_KEYWORD = re.compile(r"(\w+)(?:\.__init__)?\(\) got an unexpected keyword argument '(\w+)'")
_UNKNOWN_IMPORT = re.compile(r"cannot import name '(\w+)'")


def nearest(word: str, choices: Collection[str]) -> tuple[str, ...]:
    """Return the choices most like a word.

    Parameters
    ----------
    word
        What the user wrote. Capitals, hyphens, underscores and spaces make no difference.
    choices
        What there is.

    Returns
    -------
    At most three, the most alike first; none if none is alike; one that is the same, alone. Alike are those
    with six tenths of the letters in common (:func:`difflib.get_close_matches`), and those that begin with
    the word, or contain it.

    Examples
    --------
    >>> nearest("spacemo", ["rand-intra", "spacemoe"])
    ('spacemoe',)
    >>> nearest("Rand_Intra", ["rand-intra", "rand-intra-cg", "rand-place"])
    ('rand-intra',)
    >>> nearest("qwen3", ["mixtral-8x7b", "qwen3-30b-a3b"])
    ('qwen3-30b-a3b',)
    >>> nearest("magic", ["analytic", "packet"])
    ()
    """
    plain: dict[str, list[str]] = {}
    for choice in choices:
        plain.setdefault(_plain(choice), []).append(choice)
    sought = _plain(word)
    if sought in plain:
        return tuple(plain[sought][:_MOST_NEAR])
    found = difflib.get_close_matches(sought, plain, n=_MOST_NEAR)
    if len(sought) >= _LEAST_PIECE:
        longer = [each for each in plain if sought in each and each not in found]
        found += sorted(longer, key=lambda each: (not each.startswith(sought), each))
    return tuple(choice for each in found for choice in plain[each])[:_MOST_NEAR]


def question(near: Iterable[str]) -> str:
    """Return the question whether one of some names was meant; empty if there are none.

    Parameters
    ----------
    near
        The names, such as :func:`nearest` returns.

    Examples
    --------
    >>> question(["packet", "packed"])
    'did you mean packet or packed?'
    >>> question([])
    ''
    """
    names = list(near)
    return f"did you mean {' or '.join(names)}?" if names else ""


def did_you_mean(word: str, choices: Collection[str]) -> str:
    """Return the question that ends a sentence about an unknown name.

    Parameters
    ----------
    word
        What the user wrote.
    choices
        What there is.

    Returns
    -------
    It names the nearest choices; all of them if none is near, unless they are over twenty.

    Examples
    --------
    >>> did_you_mean("packets", ["analytic", "packet"])
    'did you mean packet?'
    >>> did_you_mean("magic", ["packet", "analytic"])
    'did you mean analytic or packet?'
    """
    if not choices:
        return "there are none"
    near = [*nearest(word, choices)] or sorted(choices)
    if len(near) > _MOST_NAMED:  # names of satellites, say
        near = [*near[:_MOST_NEAR], f"one of {len(near) - _MOST_NEAR} others"]
    return question(near)


def misspelt(error: BaseException, *, package: ModuleType) -> str:
    """Return what a misspelt name in a user's Python file was meant to be.

    Parameters
    ----------
    error
        What running the file has raised.
    package
        Whose names the file uses, listed in its ``__all__``.

    Returns
    -------
    A question; empty if the error is of another kind, nothing is near, or Python asks itself.

    Examples
    --------
    >>> import spacemoe_ns3
    >>> misspelt(AttributeError(name="WalkerShel", obj=spacemoe_ns3), package=spacemoe_ns3)
    'did you mean WalkerShell?'
    """
    if "did you mean" in str(error).casefold():
        return ""
    word, choices = _name_in(error, package)
    return question(nearest(word, choices))


def _name_in(error: BaseException, package: ModuleType) -> tuple[str, Collection[str]]:
    """Return the unknown name that an error is about, and the names that there are."""
    if isinstance(error, AttributeError) and error.name:
        return error.name, package.__all__ if error.obj is package else _public(dir(error.obj))
    if isinstance(error, NameError) and error.name:
        return error.name, package.__all__
    match error, _UNKNOWN_IMPORT.search(str(error)), _UNKNOWN_KEYWORD.search(str(error)):
        case ImportError(), re.Match() as found, _ if error.name == package.__name__:
            return found[1], package.__all__
        case TypeError(), _, re.Match() as found if found[1] in package.__all__:
            return found[2], list(inspect.signature(getattr(package, found[1])).parameters)
    return "", ()


def _public(names: Iterable[str]) -> list[str]:
    return [name for name in names if not name.startswith("_")]


def near_paths(path: Path, candidates: Iterable[Path]) -> tuple[Path, ...]:
    """Return the paths whose names are most like a path's.

    Parameters
    ----------
    path
        What the user wrote; its ending need not be there.
    candidates
        What there is; of two with one name the first counts.

    Examples
    --------
    >>> near_paths(Path("frist_ring"), [Path("scenarios/first_ring.py"), Path("scenarios/ring32.py")])
    (PosixPath('scenarios/first_ring.py'),)
    """
    by_name: dict[str, Path] = {}
    for candidate in candidates:
        by_name.setdefault(candidate.stem, candidate)
    return tuple(by_name[name] for name in nearest(path.stem, by_name))


def near_runs(run: Path) -> tuple[Path, ...]:
    """Return the folders of runs that are most like a path which is none.

    Parameters
    ----------
    run
        What the user wrote. Looked at are the folders beside it and in it, and those in ``results``.

    Returns
    -------
    At most three, the most alike first; if none is alike, the runs in it.
    """
    inside = _runs_in(run)
    return near_paths(run, [*_runs_in(run.parent), *_runs_in(Path("results")), *inside]) or (
        tuple(inside[:_MOST_NEAR])
    )


def instead_of_scenario(path: Path) -> str:
    """Return what to do about a path that is not the file of a scenario.

    Parameters
    ----------
    path
        What the user wrote. Looked at are the Python files beside it, those here, and those in ``scenarios``.

    Returns
    -------
    The end of a sentence: the files that may have been meant, if there are any.
    """
    if (path / _RUN_FILE).is_file():
        return f"it is a run, and `spacemoe-ns3 path {path}` looks into it; name a scenario file"
    if path.is_dir():
        inside = sorted(path.glob("*.py"))
        return f"name a scenario file in it, such as {inside[0]}" if inside else "name a scenario file"
    if path.exists():
        return "name a scenario file"
    folders = dict.fromkeys((path.parent, Path(), Path("scenarios")))
    near = near_paths(path, (each for folder in folders for each in sorted(folder.glob("*.py"))))
    return question(map(str, near)) or "name a scenario file"


def _runs_in(folder: Path) -> list[Path]:
    return sorted(found.parent for found in folder.glob(f"*/{_RUN_FILE}"))


def _plain(word: str) -> str:
    return word.casefold().replace("_", "-").replace(" ", "-")
