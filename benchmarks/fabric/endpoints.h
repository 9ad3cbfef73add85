/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef SPACEMOE_BENCHMARK_ENDPOINTS_H
#define SPACEMOE_BENCHMARK_ENDPOINTS_H

#include "grid.h"

#include "ns3/fabric-port.h"
#include "ns3/fabric.h"
#include "ns3/ipv4-address.h"
#include "ns3/node-container.h"
#include "ns3/packet.h"
#include "ns3/ptr.h"
#include "ns3/socket.h"

#include <cstdint>
#include <vector>

namespace spacemoe::benchmark
{

/// UDP or TCP port at which the first flow ends; that of the second is the next.
constexpr uint16_t FIRST_PORT = 20000;
/// UDP port at which the first flow begins, of endpoints that choose it.
constexpr uint16_t FIRST_SENDING_PORT = 49153;

/** What has come, and a digest of which packet of which flow came at which nanosecond. */
class Arrivals
{
  public:
    /**
     * @brief Start over.
     * @param flows number of flows
     */
    void Reset(std::size_t flows);

    /**
     * @brief Note that a packet has come, now.
     * @param flow its flow
     * @param size its payload, in bytes
     */
    void Note(uint32_t flow, uint64_t size);

    uint64_t packets{0}; //!< how many
    uint64_t bytes{0};   //!< of payload
    uint64_t digest{0};  //!< a sum, so that the order within a nanosecond does not matter

  private:
    std::vector<uint64_t> m_ofFlow; //!< packets of each flow
};

/** How datagrams get into the network and out of it. */
class Endpoints
{
  public:
    virtual ~Endpoints() = default;

    /**
     * @brief Send a datagram now.
     * @param flow the flow
     * @param bytes its payload, of zeros
     */
    virtual void Send(uint32_t flow, uint32_t bytes) = 0;

    /// What has come.
    Arrivals arrivals;
};

/** Stock UDP sockets, two a flow. */
class SocketEndpoints : public Endpoints
{
  public:
    /**
     * @brief Open the sockets.
     * @param nodes the satellites
     * @param addresses where each flow ends
     * @param flows who sends to whom
     */
    SocketEndpoints(const ns3::NodeContainer& nodes,
                    const std::vector<ns3::Ipv4Address>& addresses,
                    const std::vector<Flow>& flows);

    void Send(uint32_t flow, uint32_t bytes) override;

  private:
    std::vector<ns3::Ptr<ns3::Socket>> m_senders;   //!< by flow
    std::vector<ns3::Ptr<ns3::Socket>> m_receivers; //!< by flow
};

/** The fabric's own endpoints, two a flow. */
class LeanEndpoints : public Endpoints
{
  public:
    /**
     * @brief Open the ports.
     * @param fabric what carries the datagrams
     * @param flows who sends to whom
     */
    LeanEndpoints(ns3::Ptr<ns3::Fabric> fabric, const std::vector<Flow>& flows);

    void Send(uint32_t flow, uint32_t bytes) override;

  private:
    std::vector<Flow> m_flows;                          //!< who sends to whom
    std::vector<ns3::Ptr<ns3::FabricPort>> m_senders;   //!< by flow
    std::vector<ns3::Ptr<ns3::FabricPort>> m_receivers; //!< by flow
};

} // namespace spacemoe::benchmark

#endif // SPACEMOE_BENCHMARK_ENDPOINTS_H
