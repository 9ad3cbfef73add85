/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "tcp-endpoint.h"

#include "ns3/boolean.h"
#include "ns3/forwarding-tables.h"
#include "ns3/inet-socket-address.h"
#include "ns3/node.h"
#include "ns3/packet.h"
#include "ns3/path-ledger-tag.h"
#include "ns3/simulator.h"
#include "ns3/socket.h"
#include "ns3/tcp-congestion-ops.h"
#include "ns3/tcp-cubic.h"
#include "ns3/tcp-l4-protocol.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace ns3
{

namespace
{
/// Between two attempts to open a connection at most; ns-3's TCP repeats data at least as often.
const Time LONGEST_TIMEOUT = Seconds(60);
} // namespace

NS_OBJECT_ENSURE_REGISTERED(TcpEndpoint);

TypeId
TcpEndpoint::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::TcpEndpoint")
            .SetParent<MessageEndpoint>()
            .SetGroupName("Moe")
            .AddConstructor<TcpEndpoint>()
            .AddAttribute("CongestionControl",
                          "A subclass of TcpCongestionOps.",
                          TypeIdValue(TcpCubic::GetTypeId()),
                          MakeTypeIdAccessor(&TcpEndpoint::m_congestionControl),
                          MakeTypeIdChecker())
            .AddAttribute("TcpSegmentBytes",
                          "Stream in a full packet in bytes: the MTU less 52, for IPv4, TCP and "
                          "its time stamps.",
                          UintegerValue(8948),
                          MakeUintegerAccessor(&TcpEndpoint::m_tcpSegmentBytes),
                          MakeUintegerChecker<uint32_t>(1, 65483))
            .AddAttribute("BufferBytes",
                          "Capacity of each send and each receive buffer in bytes.",
                          UintegerValue(4'194'304),
                          MakeUintegerAccessor(&TcpEndpoint::m_bufferBytes),
                          MakeUintegerChecker<uint32_t>(MoeHeader::BYTES))
            .AddAttribute("InitialWindow",
                          "Congestion window of a new connection, in segments.",
                          UintegerValue(10),
                          MakeUintegerAccessor(&TcpEndpoint::m_initialWindow),
                          MakeUintegerChecker<uint32_t>(1))
            .AddAttribute("Retries",
                          "How often a packet is sent again, without any acknowledgement, until "
                          "the connection is given up; also how often it is tried again to open "
                          "one.",
                          UintegerValue(15),
                          MakeUintegerAccessor(&TcpEndpoint::m_retries),
                          MakeUintegerChecker<uint32_t>(1))
            .AddAttribute("Answers",
                          "How often, each time twice as late, one who asks to open a connection "
                          "is answered, until it is forgotten. ns-3's TCP does not confirm an "
                          "answer twice: where the confirmation is lost, the first message is one, "
                          "and it may be long in coming.",
                          UintegerValue(16),
                          MakeUintegerAccessor(&TcpEndpoint::m_answers),
                          MakeUintegerChecker<uint32_t>(1, 30))
            .AddAttribute("MinimumTimeout",
                          "Least time until a packet is sent again.",
                          TimeValue(Seconds(1)),
                          MakeTimeAccessor(&TcpEndpoint::m_minimumTimeout),
                          MakeTimeChecker(NanoSeconds(1)));
    return tid;
}

Ptr<Socket>
TcpEndpoint::MakeSocket() const
{
    Ptr<Socket> socket = m_node->GetObject<TcpL4Protocol>()->CreateSocket(m_congestionControl);
    socket->SetAttribute("SegmentSize", UintegerValue(m_tcpSegmentBytes));
    socket->SetAttribute("SndBufSize", UintegerValue(m_bufferBytes));
    socket->SetAttribute("RcvBufSize", UintegerValue(m_bufferBytes));
    socket->SetAttribute("InitialCwnd", UintegerValue(m_initialWindow));
    socket->SetAttribute("DataRetries", UintegerValue(m_retries));
    socket->SetAttribute("ConnCount", UintegerValue(m_answers));
    socket->SetAttribute("ConnTimeout", TimeValue(m_minimumTimeout));
    socket->SetAttribute("MinRto", TimeValue(m_minimumTimeout));
    // The last packet of a message is rarely full; it must not wait for an acknowledgement.
    socket->SetAttribute("TcpNoDelay", BooleanValue(true));
    socket->SetIpTtl(GetTtl());
    return socket;
}

