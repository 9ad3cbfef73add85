"""The network of one slot, as a routing protocol sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spacemoe_ns3.constellation import Layout

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotNetwork:
    """The links that are up in a slot.

    Parameters
    ----------
    slot
        Index of the slot.
    layout
        The satellites: S of them, and who is whose neighbour by design.
    ends
        Satellites of each link, shape (M, 2), int32.
    delay_s
        Distance over the speed of light, in seconds, shape (M,).
    rate_bps
        Bits a second, shape (M,), int64.
    """

    slot: int
    layout: Layout
    ends: np.ndarray
    delay_s: np.ndarray
    rate_bps: np.ndarray

    @property
    def satellites(self) -> int:
        """Number of satellites S."""
        return self.layout.satellites

    def hop_s(self, packet_bits: int) -> np.ndarray:
        """Return what a packet takes over each link in seconds: light and transmission, shape (M,)."""
        hop_s: np.ndarray = self.delay_s + packet_bits / self.rate_bps
        return hop_s

    def matrix(self, there: np.ndarray, back: np.ndarray | None = None) -> csr_matrix:
        """Return a sparse matrix of weights.

        Parameters
        ----------
        there
            Weight of each link from its first end to its second, shape (M,).
        back
            Weight the other way; the same if not given.

        Returns
        -------
        Shape (S, S); row a, column b: from a to b.
        """
        from scipy.sparse import csr_matrix

        a, b = self.ends[:, 0], self.ends[:, 1]
        weights = np.concatenate([there, there if back is None else back])
        rows, columns = np.concatenate([a, b]), np.concatenate([b, a])
        return csr_matrix((weights, (rows, columns)), shape=(self.satellites, self.satellites))
