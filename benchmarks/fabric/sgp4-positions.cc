/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

/**
 * @file
 * Propagates what comes on standard input, a line each: inclination, node, eccentricity, argument
 * of perigee, mean anomaly (radians), mean motion (radians a minute), B*, minutes. Prints position
 * (km) and velocity (km/s) in TEME and position in ITRF (km) at the Julian date and polar motion
 * (radians) that end the line.
 */

#include "sgp4.h"

#include <cstdio>
#include <exception>
#include <iostream>

int
main()
{
    using namespace spacemoe::benchmark;
    MeanElements of{};
    double minutes;
    double julianDate;
    double polarX;
    double polarY;
    try
    {
        while (std::cin >> of.inclinationRad >> of.nodeRad >> of.eccentricity >> of.perigeeRad >>
               of.anomalyRad >> of.motionRadPerMinute >> of.dragPerEarthRadius >> minutes >>
               julianDate >> polarX >> polarY)
        {
            const OrbitState state = Sgp4(of).Propagate(minutes);
            for (const Xyz& values :
                 {state.positionKm,
                  state.velocityKmPerS,
                  RotateToEarthFixed(state.positionKm, julianDate, polarX, polarY)})
            {
                std::printf("%.17g %.17g %.17g ", values[0], values[1], values[2]);
            }
            std::printf("\n");
        }
    }
    catch (const std::exception& error)
    {
        std::cerr << error.what() << "\n";
        return 1;
    }
    return 0;
}
