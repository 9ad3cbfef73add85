/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "moe-test.h"
#include "shared-ring.h"

#include "ns3/pointer.h"

#include <stdexcept>
#include <string>
#include <vector>

namespace ns3
{

namespace
{

using namespace shared_ring;

/**
 * @ingroup moe-test
 *
 *     1 ---P--- g0 = g1 = 0 ---Q--- 2
 *
 * The expert of layer 0 lives on 1, on 2 and on 0, with a time of its own on each; that of layer 1
 * on 0. Four tokens; the host is changed from 1 to 2 while the first dispatch is on the wire, to 0
 * while the second is, and back to 1 in the nanosecond of the third dispatch, but after it.
 */
class ChangingHostTestCase : public SharedRingTestCase
{
  public:
    ChangingHostTestCase()
        : SharedRingTestCase("A dispatch goes to the host of the moment in which it leaves")
    {
    }

  private:
    static constexpr int64_t E[] = {900'000, 2'000'000, 3'000'000}; //!< by satellite
    static constexpr int64_t WAY[] = {0, T + P, T + Q};             //!< to each satellite
    static constexpr int64_t E1 = 500'000;                          //!< expert of layer 1

    void DoRun() override
    {
        MoeTestNetwork network({Vector(0, 0, 0), Vector(10, 0, 0), Vector(0, 17, 0)});
        network.Connect(0, 1);
        network.Connect(0, 2);
        network.Load({0, 1, 2}, {NONE, 0, 0, 0, NONE, 0, 1, 0, NONE});
        Install(network,
                {{0, 0},
                 1,
                 {At(0, 0, 1, E[1]), At(0, 0, 2, E[2]), At(0, 0, 0, E[0]), At(1, 0, 0, E1)},
                 1,
                 true,
                 {0, 0, 0, 0, 0, 0, 0, 0},
                 {{NanoSeconds(START), 4, 0}}});
        NS_TEST_EXPECT_MSG_EQ(m_applications.GetN(), 2 + 4, "gateways and residents");
        const uint32_t hosts[] = {1, 2, 0, 1};
        std::vector<Job> jobs;
        int64_t begun = START;
        for (int token = 0; token < 4; ++token)
        {
            begun = AddToken(begun, hosts[token], jobs);
            if (token < 3)
            {
                const int64_t dispatchedNs = jobs[5 * token].finishedNs;
                ChangeHostAt(token < 2 ? dispatchedNs + 1 : dispatchedNs, token, hosts[token + 1]);
            }
        }
        Run();
        ExpectJobs(jobs);
        // Of the ten messages of a token those to satellites 1 and 2, and back, leave.
        ExpectAccount(4 * 6, 3 * 2);
    }

    /**
     * @brief Add up a token.
     * @param begun when it begins
     * @param host of the expert of layer 0
     * @param jobs where its jobs are added
     * @return when it is emitted
     */
    static int64_t AddToken(int64_t begun, uint32_t host, std::vector<Job>& jobs)
    {
        const int64_t d = begun + G0;
        const int64_t a = d + WAY[host];
        const int64_t r = a + E[host] + WAY[host];
        const int64_t f = r + G1;
        jobs.push_back({Kind::GATEWAY, 0, NO_EXPERT, 0, begun, begun, d});
        jobs.push_back({Kind::EXPERT, 0, 0, host, a, a, a + E[host]});
        jobs.push_back({Kind::GATEWAY, 1, NO_EXPERT, 0, r, r, f});
        jobs.push_back({Kind::EXPERT, 1, 0, 0, f, f, f + E1});
        jobs.push_back({Kind::HEAD, 1, NO_EXPERT, 0, f + E1, f + E1, f + E1 + HEAD});
        return f + E1 + HEAD;
    }

    /**
     * @brief Change the host of the expert of layer 0.
     * @param atNs when
     * @param token after the dispatch of which token
     * @param host from then on
     */
    void ChangeHostAt(int64_t atNs, uint32_t token, uint32_t host)
    {
        Simulator::Schedule(NanoSeconds(atNs), [this, token, host] {
            // Once more to the end of the queue of this nanosecond, behind the gateway's job.
            Simulator::ScheduleNow([this, token, host] {
                NS_TEST_EXPECT_MSG_EQ(m_recorder->GetJobs().size(), 5 * token + 1, "jobs before");
                m_workload->SetExpertHosts({host, 0});
            });
        });
    }
};

/**
 * @ingroup moe-test
 *
 * Gateways and expert 0 of layer 0 on satellite 0, expert 1 on satellite 1, behind a queue with
 * room for one segment. Of the ten segments of its dispatch two arrive; the other dispatch and its
 * result, both on satellite 0, are not touched by that.
 */
class LossBesideTestCase : public SharedRingTestCase
{
  public:
    LossBesideTestCase()
        : SharedRingTestCase("Messages that stay arrive while others of their token are lost")
    {
    }

