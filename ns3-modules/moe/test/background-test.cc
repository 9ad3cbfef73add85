/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "moe-test.h"

#include "ns3/background-application.h"
#include "ns3/boolean.h"
#include "ns3/double.h"
#include "ns3/moe-helper.h"
#include "ns3/pointer.h"
#include "ns3/simulator.h"
#include "ns3/uinteger.h"

#include <vector>

namespace ns3
{

namespace
{

constexpr int64_t MS = 1'000'000;                 //!< a millisecond
constexpr uint32_t PACKET_BYTES = 1064;           //!< IPv4; 1.066 ms on the wire
constexpr uint32_t PAYLOAD_BYTES = 1064 - 20 - 8; //!< of UDP

/**
 * @brief Make a random variable that is none.
 * @param seconds its value
 * @return an attribute's value
 */
PointerValue
Always(double seconds)
{
    return PointerValue(
        CreateObjectWithAttributes<ConstantRandomVariable>("Constant", DoubleValue(seconds)));
}

/**
 * @ingroup moe-test
 *
 * Packets every 5 ms from satellite 0 to 1, from 5 ms on, 11.066 ms each on their way.
 *
 * With packets every 0.5 ms and room for one that waits, the others are dropped.
 */
class BackgroundAccountTestCase : public TestCase
{
  public:
    BackgroundAccountTestCase()
        : TestCase("Background traffic is sent, received, dropped, in flight, apart from the ring")
    {
    }

  private:
    void DoRun() override
    {
        // Sent at 5, 10, 15, 20 ms; there at 16.066, 21.066, 26.066, 31.066 ms.
        Expect(0.005, 1000, 22 * MS, {4, 2, 0, 2});
        // Sent from 5 to 8 ms, seven of them, 1.066 ms each on the transmitter, which takes those
        // of 5 ms at 5, of 5.5 at 6.066, of 6.5 at 7.132 ms, and then that of 7.5 ms. Those of 6, 7
        // and 8 ms find another one in the queue.
        Expect(0.0005, 1, 8 * MS + 100'000, {7, 0, 3, 4});
    }

    /**
     * @brief Run and compare the account.
     * @param intervalS seconds from packet to packet
     * @param queuePackets room for packets
     * @param untilNs end of the run
     * @param expected sent, received, dropped, in flight
     */
    void Expect(double intervalS,
                uint32_t queuePackets,
                int64_t untilNs,
                const std::vector<uint64_t>& expected)
    {
        MoeTestNetwork network({Vector(0, 0, 0), Vector(10, 0, 0)});
        network.SetQueuePackets(queuePackets);
        network.Connect(0, 1);
        constexpr uint8_t NONE = ForwardingTables::NO_PORT;
        network.Load({0, 1}, {NONE, 0, 0, NONE});
        Ptr<MoeRecorder> recorder = CreateObject<MoeRecorder>();
        recorder->ObserveNetwork(network.GetNetwork());
        Ptr<BackgroundApplication> flow = CreateObject<BackgroundApplication>();
        flow->SetAttribute("Destination", UintegerValue(1));
        flow->SetAttribute("PacketBytes", UintegerValue(PACKET_BYTES));
        flow->SetAttribute("Interval", Always(intervalS));
        flow->SetStartTime(MilliSeconds(5));
        MoeHelper::InstallBackground(network.GetSatellites(), 0, flow, recorder);
        Simulator::Stop(NanoSeconds(untilNs));
        Simulator::Run();
        uint64_t dropped = 0;
        for (std::size_t reason = 0; reason < MoeRecorder::DROP_REASONS; ++reason)
        {
            dropped += recorder->GetBackgroundDropped(static_cast<MoeRecorder::DropReason>(reason))
                           .segments;
        }
        NS_TEST_EXPECT_MSG_EQ(recorder->GetBackgroundSent().segments, expected[0], "sent");
        NS_TEST_EXPECT_MSG_EQ(recorder->GetBackgroundSent().bytes,
                              expected[0] * PAYLOAD_BYTES,
                              "bytes sent");
        NS_TEST_EXPECT_MSG_EQ(recorder->GetBackgroundReceived().segments, expected[1], "received");
        NS_TEST_EXPECT_MSG_EQ(dropped, expected[2], "dropped");
        NS_TEST_EXPECT_MSG_EQ(
            recorder->GetBackgroundDropped(MoeRecorder::DropReason::QUEUE_FULL).bytes,
            expected[2] * PAYLOAD_BYTES,
            "bytes dropped");
        NS_TEST_EXPECT_MSG_EQ(recorder->GetBackgroundInFlight(), expected[3], "in flight");
        NS_TEST_EXPECT_MSG_EQ(recorder->GetSegmentsInFlight(), 0, "of the ring");
        NS_TEST_EXPECT_MSG_EQ(recorder->GetSent().segments, 0, "sent by the ring");
        Simulator::Destroy();
    }
};

/**
 * @ingroup moe-test
 *
 * A packet every 5 ms of sending, in periods of 12 ms, 100 ms apart. Of sending, packets are due at
 * 0, 5, 10, 15, 20, 25 ms; 12 ms of it are over at 12 ms, 24 ms at 124 ms.
 */
class BackgroundPauseTestCase : public TestCase
{
  public:
    BackgroundPauseTestCase()
        : TestCase("Pauses of background traffic do not count towards its intervals")
    {
    }

