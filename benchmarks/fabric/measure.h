/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef SPACEMOE_BENCHMARK_MEASURE_H
#define SPACEMOE_BENCHMARK_MEASURE_H

#include <cstdint>
#include <string>

namespace spacemoe::benchmark
{

/** What the process has used so far. */
struct Usage
{
    double userS;      //!< processor seconds in user mode; the system samples them, some 4 ms apart
    double processorS; //!< processor seconds in user and system mode, exact
    double wallS;      //!< seconds of a steady clock
    double residentMb; //!< memory that is resident now, in 2^20 bytes
    double peakMb;     //!< most that was

    /** @return the usage of this process, now */
    static Usage Now();
};

/**
 * Run the simulation until it stops.
 *
 * Not inlined: callgrind counts what happens within (its option toggle-collect).
 */
void RunSimulation();

} // namespace spacemoe::benchmark

#endif // SPACEMOE_BENCHMARK_MEASURE_H
