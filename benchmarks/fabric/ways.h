/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef SPACEMOE_BENCHMARK_WAYS_H
#define SPACEMOE_BENCHMARK_WAYS_H

#include "endpoints.h"
#include "grid.h"

#include "ns3/ipv4-address.h"
#include "ns3/node-container.h"
#include "ns3/ptr.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace spacemoe::benchmark
{

/** What all links have. */
struct LinkSettings
{
    uint64_t rateBps{100'000'000'000}; //!< bits a second
    uint16_t mtuBytes{9000};           //!< largest IPv4 packet
    uint32_t queuePackets{1000};       //!< of a transmitter
};

/** How hops came about; zeros for a way without schedulers of its own. */
struct SchedulerUse
{
    uint64_t windows{0};      //!< batches
    uint64_t windowHops{0};   //!< hops in batches
    uint64_t perHopHops{0};   //!< hops in events of their own
    int64_t leastWindowNs{0}; //!< shortest look-ahead
};

/** A way of simulating the grid: it makes nodes with IPv4 stacks and what is between them. */
class Way
{
  public:
    virtual ~Way() = default;

    /**
     * @brief Build everything, ready for packets.
     * @param grid satellites, links, orbits
     * @param settings of the links
     * @param destinations satellites that packets are sent to
     */
    virtual void Build(const Grid& grid,
                       const LinkSettings& settings,
                       const std::vector<uint32_t>& destinations) = 0;

    /**
     * @brief Count what has been transmitted.
     * @return packets of all directions of all links, each once a link: packet-hops
     */
    virtual uint64_t CountHops() const = 0;

    /**
     * @brief Address of a satellite to which packets can be sent.
     * @param satellite the satellite
     * @return the address
     */
    virtual ns3::Ipv4Address GetAddress(uint32_t satellite) const = 0;

    /**
     * @brief Open what sends and receives datagrams: stock UDP sockets, unless the way has its own.
     * @param flows who sends to whom
     * @return the endpoints
     */
    virtual std::unique_ptr<Endpoints> OpenEndpoints(const std::vector<Flow>& flows);

    /** @return what its schedulers have done */
    virtual SchedulerUse GetSchedulerUse() const
    {
        return {};
    }

    /** @return the satellites' nodes, in their order */
    const ns3::NodeContainer& GetNodes() const
    {
        return m_nodes;
    }

  protected:
    ns3::NodeContainer m_nodes; //!< the satellites
};

/**
 * Make a way.
 *
 * @param name nix, peer, reference, stock or lean
 * @return the way
 * @throws std::invalid_argument if there is none of that name
 */
std::unique_ptr<Way> MakeWay(const std::string& name);

} // namespace spacemoe::benchmark

#endif // SPACEMOE_BENCHMARK_WAYS_H
