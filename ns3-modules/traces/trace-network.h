/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef TRACE_NETWORK_H
#define TRACE_NETWORK_H

#include "trace-scenario.h"

#include "ns3/constellation-helper.h"
#include "ns3/hop-log.h"
#include "ns3/link-schedule.h"

#include <functional>

namespace ns3
{

/** A network of satellites, run by the engine named. */
class TraceNetwork
{
  public:
    /**
     * @brief Build the network, its links in their states of slot 0.
     * @param scenario what it is to be
     * @param log of the hops
     */
    TraceNetwork(const TraceScenario& scenario, Ptr<HopLog> log);

    /** @return the satellites */
    const NodeContainer& GetSatellites() const;

    /**
     * @brief Take what a direction has done up to now.
     * @param link its number
     * @param direction 0 or 1
     * @return the counters
     */
    LaserLinkCounters TakeCounters(uint32_t link, uint32_t direction);

    /**
     * @brief What a direction has done, with what is counted ahead.
     * @param link its number
     * @param direction 0 or 1
     * @return the counters
     */
    LaserLinkCounters GetCounters(uint32_t link, uint32_t direction) const;

    /**
     * @brief See each packet that is under way or waits.
     * @param visit called with each
     */
    void VisitPackets(const std::function<void(const Packet&)>& visit) const;

    /**
     * @brief Do all that happens before an instant.
     * @param until the instant, now
     */
    void Settle(Time until);

  private:
    NodeContainer m_satellites;             //!< the nodes
    std::vector<Ptr<LaserChannel>> m_links; //!< in order of their numbers
};

} // namespace ns3

#endif // TRACE_NETWORK_H
