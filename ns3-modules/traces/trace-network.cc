/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "trace-network.h"

#include "ns3/queue-size.h"
#include "ns3/simulator.h"
#include "ns3/string.h"
#include "ns3/uinteger.h"

#include <stdexcept>

namespace ns3
{

namespace
{

/// Tables for every satellite as a destination. @param scenario the scenario @return the tables
Ptr<ForwardingTables>
MakeTables(const TraceScenario& scenario)
{
    Ptr<ForwardingTables> tables =
        CreateObjectWithAttributes<ForwardingTables>("Slot",
                                                     TimeValue(NanoSeconds(scenario.slotNs)));
    std::vector<uint32_t> destinations(scenario.satellites);
    for (uint32_t satellite = 0; satellite < scenario.satellites; ++satellite)
    {
        destinations[satellite] = satellite;
    }
    tables->SetDestinations(scenario.satellites, destinations);
    const std::size_t size = std::size_t{scenario.satellites} * scenario.satellites;
    for (uint32_t slot = 0; slot < scenario.slots; ++slot)
    {
        const auto first = scenario.ports.begin() + static_cast<std::ptrdiff_t>(slot * size);
        tables->Load(slot, std::vector<uint8_t>(first, first + static_cast<std::ptrdiff_t>(size)));
    }
    return tables;
}

} // namespace

TraceNetwork::TraceNetwork(const TraceScenario& scenario, Ptr<HopLog> log)
{
    if (scenario.engine != "reference")
    {
        throw std::invalid_argument("fabric-traces: there is no engine '" + scenario.engine + "'");
    }
    Ptr<EphemerisKnots> ephemeris = CreateObject<EphemerisKnots>();
    ephemeris->SetKnots(scenario.satellites,
                        NanoSeconds(scenario.stepNs),
                        scenario.positions,
                        scenario.velocities);
    ConstellationHelper helper;
    helper.SetDeviceAttribute("Mtu", UintegerValue(scenario.mtuBytes));
    helper.SetQueueAttribute("MaxSize", QueueSizeValue(QueueSize(scenario.queue)));
    helper.SetChannelAttribute("LossPolicy", StringValue(scenario.policy));
    m_satellites = helper.CreateSatellites(ephemeris, MakeTables(scenario));
    for (const TraceLink& link : scenario.links)
    {
        m_links.push_back(helper.Connect(m_satellites.Get(link.a), m_satellites.Get(link.b)));
        m_links.back()->SetHopLog(log, m_links.size() - 1);
    }
    for (const TraceErrors& errors : scenario.errors)
    {
        ConstellationHelper::SetPacketErrorRate(m_links[errors.link], errors.rate, errors.stream);
    }
    for (const TraceCapture& capture : scenario.captures)
    {
        Ptr<NetDevice> device = m_satellites.Get(capture.satellite)->GetDevice(capture.port + 1);
        ConstellationHelper::EnablePcap(DynamicCast<PointToPointNetDevice>(device), capture.path);
    }
    std::vector<uint8_t> up;
    for (const uint64_t rate : scenario.ratesBps)
    {
        up.push_back(rate > 0 ? 1 : 0);
    }
    Ptr<LinkSchedule> schedule = CreateObject<LinkSchedule>();
    schedule->Install(m_links, NanoSeconds(scenario.slotNs), up, scenario.ratesBps, scenario.slots);
    schedule->Start();
}

const NodeContainer&
TraceNetwork::GetSatellites() const
{
    return m_satellites;
}

LaserLinkCounters
TraceNetwork::TakeCounters(uint32_t link, uint32_t direction)
{
    return m_links[link]->TakeCounters(direction, Simulator::Now());
}

LaserLinkCounters
TraceNetwork::GetCounters(uint32_t link, uint32_t direction) const
{
    return m_links[link]->GetCounters(direction);
}

void
TraceNetwork::VisitPackets(const std::function<void(const Packet&)>& visit) const
{
    for (const Ptr<LaserChannel>& link : m_links)
    {
        link->VisitPackets(0, visit);
        link->VisitPackets(1, visit);
    }
    for (uint32_t satellite = 0; satellite < m_satellites.GetN(); ++satellite)
    {
        SlotRoutingProtocol::Find(m_satellites.Get(satellite))->VisitHeld(visit);
    }
}

void
TraceNetwork::Settle(Time)
{
}

} // namespace ns3
