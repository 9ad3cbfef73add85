/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "referee-test.h"

namespace ns3
{

namespace
{

/**
 * @ingroup referee-test
 *
 * The suite.
 */
class RefereeTestSuite : public TestSuite
{
  public:
    RefereeTestSuite()
        : TestSuite("referee", Type::SYSTEM)
    {
        for (const auto& make : {MakeQueueingTheoryTestCases, MakeFlowMonitorTestCases})
        {
            for (TestCase* testCase : make())
            {
                AddTestCase(testCase, Duration::QUICK);
            }
        }
    }
};

RefereeTestSuite g_refereeTestSuite; //!< registers itself

} // namespace

} // namespace ns3
