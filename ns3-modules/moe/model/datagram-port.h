/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef DATAGRAM_PORT_H
#define DATAGRAM_PORT_H

#include "ns3/ptr.h"

#include <cstdint>
#include <functional>
#include <memory>

namespace ns3
{

class Node;
class Packet;

/**
 * @ingroup moe
 *
 * A UDP port of a satellite: a socket of ns-3's, or a lean endpoint of the Fabric. On the wire, and
 * in all results, both are the same.
 */
class DatagramPort
{
  public:
    /** Called with a datagram's payload, and the satellite and UDP port that sent it. */
    using ReceiveCallback = std::function<void(Ptr<Packet>, uint32_t, uint16_t)>;

    /// For Open(): any port that is free.
    static constexpr uint16_t ANY_PORT = 0;

    virtual ~DatagramPort() = default;

    /**
     * @brief Open a port.
     * @param node where
     * @param port which, or ANY_PORT
     * @param ttl IPv4 time to live of what is sent, in hops
     * @param isLean whether it is to be a lean endpoint
     * @param receive called with what comes
     * @return the port; it is closed when it is destroyed
     * @throws std::runtime_error if the port is taken
     * @throws std::logic_error if it is to be lean and the node has no Fabric
     */
    static std::unique_ptr<DatagramPort> Open(Ptr<Node> node,
                                              uint16_t port,
                                              uint8_t ttl,
                                              bool isLean,
                                              ReceiveCallback receive);

    /**
     * @brief Send a datagram.
     * @param payload what is in it
     * @param satellite where to
     * @param port where to
     * @throws std::runtime_error if it cannot be sent
     */
    virtual void Send(Ptr<Packet> payload, uint32_t satellite, uint16_t port) = 0;
};

} // namespace ns3

#endif // DATAGRAM_PORT_H
