/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "fabric-routing-protocol.h"

#include "ns3/ipv4-route.h"
#include "ns3/net-device.h"
#include "ns3/output-stream-wrapper.h"
#include "ns3/packet.h"

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(FabricRoutingProtocol);

TypeId
FabricRoutingProtocol::GetTypeId()
{
    static TypeId tid = TypeId("ns3::FabricRoutingProtocol")
                            .SetParent<Ipv4RoutingProtocol>()
                            .SetGroupName("Leo")
                            .AddConstructor<FabricRoutingProtocol>();
    return tid;
}

void
FabricRoutingProtocol::DoDispose()
{
    m_ipv4 = nullptr;
    m_away = nullptr;
    m_loopback = nullptr;
    Ipv4RoutingProtocol::DoDispose();
}

Ptr<Ipv4Route>
FabricRoutingProtocol::RouteOutput(Ptr<Packet>,
                                   const Ipv4Header& header,
                                   Ptr<NetDevice>,
                                   Socket::SocketErrno& sockerr)
{
    sockerr = Socket::ERROR_NOTERROR;
    return header.GetDestination() == m_address ? m_loopback : m_away;
}

bool
FabricRoutingProtocol::RouteInput(Ptr<const Packet> p,
                                  const Ipv4Header& header,
                                  Ptr<const NetDevice> idev,
                                  const UnicastForwardCallback& ucb,
                                  const MulticastForwardCallback&,
                                  const LocalDeliverCallback& lcb,
                                  const ErrorCallback&)
{
    if (header.GetDestination() == m_address)
    {
        lcb(p, header, m_ipv4->GetInterfaceForDevice(idev));
    }
    else
    {
        ucb(m_away, p, header); // its time to live ends here, or the fabric had not brought it
    }
    return true;
}

void
FabricRoutingProtocol::NotifyInterfaceUp(uint32_t)
{
}

void
FabricRoutingProtocol::NotifyInterfaceDown(uint32_t)
{
}

void
FabricRoutingProtocol::NotifyAddAddress(uint32_t interface, Ipv4InterfaceAddress address)
{
    if (interface == 0)
    {
        return;
    }
    m_address = address.GetLocal();
    for (auto& [route, device] : {std::pair{&m_away, interface}, std::pair{&m_loopback, 0U}})
    {
        *route = Create<Ipv4Route>();
        (*route)->SetSource(m_address);
        (*route)->SetGateway(Ipv4Address::GetAny());
        (*route)->SetOutputDevice(m_ipv4->GetNetDevice(device));
    }
}

void
FabricRoutingProtocol::NotifyRemoveAddress(uint32_t, Ipv4InterfaceAddress)
{
}

void
FabricRoutingProtocol::SetIpv4(Ptr<Ipv4> ipv4)
{
    m_ipv4 = ipv4;
}

void
FabricRoutingProtocol::PrintRoutingTable(Ptr<OutputStreamWrapper> stream, Time::Unit) const
{
    *stream->GetStream() << m_address << ": itself; all else: the fabric\n";
}

} // namespace ns3
