/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "moe-test.h"
#include "pair.h"

#include "ns3/inet-socket-address.h"
#include "ns3/message-endpoint.h"
#include "ns3/packet.h"
#include "ns3/path-ledger-tag.h"
#include "ns3/simulator.h"
#include "ns3/socket.h"
#include "ns3/udp-socket-factory.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <limits>
#include <stdexcept>

namespace ns3
{

namespace
{

using namespace pair;

/**
 * @ingroup moe-test
 */
class SegmentationTestCase : public TestCase
{
  public:
    SegmentationTestCase()
        : TestCase("MessageEndpoint cuts a message into full segments and a rest")
    {
    }

  private:
    void DoRun() override
    {
        Ptr<MessageEndpoint> counter = Pair::MakeEndpoint();
        const std::pair<uint32_t, uint32_t> counts[] = {
            {0, 1},
            {1, 1},
            {99, 1},
            {100, 1},
            {101, 2},
            {200, 2},
            {250, 3},
            {std::numeric_limits<uint32_t>::max(), 42949673},
        };
        for (const auto& [bytes, segments] : counts)
        {
            NS_TEST_EXPECT_MSG_EQ(counter->GetSegments(bytes), segments, bytes << " bytes");
        }
        CheckDatagrams(0, {36});
        CheckDatagrams(100, {136});
        CheckDatagrams(101, {136, 37});
        CheckDatagrams(250, {136, 136, 86});
    }

    /**
     * @brief Send a message to a plain socket.
     * @param messageBytes its length
     * @param sizes expected payloads of the datagrams
     */
    void CheckDatagrams(uint32_t messageBytes, const std::vector<uint32_t>& sizes)
    {
        const Pair pair;
        Ptr<MessageEndpoint> endpoint = Pair::MakeEndpoint();
        endpoint->Open(pair.GetNode(0), 0, 10000, [](const MessageRecord&) {});
        Ptr<Socket> sink = pair.MakeSocket(1, PORT);
        Simulator::Schedule(MilliSeconds(5), [&] {
            MoeHeader header;
            header.messageBytes = messageBytes;
            endpoint->Send(header, 77, 1, PORT);
        });
        Simulator::Run();
        for (uint32_t segment = 0; segment < sizes.size(); ++segment)
        {
            Ptr<Packet> packet = sink->Recv();
            NS_TEST_EXPECT_MSG_EQ(bool(packet), true, "datagram " << segment);
            if (!packet)
            {
                break;
            }
            NS_TEST_EXPECT_MSG_EQ(packet->GetSize(), sizes[segment], "payload of " << segment);
            CheckHeader(packet, messageBytes, segment, sizes.size());
        }
        NS_TEST_EXPECT_MSG_EQ(bool(sink->Recv()), false, "a datagram too many");
        endpoint->Dispose();
        Simulator::Destroy();
    }

    /**
     * @brief Compare what a datagram says of itself.
     * @param packet the datagram's payload
     * @param messageBytes length of the message
     * @param segment index of the segment
     * @param segments number of segments
     */
    void CheckHeader(Ptr<Packet> packet, uint32_t messageBytes, uint32_t segment, uint32_t segments)
    {
        MoeHeader header;
        packet->PeekHeader(header);
        NS_TEST_EXPECT_MSG_EQ(header.IsValid(), true, "header");
        NS_TEST_EXPECT_MSG_EQ(header.segment, segment, "segment");
        NS_TEST_EXPECT_MSG_EQ(header.segments, segments, "segments");
        NS_TEST_EXPECT_MSG_EQ(header.messageBytes, messageBytes, "message bytes");
        NS_TEST_EXPECT_MSG_EQ(header.sentNanoseconds, 5'000'000, "sent");
        PathLedgerTag ledger;
        NS_TEST_EXPECT_MSG_EQ(packet->PeekPacketTag(ledger), true, "ledger");
        NS_TEST_EXPECT_MSG_EQ(ledger.GetMessage(), 77, "number of the message");
        NS_TEST_EXPECT_MSG_EQ(ledger.GetSegments(), segments, "segments in the ledger");
    }
};

/**
 * @ingroup moe-test
 */
class TooManySegmentsTestCase : public TestCase
{
  public:
    TooManySegmentsTestCase()
        : TestCase("MessageEndpoint refuses a message of more than 65535 segments")
    {
    }

