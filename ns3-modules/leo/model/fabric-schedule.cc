/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

// When hops are done: the two schedulers of the Fabric.

#include "fabric-capture.h"
#include "fabric.h"

#include "ns3/simulator.h"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <string>

namespace ns3
{

namespace
{
constexpr int64_t NEVER = std::numeric_limits<int64_t>::max();
constexpr uint64_t FEWEST_HOPS = 2048;   //!< after which the scheduler is chosen anew
constexpr uint64_t HOPS_PER_WIRE = 4;    //!< after which it is, where there are many wires
constexpr std::size_t WIRES_AHEAD = 4;   //!< satellites until a wire that is fetched is needed
constexpr std::size_t FLIGHTS_AHEAD = 2; //!< the same of flights
constexpr uint32_t FLIGHTS_FETCHED = 4;  //!< of a wire, beforehand
constexpr double WORTHWHILE_HOPS = 8;    //!< in a window, for it to be chosen
constexpr double WORTHLESS_HOPS = 3;     //!< in a window, for it to be left
} // namespace

void
Fabric::NoticePerHop(uint32_t satellite, int64_t at)
{
    FabricSatellite& state = m_state[satellite];
    if (at < state.wakeNs)
    {
        state.wakeNs = at;
        m_wakes.Push({at, satellite});
        m_next = m_wakes.GetFirst().at;
    }
}

int64_t
Fabric::GetNext(uint32_t satellite) const
{
    const FabricSatellite& state = m_state[satellite];
    int64_t next = state.heldNs;
    if (state.nextLocal < state.local.size())
    {
        next = std::min(next, state.local[state.nextLocal].came);
    }
    for (uint32_t wire = 0; wire < state.incoming; ++wire)
    {
        next = std::min(next, m_heads[state.firstIncoming + wire]);
    }
    return next;
}

void
Fabric::Advance(int64_t until)
{
    m_tableLength = 0; // tables may have been loaded since
    m_isAdvancing = true;
    while (m_next < until)
    {
        if (m_isWindow)
        {
            AdvanceWindow(std::min(until, m_next + GetLookAhead(m_next)));
            continue;
        }
        const auto [at, satellite] = m_wakes.Pop();
        FabricSatellite& state = m_state[satellite];
        if (at == state.wakeNs)
        {
            state.wakeNs = NEVER;
            if (Process<false>(satellite, at + 1))
            {
                Notice(satellite, GetNext(satellite));
            }
        }
        m_next = m_wakes.IsEmpty() ? NEVER : m_wakes.GetFirst().at;
    }
    m_isAdvancing = false;
    m_settled = std::max(m_settled, until);
    CheckEnd(until);
    LoseDoomed(until);
    WriteCaptures();
    TellLosses();
}

void
Fabric::CheckEnd(int64_t until) const
{
    if (until <= m_ephemeris->GetEnd().GetNanoSeconds())
    {
        return;
    }
    for (const FabricWire& wire : m_wires)
    {
        for (uint32_t number = wire.head; number != wire.tail; ++number)
        {
            const Flight& flight = wire.At(number);
            if (flight.arrival >= LightTimes::UNKNOWN && flight.start < until)
            {
                m_ephemeris->GetPosition(wire.from, NanoSeconds(flight.start)); // which throws
            }
        }
    }
}

void
Fabric::AdvanceWindow(int64_t until)
{
    ++m_usage.windows;
    const int64_t slot = m_tables->GetSlot().GetNanoSeconds();
    until = std::min(until, (m_next / slot + 1) * slot);
    const uint64_t hops = m_hops;
    std::size_t kept = 0;
    const std::size_t count = m_active.size();
    for (std::size_t index = 0; index < count; ++index)
    {
        const uint32_t satellite = m_active[index];
        if (index + WIRES_AHEAD < count)
        {
            PrefetchWires(m_active[index + WIRES_AHEAD]);
            PrefetchFlights(m_active[index + FLIGHTS_AHEAD]);
        }
        const bool isActive = Process<true>(satellite, until);
        m_isActive[satellite] = isActive;
        m_active[kept] = satellite;
        kept += isActive ? 1 : 0;
    }
    // Those that became active meanwhile have nothing to do before the end.
    m_active.erase(m_active.begin() + kept, m_active.begin() + count);
    m_next = m_active.empty() ? NEVER : until; // at the earliest
    if (m_hops == hops)
    {
        // Where links are short and packets far between, or wait for a path, most windows are
        // empty.
        m_next = NEVER;
        for (const uint32_t satellite : m_active)
        {
            m_next = std::min(m_next, GetNext(satellite));
        }
    }
}

void
Fabric::PrefetchWires(uint32_t satellite) const
{
    const FabricSatellite& state = m_state[satellite];
    for (uint32_t wire = 0; wire < state.incoming; ++wire)
    {
        __builtin_prefetch(m_incoming[state.firstIncoming + wire]);
        // Links go both ways, so there are as many outgoing ones.
        const FabricWire* out = m_ports[state.firstPort + wire];
        __builtin_prefetch(out, 1);
        __builtin_prefetch(&out->light);
    }
}

void
Fabric::PrefetchFlights(uint32_t satellite) const
{
    const FabricSatellite& state = m_state[satellite];
    for (uint32_t wire = 0; wire < state.incoming; ++wire)
    {
        const FabricWire& in = *m_incoming[state.firstIncoming + wire];
        const FabricWire& out = *m_ports[state.firstPort + wire];
        for (uint32_t ahead = 0; ahead < FLIGHTS_FETCHED; ++ahead)
        {
            __builtin_prefetch(in.GetPlace(in.head + ahead));
        }
        __builtin_prefetch(out.GetPlace(out.tail), 1);
        __builtin_prefetch(out.GetPlace(out.tail + 1), 1);
    }
}

void
Fabric::Tick()
{
    const int64_t now = Simulator::Now().GetNanoSeconds();
    if (now != m_tickNs)
    {
        return; // another one came, or comes, instead
    }
    m_tickNs = NEVER;
    Advance(now);
    Choose();
    ScheduleTick();
}

void
Fabric::ScheduleTick()
{
    if (m_isAdvancing || m_next >= NEVER / 4)
    {
        return;
    }
    const int64_t due = m_next + (m_isWindow ? GetLookAhead(m_next) : 1);
    if (due < m_tickNs)
    {
        const int64_t now = Simulator::Now().GetNanoSeconds();
        m_tickNs = std::max(due, now);
        Simulator::ScheduleWithContext(Simulator::NO_CONTEXT,
                                       NanoSeconds(m_tickNs - now),
                                       GetPointer(m_tick));
    }
}

int64_t
Fabric::GetLookAhead(int64_t from)
{
    if (from + m_lookAhead > m_lookAheadUntil)
    {
        m_lookAhead = m_lightTimes.GetLeast(from, m_lookAheadUntil);
        // It has to hold at the window's end as well.
        m_lookAhead = std::max<int64_t>(1, std::min(m_lookAhead, m_lookAheadUntil - from));
        if (m_usage.leastWindowNs == 0 || m_lookAhead < m_usage.leastWindowNs)
        {
            m_usage.leastWindowNs = m_lookAhead;
        }
    }
    return m_lookAhead;
}

void
Fabric::Choose()
{
    const uint64_t hops = m_hops - m_chosenHops;
    if (m_scheduler != Scheduler::AUTO ||
        hops < std::max<uint64_t>(FEWEST_HOPS, HOPS_PER_WIRE * m_wires.size()))
    {
        return;
    }
    const int64_t now = Simulator::Now().GetNanoSeconds();
    bool isWindow = m_isWindow;
    if (m_isWindow)
    {
        const uint64_t windows = m_usage.windows - m_chosenWindows;
        isWindow = static_cast<double>(hops) > WORTHLESS_HOPS * static_cast<double>(windows);
    }
    else if (m_next < NEVER)
    {
        const double perNs =
            static_cast<double>(hops) / static_cast<double>(std::max<int64_t>(now - m_chosenNs, 1));
        isWindow = perNs * static_cast<double>(GetLookAhead(m_next)) > WORTHWHILE_HOPS;
    }
    if (isWindow != m_isWindow)
    {
        ++m_usage.switches;
        Use(isWindow);
    }
    m_chosenHops = m_hops;
    m_chosenNs = now;
    m_chosenWindows = m_usage.windows;
}

void
Fabric::Use(bool isWindow)
{
    m_usage = GetUsage();
    m_isWindow = isWindow;
    m_next = NEVER;
    m_active.clear();
    m_wakes.Clear();
    for (uint32_t satellite = 0; satellite < m_state.size(); ++satellite)
    {
        FabricSatellite& state = m_state[satellite];
        m_isActive[satellite] = false;
        state.wakeNs = NEVER;
        const int64_t next = GetNext(satellite);
        if (next != NEVER)
        {
            Notice(satellite, next);
        }
    }
}

void
Fabric::Settle(Time until)
{
    if (until > Simulator::Now() + NanoSeconds(1))
    {
        throw std::invalid_argument("fabric: it cannot be settled until " +
                                    std::to_string(until.GetNanoSeconds()) +
                                    " ns before the simulation is there");
    }
    if (m_isPrepared)
    {
        Advance(until.GetNanoSeconds());
        ScheduleTick();
    }
}

} // namespace ns3
