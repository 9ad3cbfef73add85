/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "moe-workload.h"

#include "ns3/boolean.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <stdexcept>
#include <string>
#include <tuple>
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
                          "Length of the hidden state of one token in bytes, without headers.",
                          UintegerValue(8192),
                          MakeUintegerAccessor(&MoeWorkload::m_messageBytes),
                          MakeUintegerChecker<uint32_t>(1))
            .AddAttribute("Batch",
                          "Decode steps that wait at a gateway and are served together at most; "
                          "likewise at the head.",
                          UintegerValue(1),
                          MakeUintegerAccessor(&MoeWorkload::m_batch),
                          MakeUintegerChecker<uint32_t>(1))
            .AddAttribute("SendResidual",
                          "Whether each gateway sends the residual stream to the next one.",
                          BooleanValue(true),
                          MakeBooleanAccessor(&MoeWorkload::m_sendsResidual),
                          MakeBooleanChecker())
            .AddTraceSource("Told",
                            "Everyone is told that a satellite has failed.",
                            MakeTraceSourceAccessor(&MoeWorkload::m_toldTrace),
                            "ns3::MoeWorkload::SatelliteCallback");
    return tid;
}

void
MoeWorkload::SetGateways(std::vector<Gateway> gateways, TokenTimes head)
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
    m_head = std::move(head);
}

void
MoeWorkload::SetPrefillTimes(uint32_t width, std::vector<Time> times)
{
    if (times.size() != GetLayers())
    {
        throw std::invalid_argument("workload: " + std::to_string(times.size()) +
                                    " computing times of a prompt for " +
                                    std::to_string(GetLayers()) + " layers; give one a layer");
    }
    m_prefill[width] = std::move(times);
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
MoeWorkload::Fail(uint32_t satellite)
{
    for (std::size_t index = 0; index < m_hosts.size(); ++index)
    {
        if (GetExpertHost(index / m_experts, index % m_experts) == satellite)
        {
            m_misled[index] = satellite;
        }
    }
}

void
MoeWorkload::TellFailure(uint32_t satellite, Time since)
{
    m_failed[satellite] = since;
    for (auto misled = m_misled.begin(); misled != m_misled.end();)
    {
        misled = misled->second == satellite ? m_misled.erase(misled) : std::next(misled);
    }
    m_toldTrace(satellite);
}

void
MoeWorkload::TellRepair(uint32_t satellite)
{
    m_failed.erase(satellite);
}

bool
MoeWorkload::IsKnownToHaveFailed(uint32_t satellite) const
{
    return m_failed.count(satellite) > 0;
}

Time
MoeWorkload::GetFailedSince(uint32_t satellite) const
{
    return m_failed.at(satellite);
}

void
MoeWorkload::Await(const Awaited& dispatch)
{
    const MoeHeader& header = dispatch.header;
    m_awaited[{header.layer, header.request, header.token, header.expert}] = dispatch;
}

bool
MoeWorkload::TakeResult(const MoeHeader& header, uint32_t satellite)
{
    const auto found = m_awaited.find({header.layer, header.request, header.token, header.expert});
    if (found == m_awaited.end() || found->second.satellite != satellite)
    {
        return false;
    }
    m_awaited.erase(found);
    return true;
}

std::vector<MoeWorkload::Awaited>
MoeWorkload::GetAwaited(uint32_t layer, uint32_t satellite) const
{
    std::vector<Awaited> awaited;
    for (const auto& [key, dispatch] : m_awaited)
    {
        if (std::get<0>(key) == layer && dispatch.satellite == satellite)
        {
            awaited.push_back(dispatch);
        }
    }
    return awaited;
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
        isRange = isRange && (expert < GetExperts() || expert == MoeHeader::NO_EXPERT);
    }
    if (!isRange)
    {
        throw std::invalid_argument("workload: activations must name experts, [step][layer][k]");
    }
    m_sequences = std::move(sequences);
    m_topK = topK;
    m_activations = std::move(activations);
    m_widths.clear();
    m_shares.clear();
    m_batches.clear();
}

