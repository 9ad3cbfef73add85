/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef GATEWAY_APPLICATION_H
#define GATEWAY_APPLICATION_H

#include "moe-application.h"

#include "ns3/event-id.h"
#include "ns3/traced-callback.h"

#include <map>
#include <utility>
#include <vector>

namespace ns3
{

/**
 * @ingroup moe
 *
 * The gateway of one layer: attention, norms, router, and the combine of the layer before.
 *
 * For each token it waits for the K expert outputs of the layer before and, if the plan sends
 * it, the residual; then it computes and dispatches the hidden state to the K experts that the
 * token activates, in the order of activation, and last the residual to the next gateway. Each
 * dispatch goes to the satellite that hosts the expert at that moment.
 *
 * The gateway of layer 0 closes the ring: it starts the sequences at their times, and once the
 * last layer's outputs are there it computes the head, emits the token and begins the next one.
 */
class GatewayApplication : public MoeApplication
{
  public:
    /**
     * @brief Get the type ID.
     * @return the object TypeId
     */
    static TypeId GetTypeId();

    /**
     * TracedCallback signature for the beginning and the end of a token.
     *
     * @param [in] request sequence
     * @param [in] token token of the sequence
     */
    typedef void (*TokenCallback)(uint32_t request, uint32_t token);

  protected:
    void DoDispose() override;
    void StartApplication() override;
    void StopApplication() override;
    uint16_t GetPort() const override;
    uint32_t GetSatellite() const override;
    void HandleMessage(const MessageRecord& message) override;

  private:
    /**
     * @brief Begin a token: its first layer computes.
     * @param request sequence
     * @param token token of the sequence
     */
    void BeginToken(uint32_t request, uint32_t token);

    /**
     * @brief Compute this layer, then dispatch.
     * @param request sequence
     * @param token token of the sequence
     */
    void BeginLayer(uint32_t request, uint32_t token);

    /**
     * @brief Send the hidden state to the activated experts and the residual onward.
     * @param request sequence
     * @param token token of the sequence
     */
    void Dispatch(uint32_t request, uint32_t token);

    /**
     * @brief Compute the head, emit the token, begin the next.
     * @param request sequence
     * @param token token of the sequence
     */
    void BeginHead(uint32_t request, uint32_t token);

    /// Messages received by request and token, until all of the layer before are there.
    std::map<std::pair<uint32_t, uint32_t>, uint32_t> m_received;
    std::vector<EventId> m_starts;                          //!< of the sequences, layer 0 only
    TracedCallback<uint32_t, uint32_t> m_tokenBegunTrace;   //!< a token begins
    TracedCallback<uint32_t, uint32_t> m_tokenEmittedTrace; //!< a token is done
};

} // namespace ns3

#endif // GATEWAY_APPLICATION_H
