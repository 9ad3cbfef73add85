/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef SPACEMOE_BENCHMARK_TRAFFIC_H
#define SPACEMOE_BENCHMARK_TRAFFIC_H

#include "endpoints.h"
#include "grid.h"
#include "ways.h"

#include "ns3/application-container.h"
#include "ns3/event-impl.h"
#include "ns3/nstime.h"

#include <cstdint>
#include <vector>

namespace spacemoe::benchmark
{

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

    /**
     * @brief Have a flow's next datagram sent.
     * @param flow the flow
     * @param delay from now
     */
    void Schedule(uint32_t flow, ns3::Time delay);

    Endpoints& m_endpoints;                        //!< to send with
    uint32_t m_bytes;                              //!< payload
    ns3::Time m_interval;                          //!< between two of a flow
    std::vector<ns3::Time> m_offsets;              //!< by flow
    std::vector<uint64_t> m_left;                  //!< by flow
    std::vector<ns3::Ptr<ns3::EventImpl>> m_ticks; //!< by flow: each is scheduled again and again
    uint64_t m_sent{0};                            //!< of all flows
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

    /** @return what has come: a packet a flow, of as many bytes as came */
    Arrivals GetArrivals() const;

  private:
    ns3::ApplicationContainer m_sinks; //!< by flow
};

} // namespace spacemoe::benchmark

#endif // SPACEMOE_BENCHMARK_TRAFFIC_H
