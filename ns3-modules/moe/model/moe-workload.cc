/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "moe-workload.h"

#include "ns3/boolean.h"
#include "ns3/uinteger.h"

#include <stdexcept>
#include <string>
#include <utility>

namespace ns3
{

namespace
{
constexpr std::size_t MAX_EXPERTS = 65536 - MoeWorkload::FIRST_EXPERT_PORT;
} // namespace

NS_OBJECT_ENSURE_REGISTERED(MoeWorkload);

TypeId
MoeWorkload::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::MoeWorkload")
            .SetParent<Object>()
            .SetGroupName("Moe")
            .AddConstructor<MoeWorkload>()
            .AddAttribute("MessageBytes",
                          "Length of a hidden state in bytes, without headers.",
                          UintegerValue(8192),
                          MakeUintegerAccessor(&MoeWorkload::m_messageBytes),
                          MakeUintegerChecker<uint32_t>(1))
            .AddAttribute("SendResidual",
                          "Whether each gateway sends the residual stream to the next one.",
                          BooleanValue(true),
                          MakeBooleanAccessor(&MoeWorkload::m_sendsResidual),
                          MakeBooleanChecker());
    return tid;
}

void
MoeWorkload::SetHosts(std::vector<uint32_t> gateways, std::vector<uint32_t> experts)
{
    if (gateways.size() < 2 || experts.empty() || experts.size() % gateways.size() != 0)
    {
        throw std::invalid_argument("workload: a ring needs at least two gateways, and the same "
                                    "number of experts in every layer");
    }
    if (experts.size() > MAX_EXPERTS)
    {
        throw std::invalid_argument("workload: " + std::to_string(experts.size()) +
                                    " experts, but there are UDP ports for " +
                                    std::to_string(MAX_EXPERTS));
    }
    m_gateways = std::move(gateways);
    m_experts = std::move(experts);
}

void
MoeWorkload::SetComputeTimes(ComputeTimes times)
{
    if (times.gateway.size() != GetLayers() || times.expert.size() != GetLayers())
    {
        throw std::invalid_argument("workload: one gateway time and one expert time a layer");
    }
    m_times = std::move(times);
}

void
MoeWorkload::SetSequences(std::vector<Sequence> sequences,
                          uint32_t topK,
                          std::vector<uint16_t> activations)
{
    uint32_t tokens = 0;
    for (const Sequence& sequence : sequences)
    {
        if (sequence.firstToken != tokens)
        {
            throw std::invalid_argument("workload: sequences must follow the activations' rows");
        }
        tokens += sequence.tokens;
    }
    bool isRange = activations.size() == static_cast<std::size_t>(tokens) * GetLayers() * topK;
    for (const uint16_t expert : activations)
    {
        isRange = isRange && expert < GetExperts();
    }
    if (!isRange)
    {
        throw std::invalid_argument("workload: activations must name experts, [token][layer][k]");
    }
    m_sequences = std::move(sequences);
    m_topK = topK;
    m_activations = std::move(activations);
}

uint32_t
MoeWorkload::GetLayers() const
{
    return m_gateways.size();
}

uint32_t
MoeWorkload::GetExperts() const
{
    return m_experts.size() / m_gateways.size();
}

uint32_t
MoeWorkload::GetTopK() const
{
    return m_topK;
}

const std::vector<MoeWorkload::Sequence>&
MoeWorkload::GetSequences() const
{
    return m_sequences;
}

const MoeWorkload::ComputeTimes&
MoeWorkload::GetComputeTimes() const
{
    return m_times;
}

uint32_t
MoeWorkload::GetMessageBytes() const
{
    return m_messageBytes;
}

bool
MoeWorkload::SendsResidual() const
{
    return m_sendsResidual;
}

uint32_t
MoeWorkload::GetGateway(uint32_t layer) const
{
    return m_gateways[layer % GetLayers()];
}

uint32_t
MoeWorkload::GetExpert(uint32_t layer, uint32_t expert) const
{
    return m_experts[layer * GetExperts() + expert];
}

uint16_t
MoeWorkload::GetGatewayPort(uint32_t layer) const
{
    return FIRST_GATEWAY_PORT + layer % GetLayers();
}

uint16_t
MoeWorkload::GetExpertPort(uint32_t layer, uint32_t expert) const
{
    return FIRST_EXPERT_PORT + layer * GetExperts() + expert;
}

const uint16_t*
MoeWorkload::GetActivated(uint32_t request, uint32_t token, uint32_t layer) const
{
    const std::size_t row = m_sequences[request].firstToken + token;
    return &m_activations[(row * GetLayers() + layer) * m_topK];
}

uint64_t
MoeWorkload::NextMessage()
{
    return m_nextMessage++;
}

} // namespace ns3
