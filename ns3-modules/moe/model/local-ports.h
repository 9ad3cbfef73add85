/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef LOCAL_PORTS_H
#define LOCAL_PORTS_H

#include "ns3/object.h"
#include "ns3/ptr.h"

#include <cstdint>
#include <map>

namespace ns3
{

class MessageEndpoint;
class Node;

/**
 * @ingroup moe
 *
 * The open endpoints of a satellite by UDP port: how messages find their way that do not leave it.
 *
 * Aggregated to a node by the first endpoint that opens there.
 */
class LocalPorts : public Object
{
  public:
    /**
     * @brief Get the type ID.
     * @return the object TypeId
     */
    static TypeId GetTypeId();

    /**
     * @brief The ports of a satellite, made if there are none yet.
     * @param node the satellite
     * @return its ports
     */
    static Ptr<LocalPorts> Get(Ptr<Node> node);

    /**
     * @brief An endpoint opens.
     * @param port at which it listens, not taken
     * @param endpoint the endpoint; it must be removed before it is gone
     */
    void Add(uint16_t port, MessageEndpoint* endpoint);

    /**
     * @brief An endpoint closes.
     * @param port at which it has listened
     */
    void Remove(uint16_t port);

    /**
     * @brief Find an endpoint.
     * @param port at which it listens
     * @return the endpoint, or null if none is open there
     */
    MessageEndpoint* Find(uint16_t port) const;

  private:
    std::map<uint16_t, MessageEndpoint*> m_endpoints; //!< by port
};

} // namespace ns3

#endif // LOCAL_PORTS_H
