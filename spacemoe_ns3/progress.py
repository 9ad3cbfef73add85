"""The progress bar of a run: on a terminal only."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from spacemoe_ns3.scenario import Scenario

if TYPE_CHECKING:
    from rich.progress import Progress


class _Silent:
    def stage(self, text: str) -> None:
        """Say nothing."""

    def tokens(self, placement: str, done: int) -> None:
        """Say nothing."""


def silent() -> _Silent:
    """Return a progress that says nothing."""
    return _Silent()


class _Bar:
    def __init__(self, bar: Progress, *, total: int) -> None:
        self._bar = bar
        self._task = bar.add_task("starting", total=total)
        self._done: dict[str, int] = {}

    def stage(self, text: str) -> None:
        """Show what is being done."""
        self._bar.update(self._task, description=text)

    def tokens(self, placement: str, done: int) -> None:
        """Show how many tokens have been simulated."""
        self._done[placement] = done
        self._bar.update(self._task, completed=sum(self._done.values()))


@contextmanager
def progress_bar(scenario: Scenario, *, engine: str, is_shown: bool) -> Iterator[_Silent | _Bar]:
    """Show a progress bar on standard error while a run goes on.

    Parameters
    ----------
    scenario
        What is run.
    engine
        With ``"analytic"`` no tokens are simulated.
    is_shown
        Whether to show it; it never is where standard error is not a terminal.
    """
    if not is_shown or not sys.stderr.isatty():
        yield _Silent()
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
    )

    console = Console(stderr=True)
    total = 0 if engine == "analytic" else scenario.decoding.tokens * len(scenario.placements)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("tokens"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        yield _Bar(bar, total=total)
