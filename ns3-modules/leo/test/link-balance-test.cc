/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "leo-test-network.h"

#include "ns3/packet.h"
#include "ns3/random-variable-stream.h"
#include "ns3/simulator.h"
#include "ns3/slot-routing-protocol.h"

#include <algorithm>
#include <deque>
#include <set>

namespace ns3
{

namespace
{

using Policy = LaserChannel::LossPolicy;

constexpr uint32_t SATELLITES = 6;
constexpr uint32_t SLOTS = 40;
constexpr int64_t SLOT_NS = 7'000'000; //!< less than a light time: links change under way
constexpr int PACKETS = 400;
constexpr int CHECKS = 60;
constexpr int SEEDS = 20;
constexpr uint32_t QUEUE_PACKETS = 4;
constexpr double AVAILABILITY = 0.7; //!< probability that a link is up in a slot

/// A ring of six and its three diagonals.
const uint32_t ENDS[][2] = {{0, 1}, {1, 2}, {2, 3}, {3, 4}, {4, 5}, {5, 0}, {0, 3}, {1, 4}, {2, 5}};
constexpr std::size_t LINKS = std::size(ENDS);

/**
 * @brief Shortest ways on the links that are up, by breadth-first search.
 * @param rates in Mb/s, by link, 0 for down
 * @return ports, [destination][satellite]
 */
std::vector<uint8_t>
FindPorts(const std::vector<uint64_t>& rates)
{
    std::vector<uint8_t> ports;
    for (uint32_t destination = 0; destination < SATELLITES; ++destination)
    {
        std::vector<uint8_t> row(SATELLITES, ForwardingTables::NO_PORT);
        std::set<uint32_t> seen{destination};
        std::deque<uint32_t> frontier{destination};
        while (!frontier.empty())
        {
            const uint32_t near = frontier.front();
            frontier.pop_front();
            std::vector<uint8_t> nextPort(SATELLITES, 0);
            for (std::size_t link = 0; link < LINKS; ++link)
            {
                const auto [a, b] = std::pair(ENDS[link][0], ENDS[link][1]);
                const uint8_t portA = nextPort[a]++;
                const uint8_t portB = nextPort[b]++;
                if (rates[link] == 0 || (a != near && b != near))
                {
                    continue;
                }
                const uint32_t far = a == near ? b : a;
                if (seen.insert(far).second)
                {
                    row[far] = a == far ? portA : portB;
                    frontier.push_back(far);
                }
            }
        }
        ports.insert(ports.end(), row.begin(), row.end());
    }
    return ports;
}

/**
 * @ingroup leo-test
 *
 * Random packets on links that go up and down at random; at random times, what was sent is what
 * arrived, what was lost and what is somewhere. The three are told by the sockets, by the trace
 * source and the counters, and by looking into queues, wires and routing protocols.
 */
class BalanceTestCase : public TestCase
{
  public:
    /**
     * @brief Constructor.
     * @param name of the case
     * @param policy of the links
     */
    BalanceTestCase(const std::string& name, Policy policy)
        : TestCase(name),
          m_policy(policy)
    {
    }

  private:
    void DoRun() override
    {
        std::array<uint64_t, LOSS_REASONS> lost{};
        uint64_t rerouted = 0;
        for (int seed = 0; seed < SEEDS; ++seed)
        {
            Run(seed, lost, rerouted);
        }
        // The traffic must meet every case that its policy knows.
        const auto expect = [&](LossReason reason, bool isKnown) {
            NS_TEST_EXPECT_MSG_EQ((lost[static_cast<std::size_t>(reason)] > 0),
                                  isKnown,
                                  "packets lost: " << reason);
        };
        expect(LossReason::QUEUE_FULL, true);
        expect(LossReason::ON_WIRE, m_policy == Policy::DROP);
        expect(LossReason::CUT, m_policy != Policy::REROUTE);
        expect(LossReason::QUEUED, m_policy != Policy::REROUTE);
        expect(LossReason::LINK_DOWN, false);
        const bool reroutes = m_policy == Policy::REROUTE;
        NS_TEST_EXPECT_MSG_EQ((rerouted > 0), reroutes, "packets re-routed");
    }

    /**
     * @brief Simulate once.
     * @param seed of the random numbers
     * @param lost where losses are added, by reason
     * @param rerouted where re-routed packets are added
     */
    void Run(int seed, std::array<uint64_t, LOSS_REASONS>& lost, uint64_t& rerouted)
    {
        Ptr<UniformRandomVariable> random = CreateObject<UniformRandomVariable>();
        random->SetStream(1000 + seed);
        std::vector<Vector> positions;
        for (uint32_t satellite = 0; satellite < SATELLITES; ++satellite)
        {
            positions.emplace_back(random->GetValue(0, 4e6),
                                   random->GetValue(0, 4e6),
                                   random->GetValue(0, 4e6));
        }
        LeoTestNetwork network(LeoTestNetwork::MakeKnots(positions), NanoSeconds(SLOT_NS));
        network.SetPolicy(m_policy);
        network.SetQueuePackets(QUEUE_PACKETS);
        for (const auto& [a, b] : ENDS)
        {
            network.Connect(a, b, "8Mbps");
        }
        StartSchedule(network, *random);
        for (uint32_t satellite = 0; satellite < SATELLITES; ++satellite)
        {
            network.Listen(satellite);
        }
        m_sent = 0;
        for (int packet = 0; packet < PACKETS; ++packet)
        {
            const uint32_t from = random->GetInteger(0, SATELLITES - 1);
            const uint32_t to = (from + random->GetInteger(1, SATELLITES - 1)) % SATELLITES;
            const Time at = NanoSeconds(random->GetInteger(0, 200'000'000));
            network.SendAt(at,
                           from,
                           to,
                           random->GetInteger(100, 1502),
                           PathLedgerTag(packet, 0, 1, at));
            Simulator::Schedule(at, [this] { ++m_sent; });
        }
        for (int check = 0; check < CHECKS; ++check)
        {
            // Every fourth exactly at the start of a slot.
            const int64_t ns = check % 4 == 0 ? random->GetInteger(1, SLOTS) * SLOT_NS
                                              : random->GetInteger(0, 300'000'000);
            Simulator::Schedule(NanoSeconds(ns), [this, &network] { CheckBalance(network); });
        }
        Simulator::Run();
        CheckBalance(network);
        CheckEnd(network);
        for (std::size_t link = 0; link < LINKS; ++link)
        {
            for (uint32_t wire : {0, 1})
            {
                const LaserLinkCounters counters = network.GetLink(link)->GetCounters(wire);
                rerouted += counters.rerouted;
                for (std::size_t reason = 0; reason < LOSS_REASONS; ++reason)
                {
                    lost[reason] += counters.lost[reason];
                }
            }
        }
        Simulator::Destroy();
    }

