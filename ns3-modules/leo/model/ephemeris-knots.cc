/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "ephemeris-knots.h"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace ns3
{

namespace
{
/**
 * @brief Tell that knots are not as they must be.
 * @param satellites their number
 */
[[noreturn]] void
ThrowNoKnots(uint32_t satellites)
{
    throw std::invalid_argument(
        "ephemeris: positions and velocities must be equally long arrays of at least two "
        "knots of 3 x " +
        std::to_string(satellites) + " values, a positive step apart");
}
} // namespace

NS_OBJECT_ENSURE_REGISTERED(EphemerisKnots);

TypeId
EphemerisKnots::GetTypeId()
{
    static TypeId tid = TypeId("ns3::EphemerisKnots")
                            .SetParent<Object>()
                            .SetGroupName("Leo")
                            .AddConstructor<EphemerisKnots>();
    return tid;
}

void
EphemerisKnots::SetKnots(uint32_t satellites,
                         Time step,
                         std::vector<double> positions,
                         std::vector<double> velocities)
{
    const std::size_t row = 3UL * satellites;
    if (row == 0 || positions.size() != velocities.size() || positions.size() % row != 0)
    {
        ThrowNoKnots(satellites);
    }
    ViewKnots(satellites, step, positions.data(), velocities.data(), positions.size() / row);
    m_owned[0] = std::move(positions); // which stay where they are
    m_owned[1] = std::move(velocities);
}

void
EphemerisKnots::ViewKnots(uint32_t satellites,
                          Time step,
                          const double* positions,
                          const double* velocities,
                          std::size_t knots)
{
    if (satellites == 0 || step <= Time(0) || knots < 2)
    {
        ThrowNoKnots(satellites);
    }
    m_satellites = satellites;
    m_lastInterval = static_cast<int64_t>(knots) - 2;
    m_stepNs = step.GetNanoSeconds();
    m_stepSeconds = static_cast<double>(m_stepNs) / 1e9;
    m_positions = positions;
    m_velocities = velocities;
}

uint32_t
EphemerisKnots::GetNSatellites() const
{
    return m_satellites;
}

Time
EphemerisKnots::GetEnd() const
{
    return NanoSeconds((m_lastInterval + 1) * m_stepNs);
}

Time
EphemerisKnots::GetStep() const
{
    return NanoSeconds(m_stepNs);
}

double
EphemerisKnots::GetSpeedBound(Time at) const
{
    constexpr double STEEPEST = 1.5; // of the polynomials of the positions, at the middle
    double bound = 0;
    for (uint32_t satellite = 0; satellite < m_satellites; ++satellite)
    {
        const Interval k = Locate(satellite, at);
        const Vector chord(k.p1[0] - k.p0[0], k.p1[1] - k.p0[1], k.p1[2] - k.p0[2]);
        // Those of the velocities take at most 1, at the ends.
        bound = std::max(bound,
                         STEEPEST * chord.GetLength() / m_stepSeconds +
                             Vector(k.v0[0], k.v0[1], k.v0[2]).GetLength() +
                             Vector(k.v1[0], k.v1[1], k.v1[2]).GetLength());
    }
    return bound;
}

EphemerisKnots::Interval
EphemerisKnots::Locate(uint32_t satellite, Time at) const
{
    const int64_t now = at.GetNanoSeconds();
    if (satellite >= m_satellites || now < 0 || at > GetEnd())
    {
        throw std::out_of_range(
            "ephemeris: satellite " + std::to_string(satellite) + " of " +
            std::to_string(m_satellites) + " at " + std::to_string(now) + " ns; the knots end at " +
            std::to_string(GetEnd().GetNanoSeconds()) + " ns: ask for a longer time span");
    }
    const int64_t knot = std::min(now / m_stepNs, m_lastInterval);
    const std::size_t row = 3UL * m_satellites;
    const std::size_t first = knot * row + 3UL * satellite;
    return {&m_positions[first],
            &m_positions[first + row],
            &m_velocities[first],
            &m_velocities[first + row],
            static_cast<double>(now - knot * m_stepNs) / static_cast<double>(m_stepNs)};
}

Vector
EphemerisKnots::GetPosition(uint32_t satellite, Time at) const
{
    const Interval k = Locate(satellite, at);
    const double s = k.fraction;
    const double rest = 1.0 - s;
    const double h00 = (1.0 + 2.0 * s) * (rest * rest);
    const double h10 = (s * (rest * rest)) * m_stepSeconds;
    const double h01 = (s * s) * (3.0 - 2.0 * s);
    const double h11 = ((s * s) * (s - 1.0)) * m_stepSeconds;
    double xyz[3];
    for (int axis = 0; axis < 3; ++axis)
    {
        xyz[axis] = ((h00 * k.p0[axis] + h10 * k.v0[axis]) + h01 * k.p1[axis]) + h11 * k.v1[axis];
    }
    return Vector(xyz[0], xyz[1], xyz[2]);
}

Vector
EphemerisKnots::GetVelocity(uint32_t satellite, Time at) const
{
    const Interval k = Locate(satellite, at);
    const double s = k.fraction;
    const double d00 = (6.0 * s * s - 6.0 * s) / m_stepSeconds;
    const double d10 = 3.0 * s * s - 4.0 * s + 1.0;
    const double d11 = 3.0 * s * s - 2.0 * s;
    double xyz[3];
    for (int axis = 0; axis < 3; ++axis)
    {
        xyz[axis] = d00 * (k.p0[axis] - k.p1[axis]) + d10 * k.v0[axis] + d11 * k.v1[axis];
    }
    return Vector(xyz[0], xyz[1], xyz[2]);
}

} // namespace ns3
