/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "moe-recorder.h"

#include "compute-server.h"
#include "message-endpoint.h"

#include "ns3/application.h"
#include "ns3/node.h"
#include "ns3/packet.h"
#include "ns3/path-ledger-tag.h"
#include "ns3/point-to-point-net-device.h"
#include "ns3/pointer.h"

#include <sstream>
#include <stdexcept>

namespace ns3
{

namespace
{
constexpr uint32_t PPP_BYTES = 2;   //!< PppHeader
constexpr uint32_t IPV4_BYTES = 20; //!< Ipv4Header without options
constexpr uint32_t UDP_BYTES = 8;   //!< UdpHeader
} // namespace

NS_OBJECT_ENSURE_REGISTERED(MoeRecorder);

TypeId
MoeRecorder::GetTypeId()
{
    static TypeId tid = TypeId("ns3::MoeRecorder")
                            .SetParent<Object>()
                            .SetGroupName("Moe")
                            .AddConstructor<MoeRecorder>();
    return tid;
}

void
MoeRecorder::ObserveApplication(Ptr<Application> application)
{
    PointerValue value;
    application->GetAttribute("Endpoint", value);
    Ptr<MessageEndpoint> endpoint = value.Get<MessageEndpoint>();
    endpoint->TraceConnectWithoutContext("MessageSent",
                                         MakeCallback(&MoeRecorder::MessageSent, this));
    endpoint->TraceConnectWithoutContext("MessageReceived",
                                         MakeCallback(&MoeRecorder::MessageReceived, this));
    endpoint->TraceConnectWithoutContext("SegmentSent",
                                         MakeCallback(&MoeRecorder::SegmentSent, this));
    endpoint->TraceConnectWithoutContext("SegmentReceived",
                                         MakeCallback(&MoeRecorder::SegmentReceived, this));
    // Only gateways have these two; connecting an expert to them does nothing.
    application->TraceConnectWithoutContext("TokenBegun",
                                            MakeCallback(&MoeRecorder::TokenBegun, this));
    application->TraceConnectWithoutContext("TokenEmitted",
                                            MakeCallback(&MoeRecorder::TokenEmitted, this));
}

void
MoeRecorder::ObserveServer(Ptr<Node> node)
{
    node->GetObject<ComputeServer>()->TraceConnectWithoutContext(
        "Served",
        MakeCallback(&MoeRecorder::JobServed, this));
}

void
MoeRecorder::ObserveDrops(Ptr<Node> node)
{
    for (uint32_t index = 0; index < node->GetNDevices(); ++index)
    {
        if (auto device = DynamicCast<PointToPointNetDevice>(node->GetDevice(index)))
        {
            device->TraceConnectWithoutContext("MacTxDrop",
                                               MakeCallback(&MoeRecorder::QueueDropped, this));
        }
    }
    node->GetObject<Ipv4L3Protocol>()->TraceConnectWithoutContext(
        "Drop",
        MakeCallback(&MoeRecorder::Ipv4Dropped, this));
}

const std::vector<MessageRecord>&
MoeRecorder::GetMessages() const
{
    return m_messages;
}

const std::vector<JobRecord>&
MoeRecorder::GetJobs() const
{
    return m_jobs;
}

const MoeRecorder::Account&
MoeRecorder::GetSent() const
{
    return m_sent;
}

const MoeRecorder::Account&
MoeRecorder::GetReceived() const
{
    return m_received;
}

const MoeRecorder::Account&
MoeRecorder::GetDropped() const
{
    return m_dropped;
}

uint64_t
MoeRecorder::GetTokensEmitted() const
{
    return m_tokensEmitted;
}

uint64_t
MoeRecorder::GetTokensUnderWay() const
{
    return m_tokensBegun - m_tokensEmitted;
}

std::string
MoeRecorder::Describe(const MessageRecord& message)
{
    std::ostringstream text;
    message.header.Print(text);
    text << ", from satellite " << message.fromSatellite << " to satellite " << message.toSatellite
         << ", sent at " << message.sent.GetNanoSeconds() << " ns";
    return text.str();
}

std::string
MoeRecorder::DescribeOldestOutstanding() const
{
    return m_outstanding.empty() ? "" : Describe(m_outstanding.begin()->second);
}

void
MoeRecorder::MessageSent(const MessageRecord& message)
{
    ++m_sent.messages;
    m_outstanding.emplace(message.message, message);
}

void
MoeRecorder::MessageReceived(const MessageRecord& message)
{
    ++m_received.messages;
    m_outstanding.erase(message.message);
    m_messages.push_back(message);
}

void
MoeRecorder::SegmentSent(Ptr<const Packet> packet)
{
    ++m_sent.segments;
    m_sent.bytes += packet->GetSize();
}

void
MoeRecorder::SegmentReceived(Ptr<const Packet> packet)
{
    ++m_received.segments;
    m_received.bytes += packet->GetSize();
}

void
MoeRecorder::JobServed(const JobRecord& job)
{
    m_jobs.push_back(job);
}

void
MoeRecorder::TokenBegun(uint32_t, uint32_t)
{
    ++m_tokensBegun;
}

void
MoeRecorder::TokenEmitted(uint32_t, uint32_t)
{
    ++m_tokensEmitted;
}

void
MoeRecorder::QueueDropped(Ptr<const Packet> packet)
{
    Dropped(packet,
            PPP_BYTES + IPV4_BYTES + UDP_BYTES,
            "a transmit queue was full; raise queue_packets or slow the traffic");
}

void
MoeRecorder::Ipv4Dropped(const Ipv4Header&,
                         Ptr<const Packet> packet,
                         Ipv4L3Protocol::DropReason reason,
                         Ptr<Ipv4> ipv4,
                         uint32_t)
{
    Dropped(packet,
            UDP_BYTES,
            "IPv4 dropped it at satellite " + std::to_string(ipv4->GetObject<Node>()->GetId()) +
                ", DropReason " + std::to_string(reason) +
                (reason == Ipv4L3Protocol::DROP_TTL_EXPIRED ? " (time to live exceeded)" : ""));
}

void
MoeRecorder::Dropped(Ptr<const Packet> packet, uint32_t headerBytes, const std::string& reason)
{
    PathLedgerTag ledger;
    if (!packet->PeekPacketTag(ledger))
    {
        return; // not a message of the ring
    }
    const auto found = m_outstanding.find(ledger.GetMessage());
    if (found == m_outstanding.end())
    {
        return; // accounted for with an earlier segment
    }
    const std::string name = Describe(found->second);
    ++m_dropped.messages;
    ++m_dropped.segments;
    m_dropped.bytes += packet->GetSize() - headerBytes;
    m_outstanding.erase(found);
    throw std::runtime_error("message lost (" + name + "): " + reason);
}

} // namespace ns3
