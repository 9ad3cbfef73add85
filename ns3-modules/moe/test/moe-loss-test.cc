/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "moe-test.h"

#include "ns3/boolean.h"
#include "ns3/compute-server.h"
#include "ns3/moe-helper.h"
#include "ns3/pointer.h"
#include "ns3/random-variable-stream.h"
#include "ns3/simulator.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <set>
#include <utility>

namespace ns3
{

namespace
{

using Policy = LaserChannel::LossPolicy;
using Reason = MoeRecorder::DropReason;

constexpr uint8_t NONE = ForwardingTables::NO_PORT; //!< no path
constexpr uint32_t SEGMENT_BYTES = 136;             //!< UDP payload: 100 bytes and MoeHeader

/**
 * @ingroup moe-test
 *
 * Two satellites, 3 light milliseconds apart, with a gateway and an expert each: the hidden state
 * of layer 0 goes from 0 to 1, that of layer 1 back, results stay on the satellite. Everything is
 * computed in 1 ms, and a hidden state of 1000 bytes is 10 segments of 0.166 ms each.
 *
 * Request 0 starts at 0: its segments begin at 1.000, 1.166, ... ms. The link is down from 2 to
 * 4 ms. By then segments 0 to 5 have left, and arrive from 4.166 ms on; segment 6, begun at
 * 1.996 ms, is cut; 7, 8 and 9 are in the queue. Request 1 starts at 10 ms.
 */
class LostRequestTestCase : public TestCase
{
  public:
    /** What a policy does to request 0. */
    struct Expected
    {
        MoeRecorder::Account onWire; //!< dropped for that reason
        MoeRecorder::Account cut;    //!< dropped for that reason
        MoeRecorder::Account queued; //!< dropped for that reason
        uint64_t received;           //!< segments of request 0's first message
        uint64_t inFlight;           //!< segments, at 3 ms
        uint64_t tokens;             //!< emitted in the end
        std::string words;           //!< on the first lost message
    };

    /**
     * @brief Constructor.
     * @param name of the case
     * @param policy of the link
     * @param expected what must come out
     */
    LostRequestTestCase(const std::string& name, Policy policy, Expected expected)
        : TestCase(name),
          m_policy(policy),
          m_expected(std::move(expected))
    {
    }

  private:
    void DoRun() override
    {
        MoeTestNetwork network({Vector(0, 0, 0), Vector(3, 0, 0)}, MilliSeconds(2));
        network.SetPolicy(m_policy);
        network.Connect(0, 1);
        network.StartSchedule({{true}, {false}, {true}});
        network.GetTables().SetDestinations(2, {0, 1});
        for (uint32_t slot = 0; slot < 100; ++slot)
        {
            const uint8_t port = slot == 1 ? NONE : 0;
            network.GetTables().Load(slot, {NONE, port, port, NONE});
        }
        Ptr<MoeWorkload> workload = CreateObject<MoeWorkload>();
        workload->SetAttribute("MessageBytes", UintegerValue(1000));
        workload->SetAttribute("SendResidual", BooleanValue(false));
        const Time compute = MilliSeconds(1);
        workload->SetGateways({{0, compute}, {1, compute}}, compute);
        workload->SetResidents(1, {{0, 0, 1, compute}, {1, 0, 0, compute}});
        workload->SetSequences({{Time(0), 1, 0}, {MilliSeconds(10), 1, 1}}, 1, {0, 0, 0, 0});
        Ptr<MoeRecorder> recorder = CreateObject<MoeRecorder>();
        MoeHelper helper;
        helper.SetEndpointAttribute("SegmentBytes", UintegerValue(SEGMENT_BYTES));
        helper.Install(network.GetNetwork(), workload, recorder);

        Simulator::Schedule(MicroSeconds(1999), [&] {
            NS_TEST_EXPECT_MSG_EQ(recorder->GetTokensUnderWay(), 1, "under way before the loss");
            NS_TEST_EXPECT_MSG_EQ(recorder->GetSegmentsInFlight(), 10, "in flight before the loss");
        });
        Simulator::Schedule(MilliSeconds(3), [&] {
            NS_TEST_EXPECT_MSG_EQ(recorder->GetSegmentsInFlight(),
                                  m_expected.inFlight,
                                  "in flight while the link is down");
            NS_TEST_EXPECT_MSG_EQ(recorder->GetTokensUnderWay(),
                                  m_expected.tokens - 1,
                                  "under way while the link is down");
        });
        Simulator::Schedule(MilliSeconds(9), [&] {
            NS_TEST_EXPECT_MSG_EQ(recorder->GetReceived().segments,
                                  m_expected.received,
                                  "segments");
        });
        Simulator::Run();
        Check(*recorder);
        Simulator::Destroy();
    }

