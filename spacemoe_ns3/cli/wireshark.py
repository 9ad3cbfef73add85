"""``spacemoe-ns3 wireshark``: the dissector, and captures in one file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from spacemoe_ns3.cli.common import READING_EXIT_CODES, examples, print_json

_EXAMPLES = examples(
    "wireshark --install",
    "wireshark --print-path",
    "wireshark --merge results/late-token/pcap/spacemoe",
)


@click.command(epilog=_EXAMPLES + READING_EXIT_CODES)
@click.option("--install", "is_install", is_flag=True, help="Put the dissector into your plug-in folder.")
@click.option("--uninstall", "is_uninstall", is_flag=True, help="Remove it from there.")
@click.option("--print-path", "is_print", is_flag=True, help="Print the dissector's path, and nothing else.")
@click.option(
    "--merge",
    "captures",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help="Put the captures of a folder into one pcapng file, an interface a capture.",
)
@click.option(
    "--out",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The file that --merge writes.  [default: FOLDER.pcapng]",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON, and nothing else.")
def wireshark(
    *,
    is_install: bool,
    is_uninstall: bool,
    is_print: bool,
    captures: Path | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Let Wireshark read the captures of a run.

    Wireshark needs a dissector, a Lua file that comes with this package, to show the fields of messages:
    spacemoe.layer, spacemoe.token and so on. Without options this says where it is, and whether it is in your
    plug-in folder. Captures are one file for each end of a link; --merge puts those of a placement into one.
    """
    chosen = [is_install, is_uninstall, is_print, captures is not None]
    if sum(chosen) > 1:
        raise click.UsageError("Give one of --install, --uninstall, --print-path and --merge.")
    if out is not None and captures is None:
        raise click.UsageError("--out is for --merge.")
    if captures is not None:
        found, sentence = _merge(captures, out)
    elif is_install:
        found, sentence = _install()
    elif is_uninstall:
        found, sentence = _uninstall()
    elif is_print:
        found, sentence = _print_path()
    else:
        found, sentence = _state()
    if as_json:
        print_json(found)
    else:
        click.echo(sentence)


def _merge(captures: Path, out: Path | None) -> tuple[dict[str, Any], str]:
    from spacemoe_ns3.wireshark import merge_captures

    merged = merge_captures(captures, out or captures.with_name(f"{captures.absolute().name}.pcapng"))
    found = {"path": str(merged.path), "captures": merged.captures, "packets": merged.packets}
    return found, f"{merged.path}: {merged.packets} packets of {merged.captures} captures"


def _install() -> tuple[dict[str, Any], str]:
    from spacemoe_ns3.wireshark import install, plugin_folder

    path = install(plugin_folder())
    reload = "start Wireshark anew, or choose Analyze > Reload Lua Plugins"
    return {"path": str(path), "is_installed": True}, f"Installed {path}; {reload}"


def _uninstall() -> tuple[dict[str, Any], str]:
    from spacemoe_ns3.wireshark import plugin_folder, uninstall

    folder = plugin_folder()
    was_there = uninstall(folder)
    sentence = f"Removed from {folder}" if was_there else f"It was not in {folder}"
    return {"path": str(folder), "is_installed": False, "was_installed": was_there}, sentence


def _print_path() -> tuple[dict[str, Any], str]:
    from spacemoe_ns3.wireshark import dissector_path

    path = dissector_path()
    return {"path": str(path)}, str(path)


def _state() -> tuple[dict[str, Any], str]:
    from spacemoe_ns3.wireshark import dissector_path, is_current, plugin_folder

    folder = plugin_folder()
    is_there = is_current(folder)
    found = {"path": str(dissector_path()), "plugin_folder": str(folder), "is_installed": is_there}
    state = "holds it" if is_there else "does not hold it, or not this version: --install puts it there"
    return found, f"Dissector: {dissector_path()}\nPlug-in folder: {folder} {state}"
