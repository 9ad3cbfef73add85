"""Computers, and those that are known by name.

GB, GB/s, GFLOP/s are decimal throughout: 1 GB is 10^9 bytes. Memory sold as 4 GB often holds 4 GiB, 7 % more;
the decimal figure is the cautious one.
"""

from __future__ import annotations

from dataclasses import dataclass

from spacemoe_ns3.checks import check_kind, check_number, look_up
from spacemoe_ns3.constants import NANOSECONDS_PER_SECOND, SECONDS_PER_YEAR
from spacemoe_ns3.errors import require
from spacemoe_ns3.moe.model import Work

_GIGA, _TERA = 1e9, 1e12


@dataclass(frozen=True, slots=True, kw_only=True)
class Computer:
    """A computer on board.

    Parameters
    ----------
    name
        Name of the computer.
    peak_flops
        Peak floating-point operations a second, dense.
    utilisation
        Share of the peak that is reached, above 0 and at most 1. It does not apply to the bandwidth.
    memory_bytes
        Memory for weights and KV caches; None if it is not known, and then nothing is checked against it.
    memory_bandwidth_bytes_s
        Bytes a second that are read from memory; None if it is not known.
    source
        Where the figures come from.

    Raises
    ------
    ScenarioError
        If a value is out of its range.

    Examples
    --------
    >>> Computer(name="mine", peak_flops=2e9, utilisation=0.5).duration_ns(Work(3e6, 0), roofline=False)
    3000000
    """

    name: str
    peak_flops: float
    utilisation: float = 1.0
    memory_bytes: float | None = None
    memory_bandwidth_bytes_s: float | None = None
    source: str = ""

    def __post_init__(self) -> None:
        check_kind("computer.name", self.name, str, "a string")
        check_number("computer.peak_flops", self.peak_flops, least=1)
        check_number("computer.utilisation", self.utilisation, above=0, most=1)
        for field in ("memory_bytes", "memory_bandwidth_bytes_s"):
            if getattr(self, field) is not None:
                check_number(f"computer.{field}", getattr(self, field), least=1)
        check_kind("computer.source", self.source, str, "a string")

    def duration_ns(self, work: Work, *, roofline: bool) -> int:
        """Return how long a job takes.

        Parameters
        ----------
        work
            The job.
        roofline
            Whether reading memory limits too (Williams, Waterman & Patterson 2009, Communications of the ACM
            52(4)): the longer of computing and reading, instead of computing alone.

        Returns
        -------
        Whole nanoseconds.

        Raises
        ------
        ScenarioError
            If the roofline needs a bandwidth that is not known, or the job takes over a year.
        """
        duration_s = self.computing_s(work)
        if roofline:
            duration_s = max(duration_s, self.reading_s(work))
        require(
            duration_s < SECONDS_PER_YEAR,
            f"hardware: {self.name} needs {duration_s:.3g} s for {work.flops:.3g} FLOPs of a token, at most "
            "a year is allowed; choose a faster computer",
        )
        return round(duration_s * NANOSECONDS_PER_SECOND)

    def computing_s(self, work: Work) -> float:
        """Return the seconds that the FLOPs of a job take."""
        return work.flops / (self.peak_flops * self.utilisation)

    def reading_s(self, work: Work) -> float:
        """Return the seconds that reading the bytes of a job takes; a ScenarioError without a bandwidth."""
        self.require_bandwidth()
        return work.bytes / (self.memory_bandwidth_bytes_s or 1)

    def require_bandwidth(self) -> None:
        """Raise a ScenarioError if the memory bandwidth is not known."""
        require(
            self.memory_bandwidth_bytes_s is not None,
            f"hardware: the memory bandwidth of {self.name} is not known, and a roofline needs it; give "
            "memory_bandwidth_bytes_s in a Computer of your own, or set roofline=False",
        )


_PAPER = "as the SpaceMoE paper quotes it (arXiv 2605.00515)"
_ASSUMED = "70 % utilisation is our assumption"

COMPUTERS: dict[str, Computer] = {
    computer.name: computer
    for computer in (
        Computer(
            name="rad5545",
            peak_flops=3.7 * _GIGA,
            utilisation=0.7,
            memory_bytes=4 * _GIGA,
            source=f"3.7 GFLOP/s and 4 GB {_PAPER}; {_ASSUMED}, after the paper's for the SBC-2A72",
        ),
        Computer(
            name="sbc-2a72",
            peak_flops=10.4 * _GIGA,
            utilisation=0.7,
            memory_bytes=8 * _GIGA,
            source=f"10.4 GFLOP/s, of which it uses 70 %, and 8 GB {_PAPER}",
        ),
        Computer(
            name="spacecloud-ix10",
            peak_flops=26 * _TERA,
            utilisation=0.7,
            memory_bytes=24 * _GIGA,
            source=f"at most 26 TOPS, here taken for FLOP/s, and 24 GB {_PAPER}; {_ASSUMED}, after the "
            "paper's for the SBC-2A72",
        ),
        # 64 tensor cores of the Ampere kind: half-precision runs at half the rate of INT8, dense at half that
        # of sparse, so 170 / 4.
        Computer(
            name="jetson-agx-orin",
            peak_flops=42.5 * _TERA,
            utilisation=0.7,
            memory_bytes=64 * _GIGA,
            memory_bandwidth_bytes_s=204.8 * _GIGA,
            source="64 GB module: 204.8 GB/s and a GPU of 170 sparse INT8 TOPS, NVIDIA Jetson AGX Orin "
            f"Series technical brief v1.2; dense FP16 taken as a quarter of that; {_ASSUMED}",
        ),
        Computer(
            name="a100",
            peak_flops=312 * _TERA,
            utilisation=0.7,
            memory_bytes=80 * _GIGA,
            memory_bandwidth_bytes_s=2039 * _GIGA,
            source=f"SXM, 80 GB: 312 TFLOP/s dense BF16 and 2039 GB/s, NVIDIA A100 data sheet; {_ASSUMED}",
        ),
        Computer(
            name="h100",
            peak_flops=989.4 * _TERA,
            utilisation=0.7,
            memory_bytes=80 * _GIGA,
            memory_bandwidth_bytes_s=3350 * _GIGA,
            source="SXM: 989.4 TFLOP/s dense BF16, 80 GB and 3.35 TB/s, NVIDIA H100 data sheet; "
            f"{_ASSUMED}. Starcloud-1 carried an H100 to orbit in November 2025",
        ),
        Computer(
            name="tpu-v6e",
            peak_flops=918 * _TERA,
            utilisation=0.7,
            memory_bytes=32 * _GIGA,
            memory_bandwidth_bytes_s=1600 * _GIGA,
            source="Trillium: 918 TFLOP/s BF16, 32 GB and 1600 GB/s a chip, Google Cloud documentation of "
            f"TPU v6e (some versions of it say 1640 GB/s); {_ASSUMED}. The chip of Google's Suncatcher study",
        ),
    )
}


def computer_named(choice: str | Computer, *, field: str = "computer") -> Computer:
    """Return a computer by its name.

    Parameters
    ----------
    choice
        Its name, such as ``"h100"``; a :class:`Computer` is returned as it is.
    field
        Path of the field, for the error.

    Raises
    ------
    ScenarioError
        If there is no such computer; names the nearest.

    Examples
    --------
    >>> computer_named("h100").memory_bandwidth_bytes_s
    3350000000000.0
    """
    if isinstance(choice, Computer):
        return choice
    check_kind(field, choice, str, "a Computer, or the name of one")
    return look_up(field, choice, COMPUTERS)
