/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "traffic.h"

#include "ns3/bulk-send-helper.h"
#include "ns3/config.h"
#include "ns3/inet-socket-address.h"
#include "ns3/packet-sink-helper.h"
#include "ns3/packet-sink.h"
#include "ns3/simulator.h"
#include "ns3/uinteger.h"

#include <random>
#include <stdexcept>

namespace spacemoe::benchmark
{

using namespace ns3;

namespace
{
constexpr uint16_t FIRST_PORT = 20000;
constexpr uint32_t IP_AND_TCP_BYTES = 52;      // IPv4, TCP, and TCP's time stamps
constexpr uint32_t TCP_BUFFER_BYTES = 4 << 20; // as the package's default
constexpr int64_t TCP_STARTS_WITHIN_NS = 1'000'000;

/**
 * Mix the bits of a number (Steele, Lea and Flood 2014, SplitMix64).
 *
 * @param x a number
 * @return another
 */
uint64_t
Mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
}

/**
 * @param flows number of flows
 * @param within in nanoseconds
 * @param seed of the draw
 * @return an instant for each flow
 */
std::vector<Time>
DrawOffsets(std::size_t flows, int64_t within, uint64_t seed)
{
    std::mt19937_64 random(seed);
    std::vector<Time> offsets;
    for (std::size_t flow = 0; flow < flows; ++flow)
    {
        offsets.push_back(NanoSeconds(static_cast<int64_t>(random() % within)));
    }
    return offsets;
}
} // namespace

void
Arrivals::Reset(std::size_t flows)
{
    packets = bytes = digest = 0;
    m_ofFlow.assign(flows, 0);
}

void
Arrivals::Note(uint32_t flow, uint32_t size)
{
    ++packets;
    bytes += size;
    const uint64_t which = Mix((uint64_t{flow} << 40) + m_ofFlow[flow]++);
    digest += Mix(which + static_cast<uint64_t>(Simulator::Now().GetNanoSeconds()));
}

SocketEndpoints::SocketEndpoints(const Way& way, const std::vector<Flow>& flows)
{
    arrivals.Reset(flows.size());
    const TypeId udp = TypeId::LookupByName("ns3::UdpSocketFactory");
    for (uint32_t flow = 0; flow < flows.size(); ++flow)
    {
        const uint16_t port = FIRST_PORT + flow;
        Ptr<Socket> receiver = Socket::CreateSocket(way.GetNodes().Get(flows[flow].to), udp);
        receiver->Bind(InetSocketAddress(Ipv4Address::GetAny(), port));
        receiver->SetRecvCallback(Callback<void, Ptr<Socket>>([this, flow](Ptr<Socket> socket) {
            while (Ptr<Packet> packet = socket->Recv())
            {
                arrivals.Note(flow, packet->GetSize());
            }
        }));
        m_receivers.push_back(receiver);
        Ptr<Socket> sender = Socket::CreateSocket(way.GetNodes().Get(flows[flow].from), udp);
        sender->Bind();
        sender->Connect(InetSocketAddress(way.GetAddress(flows[flow].to), port));
        m_senders.push_back(sender);
    }
}

void
SocketEndpoints::Send(uint32_t flow, Ptr<Packet> packet)
{
    if (m_senders[flow]->Send(packet) < 0)
    {
        throw std::runtime_error("traffic: a socket would not send");
    }
}

Datagrams::Datagrams(Endpoints& endpoints,
                     std::size_t flows,
                     uint32_t bytes,
                     Time interval,
                     uint64_t seed)
    : m_endpoints(endpoints),
      m_bytes(bytes),
      m_interval(interval),
      m_offsets(DrawOffsets(flows, interval.GetNanoSeconds(), seed)),
      m_left(flows, 0)
{
}

void
Datagrams::Start(uint64_t count)
{
    for (uint32_t flow = 0; flow < m_offsets.size(); ++flow)
    {
        m_left[flow] = count;
        if (count > 0)
        {
            Simulator::Schedule(m_offsets[flow], &Datagrams::Tick, this, flow);
        }
    }
}

void
Datagrams::Tick(uint32_t flow)
{
    ++m_sent;
    m_endpoints.Send(flow, Create<Packet>(m_bytes));
    if (--m_left[flow] > 0)
    {
        Simulator::Schedule(m_interval, &Datagrams::Tick, this, flow);
    }
}

uint64_t
Datagrams::GetSent() const
{
    return m_sent;
}

BulkTransfers::BulkTransfers(const Way& way,
                             const std::vector<Flow>& flows,
                             uint16_t mtuBytes,
                             uint64_t seed)
{
    Config::SetDefault("ns3::TcpSocket::SegmentSize", UintegerValue(mtuBytes - IP_AND_TCP_BYTES));
    Config::SetDefault("ns3::TcpSocket::SndBufSize", UintegerValue(TCP_BUFFER_BYTES));
    Config::SetDefault("ns3::TcpSocket::RcvBufSize", UintegerValue(TCP_BUFFER_BYTES));
    const std::vector<Time> starts = DrawOffsets(flows.size(), TCP_STARTS_WITHIN_NS, seed);
    for (uint32_t flow = 0; flow < flows.size(); ++flow)
    {
        const uint16_t port = FIRST_PORT + flow;
        PacketSinkHelper sink("ns3::TcpSocketFactory",
                              InetSocketAddress(Ipv4Address::GetAny(), port));
        m_sinks.Add(sink.Install(way.GetNodes().Get(flows[flow].to)));
        BulkSendHelper bulk("ns3::TcpSocketFactory",
                            InetSocketAddress(way.GetAddress(flows[flow].to), port));
        bulk.SetAttribute("SendSize", UintegerValue(mtuBytes - IP_AND_TCP_BYTES));
        bulk.Install(way.GetNodes().Get(flows[flow].from)).Start(starts[flow]);
    }
}

std::vector<uint64_t>
BulkTransfers::GetReceived() const
{
    std::vector<uint64_t> received;
    for (uint32_t flow = 0; flow < m_sinks.GetN(); ++flow)
    {
        received.push_back(DynamicCast<PacketSink>(m_sinks.Get(flow))->GetTotalRx());
    }
    return received;
}

} // namespace spacemoe::benchmark
