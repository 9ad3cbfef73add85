/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "tcp-ledger.h"

#include "ns3/ipv4-l3-protocol.h"
#include "ns3/node.h"
#include "ns3/packet.h"
#include "ns3/simulator.h"
#include "ns3/tcp-header.h"
#include "ns3/tcp-l4-protocol.h"

#include <algorithm>
#include <limits>

namespace ns3
{

namespace
{
/// Of a burst that never ends: a connection's packets pass a link for good.
constexpr uint32_t ENDLESS = std::numeric_limits<uint32_t>::max();
constexpr uint32_t SATELLITE_SHIFT = 32; //!< of a connection's number; the rest counts them
} // namespace

NS_OBJECT_ENSURE_REGISTERED(TcpLedger);

TypeId
TcpLedger::GetTypeId()
{
    static TypeId tid = TypeId("ns3::TcpLedger")
                            .SetParent<Object>()
                            .SetGroupName("Moe")
                            .AddConstructor<TcpLedger>()
                            .AddTraceSource("Sent",
                                            "A TCP packet is sent.",
                                            MakeTraceSourceAccessor(&TcpLedger::m_sentTrace),
                                            "ns3::TcpLedger::PacketCallback")
                            .AddTraceSource("Received",
                                            "A TCP packet is received.",
                                            MakeTraceSourceAccessor(&TcpLedger::m_receivedTrace),
                                            "ns3::TcpLedger::PacketCallback");
    return tid;
}

Ptr<TcpLedger>
TcpLedger::Get(Ptr<Node> node, uint32_t satellite)
{
    Ptr<TcpLedger> ledger = node->GetObject<TcpLedger>();
    if (!ledger)
    {
        ledger = CreateObject<TcpLedger>();
        ledger->m_satellite = satellite;
        node->AggregateObject(ledger);
        auto ipv4 = node->GetObject<Ipv4L3Protocol>();
        // Plain pointers: the two live and die with the node.
        TcpLedger* self = PeekPointer(ledger);
        ipv4->TraceConnectWithoutContext("SendOutgoing", MakeCallback(&TcpLedger::Sent, self));
        ipv4->TraceConnectWithoutContext("LocalDeliver", MakeCallback(&TcpLedger::Received, self));
    }
    return ledger;
}

const PathLedgerTag&
TcpLedger::GetReceived() const
{
    return m_received;
}

TcpLedger::Connection
TcpLedger::NameOf(const Ipv4Header& ip, const TcpHeader& tcp)
{
    return {ip.GetSource().Get(),
            tcp.GetSourcePort(),
            ip.GetDestination().Get(),
            tcp.GetDestinationPort()};
}

void
TcpLedger::Sent(const Ipv4Header& ip, Ptr<const Packet> packet, uint32_t)
{
    if (ip.GetProtocol() != TcpL4Protocol::PROT_NUMBER)
    {
        return;
    }
    TcpHeader tcp;
    const uint32_t stream = packet->GetSize() - packet->PeekHeader(tcp);
    const auto [entry, isNew] = m_outgoing.try_emplace(NameOf(ip, tcp));
    Direction& direction = entry->second;
    if (isNew)
    {
        direction.number = FIRST_CONNECTION | uint64_t{m_satellite} << SATELLITE_SHIFT |
                           static_cast<uint64_t>(m_outgoing.size());
    }
    Kind kind = Kind::CONTROL;
    if (stream > 0)
    {
        const SequenceNumber32 begin = tcp.GetSequenceNumber();
        const SequenceNumber32 end = begin + stream;
        kind = direction.hasBegun && begin < direction.next ? Kind::REPEATED : Kind::DATA;
        direction.next = direction.hasBegun ? std::max(direction.next, end) : end;
        direction.hasBegun = true;
    }
    packet->AddPacketTag(PathLedgerTag(direction.number, 0, ENDLESS, Simulator::Now()));
    m_sentTrace(packet->GetSize(), kind);
}

void
TcpLedger::Received(const Ipv4Header& ip, Ptr<const Packet> packet, uint32_t)
{
    PathLedgerTag ledger;
    if (ip.GetProtocol() != TcpL4Protocol::PROT_NUMBER || !packet->PeekPacketTag(ledger))
    {
        return;
    }
    m_received = ledger;
    TcpHeader tcp;
    const uint32_t stream = packet->GetSize() - packet->PeekHeader(tcp);
    Direction& direction = m_incoming[NameOf(ip, tcp)];
    const SequenceNumber32 begin = tcp.GetSequenceNumber();
    Kind kind = Kind::CONTROL;
    if (tcp.GetFlags() & TcpHeader::SYN)
    {
        direction.hasBegun = true;
        direction.next = begin + 1; // the opening counts as one
    }
    else if (stream > 0)
    {
        kind = direction.hasBegun ? Take(direction, begin, begin + stream) : Kind::DATA;
    }
    m_receivedTrace(packet->GetSize(), kind);
}

TcpLedger::Kind
TcpLedger::Take(Direction& direction, SequenceNumber32 begin, SequenceNumber32 end)
{
    auto& ahead = direction.ahead;
    if (end <= direction.next)
    {
        return Kind::REPEATED;
    }
    const auto known = ahead.find(begin);
    if (known != ahead.end() && known->second >= end)
    {
        return Kind::REPEATED;
    }
    ahead[begin] = end;
    while (!ahead.empty() && ahead.begin()->first <= direction.next)
    {
        direction.next = std::max(direction.next, ahead.begin()->second);
        ahead.erase(ahead.begin());
    }
    return Kind::DATA;
}

} // namespace ns3
