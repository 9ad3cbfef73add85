/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef FABRIC_NET_DEVICE_H
#define FABRIC_NET_DEVICE_H

#include "ns3/net-device.h"
#include "ns3/node.h"
#include "ns3/ptr.h"
#include "ns3/traced-callback.h"

#include <cstdint>

namespace ns3
{

class Fabric;

/**
 * @ingroup leo
 *
 * All lasers of one satellite, as its IPv4 stack sees them: one device, one interface.
 *
 * It sends IPv4 packets only. Which laser a packet takes, and how it travels on, is the Fabric's.
 */
class FabricNetDevice : public NetDevice
{
  public:
    /**
     * @brief Get the type ID.
     * @return the object TypeId
     */
    static TypeId GetTypeId();

    FabricNetDevice();
    ~FabricNetDevice() override;

    /**
     * @brief Give a node an IPv4 stack and one device, with the satellite's address.
     * @param node the node
     * @param fabric the fabric
     * @param satellite index of the satellite
     * @param mtuBytes largest IPv4 packet
     * @return the device
     */
    static Ptr<FabricNetDevice> Install(Ptr<Node> node,
                                        Ptr<Fabric> fabric,
                                        uint32_t satellite,
                                        uint16_t mtuBytes);

    /**
     * @brief Find such a device.
     * @param node the node
     * @return the device, or null if it has none
     */
    static Ptr<FabricNetDevice> Find(Ptr<Node> node);

    /** @return the fabric */
    Ptr<Fabric> GetFabric() const;

    /** @return the index of the satellite */
    uint32_t GetSatellite() const;

    /**
     * @brief Give a packet that has come to its destination to the stack.
     * @param packet with its IPv4 header
     */
    void Receive(Ptr<Packet> packet);

    void SetIfIndex(const uint32_t index) override;
    uint32_t GetIfIndex() const override;
    Ptr<Channel> GetChannel() const override;
    void SetAddress(Address address) override;
    Address GetAddress() const override;
    bool SetMtu(const uint16_t mtu) override;
    uint16_t GetMtu() const override;
    bool IsLinkUp() const override;
    void AddLinkChangeCallback(Callback<void> callback) override;
    bool IsBroadcast() const override;
    Address GetBroadcast() const override;
    bool IsMulticast() const override;
    Address GetMulticast(Ipv4Address multicastGroup) const override;
    Address GetMulticast(Ipv6Address addr) const override;
    bool IsBridge() const override;
    bool IsPointToPoint() const override;
    bool Send(Ptr<Packet> packet, const Address& dest, uint16_t protocolNumber) override;
    bool SendFrom(Ptr<Packet> packet,
                  const Address& source,
                  const Address& dest,
                  uint16_t protocolNumber) override;
    Ptr<Node> GetNode() const override;
    void SetNode(Ptr<Node> node) override;
    bool NeedsArp() const override;
    void SetReceiveCallback(ReceiveCallback cb) override;
    void SetPromiscReceiveCallback(PromiscReceiveCallback cb) override;
    bool SupportsSendFrom() const override;

  protected:
    void DoDispose() override;

  private:
    Ptr<Fabric> m_fabric;                           //!< what carries the packets; until disposed
    uint32_t m_satellite{0};                        //!< where
    Ptr<Node> m_node;                               //!< where
    uint32_t m_index{0};                            //!< of this device on the node
    uint16_t m_mtuBytes{0};                         //!< largest IPv4 packet
    Address m_address;                              //!< made for those who ask
    ReceiveCallback m_receive;                      //!< the node's
    TracedCallback<Ptr<const Packet>> m_macTxTrace; //!< a packet of the stack is sent
    TracedCallback<Ptr<const Packet>> m_macRxTrace; //!< a packet is given to the stack
};

} // namespace ns3

#endif // FABRIC_NET_DEVICE_H
