/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef EPHEMERIS_KNOTS_H
#define EPHEMERIS_KNOTS_H

#include "ns3/nstime.h"
#include "ns3/object.h"
#include "ns3/vector.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ns3
{

/**
 * @ingroup leo
 *
 * Positions and velocities of all satellites at evenly spaced knots, evaluated anywhere between
 * them by cubic Hermite interpolation.
 *
 * One object serves every satellite of a constellation. The arrays are row-major
 * [knot][satellite][x, y, z], in metres and metres a second, in an inertial frame (SGP4's TEME).
 * The knot of index 0 is at simulation time zero.
 *
 * The order of the floating-point operations is part of the contract: the analytic engine repeats
 * it, so that both engines round a light time to the same nanosecond.
 */
class EphemerisKnots : public Object
{
  public:
    /**
     * @brief Get the type ID.
     * @return the object TypeId
     */
    static TypeId GetTypeId();

    /**
     * @brief Set the knots.
     * @param satellites number of satellites
     * @param step time between two knots, positive
     * @param positions metres, [knot][satellite][xyz]
     * @param velocities metres a second, [knot][satellite][xyz]
     * @throws std::invalid_argument if the arrays are not equally long, hold fewer than two knots
     * or are not whole rows
     */
    void SetKnots(uint32_t satellites,
                  Time step,
                  std::vector<double> positions,
                  std::vector<double> velocities);

    /**
     * @brief Set the knots without copying them.
     * @param satellites number of satellites
     * @param step time between two knots, positive
     * @param positions metres, [knot][satellite][xyz]; must stay where they are
     * @param velocities metres a second, [knot][satellite][xyz]; must stay where they are
     * @param knots number of knots, at least two
     * @throws std::invalid_argument if something is not as it must be
     */
    void ViewKnots(uint32_t satellites,
                   Time step,
                   const double* positions,
                   const double* velocities,
                   std::size_t knots);

    /**
     * @brief Get the number of satellites.
     * @return the number of satellites
     */
    uint32_t GetNSatellites() const;

    /**
     * @brief Get the time of the last knot, the end of what can be evaluated.
     * @return the time of the last knot
     */
    Time GetEnd() const;

    /**
     * @brief Get the time between two knots.
     * @return the time
     */
    Time GetStep() const;

    /**
     * @brief A speed that no satellite exceeds between two knots.
     *
     * With the largest values that the derivatives of the Hermite polynomials take; some three
     * times the speed of a satellite in orbit.
     *
     * @param at a time between these knots
     * @return metres a second
     */
    double GetSpeedBound(Time at) const;

    /**
     * @brief Position of a satellite.
     * @param satellite index of the satellite
     * @param at simulation time, between zero and GetEnd()
     * @return metres
     * @throws std::out_of_range outside the knots
     */
    Vector GetPosition(uint32_t satellite, Time at) const;

    /**
     * @brief Velocity of a satellite: the derivative of the interpolated position.
     * @param satellite index of the satellite
     * @param at simulation time, between zero and GetEnd()
     * @return metres a second
     * @throws std::out_of_range outside the knots
     */
    Vector GetVelocity(uint32_t satellite, Time at) const;

  private:
    /** Where a time falls between two knots. */
    struct Interval
    {
        const double* p0; //!< position at the knot before
        const double* p1; //!< position at the knot after
        const double* v0; //!< velocity at the knot before
        const double* v1; //!< velocity at the knot after
        double fraction;  //!< of the step, 0 to 1
    };

    /**
     * @brief Find the knots around a time.
     * @param satellite index of the satellite
     * @param at simulation time
     * @return the interval
     */
    Interval Locate(uint32_t satellite, Time at) const;

    uint32_t m_satellites{0};       //!< number of satellites
    int64_t m_lastInterval{-1};     //!< index of the last interval between knots
    int64_t m_stepNs{0};            //!< nanoseconds between knots
    double m_stepSeconds{0};        //!< seconds between knots
    std::vector<double> m_owned[2]; //!< positions and velocities, if they are our own
    const double* m_positions{};    //!< metres
    const double* m_velocities{};   //!< metres a second
};

} // namespace ns3

#endif // EPHEMERIS_KNOTS_H
