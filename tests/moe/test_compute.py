"""Computers: how long work takes, what they are, and who carries which."""

import math

import pytest

from spacemoe_ns3.constants import SECONDS_PER_YEAR
from spacemoe_ns3.errors import ScenarioError
from spacemoe_ns3.moe import COMPUTERS, Computer, Hardware, OnBoard, Work, model_named
from spacemoe_ns3.moe.computers import computer_named

HALF_A_NANOSECOND = 0.5
TERA, GIGA = 1e12, 1e9
NVIDIA_AND_GOOGLE = {  # name: dense half-precision FLOP/s, bytes, bytes a second
    "a100": (312 * TERA, 80 * GIGA, 2.039 * TERA),  # NVIDIA A100 data sheet, SXM 80 GB
    "h100": (989.4 * TERA, 80 * GIGA, 3.35 * TERA),  # NVIDIA H100 data sheet, SXM, without sparsity
    "tpu-v6e": (918 * TERA, 32 * GIGA, 1.6 * TERA),  # cloud.google.com/tpu/docs/v6e
    "jetson-agx-orin": (170 / 4 * TERA, 64 * GIGA, 204.8 * GIGA),  # NVIDIA Jetson AGX Orin technical brief
}


@pytest.mark.parametrize(("flops", "nanoseconds"), [(0, 0), (1, 1), (1e9, 10**9), (1.4, 1), (1.6, 2)])
def test_a_computer_of_a_gigaflop_takes_a_nanosecond_a_flop(flops, nanoseconds):
    one = Computer(name="one", peak_flops=1e9)

    assert one.duration_ns(Work(flops, 1e12), roofline=False) == nanoseconds


def test_a_computer_that_is_half_used_takes_twice_as_long():
    whole, half = (Computer(name="c", peak_flops=3e9, utilisation=share) for share in (1.0, 0.5))
    work = Work(6e9, 0)

    assert half.duration_ns(work, roofline=False) == 2 * whole.duration_ns(work, roofline=False) == 4 * 10**9


@pytest.mark.parametrize(
    ("work", "seconds"),
    [
        (Work(6e9, 1e9), 4),  # 1.5 GFLOP/s: computing binds
        (Work(6e9, 16e9), 4),  # the ridge: both take as long
        (Work(6e9, 20e9), 5),  # 4 GB/s: reading binds
        (Work(0, 20e9), 5),
        (Work(6e9, 0), 4),
    ],
)
def test_by_the_roofline_the_longer_of_computing_and_reading_counts(work, seconds):
    computer = Computer(name="c", peak_flops=3e9, utilisation=0.5, memory_bandwidth_bytes_s=4e9)

    assert computer.duration_ns(work, roofline=True) == seconds * 10**9
    assert computer.duration_ns(work, roofline=False) == work.flops / 1.5e9 * 10**9


def test_a_decoded_token_is_bound_by_memory_in_bf16_on_an_h100():
    """A FLOP a byte, far below its ridge of some 200: an expert takes its bytes over 3.35 TB/s."""
    expert_bytes = 3 * 4096 * 1376 * 2

    computed_ns = COMPUTERS["h100"].duration_ns(model_named("llama-moe-3.5b").expert_work(), roofline=True)

    assert abs(computed_ns - expert_bytes / 3.35e12 * 1e9) <= HALF_A_NANOSECOND


def test_a_roofline_without_bandwidth_is_refused_with_the_computer_and_the_remedy():
    with pytest.raises(
        ScenarioError, match=r"hardware: the memory bandwidth of rad5545 is not known, .*roofline=False"
    ):
        COMPUTERS["rad5545"].duration_ns(Work(1, 1), roofline=True)


def test_a_job_of_over_a_year_is_refused():
    slow = Computer(name="slow", peak_flops=1)

    with pytest.raises(ScenarioError, match=r"hardware: slow needs .* at most a year is allowed"):
        slow.duration_ns(Work(SECONDS_PER_YEAR, 0), roofline=False)


def test_the_sbc_2a72_computes_an_expert_in_the_time_that_the_papers_figures_give():
    """10.4 GFLOP/s, 70 % of them used (arXiv 2605.00515): 7.28 GFLOP/s; an expert has 33.82 MFLOP."""
    by_hand_ns = 2 * 3 * 4096 * 1376 / 7.28e9 * 1e9

    work = model_named("llama-moe-3.5b").expert_work()
    computed_ns = COMPUTERS["sbc-2a72"].duration_ns(work, roofline=False)

    assert abs(computed_ns - by_hand_ns) <= HALF_A_NANOSECOND
    assert round(computed_ns / 1e6, 2) == 4.65  # milliseconds


@pytest.mark.parametrize(
    ("name", "peak_flops", "memory_bytes"),
    [("rad5545", 3.7e9, 4e9), ("sbc-2a72", 10.4e9, 8e9), ("spacecloud-ix10", 26e12, 24e9)],
)
def test_the_papers_computers_are_as_the_paper_quotes_them(name, peak_flops, memory_bytes):
    """It gives no memory bandwidth."""
    computer = COMPUTERS[name]

    assert (computer.peak_flops, computer.memory_bytes) == (peak_flops, memory_bytes)
    assert computer.memory_bandwidth_bytes_s is None
    assert "arXiv 2605.00515" in computer.source


