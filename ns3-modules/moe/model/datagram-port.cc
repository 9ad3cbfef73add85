/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "datagram-port.h"

#include "ns3/fabric-net-device.h"
#include "ns3/fabric-port.h"
#include "ns3/fabric.h"
#include "ns3/forwarding-tables.h"
#include "ns3/inet-socket-address.h"
#include "ns3/node.h"
#include "ns3/object-factory.h"
#include "ns3/packet.h"
#include "ns3/socket.h"
#include "ns3/udp-socket-factory.h"
#include "ns3/uinteger.h"

#include <stdexcept>
#include <string>
#include <utility>

namespace ns3
{

namespace
{
/// A socket of ns-3's.
class SocketPort : public DatagramPort
{
  public:
    /**
     * @param node where
     * @param port which
     * @param ttl of what is sent
     * @param receive called with what comes
     */
    SocketPort(Ptr<Node> node, uint16_t port, uint8_t ttl, ReceiveCallback receive)
        : m_socket(Socket::CreateSocket(node, UdpSocketFactory::GetTypeId())),
          m_receive(std::move(receive))
    {
        if (m_socket->Bind(InetSocketAddress(Ipv4Address::GetAny(), port)) < 0)
        {
            throw std::runtime_error("endpoint: UDP port " + std::to_string(port) + " of node " +
                                     std::to_string(node->GetId()) + " is taken");
        }
        m_socket->SetIpTtl(ttl);
        m_socket->SetRecvCallback(MakeCallback(&SocketPort::Read, this));
    }

    ~SocketPort() override
    {
        m_socket->SetRecvCallback(MakeNullCallback<void, Ptr<Socket>>());
        m_socket->Close();
    }

    void Send(Ptr<Packet> payload, uint32_t satellite, uint16_t port) override
    {
        const InetSocketAddress to(ForwardingTables::GetAddress(satellite), port);
        if (m_socket->SendTo(payload, 0, to) < 0)
        {
            throw std::runtime_error(
                "endpoint: node " + std::to_string(m_socket->GetNode()->GetId()) +
                " could not send a segment, socket error " + std::to_string(m_socket->GetErrno()));
        }
    }

  private:
    /// Take what has arrived. @param socket the socket
    void Read(Ptr<Socket> socket)
    {
        Address from;
        while (Ptr<Packet> packet = socket->RecvFrom(from))
        {
            const InetSocketAddress sender = InetSocketAddress::ConvertFrom(from);
            m_receive(packet, ForwardingTables::GetSatellite(sender.GetIpv4()), sender.GetPort());
        }
    }

    Ptr<Socket> m_socket;      //!< the socket
    ReceiveCallback m_receive; //!< whom to tell
};

/// A lean endpoint of the Fabric.
class LeanPort : public DatagramPort
{
  public:
    /**
     * @param node where
     * @param port which
     * @param ttl of what is sent
     * @param receive called with what comes
     */
    LeanPort(Ptr<Node> node, uint16_t port, uint8_t ttl, ReceiveCallback receive)
        : m_port(CreateObjectWithAttributes<FabricPort>("Ttl", UintegerValue(ttl)))
    {
        Ptr<FabricNetDevice> device = FabricNetDevice::Find(node);
        if (!device)
        {
            throw std::logic_error("endpoint: node " + std::to_string(node->GetId()) +
                                   " has no FabricNetDevice, so it has no lean endpoints; take "
                                   "sockets");
        }
        m_port->Open(device->GetFabric(), device->GetSatellite(), port, std::move(receive));
    }

    ~LeanPort() override
    {
        m_port->Close();
    }

    void Send(Ptr<Packet> payload, uint32_t satellite, uint16_t port) override
    {
        m_port->SendTo(payload, satellite, port);
    }

  private:
    Ptr<FabricPort> m_port; //!< the endpoint
};
} // namespace

std::unique_ptr<DatagramPort>
DatagramPort::Open(Ptr<Node> node, uint16_t port, uint8_t ttl, bool isLean, ReceiveCallback receive)
{
    if (isLean)
    {
        return std::make_unique<LeanPort>(node, port, ttl, std::move(receive));
    }
    return std::make_unique<SocketPort>(node, port, ttl, std::move(receive));
}

} // namespace ns3
