/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "moe-test.h"

#include "ns3/compute-server.h"
#include "ns3/data-rate.h"
#include "ns3/enum.h"
#include "ns3/link-schedule.h"
#include "ns3/queue-size.h"
#include "ns3/simulator.h"

#include <algorithm>
#include <utility>

namespace ns3
{

MoeTestNetwork::MoeTestNetwork(const std::vector<Vector>& lightMilliseconds, Time slot)
    : m_slot(slot),
      m_network(CreateObject<ChannelNetwork>()),
      m_tables(CreateObjectWithAttributes<ForwardingTables>("Slot", TimeValue(slot)))
{
    constexpr double LIGHT_MILLISECOND_M = 299792.458;
    std::vector<double> positions;
    for (int knot = 0; knot < 2; ++knot)
    {
        for (const Vector& p : lightMilliseconds)
        {
            for (const double coordinate : {p.x, p.y, p.z})
            {
                positions.push_back(coordinate * LIGHT_MILLISECOND_M);
            }
        }
    }
    Ptr<EphemerisKnots> ephemeris = CreateObject<EphemerisKnots>();
    ephemeris->SetKnots(lightMilliseconds.size(),
                        Seconds(100),
                        positions,
                        std::vector<double>(positions.size()));
    m_network->SetAttribute("RateBps", UintegerValue(8'000'000));
    m_network->SetAttribute("Mtu", UintegerValue(1500));
    m_network->SetAttribute("QueueSize", QueueSizeValue(QueueSize("100p")));
    m_network->Create(ephemeris, m_tables);
}

void
MoeTestNetwork::SetPolicy(LaserChannel::LossPolicy policy)
{
    m_network->SetAttribute("LossPolicy", EnumValue(policy));
}

void
MoeTestNetwork::StartSchedule(const std::vector<std::vector<bool>>& up)
{
    std::vector<uint8_t> states;
    for (const std::vector<bool>& row : up)
    {
        states.insert(states.end(), row.begin(), row.end());
    }
    Ptr<LinkSchedule> schedule = CreateObject<LinkSchedule>();
    const std::vector<uint64_t> ratesBps(states.size(), 8'000'000);
    schedule->Install(m_network, m_slot, states, ratesBps, up.size());
    schedule->Start();
}

void
MoeTestNetwork::Connect(uint32_t a, uint32_t b)
{
    m_network->Connect(a, b);
}

void
MoeTestNetwork::SetQueuePackets(uint32_t packets)
{
    m_network->SetAttribute("QueueSize", QueueSizeValue(QueueSize(PACKETS, packets)));
}

void
MoeTestNetwork::Load(const std::vector<uint32_t>& destinations, const std::vector<uint8_t>& ports)
{
    m_tables->SetDestinations(m_network->GetSatellites().GetN(), destinations);
    m_tables->Load(0, ports);
}

ForwardingTables&
MoeTestNetwork::GetTables()
{
    return *m_tables;
}

Ptr<LaserNetwork>
MoeTestNetwork::GetNetwork() const
{
    return m_network;
}

const NodeContainer&
MoeTestNetwork::GetSatellites() const
{
    return m_network->GetSatellites();
}

namespace
{

/**
 * @ingroup moe-test
 *
 * Three jobs overlap and a fourth finds the server idle:
 *
 *     job  submitted  duration  started  finished
 *      0       0 ms     10 ms      0 ms     10 ms
 *      1       2 ms      5 ms     10 ms     15 ms
 *      2       3 ms      1 ms     15 ms     16 ms
 *      3      20 ms      4 ms     20 ms     24 ms
 */
class ComputeServerTestCase : public TestCase
{
  public:
    ComputeServerTestCase()
        : TestCase("ComputeServer takes jobs one at a time, first come, first served")
    {
    }

