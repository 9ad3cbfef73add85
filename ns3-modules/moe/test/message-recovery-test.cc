/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "moe-test.h"
#include "pair.h"

#include "ns3/error-model.h"
#include "ns3/message-endpoint.h"
#include "ns3/nstime.h"
#include "ns3/packet.h"
#include "ns3/pointer.h"
#include "ns3/simulator.h"

#include <list>
#include <string>
#include <utility>

namespace ns3
{

namespace
{

using namespace pair;

/**
 * @ingroup moe-test
 *
 * One message from satellite 0, port 10000, to satellite 1, at time zero. Light takes 3 ms; a byte
 * takes 1 us. A full segment is 166 bytes on the wire, the last one of 250 bytes 116, so that they
 * arrive at 3.166, 3.332 and 3.448 ms. An acknowledgement is 66 bytes on the wire, and a request of
 * up to eight segments 67.
 */
class RecoveryTestCase : public TestCase
{
  public:
    /** What is sent, and which packets come with errors. */
    struct Given
    {
        uint32_t messageBytes;           //!< length of the message
        std::list<uint32_t> lostThere{}; //!< packets that satellite 1 does not get, from 0
        std::list<uint32_t> lostBack{};  //!< packets that satellite 0 does not get, from 0
        uint32_t room{pair::ROOM};       //!< bytes of a message in a full segment
    };

    /** What must come out. */
    struct Expected
    {
        uint64_t sent;            //!< segments of messages, copies included
        uint64_t control;         //!< acknowledgements and requests
        uint64_t duplicates;      //!< segments that were there already
        uint32_t givenUp;         //!< messages
        int64_t arrivedNs;        //!< -1 if it does not arrive
        int64_t retransmissionNs; //!< part of its delay
        int64_t endNs;            //!< when nothing is pending any more
        int64_t queueingNs{0};    //!< part of its delay
    };

    /**
     * @brief Constructor.
     * @param name of the case
     * @param given what is sent and lost
     * @param expected what must come out
     */
    RecoveryTestCase(const std::string& name, Given given, Expected expected)
        : TestCase(name),
          m_given(std::move(given)),
          m_expected(expected)
    {
    }

  private:
    void DoRun() override
    {
        const Pair pair;
        Lose(pair.GetNode(1), m_given.lostThere);
        Lose(pair.GetNode(0), m_given.lostBack);
        Ptr<MessageEndpoint> sender = MakeEndpoint();
        Ptr<MessageEndpoint> receiver = MakeEndpoint();
        sender->Open(pair.GetNode(0), 0, 10000, [](const MessageRecord&) {});
        receiver->Open(pair.GetNode(1), 1, PORT, [this](const MessageRecord& message) {
            ++m_received;
            m_message = message;
        });
        MoeHeader header;
        header.kind = MoeHeader::RESULT;
        header.layer = 2;
        header.expert = 7;
        header.messageBytes = m_given.messageBytes;
        sender->Send(header, 77, 1, PORT);
        NS_TEST_EXPECT_MSG_EQ(sender->GetPending(), 1, "pending once it is sent");
        Simulator::Schedule(NanoSeconds(m_expected.endNs - 1), [&] {
            NS_TEST_EXPECT_MSG_GT(sender->GetPending(), 0, "pending before the end");
        });
        Simulator::Schedule(NanoSeconds(m_expected.endNs + 1), [&] {
            NS_TEST_EXPECT_MSG_EQ(sender->GetPending(), 0, "pending at the end");
        });
        Simulator::Run();
        NS_TEST_EXPECT_MSG_EQ(receiver->GetPending(), 0, "pending at the receiver");
        Check();
        sender->Dispose();
        receiver->Dispose();
        Simulator::Destroy();
    }

    /// Compare what came out.
    void Check()
    {
        NS_TEST_EXPECT_MSG_EQ(m_sent, m_expected.sent, "segments sent");
        NS_TEST_EXPECT_MSG_EQ(m_control, m_expected.control, "acknowledgements and requests");
        NS_TEST_EXPECT_MSG_EQ(m_duplicates, m_expected.duplicates, "duplicates");
        NS_TEST_EXPECT_MSG_EQ(m_givenUp, m_expected.givenUp, "given up");
        NS_TEST_EXPECT_MSG_EQ(m_received, (m_expected.arrivedNs < 0 ? 0 : 1), "received");
        if (m_expected.arrivedNs < 0)
        {
            return;
        }
        const MessageRecord& m = m_message;
        NS_TEST_EXPECT_MSG_EQ(m.arrived, NanoSeconds(m_expected.arrivedNs), "arrived");
        NS_TEST_EXPECT_MSG_EQ(m.retransmission,
                              NanoSeconds(m_expected.retransmissionNs),
                              "retransmission");
        NS_TEST_EXPECT_MSG_EQ(m.propagation, NanoSeconds(LIGHT_NS), "propagation");
        NS_TEST_EXPECT_MSG_EQ(m.queueing, NanoSeconds(m_expected.queueingNs), "queueing");
        NS_TEST_EXPECT_MSG_EQ(m.propagation + m.serialisation + m.queueing + m.waiting +
                                  m.retransmission + m.transport,
                              m.arrived - m.sent,
                              "sum of the parts");
    }

