/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "link-schedule.h"

#include "ns3/data-rate.h"
#include "ns3/point-to-point-net-device.h"
#include "ns3/simulator.h"

#include <iterator>
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
    m_channels.clear();
    Object::DoDispose();
}

void
LinkSchedule::Install(std::vector<Ptr<LaserChannel>> channels,
                      Time slot,
                      std::vector<uint8_t> up,
                      std::vector<uint64_t> ratesBps,
                      std::size_t slots)
{
    if (m_isStarted)
    {
        throw std::logic_error("link schedule: it has been started; make another one");
    }
    const std::size_t links = channels.size();
    for (std::size_t link = 0; link < links; ++link)
    {
        if (!channels[link] || channels[link]->GetNDevices() != 2)
        {
            throw std::invalid_argument("link schedule: link " + std::to_string(link) +
                                        " has not two devices; connect it first");
        }
    }
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
    m_channels = std::move(channels);
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
        for (std::size_t link = 0; link < m_channels.size(); ++link)
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
    const std::size_t now = slot * m_channels.size() + link;
    const std::size_t before = now - m_channels.size();
    return m_up[now] != m_up[before] || (m_up[now] == 1 && m_ratesBps[now] != m_ratesBps[before]);
}

void
LinkSchedule::Apply(std::size_t slot)
{
    std::vector<LaserChannel::Stranded> stranded;
    for (std::size_t link = 0; link < m_channels.size(); ++link)
    {
        if (slot > 0 && !Changes(slot, link))
        {
            continue;
        }
        const std::size_t index = slot * m_channels.size() + link;
        const bool isUp = m_up[index] == 1;
        std::vector<LaserChannel::Stranded> more = m_channels[link]->Switch(isUp);
        std::move(more.begin(), more.end(), std::back_inserter(stranded));
        // A link that goes down keeps its old rate: what was queued was to leave at that.
        for (uint32_t end = 0; isUp && end < 2; ++end)
        {
            m_channels[link]->GetPointToPointDevice(end)->SetDataRate(DataRate(m_ratesBps[index]));
        }
    }
    LaserChannel::Reroute(stranded);
}

} // namespace ns3
