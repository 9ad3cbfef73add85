/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "trace-applications.h"

#include "ns3/fabric.h"
#include "ns3/inet-socket-address.h"
#include "ns3/ipv4-l3-protocol.h"
#include "ns3/packet.h"
#include "ns3/path-ledger-tag.h"
#include "ns3/simulator.h"
#include "ns3/tcp-socket-factory.h"
#include "ns3/udp-socket-factory.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <array>
#include <ostream>
#include <stdexcept>

namespace ns3
{

namespace
{

constexpr uint16_t FIRST_TCP_PORT = 100;          //!< of transfer 0
constexpr uint32_t MOST_IN_ONE_MESSAGE = 1 << 20; //!< messages with ledgers of one satellite
constexpr uint32_t IP_AND_UDP_BYTES = 28;         //!< headers
constexpr uint32_t STOCK_TIME_TO_LIVE = 64;       //!< of Ipv4L3Protocol
const Time CONNECT_TIMEOUT = MilliSeconds(200);   //!< short, as simulations are
const Time LEAST_RETRANSMIT = MilliSeconds(20);   //!< the same
const Time DELAYED_ACK = MilliSeconds(5);         //!< the same

} // namespace

Ptr<Packet>
TraceHeader::MakePacket(uint32_t size) const
{
    // Not Packet::AddPaddingAtEnd, which leaves the bytes as they happen to be.
    std::vector<uint8_t> bytes(size);
    const std::array<uint32_t, BYTES / 4> words{flow,
                                                packet,
                                                uint32_t{replies} << 24 | uint32_t{copies} << 16 |
                                                    step,
                                                thinkNs,
                                                ledger};
    for (std::size_t place = 0; place < BYTES; ++place)
    {
        bytes[place] = static_cast<uint8_t>(words[place / 4] >> (24 - 8 * (place % 4)));
    }
    return Create<Packet>(bytes.data(), size);
}

TraceHeader
TraceHeader::From(const Packet& packet)
{
    std::array<uint8_t, BYTES> bytes{};
    packet.CopyData(bytes.data(), BYTES);
    std::array<uint32_t, BYTES / 4> words{};
    for (std::size_t place = 0; place < BYTES; ++place)
    {
        words[place / 4] = words[place / 4] << 8 | bytes[place];
    }
    return {words[0],
            words[1],
            static_cast<uint8_t>(words[2] >> 24),
            static_cast<uint8_t>(words[2] >> 16),
            static_cast<uint16_t>(words[2]),
            words[3],
            words[4]};
}

TraceApplications::TraceApplications(const TraceScenario& scenario,
                                     Ptr<LaserNetwork> network,
                                     std::ostream& output)
    : m_scenario(scenario),
      m_network(network),
      m_output(output),
      m_messages(scenario.satellites)
{
    for (uint32_t satellite = 0; satellite < scenario.satellites; ++satellite)
    {
        Open(satellite);
    }
    for (uint32_t flow = 0; flow < scenario.bursts.size(); ++flow)
    {
        const TraceBurst& burst = scenario.bursts[flow];
        Simulator::ScheduleWithContext(burst.from, NanoSeconds(burst.atNs), [this, flow] {
            SendBurst(flow);
        });
    }
    for (uint32_t number = 0; number < scenario.transfers.size(); ++number)
    {
        OpenTransfer(number);
    }
}

void
TraceApplications::Open(uint32_t satellite)
{
    Ptr<Node> node = m_network->GetSatellites().Get(satellite);
    Callback<void, const Ipv4Header&, Ptr<const Packet>, uint32_t> local(
        [this, satellite](const Ipv4Header& header, Ptr<const Packet> packet, uint32_t interface) {
            PrintLocal(satellite, header, packet, interface);
        });
    node->GetObject<Ipv4L3Protocol>()->TraceConnectWithoutContext("LocalDeliver", local);
    Ptr<Socket> socket = Socket::CreateSocket(node, UdpSocketFactory::GetTypeId());
    socket->Bind(InetSocketAddress(Ipv4Address::GetAny(), LISTENING_PORT));
    socket->SetIpRecvTtl(true);
    Callback<void, Ptr<Socket>> receive(
        [this, satellite](Ptr<Socket> from) { Receive(satellite, from); });
    socket->SetRecvCallback(receive);
    m_sockets.push_back(socket);
    m_ports.push_back(nullptr);
    if (m_scenario.endpoints == "lean" || (m_scenario.endpoints == "mixed" && satellite % 2 == 1))
    {
        OpenLean(satellite);
    }
}

void
TraceApplications::OpenLean(uint32_t satellite)
{
    Ptr<Fabric> fabric = DynamicCast<Fabric>(m_network);
    if (!fabric)
    {
        throw std::invalid_argument("fabric-traces: only the fabric has lean endpoints");
    }
    Ptr<FabricPort> port = CreateObject<FabricPort>();
    port->Open(fabric,
               satellite,
               LISTENING_PORT,
               [this, satellite](Ptr<Packet> payload, uint32_t from, uint16_t fromPort) {
                   Take(satellite, payload, from, fromPort);
               });
    m_ports[satellite] = port;
}

void
TraceApplications::SendBurst(uint32_t flow)
{
    const TraceBurst& burst = m_scenario.bursts[flow];
    const uint64_t message = uint64_t{burst.from} * MOST_IN_ONE_MESSAGE + m_messages[burst.from]++;
    for (uint32_t index = 0; index < burst.packets; ++index)
    {
        const TraceHeader header{flow,
                                 index,
                                 static_cast<uint8_t>(burst.replies),
                                 static_cast<uint8_t>(burst.copies),
                                 static_cast<uint16_t>(burst.step),
                                 burst.thinkNs,
                                 burst.hasLedger ? 1U : 0U};
        Ptr<Packet> packet = header.MakePacket(burst.payloadBytes);
        if (burst.hasLedger)
        {
            packet->AddPacketTag(PathLedgerTag(message, index, burst.packets, Simulator::Now()));
        }
        Send(burst.from, burst.to, burst.port, packet, burst.timeToLive);
    }
}

void
TraceApplications::Send(uint32_t from,
                        uint32_t to,
                        uint16_t port,
                        Ptr<Packet> packet,
                        uint32_t timeToLive)
{
    // A lean endpoint cuts nothing into fragments.
    if (m_ports[from] && packet->GetSize() + IP_AND_UDP_BYTES <= m_scenario.mtuBytes)
    {
        m_ports[from]->SetAttribute("Ttl", UintegerValue(timeToLive));
        m_ports[from]->SendTo(packet, to, port);
        return;
    }
    m_sockets[from]->SetIpTtl(static_cast<uint8_t>(timeToLive));
    m_sockets[from]->SendTo(packet, 0, InetSocketAddress(ForwardingTables::GetAddress(to), port));
}

void
TraceApplications::Receive(uint32_t satellite, Ptr<Socket> socket)
{
    Address address;
    while (Ptr<Packet> packet = socket->RecvFrom(address))
    {
        const InetSocketAddress from = InetSocketAddress::ConvertFrom(address);
        Take(satellite, packet, ForwardingTables::GetSatellite(from.GetIpv4()), from.GetPort());
    }
}

void
TraceApplications::Take(uint32_t satellite, Ptr<Packet> packet, uint32_t from, uint16_t port)
{
    const TraceHeader header = TraceHeader::From(*packet);
    SocketIpTtlTag timeToLive;
    const bool hasTimeToLive = packet->PeekPacketTag(timeToLive);
    m_output << "got " << Simulator::Now().GetNanoSeconds() << ' ' << satellite << ' ' << from
             << ' ' << port << ' ' << packet->GetSize() << ' ' << header.flow << ' '
             << header.packet << ' ' << +header.replies << ' '
             << (hasTimeToLive ? +timeToLive.GetTtl() : -1);
    PathLedgerTag ledger;
    if (packet->PeekPacketTag(ledger))
    {
        m_output << ' ' << ledger.GetMessage() << ' ' << ledger.GetSent().GetNanoSeconds() << ' '
                 << ledger.GetReady().GetNanoSeconds() << ' '
                 << ledger.GetPropagation().GetNanoSeconds() << ' '
                 << ledger.GetWaiting().GetNanoSeconds() << ' ' << ledger.GetCame().GetNanoSeconds()
                 << ' ' << ledger.GetHops() << ' ' << ledger.GetNumber();
    }
    m_output << '\n';
    if (header.replies == 0)
    {
        return;
    }
    const uint32_t bytes = packet->GetSize();
    if (header.thinkNs == 0)
    {
        Answer(satellite, from, bytes, header);
        return;
    }
    Simulator::Schedule(NanoSeconds(header.thinkNs),
                        [=, this] { Answer(satellite, from, bytes, header); });
}

void
TraceApplications::Answer(uint32_t satellite, uint32_t from, uint32_t bytes, TraceHeader header)
{
    uint32_t to = from;
    if (header.step > 0)
    {
        to = (satellite + header.step) % m_scenario.satellites;
        to = to == satellite ? from : to;
    }
    --header.replies;
    const uint64_t message = uint64_t{satellite} * MOST_IN_ONE_MESSAGE + m_messages[satellite]++;
    for (uint32_t copy = 0; copy < header.copies; ++copy)
    {
        header.packet = m_messages[satellite] * 16 + copy;
        Ptr<Packet> packet = header.MakePacket(bytes);
        if (header.ledger != 0)
        {
            packet->AddPacketTag(PathLedgerTag(message, copy, header.copies, Simulator::Now()));
        }
        Send(satellite, to, LISTENING_PORT, packet, STOCK_TIME_TO_LIVE);
    }
}

void
TraceApplications::OpenTransfer(uint32_t number)
{
    const TraceTransfer& transfer = m_scenario.transfers[number];
    const auto port = static_cast<uint16_t>(FIRST_TCP_PORT + number);
    const auto open = [&](uint32_t satellite) {
        Ptr<Socket> socket = Socket::CreateSocket(m_network->GetSatellites().Get(satellite),
                                                  TcpSocketFactory::GetTypeId());
        socket->SetAttribute("SegmentSize", UintegerValue(transfer.segmentBytes));
        socket->SetAttribute("ConnTimeout", TimeValue(CONNECT_TIMEOUT));
        socket->SetAttribute("DelAckTimeout", TimeValue(DELAYED_ACK));
        socket->SetAttribute("MinRto", TimeValue(LEAST_RETRANSMIT));
        return socket;
    };

    Ptr<Socket> listener = open(transfer.to);
    listener->Bind(InetSocketAddress(Ipv4Address::GetAny(), port));
    listener->Listen();
    Callback<void, Ptr<Socket>> take(
        [this, number](Ptr<Socket> from) { TakeStream(number, from); });
    Callback<void, Ptr<Socket>, const Address&> accept(
        [take](Ptr<Socket> socket, const Address&) { socket->SetRecvCallback(take); });
    listener->SetAcceptCallback(MakeNullCallback<bool, Ptr<Socket>, const Address&>(), accept);
    m_listeners.push_back(listener);

    Ptr<Socket> sender = open(transfer.from);
    sender->Bind();
    m_senders.push_back(sender);
    m_left.push_back(transfer.bytes);
    Callback<void, Ptr<Socket>> connected([this, number](Ptr<Socket>) { Feed(number); });
    sender->SetConnectCallback(connected, MakeNullCallback<void, Ptr<Socket>>());
    Callback<void, Ptr<Socket>, uint32_t> hasRoom(
        [this, number](Ptr<Socket>, uint32_t) { Feed(number); });
    sender->SetSendCallback(hasRoom);
    const InetSocketAddress address(ForwardingTables::GetAddress(transfer.to), port);
    Simulator::ScheduleWithContext(transfer.from, NanoSeconds(transfer.atNs), [sender, address] {
        sender->Connect(address);
    });
}

void
TraceApplications::Feed(uint32_t number)
{
    Ptr<Socket> sender = m_senders[number];
    while (m_left[number] > 0)
    {
        const uint32_t bytes = std::min(
            {m_left[number], sender->GetTxAvailable(), m_scenario.transfers[number].segmentBytes});
        if (bytes == 0 || sender->Send(Create<Packet>(bytes)) < 0)
        {
            return;
        }
        m_left[number] -= bytes;
        if (m_left[number] == 0)
        {
            sender->Close();
        }
    }
}

void
TraceApplications::TakeStream(uint32_t number, Ptr<Socket> socket)
{
    while (Ptr<Packet> packet = socket->Recv())
    {
        if (packet->GetSize() == 0)
        {
            return; // the other side has closed
        }
        m_output << "stream " << Simulator::Now().GetNanoSeconds() << ' ' << number << ' '
                 << packet->GetSize() << '\n';
    }
}

void
TraceApplications::PrintLocal(uint32_t satellite,
                              const Ipv4Header& header,
                              Ptr<const Packet> packet,
                              uint32_t)
{
    m_output << "ip " << Simulator::Now().GetNanoSeconds() << ' ' << satellite << ' '
             << ForwardingTables::GetSatellite(header.GetSource()) << ' ' << +header.GetProtocol()
             << ' ' << header.GetIdentification() << ' ' << +header.GetTtl() << ' '
             << packet->GetSize() << '\n';
}

} // namespace ns3
