/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "leo-test-network.h"
#include "triangle.h"

#include "ns3/ipv4-l3-protocol.h"
#include "ns3/ipv4-list-routing.h"
#include "ns3/ipv4-static-routing.h"
#include "ns3/simulator.h"
#include "ns3/slot-routing-protocol.h"

#include <utility>

namespace ns3
{

namespace
{

using Policy = LaserChannel::LossPolicy;

constexpr uint8_t NONE = ForwardingTables::NO_PORT; //!< no path
constexpr int64_t TX = Triangle::TRANSMISSION_NS;
constexpr int64_t LIGHT = Triangle::LIGHT_NS;
constexpr int64_t HOP = TX + LIGHT;
constexpr int64_t B = Triangle::SLOT_NS; //!< when the direct link goes down
constexpr int64_t MS = 1'000'000;

/** A segment that is sent, and what its ledger must say at the end. */
struct Segment
{
    int64_t sentNs;       //!< when it is handed to the network
    uint64_t message;     //!< number of its message
    uint32_t index;       //!< in its message
    uint32_t segments;    //!< of its message
    int64_t arrivalNs;    //!< expected
    int64_t queueingNs;   //!< expected
    uint32_t bytes{1502}; //!< on the wire
    int64_t waitingNs{0}; //!< expected
    uint32_t hops{2};     //!< expected
};

/**
 * @ingroup leo-test
 *
 * Segments on the direct link of the triangle, which goes down at B = 100 ms; all or some are
 * re-routed by satellite 2. Expected figures are worked out by hand.
 */
class LedgerTestCase : public TestCase
{
  public:
    /**
     * @brief Constructor.
     * @param name of the case
     * @param segments the segments, in the order in which they arrive
     * @param port of satellite 0 in slot 1
     * @param from the sender
     */
    LedgerTestCase(const std::string& name,
                   std::vector<Segment> segments,
                   uint8_t port = Triangle::DETOUR,
                   uint32_t from = 0)
        : TestCase(name),
          m_segments(std::move(segments)),
          m_port(port),
          m_from(from)
    {
    }

  private:
    void DoRun() override
    {
        Triangle triangle(Policy::REROUTE);
        triangle.Start({{8, 8, 8}, {0, 8, 8}, {0, 8, 8}});
        triangle.Load(0, Triangle::DIRECT);
        triangle.Load(1, m_port);
        triangle.Load(2, Triangle::DETOUR);
        LeoTestNetwork& network = triangle.GetNetwork();
        for (const Segment& segment : m_segments)
        {
            const Time at = NanoSeconds(segment.sentNs);
            network.SendAt(at,
                           m_from,
                           1,
                           segment.bytes,
                           PathLedgerTag(segment.message, segment.index, segment.segments, at));
        }
        Simulator::Run();
        Simulator::Destroy();
        NS_TEST_EXPECT_MSG_EQ(network.GetLosses().size(), 0, "losses");
        NS_TEST_EXPECT_MSG_EQ(network.GetArrivals().size(), m_segments.size(), "arrivals");
        if (network.GetArrivals().size() != m_segments.size())
        {
            return;
        }
        for (std::size_t index = 0; index < m_segments.size(); ++index)
        {
            Check(network.GetArrivals()[index], m_segments[index], index);
        }
    }

    /**
     * @brief Compare a segment that arrived.
     * @param arrival the segment
     * @param expected what must be
     * @param index of the arrival
     */
    void Check(const LeoTestNetwork::Arrival& arrival, const Segment& expected, std::size_t index)
    {
        const PathLedgerTag& ledger = arrival.ledger;
        NS_TEST_EXPECT_MSG_EQ(ledger.GetMessage(),
                              expected.message,
                              "message of arrival " << index);
        NS_TEST_EXPECT_MSG_EQ(arrival.at,
                              NanoSeconds(expected.arrivalNs),
                              "time of arrival " << index);
        NS_TEST_EXPECT_MSG_EQ(arrival.at - ledger.GetReady(),
                              NanoSeconds(expected.queueingNs),
                              "queueing of arrival " << index);
        NS_TEST_EXPECT_MSG_EQ(ledger.GetWaiting(),
                              NanoSeconds(expected.waitingNs),
                              "waiting of arrival " << index);
        NS_TEST_EXPECT_MSG_EQ(ledger.GetHops(), expected.hops, "hops of arrival " << index);
        NS_TEST_EXPECT_MSG_EQ(ledger.GetPropagation(),
                              NanoSeconds(expected.hops * LIGHT),
                              "propagation of arrival " << index);
    }

