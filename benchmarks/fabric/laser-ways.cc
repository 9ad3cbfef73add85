/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "laser-ways.h"

#include "ns3/ephemeris-knots.h"
#include "ns3/forwarding-tables.h"
#include "ns3/queue-size.h"
#include "ns3/simulator.h"
#include "ns3/uinteger.h"

#include <utility>

namespace spacemoe::benchmark
{

using namespace ns3;

namespace
{
constexpr uint32_t KNOTS = 4;
constexpr double KNOT_SECONDS = 15; // as the package's own ephemerides

/**
 * @param grid satellites and orbits
 * @return their ephemeris, for KNOTS - 1 steps
 */
Ptr<EphemerisKnots>
MakeEphemeris(const Grid& grid)
{
    auto [positions, velocities] = grid.GetKnots(KNOTS, KNOT_SECONDS);
    Ptr<EphemerisKnots> ephemeris = CreateObject<EphemerisKnots>();
    ephemeris->SetKnots(grid.GetSatellites(),
                        Seconds(KNOT_SECONDS),
                        std::move(positions),
                        std::move(velocities));
    return ephemeris;
}

/**
 * @param grid satellites and links
 * @param destinations satellites to be reached
 * @return a table for one slot that is as long as the ephemeris
 */
Ptr<ForwardingTables>
MakeTables(const Grid& grid, const std::vector<uint32_t>& destinations)
{
    Ptr<ForwardingTables> tables = CreateObjectWithAttributes<ForwardingTables>(
        "Slot",
        TimeValue(Seconds((KNOTS - 1) * KNOT_SECONDS)));
    tables->SetDestinations(grid.GetSatellites(), destinations);
    tables->Load(0, grid.GetPorts(destinations));
    return tables;
}
} // namespace

LaserWay::LaserWay(Ptr<LaserNetwork> network)
    : m_network(network)
{
}

void
LaserWay::Build(const Grid& grid,
                const LinkSettings& settings,
                const std::vector<uint32_t>& destinations)
{
    m_network->SetAttribute("Mtu", UintegerValue(settings.mtuBytes));
    m_network->SetAttribute("RateBps", UintegerValue(settings.rateBps));
    m_network->SetAttribute("QueueSize", QueueSizeValue(QueueSize(PACKETS, settings.queuePackets)));
    m_network->Create(MakeEphemeris(grid), MakeTables(grid, destinations));
    for (const auto& [a, b] : grid.GetLinks())
    {
        m_network->Connect(a, b);
    }
    m_nodes = m_network->GetSatellites();
}

uint64_t
LaserWay::CountHops() const
{
    m_network->Settle(Simulator::Now());
    uint64_t hops = 0;
    for (uint32_t wire = 0; wire < 2 * m_network->GetNLinks(); ++wire)
    {
        hops += m_network->TakeCounters(wire, Simulator::Now()).packets;
    }
    return hops;
}

Ipv4Address
LaserWay::GetAddress(uint32_t satellite) const
{
    return ForwardingTables::GetAddress(satellite);
}

SchedulerUse
LaserWay::GetSchedulerUse() const
{
    Ptr<Fabric> fabric = DynamicCast<Fabric>(m_network);
    if (!fabric)
    {
        return {};
    }
    const Fabric::Usage usage = fabric->GetUsage();
    return {usage.windows, usage.windowHops, usage.perHopHops, usage.leastWindowNs};
}

LeanWay::LeanWay(Ptr<Fabric> fabric)
    : LaserWay(fabric),
      m_fabric(fabric)
{
}

std::unique_ptr<Endpoints>
LeanWay::OpenEndpoints(const std::vector<Flow>& flows)
{
    return std::make_unique<LeanEndpoints>(m_fabric, flows);
}

} // namespace spacemoe::benchmark