    /// @param recorder what was recorded
    void Check(const MoeRecorder& recorder)
    {
        CheckDropped(recorder, Reason::ON_WIRE, m_expected.onWire);
        CheckDropped(recorder, Reason::CUT, m_expected.cut);
        CheckDropped(recorder, Reason::QUEUED, m_expected.queued);
        for (const Reason reason :
             {Reason::QUEUE_FULL, Reason::LINK_DOWN, Reason::TIME_TO_LIVE, Reason::OTHER})
        {
            CheckDropped(recorder, reason, {});
        }
        NS_TEST_EXPECT_MSG_EQ(recorder.GetTokensEmitted(), m_expected.tokens, "tokens emitted");
        NS_TEST_EXPECT_MSG_EQ(recorder.GetTokensUnderWay(), 0, "tokens under way");
        NS_TEST_EXPECT_MSG_EQ(recorder.GetSegmentsInFlight(), 0, "segments in flight");
        NS_TEST_EXPECT_MSG_EQ(recorder.DescribeOldestOutstanding(), "", "outstanding");
        // A token is four messages; request 0 sends one if that is lost.
        const uint64_t received = 4 * m_expected.tokens;
        NS_TEST_EXPECT_MSG_EQ(recorder.GetReceived().messages, received, "messages received");
        NS_TEST_EXPECT_MSG_EQ(recorder.GetMessages().size(), received, "records");
        NS_TEST_EXPECT_MSG_EQ(recorder.GetSent().messages,
                              received + (m_expected.tokens == 2 ? 0 : 1),
                              "messages sent");
        const std::string lost = recorder.DescribeFirstLost();
        NS_TEST_EXPECT_MSG_EQ(lost.empty(), m_expected.words.empty(), lost);
        NS_TEST_EXPECT_MSG_NE(lost.find(m_expected.words), std::string::npos, lost);
    }

    /**
     * @brief Compare what was dropped for a reason.
     * @param recorder what was recorded
     * @param reason the reason
     * @param expected what was dropped
     */
    void CheckDropped(const MoeRecorder& recorder,
                      Reason reason,
                      const MoeRecorder::Account& expected)
    {
        const MoeRecorder::Account& dropped = recorder.GetDropped(reason);
        const int row = static_cast<int>(reason);
        NS_TEST_EXPECT_MSG_EQ(dropped.messages, expected.messages, "messages, reason " << row);
        NS_TEST_EXPECT_MSG_EQ(dropped.segments, expected.segments, "segments, reason " << row);
        NS_TEST_EXPECT_MSG_EQ(dropped.bytes, expected.bytes, "bytes, reason " << row);
    }

    Policy m_policy;     //!< of the link
    Expected m_expected; //!< what must come out
};

/**
 * @ingroup moe-test
 *
 * Five satellites in a circle, each linked with its two neighbours, links up at random. Gateway
 * and experts share satellites, so that some messages do not leave theirs, and expert 0 of layer 0
 * is dispatched to another satellite every 13 ms; messages without a path pass a loopback device.
 * The balance is drawn at random times and after each job, while messages are between a socket and
 * that device, or to be received where they were sent.
 */
class RingBalanceTestCase : public TestCase
{
  public:
    /**
     * @brief Constructor.
     * @param name of the case
     * @param policy of the links
     */
    RingBalanceTestCase(const std::string& name, Policy policy)
        : TestCase(name),
          m_policy(policy)
    {
    }

  private:
    static constexpr int SEEDS = 12;
    static constexpr uint32_t SATELLITES = 5;
    static constexpr uint32_t SLOTS = 150;        //!< with outages; then all links are up
    static constexpr uint32_t REQUESTS = 6;       //!< sequences
    static constexpr uint32_t TOKENS = 3;         //!< of each
    static constexpr double AVAILABILITY = 0.85;  //!< probability that a link is up in a slot
    static constexpr int64_t SLOT_NS = 7'000'000; //!< longer than a segment, as light is under way

