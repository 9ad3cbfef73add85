/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

// A laser link is lost under load; what becomes of its packets depends on its LossPolicy.
//
//      0 ----- 1      links of 10 Mb/s and 10 ms of light time
//       \     /
//        \   /
//          2
//
// Satellite 0 sends a UDP packet to satellite 1 every 0.75 ms, for 120 ms. Each takes 0.8 ms to
// leave, so a queue grows. The direct link is up until 50 ms, down until 100 ms, and up again;
// while it is down, the forwarding table points at satellite 2. For each policy, the program
// prints what was sent, how much of it arrived, and where the rest was lost:
//
// - Drop: everything on the link is lost, even what has left already;
// - Deliver: what has left arrives, the packet that is cut and the queue behind it are lost;
// - Reroute: what has left arrives, the rest takes the detour.
//
// The exit code is 1 if a packet is not accounted for.

#include "ns3/command-line.h"
#include "ns3/data-rate.h"
#include "ns3/enum.h"
#include "ns3/fabric.h"
#include "ns3/inet-socket-address.h"
#include "ns3/link-schedule.h"
#include "ns3/packet.h"
#include "ns3/simulator.h"
#include "ns3/socket.h"
#include "ns3/udp-socket-factory.h"

#include <cmath>
#include <iomanip>
#include <iostream>
#include <utility>
#include <vector>

using namespace ns3;

namespace
{

constexpr double SIDE_M = 2997924.58; //!< light takes 10 ms
constexpr uint64_t RATE_BPS = 10'000'000;
constexpr uint16_t PORT = 9;
constexpr uint32_t PAYLOAD_BYTES = 970; //!< 1000 bytes on the wire
const Time SLOT = MilliSeconds(50);
const Time PERIOD = MicroSeconds(750);
const Time LAST = MilliSeconds(120); //!< no packet is sent later

/**
 * @brief Three satellites at rest.
 * @return their knots, for 10 s
 */
Ptr<EphemerisKnots>
MakeEphemeris()
{
    const std::vector<double> corners =
        {0, 0, 0, SIDE_M, 0, 0, SIDE_M / 2, SIDE_M * std::sqrt(0.75), 0};
    std::vector<double> positions = corners;
    positions.insert(positions.end(), corners.begin(), corners.end());
    Ptr<EphemerisKnots> ephemeris = CreateObject<EphemerisKnots>();
    ephemeris->SetKnots(3, Seconds(10), positions, std::vector<double>(positions.size()));
    return ephemeris;
}

/**
 * @brief Tables towards satellite 1; satellite 0 has ports to 1 and to 2, 2 has ports to 0 and 1.
 * @return the tables of slots 0 to 3
 */
Ptr<ForwardingTables>
MakeTables()
{
    constexpr uint8_t NONE = ForwardingTables::NO_PORT;
    Ptr<ForwardingTables> tables = CreateObject<ForwardingTables>();
    tables->SetAttribute("Slot", TimeValue(SLOT));
    tables->SetDestinations(3, {1});
    for (uint32_t slot = 0; slot < 4; ++slot)
    {
        const uint8_t port = slot == 1 ? 1 : 0;
        tables->Load(slot, {port, NONE, 1});
    }
    return tables;
}

/**
 * @brief Run once and print a line.
 * @param name of the policy
 * @param policy of the links
 * @return whether all packets are accounted for
 */
bool
Run(const std::string& name, LaserNetwork::LossPolicy policy)
{
    Ptr<LaserNetwork> network = CreateObject<Fabric>();
    network->SetAttribute("LossPolicy", EnumValue(policy));
    network->Create(MakeEphemeris(), MakeTables());
    const NodeContainer& satellites = network->GetSatellites();
    for (const auto& [a, b] : {std::pair(0, 1), std::pair(0, 2), std::pair(2, 1)})
    {
        network->Connect(a, b);
    }
    Ptr<LinkSchedule> schedule = CreateObject<LinkSchedule>();
    schedule->Install(network,
                      SLOT,
                      {1, 1, 1, 0, 1, 1, 1, 1, 1}, // [slot][link]
                      std::vector<uint64_t>(9, RATE_BPS),
                      3);
    schedule->Start();

    uint64_t sent = 0;
    uint64_t received = 0;
    Ptr<Socket> receiver = Socket::CreateSocket(satellites.Get(1), UdpSocketFactory::GetTypeId());
    receiver->Bind(InetSocketAddress(Ipv4Address::GetAny(), PORT));
    Callback<void, Ptr<Socket>> receive([&received](Ptr<Socket> socket) {
        while (socket->Recv())
        {
            ++received;
        }
    });
    receiver->SetRecvCallback(receive);
    Ptr<Socket> sender = Socket::CreateSocket(satellites.Get(0), UdpSocketFactory::GetTypeId());
    sender->Connect(InetSocketAddress(ForwardingTables::GetAddress(1), PORT));
    for (Time at; at < LAST; at += PERIOD)
    {
        Simulator::Schedule(at, [sender, &sent] {
            sender->Send(Create<Packet>(PAYLOAD_BYTES));
            ++sent;
        });
    }
    Simulator::Run();

    const Time end = Simulator::Now() + NanoSeconds(1);
    network->Settle(end);
    const LaserLinkCounters counters = network->TakeCounters(0, end);
    uint64_t lost = 0;
    for (const uint64_t count : counters.lost)
    {
        lost += count;
    }
    std::cout << std::left << std::setw(9) << name << std::right << std::setw(6) << sent
              << std::setw(10) << received << std::setw(10) << counters.GetLost(LossReason::ON_WIRE)
              << std::setw(6) << counters.GetLost(LossReason::CUT) << std::setw(8)
              << counters.GetLost(LossReason::QUEUED) << std::setw(11) << counters.rerouted
              << std::setw(11) << counters.busy.ToDouble(Time::MS) << '\n';
    Simulator::Destroy();
    return sent == received + lost;
}

} // namespace

int
main(int argc, char* argv[])
{
    CommandLine cmd(__FILE__);
    cmd.Parse(argc, argv);

    std::cout << "policy     sent  received   on wire   cut  queued  re-routed  busy (ms)\n";
    bool isBalanced = Run("Drop", LaserNetwork::LossPolicy::DROP);
    isBalanced &= Run("Deliver", LaserNetwork::LossPolicy::DELIVER);
    isBalanced &= Run("Reroute", LaserNetwork::LossPolicy::REROUTE);
    return isBalanced ? 0 : 1;
}
