"""The pages become a site: all of them, without a warning, whole without a network, no link into nothing."""

from __future__ import annotations

import dataclasses
import importlib
import json
import pkgutil
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import click
import pytest

import spacemoe_ns3
from spacemoe_ns3.cli import cli

ROOT = Path(__file__).parents[2]
LAPTOP, PHONE = (1280, 800), (390, 844)  # pixels of a screen


class Page(HTMLParser):
    """What a page names, links to and loads; the text of it, without what is not shown."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.navigation: list[str] = []
        self.loaded: list[str] = []
        self.text = ""
        self._in_navigation = False
        self.feed(file.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.ids |= {value for name in ("id", "name") if (value := found.get(name))}
        if found.get("class") == "sidebar-tree":
            self._in_navigation = True
        if tag == "article":
            self._in_navigation = False
        if tag == "a" and (target := found.get("href")):
            self.links.append(target)
            self.navigation += [target] if self._in_navigation else []
        elif tag == "link" and found.get("rel") not in {"index", "search", "next", "prev"}:
            self.loaded.append(found["href"] or "")
        elif source := found.get("src") or found.get("data"):
            self.loaded.append(source)

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site as ``make docs`` does, and return its folder."""
    folder = tmp_path_factory.mktemp("site")
    options = ["-b", "html", "-q", "-n", "-W", "--keep-going", "-d", str(folder / "doctrees")]
    command = [sys.executable, "-m", "sphinx", *options, str(ROOT / "docs"), str(folder / "html")]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    assert built.stderr == ""
    return folder / "html"


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    """Return all pages of the site by file."""
    return {file: Page(file) for file in sorted(site.rglob("*.html"))}


def local(targets: list[str]) -> Iterator[tuple[str, str]]:
    """Yield the path and the anchor of the targets that are not of another place."""
    for target in targets:
        if not re.match(r"[a-z]+:", target):
            path, _, anchor = target.partition("#")
            yield unquote(path.partition("?")[0]), unquote(anchor)


def test_every_page_is_reached_from_the_front_page(site: Path, pages: dict[Path, Page]) -> None:
    docs = ROOT / "docs"
    sources = {path.relative_to(docs) for end in ("md", "rst") for path in docs.rglob(f"*.{end}")}
    reached = {path for path, _ in local(pages[site / "index.html"].navigation)}
    assert {str(source.with_suffix(".html")) for source in sources} - reached == {"index.html"}


def test_links_within_the_site_lead_to_something_that_is_there(pages: dict[Path, Page]) -> None:
    broken = []
    for file, page in pages.items():
        for path, anchor in local(page.links):
            target = (file.parent / path).resolve() if path else file
            if not target.exists() or (anchor and target in pages and anchor not in pages[target].ids):
                broken.append(f"{file}: {path}#{anchor}")
    assert not broken


def test_the_site_is_whole_without_a_network(site: Path, pages: dict[Path, Page]) -> None:
    for file, page in pages.items():
        files = [each for each in page.loaded if not each.startswith("data:")]
        assert len(list(local(page.loaded))) == len(files), file
        for path, _ in local(page.loaded):
            assert (file.parent / path).exists(), f"{file}: {path}"
    for sheet in site.rglob("*.css"):
        assert not re.search(r"(url\(|@import)\s*['\"]?(https?:)?//", sheet.read_text()), sheet


def test_every_figure_that_a_page_shows_is_in_the_site(pages: dict[Path, Page]) -> None:
    shown = {Path(source).name for page in pages.values() for source in page.loaded}
    for source in (ROOT / "docs").rglob("*.md"):
        for figure in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", source.read_text()):
            assert Path(figure).name in shown, f"{source}: {figure}"


def test_the_reference_says_what_each_parameter_of_a_scenario_is(site: Path) -> None:
    text = (site / "api" / "scenario.html").read_text()
    _, _, after = text.partition('id="spacemoe_ns3.Scenario"')
    described = re.findall(r"<dt><strong>(\w+)</strong></dt><dd><p>\w", after.partition('<dt class="sig')[0])
    assert described == [field.name for field in dataclasses.fields(spacemoe_ns3.Scenario)]


def public_packages() -> list[str]:
    """Return the packages within the package, without those of its inside."""
    found = pkgutil.walk_packages(spacemoe_ns3.__path__, "spacemoe_ns3.")
    names = [info.name for info in found if info.ispkg and "._" not in info.name]
    return [name for name in names if hasattr(importlib.import_module(name), "__all__")]


