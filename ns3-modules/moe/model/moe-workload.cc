/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "moe-workload.h"

#include "ns3/boolean.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>

namespace ns3
{

namespace
{
constexpr std::size_t MAX_EXPERTS = 65536 - MoeWorkload::FIRST_EXPERT_PORT;

/**
 * @brief Name an expert.
 * @param layer the layer
 * @param expert the expert of that layer
 * @return both in words
 */
std::string
DescribeExpert(uint32_t layer, uint32_t expert)
{
    return "expert " + std::to_string(expert) + " of layer " + std::to_string(layer);
}
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
MoeWorkload::SetGateways(std::vector<Gateway> gateways, Time head)
{
    if (gateways.size() < 2)
    {
        throw std::invalid_argument("workload: " + std::to_string(gateways.size()) +
                                    " gateways, but a ring needs at least two, one a layer");
    }
    if (!m_residents.empty())
    {
        throw std::logic_error("workload: the experts are set already; set the gateways first");
    }
    m_gateways = std::move(gateways);
    m_head = head;
}

void
MoeWorkload::SetResidents(uint32_t experts, std::vector<Resident> residents)
{
    const std::size_t count = static_cast<std::size_t>(GetLayers()) * experts;
    if (count == 0 || count > MAX_EXPERTS)
    {
        throw std::invalid_argument("workload: " + std::to_string(count) +
                                    " experts, but there must be at least one, and there are UDP "
                                    "ports for " +
                                    std::to_string(MAX_EXPERTS));
    }
    std::vector<std::set<uint32_t>> satellites(count);
    for (const Resident& r : residents)
    {
        if (r.layer >= GetLayers() || r.expert >= experts)
        {
            throw std::invalid_argument("workload: " + DescribeExpert(r.layer, r.expert) +
                                        " is not one of " + std::to_string(GetLayers()) +
                                        " layers of " + std::to_string(experts) + " experts");
        }
        if (!satellites[r.layer * experts + r.expert].insert(r.satellite).second)
        {
            throw std::invalid_argument("workload: " + DescribeExpert(r.layer, r.expert) +
                                        " is listed twice on satellite " +
                                        std::to_string(r.satellite));
        }
    }
    std::vector<std::size_t> firstResident{0};
    for (std::size_t index = 0; index < count; ++index)
    {
        if (satellites[index].empty())
        {
            throw std::invalid_argument(
                "workload: " + DescribeExpert(index / experts, index % experts) +
                " lives on no satellite; list it among the residents");
        }
        firstResident.push_back(firstResident.back() + satellites[index].size());
    }
    // Stable, as the first that is listed of an expert is its host.
    std::stable_sort(residents.begin(), residents.end(), [](const Resident& a, const Resident& b) {
        return a.layer != b.layer ? a.layer < b.layer : a.expert < b.expert;
    });
    m_experts = experts;
    m_residents = std::move(residents);
    m_firstResident = std::move(firstResident);
    m_hosts.clear();
    for (std::size_t index = 0; index < count; ++index)
    {
        m_hosts.push_back(m_residents[m_firstResident[index]].satellite);
    }
}

void
MoeWorkload::SetExpertHosts(const std::vector<uint32_t>& hosts)
{
    if (hosts.size() != m_hosts.size())
    {
        throw std::invalid_argument("workload: " + std::to_string(hosts.size()) + " hosts for " +
                                    std::to_string(m_hosts.size()) +
                                    " experts; give one for each, [layer][expert]");
    }
    for (uint32_t index = 0; index < hosts.size(); ++index)
    {
        FindResident(index / m_experts, index % m_experts, hosts[index]); // throws if there is none
    }
    m_hosts = hosts;
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
    return m_experts;
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

const std::vector<MoeWorkload::Resident>&
MoeWorkload::GetResidents() const
{
    return m_residents;
}

Time
MoeWorkload::GetHeadTime() const
{
    return m_head;
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
    return m_gateways[layer % GetLayers()].satellite;
}

Time
MoeWorkload::GetGatewayTime(uint32_t layer) const
{
    return m_gateways[layer].compute;
}

uint32_t
MoeWorkload::GetExpertHost(uint32_t layer, uint32_t expert) const
{
    return m_hosts[layer * GetExperts() + expert];
}

Time
MoeWorkload::GetExpertTime(uint32_t layer, uint32_t expert, uint32_t satellite) const
{
    return FindResident(layer, expert, satellite).compute;
}

const MoeWorkload::Resident&
MoeWorkload::FindResident(uint32_t layer, uint32_t expert, uint32_t satellite) const
{
    const std::size_t index = layer * m_experts + expert;
    const auto last = m_residents.begin() + m_firstResident[index + 1];
    const auto found = std::find_if(m_residents.begin() + m_firstResident[index],
                                    last,
                                    [=](const Resident& r) { return r.satellite == satellite; });
    if (found == last)
    {
        throw std::invalid_argument("workload: " + DescribeExpert(layer, expert) +
                                    " does not live on satellite " + std::to_string(satellite) +
                                    "; list it among the residents");
    }
    return *found;
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

uint32_t
MoeWorkload::GetSelection(uint32_t request, uint32_t token, uint32_t layer, uint32_t expert) const
{
    const uint16_t* activated = GetActivated(request, token, layer);
    return std::find(activated, activated + m_topK, expert) - activated;
}

uint64_t
MoeWorkload::NextMessage()
{
    return m_nextMessage++;
}

} // namespace ns3
