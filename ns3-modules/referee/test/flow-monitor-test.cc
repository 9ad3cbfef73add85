/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "../../leo/test/leo-test-network.h"
#include "referee-test.h"

#include "ns3/boolean.h"
#include "ns3/compute-server.h"
#include "ns3/flow-monitor-helper.h"
#include "ns3/flow-monitor.h"
#include "ns3/ipv4-flow-classifier.h"
#include "ns3/ipv4-flow-probe.h"
#include "ns3/message-endpoint.h"
#include "ns3/moe-helper.h"
#include "ns3/point-to-point-net-device.h"
#include "ns3/pointer.h"
#include "ns3/queue.h"
#include "ns3/random-variable-stream.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <numeric>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace ns3
{

namespace
{

constexpr uint32_t SATELLITES = 12;
constexpr uint32_t LAYERS = 3;
constexpr uint32_t EXPERTS = 3;
constexpr uint32_t TOP_K = 2;
constexpr uint32_t SEQUENCES = 40;
constexpr uint32_t TOKENS = 2;                //!< of each sequence
constexpr uint32_t MESSAGE_BYTES = 1400;      //!< a hidden state; the MTU is ns-3's, 1500 bytes
constexpr uint32_t IP_AND_UDP_BYTES = 20 + 8; //!< that FlowMonitor counts and the account does not
constexpr int64_t STARTS_NS = 1'300'017;      //!< between sequences
constexpr uint32_t GATEWAYS[LAYERS] = {0, 4, 8};

/// Source and destination satellite, source and destination port.
using Flow = std::tuple<uint32_t, uint32_t, uint32_t, uint32_t>;

/** What we say of a flow. */
struct Account
{
    uint64_t sent{0};          //!< segments
    uint64_t sentBytes{0};     //!< UDP payload
    uint64_t received{0};      //!< segments
    uint64_t receivedBytes{0}; //!< UDP payload
    Time delay;                //!< sum over the segments received, by their ledgers
    uint64_t forwarded{0};     //!< by satellites between: hops less one
};

/** What a case asks of the network. */
struct Conditions
{
    uint32_t segmentBytes;  //!< UDP payload of a full segment
    uint32_t queuePackets;  //!< capacity of the transmit queues
    double packetErrorRate; //!< of each link
    bool recovers;          //!< whether what is lost is sent again
    bool losesPackets;      //!< whether it must come to losses
};

/**
 * @ingroup referee-test
 *
 * ns-3's FlowMonitor watches a ring on a small constellation that moves, and must count and time
 * what our ledgers and our account count and time, flow by flow: packets, bytes, losses, and the
 * sum of the delays, to the nanosecond. And Little's law holds on each queue.
 */
class FlowMonitorTestCase : public TestCase
{
  public:
    /**
     * @brief Constructor.
     * @param name of the case
     * @param conditions of the network
     */
    FlowMonitorTestCase(const std::string& name, const Conditions& conditions)
        : TestCase(name),
          m_conditions(conditions)
    {
    }

  private:
    void DoRun() override
    {
        LeoTestNetwork network(MakeSky());
        network.SetQueuePackets(m_conditions.queuePackets);
        ConnectAll(network);
        Ptr<MoeRecorder> recorder = CreateObject<MoeRecorder>();
        Install(network, recorder);
        FlowMonitorHelper helper;
        Ptr<FlowMonitor> monitor = helper.Install(network.GetSatellites());
        Watch(network);
        Simulator::Stop(Seconds(90));
        Simulator::Run();

        // Nothing is under way any more: what has not arrived is lost.
        monitor->CheckForLostPackets(Time(0));
        Compare(*monitor, *DynamicCast<Ipv4FlowClassifier>(helper.GetClassifier()), *recorder);
        CheckLittle(*recorder);
        m_links.clear();
        m_servers.clear();
        Simulator::Destroy();
    }

    /// Put satellites into motion. @return their knots
    static Ptr<EphemerisKnots> MakeSky()
    {
        Ptr<UniformRandomVariable> random = CreateObject<UniformRandomVariable>();
        random->SetStream(300);
        std::vector<Vector> positions;
        std::vector<Vector> velocities;
        for (uint32_t satellite = 0; satellite < SATELLITES; ++satellite)
        {
            for (auto& [list, most] : {std::pair{&positions, 2e6}, std::pair{&velocities, 5e3}})
            {
                const double x = random->GetValue(-most, most);
                const double y = random->GetValue(-most, most);
                list->emplace_back(x, y, random->GetValue(-most, most));
            }
        }
        return LeoTestNetwork::MakeKnots(positions, velocities);
    }

    /// Join a circle, and satellites across it; load the tables. @param network the network
    void ConnectAll(LeoTestNetwork& network) const
    {
        std::vector<std::pair<uint32_t, uint32_t>> ends;
        for (uint32_t satellite = 0; satellite < SATELLITES; ++satellite)
        {
            ends.emplace_back(satellite, (satellite + 1) % SATELLITES);
        }
        ends.insert(ends.end(), {{0, 5}, {2, 9}, {4, 11}});
        std::vector<std::vector<uint32_t>> neighbours(SATELLITES); // by port
        int64_t stream = 400;
        for (const auto& [a, b] : ends)
        {
            const std::size_t link = network.Connect(a, b, "8Mbps");
            neighbours[a].push_back(b);
            neighbours[b].push_back(a);
            stream += ConstellationHelper::SetPacketErrorRate(network.GetLink(link),
                                                              m_conditions.packetErrorRate,
                                                              stream);
        }
        std::vector<uint32_t> destinations(SATELLITES);
        std::iota(destinations.begin(), destinations.end(), 0);
        std::vector<uint8_t> ports;
        for (const uint32_t destination : destinations)
        {
            const std::vector<uint8_t> row = FindPorts(neighbours, destination);
            ports.insert(ports.end(), row.begin(), row.end());
        }
        network.GetTables().SetDestinations(SATELLITES, destinations);
        for (uint32_t slot = 0; slot < 4; ++slot)
        {
            network.GetTables().Load(slot, ports);
        }
    }

    /**
     * @brief Find the ways of fewest hops.
     * @param neighbours of each satellite, by port
     * @param destination where to
     * @return the port of each satellite
     */
    static std::vector<uint8_t> FindPorts(const std::vector<std::vector<uint32_t>>& neighbours,
                                          uint32_t destination)
    {
        std::vector<uint8_t> ports(SATELLITES, ForwardingTables::NO_PORT);
        std::deque<uint32_t> next{destination};
        while (!next.empty())
        {
            const uint32_t near = next.front();
            next.pop_front();
            for (const uint32_t far : neighbours[near])
            {
                if (far == destination || ports[far] != ForwardingTables::NO_PORT)
                {
                    continue;
                }
                const auto& of = neighbours[far];
                ports[far] = std::find(of.begin(), of.end(), near) - of.begin();
                next.push_back(far);
            }
        }
        return ports;
    }

    /**
     * @brief Install the ring.
     * @param network where
     * @param recorder keeps the account
     */
    void Install(const LeoTestNetwork& network, Ptr<MoeRecorder> recorder)
    {
        m_workload->SetAttribute("MessageBytes", UintegerValue(MESSAGE_BYTES));
        m_workload->SetAttribute("SendResidual", BooleanValue(true));
        std::vector<MoeWorkload::Gateway> gateways;
        std::vector<MoeWorkload::Resident> residents;
        for (uint32_t layer = 0; layer < LAYERS; ++layer)
        {
            gateways.push_back({GATEWAYS[layer], MicroSeconds(1100)});
            for (uint32_t expert = 0; expert < EXPERTS; ++expert)
            {
                residents.push_back({layer, expert, GetHost(layer, expert), MicroSeconds(4900)});
            }
        }
        m_workload->SetGateways(std::move(gateways), MicroSeconds(700));
        m_workload->SetResidents(EXPERTS, std::move(residents));
        std::vector<MoeWorkload::Sequence> sequences;
        std::vector<uint16_t> activations;
        for (uint32_t sequence = 0; sequence < SEQUENCES; ++sequence)
        {
            sequences.push_back({NanoSeconds(sequence * STARTS_NS), TOKENS, sequence * TOKENS});
        }
        for (uint32_t row = 0; row < SEQUENCES * TOKENS * LAYERS; ++row)
        {
            // One expert out of three rests.
            const uint16_t first = row * 7 % EXPERTS;
            activations.insert(activations.end(),
                               {first, static_cast<uint16_t>((first + 1) % EXPERTS)});
        }
        m_workload->SetSequences(std::move(sequences), TOP_K, std::move(activations));
        MoeHelper helper;
        helper.SetEndpointAttribute("SegmentBytes", UintegerValue(m_conditions.segmentBytes));
        if (m_conditions.recovers)
        {
            helper.SetEndpointAttribute("Timeout", TimeValue(MilliSeconds(900)));
            helper.SetEndpointAttribute("AskAfter", TimeValue(MilliSeconds(300)));
        }
        const ApplicationContainer applications =
            helper.Install(network.GetNetwork(), m_workload, recorder);
        for (uint32_t index = 0; index < applications.GetN(); ++index)
        {
            PointerValue endpoint;
            applications.Get(index)->GetAttribute("Endpoint", endpoint);
            Ptr<MessageEndpoint> each = endpoint.Get<MessageEndpoint>();
            each->TraceConnectWithoutContext("SegmentSent",
                                             MakeCallback(&FlowMonitorTestCase::Sent, this));
            each->TraceConnectWithoutContext("SegmentReceived",
                                             MakeCallback(&FlowMonitorTestCase::Received, this));
        }
    }

    /**
     * @param layer the layer
     * @param expert the expert
     * @return where it lives
     */
    static uint32_t GetHost(uint32_t layer, uint32_t expert)
    {
        return layer * (EXPERTS + 1) + 1 + expert;
    }

    /// Follow the lengths of all queues. @param network the network
    void Watch(const LeoTestNetwork& network)
    {
        for (uint32_t satellite = 0; satellite < SATELLITES; ++satellite)
        {
            Ptr<Node> node = network.GetSatellites().Get(satellite);
            node->GetObject<ComputeServer>()->TraceConnectWithoutContext(
                "Length",
                MakeCallback(&LengthIntegral::Change, &m_servers[satellite]));
            for (uint32_t index = 1; index < node->GetNDevices(); ++index)
            {
                auto device = DynamicCast<PointToPointNetDevice>(node->GetDevice(index));
                m_links.emplace_back();
                device->GetQueue()->TraceConnectWithoutContext(
                    "PacketsInQueue",
                    MakeCallback(&LengthIntegral::Change, &m_links.back()));
            }
        }
    }

    /**
     * @brief Name the flow of a segment.
     * @param header of the segment
     * @return the flow; that of what it is about, backwards, if it is of the transport
     */
    Flow GetFlow(const MoeHeader& header) const
    {
        const uint32_t next = (header.layer + 1) % LAYERS;
        const uint8_t kind = header.IsControl() ? header.about : header.kind;
        uint32_t from = GATEWAYS[header.layer];
        uint32_t to = GATEWAYS[next];
        uint32_t fromPort = MoeWorkload::FIRST_GATEWAY_PORT + header.layer;
        uint32_t toPort = MoeWorkload::FIRST_GATEWAY_PORT + next;
        if (kind != MoeHeader::RESIDUAL)
        {
            const bool isDispatch = kind == MoeHeader::DISPATCH;
            (isDispatch ? to : from) = GetHost(header.layer, header.expert);
            (isDispatch ? toPort : fromPort) =
                MoeWorkload::FIRST_EXPERT_PORT + header.layer * EXPERTS + header.expert;
        }
        return header.IsControl() ? Flow{to, from, toPort, fromPort}
                                  : Flow{from, to, fromPort, toPort};
    }

    /// Trace sink: a segment is sent. @param packet its UDP payload
    void Sent(Ptr<const Packet> packet)
    {
        MoeHeader header;
        packet->PeekHeader(header);
        Account& account = m_flows[GetFlow(header)];
        ++account.sent;
        account.sentBytes += packet->GetSize();
    }

    /// Trace sink: a segment is received. @param packet its UDP payload
    void Received(Ptr<const Packet> packet)
    {
        MoeHeader header;
        packet->PeekHeader(header);
        PathLedgerTag ledger;
        packet->PeekPacketTag(ledger);
        Account& account = m_flows[GetFlow(header)];
        ++account.received;
        account.receivedBytes += packet->GetSize();
        account.delay += Simulator::Now() - ledger.GetSent();
        account.forwarded += ledger.GetHops() - 1;
        // The parts of a segment's delay; alone with its message, it would have been ready earlier.
        m_queueing += (Simulator::Now() - ledger.GetReady()).GetNanoSeconds();
    }

    /**
     * @brief Compare flow by flow, and the sums with the recorder's account.
     * @param monitor what FlowMonitor says
     * @param classifier names its flows
     * @param recorder what we say
     */
    void Compare(FlowMonitor& monitor,
                 const Ipv4FlowClassifier& classifier,
                 const MoeRecorder& recorder)
    {
        using Reason = MoeRecorder::DropReason;
        uint64_t sent = 0;
        uint64_t received = 0;
        uint64_t lost = 0;
        uint64_t queueFull = 0;
        NS_TEST_EXPECT_MSG_EQ(monitor.GetFlowStats().size(), m_flows.size(), "flows");
        for (const auto& [id, theirs] : monitor.GetFlowStats())
        {
            const Ipv4FlowClassifier::FiveTuple tuple = classifier.FindFlow(id);
            const Account ours = m_flows[{ForwardingTables::GetSatellite(tuple.sourceAddress),
                                          ForwardingTables::GetSatellite(tuple.destinationAddress),
                                          tuple.sourcePort,
                                          tuple.destinationPort}];
            const uint64_t headers = IP_AND_UDP_BYTES;
            NS_TEST_EXPECT_MSG_EQ(theirs.txPackets, ours.sent, "sent in flow " << id);
            NS_TEST_EXPECT_MSG_EQ(theirs.txBytes, ours.sentBytes + headers * ours.sent, "bytes");
            NS_TEST_EXPECT_MSG_EQ(theirs.rxPackets, ours.received, "received in flow " << id);
            NS_TEST_EXPECT_MSG_EQ(theirs.rxBytes,
                                  ours.receivedBytes + headers * ours.received,
                                  "bytes");
            NS_TEST_EXPECT_MSG_EQ(theirs.lostPackets, ours.sent - ours.received, "lost");
            NS_TEST_EXPECT_MSG_EQ(theirs.delaySum, ours.delay, "sum of delays of flow " << id);
            if (!m_conditions.losesPackets)
            {
                NS_TEST_EXPECT_MSG_EQ(theirs.timesForwarded, ours.forwarded, "forwarded");
            }
            sent += theirs.txPackets;
            received += theirs.rxPackets;
            lost += theirs.lostPackets;
            if (theirs.packetsDropped.size() > Ipv4FlowProbe::DROP_QUEUE)
            {
                queueFull += theirs.packetsDropped[Ipv4FlowProbe::DROP_QUEUE];
            }
        }
        NS_TEST_EXPECT_MSG_EQ(sent, recorder.GetSent().segments, "account of what was sent");
        NS_TEST_EXPECT_MSG_EQ(received, recorder.GetReceived().segments, "what was received");
        NS_TEST_EXPECT_MSG_EQ(lost, recorder.GetDropped().segments, "what was dropped");
        NS_TEST_EXPECT_MSG_EQ(queueFull,
                              recorder.GetDropped(Reason::QUEUE_FULL).segments,
                              "what found a queue full");
        NS_TEST_EXPECT_MSG_EQ((lost > 0), m_conditions.losesPackets, "losses");
        const bool allOut = !m_conditions.losesPackets || m_conditions.recovers;
        NS_TEST_EXPECT_MSG_EQ((recorder.GetTokensEmitted() == SEQUENCES * TOKENS),
                              allOut,
                              "all tokens are emitted");
    }

    /// Hold each queue to Little's law. @param recorder what was recorded
    void CheckLittle(const MoeRecorder& recorder)
    {
        std::array<int64_t, SATELLITES> stays{};
        int64_t jobsWaited = 0;
        for (const JobRecord& job : recorder.GetJobs())
        {
            stays[job.satellite] += (job.finished - job.submitted).GetNanoSeconds();
            jobsWaited += (job.started - job.submitted).GetNanoSeconds();
        }
        for (uint32_t satellite = 0; satellite < SATELLITES; ++satellite)
        {
            NS_TEST_EXPECT_MSG_EQ(m_servers[satellite].Get(),
                                  stays[satellite],
                                  "Little's law at the computer of satellite " << satellite);
        }
        NS_TEST_EXPECT_MSG_GT(jobsWaited, 0, "jobs wait");
        const bool isWhole = m_conditions.segmentBytes >= MESSAGE_BYTES + MoeHeader::BYTES;
        if (!isWhole || m_conditions.losesPackets)
        {
            return; // there is waiting that is no queueing, or is lost with its packet
        }
        const int64_t waited = std::accumulate(
            m_links.begin(),
            m_links.end(),
            int64_t{0},
            [](int64_t sum, const LengthIntegral& link) { return sum + link.Get(); });
        NS_TEST_EXPECT_MSG_EQ(m_queueing, waited, "Little's law over the transmit queues");
        NS_TEST_EXPECT_MSG_GT(waited, 0, "packets wait");
    }

    Conditions m_conditions;                                  //!< of the network
    Ptr<MoeWorkload> m_workload{CreateObject<MoeWorkload>()}; //!< the plan
    std::map<Flow, Account> m_flows;                          //!< what we say
    std::map<uint32_t, LengthIntegral> m_servers;             //!< of the computers
    std::deque<LengthIntegral> m_links;                       //!< of the transmit queues
    int64_t m_queueing{0};                                    //!< by the ledgers, in nanoseconds
};

} // namespace

std::vector<TestCase*>
MakeFlowMonitorTestCases()
{
    constexpr uint32_t WHOLE = MESSAGE_BYTES + MoeHeader::BYTES;
    constexpr uint32_t IN_FIVE = MESSAGE_BYTES / 5 + MoeHeader::BYTES;
    constexpr uint32_t ROOMY = 10'000;
    return {
        new FlowMonitorTestCase("FlowMonitor's flows are ours: one segment a message",
                                {WHOLE, ROOMY, 0, false, false}),
        new FlowMonitorTestCase("FlowMonitor's flows are ours: five segments a message",
                                {IN_FIVE, ROOMY, 0, false, false}),
        new FlowMonitorTestCase("FlowMonitor's losses are ours: full queues",
                                {IN_FIVE, 40, 0, false, true}),
        new FlowMonitorTestCase("FlowMonitor's losses are ours: corrupted packets, sent again",
                                {IN_FIVE, ROOMY, 0.02, true, true}),
    };
}

} // namespace ns3
