/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef MOE_TEST_SHARED_RING_H
#define MOE_TEST_SHARED_RING_H

#include "moe-test.h"

#include "ns3/boolean.h"
#include "ns3/moe-helper.h"
#include "ns3/simulator.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <vector>

namespace ns3
{

/// What the rings whose hosts share satellites are made of.
namespace shared_ring
{

using Kind = JobRecord::Kind;
using Sequence = MoeWorkload::Sequence;

constexpr uint8_t NONE = ForwardingTables::NO_PORT;  //!< no path
constexpr uint16_t NO_EXPERT = MoeHeader::NO_EXPERT; //!< of jobs of gateways
constexpr uint32_t MESSAGE_BYTES = 1000;             //!< a hidden state
constexpr uint32_t PAYLOAD_BYTES = 1036;             //!< its datagram's payload, with MoeHeader

/// Times in nanoseconds, named as in the sums of the cases.
constexpr int64_t T = 1'066'000;     //!< transmission: 1000 + 36 + 30 bytes at 8 Mb/s
constexpr int64_t P = 10'000'000;    //!< light time of the link 0-1
constexpr int64_t Q = 17'000'000;    //!< light time of the link 0-2
constexpr int64_t G0 = 3'000'000;    //!< gateway of layer 0
constexpr int64_t G1 = 4'000'000;    //!< gateway of layer 1
constexpr int64_t HEAD = 700'000;    //!< the head
constexpr int64_t START = 5'000'000; //!< of the first token

/**
 * @ingroup moe-test
 *
 * A ring of two layers, built by a case, and the jobs and messages that it must give.
 */
class SharedRingTestCase : public TestCase
{
  public:
    using TestCase::TestCase;

  protected:
    /** A job that must come out, all of sequence 0 unless told otherwise. */
    struct Job
    {
        Kind kind;           //!< what is computed
        uint16_t layer;      //!< layer
        uint16_t expert;     //!< expert of the layer, or NO_EXPERT
        uint32_t satellite;  //!< where
        int64_t submittedNs; //!< when it joined the queue
        int64_t startedNs;   //!< when the server took it
        int64_t finishedNs;  //!< when it was done
        uint32_t request{0}; //!< sequence
        uint32_t tokens{1};  //!< computed on
    };

    /** What runs where; the links belong to the network. */
    struct Plan
    {
        uint32_t gateways[2];                                        //!< satellites
        uint32_t experts;                                            //!< of a layer
        std::vector<MoeWorkload::Resident> residents;                //!< with their times
        uint32_t topK;                                               //!< activated experts
        bool sendsResidual;                                          //!< whether residuals travel
        std::vector<uint16_t> activations;                           //!< experts, [token][layer][k]
        std::vector<Sequence> sequences{{NanoSeconds(START), 1, 0}}; //!< a token, if not told
        uint32_t segmentBytes{PAYLOAD_BYTES}; //!< UDP payload of a full segment
        uint32_t batch{1};                    //!< steps served together at most
        uint32_t queueJobs{UINT32_MAX};       //!< jobs that may wait at a computer
        std::vector<uint32_t> widths{};       //!< tokens of each step, if not one
        std::vector<uint32_t> shares{};       //!< tokens that go to each expert, with widths
        std::vector<int64_t> prefill{};       //!< times of a prompt of three tokens, by layer
    };

    /**
     * @brief Put an expert on a satellite.
     * @param layer its layer
     * @param expert the expert
     * @param satellite where it lives
     * @param computeNs how long it takes there
     * @return the resident
     */
    static MoeWorkload::Resident At(uint32_t layer,
                                    uint32_t expert,
                                    uint32_t satellite,
                                    int64_t computeNs)
    {
        return {layer, expert, satellite, NanoSeconds(computeNs)};
    }

    /**
     * @brief Install the ring.
     * @param network the satellites, linked
     * @param plan what runs where
     */
    void Install(const MoeTestNetwork& network, const Plan& plan)
    {
        m_workload = CreateObject<MoeWorkload>();
        m_recorder = CreateObject<MoeRecorder>();
        m_workload->SetAttribute("MessageBytes", UintegerValue(MESSAGE_BYTES));
        m_workload->SetAttribute("SendResidual", BooleanValue(plan.sendsResidual));
        m_workload->SetGateways(
            {{plan.gateways[0], NanoSeconds(G0)}, {plan.gateways[1], NanoSeconds(G1)}},
            NanoSeconds(HEAD));
        m_workload->SetResidents(plan.experts, plan.residents);
        m_workload->SetSequences(plan.sequences, plan.topK, plan.activations);
        m_workload->SetAttribute("Batch", UintegerValue(plan.batch));
        if (!plan.widths.empty())
        {
            m_workload->SetWidths(plan.widths, plan.shares);
            m_workload->SetPrefillTimes(
                3,
                {NanoSeconds(plan.prefill[0]), NanoSeconds(plan.prefill[1])});
        }
        MoeHelper helper;
        helper.SetComputerAttribute("MaxJobs", UintegerValue(plan.queueJobs));
        helper.SetEndpointAttribute("SegmentBytes", UintegerValue(plan.segmentBytes));
        m_applications = helper.Install(network.GetNetwork(), m_workload, m_recorder);
    }

