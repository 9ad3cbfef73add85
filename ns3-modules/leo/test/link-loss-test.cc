/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "leo-test-network.h"
#include "triangle.h"

#include "ns3/simulator.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace ns3
{

namespace
{

using Policy = LaserChannel::LossPolicy;

constexpr int64_t TX = Triangle::TRANSMISSION_NS;
constexpr int64_t LIGHT = Triangle::LIGHT_NS;
constexpr int64_t HOP = TX + LIGHT;
constexpr int64_t B = Triangle::SLOT_NS; //!< when the link goes down

/** A packet on the link that goes down. */
struct Case
{
    int64_t sentNs;                 //!< when it is sent
    std::optional<int64_t> arrival; //!< when it arrives, in nanoseconds; nothing if it is lost
    LossReason reason{};            //!< why it is lost
    int64_t lostNs{B};              //!< when it is lost
};

/**
 * @ingroup leo-test
 *
 * Packets on the direct link of the triangle, which is down from B = 100 ms to 200 ms. Times are
 * worked out by hand from 1.502 ms on a transmitter and 10 ms of light time a link.
 */
class PolicyTestCase : public TestCase
{
  public:
    /**
     * @brief Constructor.
     * @param name of the case
     * @param policy of the link
     * @param cases the packets, in order; they are also the messages' numbers
     * @param misroutes whether the tables go on pointing at the link while it is down
     */
    PolicyTestCase(const std::string& name,
                   Policy policy,
                   std::vector<Case> cases,
                   bool misroutes = false)
        : TestCase(name),
          m_policy(policy),
          m_cases(std::move(cases)),
          m_misroutes(misroutes)
    {
    }

  private:
    void DoRun() override
    {
        Triangle triangle(m_policy);
        triangle.Start({{8, 8, 8}, {0, 8, 8}, {8, 8, 8}});
        triangle.Load(0, Triangle::DIRECT);
        triangle.Load(1, m_misroutes ? Triangle::DIRECT : Triangle::DETOUR);
        triangle.Load(2, Triangle::DIRECT);
        for (std::size_t index = 0; index < m_cases.size(); ++index)
        {
            triangle.SendAt(m_cases[index].sentNs, index);
        }
        Simulator::Run();
        LeoTestNetwork& network = triangle.GetNetwork();
        std::size_t arrived = 0;
        std::array<uint64_t, LOSS_REASONS> lost{};
        for (std::size_t index = 0; index < m_cases.size(); ++index)
        {
            const Case& expected = m_cases[index];
            if (expected.arrival)
            {
                ++arrived;
                CheckArrival(network, index, *expected.arrival);
            }
            else
            {
                ++lost[static_cast<std::size_t>(expected.reason)];
                CheckLoss(network, index, expected);
            }
        }
        NS_TEST_EXPECT_MSG_EQ(network.GetArrivals().size(), arrived, "packets that arrive");
        NS_TEST_EXPECT_MSG_EQ(network.GetLosses().size(), m_cases.size() - arrived, "losses");
        const LaserLinkCounters counters = network.GetLink(Triangle::LINK)->GetCounters(0);
        for (std::size_t reason = 0; reason < LOSS_REASONS; ++reason)
        {
            NS_TEST_EXPECT_MSG_EQ(counters.lost[reason],
                                  lost[reason],
                                  "counted as lost: " << static_cast<LossReason>(reason));
        }
        Simulator::Destroy();
    }

    /**
     * @brief Expect a packet to arrive once.
     * @param network the network
     * @param message its number
     * @param arrivalNs when
     */
    void CheckArrival(const LeoTestNetwork& network, uint64_t message, int64_t arrivalNs)
    {
        int arrivals = 0;
        for (const LeoTestNetwork::Arrival& arrival : network.GetArrivals())
        {
            if (arrival.ledger.GetMessage() == message)
            {
                ++arrivals;
                NS_TEST_EXPECT_MSG_EQ(arrival.at, NanoSeconds(arrivalNs), "packet " << message);
            }
        }
        NS_TEST_EXPECT_MSG_EQ(arrivals, 1, "arrivals of packet " << message);
    }

    /**
     * @brief Expect a packet to be lost once.
     * @param network the network
     * @param message its number
     * @param expected why and when
     */
    void CheckLoss(const LeoTestNetwork& network, uint64_t message, const Case& expected)
    {
        int losses = 0;
        for (const LeoTestNetwork::Departure& loss : network.GetLosses())
        {
            if (loss.message == message)
            {
                ++losses;
                NS_TEST_EXPECT_MSG_EQ(loss.reason, expected.reason, "packet " << message);
                NS_TEST_EXPECT_MSG_EQ(loss.at, NanoSeconds(expected.lostNs), "packet " << message);
                NS_TEST_EXPECT_MSG_EQ(loss.link, std::size_t{Triangle::LINK}, "link");
                NS_TEST_EXPECT_MSG_EQ(loss.from, 0, "transmitting satellite");
            }
        }
        NS_TEST_EXPECT_MSG_EQ(losses, 1, "losses of packet " << message);
    }

    Policy m_policy;           //!< of the link
    std::vector<Case> m_cases; //!< the packets
    bool m_misroutes;          //!< whether the tables point at a link that is down
};

/**
 * @ingroup leo-test
 *
 * A slot of 1 ms is shorter than a packet of 1.502 ms. The link is down from 100 to 101 ms, up,
 * and down again from 102 ms on.
 *
 * Packet 0 leaves at 99.9 ms and is cut at 100 ms; the transmitter is busy until 101.402 ms.
 * Packet 1 comes at 100.5 ms to the link that is down and is lost, at the latest when that comes
 * up at 101 ms. Packets 2 and 3 come at 101.1 and 101.2 ms: packet 2 leaves when the transmitter
 * is free and is cut at 102 ms, packet 3 is behind it. The transmitter is busy until 102.904 ms;
 * packet 4 comes at 102.95 ms, when it is free.
 */
class ShortSlotTestCase : public TestCase
{
  public:
    ShortSlotTestCase()
        : TestCase("Slots shorter than a packet: each packet is lost once, and the link goes on")
    {
    }

  private:
    void DoRun() override
    {
        constexpr int64_t MS = 1'000'000;
        Triangle triangle(Policy::DELIVER, MS);
        std::vector<std::vector<uint64_t>> rates(110, {8, 8, 8});
        rates[100][0] = 0;
        rates[102][0] = 0;
        rates[103][0] = 0;
        triangle.Start(rates);
        for (uint32_t slot = 0; slot < 200; ++slot)
        {
            triangle.Load(slot, Triangle::DIRECT);
        }
        const int64_t sentNs[] =
            {99'900'000, 100'500'000, 101'100'000, 101'200'000, 102'950'000, 104'000'000};
        for (uint64_t message = 0; message < std::size(sentNs); ++message)
        {
            triangle.SendAt(sentNs[message], message);
        }
        Simulator::Run();
        const LeoTestNetwork& network = triangle.GetNetwork();
        const LeoTestNetwork::Departure expected[] = {
            {MilliSeconds(100), 0, 0, 0, LossReason::CUT},
            {MilliSeconds(101), 1, 0, 0, LossReason::LINK_DOWN},
            {MilliSeconds(102), 2, 0, 0, LossReason::CUT},
            {MilliSeconds(102), 3, 0, 0, LossReason::QUEUED},
            {MicroSeconds(102'950), 4, 0, 0, LossReason::LINK_DOWN},
        };
        NS_TEST_EXPECT_MSG_EQ(network.GetLosses().size(), std::size(expected), "losses");
        for (std::size_t index = 0;
             index < std::min<std::size_t>(std::size(expected), network.GetLosses().size());
             ++index)
        {
            const LeoTestNetwork::Departure& loss = network.GetLosses()[index];
            NS_TEST_EXPECT_MSG_EQ(loss.message, expected[index].message, "order of losses");
            NS_TEST_EXPECT_MSG_EQ(loss.at, expected[index].at, "when " << loss.message);
            NS_TEST_EXPECT_MSG_EQ(loss.reason, expected[index].reason, "why " << loss.message);
        }
        // Packet 5 comes at 104 ms, when the link is up for good. The device spends the time of a
        // transmission on packet 4 although it goes nowhere: until 104.452 ms.
        NS_TEST_EXPECT_MSG_EQ(network.GetArrivals().size(), 1, "packets that arrive");
        if (network.GetArrivals().size() == 1)
        {
            NS_TEST_EXPECT_MSG_EQ(network.GetArrivals()[0].at,
                                  NanoSeconds(104'452'000 + HOP),
                                  "packet 5");
        }
        const LaserLinkCounters counters = network.GetLink(0)->GetCounters(0);
        NS_TEST_EXPECT_MSG_EQ(counters.packets, 1, "packets sent");
        NS_TEST_EXPECT_MSG_EQ(counters.bytes, 1502, "bytes sent");
        // 0.1 ms of packet 0, 0.598 ms of packet 2, the whole of packet 5.
        NS_TEST_EXPECT_MSG_EQ(counters.busy, NanoSeconds(100'000 + 598'000 + TX), "busy");
        Simulator::Destroy();
    }
};

/// What happens to four packets sent at 90, 98.498, 98.6 and 98.6 ms, by policy.
std::vector<Case>
SentInTime(Policy policy)
{
    // The second has its last bit leave exactly at B; the others would begin at B, and wait.
    const int64_t first = 90'000'000;
    const int64_t second = B - TX;
    if (policy == Policy::REROUTE)
    {
        return {{first, first + HOP},
                {second, B + LIGHT},
                {98'600'000, B + 2 * HOP},
                {98'600'000, B + TX + 2 * HOP}};
    }
    if (policy == Policy::DELIVER)
    {
        return {{first, first + HOP},
                {second, B + LIGHT},
                {98'600'000, {}, LossReason::QUEUED},
                {98'600'000, {}, LossReason::QUEUED}};
    }
    return {{first, {}, LossReason::ON_WIRE},
            {second, {}, LossReason::ON_WIRE},
            {98'600'000, {}, LossReason::QUEUED},
            {98'600'000, {}, LossReason::QUEUED}};
}

/// What happens to packets sent at 99 (cut), 99.1 and 99.2 ms (queued), at B and at 200 ms.
std::vector<Case>
Cut(Policy policy)
{
    // What is sent at B takes the detour, behind what is re-routed at B; what is sent at 200 ms
    // takes the link again.
    if (policy == Policy::REROUTE)
    {
        return {{99'000'000, B + 2 * HOP},
                {99'100'000, B + TX + 2 * HOP},
                {99'200'000, B + 2 * TX + 2 * HOP},
                {B, B + 3 * TX + 2 * HOP},
                {2 * B, 2 * B + HOP}};
    }
    return {{99'000'000, {}, LossReason::CUT},
            {99'100'000, {}, LossReason::QUEUED},
            {99'200'000, {}, LossReason::QUEUED},
            {B, B + 2 * HOP},
            {2 * B, 2 * B + HOP}};
}

} // namespace

std::vector<TestCase*>
MakeLinkLossTestCases()
{
    constexpr LossReason ON_WIRE = LossReason::ON_WIRE;
    constexpr LossReason CUT = LossReason::CUT;
    constexpr LossReason LINK_DOWN = LossReason::LINK_DOWN;
    std::vector<TestCase*> cases;
    const std::pair<std::string, Policy> policies[] = {{"Drop", Policy::DROP},
                                                       {"Deliver", Policy::DELIVER},
                                                       {"Reroute", Policy::REROUTE}};
    for (const auto& [name, policy] : policies)
    {
        const bool drops = policy == Policy::DROP;
        const bool reroutes = policy == Policy::REROUTE;
        const Case late = drops ? Case{B - HOP + 1, {}, ON_WIRE} : Case{B - HOP + 1, B + 1};
        const Case lastNanosecond =
            reroutes ? Case{B - 1, B + 2 * HOP} : Case{B - 1, {}, LossReason::CUT};
        const Case allButOne = reroutes ? Case{B - TX + 1, B + 2 * HOP} : Case{B - TX + 1, {}, CUT};
        // The transmitter is busy with the cut packet until then. The packet itself is re-routed,
        // to the link that is down, and lost there, which takes the transmitter as long again.
        const int64_t busy = 99'000'000 + TX;
        const Case first =
            reroutes ? Case{99'000'000, {}, LINK_DOWN, busy} : Case{99'000'000, {}, CUT};
        cases.insert(
            cases.end(),
            {new PolicyTestCase(name + ": what has left and what is queued",
                                policy,
                                SentInTime(policy)),
             new PolicyTestCase(name + ": what is cut, queued, and sent later",
                                policy,
                                Cut(policy)),
             new PolicyTestCase(name + ": what arrives exactly when the link goes down is received",
                                policy,
                                {{B - HOP, B}}),
             new PolicyTestCase(name + ": what would arrive a nanosecond later", policy, {late}),
             new PolicyTestCase(name + ": what began a nanosecond before",
                                policy,
                                {lastNanosecond}),
             new PolicyTestCase(name + ": what lacks one nanosecond of its transmission",
                                policy,
                                {allButOne}),
             new PolicyTestCase(name + ": what comes to a link that is down is lost",
                                policy,
                                {first,
                                 {B + 100'000, {}, LINK_DOWN, reroutes ? busy + TX : busy},
                                 {B + 20'000'000, {}, LINK_DOWN, B + 20'000'000},
                                 {2 * B, 2 * B + HOP}},
                                true)});
    }
    cases.push_back(new ShortSlotTestCase);
    return cases;
}

} // namespace ns3
