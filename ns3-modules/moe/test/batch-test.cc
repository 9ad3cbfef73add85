/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "moe-test.h"
#include "shared-ring.h"

#include "ns3/compute-server.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

namespace ns3
{

namespace
{

using namespace shared_ring;

constexpr int64_t MS = 1'000'000; //!< a millisecond

/**
 * @ingroup moe-test
 *
 *     both gateways and the experts of layer 1 = 0 ---P--- 1 = the experts of layer 0
 *
 * Two sequences start in one nanosecond: a batch, although the first has been taken into service
 * when the second comes. In layer 0 the first activates experts 0 and 1, the second 1 and 2. So
 * expert 1 is sent the hidden states of both, in two segments, 2 T on the wire, and computes on
 * both at once. The result of expert 2 waits for its transmission: the first sequence is ready for
 * layer 1 when the result of expert 1 is there, the second T later, and finds the gateway busy.
 *
 * On satellite 0 then everything is in one queue. The head of the first sequence is taken into
 * service in the nanosecond in which the last expert of the second is done, whose head joins it.
 */
class UnionTestCase : public SharedRingTestCase
{
  public:
    UnionTestCase()
        : SharedRingTestCase("A batch sends each expert its own tokens, and steps go on alone")
    {
    }

  private:
    void DoRun() override
    {
        constexpr int64_t E = 500'000;
        constexpr int64_t F = 300'000;
        constexpr int64_t U = 2 * T; // two tokens
        MoeTestNetwork network({Vector(0, 0, 0), Vector(10, 0, 0)});
        network.Connect(0, 1);
        network.Load({0, 1}, {NONE, 0, 0, NONE});
        Plan plan{{0, 0},
                  3,
                  {At(0, 0, 1, E),
                   At(0, 1, 1, E),
                   At(0, 2, 1, E),
                   At(1, 0, 0, F),
                   At(1, 1, 0, F),
                   At(1, 2, 0, F)},
                  2,
                  false,
                  {0, 1, 0, 1, 1, 2, 0, 1},
                  {{NanoSeconds(START), 1, 0}, {NanoSeconds(START), 1, 1}}};
        plan.batch = 2;
        Install(network, plan);
        Run();
        constexpr int64_t D = START + 2 * G0;
        constexpr int64_t A = D + T + P;         // one token at expert 0
        constexpr int64_t B = A + U;             // two at expert 1
        constexpr int64_t C = B + T;             // one at expert 2, which is idle as T > 2 E
        constexpr int64_t R = B + 2 * E + U + P; // the result of expert 1 at satellite 0
        constexpr int64_t X = R + G1;
        constexpr int64_t Y = X + G1;
        ExpectJobs({
            {Kind::GATEWAY, 0, NO_EXPERT, 0, START, START, D, 0, 2},
            {Kind::EXPERT, 0, 0, 1, A, A, A + E},
            {Kind::EXPERT, 0, 1, 1, B, B, B + 2 * E, 0, 2},
            {Kind::EXPERT, 0, 2, 1, C, C, C + E},
            {Kind::GATEWAY, 1, NO_EXPERT, 0, R, R, X, 0},
            {Kind::GATEWAY, 1, NO_EXPERT, 0, R + T, X, Y, 1},
            {Kind::EXPERT, 1, 0, 0, X, Y, Y + F, 0},
            {Kind::EXPERT, 1, 1, 0, X, Y + F, Y + 2 * F, 0},
            {Kind::EXPERT, 1, 0, 0, Y, Y + 2 * F, Y + 3 * F, 1},
            {Kind::EXPERT, 1, 1, 0, Y, Y + 3 * F, Y + 4 * F, 1},
            {Kind::HEAD, 1, NO_EXPERT, 0, Y + 2 * F, Y + 4 * F, Y + 4 * F + 2 * HEAD, 0, 2},
        });
        const JobRecord& heads = m_recorder->GetJobs().back();
        NS_TEST_ASSERT_MSG_EQ(heads.others.size(), 1, "heads served with the first");
        NS_TEST_EXPECT_MSG_EQ(heads.others[0].request, 1, "whose");
        NS_TEST_EXPECT_MSG_EQ(heads.others[0].submitted, NanoSeconds(Y + 4 * F), "since when");
        NS_TEST_EXPECT_MSG_EQ(m_recorder->GetTokensEmitted(), 2, "tokens emitted");
        NS_TEST_EXPECT_MSG_EQ(m_recorder->GetSent().messages, 6 + 8, "messages");
        // Those of experts 0 and 2 are one segment long, those of expert 1 two, there and back.
        NS_TEST_EXPECT_MSG_EQ(m_recorder->GetReceived().segments, 8, "segments");
        NS_TEST_EXPECT_MSG_EQ(m_recorder->GetReceived().bytes, 8 * PAYLOAD_BYTES, "bytes");
    }
};

/**
 * @ingroup moe-test
 *
 * Everything on one satellite; three sequences of a step each start in one nanosecond, the first
 * reads a prompt of three tokens. It goes alone, the other two together. In layer 0 one token of
 * the prompt goes to expert 0 and two to expert 1, where both other steps go; in layer 1 all three
 * to expert 0, where the second sequence goes, while the third goes to expert 1. A token takes an
 * expert 1 ms. The heads of all three wait, and are served together, the last one joining in.
 */
class PromptTestCase : public SharedRingTestCase
{
  public:
    PromptTestCase()
        : SharedRingTestCase("A prompt goes alone, and its tokens to the experts that they name")
    {
    }

