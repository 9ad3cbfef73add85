/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef MOE_WORKLOAD_H
#define MOE_WORKLOAD_H

#include "ns3/nstime.h"
#include "ns3/object.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ns3
{

/**
 * @ingroup moe
 *
 * What is computed, where, and which experts each token activates: the plan that all
 * applications of a ring share. Filled before the simulation, read during it; only the hosts of
 * the experts may change while it runs.
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

    /** A run of tokens of one request, decoded one after the other. */
    struct Sequence
    {
        Time start;          //!< when the first token starts
        uint32_t tokens;     //!< how many tokens
        uint32_t firstToken; //!< row of its first token in the activations
    };

    /** The gateway of a layer. */
    struct Gateway
    {
        uint32_t satellite; //!< where it is
        Time compute;       //!< how long attention, norms, router and combine take there
    };

    /** An expert on a satellite where it lives. */
    struct Resident
    {
        uint32_t layer;     //!< layer of the expert
        uint32_t expert;    //!< expert of the layer
        uint32_t satellite; //!< where it lives
        Time compute;       //!< how long it takes there
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
    void SetGateways(std::vector<Gateway> gateways, Time head);

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
    /** @return the residents, by layer and expert */
    const std::vector<Resident>& GetResidents() const;
    /** @return the computing time of the head */
    Time GetHeadTime() const;
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
     * @brief Computing time of a gateway.
     * @param layer the layer
     * @return the time
     */
    Time GetGatewayTime(uint32_t layer) const;

    /**
     * @brief Satellite to which gateways dispatch now.
     * @param layer the layer
     * @param expert the expert of that layer
     * @return the satellite
     */
    uint32_t GetExpertHost(uint32_t layer, uint32_t expert) const;

    /**
     * @brief Computing time of an expert where it lives.
     * @param layer the layer
     * @param expert the expert of that layer
     * @param satellite one of its residents
     * @return the time
     * @throws std::invalid_argument if the expert does not live there
     */
    Time GetExpertTime(uint32_t layer, uint32_t expert, uint32_t satellite) const;

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
     * @brief Experts that a token activates in a layer.
     * @param request sequence
     * @param token token of the sequence
     * @param layer the layer
     * @return the first of topK experts
     */
    const uint16_t* GetActivated(uint32_t request, uint32_t token, uint32_t layer) const;

    /**
     * @brief Place of an expert among those that a token activates in a layer.
     * @param request sequence
     * @param token token of the sequence
     * @param layer the layer
     * @param expert the expert of that layer
     * @return 0 for the one selected first; topK if the token does not activate it
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

    std::vector<Gateway> m_gateways;          //!< by layer
    Time m_head;                              //!< computing time of the head
    uint32_t m_experts{0};                    //!< experts of a layer
    std::vector<Resident> m_residents;        //!< by layer and expert
    std::vector<std::size_t> m_firstResident; //!< of each expert, [layer][expert]; then the end
    std::vector<uint32_t> m_hosts;            //!< satellites dispatched to, [layer][expert]
    std::vector<Sequence> m_sequences;        //!< the sequences
    std::vector<uint16_t> m_activations;      //!< experts, [token][layer][k]
    uint32_t m_topK{0};                       //!< activated experts
    uint32_t m_messageBytes{0};               //!< length of a hidden state
    bool m_sendsResidual{true};               //!< whether the residual travels
    uint64_t m_nextMessage{0};                //!< counts the messages
};

} // namespace ns3

#endif // MOE_WORKLOAD_H
