/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "device-ways.h"

#include "peer.h"

#include "ns3/data-rate.h"
#include "ns3/drop-tail-queue.h"
#include "ns3/internet-stack-helper.h"
#include "ns3/ipv4.h"
#include "ns3/mac48-address.h"
#include "ns3/nix-vector-helper.h"
#include "ns3/nstime.h"
#include "ns3/queue-size.h"

#include <algorithm>
#include <cmath>
#include <memory>

namespace spacemoe::benchmark
{

using namespace ns3;

namespace
{
constexpr double SPEED_OF_LIGHT_KM_S = 299792.458;
const PeerDate EPOCH(10957, 0);                // 1 January 2000, 0 h
constexpr uint32_t FIRST_ADDRESS = 0x0a000001; // 10.0.0.1
constexpr uint32_t ADDRESSES_PER_LINK = 4;     // a /30: network, two ends, broadcast
constexpr uint32_t PREFIX_BITS = 30;

/** Gives each node a PeerRouting. */
class PeerRoutingHelper : public Ipv4RoutingHelper
{
  public:
    PeerRoutingHelper* Copy() const override
    {
        return new PeerRoutingHelper(*this);
    }

    Ptr<Ipv4RoutingProtocol> Create(Ptr<Node>) const override
    {
        return CreateObject<PeerRouting>();
    }
};

/**
 * Give nodes an IPv4 stack.
 *
 * @param routing the protocol that forwards
 * @param nodes the nodes
 */
void
InstallStacks(const Ipv4RoutingHelper& routing, const NodeContainer& nodes)
{
    InternetStackHelper stack;
    stack.SetIpv6StackInstall(false);
    stack.SetRoutingHelper(routing);
    stack.Install(nodes);
}
} // namespace

void
DeviceWay::Join(uint32_t a,
                uint32_t b,
                Ptr<PointToPointChannel> channel,
                const LinkSettings& settings)
{
    uint32_t address = FIRST_ADDRESS + m_nextAddress;
    m_nextAddress += ADDRESSES_PER_LINK;
    for (const uint32_t satellite : {a, b})
    {
        Ptr<PointToPointNetDevice> device = CreateObject<PointToPointNetDevice>();
        device->SetAddress(Mac48Address::Allocate());
        device->SetMtu(settings.mtuBytes);
        device->SetDataRate(DataRate(settings.rateBps));
        Ptr<Queue<Packet>> queue = CreateObject<DropTailQueue<Packet>>();
        queue->SetMaxSize(QueueSize(PACKETS, settings.queuePackets));
        device->SetQueue(queue);
        m_nodes.Get(satellite)->AddDevice(device);
        device->Attach(channel);
        m_devices.push_back(device);

        Ptr<Ipv4> ipv4 = m_nodes.Get(satellite)->GetObject<Ipv4>();
        const uint32_t interface = ipv4->AddInterface(device);
        const Ipv4Mask mask(~uint32_t{0} << (32 - PREFIX_BITS));
        ipv4->AddAddress(interface, Ipv4InterfaceAddress(Ipv4Address(address++), mask));
        ipv4->SetMetric(interface, 1);
        ipv4->SetUp(interface);
    }
}

uint64_t
DeviceWay::CountHops() const
{
    // A device puts every packet into its queue, if only for an instant.
    uint64_t hops = 0;
    for (const auto& device : m_devices)
    {
        Ptr<Queue<Packet>> queue = device->GetQueue();
        hops += queue->GetTotalReceivedPackets() - queue->GetNPackets();
    }
    return hops;
}

Ipv4Address
DeviceWay::GetAddress(uint32_t satellite) const
{
    return m_nodes.Get(satellite)->GetObject<Ipv4>()->GetAddress(1, 0).GetLocal();
}

void
NixWay::Build(const Grid& grid, const LinkSettings& settings, const std::vector<uint32_t>&)
{
    m_nodes.Create(grid.GetSatellites());
    InstallStacks(Ipv4NixVectorHelper(), m_nodes);
    for (const auto& [a, b] : grid.GetLinks())
    {
        const Xyz from = grid.GetState(a, 0).positionKm;
        const Xyz to = grid.GetState(b, 0).positionKm;
        const double km = std::hypot(to[0] - from[0], to[1] - from[1], to[2] - from[2]);
        Join(a,
             b,
             CreateObjectWithAttributes<PointToPointChannel>(
                 "Delay",
                 TimeValue(Seconds(km / SPEED_OF_LIGHT_KM_S))),
             settings);
    }
}

void
PeerWay::Build(const Grid& grid,
               const LinkSettings& settings,
               const std::vector<uint32_t>& destinations)
{
    m_nodes.Create(grid.GetSatellites());
    for (uint32_t satellite = 0; satellite < grid.GetSatellites(); ++satellite)
    {
        Ptr<PeerMobilityModel> mobility = CreateObject<PeerMobilityModel>();
        mobility->SetOrbit(grid.GetElements(satellite), EPOCH);
        m_nodes.Get(satellite)->AggregateObject(mobility);
    }
    InstallStacks(PeerRoutingHelper(), m_nodes);
    for (const auto& [a, b] : grid.GetLinks())
    {
        Join(a, b, CreateObject<PeerChannel>(), settings);
    }
    SetTables(grid, destinations);
}

void
PeerWay::SetTables(const Grid& grid, const std::vector<uint32_t>& destinations)
{
    AddressBook addresses;
    for (uint32_t satellite = 0; satellite < grid.GetSatellites(); ++satellite)
    {
        Ptr<Ipv4> ipv4 = m_nodes.Get(satellite)->GetObject<Ipv4>();
        for (uint32_t interface = 1; interface < ipv4->GetNInterfaces(); ++interface)
        {
            addresses[ipv4->GetAddress(interface, 0).GetLocal().Get()] = satellite;
        }
    }

    const std::vector<uint8_t> ports = grid.GetPorts(destinations);
    for (uint32_t satellite = 0; satellite < grid.GetSatellites(); ++satellite)
    {
        std::vector<PeerRouting::NextHop> nextHops(grid.GetSatellites(), {-1, -1, -1});
        for (std::size_t row = 0; row < destinations.size(); ++row)
        {
            const uint8_t port = ports[row * grid.GetSatellites() + satellite];
            if (port != Grid::NO_PORT)
            {
                const uint32_t next = grid.GetNeighbours(satellite)[port];
                const auto& back = grid.GetNeighbours(next);
                const auto itsPort = std::find(back.begin(), back.end(), satellite) - back.begin();
                // Interface 0 is the loopback.
                nextHops[destinations[row]] = {next, port + 1, itsPort + 1};
            }
        }
        DynamicCast<PeerRouting>(m_nodes.Get(satellite)->GetObject<Ipv4>()->GetRoutingProtocol())
            ->SetTable(satellite, m_nodes, addresses, std::move(nextHops));
    }
}

} // namespace spacemoe::benchmark
