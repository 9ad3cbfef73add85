/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "leo-test-network.h"

#include "ns3/ipv4-header.h"
#include "ns3/packet.h"
#include "ns3/simulator.h"
#include "ns3/slot-routing-protocol.h"

#include <stdexcept>

namespace ns3
{

namespace
{

constexpr uint8_t NONE = ForwardingTables::NO_PORT; //!< no path

/**
 * @ingroup leo-test
 *
 * Five satellites, slots of one second, links of 8 Mb/s and 10 light milliseconds:
 *
 *           2
 *          / \
 *     0 - 1   4
 *          \ /
 *           3
 */
class Diamond
{
  public:
    static constexpr std::size_t UPPER = 1; //!< link from 1 to 2
    static constexpr std::size_t LOWER = 2; //!< link from 1 to 3

    static constexpr uint32_t BYTES = 1502;       //!< of a packet on the wire
    static constexpr int64_t HOP_NS = 11'502'000; //!< 1502 bytes at 8 Mb/s, and 10 ms

    Diamond()
        : m_network(LeoTestNetwork::MakeKnots({MakePosition(-1, 0),
                                               MakePosition(0, 0),
                                               MakePosition(0.6, 0.8),
                                               MakePosition(0.6, -0.8),
                                               MakePosition(1.2, 0)}),
                    Seconds(1))
    {
        m_network.Connect(0, 1, "8Mbps");
        m_network.Connect(1, 2, "8Mbps");
        m_network.Connect(1, 3, "8Mbps");
        m_network.Connect(2, 4, "8Mbps");
        m_network.Connect(3, 4, "8Mbps");
        m_network.GetTables().SetDestinations(5, {4, 3});
        m_network.Listen(4);
        m_network.Listen(3);
    }

    /**
     * @brief Load a slot's table; satellites other than 1 always forward straight on.
     * @param slot the slot
     * @param toFour port of satellite 1 towards 4: 1 is up, 2 is down
     * @param toThree port of satellite 1 towards 3
     */
    void Load(uint32_t slot, uint8_t toFour, uint8_t toThree = NONE)
    {
        m_network.GetTables().Load(slot, {0, toFour, 1, 1, NONE, 0, toThree, NONE, NONE, NONE});
    }

    /**
     * @brief Send one packet to satellite 4 or 3.
     * @param at when
     * @param from sender
     * @param message number of its message
     * @param to receiver
     */
    void SendAt(Time at, uint32_t from, uint64_t message = 0, uint32_t to = 4)
    {
        m_network.SendAt(at, from, to, BYTES, PathLedgerTag(message, 0, 1, at));
    }

    /** @return the network */
    LeoTestNetwork& GetNetwork()
    {
        return m_network;
    }

  private:
    /**
     * @param x in link lengths
     * @param y in link lengths
     * @return the position
     */
    static Vector MakePosition(double x, double y)
    {
        return Vector(x * TEN_LIGHT_MILLISECONDS_M, y * TEN_LIGHT_MILLISECONDS_M, 0);
    }

    LeoTestNetwork m_network; //!< the network
};

/**
 * @ingroup leo-test
 */
class SlotBoundaryTestCase : public TestCase
{
  public:
    SlotBoundaryTestCase()
        : TestCase("The next hop changes exactly at the slot boundary")
    {
    }

  private:
    void DoRun() override
    {
        const Time boundary = Seconds(1);
        const Time before = boundary - NanoSeconds(1);
        const Time hop = NanoSeconds(Diamond::HOP_NS);
        ExpectLink(before, 1, Diamond::UPPER, "origin, one nanosecond before");
        ExpectLink(boundary, 1, Diamond::LOWER, "origin, at the boundary");
        ExpectLink(before - hop, 0, Diamond::UPPER, "in transit, one nanosecond before");
        ExpectLink(boundary - hop, 0, Diamond::LOWER, "in transit, at the boundary");
    }

