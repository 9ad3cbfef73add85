/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "slot-routing-helper.h"

#include "ns3/hermite-mobility-model.h"
#include "ns3/node.h"
#include "ns3/pointer.h"
#include "ns3/slot-routing-protocol.h"
#include "ns3/uinteger.h"

namespace ns3
{

SlotRoutingHelper::SlotRoutingHelper(Ptr<ForwardingTables> tables)
    : m_tables(tables)
{
}

SlotRoutingHelper*
SlotRoutingHelper::Copy() const
{
    return new SlotRoutingHelper(*this);
}

Ptr<Ipv4RoutingProtocol>
SlotRoutingHelper::Create(Ptr<Node> node) const
{
    const uint32_t satellite = node->GetObject<HermiteMobilityModel>()->GetSatellite();
    Ptr<SlotRoutingProtocol> routing =
        CreateObjectWithAttributes<SlotRoutingProtocol>("Tables",
                                                        PointerValue(m_tables),
                                                        "Satellite",
                                                        UintegerValue(satellite));
    node->AggregateObject(routing);
    return routing;
}

} // namespace ns3
