/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef MOE_WORKLOAD_H
#define MOE_WORKLOAD_H

#include "moe-header.h"
#include "token-times.h"

#include "ns3/nstime.h"
#include "ns3/object.h"
#include "ns3/traced-callback.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

namespace ns3
{

/**
 * @ingroup moe
 *
 * What is computed, where, and which experts each step activates: the plan that all
 * applications of a ring share. Filled before the simulation, read during it; only the hosts of
 * the experts may change while it runs, and the batches are noted that gateways form.
 *
 * A step is one pass of the model for one sequence, and emits a token. It carries one token, or
 * those of a prompt, some of which go to each of the experts that the step activates.
 *
 * A satellite may host any number of gateways and experts. An expert lives on one or more
 * satellites, its residents; one of them at a time is its host, to which gateways dispatch.
 */
class MoeWorkload : public Object
{
  public:
    /// UDP port of the gateway of layer 0; the others follow.
    static constexpr uint16_t FIRST_GATEWAY_PORT = 10000;
    /// UDP port of expert 0 of layer 0; the others follow, layer by layer.
    static constexpr uint16_t FIRST_EXPERT_PORT = 20000;

    /** A run of steps of one request, one after the other. */
    struct Sequence
    {
        Time start;          //!< when the first step starts
        uint32_t tokens;     //!< how many steps
        uint32_t firstToken; //!< row of its first step in the activations
    };

    /// A step: request, and token of the sequence.
    using Step = std::pair<uint32_t, uint32_t>;

    /** What of a batch goes to an expert. */
    struct Portion
    {
        uint16_t expert; //!< expert of the layer
        uint32_t tokens; //!< how many
    };

    /** A dispatch whose result is awaited. */
    struct Awaited
    {
        MoeHeader header;             //!< of the dispatch
        uint32_t satellite;           //!< where it went to
        uint32_t tokens;              //!< how many
        Time sent;                    //!< when it was dispatched for the first time
        std::vector<uint32_t> left{}; //!< satellites where it had been sent before, in order
    };

    /** The gateway of a layer. */
    struct Gateway
    {
        uint32_t satellite; //!< where it is
        TokenTimes compute; //!< how long attention, norms, router and combine take there
    };

    /** An expert on a satellite where it lives. */
    struct Resident
    {
        uint32_t layer;     //!< layer of the expert
        uint32_t expert;    //!< expert of the layer
        uint32_t satellite; //!< where it lives
        TokenTimes compute; //!< how long it takes there
    };

    /**
     * @brief Get the type ID.
     * @return the object TypeId
     */
    static TypeId GetTypeId();

    /**
     * @brief Set the gateways; to be called first.
     * @param gateways the gateway of each layer
     * @param head how long language-model head and sampling take at the gateway of layer 0
     * @throws std::invalid_argument if there are fewer than two layers
     * @throws std::logic_error after SetResidents()
     */
    void SetGateways(std::vector<Gateway> gateways, TokenTimes head);

    /**
     * @brief Set how long gateways take for prompts.
     * @param width tokens of a prompt
     * @param times of each layer's gateway
     * @throws std::invalid_argument if there is not one for each layer
     */
    void SetPrefillTimes(uint32_t width, std::vector<Time> times);

    /**
     * @brief Set where the experts live.
     *
     * The first resident of an expert in the list is its host until SetExpertHosts() says
     * otherwise.
     *
     * @param experts number of experts of a layer
     * @param residents the residents, in any order
     * @throws std::invalid_argument if an expert lives nowhere, or twice on a satellite, or is not
     * one of the ring, or there are more experts than UDP ports
     */
    void SetResidents(uint32_t experts, std::vector<Resident> residents);

    /**
     * @brief Choose the hosts to which gateways dispatch from now on.
     *
     * What has been dispatched already goes where it was sent to.
     *
     * @param hosts satellites, [layer][expert]
     * @throws std::invalid_argument if there is not one for each expert, or an expert does not live
     * on its host
     */
    void SetExpertHosts(const std::vector<uint32_t>& hosts);

    /**
     * @brief A satellite fails, and nobody knows yet.
     *
     * Gateways go on dispatching to it what they dispatch to it now, whatever SetExpertHosts() says
     * meanwhile, until they are told.
     *
     * @param satellite the satellite
     */
    void Fail(uint32_t satellite);

    /**
     * @brief Everyone is told that a satellite has failed: Told is traced, with all gateways
     * dispatching elsewhere.
     * @param satellite the satellite
     * @param since when it failed
     */
    void TellFailure(uint32_t satellite, Time since);

    /**
     * @brief Everyone is told that a satellite works again.
     * @param satellite the satellite
     */
    void TellRepair(uint32_t satellite);

