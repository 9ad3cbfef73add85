"""The progress of a command: on a terminal only, on standard error, gone when it ends."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, ProgressColumn, TaskID

    from spacemoe_ns3.scenario import Scenario

_SECONDS_PER_MINUTE, _MINUTES_PER_HOUR = 60, 60
_TENS = 10  # per second, from which on a rate has no decimals
_LEAST_RATED_S = 1.0  # before which a rate says nothing: news comes in heaps


class _Silent:
    def stage(self, text: str) -> None:
        """Say nothing."""

    def expect(self, tokens: int) -> None:
        """Say nothing."""

    def tokens(self, placement: str, done: int) -> None:
        """Say nothing."""

    def count(self, done: int, total: int, words: str) -> None:
        """Say nothing."""


def silent() -> _Silent:
    """Return a progress that says nothing."""
    return _Silent()


class _Bar:
    """One line: it counts tokens, or whatever else has been told of last."""

    def __init__(self, bar: Progress, *, tokens: int) -> None:
        self._bar = bar
        self._begun_s = bar.get_time()
        self._expected = tokens
        self._done: dict[str, int] = {}
        self._stage = "starting"
        self._tasks = {"tokens": self._add("tokens", tokens or None)}

    def stage(self, text: str) -> None:
        """Show what is being done."""
        self._stage = text
        for task in self._tasks.values():
            self._bar.update(task, description=text, refresh=True)

    def expect(self, tokens: int) -> None:
        """Count with more tokens."""
        self._expected += tokens
        self._bar.update(self._tasks["tokens"], total=self._expected)

    def tokens(self, placement: str, done: int) -> None:
        """Show how many tokens have been simulated, of all placements."""
        self._done[placement] = done
        self._show("tokens", sum(self._done.values()), self._expected or None)

    def count(self, done: int, total: int, words: str) -> None:
        """Show how many of something else are done."""
        self._show(words, done, total)

    def _add(self, words: str, total: int | None) -> TaskID:
        return self._bar.add_task(self._stage, total=total, words=words, begun_s=self._begun_s, since=None)

    def _show(self, words: str, done: int, total: int | None) -> None:
        """Show one count, and hide the others."""
        if words not in self._tasks:
            self._tasks[words] = self._add(words, total)
        for each, task in self._tasks.items():
            self._bar.update(task, visible=each == words)
        task = self._tasks[words]
        if self._bar.tasks[self._bar.task_ids.index(task)].fields["since"] is None:
            self._bar.update(task, since=(self._bar.get_time(), done))
        self._bar.update(task, completed=done, total=total)


@contextmanager
def progress_bar(
    scenario: Scenario | None = None, *, engine: str = "analytic", is_shown: bool
) -> Iterator[_Silent | _Bar]:
    """Show on standard error how far a command is, while it goes on.

    What is being done, how much of how much, how much a second, the time left, the time since the start.

    Parameters
    ----------
    scenario
        What is run; None: what is counted will be told.
    engine
        With ``"analytic"`` no tokens are simulated.
    is_shown
        Whether to show it; it never is where standard error is not a terminal.
    """
    if not is_shown or not sys.stderr.isatty():
        yield _Silent()
        return
    from rich.console import Console
    from rich.progress import Progress

    tokens = 0
    if scenario is not None and engine != "analytic":
        tokens = scenario.decoding.tokens * len(scenario.placements)
    with Progress(*_columns(), console=Console(stderr=True), transient=True, expand=True) as bar:
        yield _Bar(bar, tokens=tokens)


def _columns() -> tuple[ProgressColumn, ...]:
    """Return what stands on the line."""
    from rich.progress import BarColumn, ProgressColumn, SpinnerColumn, Task, TextColumn
    from rich.table import Column
    from rich.text import Text

    class Account(ProgressColumn):
        """How much of how much, the rate, and the times."""

        def render(self, task: Task) -> Text:
            now_s, since = task.get_time(), task.fields["since"]
            return Text(
                account(
                    done=int(task.completed),
                    total=None if task.total is None else int(task.total),
                    words=task.fields["words"],
                    per_s=since and rate(now_s - since[0], done=int(task.completed) - since[1]),
                    elapsed_s=now_s - task.fields["begun_s"],
                )
            )

    return (
        SpinnerColumn(),
        TextColumn("{task.description}", table_column=Column(no_wrap=True, overflow="ellipsis")),
        BarColumn(bar_width=None, table_column=Column(ratio=1, min_width=4)),
        Account(table_column=Column(no_wrap=True, justify="right")),
    )


def rate(seconds: float, *, done: int) -> float | None:
    """Return how many are done a second, or None while that would say nothing.

    Parameters
    ----------
    seconds
        Since the first news.
    done
        How many have been done since then.

    Examples
    --------
    >>> rate(5.0, done=32)
    6.4
    >>> rate(0.001, done=32)
    """
    return done / seconds if done and seconds >= _LEAST_RATED_S else None


def account(*, done: int, total: int | None, words: str, per_s: float | None, elapsed_s: float) -> str:
    """Return how far something is, in words.

    Parameters
    ----------
    done
        How many are done.
    total
        How many there are; None if nothing is counted.
    words
        What they are called.
    per_s
        How many are done a second; None if that is not known yet.
    elapsed_s
        Seconds since the start.

    Examples
    --------
    >>> account(done=32, total=160, words="tokens", per_s=6.4, elapsed_s=5.2)
    '32/160 tokens, 6.4/s, 0:20 left, 0:05'
    >>> account(done=0, total=None, words="tokens", per_s=None, elapsed_s=3700)
    '1:01:40'
    """
    parts = [_clock(elapsed_s)]
    if total is not None:
        if per_s and done < total:
            parts.insert(0, f"{_clock((total - done) / per_s)} left")
            parts.insert(0, f"{per_s:,.0f}/s" if per_s >= _TENS else f"{per_s:.1f}/s")
        parts.insert(0, f"{done}/{total} {words}")
    return ", ".join(parts)


def _clock(seconds: float) -> str:
    """Return a time as minutes and seconds, with hours if there are any."""
    minutes, second = divmod(round(seconds), _SECONDS_PER_MINUTE)
    hours, minute = divmod(minutes, _MINUTES_PER_HOUR)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"
