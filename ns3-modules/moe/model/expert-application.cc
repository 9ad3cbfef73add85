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
                                          MakeUintegerChecker<uint32_t>());
    return tid;
}

uint16_t
ExpertApplication::GetPort() const
{
    return m_workload->GetExpertPort(m_layer, m_expert);
}

uint32_t
ExpertApplication::GetSatellite() const
{
    return m_workload->GetExpert(m_layer, m_expert);
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
    Compute(job, m_workload->GetComputeTimes().expert[m_layer], [this, header] {
        Send(header, m_workload->GetGateway(m_layer + 1), m_workload->GetGatewayPort(m_layer + 1));
    });
}

} // namespace ns3