    /**
     * @brief Whether a satellite is known to have failed.
     * @param satellite the satellite
     * @return true if it is
     */
    bool IsKnownToHaveFailed(uint32_t satellite) const;

    /**
     * @brief When a satellite failed that is known to have failed.
     * @param satellite the satellite
     * @return when
     */
    Time GetFailedSince(uint32_t satellite) const;

    /**
     * @brief Await the result of a dispatch, instead of that of an earlier one of the same.
     * @param dispatch the dispatch
     */
    void Await(const Awaited& dispatch);

    /**
     * @brief A result has come.
     * @param header what it is
     * @param satellite where from
     * @return whether it was awaited from there; it is not any more
     */
    bool TakeResult(const MoeHeader& header, uint32_t satellite);

    /**
     * @brief What is awaited from a satellite.
     * @param layer the layer
     * @param satellite the satellite
     * @return the dispatches, by step and expert
     */
    std::vector<Awaited> GetAwaited(uint32_t layer, uint32_t satellite) const;

    /**
     * TracedCallback signature for satellites.
     *
     * @param [in] satellite the satellite
     */
    typedef void (*SatelliteCallback)(uint32_t satellite);

    /**
     * @brief Set the sequences and their activated experts, a token a step.
     * @param sequences the sequences, in order of their rows
     * @param topK activated experts of a token in a layer
     * @param activations experts, [step][layer][k]
     * @throws std::invalid_argument if the activations do not fit the sequences
     */
    void SetSequences(std::vector<Sequence> sequences,
                      uint32_t topK,
                      std::vector<uint16_t> activations);

    /**
     * @brief Set how many tokens steps carry, and where they go; after SetSequences().
     *
     * Without, a step carries one token, which goes to each of its experts.
     *
     * @param widths tokens of each step, [step]
     * @param shares tokens that go to each activated expert, [step][layer][k]; none where the
     * activations have MoeHeader::NO_EXPERT
     * @throws std::invalid_argument if they do not fit the activations
     */
    void SetWidths(std::vector<uint32_t> widths, std::vector<uint32_t> shares);

    /** @return the number of layers */
    uint32_t GetLayers() const;
    /** @return the number of experts of a layer */
    uint32_t GetExperts() const;
    /** @return the largest number of experts that a step activates in a layer */
    uint32_t GetTopK() const;
    /** @return the number of decode steps that a gateway serves together at most */
    uint32_t GetBatch() const;
    /** @return the sequences */
    const std::vector<Sequence>& GetSequences() const;
    /** @return the residents, by layer and expert */
    const std::vector<Resident>& GetResidents() const;
    /**
     * @brief Computing time of the head.
     * @param steps served together
     * @return the time
     */
    Time GetHeadTime(uint32_t steps = 1) const;
    /** @return the length of the hidden state of one token in bytes */
    uint32_t GetMessageBytes() const;
    /** @return whether gateways send the residual stream to the next gateway */
    bool SendsResidual() const;

    /**
     * @brief Satellite of a gateway.
     * @param layer the layer, counted around the ring
     * @return the satellite
     */
    uint32_t GetGateway(uint32_t layer) const;

    /**
     * @brief Computing time of a gateway.
     * @param layer the layer
     * @param steps of one token, served together
     * @return the time
     */
    Time GetGatewayTime(uint32_t layer, uint32_t steps = 1) const;

    /**
     * @brief Computing time of a gateway for a prompt.
     * @param layer the layer
     * @param width tokens of the prompt
     * @return the time
     * @throws std::out_of_range if it was not set
     */
    Time GetPrefillTime(uint32_t layer, uint32_t width) const;

    /**
     * @brief Satellite to which gateways dispatch now.
     *
     * The one that SetExpertHosts() chose or, if that is known to have failed, the first of the
     * expert's residents in the list of SetResidents() that is not.
     *
     * @param layer the layer
     * @param expert the expert of that layer
     * @param left satellites that do not come into question
     * @return the satellite; one that is known to have failed or does not come into question, if
     * there is no other
     */
    uint32_t GetExpertHost(uint32_t layer,
                           uint32_t expert,
                           const std::vector<uint32_t>& left = {}) const;

    /**
     * @brief Computing time of an expert where it lives.
     * @param layer the layer
     * @param expert the expert of that layer
     * @param satellite one of its residents
     * @param tokens on how many at once
     * @return the time
     * @throws std::invalid_argument if the expert does not live there
     */
    Time GetExpertTime(uint32_t layer,
                       uint32_t expert,
                       uint32_t satellite,
                       uint32_t tokens = 1) const;

    /**
     * @brief UDP port of a gateway.
     * @param layer the layer, counted around the ring
     * @return the port
     */
    uint16_t GetGatewayPort(uint32_t layer) const;

