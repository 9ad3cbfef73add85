/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef LEO_TEST_NETWORK_H
#define LEO_TEST_NETWORK_H

#include "ns3/channel-network.h"
#include "ns3/constellation-helper.h"
#include "ns3/link-schedule.h"
#include "ns3/path-ledger-tag.h"
#include "ns3/socket.h"
#include "ns3/test.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace ns3
{

/// Link length at which light takes 10 ms, in metres: a hundredth of the speed of light.
constexpr double TEN_LIGHT_MILLISECONDS_M = 2997924.58;

/// IPv4, UDP and PPP headers of a packet, in bytes.
constexpr uint32_t HEADER_BYTES = 20 + 8 + 2;

/**
 * @ingroup leo-test
 *
 * Whether an action throws an exception of a given type.
 *
 * @tparam Exception the type
 * @param action the action
 * @return false if it throws nothing or something else
 */
template <typename Exception, typename Action>
bool
Throws(Action action)
{
    try
    {
        action();
    }
    catch (const Exception&)
    {
        return true;
    }
    catch (...)
    {
        return false;
    }
    return false;
}

/**
 * @ingroup leo-test
 *
 * Satellites at rest or in uniform motion, laser links, and UDP packets sent at given times.
 *
 * All packets with a ledger are known by the number of their message.
 */
class LeoTestNetwork
{
  public:
    /** A packet that arrived. */
    struct Arrival
    {
        Time at;              //!< when
        uint32_t bytes;       //!< UDP payload
        bool hasLedger;       //!< whether it carried a ledger
        PathLedgerTag ledger; //!< its ledger
    };

    /** A transmission on a laser link. */
    struct Hop
    {
        Time at;           //!< when the first bit left
        Time transmission; //!< time on the transmitter
        Time propagation;  //!< light time
    };

    /** A packet that a link lost or gave back. */
    struct Departure
    {
        Time at;           //!< when
        uint64_t message;  //!< of its ledger
        std::size_t link;  //!< index of the link
        uint32_t from;     //!< satellite that was to transmit it
        LossReason reason; //!< why it was lost; unused if it was re-routed
    };

    /**
     * @brief Knots of satellites in uniform motion, for 100 s.
     * @param positions metres, at time zero
     * @param velocities metres a second; empty if all are at rest
     * @return the knots
     */
    static Ptr<EphemerisKnots> MakeKnots(const std::vector<Vector>& positions,
                                         const std::vector<Vector>& velocities = {});

    /**
     * @brief Create the satellites.
     * @param ephemeris where they are
     * @param slot duration of a slot of the forwarding tables
     */
    explicit LeoTestNetwork(Ptr<EphemerisKnots> ephemeris, Time slot = Seconds(30));

    /**
     * @brief Choose what becomes of the packets of links that are made from now on.
     * @param policy the policy
     */
    void SetPolicy(LaserChannel::LossPolicy policy);

    /**
     * @brief Limit the transmit queues made from now on.
     * @param packets the capacity
     */
    void SetQueuePackets(uint32_t packets);

    /**
     * @brief Start the link schedule; to be called before SendAt.
     * @param slot duration of a slot
     * @param megabits rates in Mb/s, [slot][link], 0 where a link is down
     */
    void StartSchedule(Time slot, const std::vector<std::vector<uint64_t>>& megabits);

    /**
     * @brief Join two satellites; their transmissions are recorded.
     * @param a one satellite
     * @param b the other
     * @param rate of the devices
     * @return the index of the link
     */
    std::size_t Connect(uint32_t a, uint32_t b, const std::string& rate);

    /**
     * @brief Send a UDP packet.
     * @param at when
     * @param from the sender
     * @param to the receiver
     * @param wireBytes its length on the wire, all headers included
     * @param ledger its ledger, if it has one
     */
    void SendAt(Time at,
                uint32_t from,
                uint32_t to,
                uint32_t wireBytes,
                std::optional<PathLedgerTag> ledger);

    /**
     * @brief Record what arrives at a satellite.
     * @param satellite the satellite
     */
    void Listen(uint32_t satellite);

    /** @return the forwarding tables, to be filled */
    ForwardingTables& GetTables();
    /** @return the satellites and links */
    Ptr<LaserNetwork> GetNetwork() const;
    /** @return the satellites */
    const NodeContainer& GetSatellites() const;
    /**
     * @param link index of the link
     * @return the channel
     */
    Ptr<LaserChannel> GetLink(std::size_t link) const;
    /**
     * @param link index of the link
     * @return its transmissions, in both directions
     */
    const std::vector<Hop>& GetHops(std::size_t link) const;
    /** @return the packets that arrived at the satellites listened to, in order */
    const std::vector<Arrival>& GetArrivals() const;
    /** @return the packets with a ledger that links lost, in order */
    const std::vector<Departure>& GetLosses() const;
    /** @return the packets with a ledger that links gave back, in order */
    const std::vector<Departure>& GetReroutes() const;

  private:
    /// Take what has arrived at a socket. @param socket the socket
    void Receive(Ptr<Socket> socket);

    Ptr<ChannelNetwork> m_network;                  //!< the satellites and links
    Ptr<ForwardingTables> m_tables;                 //!< shared by all satellites
    std::map<std::size_t, std::vector<Hop>> m_hops; //!< transmissions by link
    std::vector<Ptr<Socket>> m_listeners;           //!< sockets that receive
    std::vector<Arrival> m_arrivals;                //!< what arrived
    std::vector<Departure> m_losses;                //!< what was lost
    std::vector<Departure> m_reroutes;              //!< what was re-routed
};

/**
 * @ingroup leo-test
 * @return the cases of LaserChannel and PathLedgerTag
 */
std::vector<TestCase*> MakeLaserChannelTestCases();

/**
 * @ingroup leo-test
 * @return the cases of the light time
 */
std::vector<TestCase*> MakeLightTimeTestCases();

/**
 * @ingroup leo-test
 * @return the cases of a LaserChannel that goes down
 */
std::vector<TestCase*> MakeLinkLossTestCases();

/**
 * @ingroup leo-test
 * @return the cases of a CaptureFile
 */
std::vector<TestCase*> MakeCaptureFileTestCases();

/**
 * @ingroup leo-test
 * @return the cases of a FabricPort
 */
std::vector<TestCase*> MakeFabricPortTestCases();

/**
 * @ingroup leo-test
 * @return the cases of a FlatScheduler
 */
std::vector<TestCase*> MakeFlatSchedulerTestCases();

/**
 * @ingroup leo-test
 * @return the cases of a HopLog
 */
std::vector<TestCase*> MakeHopLogTestCases();

/**
 * @ingroup leo-test
 * @return the cases of a link's counters
 */
std::vector<TestCase*> MakeLinkCountersTestCases();

/**
 * @ingroup leo-test
 * @return the cases of what is re-routed and its ledger
 */
std::vector<TestCase*> MakeRerouteTestCases();

/**
 * @ingroup leo-test
 * @return the cases of LinkSchedule
 */
std::vector<TestCase*> MakeLinkScheduleTestCases();

/**
 * @ingroup leo-test
 * @return the cases of the account of packets under random traffic and outages
 */
std::vector<TestCase*> MakeLinkBalanceTestCases();

/**
 * @ingroup leo-test
 * @return the cases of ForwardingTables and SlotRoutingProtocol
 */
std::vector<TestCase*> MakeSlotRoutingTestCases();

} // namespace ns3

#endif // LEO_TEST_NETWORK_H
