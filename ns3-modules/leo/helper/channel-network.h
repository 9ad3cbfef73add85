/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef CHANNEL_NETWORK_H
#define CHANNEL_NETWORK_H

#include "constellation-helper.h"

#include "ns3/laser-network.h"

namespace ns3
{

/**
 * @ingroup leo
 *
 * The reference engine: ns-3's own devices, queues and IPv4 forwarding.
 *
 * Each end of a link is a LaserNetDevice, each link a LaserChannel, and SlotRoutingProtocol
 * forwards. Fabric does the same many times faster; this is what it is tested against.
 */
class ChannelNetwork : public LaserNetwork
{
  public:
    /**
     * @brief Get the type ID.
     * @return the object TypeId
     */
    static TypeId GetTypeId();

    uint32_t Connect(uint32_t a, uint32_t b) override;
    uint32_t GetNLinks() const override;
    void SetStates(const std::vector<LinkState>& states) override;
    void Settle(Time until) override;
    LaserLinkCounters TakeCounters(uint32_t wire, Time until) override;
    void SetHopLog(Ptr<HopLog> log) override;
    int64_t SetPacketErrorRate(uint32_t link, double rate, int64_t stream) override;
    void EnablePcap(uint32_t satellite, uint32_t port, const std::string& filename) override;
    void VisitPackets(const std::function<void(const Packet&)>& visit) const override;

    /**
     * @brief A link.
     * @param link its number
     * @return the channel
     */
    Ptr<LaserChannel> GetLink(uint32_t link) const;

  protected:
    void DoDispose() override;
    void DoCreate(Ptr<EphemerisKnots> ephemeris, Ptr<ForwardingTables> tables) override;

  private:
    /**
     * @brief Trace sink: a link has lost a packet.
     * @param packet the packet
     * @param reason why
     * @param source the device that was to send it
     */
    void Lost(Ptr<const Packet> packet, LossReason reason, Ptr<const NetDevice> source);

    std::vector<Ptr<LaserChannel>> m_links; //!< by number
};

} // namespace ns3

#endif // CHANNEL_NETWORK_H