    /**
     * @brief UDP port of an expert.
     * @param layer the layer
     * @param expert the expert of that layer
     * @return the port, the same on all its satellites
     */
    uint16_t GetExpertPort(uint32_t layer, uint32_t expert) const;

    /**
     * @brief Experts that a step activates in a layer.
     * @param request sequence
     * @param token token of the sequence
     * @param layer the layer
     * @return the first of topK experts; those that it does not have are MoeHeader::NO_EXPERT
     */
    const uint16_t* GetActivated(uint32_t request, uint32_t token, uint32_t layer) const;

    /**
     * @brief Number of experts that a step activates in a layer.
     * @param request sequence
     * @param token token of the sequence
     * @param layer the layer
     * @return the number, at most topK
     */
    uint32_t CountActivated(uint32_t request, uint32_t token, uint32_t layer) const;

    /**
     * @brief Tokens that a step carries.
     * @param request sequence
     * @param token token of the sequence
     * @return one, or those of a prompt
     */
    uint32_t GetWidth(uint32_t request, uint32_t token) const;

    /**
     * @brief Note the steps that a gateway served together.
     * @param layer the layer
     * @param steps at least one; the first names the batch
     */
    void NoteBatch(uint32_t layer, std::vector<Step> steps);

    /** @brief Forget all batches; only while no step is under way. */
    void ClearBatches();

    /**
     * @brief The steps of a batch.
     * @param layer the layer
     * @param first its first step
     * @return the steps; the first alone, if no batch was noted
     */
    std::vector<Step> GetSteps(uint32_t layer, Step first) const;

    /**
     * @brief The steps of a batch that have to do with a message.
     * @param header what the message is
     * @return all of them for a residual, or else those that activate the expert
     */
    std::vector<Step> GetStepsOf(const MoeHeader& header) const;

    /**
     * @brief What goes to which expert of a batch.
     * @param layer the layer
     * @param first its first step
     * @return the experts, in the order in which the steps and their activations name them first
     */
    std::vector<Portion> GetPortions(uint32_t layer, Step first) const;

    /**
     * @brief Place of an expert among those that a batch activates in a layer.
     * @param request sequence of its first step
     * @param token token of the first step
     * @param layer the layer
     * @param expert the expert of that layer
     * @return 0 for the one dispatched to first; their number if the batch does not activate it
     */
    uint32_t GetSelection(uint32_t request, uint32_t token, uint32_t layer, uint32_t expert) const;

    /**
     * @brief Number the next message.
     * @return a number unique in the simulation
     */
    uint64_t NextMessage();

  private:
    /**
     * @brief Find an expert on a satellite.
     * @param layer the layer
     * @param expert the expert of that layer
     * @param satellite the satellite
     * @return the resident
     * @throws std::invalid_argument if the expert does not live there
     */
    const Resident& FindResident(uint32_t layer, uint32_t expert, uint32_t satellite) const;

    /// What tells dispatches apart: layer, request and token of the first step, expert.
    using DispatchKey = std::tuple<uint32_t, uint32_t, uint32_t, uint32_t>;

    std::vector<Gateway> m_gateways;                 //!< by layer
    TokenTimes m_head;                               //!< computing time of the head
    std::map<uint32_t, std::vector<Time>> m_prefill; //!< computing times by width, [layer]
    uint32_t m_experts{0};                           //!< experts of a layer
    std::vector<Resident> m_residents;               //!< by layer and expert
    std::vector<std::size_t> m_firstResident; //!< of each expert, [layer][expert]; then the end
    std::vector<uint32_t> m_hosts;            //!< satellites dispatched to, [layer][expert]
    std::vector<Sequence> m_sequences;        //!< the sequences
    std::vector<uint16_t> m_activations;      //!< experts, [step][layer][k]
    std::vector<uint32_t> m_widths;           //!< tokens, [step]; empty if all carry one
    std::vector<uint32_t> m_shares;           //!< tokens, [step][layer][k]; empty if all are one
    std::map<std::size_t, uint32_t> m_misled; //!< hosts that have failed unknown, by expert's index
    std::map<uint32_t, Time> m_failed;        //!< known to have failed, and since when
    std::map<DispatchKey, Awaited> m_awaited; //!< dispatches whose results have not come
    TracedCallback<uint32_t> m_toldTrace;     //!< a satellite is known to have failed
    /// Batches of several steps, by layer and first step.
    std::map<std::pair<uint32_t, Step>, std::vector<Step>> m_batches;
    uint32_t m_batch{1};        //!< steps served together at most
    uint32_t m_topK{0};         //!< activated experts
    uint32_t m_messageBytes{0}; //!< length of a hidden state
    bool m_sendsResidual{true}; //!< whether the residual travels
    uint64_t m_nextMessage{0};  //!< counts the messages
};

} // namespace ns3

#endif // MOE_WORKLOAD_H
