/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "message-endpoint.h"

#include "ns3/boolean.h"
#include "ns3/node.h"
#include "ns3/packet.h"
#include "ns3/path-ledger-tag.h"
#include "ns3/simulator.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <string>
#include <utility>

namespace ns3
{

namespace
{
constexpr std::size_t BITS = 8;      //!< of a byte
constexpr uint8_t MOST_COPIES = 255; //!< that a header counts
} // namespace

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
            .AddAttribute(
                "Lean",
                "Whether datagrams bypass sockets and stacks; needs a Fabric, and changes "
                "no result.",
                BooleanValue(false),
                MakeBooleanAccessor(&MessageEndpoint::m_isLean),
                MakeBooleanChecker())
            .AddAttribute("Timeout",
                          "Time without word of a message until it is sent again; zero: nothing "
                          "is.",
                          TimeValue(Time(0)),
                          MakeTimeAccessor(&MessageEndpoint::m_timeout),
                          MakeTimeChecker(Time(0)))
            .AddAttribute("AskAfter",
                          "Time without a new segment of a message until those missing are asked "
                          "for.",
                          TimeValue(MilliSeconds(500)),
                          MakeTimeAccessor(&MessageEndpoint::m_askAfter),
                          MakeTimeChecker(NanoSeconds(1)))
            .AddAttribute("GiveUp",
                          "Time from the sending of a message until its sender gives it up.",
                          TimeValue(Seconds(60)),
                          MakeTimeAccessor(&MessageEndpoint::m_giveUp),
                          MakeTimeChecker(NanoSeconds(1)))
            .AddTraceSource("MessageSent",
                            "A message was handed to the network.",
                            MakeTraceSourceAccessor(&MessageEndpoint::m_sentTrace),
                            "ns3::MessageEndpoint::MessageCallback")
            .AddTraceSource("MessageReceived",
                            "The last segment of a message was received.",
                            MakeTraceSourceAccessor(&MessageEndpoint::m_receivedTrace),
                            "ns3::MessageEndpoint::MessageCallback")
            .AddTraceSource("MessageGivenUp",
                            "A message was not acknowledged in time, and is not sent again.",
                            MakeTraceSourceAccessor(&MessageEndpoint::m_givenUpTrace),
                            "ns3::MessageEndpoint::MessageCallback")
            .AddTraceSource("SegmentSent",
                            "A segment, an acknowledgement or a request is handed to the socket.",
                            MakeTraceSourceAccessor(&MessageEndpoint::m_segmentSentTrace),
                            "ns3::Packet::TracedCallback")
            .AddTraceSource("SegmentReceived",
                            "A segment, an acknowledgement or a request came out of the socket.",
                            MakeTraceSourceAccessor(&MessageEndpoint::m_segmentReceivedTrace),
                            "ns3::Packet::TracedCallback")
            .AddTraceSource("SegmentDuplicate",
                            "A segment came, after SegmentReceived, that was there already.",
                            MakeTraceSourceAccessor(&MessageEndpoint::m_duplicateTrace),
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
    OpenNetwork(node);
    m_neighbours = LocalPorts::Get(node);
    m_neighbours->Add(port, this);
}

void
MessageEndpoint::OpenNetwork(Ptr<Node> node)
{
    m_datagrams = DatagramPort::Open(node,
                                     m_port,
                                     m_ttl,
                                     m_isLean,
                                     [this](Ptr<Packet> packet, uint32_t peer, uint16_t peerPort) {
                                         HandleSegment(packet, peer, peerPort);
                                     });
    m_reassembly.SetRemembers(IsRecovering());
    m_recovery.Start(
        {m_timeout, m_askAfter, m_giveUp},
        {[this](const MessageRecovery::Outgoing& o, const std::vector<uint16_t>& segments) {
             SendSegments(o.record, o.port, segments, o.copies);
         },
         [this](const MessageRecovery::Incoming& incoming) { Ask(incoming); },
         [this](const MessageRecovery::Incoming& incoming) { Acknowledge(incoming); },
         [this](const MessageRecord& record) { GiveUp(record); }});
}

void
MessageEndpoint::Close()
{
    CloseNetwork();
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
}

void
MessageEndpoint::CloseNetwork()
{
    m_datagrams = nullptr;
    m_recovery.Stop();
    m_reassembly.Clear();
}

uint32_t
MessageEndpoint::GetSegments(uint32_t messageBytes) const
{
    const uint32_t room = m_segmentBytes - MoeHeader::BYTES;
    return std::max(1U, messageBytes / room + (messageBytes % room == 0 ? 0U : 1U));
}

std::size_t
MessageEndpoint::GetPending() const
{
    return m_recovery.GetPending();
}

bool
MessageEndpoint::IsRecovering() const
{
    return m_timeout.IsStrictlyPositive();
}

void
MessageEndpoint::Connect(uint32_t, uint16_t)
{
}

void
MessageEndpoint::GiveUp(const MessageRecord& record)
{
    m_givenUpTrace(record);
}

uint8_t
MessageEndpoint::GetTtl() const
{
    return m_ttl;
}

uint32_t
MessageEndpoint::GetSatellite() const
{
    return m_satellite;
}

uint16_t
MessageEndpoint::GetPort() const
{
    return m_port;
}

void
MessageEndpoint::Send(MoeHeader header,
                      uint64_t message,
                      uint32_t satellite,
                      uint16_t port,
                      Time since)
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
    header.sentNanoseconds = since.GetNanoSeconds();
    MessageRecord record;
    record.header = header;
    record.message = message;
    record.fromSatellite = m_satellite;
    record.toSatellite = satellite;
    record.sent = since;
    record.isRecovered = !staysHere && IsRecovering();
    m_sentTrace(record);
    if (staysHere)
    {
        SendHere(record, port);
    }
    else
    {
        SendAway(record, port);
    }
}

