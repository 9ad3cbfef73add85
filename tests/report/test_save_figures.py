"""Files of figures: whole or not at all, and the same every time."""

import errno
import os
import subprocess
import sys
from xml.etree import ElementTree

import numpy as np
import pytest
from report.skies import INTRA, history

from spacemoe_ns3.errors import InstallationError, OutputError, WriteError
from spacemoe_ns3.report.figure_files import save_figures
from spacemoe_ns3.report.sky_figures import draw_lengths, draw_map

AGAIN = """
import os, sys
import matplotlib
matplotlib.rcParams.update({"font.size": 20, "svg.hashsalt": "x", "axes.grid": True, "svg.fonttype": "none"})
from pathlib import Path
import numpy as np
from spacemoe_ns3.links.picture import SkyMap
from spacemoe_ns3.report.figure_files import save_figures
from spacemoe_ns3.report.sky_figures import draw_map

arrays = dict(np.load(sys.argv[1]))
names = ("low", "middle", "a-constellation-with-a-long-name-1200")
sky = SkyMap(slot=3, time_s=87.5, shell_names=names, local_m=None, **arrays)
save_figures({"sky": draw_map(sky, title="a sky")}, Path(sys.argv[2]))
assert "matplotlib.pyplot" not in sys.modules
assert matplotlib.rcParams["font.size"] == 20
"""


def test_figures_become_a_vector_file_and_a_picture_each(some_sky, tmp_path):
    folder = tmp_path / "deep" / "figures"
    figures = {"a-map": draw_map(some_sky, title="a"), "lengths": draw_lengths((history(INTRA),), title="b")}

    files = save_figures(figures, folder)

    assert files == [folder / name for name in ("a-map.svg", "a-map.png", "lengths.svg", "lengths.png")]
    assert sorted(folder.iterdir()) == sorted(files)
    picture = files[1].read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert int.from_bytes(picture[16:20], "big") == pytest.approx(17.0 / 2.54 * 200, abs=5)  # IHDR's width
    svg = "{http://www.w3.org/2000/svg}"
    groups = [
        each
        for each in ElementTree.parse(files[0]).iter(f"{svg}g")
        if each.get("id", "").startswith("links-")
    ]
    lines = [path.get("d", "") for group in groups for path in group.iter(f"{svg}path")]
    assert not any("nan" in line.lower() for line in lines)  # what parts a link at the edge of the map
    assert max(line.count("M") for line in lines) == 2  # that link is in two pieces


def test_files_are_the_same_bit_for_bit_whatever_the_settings_and_the_process(some_sky, tmp_path):
    first = save_figures({"sky": draw_map(some_sky, title="a sky")}, tmp_path / "first")
    second = save_figures({"sky": draw_map(some_sky, title="a sky")}, tmp_path / "second")
    names = ("latitude_deg", "longitude_deg", "altitude_m", "shell", "ends", "kind", "reason")
    np.savez(tmp_path / "sky.npz", **{name: getattr(some_sky, name) for name in names})
    subprocess.run(
        [sys.executable, "-c", AGAIN, str(tmp_path / "sky.npz"), str(tmp_path / "third")],
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"},
    )

    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes() == (tmp_path / "third" / one.name).read_bytes()


def test_saving_twice_writes_the_same_bytes(some_sky, tmp_path):
    figure = draw_map(some_sky, title="a sky")

    one = [path.read_bytes() for path in save_figures({"sky": figure}, tmp_path)]
    assert [path.read_bytes() for path in save_figures({"sky": figure}, tmp_path)] == one


def test_importing_the_module_loads_no_matplotlib():
    code = "import sys, spacemoe_ns3.report.sky_figures; assert 'matplotlib' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_without_matplotlib_the_remedy_is_told(some_sky, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)

    with pytest.raises(InstallationError, match="pip install matplotlib"):
        draw_map(some_sky, title="a sky")


def test_a_folder_that_is_a_file_is_refused(some_sky, tmp_path):
    (tmp_path / "taken").write_text("mine", encoding="utf-8")

    with pytest.raises(
        OutputError, match=r"--plot .*taken: cannot be made \(File exists\); name another folder"
    ):
        save_figures({"sky": draw_map(some_sky, title="a sky")}, tmp_path / "taken")

    assert (tmp_path / "taken").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("name", ["", "../sky", "deep/sky"])
def test_a_name_that_is_not_one_of_a_file_is_refused_before_anything_is_written(some_sky, tmp_path, name):
    figure = draw_map(some_sky, title="a sky")

    with pytest.raises(OutputError, match="must be the name of a file"):
        save_figures({"good": figure, name: figure}, tmp_path / "figures")

    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_the_old_file_whole_and_nothing_beside_it(some_sky, tmp_path, monkeypatch):
    figure = draw_map(some_sky, title="a sky")
    (tmp_path / "sky.svg").write_text("old", encoding="utf-8")

    def write_half(path, content):
        with path.open("wb") as file:
            file.write(content[: len(content) // 2])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("pathlib.Path.write_bytes", write_half)
    with pytest.raises(
        WriteError, match=r"sky\.svg: could not be written \(No space left on device\); make room"
    ):
        save_figures({"sky": figure}, tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["sky.svg"]
    assert (tmp_path / "sky.svg").read_text(encoding="utf-8") == "old"


def test_a_folder_in_the_place_of_a_file_is_told(some_sky, tmp_path):
    (tmp_path / "sky.svg").mkdir()

    with pytest.raises(WriteError, match=r"sky\.svg: could not be written \(Is a directory\)"):
        save_figures({"sky": draw_map(some_sky, title="a sky")}, tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["sky.svg"]