  private:
    void DoRun() override
    {
        const Pair pair;
        Ptr<MessageEndpoint> endpoint = Pair::MakeEndpoint(MoeHeader::BYTES + 1);
        endpoint->Open(pair.GetNode(0), 0, 10000, [](const MessageRecord&) {});
        endpoint->TraceConnectWithoutContext("MessageSent",
                                             MakeCallback(&TooManySegmentsTestCase::Sent, this));
        MoeHeader header;
        header.messageBytes = 65536;
        NS_TEST_EXPECT_MSG_EQ(endpoint->GetSegments(65535), 65535, "what is still allowed");
        const std::string error =
            CatchMessage<std::invalid_argument>([&] { endpoint->Send(header, 0, 1, PORT); });
        NS_TEST_EXPECT_MSG_NE(error.find("65536 segments"), std::string::npos, error);
        NS_TEST_EXPECT_MSG_EQ(m_sent, 0, "messages sent");
        endpoint->Dispose();
        Simulator::Destroy();
    }

    /// Trace sink: a message was sent.
    void Sent(const MessageRecord&)
    {
        ++m_sent;
    }

    int m_sent{0}; //!< messages sent
};

/**
 * @ingroup moe-test
 *
 * The receiving side, fed with datagrams made by hand.
 */
class ReceivingTestCase : public TestCase
{
  public:
    using TestCase::TestCase;

  protected:
    /**
     * @brief Open the endpoint of satellite 1.
     * @param pair the satellites
     */
    void Open(const Pair& pair)
    {
        m_endpoint = Pair::MakeEndpoint();
        m_endpoint->Open(pair.GetNode(1), 1, PORT, [this](const MessageRecord& message) {
            m_messages.push_back(message);
        });
        m_endpoint->TraceConnectWithoutContext("SegmentReceived",
                                               MakeCallback(&ReceivingTestCase::Segment, this));
        m_endpoint->TraceConnectWithoutContext("MessageReceived",
                                               MakeCallback(&ReceivingTestCase::Message, this));
    }

    /**
     * @brief Make one segment of a message of three.
     * @param token token of the message
     * @param expert its expert
     * @param segment index of the segment
     * @return the datagram's payload
     */
    static Ptr<Packet> MakeSegment(uint32_t token, uint16_t expert, uint16_t segment)
    {
        MoeHeader header;
        header.kind = MoeHeader::RESULT;
        header.token = token;
        header.expert = expert;
        header.segment = segment;
        header.segments = 3;
        header.messageBytes = 3 * ROOM;
        header.sentNanoseconds = Simulator::Now().GetNanoSeconds();
        Ptr<Packet> packet = Create<Packet>(ROOM);
        packet->AddHeader(header);
        packet->AddPacketTag(PathLedgerTag(token, segment, 3, Simulator::Now()));
        return packet;
    }

    /// Close the endpoint and end the simulation.
    void Finish()
    {
        m_endpoint->Dispose();
        m_endpoint = nullptr;
        Simulator::Destroy();
    }

    std::vector<MessageRecord> m_messages; //!< from the endpoint's callback
    int m_segmentTraces{0};                //!< how often the trace source fired
    int m_messageTraces{0};                //!< how often the trace source fired

  private:
    /// Trace sink: a segment was received.
    void Segment(Ptr<const Packet>)
    {
        ++m_segmentTraces;
    }

    /// Trace sink: a message was received.
    void Message(const MessageRecord&)
    {
        ++m_messageTraces;
    }

