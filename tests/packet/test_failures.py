"""What goes wrong in a simulation is named, and costs its own placement only."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from spacemoe_ns3 import LinkList, Scenario, pipeline
from spacemoe_ns3.errors import SimulationError, SpacemoeError, UndeliveredError, WriteError
from spacemoe_ns3.packet import LocalExecutor, Plan, Records, result_from_records

pytestmark = pytest.mark.packet

LONGEST_STOP_S = 1.0  # what a user is promised after Ctrl-C
LONGEST_START_S = 5.0  # of a process, on a busy machine


def plan_of(scenario: Scenario, silent: pipeline.Progress) -> Plan:
    """Return the plan of a scenario's first placement."""
    experiment = pipeline.prepare(scenario, progress=silent)
    placement = experiment.placements[0]
    return Plan(workload=experiment.workload, placement=placement, routes=experiment.routes_to(placement))


def outcomes(folder: Path, **plans: Plan) -> dict[str, Records | SpacemoeError]:
    """Run plans and return what became of them."""
    with LocalExecutor() as executor:
        for name, plan in plans.items():
            executor.submit(name, plan, folder / name)
        return {event.name: event.outcome for event in executor.events(wait=True) if event.outcome}


def test_an_abort_inside_ns3_is_an_error_of_its_own_placement(
    small_ring: Callable[..., Scenario], silent: pipeline.Progress, tmp_path: Path
) -> None:
    good = plan_of(small_ring(), silent)
    # An attribute outside its checker's range: ns-3 calls std::terminate.
    bad = replace(good, workload=replace(good.workload, message_bytes=0))
    found = outcomes(tmp_path, good=good, bad=bad)
    assert isinstance(found["good"], Records)
    assert isinstance(found["bad"], SimulationError)
    assert "MessageBytes" in str(found["bad"])


