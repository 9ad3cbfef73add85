/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef LASER_NET_DEVICE_H
#define LASER_NET_DEVICE_H

#include "ns3/point-to-point-net-device.h"

#include <cstdint>
#include <deque>
#include <functional>

namespace ns3
{

/**
 * @ingroup leo
 *
 * A point-to-point device that keeps the tie rule of EndOfInstant on a LaserChannel.
 *
 * A transmission that completes frees its transmitter, and a place in the queue, before anything
 * else that comes in that nanosecond. ns-3 would do what was scheduled first. So a packet that
 * comes in the nanosecond in which the transmitter becomes free is sent a moment later, once the
 * completion has been executed, and what comes behind it in that nanosecond too.
 */
class LaserNetDevice : public PointToPointNetDevice
{
  public:
    /**
     * @brief Get the type ID.
     * @return the object TypeId
     */
    static TypeId GetTypeId();

    bool Send(Ptr<Packet> packet, const Address& dest, uint16_t protocolNumber) override;

    /**
     * @brief See each packet that lets a completion pass.
     * @param visit called with each packet, without its PPP header
     */
    void VisitDeferred(const std::function<void(const Packet&)>& visit) const;

  private:
    /**
     * @brief Send the first packet that had to let a completion pass.
     * @param dest where to
     * @param protocolNumber its protocol
     */
    void SendDeferred(const Address& dest, uint16_t protocolNumber);

    std::deque<Ptr<Packet>> m_deferred; //!< packets that let a completion pass, now
};

} // namespace ns3

#endif // LASER_NET_DEVICE_H
