/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef SPACEMOE_BENCHMARK_GRID_H
#define SPACEMOE_BENCHMARK_GRID_H

#include "sgp4.h"

#include <cstdint>
#include <utility>
#include <vector>

namespace spacemoe::benchmark
{

/** A Walker pattern of circular orbits. */
struct Shape
{
    uint32_t planes{33};       //!< number of planes, over 360 degrees of right ascension
    uint32_t perPlane{32};     //!< satellites in a plane
    uint32_t phasing{16};      //!< Walker's F
    double altitudeKm{550};    //!< over SGP4's Earth radius
    double inclinationDeg{53}; //!< inclination
};

/** One direction of traffic. */
struct Flow
{
    uint32_t from; //!< satellite
    uint32_t to;   //!< satellite
    uint32_t hops; //!< fewest links between them
};

/**
 * A constellation and its +Grid: each satellite is linked to the next in its plane, and to the one
 * in the same place of the next plane; the last plane is not linked to the first.
 *
 * Satellite s has place s % perPlane of plane s / perPlane. All ways of simulating take satellites,
 * links, orbits and next hops from here, so that they carry the same packets over equally many
 * links.
 */
class Grid
{
  public:
    /// No next hop.
    static constexpr uint8_t NO_PORT = 255;

    /**
     * @brief Lay the constellation out.
     * @param shape the pattern
     * @throws std::invalid_argument if a plane or the whole has fewer than three members
     */
    explicit Grid(const Shape& shape);

    /** @return the number of satellites */
    uint32_t GetSatellites() const;

    /** @return the two ends of each link, in the order in which links become ports */
    const std::vector<std::pair<uint32_t, uint32_t>>& GetLinks() const;

    /**
     * @brief Neighbours of a satellite.
     * @param satellite the satellite
     * @return its neighbours, port by port
     */
    const std::vector<uint32_t>& GetNeighbours(uint32_t satellite) const;

    /**
     * @brief Where a satellite is, on its circular orbit.
     * @param satellite the satellite
     * @param seconds since the start
     * @return position and velocity, inertial
     */
    OrbitState GetState(uint32_t satellite, double seconds) const;

    /**
     * @brief Mean elements of that orbit, for SGP4.
     * @param satellite the satellite
     * @return the elements at the start
     */
    MeanElements GetElements(uint32_t satellite) const;

    /**
     * @brief Positions and velocities of all satellites at evenly spaced times from zero on.
     * @param knots number of times
     * @param stepSeconds seconds between them
     * @return metres and metres a second, each [knot][satellite][xyz]
     */
    std::pair<std::vector<double>, std::vector<double>> GetKnots(uint32_t knots,
                                                                 double stepSeconds) const;

    /**
     * @brief Output ports on paths of the fewest hops; among equal ones the first.
     * @param destinations satellites to be reached
     * @return [destination][satellite]; NO_PORT at the destination
     */
    std::vector<uint8_t> GetPorts(const std::vector<uint32_t>& destinations) const;

    /**
     * @brief Fewest hops to a satellite.
     * @param destination the satellite
     * @return for each satellite
     */
    std::vector<uint32_t> GetHops(uint32_t destination) const;

    /**
     * @brief Draw flows between random satellites.
     * @param count number of flows
     * @param seed of the draw
     * @param hops fewest hops that each flow must have; 0 for any
     * @return the flows
     * @throws std::invalid_argument if no two satellites are that many hops apart
     */
    std::vector<Flow> DrawFlows(uint32_t count, uint64_t seed, uint32_t hops) const;

  private:
    Shape m_shape;                                      //!< the pattern
    std::vector<std::pair<uint32_t, uint32_t>> m_links; //!< ends
    std::vector<std::vector<uint32_t>> m_neighbours;    //!< by satellite and port
};

} // namespace spacemoe::benchmark

#endif // SPACEMOE_BENCHMARK_GRID_H