def test_a_full_disk_is_not_blamed_on_the_simulation(
    small_ring: Callable[..., Scenario],
    silent: pipeline.Progress,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    good = plan_of(small_ring(), silent)
    bad = replace(good, workload=replace(good.workload, message_bytes=0))  # aborts, as a failed write does
    full = SimpleNamespace(free=0)
    monkeypatch.setattr("spacemoe_ns3.packet.executor.shutil.disk_usage", lambda folder: full)
    found = outcomes(tmp_path, bad=bad)
    assert isinstance(found["bad"], WriteError)
    assert "disk is full" in str(found["bad"])


def test_a_killed_simulation_is_named_and_the_other_goes_on(
    small_ring: Callable[..., Scenario], silent: pipeline.Progress, tmp_path: Path
) -> None:
    plan = plan_of(small_ring(), silent)
    with LocalExecutor(workers=2) as executor:
        executor.submit("first", plan, tmp_path / "first")
        executor.submit("second", plan, tmp_path / "second")
        wait_for(lambda: children_of(tmp_path / "first"))
        (child,) = children_of(tmp_path / "first")
        os.kill(child, signal.SIGKILL)
        found = {event.name: event.outcome for event in executor.events(wait=True) if event.outcome}
    assert isinstance(found["second"], Records)
    assert isinstance(found["first"], SimulationError)
    assert "SIGKILL" in str(found["first"])


def test_a_full_queue_names_the_lost_message(
    small_ring: Callable[..., Scenario], silent: pipeline.Progress, tmp_path: Path
) -> None:
    plan = plan_of(small_ring(mtu_bytes=200, queue_packets=1), silent)
    records = outcomes(tmp_path, lost=plan)["lost"]
    assert isinstance(records, Records)
    with pytest.raises(UndeliveredError) as caught:
        result_from_records(
            records, workload=plan.workload, placement=plan.placement, ends=plan.routes.timeline.ends
        )
    for words in ("request 0", "token 0", "layer 0", "from satellite", "to satellite", "queue_packets"):
        assert words in str(caught.value)
    account = caught.value.account
    assert account is not None
    assert account["messages"]["dropped_by_reason"] == {"queue full": account["messages"]["dropped"]}
    for unit in account.values():
        assert unit["sent"] == unit["received"] + unit["dropped"] + unit["in_flight"]


def test_in_a_sky_without_links_a_message_waits_in_vain_and_is_named(
    small_ring: Callable[..., Scenario], silent: pipeline.Progress, tmp_path: Path
) -> None:
    scenario = small_ring(slots=4)
    nobody = replace(scenario, links=replace(scenario.links, topology=LinkList(pairs=())))
    stuck = outcomes(tmp_path, stuck=plan_of(nobody, silent))["stuck"]
    assert isinstance(stuck, UndeliveredError)
    assert "request 0, token 0, layer 0, " in str(stuck)


def test_a_message_that_can_never_arrive_is_named_and_does_not_hang(
    small_ring: Callable[..., Scenario], silent: pipeline.Progress, tmp_path: Path
) -> None:
    plan = plan_of(small_ring(survival=1e-9, slots=4), silent)
    stuck = outcomes(tmp_path, stuck=plan)["stuck"]
    assert isinstance(stuck, UndeliveredError)
    gateway, next_gateway = plan.placement.gateways[:2]
    assert "request 0, token 0, layer 0, dispatch of expert" in str(stuck)
    assert f"from satellite {gateway}" in str(stuck)
    assert next_gateway != gateway


def test_simulations_die_with_a_killed_parent(
    small_ring: Callable[..., Scenario], silent: pipeline.Progress, tmp_path: Path
) -> None:
    plan_of(small_ring(tokens=4000), silent).save(tmp_path / "plan")
    script = (
        "import sys; from pathlib import Path; from spacemoe_ns3.packet import LocalExecutor, Plan\n"
        "folder = Path(sys.argv[1]); executor = LocalExecutor()\n"
        "executor.submit('task', Plan.load(folder / 'plan'), folder / 'task'); print('started', flush=True)\n"
        "list(executor.events(wait=True))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "started\n"
        wait_for(lambda: children_of(tmp_path / "task"))
        time.sleep(1.0)  # let the child reach its work
        parent.kill()
    wait_for(lambda: not children_of(tmp_path / "task"), longest_s=LONGEST_STOP_S)


def test_a_dead_nursery_costs_the_tasks_that_ran_and_those_that_waited_go_on(
    small_ring: Callable[..., Scenario], silent: pipeline.Progress, tmp_path: Path
) -> None:
    long, short = plan_of(small_ring(tokens=4000), silent), plan_of(small_ring(), silent)
    with LocalExecutor(workers=1) as executor:
        executor.submit("first", long, tmp_path / "first")
        executor.submit("second", short, tmp_path / "second")
        wait_for(lambda: children_of(tmp_path / "first"))
        (child,) = children_of(tmp_path / "first")
        status = Path(f"/proc/{child}/status").read_text().split()
        os.kill(int(status[status.index("PPid:") + 1]), signal.SIGKILL)
        found = {event.name: event.outcome for event in executor.events(wait=True) if event.outcome}
    assert isinstance(found["second"], Records)
    assert isinstance(found["first"], SimulationError)
    assert "SIGKILL" in str(found["first"])
    assert not children_of(tmp_path / "first")


def test_closing_ends_what_runs_before_it_returns(
    small_ring: Callable[..., Scenario], silent: pipeline.Progress, tmp_path: Path
) -> None:
    with LocalExecutor() as executor:
        executor.submit("task", plan_of(small_ring(tokens=4000), silent), tmp_path / "task")
        wait_for(lambda: children_of(tmp_path / "task"))
    assert not children_of(tmp_path / "task")


def wait_for(condition: Callable[[], object], *, longest_s: float = LONGEST_START_S) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + longest_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def children_of(folder: Path) -> list[int]:
    """Return the processes whose standard error is in the folder of a task, on the whole machine."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/fd/2"):
        try:
            is_child = entry.readlink().parent == folder
        except OSError:
            continue
        if is_child:
            found.append(int(entry.parent.parent.name))
    return found