    std::vector<Segment> m_segments; //!< in order of arrival
    uint8_t m_port;                  //!< of satellite 0 in slot 1
    uint32_t m_from;                 //!< the sender
};

/**
 * @ingroup leo-test
 *
 * The first of two segments leaves at 98 ms. The second has been late and comes at 250 ms, when the
 * link has been down and is up again: what the link knew of the message is forgotten, so all that
 * it was late is queueing.
 */
class ForgottenMessageTestCase : public TestCase
{
  public:
    ForgottenMessageTestCase()
        : TestCase("A link that went down has forgotten the messages that were passing")
    {
    }

  private:
    void DoRun() override
    {
        Triangle triangle(Policy::REROUTE);
        triangle.Start({{8, 8, 8}, {0, 8, 8}, {8, 8, 8}});
        triangle.Load(0, Triangle::DIRECT);
        triangle.Load(2, Triangle::DIRECT);
        LeoTestNetwork& network = triangle.GetNetwork();
        const Time sent = NanoSeconds(98 * MS);
        const Time late = NanoSeconds(250 * MS);
        network.SendAt(sent, 0, 1, Triangle::BYTES, PathLedgerTag(7, 0, 2, sent));
        network.SendAt(late, 0, 1, Triangle::BYTES, PathLedgerTag(7, 1, 2, sent));
        Simulator::Run();
        Simulator::Destroy();
        NS_TEST_EXPECT_MSG_EQ(network.GetArrivals().size(), 2, "arrivals");
        if (network.GetArrivals().size() == 2)
        {
            const LeoTestNetwork::Arrival& second = network.GetArrivals()[1];
            NS_TEST_EXPECT_MSG_EQ(second.at, late + NanoSeconds(HOP), "arrival");
            NS_TEST_EXPECT_MSG_EQ(second.at - second.ledger.GetReady(), late - sent, "queueing");
        }
    }
};

/**
 * @ingroup leo-test
 *
 * From satellite 3, which sends with a time to live of 64: satellite 0 decrements it, and satellite
 * 2 does, so 62 is left. The packet is sent so that satellite 0 begins to transmit it at 99 ms.
 */
class TimeToLiveTestCase : public TestCase
{
  public:
    /**
     * @brief Constructor.
     * @param name of the case
     * @param port of satellite 0 in slot 1, in which the link is down
     * @param arrivalNs when the packet must arrive
     */
    TimeToLiveTestCase(const std::string& name, uint8_t port, int64_t arrivalNs)
        : TestCase(name),
          m_port(port),
          m_arrivalNs(arrivalNs)
    {
    }

  private:
    void DoRun() override
    {
        Triangle triangle(Policy::REROUTE);
        triangle.Start({{8, 8, 8}, {0, 8, 8}});
        triangle.Load(0, Triangle::DIRECT);
        triangle.Load(1, m_port);
        triangle.Load(2, Triangle::DETOUR);
        triangle.SendAt(99 * MS - HOP, 0, 3);
        Ptr<Node> receiver = triangle.GetNetwork().GetSatellites().Get(1);
        receiver->GetObject<Ipv4L3Protocol>()->TraceConnectWithoutContext(
            "LocalDeliver",
            MakeCallback(&TimeToLiveTestCase::Delivered, this));
        const auto routing =
            SlotRoutingProtocol::Find(triangle.GetNetwork().GetSatellites().Get(0));
        std::size_t held = 0;
        Simulator::Schedule(NanoSeconds(B + 1), [&] {
            held = routing->GetNHeld();
            routing->VisitHeld([this](const Packet&) { ++m_visited; });
        });
        Simulator::Run();
        NS_TEST_EXPECT_MSG_EQ(held, (m_port == NONE ? 1 : 0), "packets held");
        NS_TEST_EXPECT_MSG_EQ(m_visited, held, "packets visited");
        NS_TEST_EXPECT_MSG_EQ(routing->GetNHeld(), 0, "packets held at the end");
        NS_TEST_EXPECT_MSG_EQ(m_delivered, 1, "packets delivered");
        NS_TEST_EXPECT_MSG_EQ(triangle.GetNetwork().GetReroutes().size(), 1, "packets re-routed");
        Simulator::Destroy();
    }

