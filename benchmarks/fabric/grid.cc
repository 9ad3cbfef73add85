/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "grid.h"

#include <cmath>
#include <numbers>
#include <random>
#include <stdexcept>
#include <string>

namespace spacemoe::benchmark
{

namespace
{
constexpr double EARTH_RADIUS_KM = 6378.135; // WGS-72, as in SGP4
constexpr double MU_KM3_PER_S2 = 398600.8;   // likewise
constexpr double METRES_PER_KM = 1000;
constexpr double SECONDS_PER_MINUTE = 60;
constexpr double TWO_PI = 2 * std::numbers::pi;
constexpr uint32_t UNREACHED = UINT32_MAX;
constexpr uint32_t FEWEST = 3; // with two, the neighbour ahead is the neighbour behind
constexpr uint32_t TRIES = 1'000'000;
} // namespace

Grid::Grid(const Shape& shape)
    : m_shape(shape),
      m_neighbours(shape.planes * shape.perPlane)
{
    if (shape.planes < 1 || shape.perPlane < FEWEST)
    {
        throw std::invalid_argument("grid: " + std::to_string(shape.planes) + " planes of " +
                                    std::to_string(shape.perPlane) +
                                    " satellites; a plane needs at least 3");
    }
    for (uint32_t satellite = 0; satellite < GetSatellites(); ++satellite)
    {
        const uint32_t plane = satellite / shape.perPlane;
        const uint32_t place = satellite % shape.perPlane;
        m_links.emplace_back(satellite, plane * shape.perPlane + (place + 1) % shape.perPlane);
        if (plane + 1 < shape.planes)
        {
            m_links.emplace_back(satellite, satellite + shape.perPlane);
        }
    }
    for (const auto& [a, b] : m_links)
    {
        m_neighbours[a].push_back(b);
        m_neighbours[b].push_back(a);
    }
}

uint32_t
Grid::GetSatellites() const
{
    return m_shape.planes * m_shape.perPlane;
}

const std::vector<std::pair<uint32_t, uint32_t>>&
Grid::GetLinks() const
{
    return m_links;
}

const std::vector<uint32_t>&
Grid::GetNeighbours(uint32_t satellite) const
{
    return m_neighbours[satellite];
}

MeanElements
Grid::GetElements(uint32_t satellite) const
{
    const double plane = satellite / m_shape.perPlane;
    const double place = satellite % m_shape.perPlane;
    const double radius = EARTH_RADIUS_KM + m_shape.altitudeKm;
    return {m_shape.inclinationDeg * std::numbers::pi / 180,
            TWO_PI * plane / m_shape.planes,
            0,
            0,
            TWO_PI * (place / m_shape.perPlane + m_shape.phasing * plane / GetSatellites()),
            std::sqrt(MU_KM3_PER_S2 / (radius * radius * radius)) * SECONDS_PER_MINUTE,
            0};
}

OrbitState
Grid::GetState(uint32_t satellite, double seconds) const
{
    const MeanElements of = GetElements(satellite);
    const double radius = EARTH_RADIUS_KM + m_shape.altitudeKm;
    const double motion = of.motionRadPerMinute / SECONDS_PER_MINUTE;
    const double u = of.anomalyRad + motion * seconds;
    const Xyz n{std::cos(of.nodeRad), std::sin(of.nodeRad), 0};
    const Xyz m{-std::sin(of.nodeRad) * std::cos(of.inclinationRad),
                std::cos(of.nodeRad) * std::cos(of.inclinationRad),
                std::sin(of.inclinationRad)};
    OrbitState state{};
    for (std::size_t axis = 0; axis < n.size(); ++axis)
    {
        state.positionKm[axis] = radius * (n[axis] * std::cos(u) + m[axis] * std::sin(u));
        state.velocityKmPerS[axis] =
            radius * motion * (m[axis] * std::cos(u) - n[axis] * std::sin(u));
    }
    return state;
}

std::pair<std::vector<double>, std::vector<double>>
Grid::GetKnots(uint32_t knots, double stepSeconds) const
{
    std::pair<std::vector<double>, std::vector<double>> found;
    for (uint32_t knot = 0; knot < knots; ++knot)
    {
        for (uint32_t satellite = 0; satellite < GetSatellites(); ++satellite)
        {
            const OrbitState state = GetState(satellite, knot * stepSeconds);
            for (std::size_t axis = 0; axis < state.positionKm.size(); ++axis)
            {
                found.first.push_back(state.positionKm[axis] * METRES_PER_KM);
                found.second.push_back(state.velocityKmPerS[axis] * METRES_PER_KM);
            }
        }
    }
    return found;
}

std::vector<uint32_t>
Grid::GetHops(uint32_t destination) const
{
    std::vector<uint32_t> hops(GetSatellites(), UNREACHED);
    std::vector<uint32_t> reached{destination};
    hops[destination] = 0;
    for (std::size_t next = 0; next < reached.size(); ++next)
    {
        for (const uint32_t neighbour : m_neighbours[reached[next]])
        {
            if (hops[neighbour] == UNREACHED)
            {
                hops[neighbour] = hops[reached[next]] + 1;
                reached.push_back(neighbour);
            }
        }
    }
    return hops;
}

std::vector<uint8_t>
Grid::GetPorts(const std::vector<uint32_t>& destinations) const
{
    std::vector<uint8_t> ports;
    ports.reserve(destinations.size() * GetSatellites());
    for (const uint32_t destination : destinations)
    {
        const std::vector<uint32_t> hops = GetHops(destination);
        for (uint32_t satellite = 0; satellite < GetSatellites(); ++satellite)
        {
            uint8_t port = NO_PORT;
            for (uint8_t tried = 0; port == NO_PORT && tried < m_neighbours[satellite].size();
                 ++tried)
            {
                port = hops[m_neighbours[satellite][tried]] < hops[satellite] ? tried : NO_PORT;
            }
            ports.push_back(port);
        }
    }
    return ports;
}

std::vector<Flow>
Grid::DrawFlows(uint32_t count, uint64_t seed, uint32_t hops) const
{
    // Not std::uniform_int_distribution, whose draws differ between standard libraries.
    std::mt19937_64 random(seed);
    std::vector<Flow> flows;
    for (uint32_t tries = 0; flows.size() < count; ++tries)
    {
        if (tries == TRIES)
        {
            throw std::invalid_argument("flows: hardly any two satellites are " +
                                        std::to_string(hops) + " hops apart; ask for fewer hops");
        }
        const auto from = static_cast<uint32_t>(random() % GetSatellites());
        const auto to = static_cast<uint32_t>(random() % GetSatellites());
        if (from != to)
        {
            const uint32_t apart = GetHops(to)[from];
            if (hops == 0 || apart == hops)
            {
                flows.push_back({from, to, apart});
            }
        }
    }
    return flows;
}

} // namespace spacemoe::benchmark
