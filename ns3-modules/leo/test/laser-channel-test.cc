/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "leo-test-network.h"

#include "ns3/packet.h"
#include "ns3/simulator.h"

#include <array>
#include <sstream>

namespace ns3
{

namespace
{

/**
 * @ingroup leo-test
 *
 * Four static nodes on a chain, the packet timing of a published example: Hypatia's test
 * manual-two-sat-two-gs (github.com/snkas/hypatia, contrib/satellite-network/test). Positions,
 * rates, packet size, sending times and tolerance are the example's. The times follow from its
 * formula, distance / 299792458 m/s + 1502 bytes / rate for each hop.
 */
class PublishedTimingTestCase : public TestCase
{
  public:
    PublishedTimingTestCase()
        : TestCase("LaserChannel reproduces the packet timing of a published example")
    {
    }

  private:
    /// The example's "at most 10 nanoseconds off due to rounding on the way".
    static constexpr int64_t ROUNDING_ON_THE_WAY_NS = 10;
    static constexpr int PACKETS = 10;              //!< packets sent
    static constexpr int64_t PERIOD_NS = 4'000'000; //!< time between two

    /// Light times: sqrt(8) x 10^6 m, then twice 2 x 10^6 m.
    static constexpr int64_t PROPAGATION_NS[] = {9'434'617, 6'671'282, 6'671'282};
    /// 1502 bytes at 7, 4 and 7 Mb/s.
    static constexpr int64_t TRANSMISSION_NS[] = {1'716'571, 3'004'000, 1'716'571};
    static constexpr int64_t ONE_WAY_NS = 29'214'324; //!< the sum

    void DoRun() override
    {
        LeoTestNetwork network(LeoTestNetwork::MakeKnots({Vector(1e6, 1e6, -1e6),
                                                          Vector(-1e6, -1e6, -1e6),
                                                          Vector(1e6, -1e6, -1e6),
                                                          Vector(1e6, -1e6, 1e6)}));
        network.Connect(0, 1, "7Mbps");
        network.Connect(1, 2, "4Mbps");
        network.Connect(2, 3, "7Mbps");
        network.GetTables().SetDestinations(4, {3});
        network.GetTables().Load(0, {0, 1, 1, ForwardingTables::NO_PORT});
        network.Listen(3);
        for (int packet = 0; packet < PACKETS; ++packet)
        {
            const Time sent = NanoSeconds(packet * PERIOD_NS);
            network.SendAt(sent, 0, 3, 1502, PathLedgerTag(packet, 0, 1, sent));
        }
        Simulator::Run();
        Simulator::Destroy();
        NS_TEST_EXPECT_MSG_EQ(network.GetArrivals().size(), PACKETS, "packets received");
        if (network.GetArrivals().size() != PACKETS)
        {
            return;
        }
        for (int packet = 0; packet < PACKETS; ++packet)
        {
            CheckArrival(network.GetArrivals()[packet], packet);
        }
        for (std::size_t link = 0; link < 3; ++link)
        {
            CheckHops(network.GetHops(link), link);
        }
    }

    /**
     * @brief Compare a packet that arrived.
     * @param arrival the packet
     * @param packet its number
     */
    void CheckArrival(const LeoTestNetwork::Arrival& arrival, int packet)
    {
        const Time tolerance = NanoSeconds(ROUNDING_ON_THE_WAY_NS);
        const Time sent = NanoSeconds(packet * PERIOD_NS);
        const PathLedgerTag& ledger = arrival.ledger;
        NS_TEST_EXPECT_MSG_EQ(arrival.hasLedger, true, "ledger");
        NS_TEST_EXPECT_MSG_EQ(arrival.bytes, 1472, "UDP payload of a 1500-byte packet");
        NS_TEST_EXPECT_MSG_EQ(static_cast<int>(ledger.GetMessage()), packet, "order");
        NS_TEST_EXPECT_MSG_EQ_TOL(arrival.at - sent, NanoSeconds(ONE_WAY_NS), tolerance, "one way");
        NS_TEST_EXPECT_MSG_EQ_TOL(
            ledger.GetPropagation(),
            NanoSeconds(PROPAGATION_NS[0] + PROPAGATION_NS[1] + PROPAGATION_NS[2]),
            tolerance,
            "propagation");
        NS_TEST_EXPECT_MSG_EQ_TOL(
            ledger.GetReady() - sent - ledger.GetPropagation(),
            NanoSeconds(TRANSMISSION_NS[0] + TRANSMISSION_NS[1] + TRANSMISSION_NS[2]),
            tolerance,
            "serialisation");
        NS_TEST_EXPECT_MSG_EQ(ledger.GetReady(), arrival.at, "queueing");
        NS_TEST_EXPECT_MSG_EQ(ledger.GetWaiting(), Time(0), "waiting");
        NS_TEST_EXPECT_MSG_EQ(ledger.GetHops(), 3, "hops");
    }

