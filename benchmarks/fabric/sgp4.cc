/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "sgp4.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>

namespace spacemoe::benchmark
{

namespace
{
constexpr double TWO_PI = 2 * std::numbers::pi;
constexpr double TWO_THIRDS = 2.0 / 3.0;
// WGS-72, as SGP4 needs them (Vallado et al. 2006, section III.A).
constexpr double EARTH_RADIUS_KM = 6378.135;
constexpr double MU_KM3_PER_S2 = 398600.8;
constexpr double J2 = 0.001082616;
constexpr double J3 = -0.00000253881;
constexpr double J4 = -0.00000165597;
constexpr double J3_OVER_J2 = J3 / J2;
constexpr double DEEP_SPACE_MINUTES = 225;
constexpr double SMALLEST_E = 1e-4; // below it, terms with 1 / e are left out
constexpr double SMALLEST_AGED_E = 1e-6;
constexpr double KEPLER_TOLERANCE = 1e-12;
constexpr int KEPLER_ROUNDS = 10;
constexpr double LARGEST_KEPLER_STEP = 0.95;
/// sqrt(mu) in Earth radii^1.5 a minute.
const double KE =
    60 / std::sqrt(EARTH_RADIUS_KM * EARTH_RADIUS_KM * EARTH_RADIUS_KM / MU_KM3_PER_S2);

/**
 * @param x a number
 * @return its square
 */
constexpr double
Square(double x)
{
    return x * x;
}

/**
 * @param x a number
 * @return its cube
 */
constexpr double
Cube(double x)
{
    return x * x * x;
}

/**
 * Solve Kepler's equation for the sum of eccentric anomaly and argument of perigee.
 *
 * @param u mean anomaly plus argument of perigee
 * @param axN e cos omega
 * @param ayN e sin omega
 * @return the sum
 */
double
SolveKepler(double u, double axN, double ayN)
{
    double sum = u;
    double step = 1;
    for (int round = 0; round < KEPLER_ROUNDS && std::abs(step) >= KEPLER_TOLERANCE; ++round)
    {
        const double s = std::sin(sum);
        const double c = std::cos(sum);
        step = (u - ayN * c + axN * s - sum) / (1 - c * axN - s * ayN);
        step = std::clamp(step, -LARGEST_KEPLER_STEP, LARGEST_KEPLER_STEP);
        sum += step;
    }
    return sum;
}
} // namespace

Sgp4::Sgp4(const MeanElements& elements)
    : m_elements(elements)
{
    const double e = elements.eccentricity;
    m_theta = std::cos(elements.inclinationRad);
    m_sinI = std::sin(elements.inclinationRad);
    const double theta2 = Square(m_theta);
    const double theta4 = Square(theta2);
    m_beta2 = 1 - e * e;
    const double beta = std::sqrt(m_beta2);
    m_x3thm1 = 3 * theta2 - 1;
    m_x1mth2 = 1 - theta2;
    m_x7thm1 = 7 * theta2 - 1;

    // From Kozai's mean motion to Brouwer's.
    const double a1 = std::pow(KE / elements.motionRadPerMinute, TWO_THIRDS);
    const double k = 0.75 * J2 * m_x3thm1 / (beta * m_beta2);
    double delta = k / Square(a1);
    const double a2 = a1 * (1 - delta * delta - delta * (1.0 / 3 + 134 * delta * delta / 81));
    delta = k / Square(a2);
    m_n0 = elements.motionRadPerMinute / (1 + delta);
    if (TWO_PI / m_n0 >= DEEP_SPACE_MINUTES)
    {
        throw std::invalid_argument("SGP4: a revolution of 225 minutes or more; only near-Earth "
                                    "orbits are propagated here");
    }
    m_a0 = std::pow(KE / m_n0, TWO_THIRDS);

    // Secular rates of gravity.
    const double p2Inverse = 1 / Square(m_a0 * m_beta2);
    const double g1 = 1.5 * J2 * p2Inverse * m_n0;
    const double g2 = 0.5 * g1 * J2 * p2Inverse;
    const double g3 = -0.46875 * J4 * p2Inverse * p2Inverse * m_n0;
    m_meanDot =
        m_n0 + 0.5 * g1 * beta * m_x3thm1 + 0.0625 * g2 * beta * (13 - 78 * theta2 + 137 * theta4);
    m_omegaDot = -0.5 * g1 * (1 - 5 * theta2) + 0.0625 * g2 * (7 - 114 * theta2 + 395 * theta4) +
                 g3 * (3 - 36 * theta2 + 49 * theta4);
    m_nodeDot0 = -g1 * m_theta;
    m_nodeDot = m_nodeDot0 + (0.5 * g2 * (4 - 19 * theta2) + 2 * g3 * (3 - 7 * theta2)) * m_theta;

    // Long-period terms; the denominator vanishes for an equatorial retrograde orbit.
    const double denominator = std::abs(1 + m_theta) > 1.5e-12 ? 1 + m_theta : 1.5e-12;
    m_longCof = -0.25 * J3_OVER_J2 * m_sinI * (3 + 5 * m_theta) / denominator;
    m_ayCof = -0.5 * J3_OVER_J2 * m_sinI;
    PrepareDrag(m_a0);
}

void
Sgp4::PrepareDrag(double a)
{
    const double e = m_elements.eccentricity;
    const double drag = m_elements.dragPerEarthRadius;
    const double perigeeKm = (a * (1 - e) - 1) * EARTH_RADIUS_KM;
    m_isLow = perigeeKm < 220;
    double sKm = 78;
    if (perigeeKm < 156)
    {
        sKm = perigeeKm < 98 ? 20 : perigeeKm - 78;
    }
    const double q4 = Square(Square((120 - sKm) / EARTH_RADIUS_KM));
    const double s = sKm / EARTH_RADIUS_KM + 1;

    const double xi = 1 / (a - s);
    m_eta = a * e * xi;
    const double eta2 = Square(m_eta);
    const double eEta = e * m_eta;
    const double psi2 = std::abs(1 - eta2);
    const double coefficient = q4 * Square(Square(xi));
    const double coefficient1 = coefficient / std::pow(psi2, 3.5);
    const double c2 = coefficient1 * m_n0 *
                      (a * (1 + 1.5 * eta2 + eEta * (4 + eta2)) +
                       0.375 * J2 * xi / psi2 * m_x3thm1 * (8 + 3 * eta2 * (8 + eta2)));
    m_c1 = drag * c2;
    const double c3 = e > SMALLEST_E ? -2 * coefficient * xi * J3_OVER_J2 * m_n0 * m_sinI / e : 0;
    const double c4Even = -3 * m_x3thm1 * (1 - 2 * eEta + eta2 * (1.5 - 0.5 * eEta));
    const double c4Odd =
        0.75 * m_x1mth2 * (2 * eta2 - eEta * (1 + eta2)) * std::cos(2 * m_elements.perigeeRad);
    m_c4 =
        2 * m_n0 * coefficient1 * a * m_beta2 *
        (m_eta * (2 + 0.5 * eta2) + e * (0.5 + 2 * eta2) - J2 * xi / (a * psi2) * (c4Even + c4Odd));
    m_c5 = 2 * coefficient1 * a * m_beta2 * (1 + 2.75 * (eta2 + eEta) + eEta * eta2);

    m_omegaCof = drag * c3 * std::cos(m_elements.perigeeRad);
    m_meanCof = e > SMALLEST_E ? -TWO_THIRDS * coefficient * drag / eEta : 0;
    m_nodeCof = 3.5 * m_beta2 * m_nodeDot0 * m_c1;
    m_delM0 = Cube(1 + m_eta * std::cos(m_elements.anomalyRad));
    m_sinM0 = std::sin(m_elements.anomalyRad);

    const double c1Square = Square(m_c1);
    m_d2 = 4 * a * xi * c1Square;
    const double d = m_d2 * xi * m_c1 / 3;
    m_d3 = (17 * a + s) * d;
    m_d4 = 0.5 * d * a * xi * (221 * a + 31 * s) * m_c1;
    m_t2 = 1.5 * m_c1;
    m_t3 = m_d2 + 2 * c1Square;
    m_t4 = 0.25 * (3 * m_d3 + m_c1 * (12 * m_d2 + 10 * c1Square));
    m_t5 = 0.2 *
           (3 * m_d4 + 12 * m_c1 * m_d3 + 6 * Square(m_d2) + 15 * c1Square * (2 * m_d2 + c1Square));
}

Sgp4::Secular
Sgp4::Age(double t) const
{
    const double t2 = t * t;
    const double drag = m_elements.dragPerEarthRadius;
    double mean = m_elements.anomalyRad + m_meanDot * t;
    double omega = m_elements.perigeeRad + m_omegaDot * t;
    double node = m_elements.nodeRad + m_nodeDot * t + m_nodeCof * t2;
    double ofA = 1 - m_c1 * t;
    double ofE = drag * m_c4 * t;
    double ofLongitude = m_t2 * t2;
    if (!m_isLow)
    {
        const double shift =
            m_omegaCof * t + m_meanCof * (Cube(1 + m_eta * std::cos(mean)) - m_delM0);
        mean += shift;
        omega -= shift;
        const double t3 = t2 * t;
        const double t4 = t3 * t;
        ofA -= m_d2 * t2 + m_d3 * t3 + m_d4 * t4;
        ofE += drag * m_c5 * (std::sin(mean) - m_sinM0);
        ofLongitude += m_t3 * t3 + t4 * (m_t4 + t * m_t5);
    }
    const double a = std::pow(KE / m_n0, TWO_THIRDS) * Square(ofA);
    const double e = m_elements.eccentricity - ofE;
    if (e >= 1 || e < -0.001 || a < 0.95)
    {
        throw std::domain_error("SGP4: the orbit has decayed");
    }
    mean += m_n0 * ofLongitude;
    const double longitude = std::fmod(mean + omega + node, TWO_PI);
    node = std::fmod(node, TWO_PI);
    omega = std::fmod(omega, TWO_PI);
    return {a,
            KE / std::pow(a, 1.5),
            std::max(e, SMALLEST_AGED_E),
            omega,
            node,
            std::fmod(longitude - omega - node, TWO_PI)};
}

OrbitState
Sgp4::Propagate(double minutes) const
{
    const Secular now = Age(minutes);

    // Long-period periodics.
    const double p = 1 / (now.a * (1 - now.e * now.e));
    const double axN = now.e * std::cos(now.omega);
    const double ayN = now.e * std::sin(now.omega) + p * m_ayCof;
    const double longitude = now.mean + now.omega + now.node + p * m_longCof * axN;

    const double anomaly = SolveKepler(std::fmod(longitude - now.node, TWO_PI), axN, ayN);
    const double sinE = std::sin(anomaly);
    const double cosE = std::cos(anomaly);

    // Short-period preliminaries.
    const double eCosE = axN * cosE + ayN * sinE;
    const double eSinE = axN * sinE - ayN * cosE;
    const double el2 = axN * axN + ayN * ayN;
    const double pl = now.a * (1 - el2);
    if (pl < 0)
    {
        throw std::domain_error("SGP4: the semi-latus rectum is negative");
    }
    const double r = now.a * (1 - eCosE);
    const double rDot = std::sqrt(now.a) * eSinE / r;
    const double rvDot = std::sqrt(pl) / r;
    const double betaL = std::sqrt(1 - el2);
    const double w = eSinE / (1 + betaL);
    const double sinU = now.a / r * (sinE - ayN - axN * w);
    const double cosU = now.a / r * (cosE - axN + ayN * w);
    const double sin2U = 2 * cosU * sinU;
    const double cos2U = 1 - 2 * sinU * sinU;
    const double k1 = 0.5 * J2 / pl;
    const double k2 = k1 / pl;

    // Short-period periodics.
    const double rK = r * (1 - 1.5 * k2 * betaL * m_x3thm1) + 0.5 * k1 * m_x1mth2 * cos2U;
    const double uK = std::atan2(sinU, cosU) - 0.25 * k2 * m_x7thm1 * sin2U;
    const double nodeK = now.node + 1.5 * k2 * m_theta * sin2U;
    const double iK = m_elements.inclinationRad + 1.5 * k2 * m_theta * m_sinI * cos2U;
    const double rDotK = rDot - now.n * k1 * m_x1mth2 * sin2U / KE;
    const double rvDotK = rvDot + now.n * k1 * (m_x1mth2 * cos2U + 1.5 * m_x3thm1) / KE;
    if (rK < 1)
    {
        throw std::domain_error("SGP4: the satellite has decayed");
    }

    // Orientation vectors.
    const double su = std::sin(uK);
    const double cu = std::cos(uK);
    const double sn = std::sin(nodeK);
    const double cn = std::cos(nodeK);
    const double si = std::sin(iK);
    const double ci = std::cos(iK);
    const Xyz m{-sn * ci, cn * ci, si};
    const Xyz n{cn, sn, 0};
    const double kmPerS = EARTH_RADIUS_KM * KE / 60;
    OrbitState state{};
    for (std::size_t axis = 0; axis < m.size(); ++axis)
    {
        const double u = m[axis] * su + n[axis] * cu;
        const double v = m[axis] * cu - n[axis] * su;
        state.positionKm[axis] = rK * u * EARTH_RADIUS_KM;
        state.velocityKmPerS[axis] = (rDotK * u + rvDotK * v) * kmPerS;
    }
    return state;
}

double
GetSiderealTime(double julianDateUt1)
{
    constexpr double J2000 = 2451545.0;
    constexpr double DAYS_PER_CENTURY = 36525.0;
    constexpr double SECONDS_PER_RADIAN = 240 * 180 / std::numbers::pi;
    const double t = (julianDateUt1 - J2000) / DAYS_PER_CENTURY;
    const double seconds = -6.2e-6 * t * t * t + 0.093104 * t * t +
                           (876600.0 * 3600 + 8640184.812866) * t + 67310.54841;
    const double angle = std::fmod(seconds / SECONDS_PER_RADIAN, TWO_PI);
    return angle < 0 ? angle + TWO_PI : angle;
}

Xyz
RotateToEarthFixed(const Xyz& position, double julianDateUt1, double polarXRad, double polarYRad)
{
    const double theta = GetSiderealTime(julianDateUt1);
    const double c = std::cos(theta);
    const double s = std::sin(theta);
    const Xyz pef{c * position[0] + s * position[1],
                  -s * position[0] + c * position[1],
                  position[2]};

    const double cx = std::cos(polarXRad);
    const double sx = std::sin(polarXRad);
    const double cy = std::cos(polarYRad);
    const double sy = std::sin(polarYRad);
    return {cx * pef[0] + sy * sx * pef[1] + cy * sx * pef[2],
            cy * pef[1] - sy * pef[2],
            -sx * pef[0] + sy * cx * pef[1] + cy * cx * pef[2]};
}

} // namespace spacemoe::benchmark
