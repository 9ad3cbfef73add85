/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef SLOT_ROUTING_PROTOCOL_H
#define SLOT_ROUTING_PROTOCOL_H

#include "end-of-instant.h"
#include "forwarding-tables.h"

#include "ns3/event-id.h"
#include "ns3/ipv4-header.h"
#include "ns3/ipv4-routing-protocol.h"
#include "ns3/traced-callback.h"

#include <cstddef>
#include <functional>
#include <vector>

namespace ns3
{

class Node;

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
 * device, which hands them back to RouteInput; their time to live is not decremented here. A packet
 * in transit whose time to live ends here does not wait, but is dropped at once.
 *
 * A LaserChannel that goes down hands back what it could not send; such a packet is forwarded again
 * from here, by the table in force now.
 */
class SlotRoutingProtocol : public Ipv4RoutingProtocol, private EndOfInstant::Actor
{
  public:
    /**
     * @brief Get the type ID.
     * @return the object TypeId
     */
    static TypeId GetTypeId();

    /**
     * @brief Find the protocol on a node.
     * @param node the node
     * @return the node's routing protocol, or the first such one of its Ipv4ListRouting; null if
     * there is none
     */
    static Ptr<SlotRoutingProtocol> Find(Ptr<Node> node);

    /**
     * @brief Forward a packet that this satellite had already forwarded, to a link that went down.
     *
     * Its time to live was decremented then, and is not again. Without a path in this slot it waits
     * as others do.
     *
     * @param packet the packet, without its IPv4 header
     * @param header its IPv4 header
     */
    void Reroute(Ptr<Packet> packet, const Ipv4Header& header);

    /** @return the number of packets that wait for a path */
    std::size_t GetNHeld() const;

    /**
     * @brief See each packet that waits for a path.
     * @param visit called with each packet, without its IPv4 header
     */
    void VisitHeld(const std::function<void(const Packet&)>& visit) const;

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

    /**
     * @brief Let a packet wait for a path.
     * @param packet the packet, without its IPv4 header
     * @param header its IPv4 header
     * @param forward what to do with it when it has one
     */
    void Hold(Ptr<const Packet> packet,
              const Ipv4Header& header,
              const UnicastForwardCallback& forward);

    /**
     * @brief Send a packet without touching its header.
     * @param route where to
     * @param packet the packet, without its IPv4 header
     * @param header its IPv4 header
     */
    void SendAsIs(Ptr<Ipv4Route> route, Ptr<const Packet> packet, const Ipv4Header& header);

    /// At the start of a slot: let ForwardHeld() have its turn; see EndOfInstant.
    void WakeHeld();

    void Act(uint32_t place, uint64_t number) override;

    /// Forward what has a path now, keep the rest.
    void ForwardHeld();

    Ptr<ForwardingTables> m_tables;       //!< shared by all satellites
    Ptr<Ipv4> m_ipv4;                     //!< of this node
    uint32_t m_satellite{0};              //!< index of this satellite
    std::vector<Ptr<Ipv4Route>> m_routes; //!< by port, made at first use
    Ptr<Ipv4Route> m_loopback;            //!< for packets of our own without a path
    std::vector<Held> m_held;             //!< in order of arrival
    EventId m_wake;                       //!< the next WakeHeld
    TracedCallback<Ptr<const Packet>, const Ipv4Header&> m_heldTrace; //!< a packet begins to wait
};

} // namespace ns3

#endif // SLOT_ROUTING_PROTOCOL_H
