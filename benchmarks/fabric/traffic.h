/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef SPACEMOE_BENCHMARK_TRAFFIC_H
#define SPACEMOE_BENCHMARK_TRAFFIC_H

#include "grid.h"
#include "ways.h"

#include "ns3/application-container.h"
#include "ns3/nstime.h"
#include "ns3/packet.h"
#include "ns3/ptr.h"
#include "ns3/socket.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace spacemoe::benchmark
{

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
     * @param bytes its payload
     */
    void Note(uint32_t flow, uint32_t bytes);

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
     * @param packet its payload
     */
    virtual void Send(uint32_t flow, ns3::Ptr<ns3::Packet> packet) = 0;

    /// What has come.
    Arrivals arrivals;
};

/** Stock UDP sockets, two a flow. */
class SocketEndpoints : public Endpoints
{
  public:
    /**
     * @brief Open the sockets.
     * @param way whose nodes
     * @param flows who sends to whom
     */
    SocketEndpoints(const Way& way, const std::vector<Flow>& flows);

    void Send(uint32_t flow, ns3::Ptr<ns3::Packet> packet) override;

  private:
    std::vector<ns3::Ptr<ns3::Socket>> m_senders;   //!< by flow
    std::vector<ns3::Ptr<ns3::Socket>> m_receivers; //!< by flow
};

/** Datagrams at even intervals; each flow begins at a random instant of its first interval. */
class Datagrams
{
  public:
    /**
     * @brief Prepare flows.
     * @param endpoints to send with
     * @param flows how many
     * @param bytes of payload in a datagram
     * @param interval between two datagrams of a flow
     * @param seed of where in the interval flows begin
     */
    Datagrams(Endpoints& endpoints,
              std::size_t flows,
              uint32_t bytes,
              ns3::Time interval,
              uint64_t seed);

    /**
     * @brief Send, from now on.
     * @param count datagrams of each flow
     */
    void Start(uint64_t count);

    /** @return datagrams sent so far */
    uint64_t GetSent() const;

  private:
    /**
     * @brief Send a datagram, and the next one later.
     * @param flow the flow
     */
    void Tick(uint32_t flow);

    Endpoints& m_endpoints;           //!< to send with
    uint32_t m_bytes;                 //!< payload
    ns3::Time m_interval;             //!< between two of a flow
    std::vector<ns3::Time> m_offsets; //!< by flow
    std::vector<uint64_t> m_left;     //!< by flow
    uint64_t m_sent{0};               //!< of all flows
};

/** Bulk transfers over stock TCP sockets. */
class BulkTransfers
{
  public:
    /**
     * @brief Install stock applications that begin within the first millisecond.
     * @param way whose nodes
     * @param flows who sends to whom
     * @param mtuBytes of the links
     * @param seed of when flows begin
     */
    BulkTransfers(const Way& way, const std::vector<Flow>& flows, uint16_t mtuBytes, uint64_t seed);

    /** @return bytes that have come, flow by flow */
    std::vector<uint64_t> GetReceived() const;

  private:
    ns3::ApplicationContainer m_sinks; //!< by flow
};

} // namespace spacemoe::benchmark

#endif // SPACEMOE_BENCHMARK_TRAFFIC_H
