/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "flat-scheduler.h"

#include "ns3/object-factory.h"
#include "ns3/simulator.h"

#include <stdexcept>

namespace ns3
{

namespace
{
const FlatScheduler* g_inUse = nullptr; //!< there is one simulator, with one queue
} // namespace

NS_OBJECT_ENSURE_REGISTERED(FlatScheduler);

TypeId
FlatScheduler::GetTypeId()
{
    static TypeId tid = TypeId("ns3::FlatScheduler")
                            .SetParent<Scheduler>()
                            .SetGroupName("Leo")
                            .AddConstructor<FlatScheduler>();
    return tid;
}

FlatScheduler::FlatScheduler()
{
    g_inUse = this;
}

FlatScheduler::~FlatScheduler()
{
    g_inUse = g_inUse == this ? nullptr : g_inUse;
}

void
FlatScheduler::Install()
{
    if (!g_inUse)
    {
        ObjectFactory factory;
        factory.SetTypeId(GetTypeId());
        Simulator::SetScheduler(factory);
    }
}

const FlatScheduler*
FlatScheduler::Get()
{
    return g_inUse;
}

bool
FlatScheduler::IsDue(Time now) const
{
    return !m_events.IsEmpty() &&
           m_events.GetFirst().event.key.m_ts <= static_cast<uint64_t>(now.GetTimeStep());
}

void
FlatScheduler::Insert(const Scheduler::Event& event)
{
    m_events.Push({event});
}

bool
FlatScheduler::IsEmpty() const
{
    return m_events.IsEmpty();
}

Scheduler::Event
FlatScheduler::PeekNext() const
{
    return m_events.GetFirst().event;
}

Scheduler::Event
FlatScheduler::RemoveNext()
{
    return m_events.Pop().event;
}

void
FlatScheduler::Remove(const Scheduler::Event& event)
{
    const auto& entries = m_events.GetEntries();
    for (std::size_t place = 0; place < entries.size(); ++place)
    {
        if (entries[place].event.key == event.key)
        {
            m_events.Erase(place);
            return;
        }
    }
    throw std::logic_error("event queue: an event that is not in it was to be removed");
}

} // namespace ns3
