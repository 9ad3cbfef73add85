/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "trace-network.h"

#include "ns3/channel-network.h"
#include "ns3/fabric.h"
#include "ns3/link-schedule.h"
#include "ns3/queue-size.h"
#include "ns3/string.h"
#include "ns3/uinteger.h"

#include <map>
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

/// An engine without satellites yet. @param name as in a scenario @return the engine
Ptr<LaserNetwork>
MakeEngine(const std::string& name)
{
    if (name == "reference")
    {
        return CreateObject<ChannelNetwork>();
    }
    static const std::map<std::string, std::string> SCHEDULERS{{"auto", "Auto"},
                                                               {"window", "Window"},
                                                               {"hop", "PerHop"}};
    const auto scheduler = SCHEDULERS.find(name);
    if (scheduler == SCHEDULERS.end())
    {
        throw std::invalid_argument("fabric-traces: there is no engine '" + name + "'");
    }
    return CreateObjectWithAttributes<Fabric>("Scheduler", StringValue(scheduler->second));
}

} // namespace

Ptr<LaserNetwork>
MakeNetwork(const TraceScenario& scenario, Ptr<HopLog> log)
{
    Ptr<EphemerisKnots> ephemeris = CreateObject<EphemerisKnots>();
    ephemeris->SetKnots(scenario.satellites,
                        NanoSeconds(scenario.stepNs),
                        scenario.positions,
                        scenario.velocities);
    Ptr<LaserNetwork> network = MakeEngine(scenario.engine);
    network->SetAttribute("Mtu", UintegerValue(scenario.mtuBytes));
    network->SetAttribute("QueueSize", QueueSizeValue(QueueSize(scenario.queue)));
    network->SetAttribute("LossPolicy", StringValue(scenario.policy));
    network->Create(ephemeris, MakeTables(scenario));
    for (const TraceLink& link : scenario.links)
    {
        network->Connect(link.a, link.b);
    }
    network->SetHopLog(log);
    for (const TraceErrors& errors : scenario.errors)
    {
        network->SetPacketErrorRate(errors.link, errors.rate, errors.stream);
    }
    for (const TraceCapture& capture : scenario.captures)
    {
        network->EnablePcap(capture.satellite, capture.port, capture.path);
    }
    std::vector<uint8_t> up;
    for (const uint64_t rate : scenario.ratesBps)
    {
        up.push_back(rate > 0 ? 1 : 0);
    }
    Ptr<LinkSchedule> schedule = CreateObject<LinkSchedule>();
    schedule->Install(network, NanoSeconds(scenario.slotNs), up, scenario.ratesBps, scenario.slots);
    schedule->Start();
    return network;
}

} // namespace ns3
