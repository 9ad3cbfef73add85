"""What the page on the command line shows: the commands and the exit codes, from the program itself.

``regenerate.py`` puts it in its place.
"""

from __future__ import annotations

import re

from spacemoe_ns3.cli.common import EXIT_CODES
from spacemoe_ns3.cli.registry import SECTIONS


def commands_table() -> str:
    """Return the commands with their summaries in Markdown, section by section."""
    lines = ["| | command | what it does |", "|---|---|---|"]
    for title, commands in SECTIONS.items():
        for place, (name, summary) in enumerate(commands.items()):
            lines.append(f"| {'' if place else title} | `{name}` | {summary.replace('|', chr(92) + '|')} |")
    return "\n".join(lines)


def exit_codes_table() -> str:
    """Return the exit codes in Markdown."""
    codes = re.findall(r"^ +(\d+) +(.+)$", EXIT_CODES, re.MULTILINE)
    return "\n".join(
        ["| code | meaning |", "|---:|---|", *(f"| {code} | {words} |" for code, words in codes)]
    )


COMMAND_TABLES = {"commands": commands_table, "exit codes": exit_codes_table}