@pytest.mark.parametrize("name", NVIDIA_AND_GOOGLE)
def test_data_centre_computers_are_as_their_makers_state(name):
    computer = COMPUTERS[name]

    stated = (computer.peak_flops, computer.memory_bytes, computer.memory_bandwidth_bytes_s)
    assert stated == pytest.approx(NVIDIA_AND_GOOGLE[name])


@pytest.mark.parametrize("name", COMPUTERS)
def test_every_computer_has_its_name_and_a_source_that_owns_up_to_assumptions(name):
    computer = COMPUTERS[name]

    assert computer.name == name
    assert ("assumption" in computer.source) == (name != "sbc-2a72")  # the paper gives 70 % for that one


@pytest.mark.parametrize(
    ("field", "value", "rule"),
    [
        ("peak_flops", 0, "at least 1"),
        ("peak_flops", math.nan, "at least 1"),
        ("utilisation", 0, "above 0 and at most 1"),
        ("utilisation", 1.01, "above 0 and at most 1"),
        ("memory_bytes", 0, "at least 1"),
        ("memory_bytes", "8 GB", "at least 1"),
        ("memory_bandwidth_bytes_s", -1.0, "at least 1"),
        ("name", 3, "a string"),
        ("source", None, "a string"),
    ],
)
def test_a_value_out_of_range_is_refused_with_its_path_and_rule(field, value, rule):
    with pytest.raises(ScenarioError) as caught:
        Computer(**{"name": "c", "peak_flops": 1e9, field: value})

    assert str(caught.value) == f"computer.{field}: {value!r} given, must be {rule}"


def test_hardware_takes_computers_and_names_of_computers():
    own = Computer(name="own", peak_flops=1e9)
    hardware = Hardware(gateway="spacecloud-ix10", expert=own)

    assert hardware.gateway_computer is COMPUTERS["spacecloud-ix10"]
    assert hardware.expert_computer is own


def test_the_kinds_of_computers_are_that_of_gateways_of_experts_and_of_named_satellites():
    others = (
        OnBoard(computer="h100", satellites=(3, 1)),
        OnBoard(computer="a100", satellites=(7,)),
    )

    computers = Hardware(gateway="rad5545", expert="sbc-2a72", satellites=others).computers

    assert [computer.name for computer in computers] == ["rad5545", "sbc-2a72", "h100", "a100"]


@pytest.mark.parametrize("field", ["gateway", "expert"])
def test_an_unknown_computer_is_refused_with_its_path_and_the_nearest_name(field):
    with pytest.raises(
        ScenarioError, match=rf"hardware\.{field}: 'sbc-2a73' is not known; did you mean sbc-2a72"
    ):
        Hardware(**{"gateway": "rad5545", "expert": "rad5545", field: "sbc-2a73"})


@pytest.mark.parametrize("field", ["gateway", "expert"])
def test_what_is_no_computer_is_refused(field):
    with pytest.raises(ScenarioError, match=rf"hardware\.{field}: 7 given, must be a Computer, or the name"):
        Hardware(**{"gateway": "rad5545", "expert": "rad5545", field: 7})


@pytest.mark.parametrize("place", ["gateway", "expert", "satellites"])
def test_a_roofline_needs_the_bandwidth_of_every_computer(place):
    without = {
        "gateway": "h100",
        "expert": "h100",
        "satellites": (OnBoard(computer="a100", satellites=(1,)),),
        place: (OnBoard(computer="rad5545", satellites=(1,)),) if place == "satellites" else "rad5545",
    }

    assert not Hardware(**without).roofline
    with pytest.raises(ScenarioError, match="the memory bandwidth of rad5545 is not known"):
        Hardware(**without, roofline=True)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"computer": "h101"}, r"hardware\.satellites\.computer: 'h101' is not known; did you mean h100"),
        ({"satellites": ()}, r"hardware\.satellites\.satellites: none given"),
        ({"satellites": (3)}, r"satellites: 3 given, must be a tuple of numbers; a single one needs a comma"),
        ({"satellites": (-1,)}, r"satellites: -1 given, must be a whole number, at least 0"),
        ({"satellites": (1.5,)}, r"satellites: 1\.5 given, must be a whole number"),
        ({"satellites": (4, 2, 4)}, r"satellite 4 given twice, carries one computer; name it once"),
    ],
)
def test_satellites_of_a_computer_that_cannot_be_are_refused(changes, words):
    with pytest.raises(ScenarioError, match=words):
        OnBoard(**{"computer": "h100", "satellites": (1, 2), **changes})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {
                "satellites": (
                    OnBoard(computer="h100", satellites=(1, 2)),
                    OnBoard(computer="a100", satellites=(2, 3)),
                )
            },
            "satellite 2 given twice",
        ),
        ({"satellites": OnBoard(computer="h100", satellites=(1,))}, "must be a tuple of OnBoard"),
        ({"satellites": ("h100",)}, "'h100' given, must be a tuple of OnBoard"),
        ({"roofline": "yes"}, r"hardware\.roofline: 'yes' given, must be True or False"),
    ],
)
def test_hardware_that_cannot_be_is_refused(changes, words):
    with pytest.raises(ScenarioError, match=words):
        Hardware(gateway="rad5545", expert="rad5545", **changes)


def test_a_computer_is_found_by_its_name_and_is_itself():
    own = Computer(name="own", peak_flops=1e9)

    assert computer_named("a100") is COMPUTERS["a100"]
    assert computer_named(own) is own