  private:
    void DoRun() override
    {
        Ptr<ComputeServer> server = CreateObject<ComputeServer>();
        server->TraceConnectWithoutContext("Served",
                                           MakeCallback(&ComputeServerTestCase::Served, this));
        server->TraceConnectWithoutContext(
            "Length",
            MakeCallback(&ComputeServerTestCase::LengthChanged, this));
        const int64_t submitted[] = {0, 2, 3, 20};
        const int64_t durations[] = {10, 5, 1, 4};
        for (uint32_t token = 0; token < 4; ++token)
        {
            Simulator::Schedule(MilliSeconds(submitted[token]), [=, this] {
                JobRecord job;
                job.kind = JobRecord::EXPERT;
                job.token = token;
                server->Submit(job, MilliSeconds(durations[token]), [this, token] {
                    m_done.emplace_back(token, Simulator::Now());
                });
            });
        }
        Simulator::Run();
        Simulator::Destroy();
        Check(submitted);
    }

    /// @param submitted milliseconds, by job
    void Check(const int64_t* submitted)
    {
        const int64_t started[] = {0, 10, 15, 20};
        const int64_t finished[] = {10, 15, 16, 24};
        NS_TEST_EXPECT_MSG_EQ(m_served.size(), 4, "jobs served");
        if (m_served.size() != 4)
        {
            return;
        }
        NS_TEST_EXPECT_MSG_EQ(m_done.size(), 4, "callers told");
        if (m_done.size() != 4)
        {
            return;
        }
        for (uint32_t index = 0; index < 4; ++index)
        {
            const JobRecord& job = m_served[index];
            NS_TEST_EXPECT_MSG_EQ(job.token, index, "order");
            NS_TEST_EXPECT_MSG_EQ(job.kind, JobRecord::EXPERT, "kind");
            NS_TEST_EXPECT_MSG_EQ(job.submitted, MilliSeconds(submitted[index]), "submitted");
            NS_TEST_EXPECT_MSG_EQ(job.started, MilliSeconds(started[index]), "started");
            NS_TEST_EXPECT_MSG_EQ(job.finished, MilliSeconds(finished[index]), "finished");
            NS_TEST_EXPECT_MSG_EQ(m_done[index].first, index, "whom it tells");
            NS_TEST_EXPECT_MSG_EQ(m_done[index].second, MilliSeconds(finished[index]), "when");
        }
        const std::vector<uint32_t> lengths = {1, 2, 3, 2, 1, 0, 1, 0};
        NS_TEST_EXPECT_MSG_EQ((m_lengths == lengths), true, "jobs in queue and service");
    }

    /// Trace sink. @param job the job
    void Served(const JobRecord& job)
    {
        m_served.push_back(job);
    }

    /// Trace sink. @param length the new length
    void LengthChanged(uint32_t, uint32_t length)
    {
        m_lengths.push_back(length);
    }

    std::vector<JobRecord> m_served;               //!< from the trace source
    std::vector<uint32_t> m_lengths;               //!< from the trace source
    std::vector<std::pair<uint32_t, Time>> m_done; //!< from the callers
};

/**
 * @ingroup moe-test
 *
 * Jobs that come in the same millisecond, in the order of this table; a job is named by its token:
 *
 *     job  submitted  rank  duration  started  finished
 *      0       0 ms     2       4 ms     6 ms     10 ms
 *      1       0 ms     0       1 ms     0 ms      1 ms
 *      2       0 ms     1       2 ms     1 ms      3 ms
 *      3       0 ms     1       3 ms     3 ms      6 ms
 *      4       5 ms     0       1 ms    10 ms     11 ms
 *
 * Job 0 is in service when job 1 comes, and gives way. Job 4 has the lowest rank but came later.
 */
class RankTestCase : public TestCase
{
  public:
    RankTestCase()
        : TestCase("ComputeServer takes jobs that come in the same nanosecond by rank")
    {
    }

