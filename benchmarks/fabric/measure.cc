/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "measure.h"

#include "ns3/simulator.h"

#include <chrono>
#include <ctime>
#include <fstream>
#include <sys/resource.h>
#include <unistd.h>

namespace spacemoe::benchmark
{

Usage
Usage::Now()
{
    constexpr double MICROSECONDS_PER_SECOND = 1e6;
    constexpr double BYTES_PER_MB = 1 << 20;
    constexpr double KB_PER_MB = 1 << 10;
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    constexpr double NANOSECONDS_PER_SECOND = 1e9;
    timespec processor{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &processor);
    uint64_t pages = 0;
    uint64_t residentPages = 0;
    std::ifstream("/proc/self/statm") >> pages >> residentPages;
    return {
        used.ru_utime.tv_sec + used.ru_utime.tv_usec / MICROSECONDS_PER_SECOND,
        processor.tv_sec + processor.tv_nsec / NANOSECONDS_PER_SECOND,
        std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(),
        residentPages * sysconf(_SC_PAGESIZE) / BYTES_PER_MB,
        used.ru_maxrss / KB_PER_MB};
}

[[gnu::noinline]] void
RunSimulation()
{
    ns3::Simulator::Run();
}

} // namespace spacemoe::benchmark
