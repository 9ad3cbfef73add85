/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef HOP_CHARGES_H
#define HOP_CHARGES_H

#include "path-ledger-tag.h"

#include "ns3/nstime.h"

#include <cstdint>
#include <map>

namespace ns3
{

/**
 * @ingroup leo
 *
 * What one direction of a laser link charges to the ledgers of the packets that it sends.
 *
 * Segments of one burst follow one another on a transmitter even if nothing else is in the network;
 * here it is kept until when a burst alone would have kept this transmitter busy.
 */
class HopCharges
{
  public:
    /**
     * @brief Charge a hop, in order of transmission.
     * @param ledger the ledger to charge
     * @param transmission time on the transmitter
     * @param propagation light time
     * @return until when the burst alone had kept the transmitter busy before, for Undo()
     */
    Time Charge(PathLedgerTag& ledger, Time transmission, Time propagation);

    /**
     * @brief Take back a hop that was charged; the last charged first.
     * @param ledger the ledger, as it was before the hop
     * @param before what Charge() returned
     */
    void Undo(const PathLedgerTag& ledger, Time before);

    /**
     * @brief Tell a ledger that its packet leaves this link unsent, now.
     *
     * If the packet, alone with its burst in the network, would have been here still, the stay
     * is serialisation; else it is queueing behind others.
     *
     * @param ledger the ledger, as it was before the hop was charged
     * @param transmission time that its transmission would have taken
     * @param now when it leaves
     */
    void ChargeStay(PathLedgerTag& ledger, Time transmission, Time now);

    /// Forget all bursts: the link goes down.
    void Clear();

  private:
    /** The segments of one burst that have passed so far. */
    struct Passage
    {
        Time idleUntil;       //!< when they, alone in the network, would have left the transmitter
        uint32_t segments{0}; //!< how many
    };

    /// By burst, if of several segments; while passing, or for good if one was lost before.
    std::map<PathLedgerTag::Burst, Passage> m_passages;
};

} // namespace ns3

#endif // HOP_CHARGES_H