    /// Run to the end and forget the simulator.
    static void Run()
    {
        Simulator::Stop(Seconds(10));
        Simulator::Run();
        Simulator::Destroy();
    }

    /// Compare the jobs. @param expected all of them, in the order in which they finish
    void ExpectJobs(const std::vector<Job>& expected)
    {
        const std::vector<JobRecord>& jobs = m_recorder->GetJobs();
        NS_TEST_EXPECT_MSG_EQ(jobs.size(), expected.size(), "jobs");
        for (std::size_t index = 0; index < std::min(jobs.size(), expected.size()); ++index)
        {
            const JobRecord& job = jobs[index];
            const Job& must = expected[index];
            NS_TEST_EXPECT_MSG_EQ(job.kind, must.kind, "kind of job " << index);
            NS_TEST_EXPECT_MSG_EQ(job.request, must.request, "request of job " << index);
            NS_TEST_EXPECT_MSG_EQ(job.tokens, must.tokens, "tokens of job " << index);
            NS_TEST_EXPECT_MSG_EQ(job.layer, must.layer, "layer of job " << index);
            NS_TEST_EXPECT_MSG_EQ(job.expert, must.expert, "expert of job " << index);
            NS_TEST_EXPECT_MSG_EQ(job.satellite, must.satellite, "satellite of job " << index);
            NS_TEST_EXPECT_MSG_EQ(job.submitted.GetNanoSeconds(),
                                  must.submittedNs,
                                  "job " << index << " submitted");
            NS_TEST_EXPECT_MSG_EQ(job.started.GetNanoSeconds(),
                                  must.startedNs,
                                  "job " << index << " started");
            NS_TEST_EXPECT_MSG_EQ(job.finished.GetNanoSeconds(),
                                  must.finishedNs,
                                  "job " << index << " finished");
        }
    }

    /**
     * @brief Compare the account when nothing was lost.
     * @param messages sent and received
     * @param segments of those that left their satellite, one each
     */
    void ExpectAccount(uint64_t messages, uint64_t segments)
    {
        for (const auto* side : {&m_recorder->GetSent(), &m_recorder->GetReceived()})
        {
            NS_TEST_EXPECT_MSG_EQ(side->messages, messages, "messages");
            NS_TEST_EXPECT_MSG_EQ(side->segments, segments, "segments");
            NS_TEST_EXPECT_MSG_EQ(side->bytes, segments * PAYLOAD_BYTES, "bytes");
        }
        NS_TEST_EXPECT_MSG_EQ(m_recorder->GetDropped().messages, 0, "dropped");
        NS_TEST_EXPECT_MSG_EQ(m_recorder->GetSegmentsInFlight(), 0, "in flight");
        NS_TEST_EXPECT_MSG_EQ(m_recorder->DescribeOldestOutstanding(), "", "outstanding");
        uint64_t left = 0;
        for (const MessageRecord& message : m_recorder->GetMessages())
        {
            const bool stays = message.fromSatellite == message.toSatellite;
            left += stays ? 0 : 1;
            NS_TEST_EXPECT_MSG_EQ((message.hops == 0), stays, "hops of a message that stays");
            NS_TEST_EXPECT_MSG_EQ((message.arrived == message.sent), stays, "its delay");
            NS_TEST_EXPECT_MSG_EQ(message.propagation + message.serialisation + message.queueing +
                                      message.waiting,
                                  message.arrived - message.sent,
                                  "sum of the parts");
        }
        NS_TEST_EXPECT_MSG_EQ(left, segments, "messages that left their satellite");
    }

    Ptr<MoeWorkload> m_workload;         //!< the plan
    Ptr<MoeRecorder> m_recorder;         //!< listens
    ApplicationContainer m_applications; //!< gateways and experts
};

} // namespace shared_ring

} // namespace ns3

#endif // MOE_TEST_SHARED_RING_H
