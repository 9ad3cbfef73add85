/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef END_OF_INSTANT_H
#define END_OF_INSTANT_H

#include "ns3/event-impl.h"
#include "ns3/nstime.h"
#include "ns3/ptr.h"

#include <cstdint>
#include <vector>

namespace ns3
{

/**
 * @ingroup leo
 *
 * The part of the tie rule that ns-3's event queue does not keep: what arrives comes last.
 *
 * ns-3 executes events of one nanosecond in the order in which they were scheduled, so that what
 * two packets do to each other would depend on when their arrivals were put into the queue: on the
 * engine, not on the network. Here the rule is, for all events of one nanosecond:
 *
 * 1. links change (LinkSchedule), and what is re-routed is forwarded;
 * 2. transmissions that complete free their transmitters and their places in queues;
 * 3. all other events, in ns-3's order: applications compute and send;
 * 4. once nothing is left to do, packets that waited for a path are forwarded, by satellite;
 * 5. then packets in transit, in order of wire, twice the number of a link plus the direction;
 * 6. then packets that have come to their destination, or whose time to live ends, by wire; what
 *    they cause comes behind all of them.
 *
 * There is one such object in a simulation, as there is one simulator.
 */
class EndOfInstant
{
  public:
    /** Steps 4 to 6 of the rule. */
    enum class Turn : uint8_t
    {
        HELD,    //!< packets that waited for a path, by satellite
        TRANSIT, //!< packets that travel on, by wire
        FINAL,   //!< packets that stay, by wire
    };

    /** Who does something at the end of a nanosecond. */
    class Actor
    {
      public:
        virtual ~Actor() = default;

        /**
         * @brief It is its turn.
         * @param place of the satellite or the wire
         * @param number what it had given to Add()
         */
        virtual void Act(uint32_t place, uint64_t number) = 0;
    };

    /**
     * @brief Do something at the end of this nanosecond.
     * @param turn step of the rule
     * @param place number of the satellite or the wire, for the order within a step
     * @param node context in which it is done
     * @param actor who does it; must live until then
     * @param number told to it
     */
    static void Add(Turn turn, uint32_t place, uint32_t node, Actor* actor, uint64_t number = 0);

    /**
     * @brief Add(), by an event that has nothing else to do and calls Conclude() in the end.
     * @param turn, place, node, actor, number as of Add()
     */
    static void Collect(Turn turn, uint32_t place, uint32_t node, Actor* actor, uint64_t number);

    /// Do what was collected: at once, if it is known that nothing else is left in this nanosecond.
    static void Conclude();

    /**
     * @brief Do something when nothing is left to do at this nanosecond at all, arrivals included.
     * @param event what to do
     */
    static void CallLast(Ptr<EventImpl> event);

    /**
     * @brief Whether the arrivals of a nanosecond have had their turn.
     * @param now the nanosecond, which is now
     * @return whether they have
     */
    static bool HasPassed(Time now);

  private:
    /** What is to be done. */
    struct Entry
    {
        uint64_t order;  //!< turn, then place
        uint32_t node;   //!< context
        Actor* actor;    //!< who
        uint64_t number; //!< told to it

        /// Do it.
        void Act() const
        {
            actor->Act(static_cast<uint32_t>(order), number);
        }
    };

    EndOfInstant();

    /** @return the one object; made anew after Simulator::Destroy */
    static EndOfInstant& Get();

    /// Look again once what is in the queue for this nanosecond has been executed.
    void Wait();

    /// If nothing was executed since Wait(), go on; else wait again.
    void Check();

    /// Do what was added, in its order.
    void Flush();

    Ptr<EventImpl> m_check;             //!< calls Check(), again and again
    std::vector<Entry> m_entries;       //!< for this nanosecond
    std::vector<Ptr<EventImpl>> m_last; //!< for its very end
    uint64_t m_executed{0};             //!< events executed at Wait()
    uint32_t m_context{0};              //!< of the event that will check
    bool m_isWaiting{false};            //!< whether there is one
    bool m_isAlive{false};              //!< false: Simulator::Destroy has been called
    Time m_passed{-1};                  //!< the last nanosecond that was flushed
};

} // namespace ns3

#endif // END_OF_INSTANT_H