    /**
     * @brief Compare the transmissions on a link.
     * @param hops the transmissions
     * @param link the link
     */
    void CheckHops(const std::vector<LeoTestNetwork::Hop>& hops, std::size_t link)
    {
        const Time tolerance = NanoSeconds(ROUNDING_ON_THE_WAY_NS);
        NS_TEST_EXPECT_MSG_EQ(hops.size(), PACKETS, "transmissions");
        for (const LeoTestNetwork::Hop& hop : hops)
        {
            NS_TEST_EXPECT_MSG_EQ_TOL(hop.propagation,
                                      NanoSeconds(PROPAGATION_NS[link]),
                                      tolerance,
                                      "light time of link " << link);
            NS_TEST_EXPECT_MSG_EQ_TOL(hop.transmission,
                                      NanoSeconds(TRANSMISSION_NS[link]),
                                      tolerance,
                                      "transmission on link " << link);
        }
    }
};

/**
 * @ingroup leo-test
 *
 * Satellite 1 flies away from satellite 0, which is at rest, at a hundred-thousandth of the speed
 * of light, from 10 light milliseconds. So t seconds into the simulation the distance is
 * d = 10 ms + t x 10 us, in light time. Light from 1 to 0 takes d. Light from 0 to 1 has to catch
 * up: it takes d / (1 - 10^-5), some 100 ns more. A packet of 1502 bytes takes 12.016 ms to leave
 * at 1 Mb/s; the second one leaves that much later, when d is 120.16 ns longer.
 */
class MovingLinkTestCase : public TestCase
{
  public:
    MovingLinkTestCase()
        : TestCase("LaserChannel's delay is the light time of what leaves now to its receiver")
    {
    }

  private:
    static constexpr int64_t SENT_NS = 1'000'000'000;      //!< both packets
    static constexpr int64_t TRANSMISSION_NS = 12'016'000; //!< of either

    void DoRun() override
    {
        // d is 10 010 000 ns, then 10 010 120.16 ns, and 10 200 000 ns at 20 s.
        CheckDirection(1, 0, {10'010'000, 10'010'120, 10'200'000});
        // The same plus 100.101 ns, 100.102 ns, and 102.001 ns.
        CheckDirection(0, 1, {10'010'100, 10'010'220, 10'200'102});
    }

    /**
     * @brief Send two packets one behind the other.
     * @param from sender
     * @param to receiver
     * @param lightNs light time of the first packet, of the second, and at 20 s
     */
    void CheckDirection(uint32_t from, uint32_t to, const std::array<int64_t, 3>& lightNs)
    {
        LeoTestNetwork network(
            LeoTestNetwork::MakeKnots({Vector(0, 0, 0), Vector(0, TEN_LIGHT_MILLISECONDS_M, 0)},
                                      {Vector(0, 0, 0), Vector(0, 2997.92458, 0)}));
        network.Connect(0, 1, "1Mbps");
        network.GetTables().SetDestinations(2, {0, 1});
        network.GetTables().Load(0, {255, 0, 0, 255});
        network.Listen(to);
        const Time sent = NanoSeconds(SENT_NS);
        network.SendAt(sent, from, to, 1502, PathLedgerTag(0, 0, 1, sent));
        network.SendAt(sent, from, to, 1502, PathLedgerTag(1, 0, 1, sent));
        Time later;
        Simulator::Schedule(Seconds(20),
                            [&] { later = network.GetLink(0)->GetPropagationDelay(from); });
        Simulator::Run();
        Simulator::Destroy();

        NS_TEST_EXPECT_MSG_EQ(later, NanoSeconds(lightNs[2]), "light time at 20 s");
        const auto& arrivals = network.GetArrivals();
        NS_TEST_EXPECT_MSG_EQ(arrivals.size(), 2, "packets received");
        if (arrivals.size() != 2)
        {
            return;
        }
        for (int packet = 0; packet < 2; ++packet)
        {
            NS_TEST_EXPECT_MSG_EQ(arrivals[packet].at - sent,
                                  NanoSeconds((packet + 1) * TRANSMISSION_NS + lightNs[packet]),
                                  "packet " << packet);
            NS_TEST_EXPECT_MSG_EQ(arrivals[packet].ledger.GetPropagation(),
                                  NanoSeconds(lightNs[packet]),
                                  "propagation of packet " << packet);
        }
        NS_TEST_EXPECT_MSG_EQ(arrivals[1].at - arrivals[1].ledger.GetReady(),
                              NanoSeconds(TRANSMISSION_NS),
                              "queueing of the second, behind another message");
    }
};

/**
 * @ingroup leo-test
 *
 * A message of five segments over three equal hops: 1502 bytes at 8 Mb/s are b/R = 1.502 ms, each
 * link is 10 light milliseconds long.
 */
class SegmentedMessageTestCase : public TestCase
{
  public:
    /** A packet that is not of the message. */
    struct Foreign
    {
        int64_t atNs;   //!< when it is sent
        uint32_t from;  //!< where
        uint32_t bytes; //!< on the wire
        bool isFirst;   //!< whether it is sent before the message if at the same time
    };

