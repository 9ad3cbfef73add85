/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "leo-test-network.h"
#include "triangle.h"

#include "ns3/packet.h"
#include "ns3/simulator.h"

#include <array>
#include <stdexcept>
#include <string>
#include <vector>

namespace ns3
{

namespace
{

using Policy = LaserChannel::LossPolicy;

constexpr int64_t TX = Triangle::TRANSMISSION_NS;
constexpr int64_t B = Triangle::SLOT_NS; //!< when the link goes down

/**
 * @ingroup leo-test
 *
 * Four packets are sent at 97 ms over the direct link: they begin at 97, 98.502, 100.004 ms and so
 * on. At 98 ms one is on the transmitter and three are queued; at B = 100 ms the first is on the
 * wire, the second has 4 us to go and two are queued.
 */
class CountersTestCase : public TestCase
{
  public:
    /**
     * @brief Constructor.
     * @param name of the case
     * @param policy of the link
     * @param onWire packets that arrive by the link
     */
    CountersTestCase(const std::string& name, Policy policy, uint64_t onWire)
        : TestCase(name),
          m_policy(policy),
          m_arrive(onWire)
    {
    }

  private:
    void DoRun() override
    {
        Triangle triangle(m_policy);
        triangle.Start({{8, 8, 8}, {0, 8, 8}});
        triangle.Load(0, Triangle::DIRECT);
        triangle.Load(1, Triangle::DETOUR);
        for (uint64_t message = 0; message < 4; ++message)
        {
            triangle.SendAt(97'000'000, message);
        }
        Ptr<LaserChannel> link = triangle.GetNetwork().GetLink(Triangle::LINK);
        LaserLinkCounters before;
        LaserLinkCounters after;
        uint64_t seen = 0;
        Simulator::Schedule(MilliSeconds(98), [&] {
            before = link->GetCounters(0);
            link->VisitPackets(0, [&seen](const Packet& packet) {
                PathLedgerTag ledger;
                seen += packet.PeekPacketTag(ledger) ? 1 : 0;
            });
        });
        Simulator::Schedule(NanoSeconds(B + 1), [&] { after = link->GetCounters(0); });
        Simulator::Run();

        Check(before, 1, TX, {}, 0, 1, 3);
        NS_TEST_EXPECT_MSG_EQ(seen, 4, "packets visited");
        std::array<uint64_t, LOSS_REASONS> lost{};
        if (m_policy != Policy::REROUTE)
        {
            lost[static_cast<std::size_t>(LossReason::CUT)] = 1;
            lost[static_cast<std::size_t>(LossReason::QUEUED)] = 2;
            lost[static_cast<std::size_t>(LossReason::ON_WIRE)] = 1 - m_arrive;
        }
        // 100 - 98.502 ms were spent on the packet that was cut.
        constexpr int64_t BUSY = TX + 1'498'000;
        const uint64_t rerouted = m_policy == Policy::REROUTE ? 3 : 0;
        Check(after, 1, BUSY, lost, rerouted, m_arrive, 0);
        Check(link->GetCounters(0), 1, BUSY, lost, rerouted, 0, 0);
        Check(link->GetCounters(1), 0, 0, {}, 0, 0, 0);
        NS_TEST_EXPECT_MSG_EQ(triangle.GetNetwork().GetArrivals().size(),
                              m_arrive + rerouted,
                              "packets that arrive");
        Simulator::Destroy();
    }

