"""How busy computers were, what waited there, and what went between whom: by hand, and through ns-3."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from builders import hosts, work
from packet_circle import LOSS, RECOVERY, TOKENS, circle, plan_over, record_all, result_of

from spacemoe_ns3 import Tcp
from spacemoe_ns3.packet import Records
from spacemoe_ns3.packet.occupancy import occupancy_of, traffic_columns
from spacemoe_ns3.packet.plan import (
    ABANDONED_COLUMNS,
    BATCH_COLUMNS,
    DISPATCH,
    EXPERT,
    GATEWAY,
    HEAD,
    JOB_COLUMNS,
    LINK_COLUMNS,
    MESSAGE_COLUMNS,
    RESIDUAL,
    RESULT,
)
from spacemoe_ns3.results import DROP_REASONS, TokenTrace

MOE_HEADER_BYTES = 36  # docs/wire-format.md


def table(columns, *rows):
    """Rows of records, each told by some of its columns; the others are zero."""
    return np.array([[row.get(name, 0) for name in columns] for row in rows], np.int64).reshape(
        -1, len(columns)
    )


def records_of(*, jobs=(), batches=(), messages=()):
    """What ns-3 might have recorded."""
    return Records(
        messages=table(MESSAGE_COLUMNS, *messages),
        jobs=table(JOB_COLUMNS, *jobs),
        batches=table(BATCH_COLUMNS, *batches),
        account=np.zeros((2 + len(DROP_REASONS), 3), np.int64),
        extras=np.zeros((3, 2), np.int64),
        abandoned=table(ABANDONED_COLUMNS),
        links=np.zeros((0, 2, len(LINK_COLUMNS)), np.int64),
        in_flight=0,
        refused_jobs=0,
        background=np.zeros((2 + len(DROP_REASONS), 2), np.int64),
        background_in_flight=0,
        events=0,
        ended_ns=100,
    )


def job(kind, request, submitted, started, finished, *, satellite=3):
    return {
        **{"kind": kind, "request": request, "satellite": satellite},
        **{"submitted": submitted, "started": started, "finished": finished},
    }


def seen(start_ns, end_ns):
    """A trace of which only the first start and the last end matter."""
    trace = TokenTrace.empty(tokens=1, layers=1, fan_out=1, sends_residual=False)
    trace.start[:], trace.head_finished[:] = start_ns, end_ns
    return trace


def test_a_computer_by_hand():
    """Satellite 3 serves [0, 10), [10, 14), a batch of two in [14, 20), and [20, 25); satellite 5 nobody.

    The second waits from 2, the batch's steps from 4 and from 7, the last not at all. So three wait in
    [7, 10), and waits are 8, 10 and 7 of fifty nanoseconds.
    """
    records = records_of(
        jobs=[
            job(GATEWAY, 0, 0, 0, 10),
            job(EXPERT, 0, 2, 10, 14),
            job(GATEWAY, 1, 4, 14, 20),
            job(HEAD, 1, 20, 20, 25),
        ],
        batches=[{"kind": GATEWAY, "request": 1, "member_request": 2, "submitted": 7}],
    )

    found = occupancy_of(
        records, placement=hosts(gateways=[3], experts=[[3, 5]], hosts_per_satellite=None), trace=seen(0, 50)
    ).columns()

    expected = {
        **{"satellite": [3, 5], "jobs": [4, 0], "submitted": [5, 0]},
        **{"busy_ns": [25, 0], "busy_share": [0.5, 0.0]},
        **{"waiting_mean": [0.5, 0.0], "waiting_max": [3, 0]},
        **{"wait_mean_ns": [5.0, 0.0], "wait_max_ns": [10, 0]},
    }
    assert {name: column.tolist() for name, column in found.items()} == expected


def test_who_starts_in_the_nanosecond_in_which_another_comes_waits_no_longer():
    records = records_of(jobs=[job(EXPERT, 0, 0, 5, 9), job(EXPERT, 1, 5, 9, 12), job(EXPERT, 2, 9, 12, 13)])

    found = occupancy_of(
        records, placement=hosts(gateways=[3], experts=[[3]], hosts_per_satellite=None), trace=seen(0, 13)
    ).columns()

    assert found["waiting_max"].tolist() == [1]


def test_two_parts_are_as_busy_as_both_together():
    """A second part on another satellite and on the first; whoever waited most did so in either."""
    host = hosts(gateways=[3], experts=[[3, 5]], hosts_per_satellite=None)
    first = records_of(jobs=[job(EXPERT, 0, 0, 5, 9), job(EXPERT, 1, 5, 9, 12)])
    second = records_of(jobs=[job(EXPERT, 2, 20, 28, 30), job(EXPERT, 3, 21, 30, 31)])
    both = records_of(
        jobs=[
            *(job(EXPERT, 0, 0, 5, 9), job(EXPERT, 1, 5, 9, 12)),
            *(job(EXPERT, 2, 20, 28, 30), job(EXPERT, 3, 21, 30, 31)),
        ]
    )

    one = occupancy_of(first, placement=host, trace=seen(0, 12))
    other = occupancy_of(second, placement=host, trace=seen(20, 31))
    expected = occupancy_of(both, placement=host, trace=seen(0, 31)).columns()
    for name, values in one.plus(other).columns().items():
        np.testing.assert_array_equal(values, expected[name], err_msg=name)


def test_a_matrix_by_hand():
    """Two dispatches of three tokens in all, one result, and a residual that stays where it is."""
    records = records_of(
        messages=[
            {"kind": DISPATCH, "from_satellite": 7, "to_satellite": 2, "tokens": 1},
            {"kind": RESULT, "from_satellite": 2, "to_satellite": 7, "tokens": 1},
            {"kind": DISPATCH, "from_satellite": 7, "to_satellite": 2, "tokens": 2},
            {"kind": RESIDUAL, "from_satellite": 7, "to_satellite": 7, "tokens": 2},
        ]
    )

    found = traffic_columns(
        records, workload=work(activations=np.zeros((1, 1, 1)), experts=1, message_bytes=1000)
    )

    assert {name: column.tolist() for name, column in found.items()} == {
        "from_satellite": [2, 7, 7],
        "to_satellite": [7, 2, 7],
        "kind": ["result", "dispatch", "residual"],
        "messages": [1, 2, 1],
        "tokens": [1, 3, 2],
        "bytes": [1000, 3000, 2000],
    }


def in_batches(timeline=None, **settings):
    """Four sequences of three steps that start in one nanosecond: two go together, and two wait."""
    plan = plan_over(timeline or circle(), **settings)
    workload = dataclasses.replace(
        plan.workload, batch=2, starts_ns=np.zeros(4, np.int64), sequence_tokens=np.full(4, 3, np.int32)
    )
    return dataclasses.replace(plan, workload=workload)


PLANS = {
    "batches": in_batches,
    "lossy": lambda: in_batches(circle(packet_error_rate=LOSS), transport=RECOVERY),
    "tcp": lambda: in_batches(transport=Tcp()),
}


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """What ns-3 recorded of each plan."""
    return record_all(PLANS, tmp_path_factory.mktemp("occupancy"))


@pytest.mark.packet
@pytest.mark.parametrize("name", PLANS)
def test_the_sums_of_the_matrix_are_the_account(name, recorded):
    """Messages of batches and copies alike: the matrix counts each message once, the hidden states in it."""
    plan = PLANS[name]()
    result = result_of(plan, recorded[name])
    account, traffic = result.account.as_dict(), result.traffic

    assert traffic["messages"].sum() == account["messages"]["received"] == account["messages"]["sent"]
    for kind in ("dispatch", "result"):
        assert traffic["tokens"][traffic["kind"] == kind].sum() == plan.workload.shares.sum()
    assert traffic["tokens"][traffic["kind"] == "residual"].sum() == TOKENS * plan.workload.layers
    if name != "tcp":  # which cuts its stream as it likes
        headers = MOE_HEADER_BYTES * account["segments"]["sent_first"]
        assert traffic["bytes"].sum() == account["bytes"]["sent_first"] - headers


@pytest.mark.packet
@pytest.mark.parametrize("name", PLANS)
def test_computers_are_busy_as_long_as_their_jobs_take(name, recorded):
    """The work is known beforehand; every step of a queue is there."""
    plan = PLANS[name]()
    result = result_of(plan, recorded[name])
    satellites, computing = result.satellites, plan.workload.computing

    assert satellites["satellite"].tolist() == [0, 1, 2, 3, 4, 5, 6, 7]
    first = satellites["satellite"] == 4  # gateway of layer 1, no head: n steps of a batch take n times one
    assert satellites["submitted"][first] == TOKENS
    assert satellites["busy_ns"][first] == TOKENS * int(computing.gateways_ns(plan.placement.gateways)[1])
    assert (satellites["busy_share"] <= 1).all()
    assert (satellites["waiting_max"] >= satellites["waiting_mean"]).all()
    assert satellites["waiting_mean"].max() > 0


@pytest.mark.packet
@pytest.mark.parametrize("name", PLANS)
def test_how_many_wait_integrated_over_time_is_the_sum_of_waits(name, recorded):
    """Little's law with two accounts: an integral over events in time, and waits one by one."""
    records, plan = recorded[name], PLANS[name]()
    jobs = dict(zip(JOB_COLUMNS, records.jobs.T, strict=True))
    members = dict(zip(BATCH_COLUMNS, records.batches.T, strict=True))
    result = result_of(plan, records)
    span_ns = (result.tokens["start_ns"] + result.tokens["latency_ns"]).max()
    for place, satellite in enumerate(result.satellites["satellite"].tolist()):
        events = []
        for row in range(len(jobs["kind"])):
            if jobs["satellite"][row] != satellite:
                continue
            together = [jobs["submitted"][row]]
            if jobs["kind"][row] != EXPERT:
                names = ("kind", "layer", "request", "token")
                same = np.all([members[name] == jobs[name][row] for name in names], axis=0)
                together += members["submitted"][same].tolist()
            for submitted in together:
                events += [(int(submitted), 1), (int(jobs["started"][row]), -1)]
        integral, level, most, now = 0, 0, 0, 0
        for at, change in sorted(events):
            integral += level * (at - now)
            now, level = at, level + change
            most = max(most, level)

        assert result.satellites["waiting_mean"][place] * span_ns == pytest.approx(integral, rel=1e-12)
        assert result.satellites["waiting_max"][place] == most
