"""What is tried out in a child process: ``python -m spacemoe_ns3.installation.probe NAME``."""

from __future__ import annotations

import sys

from spacemoe_ns3.packet import _ns


def libraries() -> None:
    """Load the libraries of the wheel, and the compiled modules; every symbol of theirs must be found."""
    _ns.open_libraries()


def cppyy() -> None:
    """Compile a line of C++, and print its value."""
    print(_ns.compile_a_line())


PROBES = {probe.__name__: probe for probe in (libraries, cppyy)}


if __name__ == "__main__":
    PROBES[sys.argv[1]]()