    /**
     * @brief Send a packet and see which link satellite 1 gives it.
     * @param at when it is sent
     * @param from 0 or 1
     * @param link where it must pass
     * @param what the case in words
     */
    void ExpectLink(Time at, uint32_t from, std::size_t link, const std::string& what)
    {
        Diamond diamond;
        diamond.Load(0, 1);
        diamond.Load(1, 2);
        diamond.SendAt(at, from);
        Simulator::Run();
        Simulator::Destroy();
        const std::size_t other = Diamond::UPPER + Diamond::LOWER - link;
        const Time forwarded = at + NanoSeconds(from == 0 ? Diamond::HOP_NS : 0);
        const auto& hops = diamond.GetNetwork().GetHops(link);
        NS_TEST_EXPECT_MSG_EQ(diamond.GetNetwork().GetHops(other).size(), 0, what);
        NS_TEST_EXPECT_MSG_EQ(hops.size(), 1, what);
        if (hops.size() != 1)
        {
            return;
        }
        NS_TEST_EXPECT_MSG_EQ(hops[0].at, forwarded, what);
        NS_TEST_EXPECT_MSG_EQ(diamond.GetNetwork().GetArrivals().size(), 1, what);
    }
};

/**
 * @ingroup leo-test
 *
 * No path in slots 0 and 1; the packet leaves satellite 1 at 2 s.
 */
class WaitingTestCase : public TestCase
{
  public:
    WaitingTestCase()
        : TestCase("A packet without a path waits for the first slot that has one")
    {
    }

