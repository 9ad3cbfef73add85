/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef TRACE_NETWORK_H
#define TRACE_NETWORK_H

#include "trace-scenario.h"

#include "ns3/hop-log.h"
#include "ns3/laser-network.h"

namespace ns3
{

/**
 * @brief Build a network of satellites, its links in their states of slot 0.
 * @param scenario what it is to be
 * @param log of the hops
 * @return the network, run by the scenario's engine
 * @throws std::invalid_argument if there is no such engine
 */
Ptr<LaserNetwork> MakeNetwork(const TraceScenario& scenario, Ptr<HopLog> log);

} // namespace ns3

#endif // TRACE_NETWORK_H
