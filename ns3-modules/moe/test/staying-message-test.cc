/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "moe-test.h"
#include "pair.h"

#include "ns3/simulator.h"

#include <algorithm>
#include <map>
#include <stdexcept>
#include <utility>
#include <vector>

namespace ns3
{

namespace
{

/**
 * @ingroup moe-test
 *
 * Three endpoints of satellite 0: one sends, two receive.
 */
class StayingTestCase : public TestCase
{
  public:
    using TestCase::TestCase;

  protected:
    static constexpr uint16_t SENDER = 10000; //!< port
    static constexpr uint16_t FIRST = 20000;  //!< port
    static constexpr uint16_t SECOND = 20001; //!< port

    /// Open all. @param pair the satellites
    void Open(const Pair& pair)
    {
        for (const uint16_t port : {SENDER, FIRST, SECOND})
        {
            Ptr<MessageEndpoint> endpoint = Pair::MakeEndpoint();
            endpoint->Open(pair.GetNode(0), 0, port, [this, port](const MessageRecord& message) {
                m_received.emplace_back(port, message);
            });
            for (const char* trace : {"SegmentSent", "SegmentReceived"})
            {
                endpoint->TraceConnectWithoutContext(trace,
                                                     MakeCallback(&StayingTestCase::Segment, this));
            }
            endpoint->TraceConnectWithoutContext("MessageSent",
                                                 MakeCallback(&StayingTestCase::Sent, this));
            m_endpoints[port] = endpoint;
        }
    }

    /**
     * @brief Send a message on satellite 0.
     * @param port where to
     * @param message its number
     */
    void Send(uint16_t port, uint64_t message)
    {
        MoeHeader header;
        header.messageBytes = 250;
        m_endpoints[SENDER]->Send(header, message, 0, port);
    }

    /// Close the endpoints and end the simulation.
    void Finish()
    {
        for (auto& [port, endpoint] : m_endpoints)
        {
            endpoint->Dispose();
        }
        m_endpoints.clear();
        Simulator::Destroy();
    }

    std::map<uint16_t, Ptr<MessageEndpoint>> m_endpoints;       //!< by port
    std::vector<std::pair<uint16_t, MessageRecord>> m_received; //!< by whom, and what
    int m_sent{0};                                              //!< messages sent
    int m_segments{0};                                          //!< sent or received

  private:
    /// Trace sink: a segment was sent or received.
    void Segment(Ptr<const Packet>)
    {
        ++m_segments;
    }

    /// Trace sink: a message was sent.
    void Sent(const MessageRecord&)
    {
        ++m_sent;
    }
};

/**
 * @ingroup moe-test
 */
class StayingMessagesTestCase : public StayingTestCase
{
  public:
    StayingMessagesTestCase()
        : StayingTestCase("Messages that stay on their satellite arrive at once, in order, as no "
                          "packets")
    {
    }

  private:
    void DoRun() override
    {
        const Pair pair;
        Open(pair);
        std::size_t receivedWhileSending = 0;
        Simulator::Schedule(MilliSeconds(7), [&] {
            Send(SECOND, 1);
            Send(FIRST, 2);
            Send(SECOND, 3);
            Send(SENDER, 4);
            receivedWhileSending = m_received.size();
        });
        Simulator::Run();
        const Time end = Simulator::Now();
        Finish();
        NS_TEST_EXPECT_MSG_EQ(receivedWhileSending, 0, "received within the sender's event");
        NS_TEST_EXPECT_MSG_EQ(end, MilliSeconds(7), "the last event");
        NS_TEST_EXPECT_MSG_EQ(m_segments, 0, "segments");
        NS_TEST_EXPECT_MSG_EQ(m_sent, 4, "messages sent");
        NS_TEST_EXPECT_MSG_EQ(m_received.size(), 4, "messages received");
        const uint16_t ports[] = {SECOND, FIRST, SECOND, SENDER};
        for (std::size_t index = 0; index < std::min<std::size_t>(m_received.size(), 4); ++index)
        {
            const auto& [port, message] = m_received[index];
            NS_TEST_EXPECT_MSG_EQ(port, ports[index], "by whom");
            NS_TEST_EXPECT_MSG_EQ(message.message, index + 1, "number");
            Check(message);
        }
    }

