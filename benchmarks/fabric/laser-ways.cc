/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "laser-ways.h"

#include "ns3/constellation-helper.h"
#include "ns3/data-rate.h"
#include "ns3/ephemeris-knots.h"
#include "ns3/forwarding-tables.h"
#include "ns3/queue-size.h"
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

void
ReferenceWay::Build(const Grid& grid,
                    const LinkSettings& settings,
                    const std::vector<uint32_t>& destinations)
{
    ConstellationHelper helper;
    helper.SetDeviceAttribute("Mtu", UintegerValue(settings.mtuBytes));
    helper.SetDeviceAttribute("DataRate", DataRateValue(DataRate(settings.rateBps)));
    helper.SetQueueAttribute("MaxSize", QueueSizeValue(QueueSize(PACKETS, settings.queuePackets)));
    m_nodes = helper.CreateSatellites(MakeEphemeris(grid), MakeTables(grid, destinations));
    for (const auto& [a, b] : grid.GetLinks())
    {
        m_links.push_back(helper.Connect(m_nodes.Get(a), m_nodes.Get(b)));
    }
}

uint64_t
ReferenceWay::CountHops() const
{
    uint64_t hops = 0;
    for (const auto& link : m_links)
    {
        hops += link->GetCounters(0).packets + link->GetCounters(1).packets;
    }
    return hops;
}

Ipv4Address
ReferenceWay::GetAddress(uint32_t satellite) const
{
    return ForwardingTables::GetAddress(satellite);
}

} // namespace spacemoe::benchmark
