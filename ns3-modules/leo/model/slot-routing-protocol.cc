/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "slot-routing-protocol.h"

#include "path-ledger-tag.h"

#include "ns3/ipv4-list-routing.h"
#include "ns3/ipv4-route.h"
#include "ns3/ipv4.h"
#include "ns3/net-device.h"
#include "ns3/node.h"
#include "ns3/output-stream-wrapper.h"
#include "ns3/packet.h"
#include "ns3/pointer.h"
#include "ns3/simulator.h"
#include "ns3/uinteger.h"

#include <utility>

namespace ns3
{

namespace
{
/**
 * @brief Find the protocol in another one.
 * @param routing a routing protocol; may be null
 * @return itself, or the first in the list that it is; null if there is none
 */
Ptr<SlotRoutingProtocol>
FindIn(Ptr<Ipv4RoutingProtocol> routing)
{
    Ptr<Ipv4ListRouting> list = DynamicCast<Ipv4ListRouting>(routing);
    if (!list)
    {
        return DynamicCast<SlotRoutingProtocol>(routing);
    }
    for (uint32_t index = 0; index < list->GetNRoutingProtocols(); ++index)
    {
        int16_t priority;
        if (auto found = FindIn(list->GetRoutingProtocol(index, priority)))
        {
            return found;
        }
    }
    return nullptr;
}
} // namespace

NS_OBJECT_ENSURE_REGISTERED(SlotRoutingProtocol);

TypeId
SlotRoutingProtocol::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::SlotRoutingProtocol")
            .SetParent<Ipv4RoutingProtocol>()
            .SetGroupName("Leo")
            .AddConstructor<SlotRoutingProtocol>()
            .AddAttribute("Tables",
                          "The forwarding tables, shared by all satellites.",
                          PointerValue(),
                          MakePointerAccessor(&SlotRoutingProtocol::m_tables),
                          MakePointerChecker<ForwardingTables>())
            .AddAttribute("Satellite",
                          "Index of this satellite in the tables.",
                          UintegerValue(0),
                          MakeUintegerAccessor(&SlotRoutingProtocol::m_satellite),
                          MakeUintegerChecker<uint32_t>())
            .AddTraceSource("Held",
                            "A packet has no path in this slot and begins to wait.",
                            MakeTraceSourceAccessor(&SlotRoutingProtocol::m_heldTrace),
                            "ns3::SlotRoutingProtocol::HeldCallback");
    return tid;
}

void
SlotRoutingProtocol::DoDispose()
{
    m_wake.Cancel();
    m_held.clear();
    m_routes.clear();
    m_loopback = nullptr;
    m_ipv4 = nullptr;
    m_tables = nullptr;
    Ipv4RoutingProtocol::DoDispose();
}

Ptr<SlotRoutingProtocol>
SlotRoutingProtocol::Find(Ptr<Node> node)
{
    Ptr<Ipv4> ipv4 = node->GetObject<Ipv4>();
    return ipv4 ? FindIn(ipv4->GetRoutingProtocol()) : nullptr;
}

Ptr<Ipv4Route>
SlotRoutingProtocol::GetRoute(uint8_t port)
{
    if (m_routes.size() <= port)
    {
        m_routes.resize(port + 1U);
    }
    if (!m_routes[port])
    {
        Ptr<Ipv4Route> route = Create<Ipv4Route>();
        route->SetSource(ForwardingTables::GetAddress(m_satellite));
        route->SetGateway(Ipv4Address::GetAny());
        route->SetOutputDevice(m_ipv4->GetNetDevice(port + 1U));
        m_routes[port] = route;
    }
    return m_routes[port];
}

Ptr<Ipv4Route>
SlotRoutingProtocol::RouteOutput(Ptr<Packet>,
                                 const Ipv4Header& header,
                                 Ptr<NetDevice>,
                                 Socket::SocketErrno& sockerr)
{
    sockerr = Socket::ERROR_NOTERROR;
    const uint8_t port =
        m_tables->GetPort(m_satellite, ForwardingTables::GetSatellite(header.GetDestination()));
    return port == ForwardingTables::NO_PORT ? m_loopback : GetRoute(port);
}