  private:
    void DoRun() override
    {
        const MoeTestNetwork network({Vector(0, 0, 0)});
        const std::vector<Sequence> sequences = {{NanoSeconds(START), 1, 0},
                                                 {NanoSeconds(START), 1, 1},
                                                 {NanoSeconds(START), 1, 2}};
        constexpr uint16_t NO = NO_EXPERT;
        Plan plan{{0, 0},
                  2,
                  {At(0, 0, 0, MS), At(0, 1, 0, MS), At(1, 0, 0, MS), At(1, 1, 0, MS)},
                  2,
                  false,
                  {0, 1, 0, NO, 1, NO, 0, NO, 1, NO, 1, NO},
                  sequences};
        plan.batch = 4;
        plan.widths = {3, 1, 1};
        plan.shares = {1, 2, 3, 0, 1, 0, 1, 0, 1, 0, 1, 0};
        plan.prefill = {10 * MS, 11 * MS};
        Install(network, plan);
        Run();
        constexpr int64_t S = START;
        ExpectJobs({
            {Kind::GATEWAY, 0, NO, 0, S, S, S + 10 * MS, 0, 3},
            {Kind::GATEWAY, 0, NO, 0, S, S + 10 * MS, S + 16 * MS, 1, 2},
            {Kind::EXPERT, 0, 0, 0, S + 10 * MS, S + 16 * MS, S + 17 * MS, 0, 1},
            {Kind::EXPERT, 0, 1, 0, S + 10 * MS, S + 17 * MS, S + 19 * MS, 0, 2},
            {Kind::EXPERT, 0, 1, 0, S + 16 * MS, S + 19 * MS, S + 21 * MS, 1, 2},
            {Kind::GATEWAY, 1, NO, 0, S + 19 * MS, S + 21 * MS, S + 32 * MS, 0, 3},
            {Kind::GATEWAY, 1, NO, 0, S + 21 * MS, S + 32 * MS, S + 40 * MS, 1, 2},
            {Kind::EXPERT, 1, 0, 0, S + 32 * MS, S + 40 * MS, S + 43 * MS, 0, 3},
            {Kind::EXPERT, 1, 0, 0, S + 40 * MS, S + 43 * MS, S + 44 * MS, 1, 1},
            {Kind::EXPERT, 1, 1, 0, S + 40 * MS, S + 44 * MS, S + 45 * MS, 1, 1},
            {Kind::HEAD, 1, NO, 0, S + 43 * MS, S + 45 * MS, S + 45 * MS + 3 * HEAD, 0, 3},
        });
        NS_TEST_EXPECT_MSG_EQ(m_recorder->GetTokensEmitted(), 3, "tokens emitted");
    }
};

/**
 * @ingroup moe-test
 *
 * Everything on one satellite, with room for one job that waits; three sequences start in one
 * nanosecond. The third finds one in service and one waiting.
 */
class FullQueueTestCase : public SharedRingTestCase
{
  public:
    FullQueueTestCase()
        : SharedRingTestCase("A job that finds the queue full is refused, and its request is lost")
    {
    }