    /**
     * @brief Trace sink: the packet is delivered.
     * @param header its header
     */
    void Delivered(const Ipv4Header& header, Ptr<const Packet>, uint32_t)
    {
        ++m_delivered;
        NS_TEST_EXPECT_MSG_EQ(header.GetTtl(), 62, "time to live");
        NS_TEST_EXPECT_MSG_EQ(Simulator::Now(), NanoSeconds(m_arrivalNs), "arrival");
        NS_TEST_EXPECT_MSG_EQ(header.GetSource(), ForwardingTables::GetAddress(3), "source");
    }

    uint8_t m_port;           //!< of satellite 0 in slot 1
    int64_t m_arrivalNs;      //!< expected
    int m_delivered{0};       //!< packets delivered
    std::size_t m_visited{0}; //!< packets held, by visiting them
};

/**
 * @ingroup leo-test
 *
 * The nodes get another routing protocol; packets at 99 ms (cut) and 99.1 ms (queued).
 */
class OtherRoutingTestCase : public TestCase
{
  public:
    /**
     * @brief Constructor.
     * @param name of the case
     * @param isListed whether a SlotRoutingProtocol is in a list of a list, or there is none
     */
    OtherRoutingTestCase(const std::string& name, bool isListed)
        : TestCase(name),
          m_isListed(isListed)
    {
    }

