"""A Perfetto trace says what the tables say, to the nanosecond."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime, timezone

import pyarrow.parquet as pq
import pytest
from perfetto.protos.perfetto.trace import perfetto_trace_pb2 as protos
from perfetto_reader import read

pytestmark = pytest.mark.packet
RUNS = ("first", "busy", "packed")
LAYERS = 6


def rows_of(run, table, **chosen):
    """Rows of a table, as objects."""
    rows = pq.read_table(run / f"{table}.parquet").to_pylist()
    return [row for row in rows if all(row[key] == value for key, value in chosen.items())]


def satellite_of(found, track):
    """The placement and satellite that a track is about; None for others."""
    path = found.path(track)
    if len(path) < 3 or path[1] != "satellites":
        return None
    return path[0].split(",")[0], int(path[2].split()[1].rstrip(":"))


@pytest.fixture(params=RUNS)
def both(request, run_of, trace_of):
    """The folder of a run, and its trace as it is read."""
    return run_of(request.param), read(trace_of(request.param))


def test_slices_of_a_track_lie_one_within_the_other_or_follow_each_other(both):
    _, found = both
    by_track = defaultdict(list)
    for each in found.slices:
        by_track[each.track].append(each)
    for slices in by_track.values():
        enclosing = []
        for each in slices:
            assert each.start <= each.end
            while enclosing and enclosing[-1].end <= each.start:
                enclosing.pop()
            assert all(each.end <= other.end for other in enclosing)
            enclosing.append(each)


def test_every_job_is_a_slice_from_its_start_to_its_end_on_its_satellite(both):
    run, found = both
    seen = {
        (*satellite_of(found, each.track), each.start, each.end)
        for each in found.slices
        if each.category == "compute"
    }
    jobs = rows_of(run, "jobs", engine="packet")
    assert seen == {
        (job["placement"], job["satellite"], job["started_ns"], job["finished_ns"]) for job in jobs
    }


def test_a_computer_computes_one_thing_at_a_time(both):
    """The packets' jobs of a satellite are on one track, none within another."""
    _, found = both
    for each in found.slices:
        if each.category == "compute":
            assert len(found.path(each.track)) == 3
            assert each.depth == 1


def test_waiting_is_from_when_a_job_is_ready_to_when_it_begins(both):
    run, found = both
    seen = Counter(
        (*satellite_of(found, each.track), each.start, each.end)
        for each in found.slices
        if each.category == "wait"
    )
    assert seen == Counter(
        (job["placement"], job["satellite"], job["submitted_ns"], job["started_ns"])
        for job in rows_of(run, "jobs", engine="packet")
        if job["started_ns"] > job["submitted_ns"]
    )


def test_something_waits_under_load_and_steps_are_served_together(run_of, trace_of):
    """What the tests above would not notice if it did not occur."""
    found = read(trace_of("busy"))
    assert any(each.category == "wait" for each in found.slices)
    batches = [each for each in found.slices if each.category == "compute" and "tokens" in each.arguments]
    assert batches
    steps = {
        f"{job['sequence']}.{job['token']}"
        for job in rows_of(run_of("busy"), "jobs", engine="packet", started_ns=batches[0].start)
    }
    assert set(batches[0].arguments["tokens"].split(", ")) <= steps


def test_a_message_leads_from_the_job_that_sent_it_to_the_job_that_needed_it(both):
    """Each flow has a source, the message, and a sink; as many as the tables have messages."""
    run, found = both
    assert len(found.flows) == len(rows_of(run, "messages", engine="packet"))
    assert len({flow for flow, _ in found.flows}) == len(found.flows)
    for _, places in found.flows:
        source, message, sink = (found.slices[place] for place in places)
        assert (source.category, message.category, sink.category) == ("compute", "message", "compute")
        assert source.end == message.start
        assert message.end <= sink.start
        assert satellite_of(found, source.track) == satellite_of(found, message.track)
        assert satellite_of(found, sink.track)[1] == message.arguments["to_satellite"]


def test_flows_of_one_token_go_to_the_expert_and_on_to_the_next_gateway(trace_of):
    found = read(trace_of("first", "--placement", "spacemoe", "--tokens", "0:1"))
    ways = Counter()
    for _, places in found.flows:
        source, message, sink = (found.slices[place].name for place in places)
        layer = int(message.split()[1])
        after = f"layer {layer + 1} gateway" if layer + 1 < LAYERS else "head"
        if "dispatch" in message:
            expert = message.split()[-1]
            assert (source, sink) == (f"layer {layer} gateway", f"layer {layer} expert {expert}")
        elif "result" in message:
            assert (source, sink) == (f"layer {layer} expert {message.split()[-1]}", after)
        else:
            assert (source, sink) == (f"layer {layer} gateway", after)
        ways[message.split()[2]] += 1
    assert ways == {"dispatch": 2 * LAYERS, "result": 2 * LAYERS, "residual": LAYERS}  # top 2


def test_every_hosting_satellite_has_a_track_and_no_other(both):
    run, found = both
    seen = Counter(
        satellite_of(found, track)
        for track in found.tracks
        if len(found.path(track)) == 3 and satellite_of(found, track)
    )
    hosting = {(row["placement"], row["satellite"]) for row in rows_of(run, "hosts")}
    assert set(seen) == hosting
    assert set(seen.values()) == {1}