    /// @param message a message that stayed
    void Check(const MessageRecord& message)
    {
        NS_TEST_EXPECT_MSG_EQ(message.fromSatellite, 0, "sender");
        NS_TEST_EXPECT_MSG_EQ(message.toSatellite, 0, "receiver");
        NS_TEST_EXPECT_MSG_EQ(message.header.messageBytes, 250, "length");
        NS_TEST_EXPECT_MSG_EQ(message.header.segments, 0, "segments");
        NS_TEST_EXPECT_MSG_EQ(message.hops, 0, "hops");
        NS_TEST_EXPECT_MSG_EQ(message.sent, MilliSeconds(7), "sent");
        NS_TEST_EXPECT_MSG_EQ(message.arrived, MilliSeconds(7), "arrived");
        for (const Time& part :
             {message.propagation, message.serialisation, message.queueing, message.waiting})
        {
            NS_TEST_EXPECT_MSG_EQ(part, Time(0), "part of the delay");
        }
    }
};

/**
 * @ingroup moe-test
 *
 * Right after sending, one receiver closes and the sender does; only the other receiver hears. A
 * message to the closed port then is in vain, and the port can be opened again.
 */
class ClosedPortTestCase : public StayingTestCase
{
  public:
    ClosedPortTestCase()
        : StayingTestCase("A port that closes gets nothing more, not even what was just sent to it")
    {
    }

  private:
    void DoRun() override
    {
        const Pair pair;
        Open(pair);
        Simulator::Schedule(MilliSeconds(1), [&] {
            Send(FIRST, 1);
            Send(SECOND, 2);
            Send(FIRST, 3);
            m_endpoints[FIRST]->Close();
            Send(FIRST, 4);
            m_endpoints[SENDER]->Close();
        });
        Simulator::Schedule(MilliSeconds(2), [&] {
            for (const uint16_t port : {SENDER, FIRST})
            {
                m_endpoints[port]->Open(pair.GetNode(0), 0, port, [this, port](const auto& m) {
                    m_received.emplace_back(port, m);
                });
            }
            Send(FIRST, 5);
            Send(FIRST + 7, 6);
        });
        Simulator::Run();
        Finish();
        NS_TEST_EXPECT_MSG_EQ(m_sent, 6, "messages sent");
        NS_TEST_EXPECT_MSG_EQ(m_received.size(), 2, "messages received");
        if (m_received.size() == 2)
        {
            NS_TEST_EXPECT_MSG_EQ(m_received[0].second.message, 2, "to the port that stayed open");
            NS_TEST_EXPECT_MSG_EQ(m_received[1].second.message, 5, "to the port opened again");
        }
    }
};

/**
 * @ingroup moe-test
 */
class TakenPortTestCase : public StayingTestCase
{
  public:
    TakenPortTestCase()
        : StayingTestCase("A port of a satellite opens once; that of another satellite is another")
    {
    }

  private:
    void DoRun() override
    {
        const Pair pair;
        Open(pair);
        Ptr<MessageEndpoint> again = Pair::MakeEndpoint();
        const auto open = [&](uint32_t satellite) {
            again->Open(pair.GetNode(satellite), satellite, FIRST, [](const MessageRecord&) {});
        };
        const std::string error = CatchMessage<std::runtime_error>([&] { open(0); });
        NS_TEST_EXPECT_MSG_EQ(error, "endpoint: UDP port 20000 of node 0 is taken", error);
        again->Close();
        Send(FIRST, 1);
        open(1);
        Simulator::Run();
        NS_TEST_EXPECT_MSG_EQ(m_received.size(), 1, "received by the one that has the port");
        again->Dispose();
        Finish();
    }
};

} // namespace

std::vector<TestCase*>
MakeStayingMessageTestCases()
{
    return {
        new StayingMessagesTestCase,
        new ClosedPortTestCase,
        new TakenPortTestCase,
    };
}

} // namespace ns3
