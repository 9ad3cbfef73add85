/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "moe-test.h"
#include "ring.h"

#include "ns3/simulator.h"

#include <utility>

namespace ns3
{

namespace
{

using namespace ring;

/**
 * @ingroup moe-test
 *
 * Two tokens on the ring, their latency and messages against sums made by hand.
 *
 * Layer 0, top-1: the dispatch is at satellite 1 at T + P and computed at T + P + E0. Without
 * residual the result is at g1 at 2 T + E0 + 2 P. A residual follows the dispatch, is at satellite
 * 1 at 2 T + P and sent on at once, until 3 T + P; as E0 < 2 T the result waits for it and is at
 * g1 at 4 T + 2 P.
 *
 * Layer 0, top-2: both dispatches pass the same link and both jobs the same computer, which is
 * still busy with the first when the second arrives, as E0 > T. Without residual the second result
 * is at g1 at 2 T + 2 E0 + 2 P. A residual is at satellite 1 at 3 T + P, when the first result has
 * been on the transmitter since T + E0 + P; it follows at 2 T + E0 + P, and the second result,
 * ready at T + 2 E0 + P, follows it at 3 T + E0 + P, as E0 < 2 T: it is at g1 at 4 T + E0 + 2 P.
 *
 * Layer 1: an expert's result is back after 2 T + E1 and twice the light time. The residual
 * reaches satellite 4 after T + Q on an idle link, or after 2 T + Q behind the dispatch to expert
 * 1, whose result then is on the transmitter from T + Q + E1 to 2 T + Q + E1: it waits for that,
 * and is at g0 at 3 T + E1 + 2 Q. Alone it is there after 2 T + 2 Q.
 */
class RingTestCase : public TestCase
{
  public:
    /** What a run must give. */
    struct Expected
    {
        int64_t layer0Ns[2];    //!< from the first dispatch to the gateway of layer 1, by token
        int64_t layer1Ns[2];    //!< from the first dispatch to the gateway of layer 0, by token
        uint64_t messages;      //!< of both tokens
        uint64_t residuals;     //!< of them
        int64_t lastResidualNs; //!< queueing of the last residual
    };

    /**
     * @brief Constructor.
     * @param name of the case
     * @param topK activated experts of a token in a layer
     * @param sendsResidual whether residuals travel
     * @param activations experts, [token][layer][k]
     * @param expected what must come out
     */
    RingTestCase(const std::string& name,
                 uint32_t topK,
                 bool sendsResidual,
                 std::vector<uint16_t> activations,
                 Expected expected)
        : TestCase(name),
          m_topK(topK),
          m_sendsResidual(sendsResidual),
          m_activations(std::move(activations)),
          m_expected(expected)
    {
    }

  private:
    void DoRun() override
    {
        Ring ring(m_topK, m_sendsResidual, {{NanoSeconds(START), 2, 0}}, m_activations);
        ring.Install("SegmentBytes", PAYLOAD_BYTES);
        ring.GetFirstGateway()->TraceConnectWithoutContext(
            "TokenBegun",
            MakeCallback(&RingTestCase::TokenBegun, this));
        ring.GetFirstGateway()->TraceConnectWithoutContext(
            "TokenEmitted",
            MakeCallback(&RingTestCase::TokenEmitted, this));
        Simulator::Stop(Seconds(10));
        Simulator::Run();
        Simulator::Destroy();

        NS_TEST_EXPECT_MSG_EQ(m_begun.size(), 2, "tokens begun");
        if (m_begun.size() != 2)
        {
            return;
        }
        NS_TEST_EXPECT_MSG_EQ(m_emitted.size(), 2, "tokens emitted");
        if (m_emitted.size() != 2)
        {
            return;
        }
        NS_TEST_EXPECT_MSG_EQ(m_begun[0], NanoSeconds(START), "first token");
        NS_TEST_EXPECT_MSG_EQ(m_begun[1], m_emitted[0], "second token");
        for (int token = 0; token < 2; ++token)
        {
            NS_TEST_EXPECT_MSG_EQ(m_emitted[token] - m_begun[token],
                                  NanoSeconds(G0 + m_expected.layer0Ns[token] + G1 +
                                              m_expected.layer1Ns[token] + HEAD),
                                  "latency of token " << token);
        }
        CheckAccount(ring.GetRecorder());
        CheckMessages(ring.GetRecorder().GetMessages());
        CheckJobs(ring.GetRecorder().GetJobs());
    }

    /// @param recorder what was recorded
    void CheckAccount(const MoeRecorder& recorder)
    {
        NS_TEST_EXPECT_MSG_EQ(recorder.GetTokensEmitted(), 2, "tokens emitted");
        NS_TEST_EXPECT_MSG_EQ(recorder.GetTokensUnderWay(), 0, "tokens under way");
        NS_TEST_EXPECT_MSG_EQ(recorder.DescribeOldestOutstanding(), "", "outstanding");
        for (const auto* account : {&recorder.GetSent(), &recorder.GetReceived()})
        {
            NS_TEST_EXPECT_MSG_EQ(account->messages, m_expected.messages, "messages");
            NS_TEST_EXPECT_MSG_EQ(account->segments, m_expected.messages, "segments");
            NS_TEST_EXPECT_MSG_EQ(account->bytes, m_expected.messages * PAYLOAD_BYTES, "bytes");
        }
        NS_TEST_EXPECT_MSG_EQ(recorder.GetDropped().messages, 0, "dropped");
    }