    Ptr<MessageEndpoint> m_endpoint; //!< of satellite 1
};

/**
 * @ingroup moe-test
 *
 * The six orders of three segments, a message a second, each segment 100 ms after the one before.
 */
class ReassemblyTestCase : public ReceivingTestCase
{
  public:
    ReassemblyTestCase()
        : ReceivingTestCase("A message is complete exactly once, with its last segment to arrive")
    {
    }

  private:
    void DoRun() override
    {
        const Pair pair;
        Open(pair);
        std::vector<uint16_t> order = {0, 1, 2};
        uint32_t token = 0;
        do
        {
            for (int index = 0; index < 3; ++index)
            {
                Simulator::Schedule(MilliSeconds(1000 * token + 100 * index),
                                    [&pair, token, segment = order[index]] {
                                        pair.Send(MakeSegment(token, 0, segment));
                                    });
            }
            ++token;
        } while (std::next_permutation(order.begin(), order.end()));
        Simulator::Run();
        Finish();

        NS_TEST_EXPECT_MSG_EQ(token, 6, "orders");
        NS_TEST_EXPECT_MSG_EQ(m_segmentTraces, 18, "segments");
        NS_TEST_EXPECT_MSG_EQ(m_messageTraces, 6, "messages traced");
        NS_TEST_EXPECT_MSG_EQ(m_messages.size(), 6, "messages handed over");
        if (m_messages.size() != 6)
        {
            return;
        }
        for (uint32_t index = 0; index < m_messages.size(); ++index)
        {
            Check(m_messages[index], index);
        }
    }

    /**
     * @brief Compare a record.
     * @param message the record
     * @param token its token
     */
    void Check(const MessageRecord& message, uint32_t token)
    {
        constexpr int64_t WIRE_BYTES = ROOM + MoeHeader::BYTES + MoeTestNetwork::HEADER_BYTES;
        const Time sent = MilliSeconds(1000 * token + 200);
        const Time transmission = NanoSeconds(WIRE_BYTES * MoeTestNetwork::BYTE_NS);
        NS_TEST_EXPECT_MSG_EQ(message.header.token, token, "token");
        NS_TEST_EXPECT_MSG_EQ(message.header.kind, MoeHeader::RESULT, "kind");
        NS_TEST_EXPECT_MSG_EQ(message.message, token, "number of the message");
        NS_TEST_EXPECT_MSG_EQ(message.fromSatellite, 0, "sender");
        NS_TEST_EXPECT_MSG_EQ(message.toSatellite, 1, "receiver");
        NS_TEST_EXPECT_MSG_EQ(message.hops, 1, "hops");
        NS_TEST_EXPECT_MSG_EQ(message.arrived,
                              sent + transmission + NanoSeconds(LIGHT_NS),
                              "arrival");
        NS_TEST_EXPECT_MSG_EQ(message.propagation, NanoSeconds(LIGHT_NS), "propagation");
        NS_TEST_EXPECT_MSG_EQ(message.waiting, Time(0), "waiting");
        NS_TEST_EXPECT_MSG_EQ(message.propagation + message.serialisation + message.queueing +
                                  message.waiting,
                              message.arrived - message.sent,
                              "sum of the parts");
    }
};

/**
 * @ingroup moe-test
 */
class InterleavedTestCase : public ReceivingTestCase
{
  public:
    InterleavedTestCase()
        : ReceivingTestCase("Messages whose segments arrive interleaved are kept apart")
    {
    }

