"""What a study prints: every number where it belongs, and a dash where there is none."""

from __future__ import annotations

import io

from rich.console import Console
from studies.by_hand import points, study_results

from spacemoe_ns3.report.study import render_study
from spacemoe_ns3.study_results import CHOSEN, StudyRemark, Variant

NAN = float("nan")
LINKED = Variant(name="seam: linked", assumption="seam", chosen="not linked", reading="linked")


def printed(results, run=(), width=130):
    console = Console(file=io.StringIO(), width=width, highlight=False)
    render_study(results, run=list(run), console=console)
    return console.file.getvalue()


def cells(text, start):
    """Return the words of the first line that begins with something."""
    (line, *_) = [line for line in text.splitlines() if line.startswith(start)]
    return line[len(start) :].split()


def test_published_ours_difference_and_packets_stand_in_one_row(results):
    found = study_results(
        {CHOSEN: {"spacemoe": [1.0, 1.2], "rand-place": [3.0, 3.0]}},
        published={"spacemoe": (0.9, 1.1), "rand-place": (5.0, 5.0)},
    )

    text = printed(found, results)

    packets = f"{results[0].packet.s_per_token:.3f}"
    near = ["0.90", "-", "1.10", "1.100", "±0.141", "+10.0", "0.850", "±0.141", packets]
    assert cells(text, "spacemoe ") == near
    far = ["5.00", "-", "5.00", "3.000", "±0.000", "-40.0", "2.750", "±0.000", "-"]
    assert cells(text, "rand-place ") == far  # whose packets were not simulated
    assert "published: a paper" in text
    assert "mean of 2 seeds" in text


def test_gains_are_published_then_ours_in_total_and_in_light_time():
    found = study_results(
        {CHOSEN: {"spacemoe": [1.25], "rand-place": [3.25], "near-random": [2.25]}},
        published={"spacemoe": (1.0, 1.0), "rand-place": (5.0, 5.0)},
    )

    gains = printed(found).split("against")[1]

    assert cells(gains, "rand-place ") == ["5.00", "×", "2.60", "×", "3.00", "×"]
    assert cells(gains, "near-random ") == ["-", "1.80", "×", "2.00", "×"]


def test_each_reading_has_a_row_with_differences_and_the_worst():
    found = study_results(
        {
            CHOSEN: {"spacemoe": [1.1], "rand-place": [5.0]},
            LINKED.name: {"spacemoe": [1.0], "rand-place": [NAN]},
        },
        variants=(LINKED,),
        published={"spacemoe": (1.0, 1.0), "rand-place": (5.0, 5.0)},
    )

    text = printed(found)

    assert cells(text, "chosen ") == ["1.100", "+10", "%", "5.000", "+0", "%", "10.0"]
    assert cells(text, "seam: ") == ["not", "linked"]
    assert cells(text, "  linked ") == ["1.000", "+0", "%", "-", "0.0"]


def test_a_sweep_has_a_row_a_point_and_a_verdict_a_placement():
    axis = points(300, 1200)
    found = study_results(
        {
            axis[0].name: {"spacemoe": [1.0, 1.0], "rand-place": [5.0, 4.0]},
            axis[1].name: {"spacemoe": [1.0, 1.3], "rand-place": [4.0, 3.2]},
        },
        variants=axis,
        axis="altitude, km",
        reported={"spacemoe": "rises", "rand-place": "rises"},
    )

    text = printed(found)

    assert cells(text, "300 ") == ["1.000", "±0.000", "4.500", "±0.707"]
    assert cells(text, "1200 ") == ["1.150", "±0.212", "3.600", "±0.566"]
    verdicts = text.split("last over first")[1]
    unsure = ["%", "±15.0", "within", "the", "spread", "up"]
    light = ["+20.0", "%", "±20.0", *unsure[2:]]  # 0.15 s more of 0.75 s
    assert cells(verdicts, "spacemoe ") == ["rises", "+15.0", *unsure, *light]
    # Of the light time: 3.75/4.75 and 2.95/3.75, so -21.05 % and -21.33 %.
    against = ["does", "not", "hold", "down"]
    light = ["-21.2", "%", "±0.1", *against]
    assert cells(verdicts, "rand-place ") == ["rises", "-20.0", "%", "±0.0", *against, *light]


def test_without_anything_published_the_means_are_printed():
    text = printed(study_results({CHOSEN: {"spacemoe": [1.0, 1.2]}}))

    assert cells(text, "chosen ") == ["1.100", "±0.141"]


def test_a_remark_is_printed_once_however_often_it_was_made():
    remarks = [
        StudyRemark(variant=CHOSEN, seed=1, remark="a spare fits nowhere"),
        StudyRemark(variant=LINKED.name, seed=1, remark="a spare fits nowhere"),
        *(StudyRemark(variant=CHOSEN, seed=1, remark=f"remark {number}") for number in range(12)),
    ]

    text = printed(study_results({CHOSEN: {"spacemoe": [1.0]}}, remarks=tuple(remarks)))

    assert "Note (chosen, seed 1 and 1 more): a spare fits nowhere" in text
    assert text.count("Note (") == 10
    assert "Note: 3 more remarks in summary.json" in text
