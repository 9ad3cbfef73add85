/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef LASER_CHANNEL_H
#define LASER_CHANNEL_H

#include "path-ledger-tag.h"

#include "ns3/mobility-model.h"
#include "ns3/point-to-point-channel.h"
#include "ns3/traced-callback.h"

#include <cstdint>
#include <map>

namespace ns3
{

/**
 * @ingroup leo
 *
 * A full-duplex laser link between two moving satellites.
 *
 * A point-to-point channel whose propagation delay is the distance between its two ends, divided
 * by the speed of light in vacuum, at the instant at which the first bit leaves, rounded to the
 * nearest nanosecond. Both nodes need a MobilityModel, in one common frame; any model will do.
 *
 * Packets that carry a PathLedgerTag have the hop charged to it.
 */
class LaserChannel : public PointToPointChannel
{
  public:
    /**
     * @brief Get the type ID.
     * @return the object TypeId
     */
    static TypeId GetTypeId();

    /**
     * @brief Light time between the two ends now.
     * @return the delay, a whole number of nanoseconds
     */
    Time GetPropagationDelay() const;

    bool TransmitStart(Ptr<const Packet> p, Ptr<PointToPointNetDevice> src, Time txTime) override;

    /**
     * TracedCallback signature for transmissions.
     *
     * @param [in] packet the packet, with its PPP header
     * @param [in] source the transmitting device
     * @param [in] destination the receiving device
     * @param [in] transmission time on the transmitter
     * @param [in] propagation light time
     */
    typedef void (*TransmitCallback)(Ptr<const Packet> packet,
                                     Ptr<const NetDevice> source,
                                     Ptr<const NetDevice> destination,
                                     Time transmission,
                                     Time propagation);

  protected:
    void DoDispose() override;

  private:
    /**
     * @brief Mobility model of one end.
     * @param end 0 or 1
     * @return the model
     */
    const MobilityModel& GetMobility(uint32_t end) const;

    /**
     * @brief Charge this hop to a packet's ledger.
     * @param wire direction, 0 or 1
     * @param transmission time on the transmitter
     * @param propagation light time
     * @param ledger the ledger to charge
     */
    void ChargeHop(uint32_t wire, Time transmission, Time propagation, PathLedgerTag& ledger);

    mutable Ptr<MobilityModel> m_mobility[2]; //!< of the two ends, found at first use

    /** The segments of one message that have passed so far. */
    struct Passage
    {
        Time idleUntil;       //!< when they, alone in the network, would have left the transmitter
        uint32_t segments{0}; //!< how many
    };

    /// For each direction, by message; messages of several segments only, while they pass.
    std::map<uint64_t, Passage> m_passages[2];

    TracedCallback<Ptr<const Packet>, Ptr<const NetDevice>, Ptr<const NetDevice>, Time, Time>
        m_transmitTrace; //!< fired at the start of each transmission
};

} // namespace ns3

#endif // LASER_CHANNEL_H
