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
     * @param job what
     * @param duration how long
     * @param done called when it is finished; dropped if the application has stopped by then
     * @param rank among the jobs that come to this satellite in the same nanosecond
     */
    void Compute(const JobRecord& job,
                 Time duration,
                 std::function<void()> done,
                 uint32_t rank = 0);

    /**
     * @brief Send a hidden state.
     * @param header what it is
     * @param satellite where to
     * @param port where to
     */
    void Send(MoeHeader header, uint32_t satellite, uint16_t port);

    Ptr<MoeWorkload> m_workload;     //!< the plan
    Ptr<MessageEndpoint> m_endpoint; //!< the port
    uint32_t m_layer{0};             //!< layer served

  private:
    Ptr<ComputeServer> m_server; //!< computer of the node
    bool m_isRunning{false};     //!< between start and stop
};

} // namespace ns3

#endif // MOE_APPLICATION_H
