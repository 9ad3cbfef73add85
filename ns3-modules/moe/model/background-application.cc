/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "background-application.h"

#include "tcp-ledger.h"

#include "ns3/boolean.h"
#include "ns3/node.h"
#include "ns3/packet.h"
#include "ns3/path-ledger-tag.h"
#include "ns3/pointer.h"
#include "ns3/simulator.h"
#include "ns3/string.h"
#include "ns3/uinteger.h"

#include <cmath>
#include <stdexcept>
#include <string>

namespace ns3
{

namespace
{
constexpr uint32_t IP_AND_UDP_BYTES = 28; //!< IPv4 header without options, and UDP header
constexpr double NANOSECONDS = 1e9;       //!< of a second
constexpr uint8_t TIME_TO_LIVE = 255;     //!< in hops, as of messages
} // namespace

NS_OBJECT_ENSURE_REGISTERED(BackgroundApplication);
NS_OBJECT_ENSURE_REGISTERED(BackgroundSink);

TypeId
BackgroundApplication::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::BackgroundApplication")
            .SetParent<Application>()
            .SetGroupName("Moe")
            .AddConstructor<BackgroundApplication>()
            .AddAttribute("Destination",
                          "Satellite that packets are sent to.",
                          UintegerValue(0),
                          MakeUintegerAccessor(&BackgroundApplication::m_destination),
                          MakeUintegerChecker<uint32_t>())
            .AddAttribute("PacketBytes",
                          "Length of an IPv4 packet in bytes, headers included.",
                          UintegerValue(1500),
                          MakeUintegerAccessor(&BackgroundApplication::m_packetBytes),
                          MakeUintegerChecker<uint32_t>(IP_AND_UDP_BYTES, 65535))
            .AddAttribute("First",
                          "Seconds of sending until the first packet.",
                          StringValue("ns3::ConstantRandomVariable[Constant=0]"),
                          MakePointerAccessor(&BackgroundApplication::m_first),
                          MakePointerChecker<RandomVariableStream>())
            .AddAttribute("Interval",
                          "Seconds of sending from packet to packet.",
                          StringValue("ns3::ExponentialRandomVariable[Mean=0.001]"),
                          MakePointerAccessor(&BackgroundApplication::m_interval),
                          MakePointerChecker<RandomVariableStream>())
            .AddAttribute("On",
                          "Seconds of a period in which packets are sent.",
                          StringValue("ns3::ExponentialRandomVariable[Mean=1]"),
                          MakePointerAccessor(&BackgroundApplication::m_on),
                          MakePointerChecker<RandomVariableStream>())
            .AddAttribute("Off",
                          "Seconds of a pause between periods; null: there are no pauses.",
                          PointerValue(),
                          MakePointerAccessor(&BackgroundApplication::m_off),
                          MakePointerChecker<RandomVariableStream>())
            .AddAttribute("StartsOn",
                          "Whether it starts with a period, not with a pause.",
                          BooleanValue(true),
                          MakeBooleanAccessor(&BackgroundApplication::m_startsOn),
                          MakeBooleanChecker())
            .AddAttribute(
                "Lean",
                "Whether datagrams bypass sockets and stacks; needs a Fabric, and changes "
                "no result.",
                BooleanValue(false),
                MakeBooleanAccessor(&BackgroundApplication::m_isLean),
                MakeBooleanChecker())
            .AddTraceSource("Sent",
                            "A packet was sent.",
                            MakeTraceSourceAccessor(&BackgroundApplication::m_sentTrace),
                            "ns3::BackgroundApplication::PacketCallback");
    return tid;
}

bool
BackgroundApplication::IsBackground(uint64_t message)
{
    return message >= FIRST_NUMBER && message < TcpLedger::FIRST_CONNECTION;
}

int64_t
BackgroundApplication::AssignStreams(int64_t stream)
{
    int64_t next = stream;
    for (const Ptr<RandomVariableStream>& variable : {m_first, m_interval, m_on, m_off})
    {
        if (variable)
        {
            variable->SetStream(next);
        }
        ++next; // whether it is there or not, so that one does not disturb another
    }
    return next - stream;
}

void
BackgroundApplication::DoDispose()
{
    m_port = nullptr;
    m_first = nullptr;
    m_interval = nullptr;
    m_on = nullptr;
    m_off = nullptr;
    Application::DoDispose();
}

void
BackgroundApplication::StartApplication()
{
    m_port = DatagramPort::Open(GetNode(),
                                DatagramPort::ANY_PORT,
                                TIME_TO_LIVE,
                                m_isLean,
                                [](Ptr<Packet>, uint32_t, uint16_t) {});
    m_nextNs = static_cast<double>(Simulator::Now().GetNanoSeconds());
    if (m_off)
    {
        m_nextNs += m_startsOn ? 0 : m_off->GetValue() * NANOSECONDS;
        m_leftS = m_on->GetValue();
    }
    ScheduleAfter(m_first->GetValue());
}

void
BackgroundApplication::StopApplication()
{
    Cease();
    m_port = nullptr;
}

void
BackgroundApplication::Cease()
{
    m_next.Cancel();
}

void
BackgroundApplication::ScheduleAfter(double seconds)
{
    if (m_off)
    {
        for (; seconds > m_leftS; m_leftS = m_on->GetValue())
        {
            seconds -= m_leftS;
            m_nextNs += (m_leftS + m_off->GetValue()) * NANOSECONDS;
        }
        m_leftS -= seconds;
    }
    m_nextNs += seconds * NANOSECONDS;
    m_next = Simulator::Schedule(NanoSeconds(std::llround(m_nextNs)) - Simulator::Now(),
                                 &BackgroundApplication::SendPacket,
                                 this);
}

void
BackgroundApplication::SendPacket()
{
    static uint64_t packets = 0; // numbers must be unique in the simulation, not from run to run
    Ptr<Packet> packet = Create<Packet>(m_packetBytes - IP_AND_UDP_BYTES);
    packet->AddPacketTag(PathLedgerTag(FIRST_NUMBER + packets++, 0, 1, Simulator::Now()));
    m_sentTrace(packet);
    m_port->Send(packet, m_destination, PORT);
    ScheduleAfter(m_interval->GetValue());
}

TypeId
BackgroundSink::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::BackgroundSink")
            .SetParent<Application>()
            .SetGroupName("Moe")
            .AddConstructor<BackgroundSink>()
            .AddAttribute(
                "Lean",
                "Whether datagrams bypass sockets and stacks; needs a Fabric, and changes "
                "no result.",
                BooleanValue(false),
                MakeBooleanAccessor(&BackgroundSink::m_isLean),
                MakeBooleanChecker())
            .AddTraceSource("Received",
                            "A packet was received.",
                            MakeTraceSourceAccessor(&BackgroundSink::m_receivedTrace),
                            "ns3::BackgroundApplication::PacketCallback");
    return tid;
}

void
BackgroundSink::DoDispose()
{
    m_port = nullptr;
    Application::DoDispose();
}

void
BackgroundSink::StartApplication()
{
    m_port = DatagramPort::Open(
        GetNode(),
        BackgroundApplication::PORT,
        TIME_TO_LIVE,
        m_isLean,
        [this](Ptr<Packet> packet, uint32_t, uint16_t) { m_receivedTrace(packet); });
}

void
BackgroundSink::StopApplication()
{
    m_port = nullptr;
}

} // namespace ns3