def test_shared_satellites_name_what_they_host(run_of, trace_of):
    found = read(trace_of("packed"))
    hosted = Counter(row["satellite"] for row in rows_of(run_of("packed"), "hosts"))
    assert max(hosted.values()) > 1
    for track, about in found.tracks.items():
        if len(found.path(track)) == 3 and satellite_of(found, track):
            words = about.description.count("gateway") + about.description.count("expert")
            assert words == hosted[satellite_of(found, track)[1]]


def test_a_request_has_its_tokens_their_layers_and_the_critical_path(both):
    """Begin and end of each, at depths one, two and three; the head's piece beside the layers."""
    run, found = both
    seen = defaultdict(Counter)
    for each in found.slices:
        path = found.path(each.track)
        if path[1] == "requests":
            place = path[0].split(",")[0], int(path[2].split()[1])
            seen[each.category][(*place, each.start, each.end)] += 1
            assert each.depth == {"token": 1, "layer": 2}.get(
                each.category, 3 if "layer" in each.arguments else 2
            )
    keys = "placement", "sequence"
    for table, category in (("tokens", "token"), ("layers", "layer")):
        assert seen[category] == Counter(
            (*(row[key] for key in keys), row["start_ns"], row["start_ns"] + row["latency_ns"])
            for row in rows_of(run, table, engine="packet")
        )
    assert seen["path"] == Counter(
        (*(row[key] for key in keys), row["start_ns"], row["end_ns"])
        for row in rows_of(run, "critical_path", engine="packet")
        if row["end_ns"] > row["start_ns"]
    )


def test_the_parts_of_a_token_sum_to_its_length(both):
    _, found = both
    for each in found.slices:
        if each.category in ("token", "layer", "path"):
            parts = [value for name, value in each.arguments.items() if name.endswith("_ns")]
            assert sum(parts) == each.end - each.start


def test_time_zero_is_the_epoch(both):
    _, found = both
    epoch = datetime(2026, 1, 1, tzinfo=timezone.utc)
    assert found.clocks == {
        protos.BUILTIN_CLOCK_BOOTTIME: 0,
        protos.BUILTIN_CLOCK_REALTIME: int(epoch.timestamp()) * 10**9,
    }


def test_counters_have_the_use_of_links_slot_by_slot_while_tokens_are_about(run_of, trace_of):
    """The share of each slot in which a direction of a link sent; zero from the end of the last token on."""
    run, found = run_of("first"), read(trace_of("first"))
    samples = {
        (found.path(track)[0].split(",")[0], found.path(track)[2]): values
        for track, values in found.samples.items()
        if found.path(track)[1] == "links, use in %"
    }
    tokens = rows_of(run, "tokens", engine="packet")
    seen = set()
    for row in rows_of(run, "link_intervals"):
        place = row["placement"], f"{row['from_satellite']} to {row['to_satellite']}"
        about = [token for token in tokens if token["placement"] == row["placement"]]
        end = max(token["start_ns"] + token["latency_ns"] for token in about)
        if row["busy_ns"]:
            values = dict(samples[place])
            share = row["busy_ns"] / (row["end_ns"] - row["start_ns"])
            assert values[row["start_ns"]] == pytest.approx(100 * share)
            assert max(values) == min(end, max(values))
            assert values[max(values)] == 0
            seen.add(place)
    assert seen == set(samples)
    for values in samples.values():
        times = [time for time, _ in values]
        assert times == sorted(set(times))


def test_the_formula_alone_is_a_trace_too(run_of, trace_of):
    found = read(trace_of("busy", "--engine", "analytic"))
    jobs = rows_of(run_of("busy"), "jobs", engine="analytic")
    seen = Counter((each.start, each.end) for each in found.slices if each.category == "compute")
    assert seen == Counter((job["started_ns"], job["finished_ns"]) for job in jobs)
    assert not found.samples


def test_tokens_are_chosen_in_the_order_of_sequences(run_of, trace_of):
    found = read(trace_of("first", "--placement", "spacemoe", "--tokens", "1:3"))
    tokens = sorted(
        (row["sequence"], row["token"])
        for row in rows_of(run_of("first"), "tokens", engine="packet", placement="spacemoe")
    )
    seen = [each.arguments for each in found.slices if each.category == "token"]
    assert [(each["sequence"], each["token"]) for each in seen] == tokens[1:3]


def test_the_same_run_gives_the_same_bytes(trace_of):
    first, again = trace_of("first"), trace_of("first", "--force")
    assert first != again
    assert first.read_bytes() == again.read_bytes()


def test_a_trace_does_not_depend_on_how_much_is_read_at_once(run_of, trace_of, tmp_path, monkeypatch):
    """Slices that reach from one span of time into another end all the same."""
    from spacemoe_ns3 import load
    from spacemoe_ns3.trace import rows
    from spacemoe_ns3.trace.write import write_trace

    monkeypatch.setattr(rows, "_LAYERS_A_SPAN", 1)
    place = write_trace(load(run_of("busy")), out=tmp_path / "small.pftrace")
    assert place.read_bytes() == trace_of("busy").read_bytes()
