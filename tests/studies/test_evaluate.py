"""Studies evaluated in child processes: what comes back, whatever goes wrong there."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import signal
import time
import warnings
from pathlib import Path

import numpy as np
import pytest

from spacemoe_ns3 import Alternative, Study, Sweep, pipeline
from spacemoe_ns3.placement import Hosts, PlacementProblem
from spacemoe_ns3.studies.evaluate import evaluate_study
from spacemoe_ns3.studies.workers import Workers
from spacemoe_ns3.study_results import CHOSEN

LONGEST_STOP_S = 1.0  # what a user is promised after Ctrl-C


def alternative(reading: str, changes: dict[str, object]) -> Alternative:
    return Alternative(assumption="sky", chosen="as it is", reading=reading, changes=changes)


@dataclasses.dataclass(frozen=True)
class Misbehaving:
    """Places the first layers' hosts in order of number, or does something else first."""

    trouble: str = "none"
    name: str = "mine"

    def __call__(self, problem: PlacementProblem, random: np.random.Generator, /) -> Hosts:
        if self.trouble == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.trouble == "bug":
            raise KeyError("a bug of mine")
        if self.trouble == "unsure":
            warnings.warn("the optimum is not proven", stacklevel=1)
        if self.trouble == "slow":
            time.sleep(60)
        if self.trouble == "talkative":
            print("this is no answer", flush=True)
            os.write(1, b"nor is this\n")
        hosts = np.arange(problem.layers * (problem.experts + 1)).reshape(problem.layers, -1)
        return Hosts(gateways=hosts[:, 0], experts=hosts[:, 1:])


def evaluate(study: Study, silent, *, workers: int = 2):
    with Workers(workers) as pool:
        return evaluate_study(study, workers=pool, progress=silent)


def rows(results):
    return [
        (row.variant, row.seed, row.placement, row.expected.s_per_token, tuple(row.expected.parts_s.items()))
        for row in results.evaluations
    ]


def test_every_variant_is_what_the_pipeline_says_of_the_scenario_by_hand(small_ring, silent) -> None:
    study = Study(
        name="s",
        base=small_ring(survival=0.9),
        seeds=(4, 9),
        sweep=Sweep(
            label="survival",
            points={p: {"links.outages.0.survival_probability": p} for p in (0.8, 1.0)},
        ),
    )

    results = evaluate(study, silent)

    by_hand = []
    for name, survival in ((CHOSEN, 0.9), ("survival: 0.8", 0.8), ("survival: 1", 1.0)):
        for seed in (4, 9):
            experiment = pipeline.prepare(small_ring(survival=survival, seed=seed), progress=silent)
            for placement in experiment.placements:
                expected = pipeline.expect(experiment, placement)
                parts = tuple(expected.parts_s.items())
                by_hand.append((name, seed, placement.name, expected.s_per_token, parts))
    assert rows(results) == by_hand
    assert results.failures == ()
    assert not results.is_interrupted
    assert results.axis == "survival"


def test_the_number_of_workers_changes_nothing(small_ring, silent) -> None:
    study = Study(
        name="s",
        base=small_ring(survival=0.9),
        seeds=(1, 2, 3),
        alternatives=(alternative("higher", {"constellation.altitude_km": 1600}),),
    )

    alone, many = evaluate(study, silent, workers=1), evaluate(study, silent, workers=4)

    assert rows(alone) == rows(many)
    assert len(rows(alone)) == 2 * 3 * 2


def test_a_variant_that_does_not_fit_is_named_and_the_others_stand(small_ring, silent) -> None:
    """One plane of 8 satellites has no room for 3 x (3 + 1) hosts."""
    study = Study(
        name="s",
        base=small_ring(),
        alternatives=(
            alternative("one plane", {"constellation.planes": 1, "constellation.phasing": 0}),
            alternative("higher", {"constellation.altitude_km": 1600}),
        ),
    )

    results = evaluate(study, silent)

    (failure,) = results.failures
    assert (failure.variant, failure.seed, failure.placement) == ("sky: one plane", 1, None)
    assert "12 hosts needed" in failure.error
    assert {row.variant for row in results.evaluations} == {CHOSEN, "sky: higher"}


