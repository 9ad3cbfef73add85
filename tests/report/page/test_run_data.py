"""What of a run gets into its page: by hand, and by conservation."""

import base64

import numpy as np
import pytest
from report.page.hand_made_run import CircularSky, placement, write_run

from spacemoe_ns3 import load
from spacemoe_ns3.report.page.latency_data import mean_parts_ns
from spacemoe_ns3.report.page.run_data import run_data
from spacemoe_ns3.report.page.sky_data import sky_data
from spacemoe_ns3.report.page.token_data import chosen_tokens, token_data
from spacemoe_ns3.report.page.use_data import use_data
from spacemoe_ns3.results import PARTS


def read(packed):
    return np.frombuffer(base64.b64decode(packed["data"]), f"<{packed['type']}")


def evaluated(*names):
    return [placement(name, packet_s_per_token=1.0) for name in names]


def test_velocities_are_stored_within_half_a_step(tmp_path):
    sky = CircularSky(planes=3, satellites_per_plane=4)
    data = sky_data(load(write_run(tmp_path / "run", tables=sky.tables())))
    velocity_km_s = read(data["velocity"]).reshape(97, 12, 3) * data["velocityStepKmS"]
    exact_km_s = sky.velocities_m_s(60.0 * np.arange(97)) / 1000
    np.testing.assert_allclose(velocity_km_s, exact_km_s, rtol=0, atol=0.501 * data["velocityStepKmS"])
    assert data["velocityStepKmS"] < 3e-4  # 16 bits over 7.6 km/s


def test_a_page_of_many_satellites_has_fewer_knots_and_the_last_one(tmp_path):
    sky = CircularSky(planes=3, satellites_per_plane=4)
    results = load(write_run(tmp_path / "run", tables=sky.tables()))
    knots_s = read(sky_data(results, most_states=12 * 30)["knotMs"]) / 1000
    assert len(knots_s) <= 30
    assert set(np.diff(knots_s)) == {240.0}
    assert knots_s[-1] == 96 * 60


def test_a_run_without_tables_of_the_sky_has_none(tmp_path):
    assert sky_data(load(write_run(tmp_path / "run"))) is None


def test_a_link_is_as_busy_as_its_busier_direction(tmp_path):
    """Link 3 is busy 1e-5 of slot 0 one way and 1e-2 the other; link 1 all of slot 2."""
    rows = {
        "placement": np.repeat("one", 3),
        "engine": np.repeat("packet", 3),
        "slot": np.array([0, 0, 2]),
        "link": np.array([3, 3, 1]),
        "utilisation": np.array([1e-5, 1e-2, 1.0]),
    }
    run = write_run(
        tmp_path / "run",
        summary={"placements": evaluated("one"), "slots": 3},
        tables={"link_intervals": rows},
    )
    use = use_data(load(run), "one", most_rows=100)
    assert read(use["from"]).tolist() == [0, 1, 1, 2]
    assert read(use["link"]).tolist() == [3, 1]
    assert read(use["level"]).tolist() == [1 + round(0.8 * 254), 255]
    together = use_data(load(run), "one", most_rows=1)
    assert together["slotsTogether"] == 4
    assert read(together["from"]).tolist() == [0, 2]


def test_the_fastest_and_the_slowest_token_are_always_shown():
    latency_ns = np.array([7, 3, 9, 1, 5, 8, 2])
    places, rank = chosen_tokens(latency_ns, share=0.0)
    assert sorted(latency_ns[places]) == [1, 5, 9]
    assert rank.tolist() == [sorted(latency_ns).index(value) for value in latency_ns[places]]
    everything, _ = chosen_tokens(latency_ns, share=1.0)
    assert everything.tolist() == list(range(7))


def test_each_token_gets_its_own_pieces_in_order(tmp_path):
    """Rows of two tokens, mixed; the second has a queue of which nothing is light."""
    path = {
        "placement": np.repeat("one", 4),
        "engine": np.repeat("packet", 4),
        "token": np.array([1, 0, 1, 0]),
        "piece": np.array(["expert", "dispatch", "dispatch", "gateway"]),
        "kind": np.array(["queue", "hop", "hop", "compute"]),
        "start_ns": np.array([1500, 110, 1100, 100]),
        "end_ns": np.array([1600, 400, 1500, 110]),
        "propagation_ns": np.array([0, 280, 380, 0]),
        "queueing_ns": np.array([100, 4, 5, 0]),
        "serialisation_ns": np.array([0, 6, 15, 0]),
    }
    tokens = {
        "placement": np.repeat("one", 2),
        "engine": np.repeat("packet", 2),
        "token": np.array([0, 1]),
        "start_ns": np.array([100, 1100]),
        "latency_ns": np.array([300, 500]),
    }
    run = write_run(
        tmp_path / "run",
        summary={"placements": evaluated("one")},
        tables={"critical_path": path, "tokens": tokens},
    )
    data = token_data(load(run), "one", share=1.0)
    assert read(data["from"]).tolist() == [0, 2, 4]
    assert read(data["durationNs"]).tolist() == [10, 290, 400, 100]
    assert read(data["kind"]).tolist() == [1, 2, 2, 0]
    assert read(data["lightNs"]).tolist() == [0, 280, 380, 0]
    assert read(data["heldNs"]).tolist() == [0, 10, 20, 100]


def test_the_head_is_what_the_layers_leave_of_a_token():
    tokens = {"latency_ns": np.array([30, 50]), **{f"{part}_ns": np.array([30, 50]) for part in PARTS}}
    first = {"layer": np.array([0]), **{f"{part}_ns": np.array([4]) for part in PARTS}}
    second = {"layer": np.array([1, 0, 1]), **{f"{part}_ns": np.array([6, 8, 10]) for part in PARTS}}
    np.testing.assert_array_equal(mean_parts_ns(tokens, [first, second])[:, 0], [6.0, 8.0, 26.0])


@pytest.mark.packet
def test_the_pieces_of_every_shown_token_sum_to_its_latency(results):
    for about in run_data(results)["placements"]:
        tokens = about["tokens"]
        assert tokens["of"] == 6
        begin = read(tokens["from"])
        sums = np.add.reduceat(read(tokens["durationNs"]).astype(np.int64), begin[:-1])
        assert sums.tolist() == read(tokens["latencyNs"]).tolist()


@pytest.mark.packet
def test_bars_sum_to_the_mean_latency(results):
    for about in run_data(results)["placements"]:
        for engine, latency in about["latency"]["engines"].items():
            latency_ns = results.columns("tokens", placement=about["name"], engine=engine)["latency_ns"]
            assert read(latency["layersNs"]).sum() == pytest.approx(latency_ns.mean(), rel=1e-12)
