/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "leo-test-network.h"
#include "triangle.h"

#include "ns3/hop-log.h"
#include "ns3/simulator.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace ns3
{

namespace
{

using Policy = LaserChannel::LossPolicy;

constexpr int64_t TX = Triangle::TRANSMISSION_NS;
constexpr int64_t LIGHT = Triangle::LIGHT_NS;
constexpr int64_t SENT = 97'000'000;     //!< when four packets are handed over
constexpr int64_t B = Triangle::SLOT_NS; //!< when the direct link goes down
constexpr int64_t DIRECT = 0;            //!< wire from 0 to 1: of link 0, direction 0
constexpr int64_t UP = 2;                //!< wire from 0 to 2
constexpr int64_t DOWN = 4;              //!< wire from 2 to 1

/**
 * @ingroup leo-test
 *
 * The four packets of CountersTestCase: when the direct link goes down the first is on the wire,
 * the second has 4 us to go, two are queued. Worked by hand.
 */
class HopsTestCase : public TestCase
{
  public:
    /**
     * @brief Constructor.
     * @param name of the case
     * @param policy of the link
     */
    HopsTestCase(const std::string& name, Policy policy)
        : TestCase(name),
          m_policy(policy)
    {
    }

  private:
    /// A hop without its ledger number.
    using Times = std::array<int64_t, HopLog::COLUMNS - 1>;

    void DoRun() override
    {
        Triangle triangle(m_policy);
        triangle.Start({{8, 8, 8}, {0, 8, 8}});
        triangle.Load(0, Triangle::DIRECT);
        triangle.Load(1, Triangle::DETOUR);
        Ptr<HopLog> log = CreateObject<HopLog>();
        for (uint32_t link : {0, 1, 2})
        {
            triangle.GetNetwork().GetLink(link)->SetHopLog(log);
        }
        for (uint64_t message = 0; message < 4; ++message)
        {
            triangle.SendAt(SENT, message);
        }
        Simulator::Run();

        const std::vector<Times> expected = MakeExpected();
        NS_TEST_ASSERT_MSG_EQ(log->GetCount(Simulator::Now()), expected.size(), "hops");
        std::vector<int64_t> values(log->GetCount(Simulator::Now()) * HopLog::COLUMNS);
        log->Copy(values.data(), Simulator::Now());
        std::vector<int64_t> ledgers;
        for (std::size_t hop = 0; hop < expected.size(); ++hop)
        {
            const int64_t* row = &values[hop * HopLog::COLUMNS];
            ledgers.push_back(row[HopLog::LEDGER]);
            for (std::size_t column = 0; column < expected[hop].size(); ++column)
            {
                NS_TEST_EXPECT_MSG_EQ(row[column + 1],
                                      expected[hop][column],
                                      "hop " << hop << ", column " << column + 1);
            }
        }
        if (m_policy == Policy::REROUTE)
        {
            // The three that are re-routed keep their numbers from satellite 2 on.
            NS_TEST_EXPECT_MSG_EQ(std::equal(&ledgers[1], &ledgers[4], &ledgers[4]), true, "order");
            std::sort(ledgers.begin(), ledgers.begin() + 4);
            NS_TEST_EXPECT_MSG_EQ(
                (std::adjacent_find(ledgers.begin(), ledgers.begin() + 4) == ledgers.begin() + 4),
                true,
                "each packet has a number of its own");
            NS_TEST_EXPECT_MSG_GT(ledgers[0], 0, "zero is no number");
        }
        Simulator::Destroy();
    }

    /** @return the hops: wire, came, started, arrived, propagation, waiting, ready */
    std::vector<Times> MakeExpected() const
    {
        const int64_t aloneAfterOne = SENT + TX + LIGHT;
        const int64_t aloneAfterTwo = aloneAfterOne + TX + LIGHT;
        std::vector<Times> hops;
        if (m_policy != Policy::DROP)
        {
            hops.push_back({DIRECT, SENT, SENT, aloneAfterOne, LIGHT, 0, aloneAfterOne});
        }
        if (m_policy == Policy::REROUTE)
        {
            for (int64_t place : {0, 1, 2})
            {
                const int64_t first = B + place * TX;
                hops.push_back({UP, SENT, first, first + TX + LIGHT, LIGHT, 0, aloneAfterOne});
            }
            for (int64_t place : {0, 1, 2})
            {
                const int64_t first = B + place * TX + TX + LIGHT;
                hops.push_back(
                    {DOWN, first, first, first + TX + LIGHT, 2 * LIGHT, 0, aloneAfterTwo});
            }
        }
        return hops;
    }

    Policy m_policy; //!< of the link
};

/**
 * @ingroup leo-test
 *
 * A packet waits 60 ms for the next slot, which has a path.
 */
class WaitingHopTestCase : public TestCase
{
  public:
    WaitingHopTestCase()
        : TestCase(
              "A hop after a wait for a path says when the packet came, and how long it waited")
    {
    }

  private:
    void DoRun() override
    {
        constexpr int64_t AT = 40'000'000;
        Triangle triangle(Policy::REROUTE);
        triangle.Start({{0, 8, 8}, {8, 8, 8}});
        triangle.Load(0, ForwardingTables::NO_PORT);
        triangle.Load(1, Triangle::DIRECT);
        Ptr<HopLog> log = CreateObject<HopLog>();
        triangle.GetNetwork().GetLink(0)->SetNumber(7);
        triangle.GetNetwork().GetLink(0)->SetHopLog(log);
        triangle.SendAt(AT, 0);
        Simulator::Run();

        NS_TEST_ASSERT_MSG_EQ(log->GetCount(Simulator::Now()), 1, "hops");
        std::array<int64_t, HopLog::COLUMNS> row;
        log->Copy(row.data(), Simulator::Now());
        const std::array<int64_t, HopLog::COLUMNS> expected{
            {1, 14, AT, B, B + TX + LIGHT, LIGHT, B - AT, B + TX + LIGHT}};
        for (std::size_t column = 0; column < HopLog::COLUMNS; ++column)
        {
            NS_TEST_EXPECT_MSG_EQ(row[column], expected[column], "column " << column);
        }
        Simulator::Destroy();
    }
};

/**
 * @ingroup leo-tests
 *
 * @brief What has been cleared is gone, and ledgers begin at 1 again.
 */
class ClearedLogTestCase : public TestCase
{
  public:
    ClearedLogTestCase()
        : TestCase("A log that was cleared has the hops since then, of ledgers from 1 on")
    {
    }

  private:
    void DoRun() override
    {
        Ptr<HopLog> log = CreateObject<HopLog>();
        log->GiveNumber();
        const auto old = static_cast<int64_t>(log->GiveNumber());
        log->Add({old, 0, 1, 2, 3, 1, 0, 3});
        log->Clear();
        NS_TEST_EXPECT_MSG_EQ(log->GetCount(Seconds(1)), 0, "nothing is left");
        const auto first = static_cast<int64_t>(log->GiveNumber());
        NS_TEST_EXPECT_MSG_EQ(first, 1, "as if none had been given");
        log->Add({first, 4, 10, 20, 30, 10, 0, 30});
        NS_TEST_ASSERT_MSG_EQ(log->GetCount(Seconds(1)), 1, "the one since");
        HopLog::Row row{};
        log->Copy(row.data(), Seconds(1));
        NS_TEST_EXPECT_MSG_EQ(row[HopLog::WIRE], 4, "the later wire");
        NS_TEST_EXPECT_MSG_EQ(log->GetNumbers(Seconds(1)).size(), 2, "zero and one number");
    }
};

} // namespace

std::vector<TestCase*>
MakeHopLogTestCases()
{
    return {
        new HopsTestCase("Drop: no hop is left of what was on the wire", Policy::DROP),
        new HopsTestCase("Deliver: the hop of what was sent is left", Policy::DELIVER),
        new HopsTestCase("Reroute: hops of the way taken, none of the cut one", Policy::REROUTE),
        new WaitingHopTestCase,
        new ClearedLogTestCase,
    };
}

} // namespace ns3
