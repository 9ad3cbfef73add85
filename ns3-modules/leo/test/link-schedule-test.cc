/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "leo-test-network.h"
#include "triangle.h"

#include "ns3/simulator.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace ns3
{

namespace
{

using Policy = LaserChannel::LossPolicy;

constexpr uint8_t NONE = ForwardingTables::NO_PORT; //!< no path
constexpr int64_t TX = Triangle::TRANSMISSION_NS;
constexpr int64_t LIGHT = Triangle::LIGHT_NS;
constexpr int64_t B = Triangle::SLOT_NS; //!< start of slot 1

/**
 * @ingroup leo-test
 *
 * 8 Mb/s until B, then 16 Mb/s: a packet takes 1.502 ms, then 0.751 ms.
 */
class RateChangeTestCase : public TestCase
{
  public:
    RateChangeTestCase()
        : TestCase("A new rate holds for what begins at the start of the slot or later")
    {
    }

  private:
    void DoRun() override
    {
        CheckArrivals({B - 1}, {B - 1 + TX + LIGHT});
        CheckArrivals({B}, {B + TX / 2 + LIGHT});
        // The second begins at B - 1 + TX, when the first has left at the old rate.
        CheckArrivals({B - 1, B - 1}, {B - 1 + TX + LIGHT, B - 1 + TX + TX / 2 + LIGHT});
        // The second begins exactly at B.
        CheckArrivals({B - TX, B - TX}, {B + LIGHT, B + TX / 2 + LIGHT});
        // In slot 2 the rate is 4 Mb/s, and stays so.
        CheckArrivals({2 * B, 9 * B}, {2 * B + 2 * TX + LIGHT, 9 * B + 2 * TX + LIGHT});
    }

    /**
     * @brief Send packets over the direct link.
     * @param sentNs when
     * @param arrivalNs when they must arrive
     */
    void CheckArrivals(const std::vector<int64_t>& sentNs, const std::vector<int64_t>& arrivalNs)
    {
        Triangle triangle(Policy::REROUTE);
        triangle.Start({{8, 8, 8}, {16, 8, 8}, {4, 8, 8}});
        for (uint32_t slot = 0; slot < 10; ++slot)
        {
            triangle.Load(slot, Triangle::DIRECT);
        }
        for (std::size_t index = 0; index < sentNs.size(); ++index)
        {
            triangle.SendAt(sentNs[index], index);
        }
        Simulator::Run();
        const auto& arrivals = triangle.GetNetwork().GetArrivals();
        NS_TEST_EXPECT_MSG_EQ(arrivals.size(), arrivalNs.size(), "packets that arrive");
        for (std::size_t index = 0; index < arrivals.size(); ++index)
        {
            NS_TEST_EXPECT_MSG_EQ(arrivals[index].at,
                                  NanoSeconds(arrivalNs[index]),
                                  "packet " << index << " sent at " << sentNs[index] << " ns");
        }
        Simulator::Destroy();
    }
};

/**
 * @ingroup leo-test
 *
 * Six satellites; 0 sends to 1, 2 and 3 by a link of its own each, and all three can be reached by
 * satellite 4. Satellite 1 sends to 0 and can reach it by satellite 5.
 *
 *     link 0: 1-0   link 1: 0-2   link 2: 0-3   links 3, 4, 5, 6: 0-4, 4-1, 4-2, 4-3
 *     link 7: 1-5   link 8: 5-0
 *
 * At 100 ms links 0, 1 and 2 go down, each with a packet on the transmitter and one in the queue,
 * in link 0 for both directions; at the same instant link 3 comes up, at 80 Mb/s. What is re-routed
 * first leaves first, so the order at satellite 4 is that of the links.
 */
class SeveralLinksTestCase : public TestCase
{
  public:
    SeveralLinksTestCase()
        : TestCase("Links change first, in order; then what they give back is forwarded in order")
    {
    }

  private:
    void DoRun() override
    {
        constexpr double D = TEN_LIGHT_MILLISECONDS_M;
        LeoTestNetwork network(LeoTestNetwork::MakeKnots({Vector(0, 0, 0),
                                                          Vector(D, 0, 0),
                                                          Vector(0, D, 0),
                                                          Vector(0, 0, D),
                                                          Vector(D, D, D),
                                                          Vector(D, -D, 0)}),
                               NanoSeconds(B));
        const uint32_t ends[][2] =
            {{1, 0}, {0, 2}, {0, 3}, {0, 4}, {4, 1}, {4, 2}, {4, 3}, {1, 5}, {5, 0}};
        for (const auto& [a, b] : ends)
        {
            network.Connect(a, b, "8Mbps");
        }
        network.StartSchedule(NanoSeconds(B),
                              {{8, 8, 8, 0, 8, 8, 8, 8, 8}, {0, 0, 0, 80, 8, 8, 8, 8, 8}});
        ForwardingTables& tables = network.GetTables();
        tables.SetDestinations(6, {1, 2, 3, 0});
        // Ports of 0: 0 to 1, 1 to 2, 2 to 3, 3 to 4, 4 to 5. Of 4: 0 to 0, then 1, 2, 3 to those.
        // Of 1: 0 to 0, 1 to 4, 2 to 5. Of 5: 0 to 1, 1 to 0.
        tables.Load(0,
                    {
                        0,    NONE, NONE, NONE, 1, NONE, // to 1
                        1,    NONE, NONE, NONE, 2, NONE, // to 2
                        2,    NONE, NONE, NONE, 3, NONE, // to 3
                        NONE, 0,    NONE, NONE, 0, 1,    // to 0
                    });
        tables.Load(1,
                    {
                        3,    NONE, NONE, NONE, 1, NONE, // to 1
                        3,    NONE, NONE, NONE, 2, NONE, // to 2
                        3,    NONE, NONE, NONE, 3, NONE, // to 3
                        NONE, 2,    NONE, NONE, 0, 1,    // to 0
                    });
        for (uint32_t satellite = 0; satellite < 4; ++satellite)
        {
            network.Listen(satellite);
        }
        // The later the link, the earlier its packets are sent.
        SendPair(network, 99'300'000, 0, 1, 10);
        SendPair(network, 99'000'000, 1, 0, 20);
        SendPair(network, 98'900'000, 0, 2, 30);
        SendPair(network, 98'700'000, 0, 3, 40);
        Simulator::Run();
        Check(network);
        Simulator::Destroy();
    }

    /**
     * @brief Send two packets one right after the other.
     * @param network where
     * @param atNs when
     * @param from the sender
     * @param to the receiver
     * @param message number of the first; that of the second is one more
     */
    static void SendPair(LeoTestNetwork& network,
                         int64_t atNs,
                         uint32_t from,
                         uint32_t to,
                         uint64_t message)
    {
        for (uint64_t number : {message, message + 1})
        {
            const Time at = NanoSeconds(atNs);
            network.SendAt(at, from, to, 1502, PathLedgerTag(number, 0, 1, at));
        }
    }

    /// @param network what happened
    void Check(const LeoTestNetwork& network)
    {
        NS_TEST_EXPECT_MSG_EQ(network.GetLosses().size(), 0, "losses");
        // Direction 0 of link 0 is from satellite 1.
        const uint64_t order[] = {20, 21, 10, 11, 30, 31, 40, 41};
        const auto& reroutes = network.GetReroutes();
        NS_TEST_EXPECT_MSG_EQ(reroutes.size(), std::size(order), "re-routed");
        for (std::size_t index = 0; index < std::min(std::size(order), reroutes.size()); ++index)
        {
            NS_TEST_EXPECT_MSG_EQ(reroutes[index].message, order[index], "order of re-routing");
            NS_TEST_EXPECT_MSG_EQ(reroutes[index].at, NanoSeconds(B), "time of re-routing");
        }
        // On link 3 they leave back to back at the new rate, 0.1502 ms each.
        const auto& hops = network.GetHops(3);
        NS_TEST_EXPECT_MSG_EQ(hops.size(), 6, "packets on the link that comes up");
        for (std::size_t index = 0; index < hops.size(); ++index)
        {
            NS_TEST_EXPECT_MSG_EQ(hops[index].at,
                                  NanoSeconds(B + static_cast<int64_t>(index) * TX / 10),
                                  "start of packet " << index);
            NS_TEST_EXPECT_MSG_EQ(hops[index].transmission, NanoSeconds(TX / 10), "rate");
        }
        NS_TEST_EXPECT_MSG_EQ(network.GetArrivals().size(), 8, "packets that arrive");
        NS_TEST_EXPECT_MSG_EQ(network.GetLink(0)->GetCounters(0).rerouted, 2, "direction 0");
        NS_TEST_EXPECT_MSG_EQ(network.GetLink(0)->GetCounters(1).rerouted, 2, "direction 1");
    }
};

/**
 * @ingroup leo-test
 *
 * Slot 0 down, slot 1 up, slot 2 down, slot 3 and later up.
 */
class StatesTestCase : public TestCase
{
  public:
    StatesTestCase()
        : TestCase("Links follow the schedule, from its first slot to beyond its last")
    {
    }

  private:
    void DoRun() override
    {
        Triangle triangle(Policy::REROUTE);
        Ptr<LaserChannel> link = triangle.GetNetwork().GetLink(0);
        NS_TEST_EXPECT_MSG_EQ(link->IsUp(), true, "a link without a schedule");
        triangle.Start({{0, 8, 8}, {8, 8, 8}, {0, 8, 8}, {8, 8, 8}});
        NS_TEST_EXPECT_MSG_EQ(link->IsUp(), false, "slot 0, at once");
        const std::pair<int64_t, bool> expected[] = {{0, false},
                                                     {B - 1, false},
                                                     {B, true},
                                                     {2 * B - 1, true},
                                                     {2 * B, false},
                                                     {3 * B - 1, false},
                                                     {3 * B, true},
                                                     {50 * B, true}};
        for (const auto& [ns, isUp] : expected)
        {
            Simulator::Schedule(NanoSeconds(ns), [this, link, ns = ns, isUp = isUp] {
                NS_TEST_EXPECT_MSG_EQ(link->IsUp(), isUp, "at " << ns << " ns");
            });
        }
        const uint64_t before = Simulator::GetEventCount();
        Simulator::Run();
        NS_TEST_EXPECT_MSG_GT(Simulator::GetEventCount(), before, "events");
        Simulator::Destroy();
    }
};

/**
 * @ingroup leo-test
 */
class ByHandTestCase : public TestCase
{
  public:
    ByHandTestCase()
        : TestCase("A link can be taken down and up by hand; the same state again changes nothing")
    {
    }

  private:
    void DoRun() override
    {
        Triangle triangle(Policy::REROUTE);
        triangle.Start({{8, 8, 8}});
        triangle.Load(0, Triangle::DIRECT);
        triangle.SendAt(1'000'000, 0);
        triangle.SendAt(1'100'000, 1);
        triangle.SendAt(5'000'000, 2);
        Ptr<LaserChannel> link = triangle.GetNetwork().GetLink(0);
        Simulator::Schedule(MilliSeconds(2), [&] {
            triangle.Load(0, Triangle::DETOUR);
            link->SetUp(true);
            NS_TEST_EXPECT_MSG_EQ(link->GetCounters(0).inFlight, 1, "up again: on the transmitter");
            link->SetUp(false);
            NS_TEST_EXPECT_MSG_EQ(link->GetCounters(0).inFlight, 0, "down");
            link->SetUp(false);
            NS_TEST_EXPECT_MSG_EQ(link->GetCounters(0).rerouted, 2, "down twice");
        });
        Simulator::Schedule(MilliSeconds(4), [&] {
            link->SetUp(true);
            triangle.Load(0, Triangle::DIRECT);
        });
        Simulator::Run();
        const auto& arrivals = triangle.GetNetwork().GetArrivals();
        NS_TEST_EXPECT_MSG_EQ(arrivals.size(), 3, "packets that arrive");
        if (arrivals.size() == 3)
        {
            const int64_t down = 2'000'000;
            NS_TEST_EXPECT_MSG_EQ(arrivals[0].at, NanoSeconds(5'000'000 + TX + LIGHT), "direct");
            NS_TEST_EXPECT_MSG_EQ(arrivals[1].at, NanoSeconds(down + 2 * (TX + LIGHT)), "cut");
            NS_TEST_EXPECT_MSG_EQ(arrivals[2].at, NanoSeconds(down + 3 * TX + 2 * LIGHT), "queued");
        }
        Ptr<LaserChannel> loose = CreateObject<LaserChannel>();
        NS_TEST_EXPECT_MSG_EQ(Throws<std::logic_error>([&] { loose->SetUp(false); }),
                              true,
                              "a channel without devices");
        Simulator::Destroy();
    }
};

/**
 * @ingroup leo-test
 */
class MisuseTestCase : public TestCase
{
  public:
    MisuseTestCase()
        : TestCase("LinkSchedule refuses what is not a schedule, and a start out of turn")
    {
    }

  private:
    void DoRun() override
    {
        m_network = CreateObject<ChannelNetwork>();
        m_network->Create(
            LeoTestNetwork::MakeKnots({Vector(), Vector(1e6, 0, 0), Vector(2e6, 0, 0)}),
            CreateObject<ForwardingTables>());
        m_network->Connect(0, 1);
        m_network->Connect(1, 2);
        const Time slot = Seconds(1);
        ExpectBad(slot, {1, 0, 1, 1}, {5, 0, 5, 5}, 2, false, "two slots of two links");
        ExpectBad(slot, {1, 1, 1}, {5, 5, 5, 5}, 2, true, "a state too few");
        ExpectBad(slot, {1, 1, 1, 1}, {5, 5, 5, 5, 5}, 2, true, "a rate too many");
        ExpectBad(slot, {}, {}, 0, true, "no slots");
        ExpectBad(Time(0), {1, 1}, {5, 5}, 1, true, "slots of no duration");
        ExpectBad(Seconds(-1), {1, 1}, {5, 5}, 1, true, "slots of negative duration");
        ExpectBad(slot, {1, 2}, {5, 5}, 1, true, "a state that is neither up nor down");
        ExpectBad(slot, {1, 1}, {5, 0}, 1, true, "a link that is up and has no rate");

        Ptr<LinkSchedule> schedule = CreateObject<LinkSchedule>();
        ExpectOutOfTurn([&] { schedule->Start(); }, "a start without a schedule");
        schedule->Install(m_network, slot, {1, 1, 0, 0}, {5, 5, 5, 5}, 2);
        NS_TEST_EXPECT_MSG_EQ(schedule->GetNSlots(), 2, "slots");
        schedule->Start();
        ExpectOutOfTurn([&] { schedule->Start(); }, "a second start");
        ExpectOutOfTurn([&] { schedule->Install(m_network, slot, {1, 1}, {5, 5}, 1); },
                        "another schedule after the start");
        Ptr<LinkSchedule> late = CreateObject<LinkSchedule>();
        late->Install(m_network, slot, {1, 1}, {5, 5}, 1);
        Simulator::Schedule(NanoSeconds(1), [&] {
            ExpectOutOfTurn([&] { late->Start(); }, "a start after time zero");
            schedule->Dispose();
        });
        Simulator::Run();
        NS_TEST_EXPECT_MSG_EQ(m_network->GetLink(0)->IsUp(),
                              true,
                              "nothing changes after disposal");
        Simulator::Destroy();
    }

    /**
     * @brief Try to install a schedule.
     * @param slot duration of a slot
     * @param up states
     * @param ratesBps rates
     * @param slots number of slots
     * @param isBad whether it must throw
     * @param what the case in words
     */
    void ExpectBad(Time slot,
                   const std::vector<uint8_t>& up,
                   const std::vector<uint64_t>& ratesBps,
                   std::size_t slots,
                   bool isBad,
                   const std::string& what)
    {
        Ptr<LinkSchedule> schedule = CreateObject<LinkSchedule>();
        NS_TEST_EXPECT_MSG_EQ(Throws<std::invalid_argument>(
                                  [&] { schedule->Install(m_network, slot, up, ratesBps, slots); }),
                              isBad,
                              what);
    }

    /**
     * @brief Expect std::logic_error.
     * @param action what throws it
     * @param what the case in words
     */
    template <typename Action>
    void ExpectOutOfTurn(Action action, const std::string& what)
    {
        NS_TEST_EXPECT_MSG_EQ(Throws<std::logic_error>(action), true, what);
    }

    Ptr<ChannelNetwork> m_network; //!< with two links
};

} // namespace

std::vector<TestCase*>
MakeLinkScheduleTestCases()
{
    return {
        new RateChangeTestCase,
        new SeveralLinksTestCase,
        new StatesTestCase,
        new ByHandTestCase,
        new MisuseTestCase,
    };
}

} // namespace ns3