    /**
     * @brief Compare counters.
     * @param counters the counters
     * @param packets expected, of 1502 bytes each
     * @param busyNs expected
     * @param lost expected, by reason
     * @param rerouted expected
     * @param inFlight expected
     * @param queued expected
     */
    void Check(const LaserLinkCounters& counters,
               uint64_t packets,
               int64_t busyNs,
               const std::array<uint64_t, LOSS_REASONS>& lost,
               uint64_t rerouted,
               uint64_t inFlight,
               uint64_t queued)
    {
        NS_TEST_EXPECT_MSG_EQ(counters.packets, packets, "packets");
        NS_TEST_EXPECT_MSG_EQ(counters.bytes, packets * 1502, "bytes");
        NS_TEST_EXPECT_MSG_EQ(counters.busy, NanoSeconds(busyNs), "busy");
        NS_TEST_EXPECT_MSG_EQ_TOL(counters.GetUtilisation(NanoSeconds(1'000'000'000)),
                                  static_cast<double>(busyNs) / 1e9,
                                  1e-12,
                                  "utilisation of a second");
        NS_TEST_EXPECT_MSG_EQ((counters.lost == lost), true, "losses");
        NS_TEST_EXPECT_MSG_EQ(counters.rerouted, rerouted, "re-routed");
        NS_TEST_EXPECT_MSG_EQ(counters.inFlight, inFlight, "in flight");
        NS_TEST_EXPECT_MSG_EQ(counters.queued, queued, "queued");
    }

    Policy m_policy;   //!< of the link
    uint64_t m_arrive; //!< packets that arrive by the link
};

/**
 * @ingroup leo-test
 *
 * Four packets of 1.502 ms come at 97 ms, and the link goes down at 100 ms: three wait until
 * 98.502 ms, then two. Counters taken in between say what has been, and nothing of what is to be.
 */
class TakenCountersTestCase : public TestCase
{
  public:
    TakenCountersTestCase()
        : TestCase("Counters taken at instants differ by what happened in between")
    {
    }

  private:
    void DoRun() override
    {
        Triangle triangle(Policy::REROUTE);
        triangle.Start({{8, 8, 8}, {0, 8, 8}});
        triangle.Load(0, Triangle::DIRECT);
        triangle.Load(1, Triangle::DETOUR);
        for (uint64_t message = 0; message < 4; ++message)
        {
            triangle.SendAt(97'000'000, message);
        }
        Ptr<LaserChannel> link = triangle.GetNetwork().GetLink(Triangle::LINK);
        std::vector<LaserLinkCounters> taken;
        std::string error;
        const auto take = [&](int64_t atNs, int64_t untilNs) {
            Simulator::Schedule(NanoSeconds(atNs), [&taken, link, untilNs] {
                taken.push_back(link->TakeCounters(0, NanoSeconds(untilNs)));
            });
        };
        take(96'000'000, 96'000'000);
        take(98'000'000, 98'000'000);
        take(99'000'000, 99'000'000);
        take(B - 1, B);
        take(B + 1, B + 1);
        Simulator::Schedule(MilliSeconds(98), [&] {
            try
            {
                link->TakeCounters(0, MilliSeconds(97));
            }
            catch (const std::invalid_argument& refusal)
            {
                error = refusal.what();
            }
        });
        Simulator::Run();

        Check(taken.at(0), 0, 0, 0, 0);
        Check(taken.at(1), 0, 1'000'000, 3 * 1'000'000, 3);
        Check(taken.at(2), 1, 2'000'000, 3 * TX + 2 * 498'000, 3);
        Check(taken.at(3), 1, 3'000'000, 3 * TX + 2 * 1'498'000, 2);
        Check(taken.at(4), 1, 3'000'000, 3 * TX + 2 * 1'498'000, 0);
        NS_TEST_EXPECT_MSG_EQ(taken.at(3).rerouted, 0, "re-routed before");
        NS_TEST_EXPECT_MSG_EQ(taken.at(4).rerouted, 3, "re-routed after");
        NS_TEST_EXPECT_MSG_EQ(link->GetCounters(1).waited, Time(0), "the other direction");
        NS_TEST_EXPECT_MSG_NE(error.find("later time"), std::string::npos, error);
        Simulator::Destroy();
    }

    /**
     * @brief Compare counters.
     * @param counters the counters
     * @param packets expected, of 1502 bytes each
     * @param busyNs expected
     * @param waitedNs expected
     * @param longest expected
     */
    void Check(const LaserLinkCounters& counters,
               uint64_t packets,
               int64_t busyNs,
               int64_t waitedNs,
               uint64_t longest)
    {
        NS_TEST_EXPECT_MSG_EQ(counters.packets, packets, "packets");
        NS_TEST_EXPECT_MSG_EQ(counters.bytes, packets * 1502, "bytes");
        NS_TEST_EXPECT_MSG_EQ(counters.busy, NanoSeconds(busyNs), "busy");
        NS_TEST_EXPECT_MSG_EQ(counters.waited, NanoSeconds(waitedNs), "waited");
        NS_TEST_EXPECT_MSG_EQ(counters.longest, longest, "longest queue");
    }
};

/**
 * @ingroup leo-test
 *
 * A link that corrupts every packet delivers none, and one that corrupts a share of them about that
 * share; the transmitter and the wire are busy all the same.
 */
class CorruptedTestCase : public TestCase
{
  public:
    CorruptedTestCase()
        : TestCase("A packet that arrives corrupted is counted and reported by the link")
    {
    }

  private:
    static constexpr uint64_t PACKETS = 400;

    void DoRun() override
    {
        CheckRate(1, PACKETS, PACKETS);
        // Binomial: 100 of 400, with a standard deviation of 8.7; four of them either way.
        CheckRate(0.25, 66, 134);
        const std::string error = CatchRefusal();
        NS_TEST_EXPECT_MSG_NE(error.find("is no probability"), std::string::npos, error);
    }

    /**
     * @brief Send packets over a link.
     * @param rate at which it corrupts them
     * @param least number of packets lost
     * @param most number of packets lost
     */
    void CheckRate(double rate, uint64_t least, uint64_t most)
    {
        Triangle triangle(Policy::REROUTE, Triangle::SLOT_NS, 2);
        triangle.Start({{8, 8, 8}});
        for (uint32_t slot = 0; slot * Triangle::SLOT_NS <= (PACKETS + 1) * 10 * TX; ++slot)
        {
            triangle.Load(slot, Triangle::DIRECT);
        }
        const LeoTestNetwork& network = triangle.GetNetwork();
        Ptr<LaserChannel> link = network.GetLink(Triangle::LINK);
        const int64_t used = ConstellationHelper::SetPacketErrorRate(link, rate, 7000);
        NS_TEST_EXPECT_MSG_EQ(used, 2, "streams");
        for (uint64_t message = 0; message < PACKETS; ++message)
        {
            triangle.SendAt(static_cast<int64_t>(message) * 10 * TX, message);
        }
        Simulator::Run();
        const LaserLinkCounters counters = link->GetCounters(0);
        const uint64_t lost = counters.GetLost(LossReason::CORRUPTED);
        NS_TEST_EXPECT_MSG_GT_OR_EQ(lost, least, "lost at a rate of " << rate);
        NS_TEST_EXPECT_MSG_LT_OR_EQ(lost, most, "lost at a rate of " << rate);
        NS_TEST_EXPECT_MSG_EQ(counters.packets, PACKETS, "sent");
        NS_TEST_EXPECT_MSG_EQ(counters.busy, NanoSeconds(PACKETS * TX), "busy");
        NS_TEST_EXPECT_MSG_EQ(counters.inFlight, 0, "in flight");
        NS_TEST_EXPECT_MSG_EQ(network.GetArrivals().size(), PACKETS - lost, "arrivals");
        NS_TEST_EXPECT_MSG_EQ(network.GetLosses().size(), lost, "losses reported");
        for (const LeoTestNetwork::Departure& loss : network.GetLosses())
        {
            NS_TEST_EXPECT_MSG_EQ(loss.reason, LossReason::CORRUPTED, "why");
        }
        Simulator::Destroy();
    }

    /** @return what is said of a rate that is no probability */
    static std::string CatchRefusal()
    {
        try
        {
            ConstellationHelper::SetPacketErrorRate(nullptr, 1.5, 0);
        }
        catch (const std::invalid_argument& error)
        {
            return error.what();
        }
        return "";
    }
};

/**
 * @ingroup leo-test
 *
 * A queue of two packets and one on the transmitter: of five, two find no room.
 */
class QueueFullTestCase : public TestCase
{
  public:
    QueueFullTestCase()
        : TestCase("A packet that finds the queue full is counted and reported by the link")
    {
    }

  private:
    void DoRun() override
    {
        Triangle triangle(Policy::REROUTE, Triangle::SLOT_NS, 2);
        triangle.Start({{8, 8, 8}});
        triangle.Load(0, Triangle::DIRECT);
        for (uint64_t message = 0; message < 5; ++message)
        {
            triangle.SendAt(1'000'000, message);
        }
        Simulator::Run();
        const LeoTestNetwork& network = triangle.GetNetwork();
        NS_TEST_EXPECT_MSG_EQ(network.GetArrivals().size(), 3, "packets that arrive");
        NS_TEST_EXPECT_MSG_EQ(network.GetLosses().size(), 2, "losses");
        for (std::size_t index = 0; index < network.GetLosses().size(); ++index)
        {
            const LeoTestNetwork::Departure& loss = network.GetLosses()[index];
            NS_TEST_EXPECT_MSG_EQ(loss.message, 3 + index, "which");
            NS_TEST_EXPECT_MSG_EQ(loss.reason, LossReason::QUEUE_FULL, "why");
            NS_TEST_EXPECT_MSG_EQ(loss.at, MilliSeconds(1), "when");
            NS_TEST_EXPECT_MSG_EQ(loss.from, 0, "where");
        }
        const LaserLinkCounters counters = network.GetLink(0)->GetCounters(0);
        NS_TEST_EXPECT_MSG_EQ(counters.GetLost(LossReason::QUEUE_FULL), 2, "counted");
        NS_TEST_EXPECT_MSG_EQ(network.GetLink(0)->GetCounters(1).GetLost(LossReason::QUEUE_FULL),
                              0,
                              "counted in the other direction");
        Simulator::Destroy();
    }
};

/**
 * @ingroup leo-test
 */
class ReasonNamesTestCase : public TestCase
{
  public:
    ReasonNamesTestCase()
        : TestCase("Each reason of a loss has its name")
    {
    }

  private:
    void DoRun() override
    {
        NS_TEST_EXPECT_MSG_EQ(ToString(LossReason::QUEUE_FULL), "queue full", "name");
        NS_TEST_EXPECT_MSG_EQ(ToString(LossReason::ON_WIRE), "on the wire", "name");
        NS_TEST_EXPECT_MSG_EQ(ToString(LossReason::CUT), "cut", "name");
        NS_TEST_EXPECT_MSG_EQ(ToString(LossReason::QUEUED), "queued", "name");
        NS_TEST_EXPECT_MSG_EQ(ToString(LossReason::LINK_DOWN), "link down", "name");
        NS_TEST_EXPECT_MSG_EQ(ToString(LossReason::CORRUPTED), "corrupted", "name");
    }
};

} // namespace

std::vector<TestCase*>
MakeLinkCountersTestCases()
{
    return {
        new CountersTestCase("Drop: counters before and after the link goes down", Policy::DROP, 0),
        new CountersTestCase("Deliver: counters before and after the link goes down",
                             Policy::DELIVER,
                             1),
        new CountersTestCase("Reroute: counters before and after the link goes down",
                             Policy::REROUTE,
                             1),
        new TakenCountersTestCase,
        new QueueFullTestCase,
        new CorruptedTestCase,
        new ReasonNamesTestCase,
    };
}

} // namespace ns3
