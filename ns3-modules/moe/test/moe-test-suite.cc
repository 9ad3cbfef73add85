/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "moe-test.h"

#include "ns3/compute-server.h"
#include "ns3/data-rate.h"
#include "ns3/enum.h"
#include "ns3/link-schedule.h"
#include "ns3/moe-workload.h"
#include "ns3/queue-size.h"
#include "ns3/simulator.h"

#include <stdexcept>
#include <utility>

namespace ns3
{

MoeTestNetwork::MoeTestNetwork(const std::vector<Vector>& lightMilliseconds, Time slot)
    : m_slot(slot),
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
    m_helper.SetDeviceAttribute("DataRate", DataRateValue(DataRate("8Mbps")));
    m_satellites = m_helper.CreateSatellites(ephemeris, m_tables);
}

void
MoeTestNetwork::SetPolicy(LaserChannel::LossPolicy policy)
{
    m_helper.SetChannelAttribute("LossPolicy", EnumValue(policy));
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
    schedule->Install(m_links, m_slot, states, ratesBps, up.size());
    schedule->Start();
}

void
MoeTestNetwork::Connect(uint32_t a, uint32_t b)
{
    m_links.push_back(m_helper.Connect(m_satellites.Get(a), m_satellites.Get(b)));
}

void
MoeTestNetwork::SetQueuePackets(uint32_t packets)
{
    m_helper.SetQueueAttribute("MaxSize", QueueSizeValue(QueueSize(PACKETS, packets)));
}

void
MoeTestNetwork::Load(const std::vector<uint32_t>& destinations, const std::vector<uint8_t>& ports)
{
    m_tables->SetDestinations(m_satellites.GetN(), destinations);
    m_tables->Load(0, ports);
}

ForwardingTables&
MoeTestNetwork::GetTables()
{
    return *m_tables;
}

