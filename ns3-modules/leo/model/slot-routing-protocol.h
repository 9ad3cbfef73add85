/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef SLOT_ROUTING_PROTOCOL_H
#define SLOT_ROUTING_PROTOCOL_H

#include "forwarding-tables.h"

#include "ns3/event-id.h"
#include "ns3/ipv4-header.h"
#include "ns3/ipv4-routing-protocol.h"
#include "ns3/traced-callback.h"

#include <vector>

namespace ns3
{

/**
 * @ingroup leo
 *
 * IPv4 forwarding by the flat table of the current time slot.
 *
 * Every interface of a satellite has the satellite's one address, with a /32 mask. Output port k
 * is the node's k-th laser device, IPv4 interface k + 1.
 *
 * A packet whose destination has no path in the current slot waits at the satellite where it is
 * until the first slot that has one; its PathLedgerTag is charged with the stay. That holds for
 * packets in transit and for packets that originate here: the latter are routed to the loopback
 * device, which hands them back to RouteInput.
 */
class SlotRoutingProtocol : public Ipv4RoutingProtocol
{
  public:
    /**
     * @brief Get the type ID.
     * @return the object TypeId
     */
    static TypeId GetTypeId();

    Ptr<Ipv4Route> RouteOutput(Ptr<Packet> p,
                               const Ipv4Header& header,
                               Ptr<NetDevice> oif,
                               Socket::SocketErrno& sockerr) override;

    bool RouteInput(Ptr<const Packet> p,
                    const Ipv4Header& header,
                    Ptr<const NetDevice> idev,
                    const UnicastForwardCallback& ucb,
                    const MulticastForwardCallback& mcb,
                    const LocalDeliverCallback& lcb,
                    const ErrorCallback& ecb) override;

    void NotifyInterfaceUp(uint32_t interface) override;
    void NotifyInterfaceDown(uint32_t interface) override;
    void NotifyAddAddress(uint32_t interface, Ipv4InterfaceAddress address) override;
    void NotifyRemoveAddress(uint32_t interface, Ipv4InterfaceAddress address) override;
    void SetIpv4(Ptr<Ipv4> ipv4) override;
    void PrintRoutingTable(Ptr<OutputStreamWrapper> stream,
                           Time::Unit unit = Time::S) const override;

    /**
     * TracedCallback signature for packets that have no path.
     *
     * @param [in] packet the packet, without its IPv4 header
     * @param [in] header its IPv4 header
     */
    typedef void (*HeldCallback)(Ptr<const Packet> packet, const Ipv4Header& header);

  protected:
    void DoDispose() override;

  private:
    /** A packet that waits for a path. */
    struct Held
    {
        Ptr<const Packet> packet;       //!< the packet
        Ipv4Header header;              //!< its IPv4 header
        UnicastForwardCallback forward; //!< what to do with it
        Time since;                     //!< when it began to wait
    };

    /**
     * @brief Route out of a port.
     * @param port output port
     * @return the route, the same object at every call
     */
    Ptr<Ipv4Route> GetRoute(uint8_t port);

    /// At the start of a slot: forward what has a path now, keep the rest.
    void ForwardHeld();

    Ptr<ForwardingTables> m_tables;       //!< shared by all satellites
    Ptr<Ipv4> m_ipv4;                     //!< of this node
    uint32_t m_satellite{0};              //!< index of this satellite
    std::vector<Ptr<Ipv4Route>> m_routes; //!< by port, made at first use
    Ptr<Ipv4Route> m_loopback;            //!< for packets of our own without a path
    std::vector<Held> m_held;             //!< in order of arrival
    EventId m_wake;                       //!< the next ForwardHeld
    TracedCallback<Ptr<const Packet>, const Ipv4Header&> m_heldTrace; //!< a packet begins to wait
};

} // namespace ns3

#endif // SLOT_ROUTING_PROTOCOL_H