bool
SlotRoutingProtocol::RouteInput(Ptr<const Packet> p,
                                const Ipv4Header& header,
                                Ptr<const NetDevice> idev,
                                const UnicastForwardCallback& ucb,
                                const MulticastForwardCallback&,
                                const LocalDeliverCallback& lcb,
                                const ErrorCallback&)
{
    const uint32_t destination = ForwardingTables::GetSatellite(header.GetDestination());
    if (destination == m_satellite)
    {
        lcb(p, header, m_ipv4->GetInterfaceForDevice(idev));
        return true;
    }
    const uint8_t port = m_tables->GetPort(m_satellite, destination);
    if (port != ForwardingTables::NO_PORT)
    {
        ucb(GetRoute(port), p, header);
    }
    else if (idev == m_loopback->GetOutputDevice())
    {
        Hold(p, header, MakeCallback(&SlotRoutingProtocol::SendAsIs, this));
    }
    else if (header.GetTtl() == 1)
    {
        ucb(m_loopback, p, header); // which drops it, whatever the route
    }
    else
    {
        Hold(p, header, ucb);
    }
    return true;
}

void
SlotRoutingProtocol::Reroute(Ptr<Packet> packet, const Ipv4Header& header)
{
    const uint8_t port =
        m_tables->GetPort(m_satellite, ForwardingTables::GetSatellite(header.GetDestination()));
    if (port != ForwardingTables::NO_PORT)
    {
        SendAsIs(GetRoute(port), packet, header);
        return;
    }
    Hold(packet, header, MakeCallback(&SlotRoutingProtocol::SendAsIs, this));
}

void
SlotRoutingProtocol::SendAsIs(Ptr<Ipv4Route> route,
                              Ptr<const Packet> packet,
                              const Ipv4Header& header)
{
    m_ipv4->SendWithHeader(packet->Copy(), header, route);
}

void
SlotRoutingProtocol::Hold(Ptr<const Packet> packet,
                          const Ipv4Header& header,
                          const UnicastForwardCallback& forward)
{
    m_held.push_back({packet, header, forward, Simulator::Now()});
    if (!m_wake.IsPending())
    {
        m_wake = Simulator::Schedule(m_tables->GetTimeToNextSlot(),
                                     &SlotRoutingProtocol::WakeHeld,
                                     this);
    }
    m_heldTrace(packet, header);
}

std::size_t
SlotRoutingProtocol::GetNHeld() const
{
    return m_held.size();
}

void
SlotRoutingProtocol::VisitHeld(const std::function<void(const Packet&)>& visit) const
{
    for (const Held& entry : m_held)
    {
        visit(*entry.packet);
    }
}

void
SlotRoutingProtocol::WakeHeld()
{
    EndOfInstant::Add(EndOfInstant::Turn::HELD, m_satellite, Simulator::GetContext(), this);
}

void
SlotRoutingProtocol::Act(uint32_t, uint64_t)
{
    ForwardHeld();
}

void
SlotRoutingProtocol::ForwardHeld()
{
    std::vector<Held> held = std::exchange(m_held, {});
    for (Held& entry : held)
    {
        const uint32_t destination = ForwardingTables::GetSatellite(entry.header.GetDestination());
        const uint8_t port = m_tables->GetPort(m_satellite, destination);
        if (port == ForwardingTables::NO_PORT)
        {
            m_held.push_back(entry);
            continue;
        }
        Ptr<Packet> packet = entry.packet->Copy();
        PathLedgerTag ledger;
        if (packet->PeekPacketTag(ledger))
        {
            ledger.AddWaiting(Simulator::Now() - entry.since);
            packet->ReplacePacketTag(ledger);
        }
        entry.forward(GetRoute(port), packet, entry.header);
    }
    if (!m_held.empty())
    {
        m_wake = Simulator::Schedule(m_tables->GetTimeToNextSlot(),
                                     &SlotRoutingProtocol::WakeHeld,
                                     this);
    }
}

void
SlotRoutingProtocol::SetIpv4(Ptr<Ipv4> ipv4)
{
    m_ipv4 = ipv4;
    m_loopback = Create<Ipv4Route>();
    m_loopback->SetSource(ForwardingTables::GetAddress(m_satellite));
    m_loopback->SetGateway(Ipv4Address::GetAny());
    m_loopback->SetOutputDevice(ipv4->GetNetDevice(0));
}

void
SlotRoutingProtocol::NotifyInterfaceUp(uint32_t)
{
}

void
SlotRoutingProtocol::NotifyInterfaceDown(uint32_t)
{
}

void
SlotRoutingProtocol::NotifyAddAddress(uint32_t, Ipv4InterfaceAddress)
{
}

void
SlotRoutingProtocol::NotifyRemoveAddress(uint32_t, Ipv4InterfaceAddress)
{
}

void
SlotRoutingProtocol::PrintRoutingTable(Ptr<OutputStreamWrapper> stream, Time::Unit) const
{
    *stream->GetStream() << "Satellite " << m_satellite << ": flat table of the current slot, "
                         << m_held.size() << " packets held\n";
}

} // namespace ns3
