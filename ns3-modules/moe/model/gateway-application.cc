/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "gateway-application.h"

#include "ns3/simulator.h"

#include <algorithm>
#include <utility>

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(GatewayApplication);

TypeId
GatewayApplication::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::GatewayApplication")
            .SetParent<MoeApplication>()
            .SetGroupName("Moe")
            .AddConstructor<GatewayApplication>()
            .AddTraceSource("TokenBegun",
                            "A token begins at the gateway of layer 0.",
                            MakeTraceSourceAccessor(&GatewayApplication::m_tokenBegunTrace),
                            "ns3::GatewayApplication::TokenCallback")
            .AddTraceSource("TokenEmitted",
                            "The gateway of layer 0 emits a token.",
                            MakeTraceSourceAccessor(&GatewayApplication::m_tokenEmittedTrace),
                            "ns3::GatewayApplication::TokenCallback")
            .AddTraceSource("DispatchAbandoned",
                            "A dispatch is abandoned, as its satellite is known to have failed.",
                            MakeTraceSourceAccessor(&GatewayApplication::m_abandonedTrace),
                            "ns3::GatewayApplication::DispatchCallback")
            .AddTraceSource("ExpertHomeless",
                            "All satellites where an expert lives are known to have failed.",
                            MakeTraceSourceAccessor(&GatewayApplication::m_homelessTrace),
                            "ns3::GatewayApplication::DispatchCallback");
    return tid;
}

void
GatewayApplication::DoDispose()
{
    m_received.clear();
    MoeApplication::DoDispose();
}

void
GatewayApplication::StartApplication()
{
    MoeApplication::StartApplication();
    for (const MoeWorkload::Resident& resident : m_workload->GetResidents())
    {
        if (resident.layer == m_layer)
        {
            m_endpoint->Connect(resident.satellite,
                                m_workload->GetExpertPort(m_layer, resident.expert));
        }
    }
    if (m_workload->SendsResidual())
    {
        m_endpoint->Connect(m_workload->GetGateway(m_layer + 1),
                            m_workload->GetGatewayPort(m_layer + 1));
    }
    m_workload->TraceConnectWithoutContext("Told",
                                           MakeCallback(&GatewayApplication::LeaveSatellite, this));
    if (m_layer != 0)
    {
        return;
    }
    const auto& sequences = m_workload->GetSequences();
    for (uint32_t request = 0; request < sequences.size(); ++request)
    {
        m_starts.push_back(Simulator::Schedule(sequences[request].start - Simulator::Now(),
                                               &GatewayApplication::BeginToken,
                                               this,
                                               request,
                                               0));
    }
}

void
GatewayApplication::StopApplication()
{
    for (EventId& start : m_starts)
    {
        start.Cancel();
    }
    m_starts.clear();
    m_workload->TraceDisconnectWithoutContext(
        "Told",
        MakeCallback(&GatewayApplication::LeaveSatellite, this));
    MoeApplication::StopApplication();
}

uint16_t
GatewayApplication::GetPort() const
{
    return m_workload->GetGatewayPort(m_layer);
}

uint32_t
GatewayApplication::GetSatellite() const
{
    return m_workload->GetGateway(m_layer);
}

void
GatewayApplication::HandleMessage(const MessageRecord& message)
{
    if (message.header.kind == MoeHeader::RESULT &&
        !m_workload->TakeResult(message.header, message.fromSatellite))
    {
        return; // of what was abandoned
    }
    const uint32_t residuals = m_workload->SendsResidual() ? 1 : 0;
    for (const auto& [request, token] : m_workload->GetStepsOf(message.header))
    {
        const uint32_t expected =
            m_workload->CountActivated(request, token, message.header.layer) + residuals;
        if (++m_received[{request, token}] < expected)
        {
            continue;
        }
        m_received.erase({request, token});
        if (m_layer == 0)
        {
            BeginHead(request, token);
        }
        else
        {
            BeginLayer(request, token);
        }
    }
}

void
GatewayApplication::BeginToken(uint32_t request, uint32_t token)
{
    m_tokenBegunTrace(request, token);
    BeginLayer(request, token);
}

