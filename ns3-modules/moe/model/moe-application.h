/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef MOE_APPLICATION_H
#define MOE_APPLICATION_H

#include "compute-server.h"
#include "message-endpoint.h"
#include "moe-workload.h"

#include "ns3/application.h"

namespace ns3
{

/**
 * @ingroup moe
 *
 * What gateways and experts share: a port for messages, the computer of their satellite, the plan.
 */
class MoeApplication : public Application
{
  public:
    /**
     * @brief Get the type ID.
     * @return the object TypeId
     */
    static TypeId GetTypeId();

  protected:
    void DoDispose() override;
    void StartApplication() override;
    void StopApplication() override;

    /**
     * @brief UDP port to listen at.
     * @return the port
     */
    virtual uint16_t GetPort() const = 0;

    /**
     * @brief Satellite of this application according to the plan.
     * @return the satellite
     */
    virtual uint32_t GetSatellite() const = 0;

    /**
     * @brief Take a message.
     * @param message the message
     */
    virtual void HandleMessage(const MessageRecord& message) = 0;

    /**
     * @brief Compute on this satellite.
     * @param request what; what it calls when it is finished is dropped if the application has
     * stopped by then
     */
    void Compute(ComputeServer::Request request);

    /**
     * @brief Send hidden states.
     * @param header what they are
     * @param tokens how many
     * @param satellite where to
     * @param port where to
     * @param since when they were sent first, if not now
     */
    void Send(MoeHeader header,
              uint32_t tokens,
              uint32_t satellite,
              uint16_t port,
              Time since = Simulator::Now());

    Ptr<MoeWorkload> m_workload;     //!< the plan
    Ptr<MessageEndpoint> m_endpoint; //!< the port
    uint32_t m_layer{0};             //!< layer served

  private:
    Ptr<ComputeServer> m_server; //!< computer of the node
    bool m_isRunning{false};     //!< between start and stop
};

} // namespace ns3

#endif // MOE_APPLICATION_H
