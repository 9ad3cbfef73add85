"""The page as a file: whole, the same every time, and deaf to what names of a run try."""

import base64
import hashlib
import json
import os
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner
from report.page.hand_made_run import placement, write_run

from spacemoe_ns3 import load
from spacemoe_ns3.cli import cli
from spacemoe_ns3.errors import InputError, OutputError, WriteError
from spacemoe_ns3.report.page import page, write_page

HOSTILE = "</script><script>alert('1')</script><!-- {{data}} \u2028 & \" <b>"


class Tags(HTMLParser):
    """Collects the tags of a page, and what is in its scripts and styles."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.inside, self.is_inside = [], [], False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag in ("script", "style"):
            self.inside.append((tag, dict(attrs), ""))
            self.is_inside = True

    def handle_endtag(self, tag):
        self.is_inside = False

    def handle_data(self, data):
        if self.is_inside:
            tag, attributes, text = self.inside[-1]
            self.inside[-1] = (tag, attributes, text + data)

    def of(self, name):
        return [attributes for tag, attributes in self.tags if tag == name]


@pytest.fixture
def hostile(tmp_path):
    """A run in which every text is an attack."""
    about = placement(HOSTILE, expected_s_per_token=1.0, bound_s=0.5)
    return write_run(
        tmp_path / "run",
        summary={
            **{"scenario": HOSTILE, "placements": [about], "remarks": [HOSTILE]},
            "failures": [{"name": HOSTILE, "error": HOSTILE, "traffic": None}],
        },
        manifest={
            **{"status": HOSTILE, "command": [HOSTILE], "versions": {HOSTILE: HOSTILE}},
            **{"options": {HOSTILE: [HOSTILE]}, "scenario": {"path": HOSTILE, "source": HOSTILE}},
        },
    )


def test_names_and_texts_of_a_run_stay_texts(hostile):
    tags = Tags(page(load(hostile)))
    assert [attributes.get("id") for attributes in tags.of("script")] == ["land", "data", None, None]
    assert not tags.of("b")
    data = json.loads(next(text for _, attributes, text in tags.inside if attributes.get("id") == "data"))
    assert data["name"] == HOSTILE
    assert data["placements"][0]["name"] == HOSTILE


def test_the_policy_allows_the_scripts_and_the_style_of_the_page_and_nothing_else(hostile):
    tags = Tags(page(load(hostile)))
    policy = next(each["content"] for each in tags.of("meta") if "http-equiv" in each)
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    expected = {"script-src": [], "style-src": []}
    for tag, attributes, text in tags.inside:
        if "type" not in attributes:  # data is no program
            digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
            expected[f"{tag}-src"].append(f"'sha256-{digest}'")
    assert {name: rules.pop(name).split() for name in expected} == expected
    assert rules == {
        **{"default-src": "'none'", "img-src": "data:"},
        **{"base-uri": "'none'", "form-action": "'none'"},
    }


def test_the_page_names_nothing_that_it_would_have_to_fetch(hostile):
    for _, attributes in Tags(page(load(hostile))).tags:
        for name in ("src", "href", "srcset", "action"):
            assert re.match(r"(#|data:|$)", attributes.get(name, ""))


def test_the_same_run_gives_the_same_bytes(hostile, tmp_path):
    pages = [tmp_path / "a.html", tmp_path / "b.html"]
    sizes = [write_page(load(hostile), place) for place in pages]
    assert pages[0].read_bytes() == pages[1].read_bytes()
    assert sizes == [place.stat().st_size for place in pages]


def test_every_part_of_the_page_has_a_place_of_its_own(hostile):
    identities = [attributes["id"] for _, attributes in Tags(page(load(hostile))).tags if "id" in attributes]
    assert len(identities) == len(set(identities))


def test_labels_and_descriptions_point_to_what_is_there(hostile):
    tags = Tags(page(load(hostile))).tags
    identities = {attributes.get("id") for _, attributes in tags}
    for _, attributes in tags:
        for name in ("for", "aria-labelledby", "aria-describedby"):
            assert attributes.get(name) is None or attributes[name] in identities
        if attributes.get("href", "").startswith("#") and attributes["href"] != "#figures":
            assert attributes["href"][1:] in identities


def test_the_command_writes_into_the_run_and_does_not_replace_unasked(hostile):
    first = CliRunner().invoke(cli, ["report", str(hostile)])
    assert first.exit_code == 0, first.output
    assert f"Page: {hostile / 'report.html'}, " in first.output
    second = CliRunner().invoke(cli, ["report", str(hostile)])
    assert isinstance(second.exception, OutputError)
    assert "name another file, or replace it by --force" in str(second.exception)
    third = CliRunner().invoke(cli, ["report", str(hostile), "--force", "--json"])
    written = json.loads(third.output)
    assert written["page"] == str(hostile / "report.html")
    assert written["bytes"] == (hostile / "report.html").stat().st_size


@pytest.mark.parametrize(
    ("out", "remedy"),
    [("", "is a folder; name a file"), ("none/page.html", "its folder does not exist; make it")],
)
def test_a_place_that_cannot_be_is_refused_in_a_sentence(hostile, tmp_path, out, remedy):
    with pytest.raises(OutputError, match=remedy):
        write_page(load(hostile), tmp_path / out)


def test_a_folder_that_is_no_run_is_refused(tmp_path):
    result = CliRunner().invoke(cli, ["report", str(tmp_path)])
    assert isinstance(result.exception, InputError)
    assert "name the folder of a run" in str(result.exception)


def test_a_page_that_fails_leaves_nothing_behind(hostile, tmp_path, monkeypatch):
    def stop_half_way(place, content):
        with place.open("wb") as file:
            file.write(content[:1000])
        raise OSError(28, "full")

    monkeypatch.setattr(Path, "write_bytes", stop_half_way)
    with pytest.raises(WriteError, match=r"could not be written \(full\)"):
        write_page(load(hostile), tmp_path / "page.html")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["run"]


def test_what_is_no_file_is_not_replaced(hostile, tmp_path):
    """A pipe here; it could be a device."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OutputError, match="is there and is no file"):
        write_page(load(hostile), tmp_path / "pipe", force=True)
    assert (tmp_path / "pipe").is_fifo()
