/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef MOE_TEST_PAIR_H
#define MOE_TEST_PAIR_H

#include "moe-test.h"

#include "ns3/inet-socket-address.h"
#include "ns3/message-endpoint.h"
#include "ns3/packet.h"
#include "ns3/socket.h"
#include "ns3/udp-socket-factory.h"
#include "ns3/uinteger.h"

namespace ns3
{

/// What the pair of satellites of the tests is made of.
namespace pair
{

constexpr uint16_t PORT = 20000;        //!< of the endpoint that receives
constexpr uint32_t ROOM = 100;          //!< bytes of a message in a full segment
constexpr int64_t LIGHT_NS = 3'000'000; //!< light time of the link

} // namespace pair

/**
 * @ingroup moe-test
 *
 * Two satellites, three light milliseconds apart, endpoints with room for 100 bytes a segment.
 */
class Pair
{
  public:
    Pair()
        : m_network({Vector(0, 0, 0), Vector(3, 0, 0)})
    {
        m_network.Connect(0, 1);
        constexpr uint8_t NONE = ForwardingTables::NO_PORT;
        m_network.Load({0, 1}, {NONE, 0, 0, NONE});
    }

    /**
     * @brief Make an endpoint, not yet open.
     * @param segmentBytes UDP payload of a full segment
     * @return the endpoint
     */
    static Ptr<MessageEndpoint> MakeEndpoint(uint32_t segmentBytes = pair::ROOM + MoeHeader::BYTES)
    {
        return CreateObjectWithAttributes<MessageEndpoint>("SegmentBytes",
                                                           UintegerValue(segmentBytes));
    }

    /**
     * @brief Make a socket.
     * @param satellite where
     * @param port to bind to, 0 for any
     * @return the socket
     */
    Ptr<Socket> MakeSocket(uint32_t satellite, uint16_t port) const
    {
        Ptr<Socket> socket =
            Socket::CreateSocket(GetNode(satellite), UdpSocketFactory::GetTypeId());
        socket->Bind(InetSocketAddress(Ipv4Address::GetAny(), port));
        return socket;
    }

    /**
     * @brief Send one datagram from satellite 0 to the port of satellite 1.
     * @param packet its payload
     */
    void Send(Ptr<Packet> packet) const
    {
        MakeSocket(0, 0)->SendTo(packet,
                                 0,
                                 InetSocketAddress(ForwardingTables::GetAddress(1), pair::PORT));
    }

    /**
     * @param satellite the satellite
     * @return its node
     */
    Ptr<Node> GetNode(uint32_t satellite) const
    {
        return m_network.GetSatellites().Get(satellite);
    }

  private:
    MoeTestNetwork m_network; //!< the network
};

} // namespace ns3

#endif // MOE_TEST_PAIR_H
