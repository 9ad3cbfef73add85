/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "fabric-net-device.h"

#include "fabric-routing-protocol.h"
#include "fabric.h"

#include "ns3/arp-l3-protocol.h"
#include "ns3/channel.h"
#include "ns3/icmpv4-l4-protocol.h"
#include "ns3/ipv4-l3-protocol.h"
#include "ns3/mac48-address.h"
#include "ns3/packet.h"
#include "ns3/tcp-l4-protocol.h"
#include "ns3/traffic-control-layer.h"
#include "ns3/udp-l4-protocol.h"

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(FabricNetDevice);

TypeId
FabricNetDevice::GetTypeId()
{
    static TypeId tid = TypeId("ns3::FabricNetDevice")
                            .SetParent<NetDevice>()
                            .SetGroupName("Leo")
                            .AddConstructor<FabricNetDevice>()
                            .AddTraceSource("MacTx",
                                            "A packet of this satellite's stack is sent.",
                                            MakeTraceSourceAccessor(&FabricNetDevice::m_macTxTrace),
                                            "ns3::Packet::TracedCallback")
                            .AddTraceSource("MacRx",
                                            "A packet is given to this satellite's stack.",
                                            MakeTraceSourceAccessor(&FabricNetDevice::m_macRxTrace),
                                            "ns3::Packet::TracedCallback");
    return tid;
}

FabricNetDevice::FabricNetDevice() = default;
FabricNetDevice::~FabricNetDevice() = default;

Ptr<FabricNetDevice>
FabricNetDevice::Install(Ptr<Node> node, Ptr<Fabric> fabric, uint32_t satellite, uint16_t mtuBytes)
{
    // What InternetStackHelper installs of IPv4, without its look-ups by name.
    node->AggregateObject(CreateObject<ArpL3Protocol>());
    Ptr<Ipv4L3Protocol> ipv4 = CreateObject<Ipv4L3Protocol>();
    node->AggregateObject(ipv4);
    node->AggregateObject(CreateObject<Icmpv4L4Protocol>());
    node->AggregateObject(CreateObject<UdpL4Protocol>());
    node->AggregateObject(CreateObject<TcpL4Protocol>());
    node->AggregateObject(CreateObject<TrafficControlLayer>());
    node->GetObject<ArpL3Protocol>()->SetTrafficControl(node->GetObject<TrafficControlLayer>());
    ipv4->SetRoutingProtocol(CreateObject<FabricRoutingProtocol>());

    Ptr<FabricNetDevice> device = CreateObject<FabricNetDevice>();
    device->m_fabric = fabric;
    device->m_satellite = satellite;
    device->m_mtuBytes = mtuBytes;
    device->m_address = Mac48Address::Allocate();
    node->AddDevice(device);
    const uint32_t interface = ipv4->AddInterface(device);
    ipv4->AddAddress(
        interface,
        Ipv4InterfaceAddress(ForwardingTables::GetAddress(satellite), Ipv4Mask::GetOnes()));
    ipv4->SetMetric(interface, 1);
    ipv4->SetUp(interface);
    return device;
}

Ptr<FabricNetDevice>
FabricNetDevice::Find(Ptr<Node> node)
{
    for (uint32_t index = 0; index < node->GetNDevices(); ++index)
    {
        if (auto device = DynamicCast<FabricNetDevice>(node->GetDevice(index)))
        {
            return device;
        }
    }
    return nullptr;
}

void
FabricNetDevice::DoDispose()
{
    m_fabric = nullptr;
    m_node = nullptr;
    m_receive = ReceiveCallback();
    NetDevice::DoDispose();
}

Ptr<Fabric>
FabricNetDevice::GetFabric() const
{
    return m_fabric;
}

uint32_t
FabricNetDevice::GetSatellite() const
{
    return m_satellite;
}

bool
FabricNetDevice::Send(Ptr<Packet> packet, const Address&, uint16_t protocolNumber)
{
    if (protocolNumber != Ipv4L3Protocol::PROT_NUMBER)
    {
        return false;
    }
    m_macTxTrace(packet);
    m_fabric->Send(m_satellite, packet);
    return true;
}

void
FabricNetDevice::Receive(Ptr<Packet> packet)
{
    m_macRxTrace(packet);
    m_receive(this, packet, Ipv4L3Protocol::PROT_NUMBER, m_address);
}

void
FabricNetDevice::SetIfIndex(const uint32_t index)
{
    m_index = index;
}

uint32_t
FabricNetDevice::GetIfIndex() const
{
    return m_index;
}

Ptr<Channel>
FabricNetDevice::GetChannel() const
{
    return nullptr; // there are many, and none is an object
}

void
FabricNetDevice::SetAddress(Address address)
{
    m_address = address;
}

Address
FabricNetDevice::GetAddress() const
{
    return m_address;
}

bool
FabricNetDevice::SetMtu(const uint16_t mtu)
{
    m_mtuBytes = mtu;
    return true;
}

uint16_t
FabricNetDevice::GetMtu() const
{
    return m_mtuBytes;
}

bool
FabricNetDevice::IsLinkUp() const
{
    return true;
}

void
FabricNetDevice::AddLinkChangeCallback(Callback<void>)
{
}

bool
FabricNetDevice::IsBroadcast() const
{
    return true; // as PointToPointNetDevice says of itself
}

Address
FabricNetDevice::GetBroadcast() const
{
    return Mac48Address::GetBroadcast();
}

bool
FabricNetDevice::IsMulticast() const
{
    return false;
}

Address
FabricNetDevice::GetMulticast(Ipv4Address multicastGroup) const
{
    return Mac48Address::GetMulticast(multicastGroup);
}

Address
FabricNetDevice::GetMulticast(Ipv6Address addr) const
{
    return Mac48Address::GetMulticast(addr);
}

bool
FabricNetDevice::IsBridge() const
{
    return false;
}

bool
FabricNetDevice::IsPointToPoint() const
{
    return true;
}

bool
FabricNetDevice::SendFrom(Ptr<Packet>, const Address&, const Address&, uint16_t)
{
    return false;
}

Ptr<Node>
FabricNetDevice::GetNode() const
{
    return m_node;
}

void
FabricNetDevice::SetNode(Ptr<Node> node)
{
    m_node = node;
}

bool
FabricNetDevice::NeedsArp() const
{
    return false;
}

void
FabricNetDevice::SetReceiveCallback(ReceiveCallback cb)
{
    m_receive = cb;
}

void
FabricNetDevice::SetPromiscReceiveCallback(PromiscReceiveCallback)
{
    // Packets that pass are not seen by the node.
}

bool
FabricNetDevice::SupportsSendFrom() const
{
    return false;
}

} // namespace ns3