void
TcpEndpoint::OpenNetwork(Ptr<Node> node)
{
    if (!m_congestionControl.IsChildOf(TcpCongestionOps::GetTypeId()))
    {
        throw std::invalid_argument("endpoint: " + m_congestionControl.GetName() +
                                    " is no congestion control; choose a TcpCongestionOps");
    }
    m_node = node;
    m_ledger = TcpLedger::Get(node, GetSatellite());
    m_listener = MakeSocket();
    if (m_listener->Bind(InetSocketAddress(Ipv4Address::GetAny(), GetPort())) < 0)
    {
        throw std::runtime_error("endpoint: TCP port " + std::to_string(GetPort()) +
                                 " of satellite " + std::to_string(GetSatellite()) + " is taken");
    }
    m_listener->SetAcceptCallback(MakeNullCallback<bool, Ptr<Socket>, const Address&>(),
                                  MakeCallback(&TcpEndpoint::HandleAccepted, this));
    m_listener->Listen();
}

void
TcpEndpoint::CloseNetwork()
{
    const auto close = [](Ptr<Socket> socket) {
        if (socket)
        {
            const auto none = MakeNullCallback<void, Ptr<Socket>>();
            socket->SetConnectCallback(none, none);
            socket->SetCloseCallbacks(none, none);
            socket->SetRecvCallback(none);
            socket->SetSendCallback(MakeNullCallback<void, Ptr<Socket>, uint32_t>());
            socket->SetAcceptCallback(MakeNullCallback<bool, Ptr<Socket>, const Address&>(),
                                      MakeNullCallback<void, Ptr<Socket>, const Address&>());
            socket->Close();
        }
    };
    for (auto& [where, outlet] : m_outlets)
    {
        close(outlet.socket);
    }
    for (auto& [socket, inlet] : m_inlets)
    {
        close(socket);
    }
    for (const Ptr<Socket>& socket : m_retired)
    {
        close(socket);
    }
    close(m_listener);
    m_retired.clear();
    m_outlets.clear();
    m_inlets.clear();
    m_listener = nullptr;
    m_ledger = nullptr;
    m_node = nullptr;
}

void
TcpEndpoint::Connect(uint32_t satellite, uint16_t port)
{
    if (satellite != GetSatellite())
    {
        FindOutlet(satellite, port);
    }
}

uint32_t
TcpEndpoint::GetSegments(uint32_t) const
{
    return 1;
}

bool
TcpEndpoint::IsRecovering() const
{
    return true;
}

std::size_t
TcpEndpoint::GetPending() const
{
    std::size_t pending = 0;
    for (const auto& [where, outlet] : m_outlets)
    {
        const bool isIdle = outlet.isConnected && GetAcknowledged(outlet) == outlet.length;
        pending += outlet.socket && !isIdle ? 1 : 0;
    }
    return pending;
}

TcpEndpoint::Outlet&
TcpEndpoint::FindOutlet(uint32_t satellite, uint16_t port)
{
    const auto [entry, isNew] = m_outlets.try_emplace({satellite, port});
    Outlet& outlet = entry->second;
    if (isNew)
    {
        outlet.patience = m_minimumTimeout;
        OpenOutlet(outlet, satellite, port);
    }
    return outlet;
}

void
TcpEndpoint::OpenOutlet(Outlet& outlet, uint32_t satellite, uint16_t port)
{
    outlet.socket = MakeSocket();
    // A socket asks once, and the next attempt is a new one: whichever question is answered, ns-3
    // takes the time since the first for the round trip (the answer echoes the time stamp of the
    // first, and a copy without data is not marked as one), and three times that for the timeout.
    outlet.socket->SetAttribute("ConnCount", UintegerValue(1));
    outlet.socket->SetAttribute("ConnTimeout", TimeValue(outlet.patience));
    outlet.socket->Bind();
    outlet.socket->SetConnectCallback(MakeCallback(&TcpEndpoint::HandleConnected, this),
                                      MakeCallback(&TcpEndpoint::HandleUnanswered, this));
    outlet.socket->SetCloseCallbacks(MakeCallback(&TcpEndpoint::HandleFailed, this),
                                     MakeCallback(&TcpEndpoint::HandleFailed, this));
    outlet.socket->SetSendCallback(MakeCallback(&TcpEndpoint::HandleRoom, this));
    outlet.socket->Connect(InetSocketAddress(ForwardingTables::GetAddress(satellite), port));
}