void
MoeWorkload::SetWidths(std::vector<uint32_t> widths, std::vector<uint32_t> shares)
{
    const std::size_t each = static_cast<std::size_t>(GetLayers()) * m_topK;
    bool fits = shares.size() == m_activations.size() && widths.size() * each == shares.size();
    for (std::size_t index = 0; fits && index < shares.size(); ++index)
    {
        const bool isExpert = m_activations[index] != MoeHeader::NO_EXPERT;
        fits = isExpert == (shares[index] > 0) && shares[index] <= widths[index / each];
    }
    if (!fits)
    {
        throw std::invalid_argument("workload: shares must give each activated expert at least one "
                                    "token of its step, [step][layer][k]");
    }
    m_widths = std::move(widths);
    m_shares = std::move(shares);
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

uint32_t
MoeWorkload::GetBatch() const
{
    return m_batch;
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
MoeWorkload::GetHeadTime(uint32_t steps) const
{
    return m_head.Get(steps);
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
MoeWorkload::GetGatewayTime(uint32_t layer, uint32_t steps) const
{
    return m_gateways[layer].compute.Get(steps);
}

Time
MoeWorkload::GetPrefillTime(uint32_t layer, uint32_t width) const
{
    const auto found = m_prefill.find(width);
    if (found == m_prefill.end())
    {
        throw std::out_of_range("workload: no computing times for a prompt of " +
                                std::to_string(width) + " tokens; set them");
    }
    return found->second[layer];
}

uint32_t
MoeWorkload::GetExpertHost(uint32_t layer, uint32_t expert, const std::vector<uint32_t>& left) const
{
    const auto comesIntoQuestion = [&](uint32_t satellite) {
        return !IsKnownToHaveFailed(satellite) &&
               std::find(left.begin(), left.end(), satellite) == left.end();
    };

    const std::size_t index = layer * GetExperts() + expert;
    const auto misled = m_misled.find(index);
    const uint32_t host = misled == m_misled.end() ? m_hosts[index] : misled->second;
    if (comesIntoQuestion(host))
    {
        return host;
    }
    const auto last = m_residents.begin() + m_firstResident[index + 1];
    const auto found =
        std::find_if(m_residents.begin() + m_firstResident[index], last, [&](const Resident& r) {
            return comesIntoQuestion(r.satellite);
        });
    return found == last ? host : found->satellite;
}

Time
MoeWorkload::GetExpertTime(uint32_t layer,
                           uint32_t expert,
                           uint32_t satellite,
                           uint32_t tokens) const
{
    return FindResident(layer, expert, satellite).compute.Get(tokens);
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
MoeWorkload::CountActivated(uint32_t request, uint32_t token, uint32_t layer) const
{
    const uint16_t* activated = GetActivated(request, token, layer);
    return std::find(activated, activated + m_topK, MoeHeader::NO_EXPERT) - activated;
}

uint32_t
MoeWorkload::GetWidth(uint32_t request, uint32_t token) const
{
    return m_widths.empty() ? 1 : m_widths[m_sequences[request].firstToken + token];
}

void
MoeWorkload::NoteBatch(uint32_t layer, std::vector<Step> steps)
{
    if (steps.size() > 1)
    {
        const Step first = steps.front();
        m_batches[{layer, first}] = std::move(steps);
    }
}

void
MoeWorkload::ClearBatches()
{
    m_batches.clear();
}

std::vector<MoeWorkload::Step>
MoeWorkload::GetSteps(uint32_t layer, Step first) const
{
    const auto found = m_batches.find({layer, first});
    return found == m_batches.end() ? std::vector<Step>{first} : found->second;
}

std::vector<MoeWorkload::Step>
MoeWorkload::GetStepsOf(const MoeHeader& header) const
{
    std::vector<Step> steps = GetSteps(header.layer, {header.request, header.token});
    if (header.expert != MoeHeader::NO_EXPERT)
    {
        const auto isElsewhere = [&](const Step& step) {
            const uint16_t* activated = GetActivated(step.first, step.second, header.layer);
            return std::find(activated, activated + m_topK, header.expert) == activated + m_topK;
        };
        steps.erase(std::remove_if(steps.begin(), steps.end(), isElsewhere), steps.end());
    }
    return steps;
}

std::vector<MoeWorkload::Portion>
MoeWorkload::GetPortions(uint32_t layer, Step first) const
{
    std::vector<Portion> portions;
    for (const auto& [request, token] : GetSteps(layer, first))
    {
        const uint16_t* activated = GetActivated(request, token, layer);
        const std::size_t row = activated - m_activations.data();
        for (uint32_t k = 0; k < CountActivated(request, token, layer); ++k)
        {
            const uint32_t tokens = m_shares.empty() ? 1 : m_shares[row + k];
            const auto found = std::find_if(
                portions.begin(),
                portions.end(),
                [expert = activated[k]](const Portion& each) { return each.expert == expert; });
            if (found == portions.end())
            {
                portions.push_back({activated[k], tokens});
            }
            else
            {
                found->tokens += tokens;
            }
        }
    }
    return portions;
}

uint32_t
MoeWorkload::GetSelection(uint32_t request, uint32_t token, uint32_t layer, uint32_t expert) const
{
    const std::vector<Portion> portions = GetPortions(layer, {request, token});
    return std::find_if(portions.begin(),
                        portions.end(),
                        [expert](const Portion& each) { return each.expert == expert; }) -
           portions.begin();
}

uint64_t
MoeWorkload::NextMessage()
{
    return m_nextMessage++;
}

} // namespace ns3