    /**
     * @brief Draw states and rates, and the tables that follow; after the last slot all is up.
     * @param network where
     * @param random numbers
     */
    static void StartSchedule(LeoTestNetwork& network, UniformRandomVariable& random)
    {
        std::vector<std::vector<uint64_t>> megabits;
        for (uint32_t slot = 0; slot < SLOTS; ++slot)
        {
            std::vector<uint64_t> row;
            for (std::size_t link = 0; link < LINKS; ++link)
            {
                const bool isUp = random.GetValue(0, 1) < AVAILABILITY || slot + 1 == SLOTS;
                row.push_back(isUp ? random.GetInteger(4, 8) : 0);
            }
            megabits.push_back(row);
        }
        network.StartSchedule(NanoSeconds(SLOT_NS), megabits);
        network.GetTables().SetDestinations(SATELLITES, {0, 1, 2, 3, 4, 5});
        for (uint32_t slot = 0; slot < 10 * SLOTS; ++slot)
        {
            network.GetTables().Load(slot, FindPorts(megabits[std::min(slot, SLOTS - 1)]));
        }
    }

    /// Compare what was sent with where it is. @param network the network
    void CheckBalance(const LeoTestNetwork& network)
    {
        uint64_t lost = 0;
        uint64_t inFlight = 0;
        std::set<uint64_t> seen;
        const auto visit = [&seen](const Packet& packet) {
            PathLedgerTag ledger;
            packet.PeekPacketTag(ledger);
            seen.insert(ledger.GetMessage());
        };
        for (std::size_t link = 0; link < LINKS; ++link)
        {
            for (uint32_t wire : {0, 1})
            {
                const LaserLinkCounters counters = network.GetLink(link)->GetCounters(wire);
                for (const uint64_t count : counters.lost)
                {
                    lost += count;
                }
                inFlight += counters.inFlight + counters.queued;
                network.GetLink(link)->VisitPackets(wire, visit);
            }
        }
        for (uint32_t satellite = 0; satellite < SATELLITES; ++satellite)
        {
            const auto routing = SlotRoutingProtocol::Find(network.GetSatellites().Get(satellite));
            inFlight += routing->GetNHeld();
            routing->VisitHeld(visit);
        }
        NS_TEST_EXPECT_MSG_EQ(m_sent,
                              network.GetArrivals().size() + lost + inFlight,
                              "sent = received + lost + in flight, at " << Simulator::Now());
        NS_TEST_EXPECT_MSG_EQ(seen.size(), inFlight, "each packet is at one place");
        NS_TEST_EXPECT_MSG_EQ(network.GetLosses().size(), lost, "losses reported and counted");
        for (const LeoTestNetwork::Arrival& arrival : network.GetArrivals())
        {
            NS_TEST_EXPECT_MSG_EQ(seen.count(arrival.ledger.GetMessage()), 0, "not twice");
        }
    }

    /// Compare at the end, when nothing moves. @param network the network
    void CheckEnd(const LeoTestNetwork& network)
    {
        std::set<uint64_t> ended;
        for (const LeoTestNetwork::Arrival& arrival : network.GetArrivals())
        {
            ended.insert(arrival.ledger.GetMessage());
            NS_TEST_EXPECT_MSG_LT_OR_EQ(arrival.ledger.GetReady(), arrival.at, "queueing");
        }
        for (const LeoTestNetwork::Departure& loss : network.GetLosses())
        {
            ended.insert(loss.message);
        }
        NS_TEST_EXPECT_MSG_EQ(m_sent, std::size_t{PACKETS}, "packets sent");
        NS_TEST_EXPECT_MSG_EQ(ended.size(),
                              std::size_t{PACKETS},
                              "packets that arrived or were lost");
    }

    Policy m_policy;       //!< of the links
    std::size_t m_sent{0}; //!< packets sent so far
};

} // namespace

std::vector<TestCase*>
MakeLinkBalanceTestCases()
{
    return {
        new BalanceTestCase("Drop: no packet is lost sight of", Policy::DROP),
        new BalanceTestCase("Deliver: no packet is lost sight of", Policy::DELIVER),
        new BalanceTestCase("Reroute: no packet is lost sight of", Policy::REROUTE),
    };
}

} // namespace ns3
