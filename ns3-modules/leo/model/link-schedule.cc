/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "link-schedule.h"

#include "ns3/simulator.h"

#include <stdexcept>
#include <string>
#include <utility>

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(LinkSchedule);

TypeId
LinkSchedule::GetTypeId()
{
    static TypeId tid = TypeId("ns3::LinkSchedule")
                            .SetParent<Object>()
                            .SetGroupName("Leo")
                            .AddConstructor<LinkSchedule>();
    return tid;
}

void
LinkSchedule::DoDispose()
{
    for (EventId& event : m_events)
    {
        event.Cancel();
    }
    m_events.clear();
    m_network = nullptr;
    Object::DoDispose();
}

void
LinkSchedule::Install(Ptr<LaserNetwork> network,
                      Time slot,
                      std::vector<uint8_t> up,
                      std::vector<uint64_t> ratesBps,
                      std::size_t slots)
{
    if (m_isStarted)
    {
        throw std::logic_error("link schedule: it has been started; make another one");
    }
    const std::size_t links = network->GetNLinks();
    if (slot <= Time(0) || slots == 0)
    {
        throw std::invalid_argument("link schedule: " + std::to_string(slots) + " slots of " +
                                    std::to_string(slot.GetNanoSeconds()) +
                                    " ns; give at least one, of a positive duration");
    }
    if (up.size() != slots * links || ratesBps.size() != slots * links)
    {
        throw std::invalid_argument("link schedule: " + std::to_string(up.size()) + " states and " +
                                    std::to_string(ratesBps.size()) + " rates; give one each for " +
                                    std::to_string(slots) + " slots x " + std::to_string(links) +
                                    " links");
    }
    for (std::size_t index = 0; index < up.size(); ++index)
    {
        if (up[index] > 1 || (up[index] == 1 && ratesBps[index] == 0))
        {
            throw std::invalid_argument(
                "link schedule: link " + std::to_string(index % links) + " in slot " +
                std::to_string(index / links) + " has state " + std::to_string(up[index]) +
                " and rate " + std::to_string(ratesBps[index]) +
                " bit/s; a state is 0 or 1, and the rate of a link that is up is positive");
        }
    }
    m_network = network;
    m_links = links;
    m_slot = slot;
    m_up = std::move(up);
    m_ratesBps = std::move(ratesBps);
    m_slots = slots;
}

void
LinkSchedule::Start()
{
    if (m_slots == 0 || m_isStarted || !Simulator::Now().IsZero())
    {
        throw std::logic_error("link schedule: start it once, after Install and at simulation "
                               "time zero, so that its events come first at the start of a slot");
    }
    m_isStarted = true;
    // The events hold this object, so that it lives as long as they do, and it holds the events.
    Simulator::ScheduleDestroy(&LinkSchedule::Dispose, Ptr<LinkSchedule>(this));
    Apply(0);
    for (std::size_t slot = 1; slot < m_slots; ++slot)
    {
        for (std::size_t link = 0; link < m_links; ++link)
        {
            if (Changes(slot, link))
            {
                m_events.push_back(Simulator::Schedule(static_cast<int64_t>(slot) * m_slot,
                                                       &LinkSchedule::Apply,
                                                       Ptr<LinkSchedule>(this),
                                                       slot));
                break;
            }
        }
    }
}

std::size_t
LinkSchedule::GetNSlots() const
{
    return m_slots;
}

bool
LinkSchedule::Changes(std::size_t slot, std::size_t link) const
{
    const std::size_t now = slot * m_links + link;
    const std::size_t before = now - m_links;
    return m_up[now] != m_up[before] || (m_up[now] == 1 && m_ratesBps[now] != m_ratesBps[before]);
}

void
LinkSchedule::Apply(std::size_t slot)
{
    std::vector<LaserNetwork::LinkState> states;
    for (std::size_t link = 0; link < m_links; ++link)
    {
        const std::size_t index = slot * m_links + link;
        if (slot == 0 || Changes(slot, link))
        {
            states.push_back({static_cast<uint32_t>(link), m_up[index] == 1, m_ratesBps[index]});
        }
    }
    m_network->SetStates(states);
}

} // namespace ns3
