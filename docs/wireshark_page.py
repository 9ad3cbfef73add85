"""Make what ``docs/wireshark.md`` shows anew: each command of its ``console`` blocks is run.

.venv/bin/python docs/wireshark_page.py

Those of ``sh`` blocks are run too, for what they leave. tshark must be installed.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "wireshark.md"
_PROGRAM = ".venv/bin/spacemoe-ns3"
_BLOCK = re.compile(r"```(sh|console)\n(.*?)```", re.DOTALL)


def filters(text: str) -> list[str]:
    """Return the commands of a page that have tshark read a capture.

    Parameters
    ----------
    text
        The page.
    """
    lines = [line for _, body in _BLOCK.findall(text) for line in body.splitlines()]
    return [line.removeprefix("$ ") for line in lines if line.startswith("$ tshark")]


def rerun(text: str, folder: Path) -> str:
    """Return a page with the output of its commands as it is now.

    Parameters
    ----------
    text
        The page.
    folder
        An empty folder, in which the commands are run.
    """
    (folder / "scenarios").symlink_to(ROOT / "scenarios")
    home = folder / "home"
    home.mkdir()
    environment = {
        **os.environ,
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "COLUMNS": "130",
    }

    def output(command: str) -> str:
        command = command.replace(_PROGRAM, f"{shlex.quote(sys.executable)} -m spacemoe_ns3")
        done = subprocess.run(
            ["bash", "-c", command], cwd=folder, env=environment, capture_output=True, text=True
        )
        if done.returncode:
            raise RuntimeError(f"{command}: {done.stderr}")
        return "".join(f"{line.rstrip()}\n" for line in done.stdout.splitlines())

    def block(found: re.Match[str]) -> str:
        kind, body = found.groups()
        if kind == "sh":
            for command in body.splitlines():
                output(command)
            return found[0]
        commands = [line for line in body.splitlines() if line.startswith("$ ")]
        printed = "".join(f"{line}\n{output(line.removeprefix('$ '))}" for line in commands)
        return f"```console\n{printed}```"

    return _BLOCK.sub(block, text)


def main() -> None:
    """Write the page."""
    with tempfile.TemporaryDirectory() as folder:
        PAGE.write_text(rerun(PAGE.read_text(), Path(folder)))


if __name__ == "__main__":
    main()