JobRecord
GatewayApplication::MakeJob(JobRecord::Kind kind, uint32_t layer, MoeWorkload::Step step) const
{
    JobRecord job;
    job.kind = kind;
    job.request = step.first;
    job.token = step.second;
    job.layer = layer;
    job.expert = MoeHeader::NO_EXPERT;
    job.satellite = GetSatellite();
    return job;
}

void
GatewayApplication::BeginLayer(uint32_t request, uint32_t token)
{
    JobRecord job = MakeJob(JobRecord::GATEWAY, m_layer, {request, token});
    job.tokens = m_workload->GetWidth(request, token);
    const bool isPrompt = job.tokens > 1;
    auto duration = [this, isPrompt](uint32_t tokens) {
        return isPrompt ? m_workload->GetPrefillTime(m_layer, tokens)
                        : m_workload->GetGatewayTime(m_layer, tokens);
    };
    auto dispatch = [this](const JobRecord& batch) { Dispatch(batch); };
    Compute({job, duration, dispatch, 0, isPrompt ? 1 : m_workload->GetBatch()});
}

void
GatewayApplication::Dispatch(const JobRecord& batch)
{
    const MoeWorkload::Step first{batch.request, batch.token};
    std::vector<MoeWorkload::Step> steps{first};
    for (const JobRecord::Member& other : batch.others)
    {
        steps.emplace_back(other.request, other.token);
    }
    m_workload->NoteBatch(m_layer, std::move(steps));
    MoeHeader header;
    header.request = batch.request;
    header.token = batch.token;
    header.layer = m_layer;
    header.kind = MoeHeader::DISPATCH;
    for (const MoeWorkload::Portion& portion : m_workload->GetPortions(m_layer, first))
    {
        header.expert = portion.expert;
        DispatchToHost({header, 0, portion.tokens, Simulator::Now()});
    }
    if (m_workload->SendsResidual())
    {
        header.kind = MoeHeader::RESIDUAL;
        header.expert = MoeHeader::NO_EXPERT;
        Send(header,
             batch.tokens,
             m_workload->GetGateway(m_layer + 1),
             m_workload->GetGatewayPort(m_layer + 1));
    }
}

void
GatewayApplication::DispatchToHost(MoeWorkload::Awaited dispatch)
{
    const MoeHeader& header = dispatch.header;
    const std::vector<uint32_t>& left = dispatch.left;
    dispatch.satellite = m_workload->GetExpertHost(m_layer, header.expert, left);
    const bool hasBeenThere = std::find(left.begin(), left.end(), dispatch.satellite) != left.end();
    if (hasBeenThere || m_workload->IsKnownToHaveFailed(dispatch.satellite))
    {
        m_homelessTrace(header, left.empty() ? dispatch.satellite : left.back());
        return;
    }
    m_workload->Await(dispatch);
    Send(header,
         dispatch.tokens,
         dispatch.satellite,
         m_workload->GetExpertPort(m_layer, header.expert),
         dispatch.sent);
}

void
GatewayApplication::LeaveSatellite(uint32_t satellite)
{
    for (MoeWorkload::Awaited dispatch : m_workload->GetAwaited(m_layer, satellite))
    {
        m_endpoint->Abandon(dispatch.header,
                            satellite,
                            m_workload->GetExpertPort(m_layer, dispatch.header.expert));
        m_abandonedTrace(dispatch.header, satellite);
        dispatch.left.push_back(satellite);
        DispatchToHost(std::move(dispatch));
    }
}

void
GatewayApplication::BeginHead(uint32_t request, uint32_t token)
{
    auto duration = [this](uint32_t steps) { return m_workload->GetHeadTime(steps); };
    auto emit = [this](const JobRecord& batch) { Emit(batch); };
    Compute({MakeJob(JobRecord::HEAD, m_workload->GetLayers() - 1, {request, token}),
             duration,
             emit,
             0,
             m_workload->GetBatch()});
}

void
GatewayApplication::Emit(const JobRecord& batch)
{
    std::vector<MoeWorkload::Step> steps{{batch.request, batch.token}};
    for (const JobRecord::Member& other : batch.others)
    {
        steps.emplace_back(other.request, other.token);
    }
    for (const auto& [request, token] : steps)
    {
        m_tokenEmittedTrace(request, token);
        if (token + 1 < m_workload->GetSequences()[request].tokens)
        {
            BeginToken(request, token + 1);
        }
    }
}

} // namespace ns3
