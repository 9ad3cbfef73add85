/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "moe-test.h"
#include "pair.h"

#include "ns3/double.h"
#include "ns3/error-model.h"
#include "ns3/message-endpoint.h"
#include "ns3/nstime.h"
#include "ns3/pointer.h"
#include "ns3/simulator.h"
#include "ns3/tcp-endpoint.h"
#include "ns3/tcp-ledger.h"
#include "ns3/uinteger.h"

#include <list>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace ns3
{

namespace
{

using namespace pair;

/**
 * @ingroup moe-test
 *
 * Messages of all lengths on one connection from satellite 0 to satellite 1, and what becomes of
 * them when packets are lost.
 */
class StreamTestCase : public TestCase
{
  public:
    /**
     * @brief Constructor.
     * @param name of the case
     * @param bufferBytes capacity of the buffers
     * @param lost packets that satellite 1 does not get, from 0
     */
    StreamTestCase(const std::string& name, uint32_t bufferBytes, std::list<uint32_t> lost)
        : TestCase(name),
          m_bufferBytes(bufferBytes),
          m_lost(std::move(lost))
    {
    }

  private:
    void DoRun() override
    {
        const std::vector<uint32_t> lengths{0, 1, 35, 36, 37, 64, 100, 5000, 0, 0, 40'000, 7};
        const Pair pair;
        for (uint32_t satellite : {0, 1})
        {
            Ptr<TcpLedger> ledger = TcpLedger::Get(pair.GetNode(satellite), satellite);
            Callback<void, uint32_t, TcpLedger::Kind> sent([this](uint32_t, TcpLedger::Kind kind) {
                ++m_sent;
                m_again += kind == TcpLedger::Kind::REPEATED ? 1 : 0;
            });
            Callback<void, uint32_t, TcpLedger::Kind> received(
                [this](uint32_t, TcpLedger::Kind) { ++m_received; });
            ledger->TraceConnectWithoutContext("Sent", sent);
            ledger->TraceConnectWithoutContext("Received", received);
        }
        auto errors = CreateObject<ReceiveListErrorModel>();
        errors->SetList(m_lost);
        pair.GetNode(1)->GetDevice(1)->SetAttribute("ReceiveErrorModel", PointerValue(errors));
        Ptr<TcpEndpoint> sender = MakeEndpoint();
        Ptr<TcpEndpoint> receiver = MakeEndpoint();
        std::vector<MessageRecord> messages;
        sender->Open(pair.GetNode(0), 0, 10000, [](const MessageRecord&) {});
        receiver->Open(pair.GetNode(1), 1, PORT, [&](const MessageRecord& message) {
            messages.push_back(message);
        });
        sender->Connect(1, PORT);
        NS_TEST_EXPECT_MSG_EQ(sender->GetPending(), 1, "a connection that is not open");
        Simulator::Schedule(MilliSeconds(20'000), [&] {
            NS_TEST_EXPECT_MSG_EQ(sender->GetPending(), 0, "an open connection");
            for (uint32_t number = 0; number < lengths.size(); ++number)
            {
                MoeHeader header;
                header.token = number;
                header.messageBytes = lengths[number];
                sender->Send(header, 100 + number, 1, PORT);
            }
            NS_TEST_EXPECT_MSG_EQ(sender->GetPending(), 1, "messages that are not acknowledged");
        });
        Simulator::Stop(Seconds(29));
        Simulator::Run();
        NS_TEST_EXPECT_MSG_EQ(sender->GetPending(), 0, "all acknowledged");
        NS_TEST_ASSERT_MSG_EQ(messages.size(), lengths.size(), "messages received");
        for (uint32_t number = 0; number < lengths.size(); ++number)
        {
            Check(messages[number], number, lengths[number]);
        }
        NS_TEST_EXPECT_MSG_EQ(m_sent, m_received + m_lost.size(), "packets sent");
        NS_TEST_EXPECT_MSG_EQ((m_again > 0), (!m_lost.empty()), "sent again");
        sender->Dispose();
        receiver->Dispose();
        Simulator::Destroy();
    }

    /**
     * @brief Compare a message.
     * @param m the message
     * @param number expected
     * @param bytes expected
     */
    void Check(const MessageRecord& m, uint32_t number, uint32_t bytes)
    {
        NS_TEST_EXPECT_MSG_EQ(m.message, 100 + number, "number");
        NS_TEST_EXPECT_MSG_EQ(m.header.token, number, "token");
        NS_TEST_EXPECT_MSG_EQ(m.header.messageBytes, bytes, "length");
        NS_TEST_EXPECT_MSG_EQ(m.fromSatellite, 0, "from");
        NS_TEST_EXPECT_MSG_EQ(m.hops, 1, "hops");
        NS_TEST_EXPECT_MSG_EQ(m.propagation, NanoSeconds(LIGHT_NS), "propagation");
        NS_TEST_EXPECT_MSG_EQ(m.queueing, Time(0), "behind nobody but its own connection");
        NS_TEST_EXPECT_MSG_GT_OR_EQ(m.transport, NanoSeconds(1), "transport");
        NS_TEST_EXPECT_MSG_EQ(m.propagation + m.serialisation + m.queueing + m.waiting +
                                  m.retransmission + m.transport,
                              m.arrived - m.sent,
                              "sum of the parts");
    }

    /// @return an endpoint with room for 100 bytes a packet
    Ptr<TcpEndpoint> MakeEndpoint() const
    {
        return CreateObjectWithAttributes<TcpEndpoint>("TcpSegmentBytes",
                                                       UintegerValue(100),
                                                       "BufferBytes",
                                                       UintegerValue(m_bufferBytes));
    }

    uint32_t m_bufferBytes;     //!< capacity of the buffers
    std::list<uint32_t> m_lost; //!< packets that satellite 1 does not get
    uint64_t m_sent{0};         //!< packets, of both satellites
    uint64_t m_received{0};     //!< packets, of both satellites
    uint64_t m_again{0};        //!< packets whose stream was sent before
};

/**
 * @ingroup moe-test
 *
 * Packets are lost while a connection is opened, and perhaps the first of a message long after.
 * That is sent again after the least timeout: light there and back takes 6 ms, and there was
 * nothing else to be measured.
 */
class LeastTimeoutTestCase : public TestCase
{
  public:
    /**
     * @brief Constructor.
     * @param name of the case
     * @param lostAt0 packets that satellite 0 does not get, from 0
     * @param lostAt1 packets that satellite 1 does not get, from 0
     * @param waits timeouts that the message waits for
     */
    LeastTimeoutTestCase(const std::string& name,
                         std::list<uint32_t> lostAt0,
                         std::list<uint32_t> lostAt1,
                         uint32_t waits)
        : TestCase(name),
          m_lost({std::move(lostAt0), std::move(lostAt1)}),
          m_waits(waits)
    {
    }

  private:
    void DoRun() override
    {
        const Pair pair;
        for (uint32_t satellite : {0, 1})
        {
            auto errors = CreateObject<ReceiveListErrorModel>();
            errors->SetList(m_lost[satellite]);
            pair.GetNode(satellite)->GetDevice(1)->SetAttribute("ReceiveErrorModel",
                                                                PointerValue(errors));
        }
        auto sender = CreateObject<TcpEndpoint>();
        auto receiver = CreateObject<TcpEndpoint>();
        std::vector<MessageRecord> messages;
        sender->Open(pair.GetNode(0), 0, 10000, [](const MessageRecord&) {});
        receiver->Open(pair.GetNode(1), 1, PORT, [&](const MessageRecord& message) {
            messages.push_back(message);
        });
        sender->Connect(1, PORT);
        MoeHeader header;
        header.messageBytes = 10;
        Simulator::Schedule(Seconds(20), [&] { sender->Send(header, 8, 1, PORT); });
        Simulator::Stop(Seconds(29));
        Simulator::Run();
        NS_TEST_ASSERT_MSG_EQ(messages.size(), 1, "messages received");
        // A nanosecond: ns-3's TCP sends in an event of its own.
        NS_TEST_EXPECT_MSG_EQ(messages[0].transport,
                              Seconds(m_waits) + NanoSeconds(1),
                              "until it was sent for the last time");
        sender->Dispose();
        receiver->Dispose();
        Simulator::Destroy();
    }

    std::vector<std::list<uint32_t>> m_lost; //!< packets that each satellite does not get
    uint32_t m_waits;                        //!< timeouts of the message
};

/**
 * @ingroup moe-test
 *
 * Satellite 1 gets nothing: the connection is given up, and the message on it.
 */
class GivenUpConnectionTestCase : public TestCase
{
  public:
    GivenUpConnectionTestCase()
        : TestCase("A connection that does not come about is given up with its messages")
    {
    }

  private:
    void DoRun() override
    {
        const Pair pair;
        auto errors = CreateObjectWithAttributes<RateErrorModel>("ErrorRate", DoubleValue(1));
        errors->SetUnit(RateErrorModel::ERROR_UNIT_PACKET);
        pair.GetNode(1)->GetDevice(1)->SetAttribute("ReceiveErrorModel", PointerValue(errors));
        auto sender = CreateObjectWithAttributes<TcpEndpoint>("Retries", UintegerValue(2));
        std::vector<uint64_t> givenUp;
        Callback<void, const MessageRecord&> giveUp(
            [&](const MessageRecord& message) { givenUp.push_back(message.message); });
        sender->TraceConnectWithoutContext("MessageGivenUp", giveUp);
        sender->Open(pair.GetNode(0), 0, 10000, [](const MessageRecord&) {});
        MoeHeader header;
        header.messageBytes = 10;
        sender->Send(header, 8, 1, PORT);
        sender->Send(header, 9, 1, PORT);
        // Long after: the connection is not opened again.
        Simulator::Schedule(Seconds(25), [&] { sender->Send(header, 10, 1, PORT); });
        Simulator::Stop(Seconds(29));
        Simulator::Run();
        NS_TEST_EXPECT_MSG_EQ((givenUp == std::vector<uint64_t>{8, 9, 10}), true, "given up");
        NS_TEST_EXPECT_MSG_EQ(sender->GetPending(), 0, "nothing is pending");
        sender->Dispose();
        Simulator::Destroy();
    }
};

/**
 * @ingroup moe-test
 */
class TakenTcpPortTestCase : public TestCase
{
  public:
    TakenTcpPortTestCase()
        : TestCase("TcpEndpoint refuses a port that is taken and what is no congestion control")
    {
    }

  private:
    void DoRun() override
    {
        const Pair pair;
        const auto ignore = [](const MessageRecord&) {};
        auto first = CreateObject<TcpEndpoint>();
        auto second = CreateObject<TcpEndpoint>();
        first->Open(pair.GetNode(0), 0, PORT, ignore);
        const std::string taken = CatchMessage<std::runtime_error>(
            [&] { second->Open(pair.GetNode(0), 0, PORT, ignore); });
        NS_TEST_EXPECT_MSG_NE(taken.find("TCP port 20000 of satellite 0"),
                              std::string::npos,
                              taken);
        auto odd = CreateObjectWithAttributes<TcpEndpoint>("CongestionControl",
                                                           TypeIdValue(Object::GetTypeId()));
        const std::string refused = CatchMessage<std::invalid_argument>(
            [&] { odd->Open(pair.GetNode(0), 0, PORT + 1, ignore); });
        NS_TEST_EXPECT_MSG_NE(refused.find("no congestion control"), std::string::npos, refused);
        for (const Ptr<TcpEndpoint>& endpoint : {first, second, odd})
        {
            endpoint->Dispose();
        }
        Simulator::Destroy();
    }
};

} // namespace

std::vector<TestCase*>
MakeTcpEndpointTestCases()
{
    return {
        new StreamTestCase("Messages of all lengths come through one connection", 100'000, {}),
        new StreamTestCase("Messages larger than the buffer come through", 2000, {}),
        new StreamTestCase("Messages come through, each once, though packets are lost",
                           100'000,
                           {5, 6, 40, 200}),
        // Satellite 1 gets: two questions; a confirmation, and a refusal of the answer that the
        // first question has at last; the message.
        new LeastTimeoutTestCase("An answer that is lost makes no timeout longer", {0}, {4}, 1),
        new LeastTimeoutTestCase("The first message opens a connection whose confirmation was lost",
                                 {},
                                 {1},
                                 0),
        new GivenUpConnectionTestCase,
        new TakenTcpPortTestCase,
    };
}

} // namespace ns3