def test_the_reference_has_each_public_name_once(pages: dict[Path, Page]) -> None:
    """An entry has a second anchor, the inner module where the name is defined, for type annotations."""
    ids = {each for file, page in pages.items() if file.parent.name == "api" for each in page.ids}
    assert {f"spacemoe_ns3.{name}" for name in spacemoe_ns3.__all__} <= ids
    packages = public_packages()
    assert len(packages) > 10
    for package in packages:
        for name in importlib.import_module(package).__all__:
            places = ids & {f"{each}.{name}" for each in ("spacemoe_ns3", *packages)}
            assert len(places) == 1, (
                f"{package}.{name} in {places}; a page of docs/api has to name the package, once"
            )


def test_the_reference_has_each_option_of_each_command(site: Path, pages: dict[Path, Page]) -> None:
    text = pages[site / "api" / "command-line.html"].text
    context = click.Context(cli)
    assert cli.list_commands(context)
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None
        _, found, after = text.partition(f"spacemoe-ns3 {name} [OPTIONS]")
        assert found, name
        own = re.split(r"spacemoe-ns3 [\w-]+ \[OPTIONS\]", after)[0]
        for parameter in command.params:
            assert parameter.param_type_name == "argument" or parameter.opts[0] in own, parameter


def test_formulas_are_drawn_without_a_script(site: Path) -> None:
    text = (site / "modules" / "leo.html").read_text()
    assert "<msqrt>" in text
    assert r"\frac" not in text
    assert "mathjax" not in text.lower()


def test_links_to_code_lead_to_a_page_that_shows_it(site: Path, pages: dict[Path, Page]) -> None:
    assert "scenario = Scenario(" in pages[site / "source" / "scenarios" / "ring32.py.html"].text
    linked = [link for link in pages[site / "mutations.html"].links if link.startswith("source/")]
    assert "source/ns3-modules/moe/model/compute-server.cc.html" in linked


def test_a_reference_to_what_does_not_exist_is_an_error(tmp_path: Path) -> None:
    wrong = ":class:`Scenarioo`, :func:`spacemoe_ns3.links.nothing`"
    (tmp_path / "index.rst").write_text(f"Wrong\n=====\n\n{wrong}\n")
    command = [sys.executable, "-m", "sphinx", "-q", "-n", "-c", str(ROOT / "docs"), "-b", "dummy"]
    built = subprocess.run([*command, str(tmp_path), str(tmp_path / "out")], capture_output=True, text=True)
    assert "reference target not found: Scenarioo" in built.stderr
    assert "reference target not found: spacemoe_ns3.links.nothing" in built.stderr


def test_the_front_page_says_what_the_committed_run_found() -> None:
    text = (ROOT / "docs" / "index.md").read_text()
    summary = json.loads((ROOT / "docs" / "data" / "ring32.summary.json").read_text())
    found = {each["name"]: each for each in summary["placements"]}
    assert f"{found['spacemoe']['packet_s_per_token']:.2f} s where SpaceMoE puts the experts" in text
    assert f"{found['rand-place']['packet_s_per_token']:.2f} s where chance does" in text
    for each in found.values():
        assert each["packet_s_per_token"] == each["analytic_s_per_token"]  # "agree to the nanosecond"


@pytest.mark.parametrize("screen", [LAPTOP, PHONE], ids=["laptop", "phone"])
def test_the_front_page_answers_in_one_screen(
    site: Path, tmp_path: Path, tool: Callable[[str], str], screen: tuple[int, int]
) -> None:
    """A frame of the screen's size holds the page, and its script says where the last figure ends."""
    width, height = screen
    frame = tmp_path / "frame.html"
    frame.write_text(
        f'<iframe src="{(site / "index.html").as_uri()}" width="{width}" height="{height}" frameborder="0" '
        'onload="'
        "const page = this.contentDocument; const box = page.querySelector('.looks').getBoundingClientRect();"
        "document.title = Math.round(box.bottom) + ' ' + page.documentElement.scrollWidth + ' ' + box.width;"
        '"></iframe>'
    )
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files"]
    options += ["--virtual-time-budget=5000", f"--user-data-dir={tmp_path}", "--dump-dom"]
    command = [tool("chromium"), *options, frame.as_uri()]
    drawn = subprocess.run(command, capture_output=True, text=True, timeout=60)
    found = re.search(r"<title>(\d+) (\d+) [1-9]", drawn.stdout)
    assert found is not None, drawn.stdout + drawn.stderr
    assert int(found[1]) <= height
    assert int(found[2]) <= width  # nothing scrolls sideways
