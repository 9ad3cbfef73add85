"""Regime 3, lossy and failing: do all tokens finish, what is sent again, how long is the tail?"""

from __future__ import annotations

import numpy as np

from spacemoe_ns3.constants import NANOSECONDS_PER_SECOND
from spacemoe_ns3.packet import count_finished
from spacemoe_ns3.validation.packets import Simulated
from spacemoe_ns3.validation_results import Check, RegimeResult

_TAIL = (0.5, 0.99, 1.0)


def judge_lossy(simulated: Simulated) -> RegimeResult:
    """Judge what packets did where some of them are lost.

    Parameters
    ----------
    simulated
        A case, with or without a result: a placement whose tokens are lost has none.
    """
    case, packet, records = simulated.case, simulated.result, simulated.records
    asked = case.experiment.workload.tokens
    finished = 0 if records is None else count_finished(records)
    figures: dict[str, float] = {"tokens": asked, "finished": finished, "availability": finished / asked}
    tokens: dict[str, np.ndarray] = {}
    if packet is not None and packet.account is not None:
        sides = packet.account.as_dict()
        segments = sides["segments"]
        latency_s = packet.tokens["latency_ns"] / NANOSECONDS_PER_SECOND
        figures |= {
            "packets_s": float(latency_s.mean()),
            **{f"packets_p{share * 100:g}_s": float(np.quantile(latency_s, share)) for share in _TAIL},
            "retransmission_s": float(packet.tokens["retransmission_ns"].mean()) / NANOSECONDS_PER_SECOND,
            "sent_first": segments["sent_first"],
            "sent_again": segments["sent_again"],
            "dropped": segments["dropped"],
            "received_duplicates": segments["received_duplicates"],
        }
        tokens = dict(packet.tokens)
        surplus = sides["messages"]["received"] - sides["messages"]["sent"]
        figures["messages_counted_twice"] = max(0, surplus)
    return RegimeResult(
        placement=case.placement.name,
        regime="lossy",
        figures=figures,
        checks=(
            Check(name="tokens lost", value=float(asked - finished), limit=0.0, unit="tokens"),
            Check(
                name="messages counted twice",
                value=float(figures.get("messages_counted_twice", np.nan)),
                limit=0.0,
                unit="messages",
            ),
        ),
        tokens=tokens,
        error="" if simulated.error is None else str(simulated.error),
    )
