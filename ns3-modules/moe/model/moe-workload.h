/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef MOE_WORKLOAD_H
#define MOE_WORKLOAD_H

#include "ns3/nstime.h"
#include "ns3/object.h"

#include <cstdint>
#include <vector>

namespace ns3
{

/**
 * @ingroup moe
 *
 * What is computed, where, and which experts each token activates: the plan that all
 * applications of a ring share. Filled before the simulation, read during it.
 */
class MoeWorkload : public Object
{
  public:
    /// UDP port of the gateway of layer 0; the others follow.
    static constexpr uint16_t FIRST_GATEWAY_PORT = 10000;
    /// UDP port of expert 0 of layer 0; the others follow, layer by layer.
    static constexpr uint16_t FIRST_EXPERT_PORT = 20000;

    /** A run of tokens of one request, decoded one after the other. */
    struct Sequence
    {
        Time start;          //!< when the first token starts
        uint32_t tokens;     //!< how many tokens
        uint32_t firstToken; //!< row of its first token in the activations
    };

    /** How long the parts of one token take to compute. */
    struct ComputeTimes
    {
        std::vector<Time> gateway; //!< of each layer: attention, norms, router, combine
        std::vector<Time> expert;  //!< of each layer: one expert
        Time head;                 //!< language-model head and sampling
    };

    /**
     * @brief Get the type ID.
     * @return the object TypeId
     */
    static TypeId GetTypeId();

    /**
     * @brief Set who hosts what.
     * @param gateways satellite of each layer's gateway
     * @param experts satellites of the experts, [layer][expert]
     * @throws std::invalid_argument if there are fewer than two layers, the experts do not divide
     * evenly among them, or there are more experts than UDP ports
     */
    void SetHosts(std::vector<uint32_t> gateways, std::vector<uint32_t> experts);

    /**
     * @brief Set the computing times.
     * @param times one value a layer
     * @throws std::invalid_argument if there is not one value a layer
     */
    void SetComputeTimes(ComputeTimes times);

    /**
     * @brief Set the sequences and their activated experts.
     * @param sequences the sequences, in order of their rows
     * @param topK activated experts of a token in a layer
     * @param activations experts, [token][layer][k]
     * @throws std::invalid_argument if the activations do not fit the sequences
     */
    void SetSequences(std::vector<Sequence> sequences,
                      uint32_t topK,
                      std::vector<uint16_t> activations);

    /** @return the number of layers */
    uint32_t GetLayers() const;
    /** @return the number of experts of a layer */
    uint32_t GetExperts() const;
    /** @return the number of experts activated by a token in a layer */
    uint32_t GetTopK() const;
    /** @return the sequences */
    const std::vector<Sequence>& GetSequences() const;
    /** @return the computing times */
    const ComputeTimes& GetComputeTimes() const;
    /** @return the length of a hidden state in bytes */
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
     * @brief Satellite of an expert.
     * @param layer the layer
     * @param expert the expert of that layer
     * @return the satellite
     */
    uint32_t GetExpert(uint32_t layer, uint32_t expert) const;

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
     * @return the port
     */
    uint16_t GetExpertPort(uint32_t layer, uint32_t expert) const;

    /**
     * @brief Experts that a token activates in a layer.
     * @param request sequence
     * @param token token of the sequence
     * @param layer the layer
     * @return the first of topK experts
     */
    const uint16_t* GetActivated(uint32_t request, uint32_t token, uint32_t layer) const;

    /**
     * @brief Number the next message.
     * @return a number unique in the simulation
     */
    uint64_t NextMessage();

  private:
    std::vector<uint32_t> m_gateways;    //!< satellites
    std::vector<uint32_t> m_experts;     //!< satellites, [layer][expert]
    ComputeTimes m_times;                //!< computing times
    std::vector<Sequence> m_sequences;   //!< the sequences
    std::vector<uint16_t> m_activations; //!< experts, [token][layer][k]
    uint32_t m_topK{0};                  //!< activated experts
    uint32_t m_messageBytes{0};          //!< length of a hidden state
    bool m_sendsResidual{true};          //!< whether the residual travels
    uint64_t m_nextMessage{0};           //!< counts the messages
};

} // namespace ns3

#endif // MOE_WORKLOAD_H
