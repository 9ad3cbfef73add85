/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef FABRIC_PORT_H
#define FABRIC_PORT_H

#include "fabric-wire.h"

#include "ns3/object.h"
#include "ns3/packet.h"
#include "ns3/ptr.h"

#include <cstdint>
#include <functional>

namespace ns3
{

class Fabric;

/**
 * @ingroup leo
 *
 * A lean UDP endpoint on the Fabric: no socket, no stack, the same bytes on the wire.
 *
 * Headers are built when somebody looks: in captures, in traces of losses, or when the datagram
 * comes to a satellite without a lean endpoint at its port, whose stack then gets the packet. A
 * datagram of a UDP socket is received here as well.
 */
class FabricPort : public Object
{
  public:
    /** Called with the payload, and the satellite and UDP port that sent it. */
    using ReceiveCallback = std::function<void(Ptr<Packet>, uint32_t, uint16_t)>;
    /** The same for who does not look into it: its length in bytes, satellite, UDP port. */
    using SizeCallback = std::function<void(uint32_t, uint32_t, uint16_t)>;

    /**
     * @brief Get the type ID.
     * @return the object TypeId
     */
    static TypeId GetTypeId();

    FabricPort();
    ~FabricPort() override;

    /**
     * @brief Open the port.
     * @param fabric the fabric
     * @param satellite where
     * @param port UDP port; 0 for any that is free
     * @param receive called with what comes
     * @throws std::runtime_error if a lean endpoint is open there
     */
    void Open(Ptr<Fabric> fabric, uint32_t satellite, uint16_t port, ReceiveCallback receive);

    /**
     * @brief Open the port, for datagrams that nobody looks into.
     * @param fabric the fabric
     * @param satellite where
     * @param port UDP port; 0 for any that is free
     * @param receive called with what comes
     * @throws std::runtime_error if a lean endpoint is open there
     */
    void OpenForSizes(Ptr<Fabric> fabric, uint32_t satellite, uint16_t port, SizeCallback receive);

    /// Close the port.
    void Close();

    /**
     * @brief Send a datagram.
     * @param payload what is in it; headers and all at most the MTU
     * @param satellite where to, another one
     * @param port where to
     */
    void SendTo(Ptr<Packet> payload, uint32_t satellite, uint16_t port);

    /**
     * @brief Send a datagram of zeros, which becomes a packet only if somebody looks at it: a
     * capture, a socket, an endpoint that asks for packets.
     * @param bytes of payload; headers and all at most the MTU
     * @param satellite where to, another one
     * @param port where to
     */
    void SendZerosTo(uint32_t bytes, uint32_t satellite, uint16_t port);

    /**
     * @brief Receive a datagram of zeros.
     * @param bytes of payload
     * @param satellite where from
     * @param port where from
     */
    void Receive(uint32_t bytes, uint32_t satellite, uint16_t port) const;

    /**
     * @brief Receive a datagram.
     * @param payload what is in it
     * @param satellite where from
     * @param port where from
     */
    void Receive(Ptr<Packet> payload, uint32_t satellite, uint16_t port) const;

    /**
     * @brief Give an IPv4 packet to the lean endpoint that it is for.
     * @param fabric the fabric
     * @param satellite where it has come to
     * @param packet with its IPv4 header; loses its headers if it is taken
     * @return false if there is no such endpoint
     */
    static bool Take(const Fabric& fabric, uint32_t satellite, Ptr<Packet> packet);

  protected:
    void DoDispose() override;

  private:
    /**
     * @brief A datagram that is to be sent.
     * @param satellite where to
     * @param port where to
     * @return it, without payload
     */
    Parcel MakeDatagram(uint32_t satellite, uint16_t port) const;

    Ptr<Fabric> m_fabric;      //!< null while it is closed
    uint32_t m_satellite{0};   //!< where
    uint16_t m_port{0};        //!< which
    uint8_t m_ttl{0};          //!< of what it sends
    ReceiveCallback m_receive; //!< whom to tell
    SizeCallback m_count;      //!< or whom to tell lengths
};

} // namespace ns3

#endif // FABRIC_PORT_H