void
MessageEndpoint::SendAway(const MessageRecord& record, uint16_t port)
{
    std::vector<uint16_t> segments(record.header.segments);
    std::iota(segments.begin(), segments.end(), 0);
    SendSegments(record, port, segments, 0);
    if (IsRecovering())
    {
        m_recovery.Sent(record, port);
    }
}

void
MessageEndpoint::Abandon(const MoeHeader& header, uint32_t satellite, uint16_t)
{
    m_recovery.Acknowledged(MakeMessageKey(header, satellite));
}

void
MessageEndpoint::SendSegments(const MessageRecord& record,
                              uint16_t port,
                              const std::vector<uint16_t>& segments,
                              uint32_t copy)
{
    MoeHeader header = record.header;
    header.copy = static_cast<uint8_t>(std::min(copy, uint32_t{MOST_COPIES}));
    const uint32_t room = m_segmentBytes - MoeHeader::BYTES;
    for (const uint16_t segment : segments)
    {
        header.segment = segment;
        Ptr<Packet> packet = Create<Packet>(std::min(header.messageBytes - segment * room, room));
        packet->AddHeader(header);
        packet->AddPacketTag(
            PathLedgerTag(record.message, segment, segments.size(), Simulator::Now(), copy));
        SendDatagram(packet, record.toSatellite, port);
    }
}

void
MessageEndpoint::SendDatagram(Ptr<Packet> packet, uint32_t satellite, uint16_t port)
{
    m_segmentSentTrace(packet);
    m_datagrams->Send(packet, satellite, port);
}

void
MessageEndpoint::Acknowledge(const MessageRecovery::Incoming& incoming)
{
    MoeHeader header = incoming.header;
    header.about = header.kind;
    header.kind = MoeHeader::ACKNOWLEDGEMENT;
    header.segment = 0;
    header.copy = 0;
    header.messageBytes = 0;
    header.sentNanoseconds = Simulator::Now().GetNanoSeconds();
    Ptr<Packet> packet = Create<Packet>();
    packet->AddHeader(header);
    packet->AddPacketTag(PathLedgerTag(incoming.message, 0, 1, Simulator::Now()));
    SendDatagram(packet, incoming.peer, incoming.peerPort);
}

