/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "end-of-instant.h"

#include "flat-scheduler.h"

#include "ns3/make-event.h"
#include "ns3/simulator.h"

#include <algorithm>
#include <utility>

namespace ns3
{

EndOfInstant::EndOfInstant()
    : m_check(MakeEvent(&EndOfInstant::Check, this), false)
{
}

EndOfInstant&
EndOfInstant::Get()
{
    static EndOfInstant instance;
    if (!instance.m_isAlive)
    {
        instance.m_entries.clear();
        instance.m_last.clear();
        instance.m_isWaiting = false;
        instance.m_passed = Time(-1);
        instance.m_isAlive = true;
        Simulator::ScheduleDestroy([] { instance.m_isAlive = false; });
    }
    return instance;
}

void
EndOfInstant::Add(Turn turn, uint32_t place, uint32_t node, Actor* actor, uint64_t number)
{
    Collect(turn, place, node, actor, number);
    EndOfInstant& self = Get();
    if (!self.m_isWaiting)
    {
        self.m_context = node;
        self.Wait();
    }
}

void
EndOfInstant::Collect(Turn turn, uint32_t place, uint32_t node, Actor* actor, uint64_t number)
{
    Get().m_entries.push_back(
        {uint64_t{static_cast<uint8_t>(turn)} << 32 | place, node, actor, number});
}

void
EndOfInstant::Conclude()
{
    EndOfInstant& self = Get();
    if (self.m_isWaiting || self.m_entries.empty())
    {
        return;
    }
    self.m_context = Simulator::GetContext();
    const FlatScheduler* events = FlatScheduler::Get();
    if (events && !events->IsDue(Simulator::Now()))
    {
        self.Flush();
        return;
    }
    self.Wait();
}

void
EndOfInstant::CallLast(Ptr<EventImpl> event)
{
    EndOfInstant& self = Get();
    self.m_last.push_back(event);
    if (!self.m_isWaiting)
    {
        self.m_context = Simulator::NO_CONTEXT;
        self.Wait();
    }
}

bool
EndOfInstant::HasPassed(Time now)
{
    return Get().m_passed == now;
}

void
EndOfInstant::Wait()
{
    m_isWaiting = true;
    m_executed = Simulator::GetEventCount();
    Simulator::ScheduleWithContext(m_context, Time(0), GetPointer(m_check));
}

void
EndOfInstant::Check()
{
    if (Simulator::GetEventCount() != m_executed + 1)
    {
        Wait();
        return;
    }
    m_isWaiting = false;
    if (!m_entries.empty())
    {
        Flush();
        if (!m_last.empty())
        {
            Wait();
        }
        return;
    }
    for (const Ptr<EventImpl>& event : std::exchange(m_last, {}))
    {
        event->Invoke();
    }
}

void
EndOfInstant::Flush()
{
    m_passed = Simulator::Now();
    if (m_entries.size() == 1 && m_entries[0].node == m_context)
    {
        const Entry entry = m_entries[0];
        m_entries.clear();
        entry.Act(); // in the right context already
        return;
    }
    std::stable_sort(m_entries.begin(), m_entries.end(), [](const Entry& a, const Entry& b) {
        return a.order < b.order;
    });
    for (const Entry& entry : std::exchange(m_entries, {}))
    {
        Simulator::ScheduleWithContext(entry.node, Time(0), [entry] { entry.Act(); });
    }
}

} // namespace ns3
