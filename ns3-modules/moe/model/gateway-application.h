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
 * For each step it waits for the outputs of all experts of the layer before that the step activates
 * and, if the plan sends it, the residual; then the step is ready. Decode steps that are ready and
 * wait are served together, in the order in which they became ready, up to the plan's Batch;
 * prompts go alone. The gateway then dispatches to each expert that any step of the batch activates
 * the hidden states that go there, in the order in which the steps and their activations name the
 * experts first, and last all of them as the residual to the next gateway. Each dispatch goes to
 * the satellite that hosts the expert at that moment.
 *
 * When everyone is told that a satellite has failed, the gateway abandons what it dispatched there
 * and whose result has not come, and dispatches it again to the satellite that hosts the expert
 * from then on. It knows what has come, as if the next gateway, which gets the results, told it at
 * once. Results of what was abandoned are dropped.
 *
 * The gateway of layer 0 closes the ring: it starts the sequences at their times, and once the
 * last layer's outputs are there it computes the head, likewise in batches, emits the tokens and
 * begins the next ones.
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

    /**
     * TracedCallback signature for dispatches.
     *
     * @param [in] header of the dispatch
     * @param [in] satellite where it went, or was to go
     */
    typedef void (*DispatchCallback)(const MoeHeader& header, uint32_t satellite);

  protected:
    void DoDispose() override;
    void StartApplication() override;
    void StopApplication() override;
    uint16_t GetPort() const override;
    uint32_t GetSatellite() const override;
    void HandleMessage(const MessageRecord& message) override;

  private:
    /**
     * @brief Begin a step: its first layer computes.
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
     * @brief Send hidden states to the activated experts and the residuals onward.
     * @param batch what was computed
     */
    void Dispatch(const JobRecord& batch);

    /**
     * @brief Dispatch to an expert where it lives now.
     * @param dispatch the dispatch; its satellite is filled in here
     */
    void DispatchToHost(MoeWorkload::Awaited dispatch);

    /**
     * @brief Trace sink: everyone is told that a satellite has failed.
     * @param satellite the satellite
     */
    void LeaveSatellite(uint32_t satellite);

    /**
     * @brief Compute the head, then emit.
     * @param request sequence
     * @param token token of the sequence
     */
    void BeginHead(uint32_t request, uint32_t token);

    /**
     * @brief Emit the tokens, begin the next ones.
     * @param batch what the head computed
     */
    void Emit(const JobRecord& batch);

    /**
     * @brief Make a job of this satellite.
     * @param kind what is computed
     * @param layer of which layer
     * @param step which step
     * @return the job
     */
    JobRecord MakeJob(JobRecord::Kind kind, uint32_t layer, MoeWorkload::Step step) const;

    /// Messages received by step, until all of the layer before are there.
    std::map<MoeWorkload::Step, uint32_t> m_received;
    std::vector<EventId> m_starts;                               //!< of the sequences, layer 0 only
    TracedCallback<uint32_t, uint32_t> m_tokenBegunTrace;        //!< a token begins
    TracedCallback<uint32_t, uint32_t> m_tokenEmittedTrace;      //!< a token is done
    TracedCallback<const MoeHeader&, uint32_t> m_abandonedTrace; //!< a dispatch is abandoned
    TracedCallback<const MoeHeader&, uint32_t> m_homelessTrace;  //!< an expert lives nowhere
};

} // namespace ns3

#endif // GATEWAY_APPLICATION_H
