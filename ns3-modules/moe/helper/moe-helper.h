/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef MOE_HELPER_H
#define MOE_HELPER_H

#include "ns3/application-container.h"
#include "ns3/background-application.h"
#include "ns3/laser-network.h"
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
 * Installs the ring: the gateway of every layer on its satellite, and every expert on each
 * satellite where it lives.
 */
class MoeHelper
{
  public:
    MoeHelper();

    /**
     * @brief Choose the endpoints made from now on; their attributes are the default ones.
     * @param name MessageEndpoint, which they are at first, or a subclass: ns3::TcpEndpoint
     */
    void SetEndpointType(const std::string& name);

    /**
     * @brief Set an attribute of the endpoints made from now on.
     * @param name attribute of MessageEndpoint
     * @param value its value
     */
    void SetEndpointAttribute(const std::string& name, const AttributeValue& value);

    /**
     * @brief Set an attribute of the computers made from now on.
     * @param name attribute of ComputeServer
     * @param value its value
     */
    void SetComputerAttribute(const std::string& name, const AttributeValue& value);

    /**
     * @brief Install background traffic from a satellite to another, with a sink where there is
     * none yet; after Install().
     * @param satellites the constellation
     * @param source where it comes from
     * @param background a BackgroundApplication
     * @param recorder listens to it
     * @throws std::out_of_range if a satellite is not there
     */
    static void InstallBackground(const NodeContainer& satellites,
                                  uint32_t source,
                                  Ptr<BackgroundApplication> background,
                                  Ptr<MoeRecorder> recorder);

    /**
     * @brief Install the applications, with computers where there are none yet.
     * @param network the constellation
     * @param workload the plan
     * @param recorder listens to them and to the drops of the network
     * @return the applications: each layer's gateway, followed by the residents of its experts in
     * the order of MoeWorkload::GetResidents()
     * @throws std::out_of_range if the plan names a satellite that is not there
     */
    ApplicationContainer Install(Ptr<LaserNetwork> network,
                                 Ptr<MoeWorkload> workload,
                                 Ptr<MoeRecorder> recorder) const;

  private:
    ObjectFactory m_endpointFactory; //!< makes the endpoints
    ObjectFactory m_computerFactory; //!< makes the computers
};

} // namespace ns3

#endif // MOE_HELPER_H
