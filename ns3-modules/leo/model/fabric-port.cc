/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "fabric-port.h"

#include "fabric.h"

#include "ns3/ipv4-header.h"
#include "ns3/udp-header.h"
#include "ns3/uinteger.h"

#include <stdexcept>
#include <utility>

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(FabricPort);

TypeId
FabricPort::GetTypeId()
{
    static TypeId tid = TypeId("ns3::FabricPort")
                            .SetParent<Object>()
                            .SetGroupName("Leo")
                            .AddConstructor<FabricPort>()
                            .AddAttribute("Ttl",
                                          "IPv4 time to live of what is sent, in hops.",
                                          UintegerValue(255),
                                          MakeUintegerAccessor(&FabricPort::m_ttl),
                                          MakeUintegerChecker<uint8_t>(1));
    return tid;
}

FabricPort::FabricPort() = default;
FabricPort::~FabricPort() = default;

void
FabricPort::DoDispose()
{
    Close();
    Object::DoDispose();
}

void
FabricPort::Open(Ptr<Fabric> fabric, uint32_t satellite, uint16_t port, ReceiveCallback receive)
{
    m_port = fabric->Open(satellite, port, this);
    m_fabric = fabric;
    m_satellite = satellite;
    m_receive = std::move(receive);
}

void
FabricPort::OpenForSizes(Ptr<Fabric> fabric,
                         uint32_t satellite,
                         uint16_t port,
                         SizeCallback receive)
{
    Open(fabric, satellite, port, nullptr);
    m_count = std::move(receive);
}

void
FabricPort::Close()
{
    if (m_fabric)
    {
        m_fabric->Close(m_satellite, m_port);
        m_fabric = nullptr;
    }
    m_receive = nullptr;
    m_count = nullptr;
}

Parcel
FabricPort::MakeDatagram(uint32_t satellite, uint16_t port) const
{
    if (!m_fabric || satellite == m_satellite)
    {
        throw std::logic_error("fabric port: it sends to other satellites, while it is open");
    }
    Parcel datagram;
    datagram.sourcePort = m_port;
    datagram.destinationPort = port;
    datagram.ttl = m_ttl;
    return datagram;
}

void
FabricPort::SendTo(Ptr<Packet> payload, uint32_t satellite, uint16_t port)
{
    Parcel datagram = MakeDatagram(satellite, port);
    datagram.packet = payload;
    m_fabric->SendLean(m_satellite, satellite, std::move(datagram));
}

void
FabricPort::SendZerosTo(uint32_t bytes, uint32_t satellite, uint16_t port)
{
    Parcel datagram = MakeDatagram(satellite, port);
    datagram.bytes = bytes;
    m_fabric->SendLean(m_satellite, satellite, std::move(datagram));
}

void
FabricPort::Receive(uint32_t bytes, uint32_t satellite, uint16_t port) const
{
    if (m_count)
    {
        m_count(bytes, satellite, port);
    }
    else
    {
        Receive(Create<Packet>(bytes), satellite, port);
    }
}

void
FabricPort::Receive(Ptr<Packet> payload, uint32_t satellite, uint16_t port) const
{
    if (m_receive)
    {
        m_receive(payload, satellite, port);
    }
    else if (m_count)
    {
        m_count(payload->GetSize(), satellite, port);
    }
}

bool
FabricPort::Take(const Fabric& fabric, uint32_t satellite, Ptr<Packet> packet)
{
    constexpr uint8_t UDP_PROTOCOL = 17;
    Ipv4Header ipv4;
    packet->RemoveHeader(ipv4);
    if (ipv4.GetProtocol() == UDP_PROTOCOL && ipv4.IsLastFragment() &&
        ipv4.GetFragmentOffset() == 0)
    {
        UdpHeader udp;
        packet->PeekHeader(udp);
        if (const FabricPort* port = fabric.Find(satellite, udp.GetDestinationPort()))
        {
            packet->RemoveHeader(udp);
            port->Receive(packet,
                          ForwardingTables::GetSatellite(ipv4.GetSource()),
                          udp.GetSourcePort());
            return true;
        }
    }
    if (Node::ChecksumEnabled())
    {
        ipv4.EnableChecksum();
    }
    packet->AddHeader(ipv4);
    return false;
}

} // namespace ns3
