/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef MOE_HELPER_H
#define MOE_HELPER_H

#include "ns3/application-container.h"
#include "ns3/moe-recorder.h"
#include "ns3/moe-workload.h"
#include "ns3/node-container.h"
#include "ns3/object-factory.h"

#include <string>

namespace ns3
{

/**
 * @ingroup moe
 *
 * Installs the ring: a gateway and the experts of every layer on the satellites of the plan.
 */
class MoeHelper
{
  public:
    MoeHelper();

    /**
     * @brief Set an attribute of the endpoints made from now on.
     * @param name attribute of MessageEndpoint
     * @param value its value
     */
    void SetEndpointAttribute(const std::string& name, const AttributeValue& value);

    /**
     * @brief Install the applications, with computers where there are none yet.
     * @param satellites the constellation
     * @param workload the plan
     * @param recorder listens to them and to the drops of all satellites
     * @return the applications: each layer's gateway, followed by its experts
     */
    ApplicationContainer Install(const NodeContainer& satellites,
                                 Ptr<MoeWorkload> workload,
                                 Ptr<MoeRecorder> recorder) const;

  private:
    ObjectFactory m_endpointFactory; //!< makes the endpoints
};

} // namespace ns3

#endif // MOE_HELPER_H