  private:
    void DoRun() override
    {
        const MoeTestNetwork network({Vector(0, 0, 0)});
        Plan plan{
            {0, 0},
            1,
            {At(0, 0, 0, MS), At(1, 0, 0, MS)},
            1,
            false,
            {0, 0, 0, 0, 0, 0},
            {{NanoSeconds(START), 1, 0}, {NanoSeconds(START), 1, 1}, {NanoSeconds(START), 1, 2}}};
        plan.queueJobs = 1;
        Install(network, plan);
        Simulator::Stop(NanoSeconds(START + 1));
        Simulator::Run();
        NS_TEST_EXPECT_MSG_EQ(m_recorder->GetTokensUnderWay(), 2, "under way, but for the third");
        Run();
        NS_TEST_EXPECT_MSG_EQ(m_recorder->GetJobsRefused(), 1, "jobs refused");
        NS_TEST_EXPECT_MSG_EQ(m_recorder->GetTokensEmitted(), 2, "tokens of the other two");
        NS_TEST_EXPECT_MSG_EQ(m_recorder->GetTokensUnderWay(), 0, "tokens under way");
        NS_TEST_EXPECT_MSG_EQ(m_recorder->DescribeFirstLost(),
                              "job refused (request 2, token 0, layer 0, gateway, at 5000000 ns): "
                              "the queue of satellite 0's computer was full",
                              "what is said of it");
    }
};

/**
 * @ingroup moe-test
 *
 * While job 0 is in service, jobs 1 to 5 come; gateways of one layer that may be served three at a
 * time take 1 ms each, job 4 of that layer goes alone.
 *
 *     job  kind                submitted  duration  started  finished
 *      0   expert                   0 ms     10 ms     0 ms     10 ms
 *      1   gateway                  1 ms      2 ms    10 ms     12 ms   with job 3
 *      2   expert                   2 ms      2 ms    12 ms     14 ms
 *      4   gateway, alone           4 ms      5 ms    14 ms     19 ms
 *      5   gateway                  5 ms      1 ms    19 ms     20 ms   not past job 4
 */
class GatherTestCase : public TestCase
{
  public:
    GatherTestCase()
        : TestCase("ComputeServer gathers past jobs of others, not past one of its own kind")
    {
    }

  private:
    void DoRun() override
    {
        Ptr<ComputeServer> server = CreateObject<ComputeServer>();
        server->TraceConnectWithoutContext("Served", MakeCallback(&GatherTestCase::Served, this));
        constexpr JobRecord::Kind KINDS[] = {Kind::EXPERT,
                                             Kind::GATEWAY,
                                             Kind::EXPERT,
                                             Kind::GATEWAY,
                                             Kind::GATEWAY,
                                             Kind::GATEWAY};
        const uint32_t most[] = {1, 3, 1, 3, 1, 3};
        const int64_t durations[] = {10, 1, 2, 1, 5, 1};
        for (uint32_t token = 0; token < 6; ++token)
        {
            JobRecord job;
            job.kind = KINDS[token];
            job.token = token;
            const Time each = MilliSeconds(durations[token]);
            Simulator::Schedule(MilliSeconds(token), [=] {
                server->Submit({job,
                                [each](uint32_t tokens) { return each * int64_t{tokens}; },
                                [](const JobRecord&) {},
                                0,
                                most[token]});
            });
        }
        Simulator::Run();
        Simulator::Destroy();
        const uint32_t order[] = {0, 1, 2, 4, 5};
        const int64_t started[] = {0, 10, 12, 14, 19};
        const int64_t finished[] = {10, 12, 14, 19, 20};
        NS_TEST_ASSERT_MSG_EQ(m_served.size(), 5, "jobs and batches");
        for (std::size_t index = 0; index < 5; ++index)
        {
            const JobRecord& job = m_served[index];
            NS_TEST_EXPECT_MSG_EQ(job.token, order[index], "order of service");
            NS_TEST_EXPECT_MSG_EQ(job.started, MilliSeconds(started[index]), "started");
            NS_TEST_EXPECT_MSG_EQ(job.finished, MilliSeconds(finished[index]), "finished");
            NS_TEST_EXPECT_MSG_EQ(job.others.size(), (index == 1 ? 1 : 0), "served with it");
        }
        NS_TEST_EXPECT_MSG_EQ(m_served[1].others[0].token, 3, "who");
        NS_TEST_EXPECT_MSG_EQ(m_served[1].others[0].submitted, MilliSeconds(3), "since when");
    }

    /// Trace sink. @param job the job
    void Served(const JobRecord& job)
    {
        m_served.push_back(job);
    }

    std::vector<JobRecord> m_served; //!< from the trace source
};

/**
 * @ingroup moe-test
 *
 * Five jobs that may be served two at a time, of 1 ms each, wait behind another of 10 ms: two, two,
 * and the last alone.
 */
class LimitTestCase : public TestCase
{
  public:
    LimitTestCase()
        : TestCase("A batch has no more steps than it may have, however many wait")
    {
    }