  private:
    void DoRun() override
    {
        Ptr<ComputeServer> server = CreateObject<ComputeServer>();
        server->TraceConnectWithoutContext("Served", MakeCallback(&RankTestCase::Served, this));
        const int64_t submitted[] = {0, 0, 0, 0, 5};
        const int64_t durations[] = {4, 1, 2, 3, 1};
        const uint32_t ranks[] = {2, 0, 1, 1, 0};
        std::vector<uint32_t> told;
        for (uint32_t token = 0; token < 5; ++token)
        {
            Simulator::Schedule(MilliSeconds(submitted[token]), [=, &told] {
                JobRecord job;
                job.token = token;
                server->Submit(
                    job,
                    MilliSeconds(durations[token]),
                    [&told, token] { told.push_back(token); },
                    ranks[token]);
            });
        }
        Simulator::Run();
        Simulator::Destroy();
        const uint32_t order[] = {1, 2, 3, 0, 4};
        const int64_t started[] = {0, 1, 3, 6, 10};
        const int64_t finished[] = {1, 3, 6, 10, 11};
        NS_TEST_EXPECT_MSG_EQ(m_served.size(), 5, "jobs served");
        NS_TEST_EXPECT_MSG_EQ(told.size(), 5, "callers told");
        for (std::size_t index = 0; index < std::min<std::size_t>(m_served.size(), 5); ++index)
        {
            const JobRecord& job = m_served[index];
            NS_TEST_EXPECT_MSG_EQ(job.token, order[index], "order of service");
            NS_TEST_EXPECT_MSG_EQ(told[index], order[index], "whom it tells");
            NS_TEST_EXPECT_MSG_EQ(job.submitted, MilliSeconds(submitted[job.token]), "submitted");
            NS_TEST_EXPECT_MSG_EQ(job.started, MilliSeconds(started[index]), "started");
            NS_TEST_EXPECT_MSG_EQ(job.finished, MilliSeconds(finished[index]), "finished");
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
class DisposedServerTestCase : public TestCase
{
  public:
    DisposedServerTestCase()
        : TestCase("ComputeServer finishes nothing after it is disposed of")
    {
    }

  private:
    void DoRun() override
    {
        Ptr<ComputeServer> server = CreateObject<ComputeServer>();
        server->TraceConnectWithoutContext("Served",
                                           MakeCallback(&DisposedServerTestCase::Served, this));
        int done = 0;
        for (int job = 0; job < 3; ++job)
        {
            server->Submit(JobRecord{}, MilliSeconds(10), [&done] { ++done; });
        }
        Simulator::Schedule(MilliSeconds(15), &ComputeServer::Dispose, server);
        Simulator::Run();
        NS_TEST_EXPECT_MSG_EQ(m_served, 1, "the job finished before");
        NS_TEST_EXPECT_MSG_EQ(done, 1, "its caller");
        Simulator::Destroy();
    }

    /// Trace sink: a job is finished.
    void Served(const JobRecord&)
    {
        ++m_served;
    }

    int m_served{0}; //!< jobs finished
};

/**
 * @ingroup moe-test
 *
 * The suite of the module.
 */
class MoeTestSuite : public TestSuite
{
  public:
    MoeTestSuite()
        : TestSuite("moe", Type::UNIT)
    {
        AddTestCase(new ComputeServerTestCase, Duration::QUICK);
        AddTestCase(new RankTestCase, Duration::QUICK);
        AddTestCase(new DisposedServerTestCase, Duration::QUICK);
        for (const auto& make : {MakeMoeWorkloadTestCases,
                                 MakeMoeHeaderTestCases,
                                 MakeMessageEndpointTestCases,
                                 MakeMessageRecoveryTestCases,
                                 MakeStayingMessageTestCases,
                                 MakeMoeRingTestCases,
                                 MakeMoeDropTestCases,
                                 MakeSharedSatelliteTestCases,
                                 MakeChangingHostTestCases,
                                 MakeBackgroundTestCases,
                                 MakeBatchTestCases,
                                 MakeMoeLossTestCases,
                                 MakeTcpEndpointTestCases})
        {
            for (TestCase* testCase : make())
            {
                AddTestCase(testCase, Duration::QUICK);
            }
        }
    }
};

MoeTestSuite g_moeTestSuite; //!< registers itself

} // namespace

} // namespace ns3
