/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef FLAT_SCHEDULER_H
#define FLAT_SCHEDULER_H

#include "flat-heap.h"

#include "ns3/nstime.h"
#include "ns3/scheduler.h"

namespace ns3
{

/**
 * @ingroup leo
 *
 * An event queue in one array: it allocates nothing from event to event, and can be asked whether
 * anything is left at an instant. The order of events is that of all of ns-3's schedulers, by time
 * and number.
 *
 * Removing an event (Simulator::Remove, not Simulator::Cancel) looks through all of them.
 */
class FlatScheduler : public Scheduler
{
  public:
    /**
     * @brief Get the type ID.
     * @return the object TypeId
     */
    static TypeId GetTypeId();

    FlatScheduler();
    ~FlatScheduler() override;

    /// Have the simulator use one from now on; what is in its queue is kept.
    static void Install();

    /** @return the one that the simulator uses, null if it is of another class */
    static const FlatScheduler* Get();

    /**
     * @brief Whether events are left at an instant.
     * @param now the instant, not before the last event
     * @return whether the next event is then
     */
    bool IsDue(Time now) const;

    void Insert(const Scheduler::Event& event) override;
    bool IsEmpty() const override;
    Scheduler::Event PeekNext() const override;
    Scheduler::Event RemoveNext() override;
    void Remove(const Scheduler::Event& event) override;

  private:
    /** An event in the heap. */
    struct Entry
    {
        Scheduler::Event event; //!< the event

        /**
         * @brief Order in which events are executed.
         * @param other another event
         * @return whether this one comes first
         */
        bool operator<(const Entry& other) const
        {
            return event.key < other.event.key;
        }
    };

    FlatHeap<Entry> m_events; //!< those that are scheduled
};

} // namespace ns3

#endif // FLAT_SCHEDULER_H
