"""``spacemoe-ns3 model``: what it prints, and refuses."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from spacemoe_ns3.cli.common import EXIT_INPUT
from spacemoe_ns3.moe import COMPUTERS, ZOO

ROOT = Path(__file__).parents[1]
CONFIGS = Path("tests") / "moe" / "configs"
NARROW_TERMINAL = 80  # columns


def model(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the command in the project's folder."""
    command = [sys.executable, "-m", "spacemoe_ns3", "model", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def printed(*arguments: str | Path) -> str:
    done = model(*arguments)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


@pytest.fixture(scope="module")
def llama() -> dict[str, object]:
    """Return what the command says of the paper's model, as JSON."""
    found: dict[str, object] = json.loads(printed("llama-moe-3.5b", "--json"))
    return found


def test_it_counts_what_the_paper_and_the_textbook_count(llama):
    """36.335 TFLOP a sequence without mask, 31.94 with; 8.871 GFLOP a token; 33.82 MFLOP an expert."""
    assert llama["prefill_without_mask_flops"] == pytest.approx(36.335e12, abs=0.0005e12)
    assert sum(part["flops"] for part in llama["prefill"].values()) == pytest.approx(31.94e12, abs=0.005e12)
    assert sum(part["flops"] for part in llama["decode"].values()) == pytest.approx(8.871e9, abs=0.0005e9)
    assert llama["decode"]["routed expert"]["flops"] == 32 * 2 * (2 * 3 * 4096 * 1376)
    assert llama["message_bytes"] == 4096 * 2


def test_the_parts_sum_to_the_total(llama):
    parts = llama["parts"].values()

    assert sum(part["number"] * part["parameters"] for part in parts) == llama["total_parameters"]
    assert sum(part["active"] * part["parameters"] for part in parts) == llama["active_parameters"]


def test_times_are_given_on_every_named_computer_unless_some_are_chosen(llama):
    assert [each["name"] for each in llama["computers"]] == list(COMPUTERS)

    chosen = json.loads(printed("llama-moe-3.5b", "--json", "--computer", "h100", "--computer", "sbc-2a72"))
    assert [each["name"] for each in chosen["computers"]] == ["h100", "sbc-2a72"]
    h100, sbc = chosen["computers"]
    assert h100["expert"]["binds"] == "memory"
    assert h100["expert"]["roofline_s"] == 3 * 4096 * 1376 * 2 / 3.35e12
    assert sbc["expert"]["flops_s"] == pytest.approx(4.65e-3, abs=0.005e-3)
    assert sbc["expert"]["roofline_s"] is None


def test_the_context_counts(llama):
    longer = json.loads(printed("llama-moe-3.5b", "--json", "--context", "8192"))

    assert longer["memory"]["cache_bytes"] == [2 * each for each in llama["memory"]["cache_bytes"]]
    more = longer["decode"]["attention"]["flops"] - llama["decode"]["attention"]["flops"]
    assert more == 32 * 4 * 4096 * 4096  # 4 s q a layer


@pytest.mark.parametrize("name", ["llama-moe-3.5b", "deepseek-v3", "gpt-oss-120b"])
def test_a_file_prints_what_the_model_of_the_zoo_prints(name):
    assert printed(CONFIGS / f"{name}.json") == printed(name)


def test_the_tables_say_what_the_json_says(llama):
    text = printed("llama-moe-3.5b")
    expert = next(line for line in text.splitlines() if line.startswith("each routed expert"))
    computer = next(line for line in text.splitlines() if line.startswith("sbc-2a72"))

    assert "6.739 G" in text
    assert "3.493 G" in text
    assert "36.34 TFLOP" in " ".join(text.split())
    assert "8,192 bytes" in " ".join(text.split())
    assert "33.82 MB" in expert
    assert "4.65 ms" in computer


def test_a_computer_with_too_little_memory_is_noted():
    text = " ".join(printed("deepseek-v3", "--computer", "rad5545").split())

    assert "Note: rad5545 has too little memory for the gateway of layer 0 (5.7" in text


def test_the_list_has_every_model_with_its_totals():
    rows = {line.split()[0]: line.split() for line in printed("--list").splitlines() if line.strip()}

    for name, each in ZOO.items():
        assert rows[name][-2:] == [
            f"{each.parameters() / 1e9:.3f}",
            f"{each.parameters(active_only=True) / 1e9:.3f}",
        ]


def test_the_list_is_json_on_request():
    found = json.loads(printed("--list", "--json"))

    assert {each["name"]: each["total_parameters"] for each in found} == {
        name: each.parameters() for name, each in ZOO.items()
    }


@pytest.mark.parametrize("name", ZOO)
def test_tables_fit_a_narrow_terminal(name):
    """Of text longer than the terminal only whole words are wrapped."""
    from io import StringIO

    from rich.console import Console

    from spacemoe_ns3.moe.account import account
    from spacemoe_ns3.report.model import render_model, render_models

    narrow, wide = (
        Console(file=StringIO(), width=width, highlight=False) for width in (NARROW_TERMINAL, 1000)
    )
    for console in (narrow, wide):
        found = account(ZOO[name], context_tokens=131_072, computers=tuple(COMPUTERS.values()))
        render_models(ZOO.values(), console=console)
        render_model(found, console=console)
    in_narrow, in_wide = (console.file.getvalue().split() for console in (narrow, wide))

    assert in_narrow == in_wide


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["mixtral"], "error: model: 'mixtral' is not known; did you mean mixtral-8x7b"),
        (["mixtral-8x7b", "--computer", "h10"], "error: --computer: 'h10' is not known; did you mean h100"),
        (["none.json"], "error: none.json: cannot be read (No such file or directory); name a config.json"),
        ([], "Name one model, or give --list."),
        (["mixtral-8x7b", "--list"], "Name one model, or give --list."),
        (["mixtral-8x7b", "--context", "0"], "--context"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(arguments, words):
    done = model(*arguments)

    assert done.returncode == EXIT_INPUT
    assert words in done.stderr
    assert done.stdout == ""
