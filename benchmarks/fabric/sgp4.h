/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef SPACEMOE_BENCHMARK_SGP4_H
#define SPACEMOE_BENCHMARK_SGP4_H

#include <array>

namespace spacemoe::benchmark
{

/// Three coordinates in an Earth-centred frame.
using Xyz = std::array<double, 3>;

/** Mean elements of a near-Earth satellite, as a two-line element set has them. */
struct MeanElements
{
    double inclinationRad;        //!< inclination
    double nodeRad;               //!< right ascension of the ascending node
    double eccentricity;          //!< eccentricity
    double perigeeRad;            //!< argument of perigee
    double anomalyRad;            //!< mean anomaly at the epoch
    double motionRadPerMinute;    //!< mean motion, Kozai's
    double dragPerEarthRadius{0}; //!< B*
};

/** Where a satellite is and how it moves, in TEME. */
struct OrbitState
{
    Xyz positionKm;     //!< kilometres
    Xyz velocityKmPerS; //!< kilometres a second
};

/**
 * The near-Earth part of SGP4, with WGS-72 constants.
 *
 * Source: Vallado, Crawford, Hujsak and Kelso 2006, Revisiting Spacetrack Report #3, AIAA
 * 2006-6753; Hoots and Roehrich 1980, Spacetrack Report No. 3. Symbols are the report's.
 */
class Sgp4
{
  public:
    /**
     * @brief Prepare what does not depend on time.
     * @param elements the elements
     * @throws std::invalid_argument if a revolution takes 225 minutes or more (a deep-space orbit)
     */
    explicit Sgp4(const MeanElements& elements);

    /**
     * @brief Propagate.
     * @param minutes since the epoch of the elements
     * @return the state in TEME
     * @throws std::domain_error if the orbit has decayed or is none any more
     */
    OrbitState Propagate(double minutes) const;

  private:
    /** Elements at a time, with the secular effects of gravity and drag. */
    struct Secular
    {
        double a;     //!< semi-major axis, Earth radii
        double n;     //!< mean motion, radians a minute
        double e;     //!< eccentricity
        double omega; //!< argument of perigee
        double node;  //!< right ascension of the ascending node
        double mean;  //!< mean anomaly
    };

    /**
     * @brief Prepare the coefficients of drag.
     * @param a semi-major axis, Earth radii
     */
    void PrepareDrag(double a);

    /**
     * @brief Apply the secular effects.
     * @param t minutes since the epoch
     * @return the elements then
     */
    Secular Age(double t) const;

    MeanElements m_elements; //!< at the epoch
    bool m_isLow{false};     //!< perigee below 220 km: drag to lower order
    double m_n0{0};          //!< Brouwer's mean motion, radians a minute
    double m_a0{0};          //!< semi-major axis, Earth radii
    double m_theta{0};       //!< cosine of the inclination
    double m_sinI{0};        //!< its sine
    double m_beta2{0};       //!< 1 - e^2
    double m_x3thm1{0};      //!< 3 theta^2 - 1
    double m_x1mth2{0};      //!< 1 - theta^2
    double m_x7thm1{0};      //!< 7 theta^2 - 1
    double m_meanDot{0};     //!< secular rate of the mean anomaly
    double m_omegaDot{0};    //!< of the argument of perigee
    double m_nodeDot{0};     //!< of the node
    double m_nodeDot0{0};    //!< its first-order part
    double m_eta{0};         //!< a e xi
    double m_c1{0};          //!< coefficients of drag
    double m_c4{0};          //!< likewise
    double m_c5{0};          //!< likewise
    double m_d2{0};          //!< likewise
    double m_d3{0};          //!< likewise
    double m_d4{0};          //!< likewise
    double m_t2{0};          //!< of the mean longitude, of t^2
    double m_t3{0};          //!< of t^3
    double m_t4{0};          //!< of t^4
    double m_t5{0};          //!< of t^5
    double m_omegaCof{0};    //!< of the argument of perigee
    double m_meanCof{0};     //!< of the mean anomaly
    double m_nodeCof{0};     //!< of the node
    double m_delM0{0};       //!< (1 + eta cos M0)^3
    double m_sinM0{0};       //!< sin M0
    double m_longCof{0};     //!< long-period, of the mean longitude
    double m_ayCof{0};       //!< long-period, of e sin omega
};

/**
 * Greenwich mean sidereal time (IAU 1982; Vallado et al. 2006, appendix C).
 *
 * @param julianDateUt1 Julian date, UT1
 * @return radians, 0 to 2 pi
 */
double GetSiderealTime(double julianDateUt1);

/**
 * Rotate a position from TEME to the Earth-fixed frame (Vallado et al. 2006, appendix C).
 *
 * @param position in TEME
 * @param julianDateUt1 Julian date, UT1
 * @param polarXRad polar motion
 * @param polarYRad polar motion
 * @return the position in ITRF, in the same unit
 */
Xyz RotateToEarthFixed(const Xyz& position,
                       double julianDateUt1,
                       double polarXRad,
                       double polarYRad);

} // namespace spacemoe::benchmark

#endif // SPACEMOE_BENCHMARK_SGP4_H