@pytest.mark.parametrize(
    ("trouble", "placement", "words"),
    [
        ("killed", None, "its process was killed by SIGKILL; it said: nothing"),
        ("bug", None, "KeyError: 'a bug of mine'"),
    ],
)
def test_a_child_that_breaks_is_named_and_the_others_stand(
    small_ring, silent, trouble, placement, words
) -> None:
    study = Study(
        name="s",
        base=small_ring(placements=(Misbehaving(),)),
        seeds=(1, 2),
        alternatives=(
            alternative("broken", {"placements.0": Misbehaving(trouble=trouble)}),
            alternative("higher", {"constellation.altitude_km": 1600}),
        ),
    )

    results = evaluate(study, silent, workers=1)

    assert [failure.seed for failure in results.failures] == [1, 2]
    for failure in results.failures:
        assert (failure.variant, failure.placement) == ("sky: broken", placement)
        assert words in failure.error
    assert {(row.variant, row.seed) for row in results.evaluations} == {
        (variant, seed) for variant in (CHOSEN, "sky: higher") for seed in (1, 2)
    }


def test_what_an_algorithm_prints_is_no_answer(small_ring, silent) -> None:
    quiet = Study(name="s", base=small_ring(placements=(Misbehaving(),)))
    loud = Study(name="s", base=small_ring(placements=(Misbehaving(trouble="talkative"),)))

    assert rows(evaluate(loud, silent)) == rows(evaluate(quiet, silent))


def test_what_is_warned_of_is_told_and_the_results_stand(small_ring, silent) -> None:
    study = Study(name="s", base=small_ring(placements=(Misbehaving(trouble="unsure"),)), seeds=(5,))

    results = evaluate(study, silent)

    (remark,) = results.remarks
    assert (remark.variant, remark.seed) == (CHOSEN, 5)
    assert remark.remark == "the optimum is not proven"
    assert len(results.evaluations) == 1


def test_placements_without_a_path_are_named_one_by_one(small_ring, silent) -> None:
    study = Study(name="s", base=small_ring(survival=0.02, slots=2, placements=("spacemoe", "rand-place")))

    results = evaluate(study, silent)

    assert {failure.placement for failure in results.failures} == {"spacemoe", "rand-place"}
    for failure in results.failures:
        assert "no slot has a path" in failure.error


class Interrupting:
    """Presses Ctrl-C once a number of evaluations are done."""

    def __init__(self, after: int) -> None:
        self.after = after
        self.pressed_s = 0.0

    def stage(self, text: str) -> None: ...

    def expect(self, tokens: int) -> None: ...

    def tokens(self, placement: str, done: int) -> None: ...

    def count(self, done: int, total: int, words: str) -> None:
        assert words == "evaluations"
        if done == self.after:
            self.pressed_s = time.monotonic()
            raise KeyboardInterrupt


def children() -> set[str]:
    """Return the child processes of this one, those that nobody has waited for included."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has ended since
            _, parent, *_ = stat.read_text().rpartition(")")[2].split()
            if int(parent) == os.getpid():
                found.add(stat.parent.name)
    return found


def test_an_interrupted_study_keeps_its_rows_and_leaves_no_process(small_ring) -> None:
    before = children()
    study = Study(
        name="s",
        base=small_ring(placements=(Misbehaving(),)),
        seeds=(1, 2),
        alternatives=(
            alternative("higher", {"constellation.altitude_km": 1600}),
            alternative("slow", {"placements.0": Misbehaving(trouble="slow")}),
        ),
    )
    progress = Interrupting(after=2)

    with Workers(1) as pool:
        results = evaluate_study(study, workers=pool, progress=progress)
        stopped_s = time.monotonic()

    assert stopped_s - progress.pressed_s < LONGEST_STOP_S
    assert results.is_interrupted
    assert [(row.variant, row.seed) for row in results.evaluations] == [(CHOSEN, 1), ("sky: higher", 1)]
    assert results.failures == ()
    assert children() == before