  private:
    void DoRun() override
    {
        Ptr<ComputeServer> server = CreateObject<ComputeServer>();
        server->TraceConnectWithoutContext("Served", MakeCallback(&LimitTestCase::Served, this));
        server->Submit(JobRecord(), MilliSeconds(10), [] {});
        for (uint32_t token = 1; token <= 5; ++token)
        {
            JobRecord job;
            job.kind = Kind::HEAD;
            job.token = token;
            Simulator::Schedule(MilliSeconds(token), [=] {
                server->Submit({job,
                                [](uint32_t tokens) { return MilliSeconds(tokens); },
                                [](const JobRecord&) {},
                                0,
                                2});
            });
        }
        Simulator::Run();
        Simulator::Destroy();
        const std::size_t with[] = {0, 1, 1, 0};
        const int64_t finished[] = {10, 12, 14, 15};
        NS_TEST_ASSERT_MSG_EQ(m_served.size(), 4, "jobs and batches");
        for (std::size_t index = 0; index < 4; ++index)
        {
            NS_TEST_EXPECT_MSG_EQ(m_served[index].others.size(), with[index], "served with it");
            NS_TEST_EXPECT_MSG_EQ(m_served[index].finished, MilliSeconds(finished[index]), "done");
        }
    }

    /// Trace sink. @param job the job
    void Served(const JobRecord& job)
    {
        m_served.push_back(job);
    }

    std::vector<JobRecord> m_served; //!< from the trace source
};

/**
 * @ingroup moe-test
 */
class TokenTimesTestCase : public TestCase
{
  public:
    TokenTimesTestCase()
        : TestCase("Several tokens take what the table says, or as many times longer")
    {
    }

  private:
    void DoRun() override
    {
        NS_TEST_EXPECT_MSG_EQ(TokenTimes(Seconds(2)).Get(3), Seconds(6), "without a table");
        const TokenTimes table({Seconds(2), Seconds(3)});
        NS_TEST_EXPECT_MSG_EQ(table.Get(2), Seconds(3), "with one");
        for (const uint32_t tokens : {0, 3})
        {
            const std::string error = CatchMessage<std::out_of_range>([&] { table.Get(tokens); });
            NS_TEST_EXPECT_MSG_EQ(error.empty(), false, "outside of it");
        }
        Ptr<MoeWorkload> workload = CreateObject<MoeWorkload>();
        workload->SetGateways({{0, Seconds(1)}, {0, Seconds(1)}}, Seconds(1));
        workload->SetResidents(2, {At(0, 0), At(0, 1), At(1, 0), At(1, 1)});
        workload->SetSequences({{Time(0), 1, 0}}, 2, {0, 1, 1, NO_EXPERT});
        const std::vector<std::vector<uint32_t>> wrong = {
            {1, 1, 1, 1}, // a token for no expert
            {1, 0, 1, 0}, // none for an expert
            {1, 3, 1, 0}, // more than the step has
            {1, 1, 1},    // one missing
        };
        for (const std::vector<uint32_t>& shares : wrong)
        {
            const std::string error =
                CatchMessage<std::invalid_argument>([&] { workload->SetWidths({2}, shares); });
            NS_TEST_EXPECT_MSG_EQ(error.empty(), false, "shares that do not fit");
        }
        workload->SetWidths({2}, {1, 1, 2, 0});
        NS_TEST_EXPECT_MSG_EQ(workload->GetWidth(0, 0), 2, "width");
        NS_TEST_EXPECT_MSG_EQ(workload->CountActivated(0, 0, 1), 1, "activated in layer 1");
        NS_TEST_EXPECT_MSG_EQ(workload->GetPortions(1, {0, 0})[0].tokens, 2, "tokens of it");
    }

    /**
     * @brief Put an expert on satellite 0.
     * @param layer its layer
     * @param expert the expert
     * @return the resident
     */
    static MoeWorkload::Resident At(uint32_t layer, uint32_t expert)
    {
        return {layer, expert, 0, Time(0)};
    }
};

} // namespace

std::vector<TestCase*>
MakeBatchTestCases()
{
    return {
        new UnionTestCase,
        new PromptTestCase,
        new FullQueueTestCase,
        new GatherTestCase,
        new LimitTestCase,
        new TokenTimesTestCase,
    };
}

} // namespace ns3
