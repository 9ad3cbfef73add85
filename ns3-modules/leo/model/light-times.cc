/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "light-times.h"

#include "laser-channel.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ns3
{

namespace
{
constexpr double SPEED_OF_LIGHT_M_S = 299792458.0; //!< in vacuum, exact (SI)
/// Part of the least light time that may change until it is looked for again.
constexpr int64_t LEAST_PARTS = 8;
} // namespace

void
LightTimes::SetEphemeris(Ptr<EphemerisKnots> ephemeris)
{
    m_ephemeris = ephemeris;
    m_endNs = ephemeris->GetEnd().GetNanoSeconds();
}

void
LightTimes::Add(uint32_t from, uint32_t to)
{
    m_ends.push_back({from, to});
}

double
LightTimes::GetUnrounded(uint32_t wire, int64_t at) const
{
    const Time time = NanoSeconds(at);
    const Ends& ends = m_ends[wire];
    const Vector from = m_ephemeris->GetPosition(ends.from, time);
    const Vector to = m_ephemeris->GetPosition(ends.to, time);
    return LaserChannel::GetLightNanoseconds(Vector(to.x - from.x, to.y - from.y, to.z - from.z),
                                             m_ephemeris->GetVelocity(ends.to, time));
}

int64_t
LightTimes::GetExact(uint32_t wire, int64_t at) const
{
    return static_cast<int64_t>(std::floor(GetUnrounded(wire, at) + HALF));
}

int64_t
LightTimes::Find(Stretch& stretch, uint32_t wire, int64_t at)
{
    if (static_cast<uint64_t>(at - stretch.begin) < stretch.length)
    {
        return GetExact(wire, at); // too near to a rounding boundary
    }
    if (at > m_endNs)
    {
        return UNKNOWN;
    }
    if (++stretch.misses >= MISSES)
    {
        Fit(stretch, wire, at);
    }
    return GetExact(wire, at);
}

void
LightTimes::Fit(Stretch& stretch, uint32_t wire, int64_t at)
{
    stretch.misses = 0;
    const int64_t step = m_ephemeris->GetStep().GetNanoSeconds();
    const int64_t knot = std::min(at, m_endNs - 1) / step * step; // no stretch spans a knot
    for (;; ++stretch.halvings)
    {
        const int64_t length = std::max<int64_t>(step >> stretch.halvings, 4);
        const int64_t begin = knot + (at - knot) / length * length;
        const int64_t end = std::min(begin + length, std::min(knot + step, m_endNs));
        stretch.begin = begin;
        stretch.length = 0;
        if (end - begin < 4 || stretch.halvings > MOST_HALVINGS)
        {
            stretch.halvings = std::min(stretch.halvings, MOST_HALVINGS);
            return; // all exact
        }
        const int64_t middle = begin + (end - begin) / 2;
        const auto x1 = static_cast<double>(middle - begin);
        const auto x2 = static_cast<double>(end - begin);
        const double y0 = GetUnrounded(wire, begin);
        const double y1 = GetUnrounded(wire, middle);
        const double y2 = GetUnrounded(wire, end);
        const double first = (y1 - y0) / x1;
        const double second = ((y2 - y1) / (x2 - x1) - first) / x2;
        stretch.c0 = y0 + HALF;
        stretch.c1 = first - second * x1;
        stretch.c2 = second;
        double error = 0;
        for (const int64_t quarter : {begin + (end - begin) / 4, middle + (end - middle) / 2})
        {
            const auto u = static_cast<double>(quarter - begin);
            error = std::max(error,
                             std::abs(stretch.c0 + u * (stretch.c1 + u * stretch.c2) - HALF -
                                      GetUnrounded(wire, quarter)));
        }
        const double margin = 4 * error + ROUNDING_MARGIN;
        stretch.trusted = HALF - margin;
        if (margin < LARGEST_MARGIN)
        {
            stretch.length = end - begin;
            if (margin < SMALL_MARGIN && stretch.halvings > 0)
            {
                --stretch.halvings; // the next one
            }
            return;
        }
    }
}

int64_t
LightTimes::GetLeast(int64_t from, int64_t& until)
{
    const int64_t step = m_ephemeris->GetStep().GetNanoSeconds();
    const int64_t at = std::min(from, m_endNs);
    const int64_t interval = std::min(at, m_endNs - 1) / step;
    if (interval != m_speedInterval)
    {
        m_speedInterval = interval;
        const int64_t next = std::min((interval + 1) * step, m_endNs);
        const double speed = std::max(m_ephemeris->GetSpeedBound(NanoSeconds(at)),
                                      m_ephemeris->GetSpeedBound(NanoSeconds(next)));
        // Both ends move, and the receiver while light flies.
        m_slope = 2 * speed / (SPEED_OF_LIGHT_M_S - speed);
    }
    int64_t least = std::numeric_limits<int64_t>::max();
    for (uint32_t wire = 0; wire < m_ends.size(); ++wire)
    {
        least = std::min(least, GetExact(wire, at));
    }
    const int64_t known = (interval + 2) * step; // until when the slope holds
    if (m_slope <= 0)
    {
        until = std::max(known, from + least);
        return least - 1;
    }
    const auto change = std::max<int64_t>(least / LEAST_PARTS, 1);
    const auto span = static_cast<int64_t>(static_cast<double>(change) / m_slope);
    until = from < m_endNs ? std::min(from + span, known) : from + span;
    return least - change - 1;
}

} // namespace ns3