void
MessageEndpoint::Ask(const MessageRecovery::Incoming& incoming)
{
    MoeHeader header = incoming.header;
    const std::vector<bool> isThere =
        m_reassembly.GetSegments(MakeMessageKey(header, incoming.peer));
    header.about = header.kind;
    header.kind = MoeHeader::REPEAT;
    header.copy = 0;
    header.sentNanoseconds = Simulator::Now().GetNanoSeconds();
    const std::size_t most = (m_segmentBytes - MoeHeader::BYTES) * BITS;
    auto first = std::find(isThere.begin(), isThere.end(), false);
    while (first != isThere.end())
    {
        const std::size_t start = first - isThere.begin();
        const std::size_t count = std::min(most, isThere.size() - start);
        std::vector<uint8_t> bitmap((count + BITS - 1) / BITS);
        for (std::size_t index = 0; index < count; ++index)
        {
            const bool isMissing = !isThere[start + index];
            bitmap[index / BITS] |= isMissing << (BITS - 1 - index % BITS);
        }
        header.segment = static_cast<uint16_t>(start);
        header.messageBytes = bitmap.size();
        Ptr<Packet> packet = Create<Packet>(bitmap.data(), bitmap.size());
        packet->AddHeader(header);
        packet->AddPacketTag(PathLedgerTag(incoming.message, 0, 1, Simulator::Now()));
        SendDatagram(packet, incoming.peer, incoming.peerPort);
        first = std::find(first + count, isThere.end(), false);
    }
}

void
MessageEndpoint::HearControl(const MoeHeader& header, Ptr<Packet> packet, uint32_t peer)
{
    const MessageKey key = MakeMessageKey(header, peer);
    if (header.kind == MoeHeader::ACKNOWLEDGEMENT)
    {
        m_recovery.Acknowledged(key);
        return;
    }
    std::vector<uint8_t> bytes(packet->GetSize());
    packet->CopyData(bytes.data(), bytes.size());
    std::vector<bool> isMissing;
    for (std::size_t bit = 0; bit < (bytes.size() - MoeHeader::BYTES) * BITS; ++bit)
    {
        const uint8_t byte = bytes[MoeHeader::BYTES + bit / BITS];
        isMissing.push_back(byte >> (BITS - 1 - bit % BITS) & 1);
    }
    m_recovery.Asked(key, header.segment, isMissing);
}

void
MessageEndpoint::SendHere(MessageRecord message, uint16_t port)
{
    MessageEndpoint* receiver = m_neighbours->Find(port);
    if (!receiver)
    {
        return; // in vain, as a datagram to a closed port
    }
    message.arrived = Simulator::Now();
    message.retransmission = message.arrived - message.sent;
    receiver->m_fromHere.emplace_back(
        Simulator::ScheduleNow(&MessageEndpoint::ReceiveFromHere, receiver),
        std::move(message));
}

void
MessageEndpoint::ReceiveFromHere()
{
    const MessageRecord record = std::move(m_fromHere.front().second);
    m_fromHere.pop_front();
    Receive(record);
}

void
MessageEndpoint::Receive(const MessageRecord& record)
{
    m_receivedTrace(record);
    m_receive(record);
}

void
MessageEndpoint::HandleSegment(Ptr<Packet> packet, uint32_t peer, uint16_t peerPort)
{
    MoeHeader header;
    packet->PeekHeader(header);
    PathLedgerTag ledger;
    if (!header.IsValid() || !packet->PeekPacketTag(ledger))
    {
        return; // not ours: another program may send to this port
    }
    m_segmentReceivedTrace(packet);
    if (header.IsControl())
    {
        HearControl(header, packet, peer);
        return;
    }
    const MessageKey key = MakeMessageKey(header, peer);
    const MessageReassembly::Outcome outcome = m_reassembly.Add(key, header);
    if (outcome == MessageReassembly::Outcome::DUPLICATE)
    {
        m_duplicateTrace(packet);
    }
    if (IsRecovering())
    {
        m_recovery.Received(key, {header, ledger.GetMessage(), peer, peerPort, {}}, outcome);
    }
    if (outcome != MessageReassembly::Outcome::COMPLETE)
    {
        return;
    }
    MessageRecord record;
    record.header = header;
    record.message = ledger.GetMessage();
    record.fromSatellite = peer;
    record.toSatellite = m_satellite;
    record.hops = ledger.GetHops();
    record.sent = NanoSeconds(header.sentNanoseconds);
    record.arrived = Simulator::Now();
    record.propagation = ledger.GetPropagation();
    record.waiting = ledger.GetWaiting();
    record.retransmission = ledger.GetSent() - record.sent;
    record.serialisation =
        ledger.GetReady() - ledger.GetSent() - ledger.GetPropagation() - ledger.GetWaiting();
    record.queueing = record.arrived - ledger.GetReady();
    record.ledger = ledger.GetNumber();
    record.isRecovered = IsRecovering();
    Receive(record);
}

} // namespace ns3
