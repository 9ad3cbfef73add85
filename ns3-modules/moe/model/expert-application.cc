/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "expert-application.h"

#include "ns3/uinteger.h"

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(ExpertApplication);

TypeId
ExpertApplication::GetTypeId()
{
    static TypeId tid = TypeId("ns3::ExpertApplication")
                            .SetParent<MoeApplication>()
                            .SetGroupName("Moe")
                            .AddConstructor<ExpertApplication>()
                            .AddAttribute("Expert",
                                          "Expert of the layer, from 0.",
                                          UintegerValue(0),
                                          MakeUintegerAccessor(&ExpertApplication::m_expert),
                                          MakeUintegerChecker<uint32_t>())
                            .AddAttribute("Satellite",
                                          "Satellite where the expert lives, one of its residents.",
                                          UintegerValue(0),
                                          MakeUintegerAccessor(&ExpertApplication::m_satellite),
                                          MakeUintegerChecker<uint32_t>());
    return tid;
}

void
ExpertApplication::StartApplication()
{
    MoeApplication::StartApplication();
    m_endpoint->Connect(m_workload->GetGateway(m_layer + 1),
                        m_workload->GetGatewayPort(m_layer + 1));
}

uint16_t
ExpertApplication::GetPort() const
{
    return m_workload->GetExpertPort(m_layer, m_expert);
}

uint32_t
ExpertApplication::GetSatellite() const
{
    return m_satellite;
}

void
ExpertApplication::HandleMessage(const MessageRecord& message)
{
    MoeHeader header = message.header;
    header.kind = MoeHeader::RESULT;
    JobRecord job;
    job.kind = JobRecord::EXPERT;
    job.request = header.request;
    job.token = header.token;
    job.layer = header.layer;
    job.expert = header.expert;
    job.satellite = GetSatellite();
    job.tokens = header.messageBytes / m_workload->GetMessageBytes();
    auto sendResult = [this, header](const JobRecord& done) {
        Send(header,
             done.tokens,
             m_workload->GetGateway(m_layer + 1),
             m_workload->GetGatewayPort(m_layer + 1));
    };
    auto duration = [this](uint32_t tokens) {
        return m_workload->GetExpertTime(m_layer, m_expert, m_satellite, tokens);
    };
    Compute({job,
             duration,
             sendResult,
             m_workload->GetSelection(header.request, header.token, m_layer, m_expert)});
}

} // namespace ns3
