/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef PATH_LEDGER_TAG_H
#define PATH_LEDGER_TAG_H

#include "ns3/nstime.h"
#include "ns3/tag.h"

#include <cstdint>
#include <utility>

namespace ns3
{

/**
 * @ingroup leo
 *
 * What a packet's way has cost so far; a packet tag, so nothing of it is on the wire.
 *
 * A packet is one segment of a message. What is sent again of a message is another burst: its
 * ledger starts anew when the copies are sent. Beside the sums of propagation and waiting the tag
 * keeps `ready`: the time at which this segment would have reached this place had its own burst
 * been alone in the network. At the destination
 *
 *     queueing      = arrival - ready
 *     serialisation = ready - sent - propagation - waiting
 *
 * so the parts sum to the delay by construction, and the time a segment spends behind earlier
 * segments of its own message counts as serialisation, as in the closed form (m + h - 1) b / R.
 */
class PathLedgerTag : public Tag
{
  public:
    /// Message, and which burst of it: 0 for what was sent first, then counted up.
    using Burst = std::pair<uint64_t, uint32_t>;

    /**
     * @brief Get the type ID.
     * @return the object TypeId
     */
    static TypeId GetTypeId();

    PathLedgerTag() = default;

    /**
     * @brief Start a ledger.
     * @param message number of the message, unique in the simulation
     * @param segment index of the segment in its message
     * @param segments number of segments of the burst: of the message, but for copies
     * @param sent when the burst was handed to the network
     * @param copy 0 for what is sent first, then counted up
     */
    PathLedgerTag(uint64_t message,
                  uint32_t segment,
                  uint32_t segments,
                  Time sent,
                  uint32_t copy = 0);

    /**
     * @brief Charge one hop.
     * @param idleStart when its transmission would have begun had the message been alone
     * @param transmission time on the transmitter
     * @param propagation light time of the link
     */
    void AddHop(Time idleStart, Time transmission, Time propagation);

    /**
     * @brief Number the ledger, for a HopLog; once.
     * @param number unique in the simulation, above zero
     */
    void SetNumber(uint64_t number);

    /**
     * @brief Tell when the packet comes to the satellite behind the hop just charged.
     * @param came the time
     */
    void SetCame(Time came);

    /**
     * @brief Charge a stay at a satellite that had no route to the destination.
     * @param stay how long
     */
    void AddWaiting(Time stay);

    /**
     * @brief Charge a stay at a link that went down, as serialisation.
     * @param ready when this segment, alone with its message, would be ready to leave this place
     */
    void SetReady(Time ready);

    /** @return the number of the message */
    uint64_t GetMessage() const;
    /** @return the message, and which burst of it */
    Burst GetBurst() const;
    /** @return when the burst was handed to the network */
    Time GetSent() const;
    /** @return the number of segments of the burst */
    uint32_t GetSegments() const;
    /** @return when this segment would be here had its message been alone in the network */
    Time GetReady() const;
    /** @return the sum of the light times of the links passed */
    Time GetPropagation() const;
    /** @return the sum of the times spent without a route */
    Time GetWaiting() const;
    /** @return the ledger's number, zero if it has none */
    uint64_t GetNumber() const;
    /** @return when the packet came to the satellite where it is, or was handed over there */
    Time GetCame() const;
    /** @return the number of links passed */
    uint32_t GetHops() const;

    TypeId GetInstanceTypeId() const override;
    uint32_t GetSerializedSize() const override;
    void Serialize(TagBuffer buffer) const override;
    void Deserialize(TagBuffer buffer) override;
    void Print(std::ostream& os) const override;

  private:
    uint64_t m_message{0};    //!< number of the message
    uint32_t m_segment{0};    //!< index of the segment
    uint32_t m_segments{1};   //!< segments of the burst
    uint32_t m_copy{0};       //!< which burst of the message
    int64_t m_sent{0};        //!< nanoseconds
    int64_t m_ready{0};       //!< nanoseconds
    int64_t m_propagation{0}; //!< nanoseconds
    int64_t m_waiting{0};     //!< nanoseconds
    int64_t m_came{0};        //!< nanoseconds
    uint64_t m_number{0};     //!< of the ledger, zero for none
    uint32_t m_hops{0};       //!< links passed
};

} // namespace ns3

#endif // PATH_LEDGER_TAG_H
