/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "gateway-application.h"

#include "ns3/simulator.h"

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
                            "ns3::GatewayApplication::TokenCallback");
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
    const std::pair<uint32_t, uint32_t> key{message.header.request, message.header.token};
    const uint32_t expected = m_workload->GetTopK() + (m_workload->SendsResidual() ? 1 : 0);
    if (++m_received[key] < expected)
    {
        return;
    }
    m_received.erase(key);
    if (m_layer == 0)
    {
        BeginHead(key.first, key.second);
    }
    else
    {
        BeginLayer(key.first, key.second);
    }
}

void
GatewayApplication::BeginToken(uint32_t request, uint32_t token)
{
    m_tokenBegunTrace(request, token);
    BeginLayer(request, token);
}

void
GatewayApplication::BeginLayer(uint32_t request, uint32_t token)
{
    JobRecord job;
    job.kind = JobRecord::GATEWAY;
    job.request = request;
    job.token = token;
    job.layer = m_layer;
    job.expert = MoeHeader::NO_EXPERT;
    job.satellite = GetSatellite();
    Compute(job, m_workload->GetGatewayTime(m_layer), [this, request, token] {
        Dispatch(request, token);
    });
}

void
GatewayApplication::Dispatch(uint32_t request, uint32_t token)
{
    MoeHeader header;
    header.request = request;
    header.token = token;
    header.layer = m_layer;
    header.kind = MoeHeader::DISPATCH;
    const uint16_t* activated = m_workload->GetActivated(request, token, m_layer);
    for (uint32_t k = 0; k < m_workload->GetTopK(); ++k)
    {
        header.expert = activated[k];
        Send(header,
             m_workload->GetExpertHost(m_layer, header.expert),
             m_workload->GetExpertPort(m_layer, header.expert));
    }
    if (m_workload->SendsResidual())
    {
        header.kind = MoeHeader::RESIDUAL;
        header.expert = MoeHeader::NO_EXPERT;
        Send(header, m_workload->GetGateway(m_layer + 1), m_workload->GetGatewayPort(m_layer + 1));
    }
}

void
GatewayApplication::BeginHead(uint32_t request, uint32_t token)
{
    JobRecord job;
    job.kind = JobRecord::HEAD;
    job.request = request;
    job.token = token;
    job.layer = m_workload->GetLayers() - 1;
    job.expert = MoeHeader::NO_EXPERT;
    job.satellite = GetSatellite();
    Compute(job, m_workload->GetHeadTime(), [this, request, token] {
        m_tokenEmittedTrace(request, token);
        if (token + 1 < m_workload->GetSequences()[request].tokens)
        {
            BeginToken(request, token + 1);
        }
    });
}

} // namespace ns3