  private:
    void DoRun() override
    {
        // 2 s less 0.25 s; in transit less the hop to satellite 1 as well.
        CheckFrom(1, NanoSeconds(1'750'000'000), 2);
        CheckFrom(0, NanoSeconds(1'738'498'000), 3);
    }

    /**
     * @brief Send a packet at 0.25 s.
     * @param from its origin
     * @param waiting how long it must wait
     * @param hops how many links it must pass
     */
    void CheckFrom(uint32_t from, Time waiting, uint32_t hops)
    {
        Diamond diamond;
        diamond.Load(0, NONE);
        diamond.Load(1, NONE);
        diamond.Load(2, 1);
        m_held = 0;
        diamond.GetNetwork()
            .GetSatellites()
            .Get(1)
            ->GetObject<SlotRoutingProtocol>()
            ->TraceConnectWithoutContext("Held", MakeCallback(&WaitingTestCase::Held, this));
        diamond.SendAt(MilliSeconds(250), from);
        Simulator::Run();
        Simulator::Destroy();

        NS_TEST_EXPECT_MSG_EQ(m_held, 1, "the trace source fires once, at the beginning");
        const auto& arrivals = diamond.GetNetwork().GetArrivals();
        NS_TEST_EXPECT_MSG_EQ(arrivals.size(), 1, "packets received");
        if (arrivals.size() != 1)
        {
            return;
        }
        const PathLedgerTag& ledger = arrivals[0].ledger;
        NS_TEST_EXPECT_MSG_EQ(arrivals[0].at,
                              Seconds(2) + NanoSeconds(2 * Diamond::HOP_NS),
                              "arrival");
        NS_TEST_EXPECT_MSG_EQ(ledger.GetWaiting(), waiting, "waiting");
        NS_TEST_EXPECT_MSG_EQ(ledger.GetHops(), hops, "hops");
        NS_TEST_EXPECT_MSG_EQ(ledger.GetPropagation(), MilliSeconds(10 * hops), "propagation");
        NS_TEST_EXPECT_MSG_EQ(arrivals[0].at, ledger.GetReady(), "queueing");
    }

    /**
     * @brief Trace sink: a packet begins to wait.
     * @param header its header
     */
    void Held(Ptr<const Packet>, const Ipv4Header& header)
    {
        ++m_held;
        NS_TEST_EXPECT_MSG_EQ(header.GetDestination(),
                              ForwardingTables::GetAddress(4),
                              "the packet that waits");
    }

    int m_held{0}; //!< packets that began to wait
};

/**
 * @ingroup leo-test
 *
 * Four packets wait at satellite 1: for 4, 3, 4 and 4. The path to 3 opens at 1 s, the one to 4
 * at 2 s.
 */
class HeldOrderTestCase : public TestCase
{
  public:
    HeldOrderTestCase()
        : TestCase("Held packets leave in order of arrival, each with its own path")
    {
    }

  private:
    void DoRun() override
    {
        Diamond diamond;
        diamond.Load(0, NONE, NONE);
        diamond.Load(1, NONE, 2);
        diamond.Load(2, 1, NONE);
        diamond.SendAt(MilliSeconds(100), 1, 0);
        diamond.SendAt(MilliSeconds(200), 1, 1, 3);
        diamond.SendAt(MilliSeconds(300), 1, 2);
        diamond.SendAt(MilliSeconds(1300), 1, 3);
        Simulator::Run();
        Simulator::Destroy();

        const auto& arrivals = diamond.GetNetwork().GetArrivals();
        NS_TEST_EXPECT_MSG_EQ(arrivals.size(), 4, "packets received");
        if (arrivals.size() != 4)
        {
            return;
        }
        const Time waiting[] = {MilliSeconds(800),
                                MilliSeconds(1900),
                                MilliSeconds(1700),
                                MilliSeconds(700)};
        const uint64_t messages[] = {1, 0, 2, 3};
        for (int index = 0; index < 4; ++index)
        {
            const PathLedgerTag& ledger = arrivals[index].ledger;
            NS_TEST_EXPECT_MSG_EQ(ledger.GetMessage(), messages[index], "order");
            NS_TEST_EXPECT_MSG_EQ(ledger.GetWaiting(), waiting[index], "waiting");
        }
        // Released together, 1502 bytes at 8 Mb/s apart.
        const Time second = arrivals[1].at + NanoSeconds(1'502'000);
        NS_TEST_EXPECT_MSG_EQ(arrivals[0].at, Seconds(1) + NanoSeconds(Diamond::HOP_NS), "to 3");
        NS_TEST_EXPECT_MSG_EQ(arrivals[1].at,
                              Seconds(2) + NanoSeconds(2 * Diamond::HOP_NS),
                              "to 4");
        NS_TEST_EXPECT_MSG_EQ(arrivals[2].at, second, "the next to 4");
        NS_TEST_EXPECT_MSG_EQ(arrivals[2].at - arrivals[2].ledger.GetReady(),
                              NanoSeconds(1'502'000),
                              "queueing behind the one before");
    }
};

/**
 * @ingroup leo-test
 */
class MissingTableTestCase : public TestCase
{
  public:
    MissingTableTestCase()
        : TestCase("ForwardingTables throws std::out_of_range for what is not loaded")
    {
    }

  private:
    void DoRun() override
    {
        Ptr<ForwardingTables> tables = CreateObject<ForwardingTables>();
        tables->SetAttribute("Slot", TimeValue(Seconds(1)));
        tables->SetDestinations(3, {2, 0});
        tables->Load(0, {0, 1, NONE, NONE, 5, 6});
        tables->Load(2, {7, 7, NONE, NONE, 7, 7});
        NS_TEST_EXPECT_MSG_EQ(tables->GetPort(0, 2), 0, "first row");
        NS_TEST_EXPECT_MSG_EQ(tables->GetPort(1, 2), 1, "first row, second satellite");
        NS_TEST_EXPECT_MSG_EQ(tables->GetPort(2, 0), 6, "second row");
        NS_TEST_EXPECT_MSG_EQ(tables->GetPort(0, 0), NONE, "to itself");
        ExpectMissing(*tables, 1, true, "a satellite that is no destination");
        ExpectMissing(*tables, 3, true, "a satellite that is not there");
        Simulator::Schedule(Seconds(1), [&] { ExpectMissing(*tables, 2, true, "slot 1"); });
        Simulator::Schedule(Seconds(2), [&] {
            NS_TEST_EXPECT_MSG_EQ(tables->GetPort(0, 2), 7, "slot 2");
            tables->DropBefore(2);
            ExpectMissing(*tables, 2, false, "slot 2 after dropping those before it");
            tables->DropBefore(3);
            ExpectMissing(*tables, 2, true, "slot 2 after dropping it");
        });
        Simulator::Run();
        Simulator::Destroy();
    }

    /**
     * @brief Look up a port of satellite 0.
     * @param tables the tables
     * @param destination where to
     * @param isMissing whether it must throw
     * @param what the case in words
     */
    void ExpectMissing(const ForwardingTables& tables,
                       uint32_t destination,
                       bool isMissing,
                       const std::string& what)
    {
        NS_TEST_EXPECT_MSG_EQ(Throws<std::out_of_range>([&] { tables.GetPort(0, destination); }),
                              isMissing,
                              what);
    }
};

/**
 * @ingroup leo-test
 */
class TableShapeTestCase : public TestCase
{
  public:
    TableShapeTestCase()
        : TestCase("ForwardingTables refuses tables of the wrong shape and knows its slots")
    {
    }

  private:
    void DoRun() override
    {
        Ptr<ForwardingTables> tables = CreateObject<ForwardingTables>();
        tables->SetAttribute("Slot", TimeValue(Seconds(1)));
        tables->SetDestinations(3, {2, 0});
        for (const std::size_t size : {0, 3, 5, 7, 9})
        {
            NS_TEST_EXPECT_MSG_EQ(
                Throws<std::invalid_argument>([&] { tables->Load(0, std::vector<uint8_t>(size)); }),
                true,
                size << " ports for two destinations and three satellites");
        }
        NS_TEST_EXPECT_MSG_EQ(
            Throws<std::invalid_argument>([&] { tables->SetDestinations(3, {3}); }),
            true,
            "a destination that is not a satellite");

        NS_TEST_EXPECT_MSG_EQ(tables->GetTimeToNextSlot(), Seconds(1), "at a boundary");
        Simulator::Schedule(NanoSeconds(1'999'999'999), [&] {
            NS_TEST_EXPECT_MSG_EQ(tables->GetTimeToNextSlot(), NanoSeconds(1), "just before one");
        });
        Simulator::Run();
        Simulator::Destroy();
    }
};

/**
 * @ingroup leo-test
 */
class AddressTestCase : public TestCase
{
  public:
    AddressTestCase()
        : TestCase("A satellite's address and its index convert into each other")
    {
    }

  private:
    void DoRun() override
    {
        NS_TEST_EXPECT_MSG_EQ(ForwardingTables::GetAddress(0), Ipv4Address("10.0.0.1"), "first");
        NS_TEST_EXPECT_MSG_EQ(ForwardingTables::GetAddress(254), Ipv4Address("10.0.0.255"), "254");
        NS_TEST_EXPECT_MSG_EQ(ForwardingTables::GetAddress(66000),
                              Ipv4Address("10.1.1.209"),
                              "65536 + 464 = 66000");
        for (const uint32_t satellite : {0U, 1U, 254U, 255U, 256U, 65535U, 66000U})
        {
            NS_TEST_EXPECT_MSG_EQ(
                ForwardingTables::GetSatellite(ForwardingTables::GetAddress(satellite)),
                satellite,
                "there and back");
        }
    }
};

} // namespace

std::vector<TestCase*>
MakeSlotRoutingTestCases()
{
    return {
        new SlotBoundaryTestCase,
        new WaitingTestCase,
        new HeldOrderTestCase,
        new MissingTableTestCase,
        new TableShapeTestCase,
        new AddressTestCase,
    };
}

} // namespace ns3
