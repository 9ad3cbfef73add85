"""The run's folder: whole at its place, or not there at all."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from spacemoe_ns3.errors import OutputError, WriteError
from spacemoe_ns3.report import RunFolder, check_out

OLD, NEW = {"run": "old"}, {"run": "new"}
DISK_FULL = """
import resource, signal, sys
from pathlib import Path
from spacemoe_ns3.errors import WriteError
from spacemoe_ns3.report import RunFolder

resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    with RunFolder(Path(sys.argv[1]), force=True) as folder:
        folder.write_json("manifest.json", {"run": "x" * int(sys.argv[2])})
        folder.publish()
except WriteError as error:
    print(error)
"""


def publish(out, content=NEW, *, force=False):
    with RunFolder(out, force=force) as folder:
        folder.write_json("manifest.json", content)
        folder.publish()


def begin_and_raise(out, kind, *, force=False):
    with RunFolder(out, force=force) as folder:
        folder.write_json("manifest.json", NEW)
        (folder.staging / "deep").mkdir()
        (folder.staging / "deep" / "file").touch()
        raise kind


def content_of(out):
    return json.loads((out / "manifest.json").read_text(encoding="utf-8"))


@pytest.fixture
def out(tmp_path):
    return tmp_path / "run"


@pytest.fixture
def old_run(out):
    publish(out, OLD)
    (out / "more.txt").write_text("more", encoding="utf-8")
    return out


def no_space(*arguments, **settings):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_published_folder_is_at_its_place_and_nothing_beside_it(out, tmp_path):
    publish(out)

    assert content_of(out) == NEW
    assert list(tmp_path.iterdir()) == [out]
    assert [path.name for path in out.iterdir()] == ["manifest.json"]


def test_nothing_is_at_the_place_before_it_is_published(out):
    with RunFolder(out, force=False) as folder:
        folder.write_json("summary.json", {})
        assert not out.exists()
        assert folder.staging.parent == out.parent  # on the same disk, so that it can be renamed


def test_a_folder_that_is_not_published_leaves_nothing(out, tmp_path):
    with RunFolder(out, force=False) as folder:
        folder.write_json("manifest.json", NEW)

    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_an_exception_inside_leaves_nothing_and_goes_on(out, tmp_path, kind):
    with pytest.raises(kind):
        begin_and_raise(out, kind)

    assert not list(tmp_path.iterdir())


def test_folders_above_are_made(tmp_path):
    out = tmp_path / "results" / "deep" / "run"

    publish(out)

    assert content_of(out) == NEW


def test_folders_that_were_made_above_are_removed_if_nothing_comes_of_it(tmp_path):
    with pytest.raises(RuntimeError):
        begin_and_raise(tmp_path / "results" / "deep" / "run", RuntimeError)

    assert not list(tmp_path.iterdir())


def test_an_empty_folder_may_be_filled(out):
    out.mkdir()

    publish(out)

    assert content_of(out) == NEW


@pytest.mark.parametrize("force", [False, True])
def test_a_file_is_never_replaced(out, force):
    out.write_text("mine", encoding="utf-8")

    with pytest.raises(OutputError, match=f"^--out {out}: is a file; name a folder$"):
        publish(out, force=force)
    assert out.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("force", [False, True])
def test_a_folder_that_is_not_a_run_is_never_replaced(out, force):
    out.mkdir()
    (out / "thesis.tex").write_text("mine", encoding="utf-8")

    with pytest.raises(OutputError, match=r"holds files that are not a run; name another folder$"):
        publish(out, force=force)
    assert [path.name for path in out.iterdir()] == ["thesis.tex"]


def test_a_run_is_not_replaced_without_force(old_run):
    with pytest.raises(
        OutputError, match=r"holds a run already; name another folder, or replace it by --force$"
    ):
        publish(old_run)
    assert content_of(old_run) == OLD


def test_a_run_is_replaced_whole_by_force(old_run, tmp_path):
    publish(old_run, force=True)

    assert content_of(old_run) == NEW
    assert [path.name for path in old_run.iterdir()] == ["manifest.json"]
    assert list(tmp_path.iterdir()) == [old_run]


def test_a_run_that_is_to_be_replaced_stays_if_the_new_one_fails(old_run, tmp_path):
    with pytest.raises(RuntimeError):
        begin_and_raise(old_run, RuntimeError, force=True)

    assert content_of(old_run) == OLD
    assert (old_run / "more.txt").exists()
    assert list(tmp_path.iterdir()) == [old_run]


def test_a_place_under_a_file_is_refused(out, tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(OutputError, match=f"{tmp_path}/file is not writable .Not a directory.; name another"):
        check_out(tmp_path / "file" / "deep" / "run", force=False)


@pytest.mark.skipif(os.geteuid() == 0, reason="permissions do not stop the superuser")
def test_a_place_that_may_not_be_written_to_is_refused(tmp_path):
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)

    with pytest.raises(OutputError, match=f"{locked} is not writable"):
        check_out(locked / "run", force=False)


def test_checking_a_place_writes_nothing(tmp_path):
    check_out(tmp_path / "results" / "run", force=False)

    assert not list(tmp_path.iterdir())


def test_a_relative_place_is_meant_from_where_the_run_began(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "elsewhere").mkdir()

    with RunFolder(Path("run"), force=False) as folder:
        monkeypatch.chdir(tmp_path / "elsewhere")
        folder.write_json("manifest.json", NEW)
        folder.publish()

    assert content_of(tmp_path / "run") == NEW


def test_the_files_of_the_folder_are_listed_by_their_paths_from_it(out):
    with RunFolder(out, force=False) as folder:
        folder.write_json("summary.json", {})
        (folder.staging / "pcap").mkdir()
        (folder.staging / "pcap" / "a.pcap").touch()

        assert folder.files() == ["pcap/a.pcap", "summary.json"]


def test_others_may_enter_a_published_folder_as_the_umask_says(out):
    mask = os.umask(0o022)
    try:
        publish(out)
    finally:
        os.umask(mask)

    assert out.stat().st_mode & 0o777 == 0o755


def test_json_is_readable_and_has_no_values_that_are_not_json(out):
    with RunFolder(out, force=False) as folder:
        folder.write_json("summary.json", {"name": "ä", "list": [1]})
        assert (folder.staging / "summary.json").read_text(
            encoding="utf-8"
        ) == '{\n  "name": "ä",\n  "list": [\n    1\n  ]\n}\n'

        with pytest.raises(ValueError, match="not JSON compliant"):
            folder.write_json("summary.json", {"seconds": float("nan")})


@pytest.mark.parametrize("call", ["pathlib.Path.write_text", "os.fsync", "pathlib.Path.rename"])
@pytest.mark.parametrize("replaces", [False, True])
def test_a_full_disk_is_a_sentence_and_leaves_what_was_there(out, tmp_path, monkeypatch, call, replaces):
    if replaces:
        publish(out, OLD)
    before = sorted(tmp_path.iterdir())

    with monkeypatch.context() as patch:
        patch.setattr(call, no_space)
        with pytest.raises(
            WriteError, match=f"^--out {out}: could not be written .No space left on device.; "
        ):
            publish(out, force=True)

    assert sorted(tmp_path.iterdir()) == before
    if replaces:
        assert content_of(out) == OLD


def test_a_disk_that_is_full_from_the_start_is_refused_before_any_work(out, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.mkdtemp", no_space)

    with pytest.raises(
        OutputError, match=r"is not writable \(No space left on device\); name another folder$"
    ):
        check_out(out, force=False)


def test_a_run_that_cannot_be_put_in_place_of_an_old_one_leaves_the_old_one(old_run, tmp_path, monkeypatch):
    """The old folder is out of the way when the disk refuses the new one's name."""
    rename = Path.rename

    def fail_to_publish(path, target):
        if Path(target) == old_run and (path / "manifest.json").exists() and content_of(path) == NEW:
            no_space()
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", fail_to_publish)
    with pytest.raises(WriteError):
        publish(old_run, force=True)

    assert list(tmp_path.iterdir()) == [old_run]
    assert content_of(old_run) == OLD


@pytest.mark.parametrize(("letters", "is_published"), [(100, True), (100_000, False)])
def test_a_file_that_the_system_refuses_leaves_nothing(out, tmp_path, letters, is_published):
    """A process whose files may have 1000 bytes, as with a full disk or a quota."""
    done = subprocess.run(
        [sys.executable, "-c", DISK_FULL, str(out), str(letters)], capture_output=True, text=True, timeout=60
    )

    assert done.returncode == 0, done.stderr
    assert out.exists() == is_published
    assert list(tmp_path.iterdir()) == [out] * is_published
    assert done.stdout.startswith(f"--out {out}: could not be written (File too large)") != is_published