void
TcpEndpoint::SendAway(const MessageRecord& record, uint16_t port)
{
    Outlet& outlet = FindOutlet(record.toSatellite, port);
    outlet.length += uint64_t{MoeHeader::BYTES} + record.header.messageBytes;
    outlet.unsent.push_back({record, outlet.length, Simulator::Now()});
    if (!outlet.socket)
    {
        GiveUpOutlet(outlet);
        return;
    }
    Fill(outlet);
}

void
TcpEndpoint::Abandon(const MoeHeader&, uint32_t satellite, uint16_t port)
{
    // What TCP has it does not give back. All on this connection is for one satellite, so it goes
    // with it, and whatever is sent there later gets a new one.
    const auto found = m_outlets.find({satellite, port});
    if (found != m_outlets.end())
    {
        Retire(found->second.socket);
        m_outlets.erase(found);
    }
}

uint64_t
TcpEndpoint::GetAcknowledged(const Outlet& outlet) const
{
    return outlet.handedOver + outlet.socket->GetTxAvailable() - m_bufferBytes;
}

void
TcpEndpoint::Fill(Outlet& outlet)
{
    while (outlet.isConnected && !outlet.unsent.empty())
    {
        const Outgoing& first = outlet.unsent.front();
        const uint64_t begin = first.end - first.record.header.messageBytes - MoeHeader::BYTES;
        const bool isHead = outlet.handedOver == begin;
        const uint64_t bytes =
            std::min<uint64_t>(first.end - outlet.handedOver, outlet.socket->GetTxAvailable());
        if (bytes == 0 || (isHead && bytes < MoeHeader::BYTES))
        {
            break; // there will be room
        }
        Ptr<Packet> packet = Create<Packet>(bytes - (isHead ? MoeHeader::BYTES : 0));
        if (isHead)
        {
            Ptr<Packet> head = Create<Packet>();
            head->AddHeader(first.record.header);
            // Stays with these bytes through TCP's buffers; tells the receiver the message's
            // number, and when it was handed over.
            head->AddByteTag(PathLedgerTag(first.record.message, 0, 1, first.handedOver));
            head->AddAtEnd(packet);
            packet = head;
        }
        outlet.handedOver += bytes;
        if (outlet.handedOver == first.end)
        {
            outlet.unknown.push_back(first);
            outlet.unsent.pop_front();
        }
        if (outlet.socket->Send(packet) < 0)
        {
            throw std::runtime_error("endpoint: satellite " + std::to_string(GetSatellite()) +
                                     " could not send on a connection, socket error " +
                                     std::to_string(outlet.socket->GetErrno()));
        }
    }
    const uint64_t acknowledged = GetAcknowledged(outlet);
    while (!outlet.unknown.empty() && outlet.unknown.front().end <= acknowledged)
    {
        outlet.unknown.pop_front();
    }
}

void
TcpEndpoint::Retire(Ptr<Socket>& socket)
{
    if (socket)
    {
        m_retired.push_back(std::exchange(socket, nullptr));
    }
}

void
TcpEndpoint::GiveUpOutlet(Outlet& outlet)
{
    Retire(outlet.socket);
    outlet.isConnected = false;
    const std::deque<Outgoing> unknown = std::exchange(outlet.unknown, {});
    const std::deque<Outgoing> unsent = std::exchange(outlet.unsent, {});
    for (const std::deque<Outgoing>* messages : {&unknown, &unsent})
    {
        for (const Outgoing& message : *messages)
        {
            GiveUp(message.record);
        }
    }
}

void
TcpEndpoint::HandleConnected(Ptr<Socket> socket)
{
    for (auto& [where, outlet] : m_outlets)
    {
        if (outlet.socket == socket)
        {
            outlet.isConnected = true;
            Fill(outlet);
        }
    }
}