    void DoRun() override
    {
        uint64_t dropped = 0;
        uint64_t emitted = 0;
        for (int seed = 0; seed < SEEDS; ++seed)
        {
            Run(seed, dropped, emitted);
        }
        NS_TEST_EXPECT_MSG_GT(m_loopbackChecks, 0, "checks with a segment in a loopback device");
        NS_TEST_EXPECT_MSG_GT(m_checksOnTheWay,
                              0,
                              "checks with a message on its way to its sender");
        NS_TEST_EXPECT_MSG_EQ((dropped > 0), (m_policy != Policy::REROUTE), "segments dropped");
        NS_TEST_EXPECT_MSG_GT(emitted, 0, "tokens emitted");
    }

    /**
     * @brief Port towards a destination around the circle, the shorter way if that is up.
     * @param up whether each link is up; link i joins i and i + 1
     * @param from the satellite
     * @param to the destination
     * @return its port; 0 is to the next satellite, 1 to the one before, but for satellite 0
     */
    static uint8_t FindPort(const std::vector<bool>& up, uint32_t from, uint32_t to)
    {
        if (from == to)
        {
            return NONE;
        }
        const uint32_t ahead = (to + SATELLITES - from) % SATELLITES;
        bool isAheadUp = true;
        bool isBackUp = true;
        for (uint32_t step = 0; step < SATELLITES; ++step)
        {
            const bool isUp = up[(from + step) % SATELLITES];
            (step < ahead ? isAheadUp : isBackUp) &= isUp;
        }
        // Link 0 gives satellite 1 its port 0, so all but satellite 0 have the way back at port 0.
        const uint8_t portAhead = from == 0 ? 0 : 1;
        if (isAheadUp && (ahead <= SATELLITES / 2 || !isBackUp))
        {
            return portAhead;
        }
        return isBackUp ? 1 - portAhead : NONE;
    }