    /**
     * @brief Constructor.
     * @param name of the case
     * @param lastBytes length of the last segment on the wire
     * @param foreign another packet, if any
     * @param lastArrivalNs when the message is complete
     * @param queueingNs of the last segment
     * @param firstSegment index of the segment that is sent first; the others follow around
     */
    SegmentedMessageTestCase(const std::string& name,
                             uint32_t lastBytes,
                             std::optional<Foreign> foreign,
                             int64_t lastArrivalNs,
                             int64_t queueingNs,
                             uint32_t firstSegment = 0)
        : TestCase(name),
          m_lastBytes(lastBytes),
          m_foreign(foreign),
          m_lastArrivalNs(lastArrivalNs),
          m_queueingNs(queueingNs),
          m_firstSegment(firstSegment)
    {
    }

    static constexpr int64_t TRANSMISSION_NS = 1'502'000; //!< b/R of a full segment
    static constexpr int64_t LIGHT_NS = 10'000'000;       //!< of a link
    static constexpr int SEGMENTS = 5;                    //!< m
    static constexpr int HOPS = 3;                        //!< h

    /// Without anything else on the links: (m + h - 1) b/R + h times the light time.
    static constexpr int64_t ALONE_NS = (SEGMENTS + HOPS - 1) * TRANSMISSION_NS + HOPS * LIGHT_NS;

  private:
    static constexpr uint64_t MESSAGE = 42; //!< number of the message
    static constexpr uint64_t OTHER = 7;    //!< number of the foreign packet

    void DoRun() override
    {
        constexpr double D = TEN_LIGHT_MILLISECONDS_M;
        LeoTestNetwork network(LeoTestNetwork::MakeKnots(
            {Vector(0, 0, 0), Vector(D, 0, 0), Vector(2 * D, 0, 0), Vector(3 * D, 0, 0)}));
        for (uint32_t satellite = 0; satellite < HOPS; ++satellite)
        {
            network.Connect(satellite, satellite + 1, "8Mbps");
        }
        network.GetTables().SetDestinations(4, {3});
        network.GetTables().Load(0, {0, 1, 1, ForwardingTables::NO_PORT});
        network.Listen(3);
        if (m_foreign && m_foreign->isFirst)
        {
            SendForeign(network);
        }
        for (int segment = 0; segment < SEGMENTS; ++segment)
        {
            network.SendAt(
                Time(0),
                0,
                3,
                segment + 1 == SEGMENTS ? m_lastBytes : 1502,
                PathLedgerTag(MESSAGE, (m_firstSegment + segment) % SEGMENTS, SEGMENTS, Time(0)));
        }
        if (m_foreign && !m_foreign->isFirst)
        {
            SendForeign(network);
        }
        Simulator::Run();
        Simulator::Destroy();
        CheckSegments(network.GetArrivals());
    }

    /// @param network where to send the foreign packet
    void SendForeign(LeoTestNetwork& network) const
    {
        const Time at = NanoSeconds(m_foreign->atNs);
        network.SendAt(at, m_foreign->from, 3, m_foreign->bytes, PathLedgerTag(OTHER, 0, 1, at));
    }

    /**
     * @brief Compare the message's segments.
     * @param arrivals what arrived
     */
    void CheckSegments(const std::vector<LeoTestNetwork::Arrival>& arrivals)
    {
        int segments = 0;
        for (const LeoTestNetwork::Arrival& arrival : arrivals)
        {
            const PathLedgerTag& ledger = arrival.ledger;
            if (ledger.GetMessage() != MESSAGE)
            {
                continue;
            }
            ++segments;
            NS_TEST_EXPECT_MSG_EQ(ledger.GetHops(), HOPS, "hops");
            NS_TEST_EXPECT_MSG_EQ(ledger.GetPropagation(),
                                  NanoSeconds(HOPS * LIGHT_NS),
                                  "propagation");
            if (segments < SEGMENTS)
            {
                // Alone, segment i (from 1) is there after (i + h - 1) b/R.
                NS_TEST_EXPECT_MSG_EQ(
                    ledger.GetReady(),
                    NanoSeconds((segments + HOPS - 1) * TRANSMISSION_NS + HOPS * LIGHT_NS),
                    "segment " << segments << " of " << SEGMENTS << ", had it been alone");
                continue;
            }
            NS_TEST_EXPECT_MSG_EQ(arrival.at, NanoSeconds(m_lastArrivalNs), "arrival of the last");
            NS_TEST_EXPECT_MSG_EQ(arrival.at - ledger.GetReady(),
                                  NanoSeconds(m_queueingNs),
                                  "queueing");
            NS_TEST_EXPECT_MSG_EQ(ledger.GetReady() - ledger.GetPropagation(),
                                  NanoSeconds(m_lastArrivalNs - m_queueingNs - HOPS * LIGHT_NS),
                                  "serialisation");
        }
        NS_TEST_EXPECT_MSG_EQ(segments, SEGMENTS, "segments received");
    }

