/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "message-endpoint.h"

#include "ns3/forwarding-tables.h"
#include "ns3/inet-socket-address.h"
#include "ns3/node.h"
#include "ns3/packet.h"
#include "ns3/path-ledger-tag.h"
#include "ns3/simulator.h"
#include "ns3/socket.h"
#include "ns3/udp-socket-factory.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(MessageEndpoint);

TypeId
MessageEndpoint::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::MessageEndpoint")
            .SetParent<Object>()
            .SetGroupName("Moe")
            .AddConstructor<MessageEndpoint>()
            .AddAttribute("SegmentBytes",
                          "UDP payload of a full segment in bytes, MoeHeader included: the MTU "
                          "less 28.",
                          UintegerValue(8972),
                          MakeUintegerAccessor(&MessageEndpoint::m_segmentBytes),
                          MakeUintegerChecker<uint32_t>(MoeHeader::BYTES + 1, 65507))
            .AddAttribute("Ttl",
                          "IPv4 time to live of the packets, in hops.",
                          UintegerValue(255),
                          MakeUintegerAccessor(&MessageEndpoint::m_ttl),
                          MakeUintegerChecker<uint8_t>(1))
            .AddTraceSource("MessageSent",
                            "A message was handed to the network.",
                            MakeTraceSourceAccessor(&MessageEndpoint::m_sentTrace),
                            "ns3::MessageEndpoint::MessageCallback")
            .AddTraceSource("MessageReceived",
                            "The last segment of a message was received.",
                            MakeTraceSourceAccessor(&MessageEndpoint::m_receivedTrace),
                            "ns3::MessageEndpoint::MessageCallback")
            .AddTraceSource("SegmentSent",
                            "A segment is handed to the socket.",
                            MakeTraceSourceAccessor(&MessageEndpoint::m_segmentSentTrace),
                            "ns3::Packet::TracedCallback")
            .AddTraceSource("SegmentReceived",
                            "A segment came out of the socket.",
                            MakeTraceSourceAccessor(&MessageEndpoint::m_segmentReceivedTrace),
                            "ns3::Packet::TracedCallback");
    return tid;
}

void
MessageEndpoint::DoDispose()
{
    Close();
    Object::DoDispose();
}

void
MessageEndpoint::Open(Ptr<Node> node, uint32_t satellite, uint16_t port, ReceiveCallback receive)
{
    m_satellite = satellite;
    m_port = port;
    m_receive = std::move(receive);
    m_socket = Socket::CreateSocket(node, UdpSocketFactory::GetTypeId());
    if (m_socket->Bind(InetSocketAddress(Ipv4Address::GetAny(), port)) < 0)
    {
        throw std::runtime_error("endpoint: UDP port " + std::to_string(port) + " of satellite " +
                                 std::to_string(satellite) + " is taken");
    }
    m_neighbours = LocalPorts::Get(node);
    m_neighbours->Add(port, this);
    m_socket->SetIpTtl(m_ttl);
    m_socket->SetRecvCallback(MakeCallback(&MessageEndpoint::HandleRead, this));
}

void
MessageEndpoint::Close()
{
    if (m_socket)
    {
        m_socket->SetRecvCallback(MakeNullCallback<void, Ptr<Socket>>());
        m_socket->Close();
        m_socket = nullptr;
    }
    if (m_neighbours)
    {
        m_neighbours->Remove(m_port);
        m_neighbours = nullptr;
    }
    for (auto& [event, message] : m_fromHere)
    {
        event.Cancel();
    }
    m_fromHere.clear();
    m_receive = nullptr;
    m_received.clear();
}

uint32_t
MessageEndpoint::GetSegments(uint32_t messageBytes) const
{
    const uint32_t room = m_segmentBytes - MoeHeader::BYTES;
    return std::max(1U, messageBytes / room + (messageBytes % room == 0 ? 0U : 1U));
}

