/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef LASER_LINK_COUNTERS_H
#define LASER_LINK_COUNTERS_H

#include "ns3/nstime.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>

namespace ns3
{

/**
 * @ingroup leo
 *
 * Why a laser link lost a packet. What each reason means depends on the link's LossPolicy; see
 * LaserChannel.
 */
enum class LossReason : uint8_t
{
    QUEUE_FULL, //!< the transmit queue had no room
    ON_WIRE,    //!< all its bits had left when the link went down, and none had arrived in full
    CUT,        //!< the link went down while it was being transmitted
    QUEUED,     //!< it was in the transmit queue when the link went down
    LINK_DOWN,  //!< it came to the transmitter while the link was down
    CORRUPTED,  //!< the receiving device's error model found it wrong
};

/// Number of values of LossReason.
constexpr std::size_t LOSS_REASONS = 6;

/**
 * @ingroup leo
 *
 * Name a reason.
 *
 * @param reason the reason
 * @return lower-case words: "queue full", "on the wire", "cut", "queued", "link down", "corrupted"
 */
std::string ToString(LossReason reason);

/**
 * @ingroup leo
 *
 * Print a reason.
 *
 * @param os the stream
 * @param reason the reason
 * @return the stream
 */
std::ostream& operator<<(std::ostream& os, LossReason reason);

/**
 * @ingroup leo
 *
 * What one direction of a laser link has done so far.
 */
struct LaserLinkCounters
{
    uint64_t packets{0};                         //!< whose transmission began and was not cut
    uint64_t bytes{0};                           //!< of these packets, PPP headers included
    Time busy;                                   //!< sum of transmission times, up to a cut
    std::array<uint64_t, LOSS_REASONS> lost{{}}; //!< packets lost, by LossReason
    uint64_t rerouted{0};                        //!< packets given back to the routing protocol
    uint64_t inFlight{0};                        //!< packets being transmitted or on the wire, now
    uint64_t queued{0};                          //!< packets in the transmit queue, now
    Time waited;         //!< sum of the times that packets spent in the queue, up to now
    uint64_t longest{0}; //!< most packets that were in the queue for a while, since last taken

    /**
     * @brief Packets lost for a reason.
     * @param reason the reason
     * @return their number
     */
    uint64_t GetLost(LossReason reason) const;

    /**
     * @brief Share of a time span in which the transmitter sent.
     * @param span from the beginning of the simulation, positive
     * @return 0 to 1; more while a transmission, counted when it begins, reaches beyond the span
     */
    double GetUtilisation(Time span) const;
};

} // namespace ns3

#endif // LASER_LINK_COUNTERS_H