    uint32_t m_lastBytes;             //!< of the last segment
    std::optional<Foreign> m_foreign; //!< another packet
    int64_t m_lastArrivalNs;          //!< expected
    int64_t m_queueingNs;             //!< expected
    uint32_t m_firstSegment;          //!< sent first
};

/**
 * @ingroup leo-test
 */
class TagCopyTestCase : public TestCase
{
  public:
    TagCopyTestCase()
        : TestCase("PathLedgerTag keeps all its fields through a packet and its copy")
    {
    }

  private:
    void DoRun() override
    {
        PathLedgerTag ledger(0x0123456789abcdef, 5, 7, NanoSeconds(6'000'000'000'000));
        ledger.AddHop(NanoSeconds(6'000'000'000'100), NanoSeconds(20), NanoSeconds(3));
        ledger.AddHop(NanoSeconds(6'000'000'000'200), NanoSeconds(20), NanoSeconds(4));
        ledger.AddWaiting(NanoSeconds(5'000'000'000'000));
        Ptr<Packet> packet = Create<Packet>(10);
        packet->AddPacketTag(ledger);
        PathLedgerTag copy;
        NS_TEST_EXPECT_MSG_EQ(packet->Copy()->PeekPacketTag(copy), true, "tag");

        NS_TEST_EXPECT_MSG_EQ(copy.GetMessage(), 0x0123456789abcdef, "message");
        NS_TEST_EXPECT_MSG_EQ(copy.GetHops(), 2, "hops");
        NS_TEST_EXPECT_MSG_EQ(copy.GetPropagation(), NanoSeconds(7), "propagation");
        NS_TEST_EXPECT_MSG_EQ(copy.GetWaiting(), NanoSeconds(5'000'000'000'000), "waiting");
        NS_TEST_EXPECT_MSG_EQ(copy.GetReady(), NanoSeconds(11'000'000'000'224), "ready");
        NS_TEST_EXPECT_MSG_EQ(copy.GetSegments(), 7, "segments");
        std::ostringstream text;
        copy.Print(text);
        NS_TEST_EXPECT_MSG_NE(text.str().find("segment=5/7"), std::string::npos, "segment");
    }
};

} // namespace

std::vector<TestCase*>
MakeLaserChannelTestCases()
{
    using Message = SegmentedMessageTestCase;
    constexpr int64_t B = Message::TRANSMISSION_NS;
    return {
        new PublishedTimingTestCase,
        new MovingLinkTestCase,
        new TagCopyTestCase,
        new Message("A message alone takes m + h - 1 transmissions and h light times, no queueing",
                    1502,
                    std::nullopt,
                    Message::ALONE_NS,
                    0),
        new Message("The ledger is the same if the segment with the last index is sent first",
                    1502,
                    std::nullopt,
                    Message::ALONE_NS,
                    0,
                    Message::SEGMENTS - 1),
        // 502 bytes take 502 us. At each hop the last, short segment waits for the full one before
        // it: it saves time on the last link only.
        new Message("A short last segment waits behind its own message without queueing",
                    502,
                    std::nullopt,
                    Message::ALONE_NS - B + 502'000,
                    0),
        // 1002 bytes take 1.002 ms. On the links behind, it stays ahead of the message.
        new Message("A foreign packet ahead is queueing and leaves serialisation untouched",
                    1502,
                    Message::Foreign{0, 0, 1002, true},
                    Message::ALONE_NS + 1'002'000,
                    1'002'000),
        // The first segment reaches satellite 1 after 11.502 ms, when a packet that began at
        // 11.000 ms has a millisecond to go.
        new Message("A packet that crosses at the second hop is queueing by what is left of it",
                    1502,
                    Message::Foreign{11'000'000, 1, 1502, false},
                    Message::ALONE_NS + 1'000'000,
                    1'000'000),
    };
}

} // namespace ns3