void
TcpEndpoint::HandleUnanswered(Ptr<Socket> socket)
{
    for (auto& [where, outlet] : m_outlets)
    {
        if (outlet.socket != socket)
        {
            continue;
        }
        if (++outlet.attempts > m_retries)
        {
            GiveUpOutlet(outlet);
            return;
        }
        Retire(outlet.socket);
        outlet.patience = std::min(outlet.patience + outlet.patience,
                                   std::max(LONGEST_TIMEOUT, m_minimumTimeout));
        OpenOutlet(outlet, where.first, where.second);
    }
}

void
TcpEndpoint::HandleFailed(Ptr<Socket> socket)
{
    for (auto& [where, outlet] : m_outlets)
    {
        if (outlet.socket == socket)
        {
            GiveUpOutlet(outlet);
        }
    }
}

void
TcpEndpoint::HandleRoom(Ptr<Socket> socket, uint32_t)
{
    for (auto& [where, outlet] : m_outlets)
    {
        if (outlet.socket == socket)
        {
            Fill(outlet);
        }
    }
}

void
TcpEndpoint::HandleAccepted(Ptr<Socket> socket, const Address& from)
{
    m_inlets[socket].peer =
        ForwardingTables::GetSatellite(InetSocketAddress::ConvertFrom(from).GetIpv4());
    socket->SetRecvCallback(MakeCallback(&TcpEndpoint::HandleStream, this));
}

void
TcpEndpoint::HandleStream(Ptr<Socket> socket)
{
    while (Ptr<Packet> packet = socket->Recv())
    {
        if (packet->GetSize() == 0)
        {
            return; // the other end has closed
        }
        Take(m_inlets[socket], packet);
        if (!m_node)
        {
            return; // closed by what a message brought about
        }
    }
}

void
TcpEndpoint::Take(Inlet& inlet, Ptr<const Packet> packet)
{
    ByteTagIterator tags = packet->GetByteTagIterator();
    while (tags.HasNext())
    {
        ByteTagIterator::Item item = tags.Next();
        if (item.GetTypeId() != PathLedgerTag::GetTypeId())
        {
            continue;
        }
        PathLedgerTag number;
        item.GetTag(number);
        if (number.GetMessage() != inlet.lastNumber) // or else the rest of a header that was cut
        {
            inlet.lastNumber = number.GetMessage();
            inlet.numbers.emplace_back(inlet.lastNumber, number.GetSent());
        }
    }
    std::vector<uint8_t> bytes(packet->GetSize());
    packet->CopyData(bytes.data(), bytes.size());
    std::size_t place = 0;
    while (place < bytes.size() && m_node)
    {
        if (inlet.missing > 0)
        {
            const auto taken = std::min<std::size_t>(inlet.missing, bytes.size() - place);
            inlet.missing -= taken;
            place += taken;
        }
        else
        {
            const std::size_t taken =
                std::min(MoeHeader::BYTES - inlet.head.size(), bytes.size() - place);
            inlet.head.insert(inlet.head.end(), &bytes[place], &bytes[place] + taken);
            place += taken;
            if (inlet.head.size() < MoeHeader::BYTES)
            {
                return;
            }
            Create<Packet>(inlet.head.data(), inlet.head.size())->PeekHeader(inlet.header);
            inlet.head.clear();
            inlet.missing = inlet.header.messageBytes;
        }
        if (inlet.missing == 0)
        {
            Complete(inlet);
        }
    }
}

void
TcpEndpoint::Complete(Inlet& inlet)
{
    const PathLedgerTag& ledger = m_ledger->GetReceived();
    MessageRecord record;
    record.header = inlet.header;
    const auto [number, handedOver] = inlet.numbers.front();
    inlet.numbers.pop_front();
    record.message = number;
    record.fromSatellite = inlet.peer;
    record.toSatellite = GetSatellite();
    record.hops = ledger.GetHops();
    record.sent = NanoSeconds(inlet.header.sentNanoseconds);
    record.arrived = Simulator::Now();
    record.propagation = ledger.GetPropagation();
    record.waiting = ledger.GetWaiting();
    record.retransmission = handedOver - record.sent;
    record.transport = ledger.GetSent() - handedOver;
    record.serialisation =
        ledger.GetReady() - ledger.GetSent() - ledger.GetPropagation() - ledger.GetWaiting();
    record.queueing = record.arrived - ledger.GetReady();
    record.ledger = ledger.GetNumber();
    record.isRecovered = true;
    Receive(record);
}

} // namespace ns3
