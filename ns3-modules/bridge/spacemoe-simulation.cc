/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "spacemoe-simulation.h"

#include "ns3/background-application.h"
#include "ns3/boolean.h"
#include "ns3/channel-network.h"
#include "ns3/config.h"
#include "ns3/double.h"
#include "ns3/end-of-instant.h"
#include "ns3/enum.h"
#include "ns3/fabric.h"
#include "ns3/global-value.h"
#include "ns3/hermite-mobility-model.h"
#include "ns3/link-schedule.h"
#include "ns3/make-event.h"
#include "ns3/message-endpoint.h"
#include "ns3/moe-helper.h"
#include "ns3/node-container.h"
#include "ns3/node-list.h"
#include "ns3/pointer.h"
#include "ns3/queue-size.h"
#include "ns3/random-variable-stream.h"
#include "ns3/rng-seed-manager.h"
#include "ns3/simulator.h"
#include "ns3/tcp-congestion-ops.h"
#include "ns3/tcp-endpoint.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace spacemoe
{

using namespace ns3;

namespace
{
constexpr uint32_t IP_AND_UDP_BYTES = 28; //!< IPv4 header without options, and UDP header
constexpr uint32_t IP_AND_TCP_BYTES = 52; //!< IPv4 and TCP headers, and TCP's time stamps
constexpr std::int64_t DIRECTIONS = 2;    //!< of a link, a random stream each
/// First random stream of background traffic, behind those of any number of links.
constexpr std::int64_t FIRST_BACKGROUND_STREAM = 1'000'000'000;

/**
 * @brief Make a table of times.
 * @param timesNs for 1, 2, ... tokens, in nanoseconds
 * @param count number of times
 * @return the table
 */
TokenTimes
MakeTimes(const std::int64_t* timesNs, std::size_t count)
{
    std::vector<Time> times;
    for (std::size_t index = 0; index < count; ++index)
    {
        times.push_back(NanoSeconds(timesNs[index]));
    }
    return TokenTimes(std::move(times));
}

/**
 * @brief Make a random variable with exponential values.
 * @param mean their mean
 * @return the variable
 */
Ptr<RandomVariableStream>
MakeExponential(double mean)
{
    return CreateObjectWithAttributes<ExponentialRandomVariable>("Mean", DoubleValue(mean));
}

/**
 * @brief Copy messages, segments and bytes of an account.
 * @param account the account
 * @param values where to
 * @return behind the last value
 */
std::int64_t*
CopyRow(const MoeRecorder::Account& account, std::int64_t* values)
{
    for (const std::uint64_t value : {account.messages, account.segments, account.bytes})
    {
        *values++ = static_cast<std::int64_t>(value);
    }
    return values;
}

/**
 * @brief Copy a vector.
 * @param vector the vector
 * @param xyz where to, [3]
 */
void
CopyVector(const Vector& vector, double* xyz)
{
    xyz[0] = vector.x;
    xyz[1] = vector.y;
    xyz[2] = vector.z;
}

/**
 * @brief Stop the simulation once nothing is left to do at this time.
 *
 * Simulator::Stop alone leaves behind what was scheduled for the same time after it.
 */
void
StopAfterThisInstant()
{
    EndOfInstant::CallLast(
        Ptr<EventImpl>(MakeEvent(static_cast<void (*)()>(&Simulator::Stop)), false));
}

/**
 * @brief Find a scheduler of the fabric.
 * @param engine its name
 * @return the scheduler
 */
Fabric::Scheduler
FindScheduler(const std::string& engine)
{
    if (engine == "auto")
    {
        return Fabric::Scheduler::AUTO;
    }
    if (engine == "window")
    {
        return Fabric::Scheduler::WINDOW;
    }
    if (engine == "per-hop")
    {
        return Fabric::Scheduler::PER_HOP;
    }
    throw std::invalid_argument("simulation: " + engine +
                                " is no engine; take auto, window, per-hop or reference");
}
} // namespace

/** The ns-3 objects of a simulation. */
struct Simulation::Parts
{
    Ptr<LaserNetwork> network; //!< the satellites and links
    Ptr<Fabric> fabric;        //!< the same, if it is a fabric
    bool isLean{false};        //!< whether endpoints do without sockets
    Ptr<EphemerisKnots> ephemeris{CreateObject<EphemerisKnots>()};
    Ptr<ForwardingTables> tables{CreateObject<ForwardingTables>()};
    Ptr<MoeWorkload> workload{CreateObject<MoeWorkload>()};
    Ptr<MoeRecorder> recorder{CreateObject<MoeRecorder>()};
    Ptr<HopLog> hops;           //!< null until hops are recorded
    Ptr<LinkSchedule> schedule; //!< null until it is set
    uint32_t mtuBytes{0};
    uint32_t expertsPerLayer{0};
    MoeHelper helper;                                   //!< makes the applications
    ApplicationContainer applications;                  //!< gateways and experts
    Time slot;                                          //!< duration of a slot
    std::vector<Ptr<BackgroundApplication>> background; //!< flows of others
    std::int64_t backgroundStreams{0};                  //!< random streams that they use
    std::uint64_t stepsLeft{0};                         //!< not emitted yet

    /// Trace sink: a step is emitted; with the last one background traffic ceases.
    void StepEmitted(std::uint32_t, std::uint32_t)
    {
        if (--stepsLeft == 0)
        {
            for (const Ptr<BackgroundApplication>& flow : background)
            {
                flow->Cease();
            }
        }
    }

    /**
     * @param satellite the satellite
     * @return its motion
     */
    Ptr<HermiteMobilityModel> GetMobility(std::uint32_t satellite) const
    {
        if (satellite >= network->GetSatellites().GetN())
        {
            throw std::out_of_range("simulation: satellite " + std::to_string(satellite) +
                                    " is not one of the " +
                                    std::to_string(network->GetSatellites().GetN()));
        }
        return network->GetSatellites().Get(satellite)->GetObject<HermiteMobilityModel>();
    }
};

Simulation::Simulation()
    : m_parts(std::make_unique<Parts>())
{
    if (NodeList::GetNNodes() != 0)
    {
        throw std::logic_error("simulation: there are nodes already; one simulation a process");
    }
    GlobalValue::Bind("ChecksumEnabled", BooleanValue(false));
    RngSeedManager::ResetNextStreamIndex();
}

Simulation::~Simulation()
{
    m_parts.reset();
    Simulator::Destroy();
}

void
Simulation::ChooseEngine(const std::string& engine,
                         bool isLean,
                         std::uint32_t mtuBytes,
                         std::uint32_t queuePackets,
                         int policy)
{
    using Policy = LaserNetwork::LossPolicy;
    constexpr Policy POLICIES[] = {Policy::DROP, Policy::DELIVER, Policy::REROUTE};
    if (policy < 0 || policy >= static_cast<int>(std::size(POLICIES)))
    {
        throw std::invalid_argument("simulation: loss policy " + std::to_string(policy) +
                                    " is not 0 (drop), 1 (deliver) or 2 (re-route)");
    }
    if (engine == "reference")
    {
        m_parts->network = CreateObject<ChannelNetwork>();
        isLean = false;
    }
    else
    {
        m_parts->fabric = CreateObject<Fabric>();
        m_parts->network = m_parts->fabric;
        m_parts->fabric->SetAttribute("Scheduler", EnumValue(FindScheduler(engine)));
    }
    m_parts->mtuBytes = mtuBytes;
    m_parts->isLean = isLean;
    m_parts->network->SetAttribute("Mtu", UintegerValue(mtuBytes));
    m_parts->network->SetAttribute("QueueSize", QueueSizeValue(QueueSize(PACKETS, queuePackets)));
    m_parts->network->SetAttribute("LossPolicy", EnumValue(POLICIES[policy]));
    m_parts->helper.SetEndpointAttribute("Lean", BooleanValue(isLean));
}

void
Simulation::CreateSatellites(const double* positions,
                             const double* velocities,
                             std::size_t knots,
                             std::size_t satellites,
                             std::int64_t stepNs,
                             std::int64_t slotNs)
{
    m_parts->ephemeris->ViewKnots(satellites, NanoSeconds(stepNs), positions, velocities, knots);
    m_parts->slot = NanoSeconds(slotNs);
    m_parts->tables->SetAttribute("Slot", TimeValue(m_parts->slot));
    m_parts->network->Create(m_parts->ephemeris, m_parts->tables);
}

void
Simulation::CreateLinks(const std::int32_t* ends, std::size_t links)
{
    for (std::size_t link = 0; link < links; ++link)
    {
        m_parts->network->Connect(ends[2 * link], ends[2 * link + 1]);
    }
}

void
Simulation::SetLinkSchedule(const std::uint8_t* up,
                            const std::uint64_t* ratesBps,
                            std::size_t slots)
{
    if (m_parts->schedule)
    {
        throw std::logic_error("simulation: the link schedule has been set already");
    }
    const std::size_t values = slots * m_parts->network->GetNLinks();
    m_parts->schedule = CreateObject<LinkSchedule>();
    m_parts->schedule->Install(m_parts->network,
                               m_parts->slot,
                               {up, up + values},
                               {ratesBps, ratesBps + values},
                               slots);
    m_parts->schedule->Start();
}

void
Simulation::RecordHops()
{
    m_parts->hops = CreateObject<HopLog>();
    m_parts->network->SetHopLog(m_parts->hops);
}

void
Simulation::SetPacketErrors(const double* rates, std::uint32_t seed)
{
    RngSeedManager::SetSeed(seed);
    std::int64_t stream = 0;
    for (std::uint32_t link = 0; link < m_parts->network->GetNLinks(); ++link)
    {
        // Streams are counted whether they are used or not, so that links do not disturb each
        // other.
        if (rates[link] > 0)
        {
            m_parts->network->SetPacketErrorRate(link, rates[link], stream);
        }
        stream += DIRECTIONS;
    }
}

void
Simulation::SetRecovery(std::int64_t timeoutNs, std::int64_t askAfterNs, std::int64_t giveUpNs)
{
    MoeHelper& helper = m_parts->helper;
    helper.SetEndpointAttribute("Timeout", TimeValue(NanoSeconds(timeoutNs)));
    helper.SetEndpointAttribute("AskAfter", TimeValue(NanoSeconds(askAfterNs)));
    helper.SetEndpointAttribute("GiveUp", TimeValue(NanoSeconds(giveUpNs)));
}

void
Simulation::SetTcp(const std::string& congestionControl,
                   std::uint32_t bufferBytes,
                   std::uint32_t initialWindow,
                   std::int64_t minimumTimeoutNs,
                   std::uint32_t retries)
{
    TypeId control;
    if (!TypeId::LookupByNameFailSafe("ns3::" + congestionControl, &control) ||
        !control.IsChildOf(TcpCongestionOps::GetTypeId()))
    {
        throw std::invalid_argument("simulation: ns-3 has no congestion control " +
                                    congestionControl);
    }
    MoeHelper& helper = m_parts->helper;
    helper.SetEndpointType("ns3::TcpEndpoint");
    helper.SetEndpointAttribute("CongestionControl", TypeIdValue(control));
    helper.SetEndpointAttribute("TcpSegmentBytes",
                                UintegerValue(m_parts->mtuBytes - IP_AND_TCP_BYTES));
    helper.SetEndpointAttribute("BufferBytes", UintegerValue(bufferBytes));
    helper.SetEndpointAttribute("InitialWindow", UintegerValue(initialWindow));
    helper.SetEndpointAttribute("MinimumTimeout", TimeValue(NanoSeconds(minimumTimeoutNs)));
    helper.SetEndpointAttribute("Retries", UintegerValue(retries));
}

void
Simulation::PlaceModel(const std::int32_t* gateways,
                       const std::int64_t* gatewayNs,
                       const std::int64_t* headNs,
                       std::size_t batch,
                       std::size_t layers,
                       std::size_t expertsPerLayer,
                       std::uint32_t messageBytes,
                       bool sendsResidual)
{
    std::vector<MoeWorkload::Gateway> list;
    for (std::size_t layer = 0; layer < layers; ++layer)
    {
        list.push_back(
            {static_cast<uint32_t>(gateways[layer]), MakeTimes(gatewayNs + layer * batch, batch)});
    }
    MoeWorkload& workload = *m_parts->workload;
    workload.SetGateways(std::move(list), MakeTimes(headNs, batch));
    workload.SetAttribute("Batch", UintegerValue(batch));
    workload.SetAttribute("MessageBytes", UintegerValue(messageBytes));
    workload.SetAttribute("SendResidual", BooleanValue(sendsResidual));
    m_parts->expertsPerLayer = expertsPerLayer;
}

void
Simulation::PlaceExperts(const std::int32_t* residents,
                         const std::int64_t* expertNs,
                         std::size_t count,
                         std::size_t tokens)
{
    std::vector<MoeWorkload::Resident> list;
    for (std::size_t index = 0; index < count; ++index)
    {
        const std::int32_t* row = residents + 3 * index;
        list.push_back({static_cast<uint32_t>(row[0]),
                        static_cast<uint32_t>(row[1]),
                        static_cast<uint32_t>(row[2]),
                        MakeTimes(expertNs + index * tokens, tokens)});
    }
    m_parts->workload->SetResidents(m_parts->expertsPerLayer, std::move(list));
}

void
Simulation::SetPrefillTimes(std::uint32_t width, const std::int64_t* gatewayNs)
{
    std::vector<Time> times;
    for (std::uint32_t layer = 0; layer < m_parts->workload->GetLayers(); ++layer)
    {
        times.push_back(NanoSeconds(gatewayNs[layer]));
    }
    m_parts->workload->SetPrefillTimes(width, std::move(times));
}

void
Simulation::SetQueueJobs(std::uint32_t jobs)
{
    m_parts->helper.SetComputerAttribute("MaxJobs", UintegerValue(jobs));
}

void
Simulation::SetExpertHosts(const std::int32_t* hosts)
{
    MoeWorkload& workload = *m_parts->workload;
    const std::size_t count =
        static_cast<std::size_t>(workload.GetLayers()) * workload.GetExperts();
    workload.SetExpertHosts({hosts, hosts + count});
}

void
Simulation::FailSatellite(std::uint32_t satellite, std::int64_t failedNs, std::int64_t toldNs)
{
    MoeWorkload& workload = *m_parts->workload;
    workload.Fail(satellite);
    Simulator::Schedule(NanoSeconds(toldNs) - Simulator::Now(),
                        &MoeWorkload::TellFailure,
                        &workload,
                        satellite,
                        NanoSeconds(failedNs));
}

void
Simulation::RepairSatellite(std::uint32_t satellite, std::int64_t toldNs)
{
    Simulator::Schedule(NanoSeconds(toldNs) - Simulator::Now(),
                        &MoeWorkload::TellRepair,
                        PeekPointer(m_parts->workload),
                        satellite);
}

void
Simulation::SetSequences(const std::int64_t* startsNs,
                         const std::int32_t* tokens,
                         std::size_t sequences,
                         const std::uint16_t* activations,
                         std::size_t activationCount,
                         std::uint32_t topK,
                         const std::int32_t* widths,
                         const std::int32_t* shares)
{
    std::vector<MoeWorkload::Sequence> list;
    uint32_t firstToken = 0;
    for (std::size_t sequence = 0; sequence < sequences; ++sequence)
    {
        const auto count = static_cast<uint32_t>(tokens[sequence]);
        list.push_back({NanoSeconds(startsNs[sequence]), count, firstToken});
        firstToken += count;
    }
    m_parts->workload->SetSequences(std::move(list),
                                    topK,
                                    {activations, activations + activationCount});
    m_parts->workload->SetWidths({widths, widths + firstToken}, {shares, shares + activationCount});
    m_parts->stepsLeft = firstToken;
    MoeHelper& helper = m_parts->helper;
    helper.SetEndpointAttribute("SegmentBytes",
                                UintegerValue(m_parts->mtuBytes - IP_AND_UDP_BYTES));
    m_parts->applications = helper.Install(m_parts->network, m_parts->workload, m_parts->recorder);
    m_parts->applications.Get(0)->TraceConnectWithoutContext(
        "TokenEmitted",
        MakeCallback(&Parts::StepEmitted, m_parts.get()));
}

void
Simulation::AddBackground(std::uint32_t source,
                          std::uint32_t destination,
                          std::uint32_t packetBytes,
                          double intervalS,
                          bool isPoisson,
                          double onS,
                          double offS,
                          bool startsOn,
                          std::int64_t startNs,
                          std::uint32_t seed)
{
    RngSeedManager::SetSeed(seed);
    Ptr<RandomVariableStream> first = MakeExponential(intervalS);
    Ptr<RandomVariableStream> interval = MakeExponential(intervalS);
    if (!isPoisson)
    {
        first = CreateObjectWithAttributes<UniformRandomVariable>("Max", DoubleValue(intervalS));
        interval =
            CreateObjectWithAttributes<ConstantRandomVariable>("Constant", DoubleValue(intervalS));
    }
    Ptr<BackgroundApplication> flow = CreateObject<BackgroundApplication>();
    flow->SetAttribute("Lean", BooleanValue(m_parts->isLean));
    flow->SetAttribute("Destination", UintegerValue(destination));
    flow->SetAttribute("PacketBytes", UintegerValue(packetBytes));
    flow->SetAttribute("First", PointerValue(first));
    flow->SetAttribute("Interval", PointerValue(interval));
    if (offS > 0)
    {
        flow->SetAttribute("On", PointerValue(MakeExponential(onS)));
        flow->SetAttribute("Off", PointerValue(MakeExponential(offS)));
        flow->SetAttribute("StartsOn", BooleanValue(startsOn));
    }
    m_parts->backgroundStreams +=
        flow->AssignStreams(FIRST_BACKGROUND_STREAM + m_parts->backgroundStreams);
    flow->SetStartTime(NanoSeconds(startNs));
    MoeHelper::InstallBackground(m_parts->network->GetSatellites(),
                                 source,
                                 flow,
                                 m_parts->recorder);
    m_parts->background.push_back(flow);
}

void
Simulation::SetDestinations(const std::int32_t* destinations, std::size_t count)
{
    m_parts->tables->SetDestinations(m_parts->network->GetSatellites().GetN(),
                                     {destinations, destinations + count});
}

void
Simulation::LoadTable(std::uint32_t slot, const std::uint8_t* ports, std::size_t count)
{
    m_parts->tables->View(slot, ports, count);
    m_parts->tables->DropBefore(slot == 0 ? 0 : slot - 1);
}

void
Simulation::EnablePcap(std::uint32_t satellite, std::uint32_t port, const std::string& path)
{
    Config::SetDefault("ns3::PcapFileWrapper::NanosecMode", BooleanValue(true));
    GlobalValue::Bind("ChecksumEnabled", BooleanValue(true));
    m_parts->network->EnablePcap(satellite, port, path);
}

void
Simulation::BoundCaptures(std::int64_t bytes)
{
    m_parts->network->SetAttribute("CaptureBytes", UintegerValue(bytes));
}

void
Simulation::CloseCaptures(std::int64_t* values)
{
    for (const Ptr<CaptureFile>& file : m_parts->network->GetCaptures())
    {
        const bool isWhole = file->Close();
        for (const uint64_t value : {file->GetPackets(), file->GetBytes(), file->GetLeftOut()})
        {
            *values++ = static_cast<std::int64_t>(value);
        }
        *values++ = isWhole;
    }
}

void
Simulation::RunUntil(std::int64_t untilNs)
{
    if (!m_parts->schedule && m_parts->network->GetNLinks() > 0)
    {
        throw std::logic_error("simulation: the links have no rates; call SetLinkSchedule first");
    }
    Simulator::Schedule(NanoSeconds(untilNs) - Simulator::Now(), &StopAfterThisInstant);
    Simulator::Run();
    m_parts->network->Settle(NanoSeconds(untilNs + 1));
}

void
Simulation::CopyEngineUse(std::int64_t* values) const
{
    const Fabric::Usage use = m_parts->fabric ? m_parts->fabric->GetUsage() : Fabric::Usage{};
    const std::int64_t row[ENGINE_VALUES] = {static_cast<std::int64_t>(use.windowHops),
                                             static_cast<std::int64_t>(use.perHopHops),
                                             static_cast<std::int64_t>(use.windows),
                                             static_cast<std::int64_t>(use.switches),
                                             use.leastWindowNs};
    std::copy(std::begin(row), std::end(row), values);
}

std::uint64_t
Simulation::GetTokensEmitted() const
{
    return m_parts->recorder->GetTokensEmitted();
}

std::uint64_t
Simulation::GetTokensUnderWay() const
{
    return m_parts->recorder->GetTokensUnderWay();
}

std::uint64_t
Simulation::GetMessagesPending() const
{
    std::uint64_t pending = 0;
    for (std::uint32_t index = 0; index < m_parts->applications.GetN(); ++index)
    {
        PointerValue endpoint;
        m_parts->applications.Get(index)->GetAttribute("Endpoint", endpoint);
        pending += endpoint.Get<MessageEndpoint>()->GetPending();
    }
    return pending;
}

std::uint64_t
Simulation::GetHomeless() const
{
    return m_parts->recorder->GetHomeless();
}

std::size_t
Simulation::GetAbandonedCount() const
{
    return m_parts->recorder->GetAbandoned().size();
}

void
Simulation::CopyAbandoned(std::int64_t* rows) const
{
    for (const MoeRecorder::Abandoned& a : m_parts->recorder->GetAbandoned())
    {
        const std::int64_t row[ABANDONED_COLUMNS] = {a.request,
                                                     a.token,
                                                     a.layer,
                                                     a.expert,
                                                     a.satellite};
        rows = std::copy(std::begin(row), std::end(row), rows);
    }
}

std::uint64_t
Simulation::GetJobsRefused() const
{
    return m_parts->recorder->GetJobsRefused();
}

std::uint64_t
Simulation::GetBackgroundInFlight() const
{
    return m_parts->recorder->GetBackgroundInFlight();
}

std::uint64_t
Simulation::GetMessagesLost() const
{
    return m_parts->recorder->GetDropped().messages;
}

std::string
Simulation::DescribeFirstLost() const
{
    return m_parts->recorder->DescribeFirstLost();
}

std::uint64_t
Simulation::GetSegmentsInFlight() const
{
    return m_parts->recorder->GetSegmentsInFlight();
}

std::string
Simulation::DescribeOldestOutstanding() const
{
    return m_parts->recorder->DescribeOldestOutstanding();
}

std::uint64_t
Simulation::GetEventCount() const
{
    return Simulator::GetEventCount();
}

std::size_t
Simulation::GetMessageCount() const
{
    return m_parts->recorder->GetMessages().size();
}

void
Simulation::CopyMessages(std::int64_t* rows) const
{
    const uint32_t tokenBytes = m_parts->workload->GetMessageBytes();
    const std::vector<std::int64_t> numbers =
        m_parts->hops ? m_parts->hops->GetNumbers(Simulator::Now()) : std::vector<std::int64_t>{0};
    for (const MessageRecord& m : m_parts->recorder->GetMessages())
    {
        const std::int64_t row[MESSAGE_COLUMNS] = {m.header.request,
                                                   m.header.token,
                                                   m.header.layer,
                                                   m.header.kind,
                                                   m.header.expert,
                                                   m.fromSatellite,
                                                   m.toSatellite,
                                                   m.hops,
                                                   m.sent.GetNanoSeconds(),
                                                   m.arrived.GetNanoSeconds(),
                                                   m.propagation.GetNanoSeconds(),
                                                   m.serialisation.GetNanoSeconds(),
                                                   m.queueing.GetNanoSeconds(),
                                                   m.waiting.GetNanoSeconds(),
                                                   m.retransmission.GetNanoSeconds(),
                                                   m.transport.GetNanoSeconds(),
                                                   m.header.messageBytes / tokenBytes,
                                                   numbers.at(m.ledger)};
        rows = std::copy(std::begin(row), std::end(row), rows);
    }
}

void
Simulation::ClearRecords()
{
    m_parts->recorder->ClearRecords();
    if (m_parts->hops)
    {
        m_parts->hops->Clear();
    }
}

std::size_t
Simulation::GetHopCount() const
{
    return m_parts->hops ? m_parts->hops->GetCount(Simulator::Now()) : 0;
}

void
Simulation::CopyHops(std::int64_t* rows) const
{
    static_assert(HOP_COLUMNS == HopLog::COLUMNS);
    if (m_parts->hops)
    {
        m_parts->hops->Copy(rows, Simulator::Now());
    }
}

std::size_t
Simulation::GetJobCount() const
{
    return m_parts->recorder->GetJobs().size();
}

void
Simulation::CopyJobs(std::int64_t* rows) const
{
    for (const JobRecord& j : m_parts->recorder->GetJobs())
    {
        const std::int64_t row[JOB_COLUMNS] = {j.kind,
                                               j.request,
                                               j.token,
                                               j.layer,
                                               j.expert,
                                               j.satellite,
                                               j.submitted.GetNanoSeconds(),
                                               j.started.GetNanoSeconds(),
                                               j.finished.GetNanoSeconds(),
                                               j.tokens};
        rows = std::copy(std::begin(row), std::end(row), rows);
    }
}

std::size_t
Simulation::GetBatchMemberCount() const
{
    std::size_t members = 0;
    for (const JobRecord& job : m_parts->recorder->GetJobs())
    {
        members += job.others.size();
    }
    return members;
}

void
Simulation::CopyBatches(std::int64_t* rows) const
{
    for (const JobRecord& job : m_parts->recorder->GetJobs())
    {
        for (const JobRecord::Member& other : job.others)
        {
            const std::int64_t row[BATCH_COLUMNS] = {job.kind,
                                                     job.layer,
                                                     job.request,
                                                     job.token,
                                                     other.request,
                                                     other.token,
                                                     other.submitted.GetNanoSeconds()};
            rows = std::copy(std::begin(row), std::end(row), rows);
        }
    }
}

void
Simulation::CopyBackground(std::int64_t* rows) const
{
    static_assert(BACKGROUND_ROWS == 2 + MoeRecorder::DROP_REASONS);
    const MoeRecorder& recorder = *m_parts->recorder;
    std::vector<MoeRecorder::Account> accounts{recorder.GetBackgroundSent(),
                                               recorder.GetBackgroundReceived()};
    for (std::size_t reason = 0; reason < MoeRecorder::DROP_REASONS; ++reason)
    {
        accounts.push_back(
            recorder.GetBackgroundDropped(static_cast<MoeRecorder::DropReason>(reason)));
    }
    for (const MoeRecorder::Account& account : accounts)
    {
        *rows++ = static_cast<std::int64_t>(account.segments);
        *rows++ = static_cast<std::int64_t>(account.bytes);
    }
}

void
Simulation::CopyAccount(std::int64_t* values) const
{
    const MoeRecorder& recorder = *m_parts->recorder;
    for (const MoeRecorder::Account& account :
         {recorder.GetSent(), recorder.GetReceived(), recorder.GetDropped()})
    {
        values = CopyRow(account, values);
    }
}

void
Simulation::CopyDrops(std::int64_t* rows) const
{
    static_assert(DROP_REASONS == MoeRecorder::DROP_REASONS);
    for (std::size_t reason = 0; reason < DROP_REASONS; ++reason)
    {
        rows = CopyRow(m_parts->recorder->GetDropped(static_cast<MoeRecorder::DropReason>(reason)),
                       rows);
    }
}

void
Simulation::CopyExtras(std::int64_t* rows) const
{
    static_assert(EXTRAS == MoeRecorder::EXTRAS);
    for (std::size_t extra = 0; extra < EXTRAS; ++extra)
    {
        const auto& account = m_parts->recorder->GetExtra(static_cast<MoeRecorder::Extra>(extra));
        *rows++ = static_cast<std::int64_t>(account.segments);
        *rows++ = static_cast<std::int64_t>(account.bytes);
    }
}

void
Simulation::TakeLinkCounters(std::int64_t untilNs, std::int64_t* rows)
{
    static_assert(LINK_COLUMNS == 8 + LOSS_REASONS);
    // RunUntil() does all that is to be done at its instant, so the next one is a nanosecond later.
    if (untilNs > Simulator::Now().GetNanoSeconds() + 1)
    {
        throw std::invalid_argument("simulation: counters of the links until " +
                                    std::to_string(untilNs) + " ns, run until then first");
    }
    for (std::uint32_t wire = 0; wire < DIRECTIONS * m_parts->network->GetNLinks(); ++wire)
    {
        const LaserLinkCounters c = m_parts->network->TakeCounters(wire, NanoSeconds(untilNs));
        *rows++ = static_cast<std::int64_t>(c.packets);
        *rows++ = static_cast<std::int64_t>(c.bytes);
        *rows++ = c.busy.GetNanoSeconds();
        for (const std::uint64_t lost : c.lost)
        {
            *rows++ = static_cast<std::int64_t>(lost);
        }
        *rows++ = static_cast<std::int64_t>(c.rerouted);
        *rows++ = static_cast<std::int64_t>(c.inFlight);
        *rows++ = static_cast<std::int64_t>(c.queued);
        *rows++ = c.waited.GetNanoSeconds();
        *rows++ = static_cast<std::int64_t>(c.longest);
    }
}

void
Simulation::CopyPosition(std::uint32_t satellite, std::int64_t atNs, double* xyz) const
{
    CopyVector(m_parts->GetMobility(satellite)->GetPositionAt(NanoSeconds(atNs)), xyz);
}

void
Simulation::CopyVelocity(std::uint32_t satellite, std::int64_t atNs, double* xyz) const
{
    CopyVector(m_parts->GetMobility(satellite)->GetVelocityAt(NanoSeconds(atNs)), xyz);
}

} // namespace spacemoe