const NodeContainer&
MoeTestNetwork::GetSatellites() const
{
    return m_satellites;
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
 */
class WorkloadRulesTestCase : public TestCase
{
  public:
    WorkloadRulesTestCase()
        : TestCase("MoeWorkload throws std::invalid_argument for a plan that breaks a rule")
    {
    }

  private:
    /// Two layers of two experts, top-1.
    const std::vector<MoeWorkload::Sequence> m_sequences{{Seconds(0), 1, 0}, {Seconds(1), 2, 1}};

    void DoRun() override
    {
        ExpectHosts({0, 1}, {2, 3, 4, 5}, false, "two layers of two experts");
        ExpectHosts({0}, {1}, true, "a single layer");
        ExpectHosts({}, {}, true, "no layers");
        ExpectHosts({0, 1}, {}, true, "no experts");
        ExpectHosts({0, 1}, {2, 3, 4}, true, "experts that do not divide evenly");

        ExpectTimes(2, 2, false, "a time for each layer");
        ExpectTimes(1, 2, true, "a gateway time too few");
        ExpectTimes(2, 3, true, "an expert time too many");

        ExpectSequences(m_sequences, {0, 1, 1, 0, 0, 0}, false, "three tokens of two layers");
        ExpectSequences(m_sequences, {0, 1, 1, 0, 0}, true, "an activation too few");
        ExpectSequences(m_sequences, {0, 1, 1, 0, 0, 0, 0}, true, "an activation too many");
        ExpectSequences(m_sequences, {0, 1, 1, 0, 0, 2}, true, "an expert that is not there");
        ExpectSequences({{Seconds(0), 1, 0}, {Seconds(1), 2, 0}},
                        {0, 1, 1, 0, 0, 0},
                        true,
                        "sequences that share a row");
        ExpectSequences({{Seconds(0), 3, 1}}, {0, 1, 1, 0, 0, 0}, true, "a row left out");
    }

    /** @return a workload of two layers of two experts */
    static Ptr<MoeWorkload> MakeWorkload()
    {
        Ptr<MoeWorkload> workload = CreateObject<MoeWorkload>();
        workload->SetHosts({0, 1}, {2, 3, 4, 5});
        return workload;
    }

    /**
     * @brief See whether an action throws, with a message.
     * @param action the action
     * @param isBad whether it must
     * @param what the case in words
     */
    template <typename Action>
    void Expect(Action action, bool isBad, const std::string& what)
    {
        const bool isRefused = !CatchMessage<std::invalid_argument>(action).empty();
        NS_TEST_EXPECT_MSG_EQ(isRefused, isBad, what);
    }

    /**
     * @brief Try hosts.
     * @param gateways satellites
     * @param experts satellites
     * @param isBad whether it must throw
     * @param what the case in words
     */
    void ExpectHosts(const std::vector<uint32_t>& gateways,
                     const std::vector<uint32_t>& experts,
                     bool isBad,
                     const std::string& what)
    {
        Ptr<MoeWorkload> workload = CreateObject<MoeWorkload>();
        Expect([&] { workload->SetHosts(gateways, experts); }, isBad, what);
    }

    /**
     * @brief Try computing times.
     * @param gateways number of gateway times
     * @param experts number of expert times
     * @param isBad whether it must throw
     * @param what the case in words
     */
    void ExpectTimes(std::size_t gateways, std::size_t experts, bool isBad, const std::string& what)
    {
        const MoeWorkload::ComputeTimes times{std::vector<Time>(gateways),
                                              std::vector<Time>(experts),
                                              Time(0)};
        Ptr<MoeWorkload> workload = MakeWorkload();
        Expect([&] { workload->SetComputeTimes(times); }, isBad, what);
    }

    /**
     * @brief Try sequences.
     * @param sequences the sequences
     * @param activations their experts, top-1
     * @param isBad whether it must throw
     * @param what the case in words
     */
    void ExpectSequences(const std::vector<MoeWorkload::Sequence>& sequences,
                         const std::vector<uint16_t>& activations,
                         bool isBad,
                         const std::string& what)
    {
        Ptr<MoeWorkload> workload = MakeWorkload();
        Expect([&] { workload->SetSequences(sequences, 1, activations); }, isBad, what);
    }
};

/**
 * @ingroup moe-test
 */
class WorkloadLookupTestCase : public TestCase
{
  public:
    WorkloadLookupTestCase()
        : TestCase("MoeWorkload finds hosts around the ring, ports and activated experts")
    {
    }

  private:
    void DoRun() override
    {
        Ptr<MoeWorkload> workload = CreateObject<MoeWorkload>();
        workload->SetHosts({10, 11}, {20, 21, 22, 23, 24, 25});
        workload->SetSequences({{Seconds(0), 1, 0}, {Seconds(0), 1, 1}},
                               2,
                               {0, 1, 1, 2, 2, 0, 0, 2});
        NS_TEST_EXPECT_MSG_EQ(workload->GetLayers(), 2, "layers");
        NS_TEST_EXPECT_MSG_EQ(workload->GetExperts(), 3, "experts of a layer");
        NS_TEST_EXPECT_MSG_EQ(workload->GetGateway(1), 11, "gateway");
        NS_TEST_EXPECT_MSG_EQ(workload->GetGateway(2), 10, "gateway after the last layer");
        NS_TEST_EXPECT_MSG_EQ(workload->GetExpert(1, 2), 25, "expert");
        NS_TEST_EXPECT_MSG_EQ(workload->GetGatewayPort(1), 10001, "port of a gateway");
        NS_TEST_EXPECT_MSG_EQ(workload->GetGatewayPort(2), 10000, "port after the last layer");
        NS_TEST_EXPECT_MSG_EQ(workload->GetExpertPort(1, 2), 20005, "port of an expert");
        const uint16_t* activated = workload->GetActivated(1, 0, 1);
        NS_TEST_EXPECT_MSG_EQ(activated[0], 0, "request 1, token 0, layer 1, first");
        NS_TEST_EXPECT_MSG_EQ(activated[1], 2, "request 1, token 0, layer 1, second");
        const uint64_t message = workload->NextMessage();
        NS_TEST_EXPECT_MSG_NE(workload->NextMessage(), message, "numbers of messages");
    }
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
        AddTestCase(new DisposedServerTestCase, Duration::QUICK);
        AddTestCase(new WorkloadRulesTestCase, Duration::QUICK);
        AddTestCase(new WorkloadLookupTestCase, Duration::QUICK);
        for (const auto& make : {MakeMoeHeaderTestCases,
                                 MakeMessageEndpointTestCases,
                                 MakeMoeRingTestCases,
                                 MakeMoeDropTestCases,
                                 MakeMoeLossTestCases})
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
