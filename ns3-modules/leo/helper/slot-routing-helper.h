/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef SLOT_ROUTING_HELPER_H
#define SLOT_ROUTING_HELPER_H

#include "ns3/forwarding-tables.h"
#include "ns3/ipv4-routing-helper.h"

namespace ns3
{

/**
 * @ingroup leo
 *
 * Gives SlotRoutingProtocol to nodes that have a HermiteMobilityModel.
 */
class SlotRoutingHelper : public Ipv4RoutingHelper
{
  public:
    /**
     * @brief Constructor.
     * @param tables the forwarding tables that all satellites share
     */
    explicit SlotRoutingHelper(Ptr<ForwardingTables> tables);

    SlotRoutingHelper* Copy() const override;
    Ptr<Ipv4RoutingProtocol> Create(Ptr<Node> node) const override;

  private:
    Ptr<ForwardingTables> m_tables; //!< shared by all satellites
};

} // namespace ns3

#endif // SLOT_ROUTING_HELPER_H