    /// @param messages what was received
    void CheckMessages(const std::vector<MessageRecord>& messages)
    {
        NS_TEST_EXPECT_MSG_EQ(messages.size(), m_expected.messages, "messages received");
        uint64_t residuals = 0;
        Time queueing;
        for (const MessageRecord& message : messages)
        {
            NS_TEST_EXPECT_MSG_EQ(message.propagation + message.serialisation + message.queueing +
                                      message.waiting,
                                  message.arrived - message.sent,
                                  "sum of the parts");
            NS_TEST_EXPECT_MSG_EQ(message.serialisation,
                                  NanoSeconds(message.hops * T),
                                  "serialisation");
            if (message.header.kind == MoeHeader::RESIDUAL)
            {
                ++residuals;
                queueing = message.queueing;
                NS_TEST_EXPECT_MSG_EQ(message.hops, 2, "hops of a residual");
                NS_TEST_EXPECT_MSG_EQ(message.header.expert, MoeHeader::NO_EXPERT, "its expert");
            }
        }
        NS_TEST_EXPECT_MSG_EQ(residuals, m_expected.residuals, "residuals");
        NS_TEST_EXPECT_MSG_EQ(queueing, NanoSeconds(m_expected.lastResidualNs), "last residual");
    }

    /// @param jobs what was computed
    void CheckJobs(const std::vector<JobRecord>& jobs)
    {
        // A token passes two gateways, topK experts in each of two layers, and the head.
        NS_TEST_EXPECT_MSG_EQ(jobs.size(), 2 * (2 + 2 * m_topK + 1), "jobs");
        int heads = 0;
        for (const JobRecord& job : jobs)
        {
            heads += job.kind == JobRecord::HEAD ? 1 : 0;
            NS_TEST_EXPECT_MSG_LT_OR_EQ(job.submitted, job.started, "order");
        }
        NS_TEST_EXPECT_MSG_EQ(heads, 2, "heads");
    }

    /// Trace sink: a token begins. @param token the token
    void TokenBegun(uint32_t, uint32_t token)
    {
        NS_TEST_EXPECT_MSG_EQ(token, m_begun.size(), "token that begins");
        m_begun.push_back(Simulator::Now());
    }

    /// Trace sink: a token is emitted. @param token the token
    void TokenEmitted(uint32_t, uint32_t token)
    {
        NS_TEST_EXPECT_MSG_EQ(token, m_emitted.size(), "token that is emitted");
        m_emitted.push_back(Simulator::Now());
    }

    uint32_t m_topK;                     //!< activated experts
    bool m_sendsResidual;                //!< whether residuals travel
    std::vector<uint16_t> m_activations; //!< experts, [token][layer][k]
    Expected m_expected;                 //!< what must come out
    std::vector<Time> m_begun;           //!< by token
    std::vector<Time> m_emitted;         //!< by token
};

} // namespace

std::vector<TestCase*>
MakeMoeRingTestCases()
{
    // Top-1: the first token takes expert 0 in both layers, the second expert 1. Top-2: both.
    const std::vector<uint16_t> one = {0, 0, 1, 1};
    const std::vector<uint16_t> two = {0, 1, 0, 1, 0, 1, 0, 1};
    constexpr int64_t ONE_0 = 2 * T + E0 + 2 * P;
    constexpr int64_t ONE_0_RESIDUAL = 4 * T + 2 * P;
    constexpr int64_t TWO_0 = 2 * T + 2 * E0 + 2 * P;
    constexpr int64_t TWO_0_RESIDUAL = 4 * T + E0 + 2 * P;
    constexpr int64_t NEAR_1 = 2 * T + E1 + 2 * P;
    constexpr int64_t FAR_1 = 2 * T + E1 + 2 * Q;
    constexpr int64_t RESIDUAL_1_IDLE = 2 * T + 2 * Q;
    constexpr int64_t RESIDUAL_1 = 3 * T + E1 + 2 * Q;
    static_assert(T < E0 && E0 < 2 * T && E1 < T, "what the sums of RingTestCase rely on");
    return {
        new RingTestCase("A top-1 ring takes the time computed by hand",
                         1,
                         false,
                         one,
                         {{ONE_0, ONE_0}, {NEAR_1, FAR_1}, 8, 0, 0}),
        new RingTestCase(
            "A top-1 ring with residuals takes the time computed by hand",
            1,
            true,
            one,
            {{ONE_0_RESIDUAL, ONE_0_RESIDUAL}, {RESIDUAL_1_IDLE, RESIDUAL_1}, 12, 4, T + E1}),
        new RingTestCase("A top-2 ring takes the time computed by hand",
                         2,
                         false,
                         two,
                         {{TWO_0, TWO_0}, {FAR_1, FAR_1}, 16, 0, 0}),
        new RingTestCase(
            "A top-2 ring with residuals takes the time computed by hand",
            2,
            true,
            two,
            {{TWO_0_RESIDUAL, TWO_0_RESIDUAL}, {RESIDUAL_1, RESIDUAL_1}, 20, 4, T + E1}),
    };
}

} // namespace ns3