  private:
    void DoRun() override
    {
        Expect(true, {0, 5, 10, 115, 120, 225});
        Expect(false, {100, 105, 110, 215, 220, 325}); // a pause first
    }

    /**
     * @brief Run and compare when packets are sent.
     * @param startsOn whether it starts with a period
     * @param expectedMs when packets must be sent
     */
    void Expect(bool startsOn, const std::vector<int64_t>& expectedMs)
    {
        MoeTestNetwork network({Vector(0, 0, 0), Vector(10, 0, 0)});
        network.Connect(0, 1);
        constexpr uint8_t NONE = ForwardingTables::NO_PORT;
        network.Load({0, 1}, {NONE, 0, 0, NONE});
        Ptr<BackgroundApplication> flow = CreateObject<BackgroundApplication>();
        flow->SetAttribute("Destination", UintegerValue(1));
        flow->SetAttribute("PacketBytes", UintegerValue(PACKET_BYTES));
        flow->SetAttribute("Interval", Always(0.005));
        flow->SetAttribute("On", Always(0.012));
        flow->SetAttribute("Off", Always(0.1));
        flow->SetAttribute("StartsOn", BooleanValue(startsOn));
        m_sent.clear();
        flow->TraceConnectWithoutContext("Sent",
                                         MakeCallback(&BackgroundPauseTestCase::Sent, this));
        MoeHelper::InstallBackground(network.GetSatellites(), 0, flow, CreateObject<MoeRecorder>());
        Simulator::Schedule(MilliSeconds(expectedMs.back() + 1),
                            &BackgroundApplication::Cease,
                            flow);
        Simulator::Stop(Seconds(5));
        Simulator::Run();
        Simulator::Destroy();
        NS_TEST_ASSERT_MSG_EQ(m_sent.size(), expectedMs.size(), "packets until it ceases");
        for (std::size_t index = 0; index < expectedMs.size(); ++index)
        {
            NS_TEST_EXPECT_MSG_EQ(m_sent[index], MilliSeconds(expectedMs[index]), "sent");
        }
    }

    /// Trace sink.
    void Sent(Ptr<const Packet>)
    {
        m_sent.push_back(Simulator::Now());
    }

    std::vector<Time> m_sent; //!< when packets were sent
};

} // namespace

std::vector<TestCase*>
MakeBackgroundTestCases()
{
    return {
        new BackgroundAccountTestCase,
        new BackgroundPauseTestCase,
    };
}

} // namespace ns3
