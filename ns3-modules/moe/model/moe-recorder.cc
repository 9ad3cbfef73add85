/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "moe-recorder.h"

#include "background-application.h"
#include "compute-server.h"
#include "message-endpoint.h"

#include "ns3/abort.h"
#include "ns3/application.h"
#include "ns3/node.h"
#include "ns3/packet.h"
#include "ns3/path-ledger-tag.h"
#include "ns3/pointer.h"
#include "ns3/simulator.h"

#include <sstream>

namespace ns3
{

namespace
{
constexpr uint32_t PPP_BYTES = 2;   //!< PppHeader
constexpr uint32_t IPV4_BYTES = 20; //!< Ipv4Header without options
constexpr uint32_t UDP_BYTES = 8;   //!< UdpHeader
constexpr uint32_t LOOPBACK = 0;    //!< IPv4 interface of the loopback device

/**
 * @brief Whether a packet is of the ring, or of background traffic.
 * @param packet the packet
 * @param isBackground which of the two
 * @return whether it carries such a ledger
 */
bool
IsCounted(const Packet& packet, bool isBackground)
{
    PathLedgerTag ledger;
    return packet.PeekPacketTag(ledger) &&
           BackgroundApplication::IsBackground(ledger.GetMessage()) == isBackground;
}

/**
 * @brief What happened to a packet that a laser link lost.
 * @param reason why it is lost
 * @return a clause in words, without a subject
 */
std::string
DescribeLoss(LossReason reason)
{
    switch (reason)
    {
    case LossReason::ON_WIRE:
        return "went down while it was on the wire";
    case LossReason::CUT:
        return "went down while it was being transmitted";
    case LossReason::QUEUED:
        return "went down while it was in the transmit queue";
    case LossReason::CORRUPTED:
        return "corrupted it";
    default:
        return "was down when it came to the transmitter";
    }
}
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
    endpoint->TraceConnectWithoutContext("MessageGivenUp",
                                         MakeCallback(&MoeRecorder::MessageGivenUp, this));
    endpoint->TraceConnectWithoutContext("SegmentDuplicate",
                                         MakeCallback(&MoeRecorder::SegmentDuplicate, this));
    endpoint->TraceConnectWithoutContext("SegmentSent",
                                         MakeCallback(&MoeRecorder::SegmentSent, this));
    endpoint->TraceConnectWithoutContext("SegmentReceived",
                                         MakeCallback(&MoeRecorder::SegmentReceived, this));
    // Only gateways have these four; connecting an expert to them does nothing.
    application->TraceConnectWithoutContext("TokenBegun",
                                            MakeCallback(&MoeRecorder::TokenBegun, this));
    application->TraceConnectWithoutContext("TokenEmitted",
                                            MakeCallback(&MoeRecorder::TokenEmitted, this));
    application->TraceConnectWithoutContext("DispatchAbandoned",
                                            MakeCallback(&MoeRecorder::DispatchAbandoned, this));
    application->TraceConnectWithoutContext("ExpertHomeless",
                                            MakeCallback(&MoeRecorder::ExpertHomeless, this));
}

void
MoeRecorder::ObserveServer(Ptr<Node> node)
{
    Ptr<ComputeServer> server = node->GetObject<ComputeServer>();
    server->TraceConnectWithoutContext("Served", MakeCallback(&MoeRecorder::JobServed, this));
    server->TraceConnectWithoutContext("Refused", MakeCallback(&MoeRecorder::JobRefused, this));
}

void
MoeRecorder::SetWorkload(Ptr<MoeWorkload> workload)
{
    m_workload = workload;
}

void
MoeRecorder::ObserveBackground(Ptr<Application> application)
{
    // Each kind has one of these two; connecting it to the other does nothing.
    application->TraceConnectWithoutContext("Sent",
                                            MakeCallback(&MoeRecorder::BackgroundSent, this));
    application->TraceConnectWithoutContext("Received",
                                            MakeCallback(&MoeRecorder::BackgroundReceived, this));
}

void
MoeRecorder::DoDispose()
{
    m_network = nullptr;
    m_workload = nullptr;
    Object::DoDispose();
}

void
MoeRecorder::ObserveNetwork(Ptr<LaserNetwork> network)
{
    m_network = network;
    network->TraceConnectWithoutContext("Lost", MakeCallback(&MoeRecorder::LinkLost, this));
    const NodeContainer& satellites = network->GetSatellites();
    for (auto node = satellites.Begin(); node != satellites.End(); ++node)
    {
        if (auto tcp = (*node)->GetObject<TcpLedger>())
        {
            tcp->TraceConnectWithoutContext("Sent", MakeCallback(&MoeRecorder::TcpSent, this));
            tcp->TraceConnectWithoutContext("Received",
                                            MakeCallback(&MoeRecorder::TcpReceived, this));
        }
        auto ipv4 = (*node)->GetObject<Ipv4L3Protocol>();
        ipv4->TraceConnectWithoutContext("Drop", MakeCallback(&MoeRecorder::Ipv4Dropped, this));
        ipv4->TraceConnectWithoutContext("Tx", MakeCallback(&MoeRecorder::Ipv4Sent, this));
        ipv4->TraceConnectWithoutContext("Rx", MakeCallback(&MoeRecorder::Ipv4Received, this));
    }
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

void
MoeRecorder::ClearRecords()
{
    NS_ABORT_MSG_UNLESS(m_outstanding.empty() && m_tokensUnderWay == 0,
                        m_outstanding.size()
                            << " messages and " << m_tokensUnderWay
                            << " tokens are under way; records of them are needed");
    m_messages.clear();
    m_jobs.clear();
    m_recovered.clear();
    m_lastLoss.clear();
    if (m_workload)
    {
        m_workload->ClearBatches();
    }
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

MoeRecorder::Account
MoeRecorder::GetDropped() const
{
    Account sum;
    for (const Account& account : m_dropped)
    {
        sum.messages += account.messages;
        sum.segments += account.segments;
        sum.bytes += account.bytes;
    }
    return sum;
}

const MoeRecorder::Account&
MoeRecorder::GetDropped(DropReason reason) const
{
    return m_dropped[static_cast<std::size_t>(reason)];
}

const MoeRecorder::Account&
MoeRecorder::GetExtra(Extra extra) const
{
    return m_extra[static_cast<std::size_t>(extra)];
}

const std::vector<MoeRecorder::Abandoned>&
MoeRecorder::GetAbandoned() const
{
    return m_abandoned;
}

uint64_t
MoeRecorder::GetHomeless() const
{
    return m_homeless;
}

uint64_t
MoeRecorder::GetJobsRefused() const
{
    return m_jobsRefused;
}

const MoeRecorder::Account&
MoeRecorder::GetBackgroundSent() const
{
    return m_backgroundSent;
}

const MoeRecorder::Account&
MoeRecorder::GetBackgroundReceived() const
{
    return m_backgroundReceived;
}

const MoeRecorder::Account&
MoeRecorder::GetBackgroundDropped(DropReason reason) const
{
    return m_backgroundDropped[static_cast<std::size_t>(reason)];
}

uint64_t
MoeRecorder::GetBackgroundInFlight() const
{
    return CountInNetwork(true);
}

uint64_t
MoeRecorder::GetSegmentsInFlight() const
{
    return m_segmentsInLoopback + CountInNetwork(false);
}

uint64_t
MoeRecorder::CountInNetwork(bool isBackground) const
{
    uint64_t segments = 0;
    const auto count = [&segments, isBackground](const Packet& packet) {
        segments += IsCounted(packet, isBackground) ? 1 : 0;
    };
    m_network->VisitPackets(count);
    return segments;
}

uint64_t
MoeRecorder::GetTokensEmitted() const
{
    return m_tokensEmitted;
}

uint64_t
MoeRecorder::GetTokensUnderWay() const
{
    return m_tokensUnderWay;
}

std::string
MoeRecorder::DescribeFirstLost() const
{
    return m_firstLost;
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
    if (message.isRecovered)
    {
        m_recovered.insert(message.message);
    }
    if (IsAbandoned(message))
    {
        DropAbandoned(message.message);
    }
}

void
MoeRecorder::MessageReceived(const MessageRecord& message)
{
    ++m_received.messages;
    m_outstanding.erase(message.message);
    m_lastLoss.erase(message.message);
    const auto lost = m_lostMessages.find(message.message);
    if (lost != m_lostMessages.end())
    {
        --m_dropped[static_cast<std::size_t>(lost->second)].messages;
        m_lostMessages.erase(lost);
    }
    m_messages.push_back(message);
}

void
MoeRecorder::MessageGivenUp(const MessageRecord& message)
{
    if (m_outstanding.count(message.message) == 0)
    {
        return; // it has arrived: what was lost is the acknowledgement
    }
    const Time after = Simulator::Now() - message.sent;
    const auto loss = m_lastLoss.find(message.message);
    LoseMessage(message,
                DropReason::GIVEN_UP,
                "given up " + std::to_string(after.GetNanoSeconds()) +
                    " ns after it was sent, without an acknowledgement; the last loss of it: " +
                    (loss != m_lastLoss.end() ? loss->second
                     : m_lastTcpLoss.empty()  ? "none, it is under way or waits for a path"
                                              : "of some TCP packet: " + m_lastTcpLoss));
}

bool
MoeRecorder::IsAbandoned(const MessageRecord& message) const
{
    const MoeHeader& header = message.header;
    const bool isResult = header.kind == MoeHeader::RESULT;
    return (isResult || header.kind == MoeHeader::DISPATCH) &&
           m_abandonedKeys.count({header.request,
                                  header.token,
                                  header.layer,
                                  header.expert,
                                  isResult ? message.fromSatellite : message.toSatellite}) > 0;
}

void
MoeRecorder::DropAbandoned(uint64_t message)
{
    ++m_dropped[static_cast<std::size_t>(DropReason::ABANDONED)].messages;
    m_lostMessages.emplace(message, DropReason::ABANDONED);
    m_lastLoss.erase(message);
    m_outstanding.erase(message);
}

void
MoeRecorder::DispatchAbandoned(const MoeHeader& header, uint32_t satellite)
{
    m_abandoned.push_back({header.request, header.token, header.layer, header.expert, satellite});
    m_abandonedKeys.insert({header.request, header.token, header.layer, header.expert, satellite});
    std::vector<uint64_t> messages;
    for (const auto& [number, message] : m_outstanding)
    {
        if (IsAbandoned(message))
        {
            messages.push_back(number);
        }
    }
    for (const uint64_t message : messages)
    {
        DropAbandoned(message);
    }
}

void
MoeRecorder::ExpertHomeless(const MoeHeader& header, uint32_t satellite)
{
    ++m_homeless;
    if (m_firstLost.empty())
    {
        const Time since = m_workload->GetFailedSince(satellite);
        std::ostringstream text;
        text << "no satellite left (request " << header.request << ", token " << header.token
             << ", layer " << header.layer << ", expert " << header.expert << ", at "
             << Simulator::Now().GetNanoSeconds() << " ns): satellite " << satellite
             << " failed at " << since.GetNanoSeconds()
             << " ns, and the expert lives on no other that works; give it a replica";
        m_firstLost = text.str();
    }
    LoseRequests(header);
}

void
MoeRecorder::SegmentDuplicate(Ptr<const Packet> packet)
{
    AddExtra(Extra::DUPLICATE, packet->GetSize());
}

void
MoeRecorder::AddExtra(Extra extra, uint32_t bytes)
{
    Account& account = m_extra[static_cast<std::size_t>(extra)];
    ++account.segments;
    account.bytes += bytes;
}

void
MoeRecorder::TcpSent(uint32_t bytes, TcpLedger::Kind kind)
{
    ++m_sent.segments;
    m_sent.bytes += bytes;
    if (kind != TcpLedger::Kind::DATA)
    {
        AddExtra(kind == TcpLedger::Kind::CONTROL ? Extra::CONTROL : Extra::AGAIN, bytes);
    }
}

void
MoeRecorder::TcpReceived(uint32_t bytes, TcpLedger::Kind kind)
{
    ++m_received.segments;
    m_received.bytes += bytes;
    if (kind == TcpLedger::Kind::REPEATED)
    {
        AddExtra(Extra::DUPLICATE, bytes);
    }
}

void
MoeRecorder::SegmentSent(Ptr<const Packet> packet)
{
    ++m_sent.segments;
    m_sent.bytes += packet->GetSize();
    MoeHeader header;
    packet->PeekHeader(header);
    if (header.IsControl() || header.copy > 0)
    {
        AddExtra(header.IsControl() ? Extra::CONTROL : Extra::AGAIN, packet->GetSize());
    }
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
MoeRecorder::JobRefused(const JobRecord& job)
{
    ++m_jobsRefused;
    MoeHeader header; // of the message that brought the job, or would have
    header.request = job.request;
    header.token = job.token;
    header.layer = job.layer;
    header.expert = job.expert;
    if (m_firstLost.empty())
    {
        std::ostringstream text;
        text << "job refused (request " << job.request << ", token " << job.token << ", layer "
             << job.layer << ", "
             << (job.kind == JobRecord::EXPERT ? "expert " + std::to_string(job.expert)
                 : job.kind == JobRecord::HEAD ? "head"
                                               : "gateway")
             << ", at " << job.submitted.GetNanoSeconds() << " ns): the queue of satellite "
             << job.satellite << "'s computer was full";
        m_firstLost = text.str();
    }
    if (job.kind == JobRecord::EXPERT)
    {
        LoseRequests(header);
    }
    else
    {
        LoseRequest(job.request); // a step that was to join a batch, and names none yet
    }
}

void
MoeRecorder::BackgroundSent(Ptr<const Packet> packet)
{
    ++m_backgroundSent.segments;
    m_backgroundSent.bytes += packet->GetSize();
}

void
MoeRecorder::BackgroundReceived(Ptr<const Packet> packet)
{
    ++m_backgroundReceived.segments;
    m_backgroundReceived.bytes += packet->GetSize();
}

void
MoeRecorder::TokenBegun(uint32_t request, uint32_t)
{
    ++m_tokensOf[request];
    m_tokensUnderWay += m_lostRequests.count(request) == 0 ? 1 : 0;
}

void
MoeRecorder::TokenEmitted(uint32_t request, uint32_t)
{
    ++m_tokensEmitted;
    --m_tokensOf[request];
    m_tokensUnderWay -= m_lostRequests.count(request) == 0 ? 1 : 0;
}

void
MoeRecorder::LinkLost(Ptr<const Packet> packet, LossReason reason, uint32_t satellite, Time at)
{
    static_assert(
        static_cast<int>(DropReason::QUEUE_FULL) == static_cast<int>(LossReason::QUEUE_FULL) &&
            static_cast<int>(DropReason::CORRUPTED) == static_cast<int>(LossReason::CORRUPTED),
        "the reasons of links come first, in the same order");
    Dropped(packet,
            PPP_BYTES + IPV4_BYTES + UDP_BYTES,
            static_cast<DropReason>(reason),
            reason == LossReason::QUEUE_FULL
                ? "a transmit queue was full; raise queue_packets or slow the traffic"
                : "a laser link of satellite " + std::to_string(satellite) + " " +
                      DescribeLoss(reason) + ", at " + std::to_string(at.GetNanoSeconds()) + " ns");
}

void
MoeRecorder::Ipv4Dropped(const Ipv4Header&,
                         Ptr<const Packet> packet,
                         Ipv4L3Protocol::DropReason reason,
                         Ptr<Ipv4> ipv4,
                         uint32_t)
{
    const bool isExpired = reason == Ipv4L3Protocol::DROP_TTL_EXPIRED;
    Dropped(packet,
            UDP_BYTES,
            isExpired ? DropReason::TIME_TO_LIVE : DropReason::OTHER,
            "IPv4 dropped it at satellite " + std::to_string(ipv4->GetObject<Node>()->GetId()) +
                ", DropReason " + std::to_string(reason) +
                (isExpired ? " (time to live exceeded)" : ""));
}

void
MoeRecorder::Ipv4Sent(Ptr<const Packet> packet, Ptr<Ipv4>, uint32_t interface)
{
    if (interface == LOOPBACK && IsCounted(*packet, false))
    {
        ++m_segmentsInLoopback;
    }
}

void
MoeRecorder::Ipv4Received(Ptr<const Packet> packet, Ptr<Ipv4>, uint32_t interface)
{
    if (interface == LOOPBACK && IsCounted(*packet, false))
    {
        --m_segmentsInLoopback;
    }
}

void
MoeRecorder::Dropped(Ptr<const Packet> packet,
                     uint32_t headerBytes,
                     DropReason reason,
                     const std::string& words)
{
    PathLedgerTag ledger;
    if (!packet->PeekPacketTag(ledger))
    {
        return; // not a message of the ring
    }
    const uint64_t message = ledger.GetMessage();
    if (BackgroundApplication::IsBackground(message))
    {
        Account& account = m_backgroundDropped[static_cast<std::size_t>(reason)];
        ++account.segments;
        account.bytes += packet->GetSize() - headerBytes;
        return;
    }
    const auto found = m_outstanding.find(message);
    if (message >= TcpLedger::FIRST_CONNECTION)
    {
        headerBytes -= UDP_BYTES; // of TCP, its header counts
        m_lastTcpLoss = words;
    }
    else if (m_recovered.count(message) > 0)
    {
        if (found != m_outstanding.end())
        {
            m_lastLoss[message] = words;
        }
    }
    else if (found != m_outstanding.end())
    {
        LoseMessage(MessageRecord(found->second), reason, words);
    }
    else if (m_lostMessages.count(message) == 0)
    {
        return; // a ledger of another program
    }
    Account& account = m_dropped[static_cast<std::size_t>(reason)];
    ++account.segments;
    account.bytes += packet->GetSize() - headerBytes;
}

void
MoeRecorder::LoseMessage(const MessageRecord& message, DropReason reason, const std::string& words)
{
    if (m_firstLost.empty())
    {
        m_firstLost = "message lost (" + Describe(message) + "): " + words;
    }
    ++m_dropped[static_cast<std::size_t>(reason)].messages;
    m_lostMessages.emplace(message.message, reason);
    LoseRequests(message.header);
    m_lastLoss.erase(message.message);
    m_outstanding.erase(message.message);
}

void
MoeRecorder::LoseRequests(const MoeHeader& header)
{
    if (!m_workload)
    {
        LoseRequest(header.request);
        return;
    }
    for (const auto& [request, token] : m_workload->GetStepsOf(header))
    {
        LoseRequest(request);
    }
}

void
MoeRecorder::LoseRequest(uint32_t request)
{
    if (m_lostRequests.insert(request).second)
    {
        m_tokensUnderWay -= m_tokensOf[request];
    }
}

} // namespace ns3
