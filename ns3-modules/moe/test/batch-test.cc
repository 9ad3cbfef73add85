/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "moe-test.h"

namespace ns3
{

std::vector<TestCase*>
MakeBatchTestCases()
{
    return {};
}

} // namespace ns3