  private:
    void DoRun() override
    {
        const Pair pair;
        Open(pair);
        std::vector<std::size_t> complete;
        for (uint16_t segment = 0; segment < 3; ++segment)
        {
            for (uint16_t expert = 0; expert < 2; ++expert)
            {
                const Time at = MilliSeconds(100 * segment + 50 * expert);
                Simulator::Schedule(at, [&pair, expert, segment] {
                    pair.Send(MakeSegment(0, expert, segment));
                });
                Simulator::Schedule(at + MilliSeconds(49),
                                    [&] { complete.push_back(m_messages.size()); });
            }
        }
        Simulator::Run();
        Finish();
        const std::vector<std::size_t> expected = {0, 0, 0, 0, 1, 2};
        NS_TEST_EXPECT_MSG_EQ((complete == expected), true, "messages after each segment");
        NS_TEST_EXPECT_MSG_EQ(m_messages.size(), 2, "messages");
        if (m_messages.size() != 2)
        {
            return;
        }
        NS_TEST_EXPECT_MSG_EQ(m_messages[0].header.expert, 0, "first complete");
        NS_TEST_EXPECT_MSG_EQ(m_messages[1].header.expert, 1, "second complete");
    }
};

/**
 * @ingroup moe-test
 *
 * Segments 0, 0, 1, 0 and 1 of three do not make a message; 2 does.
 */
class RepeatedSegmentTestCase : public ReceivingTestCase
{
  public:
    RepeatedSegmentTestCase()
        : ReceivingTestCase("A segment that comes twice counts once")
    {
    }

  private:
    void DoRun() override
    {
        const Pair pair;
        Open(pair);
        std::vector<std::size_t> complete;
        Time at;
        for (const uint16_t segment : {0, 0, 1, 0, 1, 2})
        {
            Simulator::Schedule(at, [&pair, segment] { pair.Send(MakeSegment(0, 0, segment)); });
            at += MilliSeconds(50);
            Simulator::Schedule(at, [&] { complete.push_back(m_messages.size()); });
        }
        Simulator::Run();
        Finish();
        const std::vector<std::size_t> expected = {0, 0, 0, 0, 0, 1};
        NS_TEST_EXPECT_MSG_EQ((complete == expected), true, "messages after each segment");
        NS_TEST_EXPECT_MSG_EQ(m_segmentTraces, 6, "segments");
    }
};

/**
 * @ingroup moe-test
 */
class ForeignDatagramTestCase : public ReceivingTestCase
{
  public:
    ForeignDatagramTestCase()
        : ReceivingTestCase("Datagrams of other programs are ignored")
    {
    }

  private:
    void DoRun() override
    {
        const Pair pair;
        Open(pair);
        Simulator::Schedule(MilliSeconds(1), [&pair] {
            pair.Send(Create<Packet>(0));
            pair.Send(Create<Packet>(5));
            pair.Send(Create<Packet>(500));
            Ptr<Packet> noHeader = Create<Packet>(500);
            noHeader->AddPacketTag(PathLedgerTag(1, 0, 1, Simulator::Now()));
            pair.Send(noHeader);
            Ptr<Packet> noLedger = MakeSegment(0, 0, 0);
            noLedger->RemoveAllPacketTags();
            pair.Send(noLedger);
        });
        Simulator::Schedule(MilliSeconds(100), [&pair] {
            for (uint16_t segment = 0; segment < 3; ++segment)
            {
                pair.Send(MakeSegment(0, 0, segment));
            }
        });
        int before = -1;
        Simulator::Schedule(MilliSeconds(99), [&] { before = m_segmentTraces; });
        Simulator::Run();
        Finish();
        NS_TEST_EXPECT_MSG_EQ(before, 0, "segments among the foreign datagrams");
        NS_TEST_EXPECT_MSG_EQ(m_segmentTraces, 3, "segments of the message");
        NS_TEST_EXPECT_MSG_EQ(m_messages.size(), 1, "messages");
    }
};

} // namespace

std::vector<TestCase*>
MakeMessageEndpointTestCases()
{
    return {
        new SegmentationTestCase,
        new TooManySegmentsTestCase,
        new ReassemblyTestCase,
        new InterleavedTestCase,
        new RepeatedSegmentTestCase,
        new ForeignDatagramTestCase,
    };
}

} // namespace ns3