  private:
    void DoRun() override
    {
        Triangle triangle(Policy::REROUTE);
        triangle.Start({{8, 8, 8}, {0, 8, 8}});
        triangle.Load(0, Triangle::DIRECT);
        triangle.Load(1, Triangle::DETOUR);
        Ptr<Node> node = triangle.GetNetwork().GetSatellites().Get(0);
        Ptr<Ipv4> ipv4 = node->GetObject<Ipv4>();
        Ptr<Ipv4RoutingProtocol> slots = ipv4->GetRoutingProtocol();
        NS_TEST_EXPECT_MSG_EQ(SlotRoutingProtocol::Find(node), slots, "found at once");
        Ptr<Ipv4StaticRouting> fixed = CreateObject<Ipv4StaticRouting>();
        Ptr<Ipv4ListRouting> inner = CreateObject<Ipv4ListRouting>();
        Ptr<Ipv4ListRouting> outer = CreateObject<Ipv4ListRouting>();
        if (m_isListed)
        {
            inner->AddRoutingProtocol(slots, 0);
        }
        else
        {
            inner->AddRoutingProtocol(fixed, 0);
        }
        outer->AddRoutingProtocol(CreateObject<Ipv4StaticRouting>(), 10);
        outer->AddRoutingProtocol(inner, 0);
        ipv4->SetRoutingProtocol(outer);
        fixed->AddHostRouteTo(ForwardingTables::GetAddress(1), Triangle::DIRECT + 1U);
        NS_TEST_EXPECT_MSG_EQ(bool(SlotRoutingProtocol::Find(node)), m_isListed, "found in a list");

        triangle.SendAt(99 * MS, 0);
        triangle.SendAt(99 * MS + 100'000, 1);
        Simulator::Run();
        Simulator::Destroy();
        const LeoTestNetwork& network = triangle.GetNetwork();
        NS_TEST_EXPECT_MSG_EQ(network.GetArrivals().size(), (m_isListed ? 2 : 0), "arrivals");
        NS_TEST_EXPECT_MSG_EQ(network.GetLosses().size(), (m_isListed ? 0 : 2), "losses");
        if (network.GetLosses().size() == 2)
        {
            NS_TEST_EXPECT_MSG_EQ(network.GetLosses()[0].reason, LossReason::CUT, "the first");
            NS_TEST_EXPECT_MSG_EQ(network.GetLosses()[1].reason, LossReason::QUEUED, "the second");
        }
    }

    bool m_isListed; //!< whether there is a SlotRoutingProtocol
};

/// Segments of messages on a link that goes down.
std::vector<TestCase*>
MakeLedgerTestCases()
{
    // On the detour the links have 8 Mb/s too: what leaves at B alone is there at B + 2 HOP.
    constexpr int64_t ALONE = B + 2 * HOP;
    return {
        new LedgerTestCase("A cut packet's time on the link is serialisation",
                           {{99 * MS, 0, 0, 1, ALONE, 0}}),
        // Packet 1 alone would have been cut too, and re-routed at B: what it waits for since then,
        // packet 0 on the first link of the detour, is queueing.
        new LedgerTestCase(
            "A queued packet that would have been cut itself is ready at B",
            {{99 * MS, 0, 0, 1, ALONE, 0}, {99 * MS + 100'000, 1, 0, 1, ALONE + TX, TX}}),
        // Packet 0 leaves at 97.2 ms and is through; packet 1 begins at 98.702 ms and is cut, alone
        // it would have been through: all its stay, 2.7 ms, is queueing.
        new LedgerTestCase("A packet that would have been sent in time has been queueing",
                           {{97 * MS + 200'000, 0, 0, 1, 97 * MS + 200'000 + HOP, 0, 1502, 0, 1},
                            {97 * MS + 300'000, 1, 0, 1, ALONE, 2'700'000}}),
        // Exactly in time: alone, its last bit would have left at B.
        new LedgerTestCase("A packet whose last bit would have left exactly at B was queueing",
                           {{B - TX - 1000, 0, 0, 1, B - TX - 1000 + HOP, 0, 1502, 0, 1},
                            {B - TX, 1, 0, 1, ALONE, TX}}),
        // The message of three segments alone: the first is through at 99.502 ms, the second is cut
        // and the third behind it; on the detour they follow each other. No queueing at all.
        new LedgerTestCase("A message alone is never queueing, cut or not",
                           {{98 * MS, 7, 0, 3, 98 * MS + HOP, 0, 1502, 0, 1},
                            {98 * MS, 7, 1, 3, ALONE, 0},
                            {98 * MS, 7, 2, 3, ALONE + TX, 0}}),
        // Its last segment is the one that is cut, so its passage was complete already.
        new LedgerTestCase(
            "A message whose last segment is cut is not queueing either",
            {{98 * MS, 7, 0, 2, 98 * MS + HOP, 0, 1502, 0, 1}, {98 * MS, 7, 1, 2, ALONE, 0}}),
        // A foreign packet of 1002 bytes is ahead: it leaves at 97.9 ms, the first segment
        // at 98.902 ms and is cut. Alone it would have left at 98 ms and been through at 99.502 ms:
        // its stay of 2 ms is queueing.
        new LedgerTestCase(
            "A message behind another: what it would have sent is queueing",
            {{97 * MS + 900'000, 8, 0, 1, 97 * MS + 900'000 + 1'002'000 + LIGHT, 0, 1002, 0, 1},
             {98 * MS, 7, 0, 2, ALONE, 2 * MS},
             // Alone it would have begun at 99.502 ms, been cut and re-routed at B; the first
             // would not have been there before it.
             {98 * MS, 7, 1, 2, ALONE + TX, TX}}),
        // The second segment takes 0.102 ms. Alone with the first, which is cut, it would have been
        // behind it still.
        new LedgerTestCase(
            "A short segment behind a cut one of its message is not queueing",
            {{99 * MS, 7, 0, 2, ALONE, 0}, {99 * MS, 7, 1, 2, ALONE + 102'000, 0, 102}}),
        // No path in slot 1: re-routed at B, held until 2 B. 1 ms is serialisation, 100 ms waiting.
        new LedgerTestCase("A re-routed packet without a path waits from B on",
                           {{99 * MS, 0, 0, 1, ALONE + B, 0, 1502, B},
                            {99 * MS + 100'000, 1, 0, 1, ALONE + B + TX, TX, 1502, B}},
                           NONE),
        // From satellite 3, begun at satellite 0 at 99 ms. Its hop to satellite 0 is charged.
        new LedgerTestCase("A re-routed packet keeps what its way has cost before",
                           {{99 * MS - HOP, 0, 0, 1, ALONE, 0, 1502, 0, 3}},
                           Triangle::DETOUR,
                           3),
    };
}

} // namespace

std::vector<TestCase*>
MakeRerouteTestCases()
{
    std::vector<TestCase*> cases = MakeLedgerTestCases();
    cases.insert(
        cases.end(),
        {new TimeToLiveTestCase("Re-routing leaves the time to live alone",
                                Triangle::DETOUR,
                                B + 2 * HOP),
         new TimeToLiveTestCase("So does holding what was re-routed", NONE, 2 * B + 2 * HOP),
         new OtherRoutingTestCase("A SlotRoutingProtocol is found in a list of a list", true),
         new OtherRoutingTestCase("Without a SlotRoutingProtocol Reroute loses as Deliver does",
                                  false),
         new ForgottenMessageTestCase});
    return cases;
}

} // namespace ns3