  private:
    void DoRun() override
    {
        constexpr int64_t E = 2'000'000;
        constexpr uint64_t SEGMENT_BYTES = 136;
        MoeTestNetwork network({Vector(0, 0, 0), Vector(10, 0, 0)});
        network.SetQueuePackets(1);
        network.Connect(0, 1);
        network.Load({0, 1}, {NONE, 0, 0, NONE});
        Install(network,
                {{0, 0},
                 2,
                 {At(0, 0, 0, E), At(0, 1, 1, E), At(1, 0, 0, E), At(1, 1, 0, E)},
                 2,
                 true,
                 {0, 1, 0, 1},
                 {{NanoSeconds(START), 1, 0}},
                 SEGMENT_BYTES});
        Run();
        constexpr int64_t D = START + G0;
        ExpectJobs({{Kind::GATEWAY, 0, NO_EXPERT, 0, START, START, D},
                    {Kind::EXPERT, 0, 0, 0, D, D, D + E}});
        // Two dispatches, a residual, a result.
        ExpectSide(m_recorder->GetSent(), 4, 10, 10 * SEGMENT_BYTES);
        ExpectSide(m_recorder->GetReceived(), 3, 2, 2 * SEGMENT_BYTES);
        ExpectSide(m_recorder->GetDropped(), 1, 8, 8 * SEGMENT_BYTES);
        NS_TEST_EXPECT_MSG_EQ(m_recorder->GetTokensUnderWay(), 0, "tokens under way");
        NS_TEST_EXPECT_MSG_EQ(m_recorder->GetSegmentsInFlight(), 0, "segments in flight");
        const std::string lost = m_recorder->DescribeFirstLost();
        NS_TEST_EXPECT_MSG_NE(lost.find("dispatch of expert 1"), std::string::npos, lost);
    }

    /**
     * @brief Compare one side of the account.
     * @param account the side
     * @param messages how many it must have
     * @param segments how many it must have
     * @param bytes how many it must have
     */
    void ExpectSide(const MoeRecorder::Account& account,
                    uint64_t messages,
                    uint64_t segments,
                    uint64_t bytes)
    {
        NS_TEST_EXPECT_MSG_EQ(account.messages, messages, "messages");
        NS_TEST_EXPECT_MSG_EQ(account.segments, segments, "segments");
        NS_TEST_EXPECT_MSG_EQ(account.bytes, bytes, "bytes");
    }
};

/**
 * @ingroup moe-test
 *
 * A ring on one satellite whose expert of layer 0 goes when a dispatch is to be received: before it
 * is sent, or between sending and receiving, in the same nanosecond.
 */
class StoppedTestCase : public SharedRingTestCase
{
  public:
    /**
     * @brief Constructor.
     * @param name of the case
     * @param isBetween whether the expert goes after the dispatch was sent
     */
    StoppedTestCase(const std::string& name, bool isBetween)
        : SharedRingTestCase(name),
          m_isBetween(isBetween)
    {
    }

  private:
    void DoRun() override
    {
        const MoeTestNetwork network({Vector(0, 0, 0)});
        Install(network, {{0, 0}, 1, {At(0, 0, 0, 1), At(1, 0, 0, 1)}, 1, true, {0, 0}});
        if (m_isBetween)
        {
            PointerValue endpoint;
            m_applications.Get(0)->GetAttribute("Endpoint", endpoint);
            endpoint.GetObject()->TraceConnectWithoutContext(
                "MessageSent",
                MakeCallback(&StoppedTestCase::Sent, this));
        }
        else
        {
            m_applications.Get(1)->SetStopTime(NanoSeconds(START + 1));
        }
        Run();
        NS_TEST_EXPECT_MSG_EQ(m_isSent, m_isBetween, "the dispatch, when the expert goes");
        ExpectJobs({{Kind::GATEWAY, 0, NO_EXPERT, 0, START, START, START + G0}});
        NS_TEST_EXPECT_MSG_EQ(m_recorder->GetSent().messages, 2, "dispatch and residual sent");
        NS_TEST_EXPECT_MSG_EQ(m_recorder->GetReceived().messages, 1, "residual received");
        NS_TEST_EXPECT_MSG_EQ(m_recorder->GetDropped().messages, 0, "dropped");
        NS_TEST_EXPECT_MSG_EQ(m_recorder->GetSegmentsInFlight(), 0, "segments in flight");
        NS_TEST_EXPECT_MSG_EQ(m_recorder->GetTokensUnderWay(), 1, "tokens under way");
        const std::string oldest = m_recorder->DescribeOldestOutstanding();
        NS_TEST_EXPECT_MSG_NE(oldest.find("dispatch of expert 0"), std::string::npos, oldest);
    }

    /// Trace sink: the gateway sends; the expert goes before it receives. @param message what
    void Sent(const MessageRecord& message)
    {
        if (message.header.kind == MoeHeader::DISPATCH)
        {
            // The delivery is scheduled after this.
            Simulator::ScheduleNow([this] {
                m_isSent = m_recorder->GetSent().messages == 2;
                m_applications.Get(1)->Dispose();
            });
        }
    }

    bool m_isBetween;     //!< whether the expert goes after the dispatch was sent
    bool m_isSent{false}; //!< whether it was
};

/**
 * @ingroup moe-test
 */
class MissingSatelliteTestCase : public SharedRingTestCase
{
  public:
    MissingSatelliteTestCase()
        : SharedRingTestCase("MoeHelper refuses hosts that are not satellites")
    {
    }

  private:
    void DoRun() override
    {
        const MoeTestNetwork network({Vector(0, 0, 0), Vector(10, 0, 0)});
        const auto refusal = [&](uint32_t gateway, uint32_t host) {
            return CatchMessage<std::out_of_range>([&] {
                Install(network,
                        {{0, gateway}, 1, {At(0, 0, 0, 1), At(1, 0, host, 1)}, 1, true, {0, 0}});
            });
        };
        for (const std::string& error : {refusal(2, 0), refusal(1, 2)})
        {
            NS_TEST_EXPECT_MSG_EQ(error.find("moe helper: satellite 2 hosts something of layer 1"),
                                  0,
                                  error);
        }
        Simulator::Destroy();
    }
};

} // namespace

std::vector<TestCase*>
MakeChangingHostTestCases()
{
    return {
        new ChangingHostTestCase,
        new LossBesideTestCase,
        new StoppedTestCase("What is sent to a stopped expert on the same satellite is in vain",
                            false),
        new StoppedTestCase("An expert that goes before its message is received gets nothing",
                            true),
        new MissingSatelliteTestCase,
    };
}

} // namespace ns3
