/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

/**
 * @file
 * One measurement: builds the grid in one way, runs one workload, prints one JSON object on a line.
 *
 * UDP: each flow sends a datagram first, before anything is measured, so that caches of routes are
 * filled; then the datagrams of the measurement, until the last has come. TCP: bulk transfers for
 * as long as is said.
 */

#include "grid.h"
#include "measure.h"
#include "traffic.h"
#include "ways.h"

#include "ns3/boolean.h"
#include "ns3/command-line.h"
#include "ns3/config.h"
#include "ns3/global-value.h"
#include "ns3/simulator.h"
#include "ns3/uinteger.h"

#include <cstdio>
#include <exception>
#include <iostream>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

using namespace spacemoe::benchmark;
using ns3::Simulator;

namespace
{
constexpr uint32_t DATAGRAM_BYTES = 8192;
constexpr uint32_t TOPOLOGY_DESTINATIONS = 288; // experts and gateways of the paper's model
constexpr uint8_t LONGEST_WAY =
    255; // hops; ns-3's default of 64 ends before the far side of 12,000
/// When what is measured begins: after everything before has come.
const ns3::Time BEGIN = ns3::Seconds(2);
/// Longer than any datagram is under way.
const ns3::Time DRAIN = ns3::Seconds(2);

/** What is asked for. */
struct Request
{
    std::string way{"nix"};      //!< how it is simulated
    std::string workload{"udp"}; //!< what is sent
    Shape shape;                 //!< the constellation
    LinkSettings links;          //!< the lasers
    uint32_t flows{100};         //!< how many
    uint32_t hops{0};            //!< of each flow; 0 for any
    double milliseconds{50};     //!< of sending
    double intervalUs{100};      //!< between two datagrams of a flow
    uint64_t seed{1};            //!< of all draws
};

/** What was found. */
struct Findings
{
    uint64_t satellites{0};  //!< how many
    uint64_t links{0};       //!< how many
    double meanHops{0};      //!< of the flows
    double buildS{0};        //!< user seconds of the topology
    double buildMb{0};       //!< resident memory that it took
    uint64_t sent{0};        //!< datagrams
    uint64_t received{0};    //!< datagrams, or bytes of TCP
    std::string digest{"0"}; //!< of who received what when
    uint64_t hops{0};        //!< packet-hops
    uint64_t events{0};      //!< executed
    double userS{0};         //!< of Simulator::Run
    double processorS{0};    //!< user and system seconds of Simulator::Run
    SchedulerUse schedulers; //!< of everything, the first datagrams included
    double wallS{0};         //!< of Simulator::Run
};

/**
 * Read the command line; ends the program if it says nonsense.
 *
 * @param argc of main
 * @param argv of main
 * @return what is asked for
 */
Request
Read(int argc, char* argv[])
{
    Request request;
    ns3::CommandLine command;
    command.Usage("One measurement of benchmarks/fabric.py; prints a JSON object.");
    command.AddValue("way", "nix, peer, reference, stock or lean", request.way);
    command.AddValue("workload", "udp, tcp, or none: build the topology only", request.workload);
    command.AddValue("planes", "number of planes", request.shape.planes);
    command.AddValue("per-plane", "satellites in a plane", request.shape.perPlane);
    command.AddValue("phasing", "Walker's F", request.shape.phasing);
    command.AddValue("rate", "of a link, in bits a second", request.links.rateBps);
    command.AddValue("queue",
                     "packets that a transmitter's queue holds",
                     request.links.queuePackets);
    command.AddValue("flows", "number of flows", request.flows);
    command.AddValue("hops", "that each flow has; 0 for any", request.hops);
    command.AddValue("milliseconds", "for which is sent", request.milliseconds);
    command.AddValue("interval", "microseconds between a flow's datagrams", request.intervalUs);
    command.AddValue("seed", "of flows and of when they begin", request.seed);
    command.Parse(argc, argv);
    return request;
}

/**
 * @param request what is asked for
 * @param flows the flows
 * @param satellites how many there are
 * @return who needs a row in forwarding tables, in order
 */
std::vector<uint32_t>
GetDestinations(const Request& request, const std::vector<Flow>& flows, uint32_t satellites)
{
    std::set<uint32_t> destinations;
    for (const Flow& flow : flows)
    {
        destinations.insert(flow.to);
        if (request.workload == "tcp")
        {
            destinations.insert(flow.from); // acknowledgements
        }
    }
    if (request.workload == "none")
    {
        for (uint64_t row = 0; row < TOPOLOGY_DESTINATIONS; ++row)
        {
            destinations.insert(row * satellites / TOPOLOGY_DESTINATIONS);
        }
    }
    return {destinations.begin(), destinations.end()};
}

/**
 * Run, and note what it takes.
 *
 * @param way whose hops are counted
 * @param stop when it stops
 * @param found where to note
 */
void
Measure(const Way& way, ns3::Time stop, Findings& found)
{
    const uint64_t hops = way.CountHops();
    const uint64_t events = Simulator::GetEventCount();
    Simulator::Stop(stop - Simulator::Now());
    const Usage before = Usage::Now();
    RunSimulation();
    const Usage after = Usage::Now();
    found.hops = way.CountHops() - hops;
    found.events = Simulator::GetEventCount() - events;
    found.userS = after.userS - before.userS;
    found.processorS = after.processorS - before.processorS;
    found.wallS = after.wallS - before.wallS;
}

/**
 * Run the datagrams.
 *
 * @param request what is asked for
 * @param way how it is simulated
 * @param flows who sends to whom
 * @param found where to note what was found
 * @throws std::runtime_error if a datagram was lost, or went another way than the shortest
 */
void
RunUdp(const Request& request, Way& way, const std::vector<Flow>& flows, Findings& found)
{
    std::unique_ptr<Endpoints> endpoints = way.OpenEndpoints(flows);
    Datagrams datagrams(*endpoints,
                        flows.size(),
                        DATAGRAM_BYTES,
                        ns3::NanoSeconds(static_cast<int64_t>(request.intervalUs * 1000)),
                        request.seed);
    datagrams.Start(1);
    Simulator::Stop(BEGIN);
    Simulator::Run();
    if (endpoints->arrivals.packets != flows.size())
    {
        throw std::runtime_error("udp: a first datagram was lost, or is still under way");
    }

    endpoints->arrivals.Reset(flows.size());
    const auto count = static_cast<uint64_t>(request.milliseconds * 1000 / request.intervalUs);
    datagrams.Start(count);
    Measure(way, BEGIN + ns3::MicroSeconds(count * request.intervalUs) + DRAIN, found);
    found.sent = datagrams.GetSent() - flows.size();
    found.received = endpoints->arrivals.packets;
    found.digest = std::to_string(endpoints->arrivals.digest);
    uint64_t expected = 0;
    for (const Flow& flow : flows)
    {
        expected += count * flow.hops;
    }
    if (found.received != found.sent || found.hops != expected)
    {
        throw std::runtime_error("udp: " + std::to_string(found.sent) + " datagrams sent, " +
                                 std::to_string(found.received) + " received; " +
                                 std::to_string(found.hops) + " hops counted, not " +
                                 std::to_string(expected));
    }
}

/**
 * Send a datagram and wait until it has come: what is laid out with the first packet belongs to the
 * topology.
 *
 * @param way what has been built
 * @param satellites how many there are
 * @throws std::runtime_error if it does not come
 */
void
SendFirst(Way& way, uint32_t satellites)
{
    std::unique_ptr<Endpoints> endpoints = way.OpenEndpoints({{satellites - 1, 0, 0}});
    Datagrams datagrams(*endpoints, 1, DATAGRAM_BYTES, ns3::MicroSeconds(1), 0);
    datagrams.Start(1);
    Simulator::Stop(BEGIN);
    Simulator::Run();
    if (endpoints->arrivals.packets != 1)
    {
        throw std::runtime_error("topology: the first datagram has not come");
    }
}

/**
 * Run the bulk transfers.
 *
 * @param request what is asked for
 * @param way how it is simulated
 * @param flows who sends to whom
 * @param found where to note what was found
 */
void
RunTcp(const Request& request, const Way& way, const std::vector<Flow>& flows, Findings& found)
{
    BulkTransfers transfers(way, flows, request.links.mtuBytes, request.seed);
    Measure(way, ns3::MicroSeconds(static_cast<uint64_t>(request.milliseconds * 1000)), found);
    const Arrivals arrivals = transfers.GetArrivals();
    found.received = arrivals.bytes;
    found.digest = std::to_string(arrivals.digest);
}

/**
 * Print what was found.
 *
 * @param request what was asked for
 * @param found what was found
 */
void
Print(const Request& request, const Findings& found)
{
    std::printf("{\"way\": \"%s\", \"workload\": \"%s\", \"satellites\": %lu, \"links\": %lu, "
                "\"flows\": %u, \"mean_hops\": %.4f, \"build_s\": %.6f, \"build_mb\": %.3f, "
                "\"sent\": %lu, \"received\": %lu, \"digest\": \"%s\", \"hops\": %lu, "
                "\"events\": %lu, \"user_s\": %.6f, \"processor_s\": %.6f, \"wall_s\": %.6f, "
                "\"peak_mb\": %.3f, "
                "\"windows\": %lu, \"window_hops\": %lu, \"per_hop_hops\": %lu, "
                "\"least_window_ns\": %ld}\n",
                request.way.c_str(),
                request.workload.c_str(),
                found.satellites,
                found.links,
                request.flows,
                found.meanHops,
                found.buildS,
                found.buildMb,
                found.sent,
                found.received,
                found.digest.c_str(),
                found.hops,
                found.events,
                found.userS,
                found.processorS,
                found.wallS,
                Usage::Now().peakMb,
                found.schedulers.windows,
                found.schedulers.windowHops,
                found.schedulers.perHopHops,
                found.schedulers.leastWindowNs);
}

/**
 * Do what is asked for.
 *
 * @param request what is asked for
 */
void
Run(const Request& request)
{
    ns3::GlobalValue::Bind("ChecksumEnabled", ns3::BooleanValue(false));
    ns3::Config::SetDefault("ns3::Ipv4L3Protocol::DefaultTtl", ns3::UintegerValue(LONGEST_WAY));
    ns3::Config::SetDefault("ns3::FabricPort::Ttl", ns3::UintegerValue(LONGEST_WAY));
    const Grid grid(request.shape);
    const bool sends = request.workload != "none";
    const std::vector<Flow> flows =
        grid.DrawFlows(sends ? request.flows : 0, request.seed, request.hops);
    Findings found;
    found.satellites = grid.GetSatellites();
    found.links = grid.GetLinks().size();
    for (const Flow& flow : flows)
    {
        found.meanHops += static_cast<double>(flow.hops) / static_cast<double>(flows.size());
    }

    std::unique_ptr<Way> way = MakeWay(request.way);
    const Usage before = Usage::Now();
    way->Build(grid, request.links, GetDestinations(request, flows, grid.GetSatellites()));
    if (!sends)
    {
        SendFirst(*way, grid.GetSatellites());
    }
    const Usage after = Usage::Now();
    found.buildS = after.userS - before.userS;
    found.buildMb = after.residentMb - before.residentMb;
    if (request.workload == "udp")
    {
        RunUdp(request, *way, flows, found);
    }
    else if (request.workload == "tcp")
    {
        RunTcp(request, *way, flows, found);
    }
    else if (sends)
    {
        throw std::invalid_argument("workload: " + request.workload + " is none of udp, tcp, none");
    }
    found.schedulers = way->GetSchedulerUse();
    Print(request, found);
    way.reset();
    Simulator::Destroy();
}
} // namespace

int
main(int argc, char* argv[])
{
    try
    {
        Run(Read(argc, argv));
    }
    catch (const std::exception& error)
    {
        std::cerr << "fabric-benchmark: " << error.what() << "\n";
        return 1;
    }
    return 0;
}
