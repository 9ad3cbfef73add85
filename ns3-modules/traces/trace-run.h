/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef TRACE_RUN_H
#define TRACE_RUN_H

#include "trace-scenario.h"

#include <ostream>

namespace ns3
{

/**
 * @brief Run a scenario to its horizon and print what happened.
 *
 * Each line begins with a word that says what it tells. Times are in nanoseconds.
 *
 *     got TIME SATELLITE FROM PORT BYTES FLOW PACKET REPLIES TTL [MESSAGE SENT READY PROPAGATION
 *         WAITING CAME HOPS NUMBER]              a UDP payload is received, with its ledger
 *     ip TIME SATELLITE FROM PROTOCOL ID TTL BYTES  an IP packet is given to a transport protocol
 *     stream TIME TRANSFER BYTES                 TCP hands bytes to its application
 *     slot TIME WIRE COUNTERS                    taken at the end of a slot
 *     wire WIRE COUNTERS                         taken at the horizon
 *     lost TIME SATELLITE REASON BYTES FROM TO PROTOCOL ID TTL  a link loses a packet
 *     hop LEDGER WIRE CAME STARTED ARRIVED PROPAGATION WAITING READY
 *     ledger GIVEN LEDGER                        its number in lines "got" and "hop"
 *     left PACKETS                               under way or waiting at the horizon
 *     ran EVENTS                                 the simulator's
 *
 * COUNTERS are packets, bytes, busy, the losses by reason, rerouted, in flight, queued, waited and
 * longest.
 *
 * @param scenario the scenario
 * @param output where to print
 */
void RunScenario(const TraceScenario& scenario, std::ostream& output);

} // namespace ns3

#endif // TRACE_RUN_H
