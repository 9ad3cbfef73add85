/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "ns3/test.h"

/// Runs the test suites of our modules, which are linked in; arguments as ns-3's own test-runner.
int
main(int argc, char* argv[])
{
    return ns3::TestRunner::Run(argc, argv);
}
