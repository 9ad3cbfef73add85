/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "local-ports.h"

#include "ns3/node.h"

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(LocalPorts);

TypeId
LocalPorts::GetTypeId()
{
    static TypeId tid = TypeId("ns3::LocalPorts")
                            .SetParent<Object>()
                            .SetGroupName("Moe")
                            .AddConstructor<LocalPorts>();
    return tid;
}

Ptr<LocalPorts>
LocalPorts::Get(Ptr<Node> node)
{
    Ptr<LocalPorts> ports = node->GetObject<LocalPorts>();
    if (!ports)
    {
        ports = CreateObject<LocalPorts>();
        node->AggregateObject(ports);
    }
    return ports;
}

void
LocalPorts::Add(uint16_t port, MessageEndpoint* endpoint)
{
    m_endpoints[port] = endpoint;
}

void
LocalPorts::Remove(uint16_t port)
{
    m_endpoints.erase(port);
}

MessageEndpoint*
LocalPorts::Find(uint16_t port) const
{
    const auto found = m_endpoints.find(port);
    return found == m_endpoints.end() ? nullptr : found->second;
}

} // namespace ns3
