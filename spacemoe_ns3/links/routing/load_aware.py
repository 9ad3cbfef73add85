"""The path on which a packet is fastest, queues included."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spacemoe_ns3.checks import check_kind, check_number
from spacemoe_ns3.errors import ScenarioError, require
from spacemoe_ns3.links.network import SlotNetwork
from spacemoe_ns3.links.routing.base import search_back

_FULLEST = 0.99  # a measured load of 1 would weigh infinitely much, and part the network


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadAware:
    """The path of least delay, given the measured load of the links.

    A hop weighs light time, transmission, and the mean wait of an M/D/1 queue of that load,
    ``rho / (2 (1 - rho))`` transmissions (Kleinrock 1975, Queueing Systems I, 5.6). Loads above 0.99 count as
    0.99. A link that is not named has none.

    Parameters
    ----------
    utilisation
        From pairs ``(from satellite, to satellite)`` to the share of time that the transmitter is busy, 0 to
        1; or the path of a run's ``links.parquet``, whose ``utilisation`` is taken.
    placement
        Whose links of such a file are meant; None if it has those of one placement only.

    Raises
    ------
    ScenarioError
        If a share is out of its range, or the file does not have what is needed.
    """

    utilisation: Mapping[tuple[int, int], float] | str | Path
    placement: str | None = None
    follows_delay = True
    is_symmetric = False
    finds_shortest_paths = True

    def __post_init__(self) -> None:
        utilisation = self.utilisation
        if isinstance(utilisation, (str, Path)):
            utilisation = _measured(Path(utilisation), self.placement)
            object.__setattr__(self, "utilisation", utilisation)
        check_kind("links.routing.utilisation", utilisation, Mapping, "a mapping, or the path of a file")
        for pair, share in utilisation.items():
            check_kind("links.routing.utilisation", pair, tuple, "from pairs of satellites to shares")
            check_number(f"links.routing.utilisation[{pair}]", share, least=0, most=1)

    def next_hops(self, network: SlotNetwork, *, destinations: np.ndarray, packet_bits: int) -> np.ndarray:
        """Return where each satellite forwards packets; see :meth:`Router.next_hops`."""
        hop_s = network.hop_s(packet_bits)
        transmission_s = packet_bits / network.rate_bps
        there, back = (
            hop_s + transmission_s * self._wait(network.ends[:, [near, 1 - near]]) for near in (0, 1)
        )
        return search_back(network, there=there, back=back, destinations=destinations)

    def _wait(self, pairs: np.ndarray) -> np.ndarray:
        """Return the mean wait at each transmitter, in transmissions, shape (M,)."""
        assert isinstance(self.utilisation, Mapping)
        shares = [self.utilisation.get((near, far), 0.0) for near, far in pairs.tolist()]
        load = np.minimum(np.array(shares, float), _FULLEST)
        wait: np.ndarray = load / (2.0 * (1.0 - load))
        return wait


def _measured(path: Path, placement: str | None) -> dict[tuple[int, int], float]:
    """Read the utilisation of a run's links."""
    import pyarrow.parquet

    columns = ["placement", "from_satellite", "to_satellite", "utilisation"]
    try:
        table = pyarrow.parquet.read_table(path, columns=columns).to_pydict()
    except (OSError, pyarrow.ArrowException, KeyError) as error:
        raise ScenarioError(
            f"links.routing.utilisation: {path} cannot be read ({error}); name the links.parquet of a run"
        ) from error
    names = sorted(set(table["placement"]))
    chosen = placement if placement is not None else (names[0] if len(names) == 1 else None)
    require(
        chosen in names,
        f"links.routing.placement: {placement!r} given, but {path} has {', '.join(names)}; name one of them",
    )
    rows = zip(*(table[column] for column in columns), strict=True)
    return {(near, far): share for name, near, far, share in rows if name == chosen}
