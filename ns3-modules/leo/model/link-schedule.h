/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef LINK_SCHEDULE_H
#define LINK_SCHEDULE_H

#include "laser-network.h"

#include "ns3/event-id.h"
#include "ns3/nstime.h"
#include "ns3/object.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ns3
{

/**
 * @ingroup leo
 *
 * Whether each laser link is up, and how fast, in each time slot.
 *
 * Slot n is from n times the slot's duration (included) to n + 1 times it (excluded); after the
 * last slot the links stay as they are.
 *
 * **The rule for ties.** At the start of a slot links change first, in link order, for each link
 * direction 0 and then direction 1; what is re-routed is forwarded in that order, once all links
 * have changed; then everything else of that nanosecond happens. The schedule keeps the rule by
 * putting its events in the simulator's queue before the simulation runs: ns-3 executes events of
 * one nanosecond in the order in which they were scheduled.
 *
 * A new rate holds for packets whose first bit leaves at or after the slot's start.
 */
class LinkSchedule : public Object
{
  public:
    /**
     * @brief Get the type ID.
     * @return the object TypeId
     */
    static TypeId GetTypeId();

    /**
     * @brief Set the links and what they do.
     * @param network whose links, all of them
     * @param slot duration of a slot, positive
     * @param up 1 for up or 0 for down, [slot][link]
     * @param ratesBps data rate of both directions in bits a second, [slot][link]; positive where
     * the link is up, ignored where it is down
     * @param slots number of slots, at least 1
     * @throws std::invalid_argument if the arrays are not slots x links values long, or a value is
     * not allowed
     * @throws std::logic_error if the schedule has been started
     */
    void Install(Ptr<LaserNetwork> network,
                 Time slot,
                 std::vector<uint8_t> up,
                 std::vector<uint64_t> ratesBps,
                 std::size_t slots);

    /**
     * @brief Put the links into their states of slot 0, and schedule their changes.
     *
     * Call it before Simulator::Run and before scheduling anything for the start of a slot.
     *
     * @throws std::logic_error if nothing is installed, simulation time is not zero, or the
     * schedule has been started
     */
    void Start();

    /** @return the number of slots */
    std::size_t GetNSlots() const;

  protected:
    void DoDispose() override;

  private:
    /**
     * @brief Whether a link is in a different state in a slot than in the one before.
     * @param slot the slot, from 1
     * @param link the link
     * @return true if it goes up or down, or is up at another rate
     */
    bool Changes(std::size_t slot, std::size_t link) const;

    /**
     * @brief Put all links into their states of a slot.
     * @param slot the slot
     */
    void Apply(std::size_t slot);

    Ptr<LaserNetwork> m_network;      //!< whose links
    std::size_t m_links{0};           //!< number of links
    Time m_slot;                      //!< duration of a slot
    std::vector<uint8_t> m_up;        //!< 1 or 0, [slot][link]
    std::vector<uint64_t> m_ratesBps; //!< bits a second, [slot][link]
    std::size_t m_slots{0};           //!< number of slots
    bool m_isStarted{false};          //!< whether the events are scheduled
    std::vector<EventId> m_events;    //!< the changes
};

} // namespace ns3

#endif // LINK_SCHEDULE_H
