/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef REFEREE_TEST_H
#define REFEREE_TEST_H

#include "ns3/nstime.h"
#include "ns3/simulator.h"
#include "ns3/test.h"

#include <cstdint>
#include <vector>

/**
 * @defgroup referee-test tests of leo and moe against what others know
 * @ingroup tests
 */

namespace ns3
{

/**
 * @ingroup referee-test
 *
 * The time integral of a queue's length, exact: whole packets or jobs times whole nanoseconds.
 */
class LengthIntegral
{
  public:
    /**
     * @brief Trace sink: the length changes.
     * @param before the length until now
     */
    void Change(uint32_t before, uint32_t)
    {
        m_integral += before * (Simulator::Now() - m_since).GetNanoSeconds();
        m_since = Simulator::Now();
    }

    /** @return the integral up to the last change, in nanoseconds; the queue is empty since */
    int64_t Get() const
    {
        return m_integral;
    }

  private:
    int64_t m_integral{0}; //!< up to the last change
    Time m_since;          //!< the last change
};

/**
 * @ingroup referee-test
 * @return the cases of queues whose mean waits are known
 */
std::vector<TestCase*> MakeQueueingTheoryTestCases();

/**
 * @ingroup referee-test
 * @return the cases of a ring that FlowMonitor watches
 */
std::vector<TestCase*> MakeFlowMonitorTestCases();

} // namespace ns3

#endif // REFEREE_TEST_H
