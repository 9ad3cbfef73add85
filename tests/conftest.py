"""What all tests share."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from spacemoe_ns3 import (
    Bernoulli,
    Computer,
    Decoding,
    Dirichlet,
    GroupedQueryAttention,
    Hardware,
    LaserLinks,
    MoEModel,
    PlusGrid,
    Scenario,
    Slots,
    WalkerShell,
)
from spacemoe_ns3.links import Router

ROOT = Path(__file__).parents[1]


@pytest.fixture
def root() -> Path:
    """Return the project's folder."""
    return ROOT


@pytest.fixture(scope="session")
def tool() -> Callable[[str], str]:
    """Return a function that finds a system tool, or skips the test; in CI its absence is a failure."""

    def find(name: str) -> str:
        path = shutil.which(name)
        if path is None and os.environ.get("SPACEMOE_REQUIRE_TOOLS"):
            pytest.fail(f"{name} is not installed, and SPACEMOE_REQUIRE_TOOLS is set")
        if path is None:
            pytest.skip(f"{name} is not installed")
        return path

    return find


class SilentProgress:
    """Progress that nobody watches."""

    def stage(self, text: str) -> None: ...

    def expect(self, tokens: int) -> None: ...

    def tokens(self, placement: str, done: int) -> None: ...

    def count(self, done: int, total: int, words: str) -> None: ...


@pytest.fixture
def silent() -> SilentProgress:
    """Return progress that nobody watches."""
    return SilentProgress()


@pytest.fixture
def small_ring() -> Callable[..., Scenario]:
    """Return a function that makes a scenario of 3 layers x 3 experts on 48 satellites."""

    def make(
        *,
        top_k: int = 2,
        sends_residual: bool = True,
        mtu_bytes: int = 1500,
        survival: float = 1.0,
        rate_bps: float | Mapping[str | tuple[int, int], float] = 1e9,
        queue_packets: int = 1000,
        on_loss: str = "reroute",
        routing: str | Router = "least-delay",
        tokens: int = 6,
        span_s: float | None = 600.0,
        slots: int = 40,
        seed: int = 3,
        placements: tuple[str, ...] = ("spacemoe", "rand-place"),
    ) -> Scenario:
        return Scenario(
            name="small-ring",
            constellation=WalkerShell(
                planes=6, satellites_per_plane=8, altitude_km=1400, inclination_deg=70, phasing=1
            ),
            links=LaserLinks(
                topology=PlusGrid(seam=True),
                rate_bps=rate_bps,
                outages=(Bernoulli(survival_probability=survival),),
                on_loss=on_loss,
                routing=routing,
                mtu_bytes=mtu_bytes,
                queue_packets=queue_packets,
            ),
            model=MoEModel(
                name="three-layers",
                layers=3,
                hidden=2048,
                attention=GroupedQueryAttention(heads=8, kv_heads=2, head_dim=64),
                experts=3,
                top_k=top_k,
                expert_ffn=1024,
                vocabulary=1000,
            ),
            hardware=Hardware(
                gateway=Computer(name="g", peak_flops=1e12), expert=Computer(name="e", peak_flops=1e10)
            ),
            activation=Dirichlet(concentration=2),
            decoding=Decoding(
                tokens=tokens, tokens_per_sequence=2, context_tokens=64, sends_residual=sends_residual
            ),
            slots=Slots(count=slots, span_s=span_s),
            placements=placements,
            seed=seed,
        )

    return make
