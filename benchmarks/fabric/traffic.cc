/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "traffic.h"

#include "ns3/bulk-send-helper.h"
#include "ns3/config.h"
#include "ns3/inet-socket-address.h"
#include "ns3/make-event.h"
#include "ns3/packet-sink-helper.h"
#include "ns3/packet-sink.h"
#include "ns3/simulator.h"
#include "ns3/uinteger.h"

#include <random>

namespace spacemoe::benchmark
{

using namespace ns3;

namespace
{
constexpr uint32_t IP_AND_TCP_BYTES = 52;      // IPv4, TCP, and TCP's time stamps
constexpr uint32_t TCP_BUFFER_BYTES = 4 << 20; // as the package's default
constexpr int64_t TCP_STARTS_WITHIN_NS = 1'000'000;

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
    for (uint32_t flow = 0; flow < flows; ++flow)
    {
        m_ticks.emplace_back(MakeEvent(&Datagrams::Tick, this, flow), false);
    }
}

void
Datagrams::Start(uint64_t count)
{
    for (uint32_t flow = 0; flow < m_offsets.size(); ++flow)
    {
        m_left[flow] = count;
        if (count > 0)
        {
            Schedule(flow, m_offsets[flow]);
        }
    }
}

void
Datagrams::Tick(uint32_t flow)
{
    ++m_sent;
    m_endpoints.Send(flow, m_bytes);
    if (--m_left[flow] > 0)
    {
        Schedule(flow, m_interval);
    }
}

void
Datagrams::Schedule(uint32_t flow, Time delay)
{
    Simulator::ScheduleWithContext(Simulator::NO_CONTEXT, delay, GetPointer(m_ticks[flow]));
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

Arrivals
BulkTransfers::GetArrivals() const
{
    Arrivals arrivals;
    arrivals.Reset(m_sinks.GetN());
    for (uint32_t flow = 0; flow < m_sinks.GetN(); ++flow)
    {
        arrivals.Note(flow, DynamicCast<PacketSink>(m_sinks.Get(flow))->GetTotalRx());
    }
    return arrivals;
}

} // namespace spacemoe::benchmark
