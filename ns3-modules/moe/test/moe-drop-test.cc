/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "moe-test.h"
#include "ring.h"

#include "ns3/simulator.h"

namespace ns3
{

namespace
{

using namespace ring;

/**
 * @ingroup moe-test
 *
 * A lost message: request 1 starts first, its token 0 activates expert 1 of layer 0. Request 0
 * starts when all that is over, at 5 s.
 */
class LostMessageTestCase : public TestCase
{
  public:
    LostMessageTestCase(const std::string& name)
        : TestCase(name)
    {
    }

  protected:
    /// Between the two requests: nothing moves.
    static constexpr int64_t BETWEEN_NS = 4'000'000'000;

    /**
     * @brief Make the ring.
     * @param sendsResidual whether residuals travel
     * @return the ring, without links and applications
     */
    static Ring MakeRing(bool sendsResidual)
    {
        return Ring(1,
                    sendsResidual,
                    {{Seconds(5), 1, 0}, {NanoSeconds(START), 1, 1}},
                    {0, 0, 1, 0});
    }

    /**
     * @brief Compare what is said of the first lost message.
     * @param recorder what was recorded
     * @param words what it must say
     */
    void ExpectWords(const MoeRecorder& recorder, const std::vector<std::string>& words)
    {
        const std::string lost = recorder.DescribeFirstLost();
        NS_TEST_EXPECT_MSG_EQ(lost.find("message lost ("), 0, lost);
        for (const std::string& word : words)
        {
            NS_TEST_EXPECT_MSG_NE(lost.find(word),
                                  std::string::npos,
                                  "'" << word << "' in: " << lost);
        }
    }

    /**
     * @brief Compare what was dropped, all for one reason.
     * @param recorder what was recorded
     * @param reason the reason
     * @param expected what was dropped
     */
    void ExpectDropped(const MoeRecorder& recorder,
                       MoeRecorder::DropReason reason,
                       const MoeRecorder::Account& expected)
    {
        for (const MoeRecorder::Account& account :
             {recorder.GetDropped(), recorder.GetDropped(reason)})
        {
            NS_TEST_EXPECT_MSG_EQ(account.messages, expected.messages, "dropped messages");
            NS_TEST_EXPECT_MSG_EQ(account.segments, expected.segments, "dropped segments");
            NS_TEST_EXPECT_MSG_EQ(account.bytes, expected.bytes, "dropped UDP payload");
        }
    }
};

/**
 * @ingroup moe-test
 *
 * A hidden state of 1000 bytes is ten segments of 100. One is on the transmitter, one in a queue
 * of one, the other eight are lost; that of request 0 fares no better.
 */
class FullQueueTestCase : public LostMessageTestCase
{
  public:
    FullQueueTestCase()
        : LostMessageTestCase("A full transmit queue drops segments, and with them their message")
    {
    }

  private:
    void DoRun() override
    {
        Ring ring = MakeRing(false);
        ring.GetNetwork().SetQueuePackets(1);
        ring.Install("SegmentBytes", 136);
        const MoeRecorder& recorder = ring.GetRecorder();
        Simulator::Schedule(NanoSeconds(BETWEEN_NS), [&] {
            ExpectWords(recorder,
                        {"queue",
                         "request 1",
                         "token 0",
                         "layer 0",
                         "dispatch of expert 1",
                         "from satellite 0 to satellite 1",
                         "8000000 ns"});
            NS_TEST_EXPECT_MSG_EQ(recorder.GetSent().messages, 1, "messages sent");
            NS_TEST_EXPECT_MSG_EQ(recorder.GetSent().segments, 10, "segments sent");
            NS_TEST_EXPECT_MSG_EQ(recorder.GetSent().bytes, 10 * 136, "bytes sent");
            NS_TEST_EXPECT_MSG_EQ(recorder.GetReceived().messages, 0, "messages received");
            NS_TEST_EXPECT_MSG_EQ(recorder.GetReceived().segments, 2, "segments received");
            NS_TEST_EXPECT_MSG_EQ(recorder.GetReceived().bytes, 2 * 136, "bytes received");
            ExpectDropped(recorder, MoeRecorder::DropReason::QUEUE_FULL, {1, 8, 8 * 136});
            NS_TEST_EXPECT_MSG_EQ(recorder.DescribeOldestOutstanding(), "", "outstanding");
            NS_TEST_EXPECT_MSG_EQ(recorder.GetTokensUnderWay(), 0, "tokens under way");
        });
        Simulator::Stop(Seconds(10));
        Simulator::Run();
        ExpectDropped(recorder, MoeRecorder::DropReason::QUEUE_FULL, {2, 16, 16 * 136});
        ExpectWords(recorder, {"request 1"});
        NS_TEST_EXPECT_MSG_EQ(recorder.GetTokensEmitted(), 0, "tokens emitted");
        NS_TEST_EXPECT_MSG_EQ(recorder.GetTokensUnderWay(), 0, "tokens under way");
        NS_TEST_EXPECT_MSG_EQ(recorder.GetSegmentsInFlight(), 0, "segments in flight");
        Simulator::Destroy();
    }
};

/**
 * @ingroup moe-test
 *
 * The residual needs two hops; the dispatch, which needs one, arrives, and so does its result.
 */
class TimeToLiveTestCase : public LostMessageTestCase
{
  public:
    TimeToLiveTestCase()
        : LostMessageTestCase("A time to live that runs out drops the message and is named")
    {
    }

  private:
    void DoRun() override
    {
        Ring ring = MakeRing(true);
        ring.Install("Ttl", 1);
        const MoeRecorder& recorder = ring.GetRecorder();
        Simulator::Schedule(NanoSeconds(START + G0 + 1), [&] {
            const std::string oldest = recorder.DescribeOldestOutstanding();
            NS_TEST_EXPECT_MSG_NE(oldest.find("dispatch of expert 1"), std::string::npos, oldest);
            NS_TEST_EXPECT_MSG_EQ(recorder.GetTokensUnderWay(), 1, "token 0 of request 1");
            NS_TEST_EXPECT_MSG_EQ(recorder.DescribeFirstLost(), "", "nothing lost yet");
        });
        Simulator::Schedule(NanoSeconds(BETWEEN_NS), [&] {
            ExpectWords(recorder,
                        {"time to live",
                         "request 1",
                         "token 0",
                         "layer 0",
                         "residual",
                         "from satellite 0 to satellite 2",
                         "at satellite 1"});
            NS_TEST_EXPECT_MSG_EQ(recorder.GetSent().messages, 3, "messages sent");
            NS_TEST_EXPECT_MSG_EQ(recorder.GetReceived().messages, 2, "messages received");
            ExpectDropped(recorder, MoeRecorder::DropReason::TIME_TO_LIVE, {1, 1, PAYLOAD_BYTES});
            NS_TEST_EXPECT_MSG_EQ(recorder.GetTokensUnderWay(), 0, "tokens under way");
        });
        Simulator::Stop(Seconds(10));
        Simulator::Run();
        // ICMP tells the sender of either residual; those packets are no segments.
        NS_TEST_EXPECT_MSG_EQ(recorder.GetSegmentsInFlight(), 0, "segments in flight");
        Simulator::Destroy();
    }
};

} // namespace

std::vector<TestCase*>
MakeMoeDropTestCases()
{
    return {
        new FullQueueTestCase,
        new TimeToLiveTestCase,
    };
}

} // namespace ns3
