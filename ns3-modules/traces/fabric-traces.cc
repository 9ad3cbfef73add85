/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "trace-run.h"

#include "ns3/boolean.h"
#include "ns3/config.h"

#include <exception>
#include <iostream>

/// Runs the scenarios of the standard input, one after another; a line "done" follows each.
int
main()
{
    std::ios::sync_with_stdio(false);
    ns3::Config::SetDefault("ns3::PcapFileWrapper::NanosecMode", ns3::BooleanValue(true));
    for (;;)
    {
        ns3::TraceScenario scenario;
        try
        {
            if (!ns3::ReadScenario(std::cin, scenario))
            {
                return 0;
            }
        }
        catch (const std::exception& error)
        {
            std::cerr << error.what() << '\n';
            return 1;
        }
        try
        {
            ns3::RunScenario(scenario, std::cout);
        }
        catch (const std::exception& error)
        {
            std::cout << "error " << error.what() << '\n';
        }
        std::cout << "done" << std::endl;
    }
}