void
MessageEndpoint::Send(MoeHeader header, uint64_t message, uint32_t satellite, uint16_t port)
{
    const bool staysHere = satellite == m_satellite;
    const uint32_t segments = staysHere ? 0 : GetSegments(header.messageBytes);
    if (segments > std::numeric_limits<uint16_t>::max())
    {
        throw std::invalid_argument(
            "endpoint: a message of " + std::to_string(header.messageBytes) + " bytes needs " +
            std::to_string(segments) + " segments, at most 65535 are allowed; raise the MTU");
    }
    header.segments = segments;
    header.sentNanoseconds = Simulator::Now().GetNanoSeconds();
    MessageRecord record;
    record.header = header;
    record.message = message;
    record.fromSatellite = m_satellite;
    record.toSatellite = satellite;
    record.sent = Simulator::Now();
    m_sentTrace(record);
    if (staysHere)
    {
        SendHere(record, port);
        return;
    }

    const InetSocketAddress to(ForwardingTables::GetAddress(satellite), port);
    const uint32_t room = m_segmentBytes - MoeHeader::BYTES;
    uint32_t left = header.messageBytes;
    for (uint32_t segment = 0; segment < segments; ++segment)
    {
        const uint32_t bytes = std::min(left, room);
        left -= bytes;
        header.segment = segment;
        Ptr<Packet> packet = Create<Packet>(bytes);
        packet->AddHeader(header);
        packet->AddPacketTag(PathLedgerTag(message, segment, segments, Simulator::Now()));
        m_segmentSentTrace(packet);
        if (m_socket->SendTo(packet, 0, to) < 0)
        {
            throw std::runtime_error("endpoint: satellite " + std::to_string(m_satellite) +
                                     " could not send a segment, socket error " +
                                     std::to_string(m_socket->GetErrno()));
        }
    }
}

void
MessageEndpoint::SendHere(MessageRecord message, uint16_t port)
{
    MessageEndpoint* receiver = m_neighbours->Find(port);
    if (!receiver)
    {
        return; // in vain, as a datagram to a closed port
    }
    message.arrived = message.sent;
    receiver->m_fromHere.emplace_back(
        Simulator::ScheduleNow(&MessageEndpoint::ReceiveFromHere, receiver),
        std::move(message));
}

void
MessageEndpoint::ReceiveFromHere()
{
    const MessageRecord record = std::move(m_fromHere.front().second);
    m_fromHere.pop_front();
    m_receivedTrace(record);
    m_receive(record);
}

void
MessageEndpoint::HandleRead(Ptr<Socket> socket)
{
    Address from;
    while (Ptr<Packet> packet = socket->RecvFrom(from))
    {
        HandleSegment(packet, from);
    }
}

void
MessageEndpoint::HandleSegment(Ptr<Packet> packet, const Address& from)
{
    MoeHeader header;
    packet->PeekHeader(header);
    PathLedgerTag ledger;
    if (!header.IsValid() || !packet->PeekPacketTag(ledger))
    {
        return; // not ours: another program may send to this port
    }
    m_segmentReceivedTrace(packet);
    const Key key{header.request, header.token, header.layer, header.kind, header.expert};
    if (++m_received[key] < header.segments)
    {
        return;
    }
    m_received.erase(key);

    MessageRecord record;
    record.header = header;
    record.message = ledger.GetMessage();
    record.fromSatellite =
        ForwardingTables::GetSatellite(InetSocketAddress::ConvertFrom(from).GetIpv4());
    record.toSatellite = m_satellite;
    record.hops = ledger.GetHops();
    record.sent = NanoSeconds(header.sentNanoseconds);
    record.arrived = Simulator::Now();
    record.propagation = ledger.GetPropagation();
    record.waiting = ledger.GetWaiting();
    record.serialisation =
        ledger.GetReady() - record.sent - ledger.GetPropagation() - ledger.GetWaiting();
    record.queueing = record.arrived - ledger.GetReady();
    m_receivedTrace(record);
    m_receive(record);
}

} // namespace ns3