    /**
     * @brief Simulate once.
     * @param seed of the random numbers
     * @param dropped where segments dropped are added
     * @param emitted where tokens emitted are added
     */
    void Run(int seed, uint64_t& dropped, uint64_t& emitted)
    {
        Ptr<UniformRandomVariable> random = CreateObject<UniformRandomVariable>();
        random->SetStream(5000 + seed);
        MoeTestNetwork network(
            {Vector(0, 0, 0), Vector(2, 3, 0), Vector(4, 3, 1), Vector(5, 1, 0), Vector(2, -2, 0)},
            NanoSeconds(SLOT_NS));
        network.SetPolicy(m_policy);
        network.SetQueuePackets(10'000); // what is held leaves all at once
        for (uint32_t link = 0; link < SATELLITES; ++link)
        {
            network.Connect(link, (link + 1) % SATELLITES);
        }
        StartSchedule(network, *random);
        Ptr<MoeRecorder> recorder = Install(network, *random);
        for (int check = 0; check < 100; ++check)
        {
            Simulator::Schedule(NanoSeconds(random->GetInteger(0, 1'000'000'000)),
                                [this, recorder] { CheckBalance(*recorder); });
        }
        m_staying = {};
        Simulator::Run();
        CheckBalance(*recorder);
        NS_TEST_EXPECT_MSG_GT(m_staying.sent, 0, "messages that stay on their satellite");
        NS_TEST_EXPECT_MSG_EQ(m_staying.received, m_staying.sent, "those received in the end");
        NS_TEST_EXPECT_MSG_EQ(recorder->GetSent().messages,
                              recorder->GetReceived().messages + recorder->GetDropped().messages,
                              "messages sent = received + dropped, in the end");
        CheckHosts(recorder->GetJobs());
        NS_TEST_EXPECT_MSG_EQ(recorder->GetSegmentsInFlight(), 0, "in flight at the end");
        NS_TEST_EXPECT_MSG_EQ(recorder->GetTokensUnderWay(), 0, "tokens under way at the end");
        const uint64_t lost = recorder->GetDropped().messages;
        NS_TEST_EXPECT_MSG_EQ((lost == 0), recorder->DescribeFirstLost().empty(), "first lost");
        // A request that loses no message emits all its tokens.
        NS_TEST_EXPECT_MSG_GT_OR_EQ(recorder->GetTokensEmitted() + lost * TOKENS,
                                    REQUESTS * TOKENS,
                                    "tokens of requests that lost nothing");
        dropped += recorder->GetDropped().segments;
        emitted += recorder->GetTokensEmitted();
        Simulator::Destroy();
    }

    /**
     * @brief Draw when links are up, and the tables that follow.
     * @param network where
     * @param random numbers
     */
    static void StartSchedule(MoeTestNetwork& network, UniformRandomVariable& random)
    {
        std::vector<std::vector<bool>> up;
        for (uint32_t slot = 0; slot < SLOTS; ++slot)
        {
            std::vector<bool> row;
            for (uint32_t link = 0; link < SATELLITES; ++link)
            {
                row.push_back(random.GetValue(0, 1) < AVAILABILITY || slot + 1 == SLOTS);
            }
            up.push_back(row);
        }
        network.StartSchedule(up);
        network.GetTables().SetDestinations(SATELLITES, {0, 1, 2, 3, 4});
        for (uint32_t slot = 0; slot < 4 * SLOTS; ++slot)
        {
            std::vector<uint8_t> ports;
            for (uint32_t to = 0; to < SATELLITES; ++to)
            {
                for (uint32_t from = 0; from < SATELLITES; ++from)
                {
                    ports.push_back(FindPort(up[std::min(slot, SLOTS - 1)], from, to));
                }
            }
            network.GetTables().Load(slot, ports);
        }
    }

    /**
     * @brief Install the ring.
     * @param network where
     * @param random numbers
     * @return what records it
     */
    Ptr<MoeRecorder> Install(MoeTestNetwork& network, UniformRandomVariable& random)
    {
        Ptr<MoeWorkload> workload = CreateObject<MoeWorkload>();
        workload->SetAttribute("MessageBytes", UintegerValue(2500));
        const Time compute = MicroSeconds(300);
        workload->SetGateways({{0, compute}, {2, compute}}, compute);
        workload->SetResidents(2,
                               {{0, 0, 1, compute},
                                {0, 1, 2, compute},
                                {1, 0, 3, compute},
                                {1, 1, 2, compute},
                                {0, 0, 0, compute}});
        for (uint32_t turn = 0; turn < 500; ++turn)
        {
            Simulator::Schedule(turn * MilliSeconds(13), [workload, turn] {
                workload->SetExpertHosts({turn % 2, 2, 3, 2});
            });
        }
        std::vector<MoeWorkload::Sequence> sequences;
        std::vector<uint16_t> activations;
        for (uint32_t request = 0; request < REQUESTS; ++request)
        {
            sequences.push_back(
                {NanoSeconds(random.GetInteger(0, 500'000'000)), TOKENS, request * TOKENS});
        }
        for (uint32_t index = 0; index < REQUESTS * TOKENS * 2; ++index)
        {
            activations.insert(activations.end(), {0, 1});
        }
        workload->SetSequences(sequences, 2, activations);
        Ptr<MoeRecorder> recorder = CreateObject<MoeRecorder>();
        MoeHelper helper;
        helper.SetEndpointAttribute("SegmentBytes", UintegerValue(SEGMENT_BYTES));
        Watch(helper.Install(network.GetNetwork(), workload, recorder));
        for (uint32_t satellite = 0; satellite < SATELLITES; ++satellite)
        {
            Ptr<Node> node = network.GetSatellites().Get(satellite);
            if (auto server = node->GetObject<ComputeServer>())
            {
                Callback<void, const JobRecord&> check(
                    [this, recorder](const JobRecord&) { CheckAfterJob(recorder); });
                server->TraceConnectWithoutContext("Served", check);
            }
        }
        return recorder;
    }

    /// Count messages that stay on their satellite. @param applications who sends and receives
    void Watch(const ApplicationContainer& applications)
    {
        for (auto application = applications.Begin(); application != applications.End();
             ++application)
        {
            PointerValue endpoint;
            (*application)->GetAttribute("Endpoint", endpoint);
            Callback<void, const MessageRecord&> sent(
                [this](const MessageRecord& m) { m_staying.sent += Stays(m); });
            Callback<void, const MessageRecord&> received(
                [this](const MessageRecord& m) { m_staying.received += Stays(m); });
            endpoint.GetObject()->TraceConnectWithoutContext("MessageSent", sent);
            endpoint.GetObject()->TraceConnectWithoutContext("MessageReceived", received);
        }
    }

    /**
     * @param message the message
     * @return whether it stays on its satellite
     */
    static bool Stays(const MessageRecord& message)
    {
        return message.fromSatellite == message.toSatellite;
    }

    /// Draw the balance between a job's messages and what becomes of them. @param recorder of it
    void CheckAfterJob(Ptr<MoeRecorder> recorder)
    {
        const uint64_t before = recorder->GetSent().segments;
        const uint64_t inFlight = recorder->GetSegmentsInFlight();
        Simulator::ScheduleNow([this, recorder, before, inFlight] {
            CheckBalance(*recorder);
            const uint64_t sent = recorder->GetSent().segments - before;
            m_loopbackChecks += sent > 0 && recorder->GetSegmentsInFlight() == inFlight + sent;
            m_checksOnTheWay += m_staying.sent > m_staying.received;
        });
    }

    /// Both satellites of expert 0 of layer 0 have served. @param jobs what was computed
    void CheckHosts(const std::vector<JobRecord>& jobs)
    {
        std::set<uint32_t> satellites;
        for (const JobRecord& job : jobs)
        {
            if (job.kind == JobRecord::EXPERT && job.layer == 0 && job.expert == 0)
            {
                satellites.insert(job.satellite);
            }
        }
        NS_TEST_EXPECT_MSG_EQ((satellites == std::set<uint32_t>{0, 1}), true, "who has served");
    }

    /// @param recorder what was recorded
    void CheckBalance(const MoeRecorder& recorder)
    {
        NS_TEST_EXPECT_MSG_EQ(recorder.GetSent().segments,
                              recorder.GetReceived().segments + recorder.GetDropped().segments +
                                  recorder.GetSegmentsInFlight(),
                              "sent = received + dropped + in flight, at " << Simulator::Now());
        NS_TEST_EXPECT_MSG_EQ(recorder.GetReceived().messages,
                              recorder.GetMessages().size(),
                              "records of messages");
    }

    /** Messages that stay on their satellite. */
    struct Staying
    {
        uint64_t sent{0};     //!< how many were sent
        uint64_t received{0}; //!< how many of them were received
    };

    Policy m_policy;         //!< of the links
    Staying m_staying;       //!< in this run
    int m_checksOnTheWay{0}; //!< checks between the two
    int m_loopbackChecks{0}; //!< checks between a socket and what follows it
};

} // namespace

std::vector<TestCase*>
MakeMoeLossTestCases()
{
    constexpr uint64_t BYTES = SEGMENT_BYTES;
    return {
        new LostRequestTestCase("Drop: a request that loses a message is lost, the other goes on",
                                Policy::DROP,
                                {{1, 6, 6 * BYTES},
                                 {0, 1, BYTES},
                                 {0, 3, 3 * BYTES},
                                 0,
                                 0,
                                 1,
                                 "satellite 0 went down while it was on the wire, at 2000000 ns"}),
        new LostRequestTestCase("Deliver: segments of a lost message that arrive are received",
                                Policy::DELIVER,
                                {{},
                                 {1, 1, BYTES},
                                 {0, 3, 3 * BYTES},
                                 6,
                                 6,
                                 1,
                                 "satellite 0 went down while it was being transmitted"}),
        // Held from 2 to 4 ms, then 0.166 ms each: all there at 4 + 4 * 0.166 + 3 = 7.664 ms. The
        // result, at 8.664 ms, has no segments; the next message is out until later.
        new LostRequestTestCase("Reroute: nothing is lost, and what has no path is in flight",
                                Policy::REROUTE,
                                {{}, {}, {}, 10, 10, 2, ""}),
        new RingBalanceTestCase("Drop: the account of a ring balances", Policy::DROP),
        new RingBalanceTestCase("Deliver: the account of a ring balances", Policy::DELIVER),
        new RingBalanceTestCase("Reroute: the account of a ring balances", Policy::REROUTE),
    };
}

} // namespace ns3
