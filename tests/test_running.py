"""A run: what is asked for first, and what comes of it in which order."""

import pytest

from spacemoe_ns3 import pipeline, running
from spacemoe_ns3.errors import SimulationError, UndeliveredError
from spacemoe_ns3.packet import TaskEvent


class Waiting:
    """An executor that takes tasks and tells, in the end, what a test wants to hear of each."""

    def __init__(self, log, *, news=lambda name: SimulationError("lost")):
        self.log, self.news = log, news
        self.asked = []

    def warm_up(self):
        self.log.append("warm up")

    def submit(self, name, plan, folder):
        self.log.append(f"submit {name}")
        self.asked.append(name)

    def events(self, *, wait):
        if wait:
            for name in reversed(self.asked):
                yield TaskEvent(name=name, tokens=0, outcome=self.news(name))

    def close(self):
        self.log.append("close")


@pytest.fixture
def log(monkeypatch):
    """What happens in a run, in order; delays around gateways among it."""
    said = []
    find = pipeline.frozen_message_delays

    def found(*arguments, **settings):
        said.append("delays")
        return find(*arguments, **settings)

    monkeypatch.setattr(pipeline, "frozen_message_delays", found)
    return said


def run(scenario, executor, folder, silent, *, engine="both"):
    experiment = pipeline.lay_out(scenario, progress=silent)
    return running.run_scenario(
        scenario,
        experiment,
        engine=engine,
        captures=(),
        executor=executor,
        folder=folder,
        progress=silent,
    )


def test_packets_are_asked_for_before_delays_have_been_found(small_ring, silent, tmp_path, log):
    """Of placements that need none; of the others before the formula, which takes longest."""
    run(small_ring(placements=("spacemoe", "rand-place", "rand-intra")), Waiting(log), tmp_path, silent)

    assert log[:5] == ["warm up", "submit rand-place", "submit rand-intra", "delays", "submit spacemoe"]
    assert log[-1] == "close"


def test_placements_and_failures_are_in_the_order_of_the_scenario(small_ring, silent, tmp_path, log):
    names = ("near-random", "rand-place", "spacemoe", "rand-intra-cg")
    experiment, outcome = run(small_ring(placements=names), Waiting(log), tmp_path, silent)

    assert tuple(placement.name for placement in experiment.placements) == names
    assert tuple(outcome.failures) == names
    assert not outcome.results


def test_without_packets_nothing_is_asked_of_the_executor(small_ring, silent, tmp_path, log):
    _, outcome = run(small_ring(), Waiting(log), tmp_path, silent, engine="analytic")

    assert tuple(outcome.results) == ("spacemoe", "rand-place")
    assert not [each for each in log if each.startswith(("warm", "submit"))]


def test_where_the_formula_fails_its_words_stand_whatever_the_packets_say(small_ring, silent, tmp_path, log):
    """So the failure of a run does not depend on which of the two ended first."""
    scenario = small_ring(survival=1e-9, slots=4)
    _, alone = run(scenario, Waiting(log), tmp_path / "alone", silent, engine="analytic")
    _, both = run(scenario, Waiting(log), tmp_path / "both", silent)

    assert alone.failures
    for name, failure in alone.failures.items():
        assert isinstance(failure, UndeliveredError)
        assert str(both.failures[name]) == str(failure)


def test_a_placement_alone_is_made_as_among_all(small_ring, silent):
    scenario = small_ring(placements=("spacemoe", "rand-place"))
    experiment = pipeline.prepare(scenario, progress=silent)
    laid_out = pipeline.lay_out(scenario, progress=silent)
    made = {each.name: each for each in pipeline.placements_of(scenario, laid_out, progress=silent)}

    assert list(made) == ["rand-place", "spacemoe"]
    for placement in experiment.placements:
        assert (placement.experts == made[placement.name].experts).all()
        assert (placement.gateways == made[placement.name].gateways).all()