    /**
     * @brief Make an endpoint that waits 50 ms for word, asks after 8 ms and gives up after 180 ms.
     * @return the endpoint, observed
     */
    Ptr<MessageEndpoint> MakeEndpoint()
    {
        Ptr<MessageEndpoint> endpoint = Pair::MakeEndpoint(m_given.room + MoeHeader::BYTES);
        endpoint->SetAttribute("Timeout", TimeValue(MilliSeconds(50)));
        endpoint->SetAttribute("AskAfter", TimeValue(MilliSeconds(8)));
        endpoint->SetAttribute("GiveUp", TimeValue(MilliSeconds(180)));
        Callback<void, Ptr<const Packet>> sent([this](Ptr<const Packet> packet) {
            MoeHeader header;
            packet->PeekHeader(header);
            ++(header.IsControl() ? m_control : m_sent);
            if (header.IsControl())
            {
                NS_TEST_EXPECT_MSG_EQ(header.about, MoeHeader::RESULT, "about what");
                NS_TEST_EXPECT_MSG_EQ(header.expert, 7, "about whose");
            }
        });
        Callback<void, Ptr<const Packet>> duplicate([this](Ptr<const Packet>) { ++m_duplicates; });
        Callback<void, const MessageRecord&> givenUp([this](const MessageRecord& message) {
            NS_TEST_EXPECT_MSG_EQ(message.message, 77, "which message");
            ++m_givenUp;
        });
        endpoint->TraceConnectWithoutContext("SegmentSent", sent);
        endpoint->TraceConnectWithoutContext("SegmentDuplicate", duplicate);
        endpoint->TraceConnectWithoutContext("MessageGivenUp", givenUp);
        return endpoint;
    }

    /**
     * @brief Let a satellite lose packets that come to it.
     * @param node the satellite
     * @param packets which, from 0
     */
    static void Lose(Ptr<Node> node, const std::list<uint32_t>& packets)
    {
        Ptr<ReceiveListErrorModel> errors = CreateObject<ReceiveListErrorModel>();
        errors->SetList(packets);
        constexpr uint32_t LASER = 1; // behind the loopback device
        node->GetDevice(LASER)->SetAttribute("ReceiveErrorModel", PointerValue(errors));
    }

    Given m_given;            //!< what is sent and lost
    Expected m_expected;      //!< what must come out
    MessageRecord m_message;  //!< as it was received
    uint32_t m_received{0};   //!< messages
    uint32_t m_givenUp{0};    //!< messages
    uint64_t m_sent{0};       //!< segments of messages
    uint64_t m_control{0};    //!< acknowledgements and requests
    uint64_t m_duplicates{0}; //!< segments that were there already
};

} // namespace

std::vector<TestCase*>
MakeMessageRecoveryTestCases()
{
    return {
        // The acknowledgement leaves at 3.448 ms and takes 3.066 ms.
        new RecoveryTestCase("What arrives is acknowledged",
                             {250},
                             {3, 1, 0, 0, 3'448'000, 0, 6'514'000}),
        // Asked for 8 ms after the last segment, at 11.448 ms; sent at 14.515 ms, there 3.166 ms
        // on.
        new RecoveryTestCase("A missing segment is asked for, and it alone is sent again",
                             {250, {1}},
                             {4, 2, 0, 0, 17'681'000, 14'515'000, 20'747'000}),
        // The first request is lost; the next one comes 8 ms later.
        new RecoveryTestCase("A lost request is repeated",
                             {250, {1}, {0}},
                             {4, 3, 0, 0, 25'681'000, 22'515'000, 28'747'000}),
        new RecoveryTestCase("Without word, a message is sent again as a whole",
                             {100, {0}},
                             {2, 1, 0, 0, 53'166'000, 50'000'000, 56'232'000}),
        // All copies arrive from 53.166 ms on; the first is acknowledged, at once.
        new RecoveryTestCase("Copies of what is there are dropped and acknowledged, once",
                             {250, {}, {0}},
                             {6, 2, 3, 0, 3'448'000, 0, 56'232'000}),
        // Sent at 0, 50, 100 and 150 ms.
        new RecoveryTestCase("What is never acknowledged is given up",
                             {100, {0, 1, 2, 3}},
                             {4, 0, 0, 1, -1, 0, 180'000'000}),
        // Acknowledged at 3.166, 53.166, 103.166 and 153.166 ms, in vain.
        new RecoveryTestCase("What has arrived without its sender's knowledge is there once",
                             {100, {}, {0, 1, 2, 3}},
                             {4, 4, 3, 1, 3'166'000, 0, 180'000'000}),
        // Segments of 40 + 30 bytes arrive every 70 us, the last at 10 ms; a request is about 32
        // segments at most, so two are sent at 18 ms: from 3 to 34 and from 90 to 99, 70 and 68
        // bytes long. They are there at 21.070 and 21.138 ms: the copy of segment 90 begins with
        // its
        // arrival, that of 3 ends at 21.140 ms, so that 90 queues for 2 us behind it.
        new RecoveryTestCase("A request is as long as a segment, and there are as many as it takes",
                             {400, {3, 90}, {}, 4},
                             {102, 3, 0, 0, 24'210'000, 21'138'000, 27'276'000, 2'000}),
    };
}

} // namespace ns3
