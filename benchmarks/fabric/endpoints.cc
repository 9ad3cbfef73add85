/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "endpoints.h"

#include "ns3/inet-socket-address.h"
#include "ns3/simulator.h"

#include <stdexcept>

namespace spacemoe::benchmark
{

using namespace ns3;

namespace
{
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
} // namespace

void
Arrivals::Reset(std::size_t flows)
{
    packets = bytes = digest = 0;
    m_ofFlow.assign(flows, 0);
}

void
Arrivals::Note(uint32_t flow, uint64_t size)
{
    ++packets;
    bytes += size;
    const uint64_t which = Mix((uint64_t{flow} << 40) + m_ofFlow[flow]++) + size;
    digest += Mix(which + static_cast<uint64_t>(Simulator::Now().GetNanoSeconds()));
}

SocketEndpoints::SocketEndpoints(const NodeContainer& nodes,
                                 const std::vector<Ipv4Address>& addresses,
                                 const std::vector<Flow>& flows)
{
    arrivals.Reset(flows.size());
    const TypeId udp = TypeId::LookupByName("ns3::UdpSocketFactory");
    for (uint32_t flow = 0; flow < flows.size(); ++flow)
    {
        const uint16_t port = FIRST_PORT + flow;
        Ptr<Socket> receiver = Socket::CreateSocket(nodes.Get(flows[flow].to), udp);
        receiver->Bind(InetSocketAddress(Ipv4Address::GetAny(), port));
        receiver->SetRecvCallback(Callback<void, Ptr<Socket>>([this, flow](Ptr<Socket> socket) {
            while (Ptr<Packet> packet = socket->Recv())
            {
                arrivals.Note(flow, packet->GetSize());
            }
        }));
        m_receivers.push_back(receiver);
        Ptr<Socket> sender = Socket::CreateSocket(nodes.Get(flows[flow].from), udp);
        sender->Bind();
        sender->Connect(InetSocketAddress(addresses[flow], port));
        m_senders.push_back(sender);
    }
}

void
SocketEndpoints::Send(uint32_t flow, uint32_t bytes)
{
    if (m_senders[flow]->Send(Create<Packet>(bytes)) < 0)
    {
        throw std::runtime_error("traffic: a socket would not send");
    }
}

LeanEndpoints::LeanEndpoints(Ptr<Fabric> fabric, const std::vector<Flow>& flows)
    : m_flows(flows)
{
    arrivals.Reset(flows.size());
    for (uint32_t flow = 0; flow < flows.size(); ++flow)
    {
        Ptr<FabricPort> receiver = CreateObject<FabricPort>();
        receiver->OpenForSizes(
            fabric,
            flows[flow].to,
            FIRST_PORT + flow,
            [this, flow](uint32_t bytes, uint32_t, uint16_t) { arrivals.Note(flow, bytes); });
        m_receivers.push_back(receiver);
        Ptr<FabricPort> sender = CreateObject<FabricPort>();
        sender->Open(fabric,
                     flows[flow].from,
                     FIRST_SENDING_PORT + flow,
                     [](Ptr<Packet>, uint32_t, uint16_t) {});
        m_senders.push_back(sender);
    }
}

void
LeanEndpoints::Send(uint32_t flow, uint32_t bytes)
{
    m_senders[flow]->SendZerosTo(bytes, m_flows[flow].to, FIRST_PORT + flow);
}

} // namespace spacemoe::benchmark
