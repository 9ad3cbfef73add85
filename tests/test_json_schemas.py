"""The published JSON Schemas say what the files of any run are, and refuse what they are not."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

ROOT = Path(__file__).parents[1]
SCHEMAS = ROOT / "spacemoe_ns3" / "json_schemas"
FILES = ("summary", "manifest")
pytestmark = pytest.mark.packet
RUNS = {
    "both engines": ["first_ring.py", "--tokens", "2"],
    "formula alone": ["first_ring.py", "--tokens", "2", "--engine", "analytic"],
    "packets alone": ["first_ring.py", "--tokens", "2", "--engine", "packet", "--pcap", "gateway:0"],
    "traffic, batches, background": ["busy_ring.py", "--tokens", "8", "--placement", "spacemoe"],
    "links that go down": ["living_links.py", "--tokens", "2", "--placement", "spacemoe"],
    "moving experts": ["first_ring.py", "--tokens", "2", "--placement", "re-placed-10"],
}


def validator(name):
    schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def run(arguments, out):
    command = ["run", str(ROOT / "scenarios" / arguments[0]), *arguments[1:], "--out", str(out), "--quiet"]
    done = subprocess.run([sys.executable, "-m", "spacemoe_ns3", *command], cwd=ROOT, check=False)
    assert done.returncode == 0
    return {name: json.loads((out / f"{name}.json").read_text()) for name in FILES}


@pytest.mark.parametrize("arguments", RUNS.values(), ids=RUNS)
def test_the_files_of_a_run_are_as_published(arguments, tmp_path):
    for name, content in run(arguments, tmp_path / "run").items():
        problems = [f"{each.json_path}: {each.message}" for each in validator(name).iter_errors(content)]
        assert not problems


def test_the_files_of_a_study_are_as_published(tmp_path):
    study = tmp_path / "study.py"
    study.write_text(
        "import sys\n"
        f"sys.path.append({str(ROOT / 'scenarios')!r})\n"
        "from dataclasses import replace\n"
        "from first_ring import scenario as ring\n"
        "from spacemoe_ns3 import Study, Sweep\n"
        "ring = replace(ring, placements=('near-random',))\n"
        "points = {km: {'constellation.altitude_km': km} for km in (1000, 1200)}\n"
        "study = Study(name='higher', base=ring, seeds=(1,), sweep=Sweep(label='km', points=points))\n"
        "del ring\n"
    )

    for name, content in run([str(study), "--tokens", "1"], tmp_path / "run").items():
        assert not list(validator(name).iter_errors(content))
        assert name == "manifest" or content["study"]


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    return run(RUNS["both engines"], tmp_path_factory.mktemp("runs") / "good")


@pytest.mark.parametrize(
    ("name", "path", "value"),
    [
        ("summary", ["seed"], "1"),
        ("summary", ["placements", 0, "bound_s"], "0.1"),
        ("summary", ["placements", 0, "breakdown_s", "compute"], None),
        ("summary", ["placements", 0, "traffic", "messages", "sent"], -1),
        ("summary", ["placements", 0, "an unknown key"], 1),
        ("manifest", ["scenario", "sha256"], "abc"),
        ("manifest", ["status"], "perhaps"),
        ("manifest", ["versions"], {}),
    ],
)
def test_what_is_not_as_published_is_refused(good, name, path, value):
    content = copy.deepcopy(good[name])
    place = content
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value

    assert not validator(name).is_valid(content)
    assert validator(name).is_valid(good[name])


@pytest.mark.parametrize("name", FILES)
def test_no_key_may_be_missing(good, name):
    for key in good[name]:
        content = {other: value for other, value in good[name].items() if other != key}
        assert not validator(name).is_valid(content), key


@pytest.mark.parametrize("name", FILES)
def test_every_key_has_a_description(name):
    def bare(schema, path):
        for key, about in schema.get("properties", {}).items():
            here = f"{path}.{key}"
            if "description" not in about and "/$defs" not in path:
                yield here
            for inner in (about, about.get("items", {}), *about.get("anyOf", ())):
                yield from bare(inner, here)

    assert not list(bare(validator(name).schema, ""))
