/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "trace-run.h"

#include "trace-applications.h"
#include "trace-network.h"

#include "ns3/ipv4-header.h"
#include "ns3/packet.h"
#include "ns3/ppp-header.h"
#include "ns3/rng-seed-manager.h"
#include "ns3/simulator.h"

#include <optional>
#include <vector>

namespace ns3
{

namespace
{

/** Ends the world of a run, also when it throws. */
struct World
{
    World()
    {
        RngSeedManager::ResetNextStreamIndex();
    }

    ~World()
    {
        Simulator::Destroy();
    }
};

/**
 * @brief Print the counters of a direction.
 * @param counters the counters
 * @param output where to
 */
void
Print(const LaserLinkCounters& counters, std::ostream& output)
{
    output << counters.packets << ' ' << counters.bytes << ' ' << counters.busy.GetNanoSeconds();
    for (const uint64_t lost : counters.lost)
    {
        output << ' ' << lost;
    }
    output << ' ' << counters.rerouted << ' ' << counters.inFlight << ' ' << counters.queued << ' '
           << counters.waited.GetNanoSeconds() << ' ' << counters.longest << '\n';
}

/**
 * @brief Print a loss.
 * @param packet the packet, with its PPP header
 * @param reason why
 * @param satellite that was to send it, or sent it
 * @param at when
 * @param output where to
 */
void
PrintLoss(const Packet& packet,
          LossReason reason,
          uint32_t satellite,
          Time at,
          std::ostream& output)
{
    Ptr<Packet> rest = packet.Copy();
    PppHeader ppp;
    rest->RemoveHeader(ppp);
    Ipv4Header ipv4;
    rest->RemoveHeader(ipv4);
    output << "lost " << at.GetNanoSeconds() << ' ' << satellite << ' '
           << static_cast<uint32_t>(reason) << ' ' << packet.GetSize() << ' '
           << ForwardingTables::GetSatellite(ipv4.GetSource()) << ' '
           << ForwardingTables::GetSatellite(ipv4.GetDestination()) << ' ' << +ipv4.GetProtocol()
           << ' ' << ipv4.GetIdentification() << ' ' << +ipv4.GetTtl() << '\n';
}

/**
 * @brief Print the hops that have begun, and how their ledgers are numbered.
 * @param log where they are
 * @param output where to
 */
void
PrintHops(const HopLog& log, std::ostream& output)
{
    const Time until = Simulator::Now() - NanoSeconds(1);
    std::vector<int64_t> rows(log.GetCount(until) * HopLog::COLUMNS);
    log.Copy(rows.data(), until);
    for (std::size_t first = 0; first < rows.size(); first += HopLog::COLUMNS)
    {
        output << "hop";
        for (std::size_t column = 0; column < HopLog::COLUMNS; ++column)
        {
            output << ' ' << rows[first + column];
        }
        output << '\n';
    }
    const std::vector<int64_t> numbers = log.GetNumbers(until);
    for (std::size_t given = 0; given < numbers.size(); ++given)
    {
        output << "ledger " << given << ' ' << numbers[given] << '\n';
    }
}

/**
 * @brief Print what the network has done and still has to do.
 * @param network the network
 * @param output where to
 */
void
PrintRest(LaserNetwork& network, std::ostream& output)
{
    for (uint32_t wire = 0; wire < 2 * network.GetNLinks(); ++wire)
    {
        output << "wire " << wire << ' ';
        Print(network.TakeCounters(wire, Simulator::Now()), output);
    }
    uint64_t packets = 0;
    network.VisitPackets([&packets](const Packet&) { ++packets; });
    output << "left " << packets << '\n';
}

} // namespace

void
RunScenario(const TraceScenario& scenario, std::ostream& output)
{
    // What has callbacks lives longer than the world that may still call them when it ends.
    Ptr<LaserNetwork> network;
    std::optional<TraceApplications> applications;
    const World world;
    const auto wires = static_cast<uint32_t>(2 * scenario.links.size());
    // Put into the simulator's queue before everything else, so that it stops before anything of
    // these instants happens.
    for (uint32_t slot = 1; scenario.takesCounters && slot * scenario.slotNs < scenario.horizonNs;
         ++slot)
    {
        Simulator::Stop(NanoSeconds(slot * scenario.slotNs));
    }
    Simulator::Stop(NanoSeconds(scenario.horizonNs));

    Ptr<HopLog> log = CreateObject<HopLog>();
    network = MakeNetwork(scenario, log);
    Callback<void, Ptr<const Packet>, LossReason, uint32_t, Time> lost(
        [&output](Ptr<const Packet> packet, LossReason reason, uint32_t satellite, Time at) {
            PrintLoss(*packet, reason, satellite, at, output);
        });
    network->TraceConnectWithoutContext("Lost", lost);
    applications.emplace(scenario, network, output);
    for (;;)
    {
        Simulator::Run();
        const Time now = Simulator::Now();
        network->Settle(now);
        if (now >= NanoSeconds(scenario.horizonNs))
        {
            break;
        }
        for (uint32_t wire = 0; wire < wires; ++wire)
        {
            output << "slot " << now.GetNanoSeconds() << ' ' << wire << ' ';
            Print(network->TakeCounters(wire, now), output);
        }
    }
    PrintRest(*network, output);
    PrintHops(*log, output);
    output << "ran " << Simulator::GetEventCount() << '\n';
}

} // namespace ns3
