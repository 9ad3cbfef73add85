"""The ways in which ``mutations.py`` breaks the engine: one text of one file each, replaced by another."""

from __future__ import annotations

from dataclasses import dataclass

LEO, MOE = "ns3-modules/leo/model", "ns3-modules/moe/model"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutation:
    """One way to break the engine.

    Parameters
    ----------
    name
        What is wrong then.
    file
        Source file, from the project's folder.
    search
        Text that occurs in it once.
    replace
        What stands there instead.
    """

    name: str
    file: str
    search: str
    replace: str


MUTATIONS = (
    Mutation(
        name="the second hop of a packet takes no time to transmit",
        file=f"{LEO}/laser-channel.cc",
        search="   txTime + propagation,\n",
        replace="   (ledger.GetHops() == 2 ? Time(0) : txTime) + propagation,\n",
    ),
    Mutation(
        name="the ring closes at the second gateway",
        file=f"{MOE}/moe-workload.cc",
        search="return m_gateways[layer % GetLayers()].satellite;",
        replace="return m_gateways[layer < GetLayers() ? layer : 1].satellite;",
    ),
    Mutation(
        name="light times are those at the arrival, not at the departure",
        file=f"{LEO}/laser-channel.cc",
        search="    const Vector from = GetMobility(wire).GetPosition();\n"
        "    const Vector to = receiver.GetPosition();\n",
        replace="    Vector from = GetMobility(wire).GetPosition();\n"
        "    Vector to = receiver.GetPosition();\n"
        "    const double later = CalculateDistance(from, to) / SPEED_OF_LIGHT_M_S;\n"
        "    const Vector v = GetMobility(wire).GetVelocity();\n"
        "    const Vector w = receiver.GetVelocity();\n"
        "    from = from + Vector(v.x * later, v.y * later, v.z * later);\n"
        "    to = to + Vector(w.x * later, w.y * later, w.z * later);\n",
    ),
    Mutation(
        name="a gateway waits for one expert less than there are",
        file=f"{MOE}/gateway-application.cc",
        search="m_workload->CountActivated(request, token, message.header.layer) + residuals;",
        replace="m_workload->CountActivated(request, token, message.header.layer) + residuals - 1;",
    ),
    Mutation(
        name="a gateway does not wait for the residual",
        file=f"{MOE}/gateway-application.cc",
        search="m_workload->CountActivated(request, token, message.header.layer) + residuals;",
        replace="m_workload->CountActivated(request, token, message.header.layer) + 0 * residuals;",
    ),
    Mutation(
        name="a computer serves the last that came first",
        file=f"{MOE}/compute-server.cc",
        search="    if (!m_queue.empty())\n    {\n        StartNext();",
        replace="    if (!m_queue.empty())\n    {\n        m_queue.push_front(std::move(m_queue.back()));\n"
        "        m_queue.pop_back();\n        StartNext();",
    ),
    Mutation(
        name="a link does not count what finds its queue full",
        file=f"{LEO}/laser-channel.cc",
        search="Lose(wire, packet, LossReason::QUEUE_FULL);",
        replace="static_cast<void>(wire), static_cast<void>(packet);",
    ),
    Mutation(
        name="the recorder does not count what finds a queue full",
        file=f"{MOE}/moe-recorder.cc",
        search="    Account& account = m_dropped[static_cast<std::size_t>(reason)];\n    ++account.segments;",
        replace="    Account& account = m_dropped[static_cast<std::size_t>(reason)];\n"
        "    account.segments += reason == DropReason::QUEUE_FULL ? 0 : 1;",
    ),
    Mutation(
        name="light times leave out that the receiver moves",
        file=f"{LEO}/laser-channel.cc",
        search="                        receiver.GetVelocity());",
        replace="                        Vector());",
    ),
    Mutation(
        name="the last segment of a message is as long as the others",
        file=f"{MOE}/message-endpoint.cc",
        search="std::min(header.messageBytes - segment * room, room)",
        replace="room",
    ),
    Mutation(
        name="packets are forwarded by the table of the slot before",
        file=f"{LEO}/forwarding-tables.cc",
        search="    const auto table = m_tables.find(slot);\n",
        replace="    const auto before = m_tables.find(slot - 1);\n"
        "    const auto table = before == m_tables.end() ? m_tables.find(slot) : before;\n",
    ),
    Mutation(
        name="a segment that comes twice counts twice",
        file=f"{MOE}/message-reassembly.cc",
        search="partial.isThere.size() != header.segments || partial.isThere[header.segment]",
        replace="partial.isThere.size() != header.segments",
    ),
    Mutation(
        name="dispatches go to the host of the expert beside",
        file=f"{MOE}/gateway-application.cc",
        search="m_workload->GetExpertHost(m_layer, header.expert, left)",
        replace="m_workload->GetExpertHost(m_layer, (header.expert + 1) % m_workload->GetExperts(), left)",
    ),
    Mutation(
        name="an expert computes in no time",
        file=f"{MOE}/expert-application.cc",
        search="m_workload->GetExpertTime(m_layer, m_expert, m_satellite, tokens)",
        replace="0 * m_workload->GetExpertTime(m_layer, m_expert, m_satellite, tokens)",
    ),
    Mutation(
        name="a packet that was cut when its link went down arrives",
        file=f"{LEO}/laser-channel.cc",
        search="        return; // lost: ns-3",
        replace="        return GetDestination(wire)->Receive(packet); // lost: ns-3",
    ),
    Mutation(
        name="a packet without a path leaves one slot late",
        file=f"{LEO}/forwarding-tables.cc",
        search="return NanoSeconds(slot - Simulator::Now().GetNanoSeconds() % slot);",
        replace="return NanoSeconds(2 * slot - Simulator::Now().GetNanoSeconds() % slot);",
    ),
    Mutation(
        name="waiting for a path is not charged to a packet",
        file=f"{LEO}/slot-routing-protocol.cc",
        search="ledger.AddWaiting(Simulator::Now() - entry.since);",
        replace="ledger.AddWaiting(Time(0));",
    ),
    Mutation(
        name="a token that follows begins before the head is done",
        file=f"{MOE}/gateway-application.cc",
        search="return m_workload->GetHeadTime(steps); }",
        replace="return m_workload->GetHeadTime(steps) / 2; }",
    ),
    Mutation(
        name="the critical path never goes by the residual",
        file="spacemoe_ns3/results.py",
        search="is_late = trace.residual.arrived > trace.result.arrived.max(axis=2)",
        replace="is_late = trace.residual.arrived < 0",
    ),
    Mutation(
        name="the rates of links do not reach ns-3",
        file="spacemoe_ns3/packet/simulate.py",
        search="        _some(timeline.rate_bps, np.uint64),\n",
        replace="        _some(np.full_like(timeline.rate_bps, timeline.rate_bps.max()), np.uint64),\n",
    ),
    Mutation(
        name="an expert is sent the tokens of others in its batch too",
        file=f"{MOE}/gateway-application.cc",
        search="DispatchToHost({header, 0, portion.tokens, Simulator::Now()});",
        replace="DispatchToHost({header, 0, batch.tokens, Simulator::Now()});",
    ),
    Mutation(
        name="a batch may have one step more",
        file=f"{MOE}/compute-server.cc",
        search="isOpen && m_inService < first.most",
        replace="isOpen && m_inService <= first.most",
    ),
    Mutation(
        name="a computer's queue has room for one job more",
        file=f"{MOE}/compute-server.cc",
        search="m_queue.size() - m_inService >= m_maxJobs",
        replace="m_queue.size() - m_inService > m_maxJobs",
    ),
    Mutation(
        name="a hop that was cut stays in the log",
        file=f"{LEO}/hop-log.cc",
        search="    m_values.at(place * COLUMNS + LEDGER) = 0;\n",
        replace="    m_values.at(place * COLUMNS + LEDGER);\n",
    ),
)
