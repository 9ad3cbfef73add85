/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

// Two satellites on crossing orbits, joined by a laser link.
//
//     satellite 0 ---- laser link, 10 Gb/s ---- satellite 1
//
// Both fly at an altitude of 550 km; the planes are inclined by 53 degrees and their ascending
// nodes are 20 degrees apart. Satellite 0 sends a UDP packet every 100 ms. For each packet that
// arrives, the program prints when it was sent, its delay, and how much of that was light time:
// the satellites draw nearer on their way north, and the delay becomes shorter with the link.
//
// The orbits are circles here, to keep the program short. In earnest, positions and velocities at
// the knots come from a propagator such as SGP4.

#include "ns3/command-line.h"
#include "ns3/constellation-helper.h"
#include "ns3/data-rate.h"
#include "ns3/inet-socket-address.h"
#include "ns3/packet.h"
#include "ns3/path-ledger-tag.h"
#include "ns3/simulator.h"
#include "ns3/socket.h"
#include "ns3/udp-socket-factory.h"

#include <cmath>
#include <iomanip>
#include <iostream>
#include <numbers>
#include <vector>

using namespace ns3;

namespace
{

constexpr double EARTH_MU_M3_S2 = 3.986004418e14;       //!< gravitational parameter (WGS84)
constexpr double ORBIT_RADIUS_M = 6378137.0 + 550000.0; //!< equatorial radius (WGS84), altitude
constexpr double DEGREE_RAD = std::numbers::pi / 180;
constexpr double INCLINATION_RAD = 53 * DEGREE_RAD;
constexpr double NODES_APART_RAD = 20 * DEGREE_RAD;
constexpr double FIRST_ARGUMENT_RAD = 45 * DEGREE_RAD; //!< along the orbit, at time zero
constexpr double KNOT_STEP_S = 10;
constexpr uint16_t PORT = 9;
constexpr uint32_t PAYLOAD_BYTES = 1000;
const Time PERIOD = MilliSeconds(100);

/** Position and velocity at a time. */
struct State
{
    Vector position; //!< metres
    Vector velocity; //!< metres a second
};

/**
 * @brief Follow a circular orbit.
 * @param raan right ascension of the ascending node in radians
 * @param t seconds
 * @return position and velocity, in the inertial frame
 */
State
Propagate(double raan, double t)
{
    const double motion = std::sqrt(EARTH_MU_M3_S2 / std::pow(ORBIT_RADIUS_M, 3));
    // The unit vectors to the ascending node and to the northernmost point of the orbit.
    const Vector node(std::cos(raan), std::sin(raan), 0);
    const Vector north(-std::sin(raan) * std::cos(INCLINATION_RAD),
                       std::cos(raan) * std::cos(INCLINATION_RAD),
                       std::sin(INCLINATION_RAD));
    const double argument = FIRST_ARGUMENT_RAD + motion * t;
    const double c = ORBIT_RADIUS_M * std::cos(argument);
    const double s = ORBIT_RADIUS_M * std::sin(argument);
    return {Vector(c * node.x + s * north.x, c * node.y + s * north.y, c * node.z + s * north.z),
            Vector(motion * (c * north.x - s * node.x),
                   motion * (c * north.y - s * node.y),
                   motion * (c * north.z - s * node.z))};
}

/**
 * @brief Evaluate both orbits at knots.
 * @param duration what the knots must cover
 * @return the knots
 */
Ptr<EphemerisKnots>
MakeEphemeris(Time duration)
{
    std::vector<double> positions;
    std::vector<double> velocities;
    // One step more than the duration: the last packets still fly when it has passed.
    for (double t = 0; t < duration.GetSeconds() + 2 * KNOT_STEP_S; t += KNOT_STEP_S)
    {
        for (const double raan : {0.0, NODES_APART_RAD})
        {
            const State state = Propagate(raan, t);
            const Vector& p = state.position;
            const Vector& v = state.velocity;
            positions.insert(positions.end(), {p.x, p.y, p.z});
            velocities.insert(velocities.end(), {v.x, v.y, v.z});
        }
    }
    Ptr<EphemerisKnots> ephemeris = CreateObject<EphemerisKnots>();
    ephemeris->SetKnots(2, Seconds(KNOT_STEP_S), positions, velocities);
    return ephemeris;
}

/**
 * @brief Send a packet now, and the next one a period later.
 * @param socket the sender's socket, connected
 * @param number of the packet
 * @param packets how many to send
 */
void
SendPacket(Ptr<Socket> socket, uint64_t number, uint64_t packets)
{
    Ptr<Packet> packet = Create<Packet>(PAYLOAD_BYTES);
    packet->AddPacketTag(PathLedgerTag(number, 0, 1, Simulator::Now()));
    socket->Send(packet);
    if (number + 1 < packets)
    {
        Simulator::Schedule(PERIOD, &SendPacket, socket, number + 1, packets);
    }
}

/**
 * @brief Print what arrived.
 * @param socket the receiver's socket
 */
void
ReceivePackets(Ptr<Socket> socket)
{
    while (Ptr<Packet> packet = socket->Recv())
    {
        PathLedgerTag ledger;
        packet->PeekPacketTag(ledger);
        const Time sent = PERIOD * static_cast<int64_t>(ledger.GetMessage());
        std::cout << std::setw(10) << sent.GetSeconds() << std::setw(14)
                  << (Simulator::Now() - sent).GetNanoSeconds() / 1e6 << std::setw(14)
                  << ledger.GetPropagation().GetNanoSeconds() / 1e6 << '\n';
    }
}

} // namespace

int
main(int argc, char* argv[])
{
    Time duration = Seconds(10);
    CommandLine cmd(__FILE__);
    cmd.AddValue("duration", "For how long packets are sent", duration);
    cmd.Parse(argc, argv);

    // One slot covers the whole run, with one row: satellite 0 reaches satellite 1 by its port 0.
    Ptr<ForwardingTables> tables = CreateObject<ForwardingTables>();
    tables->SetAttribute("Slot", TimeValue(duration + Seconds(1)));
    tables->SetDestinations(2, {1});
    tables->Load(0, {0, ForwardingTables::NO_PORT});

    ConstellationHelper constellation;
    constellation.SetDeviceAttribute("DataRate", DataRateValue(DataRate("10Gbps")));
    NodeContainer satellites = constellation.CreateSatellites(MakeEphemeris(duration), tables);
    constellation.Connect(satellites.Get(0), satellites.Get(1));

    Ptr<Socket> receiver = Socket::CreateSocket(satellites.Get(1), UdpSocketFactory::GetTypeId());
    receiver->Bind(InetSocketAddress(Ipv4Address::GetAny(), PORT));
    receiver->SetRecvCallback(MakeCallback(&ReceivePackets));

    Ptr<Socket> sender = Socket::CreateSocket(satellites.Get(0), UdpSocketFactory::GetTypeId());
    sender->Connect(InetSocketAddress(ForwardingTables::GetAddress(1), PORT));
    const uint64_t packets = duration.GetNanoSeconds() / PERIOD.GetNanoSeconds();
    Simulator::ScheduleNow(&SendPacket, sender, 0, packets);

    std::cout << std::fixed << std::setprecision(6) << std::setw(10) << "sent (s)" << std::setw(14)
              << "delay (ms)" << std::setw(14) << "light (ms)" << '\n';
    Simulator::Run();
    Simulator::Destroy();
    return 0;
}
