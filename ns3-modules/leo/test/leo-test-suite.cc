/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "leo-test-network.h"

#include "ns3/ephemeris-knots.h"
#include "ns3/hermite-mobility-model.h"
#include "ns3/pointer.h"
#include "ns3/simulator.h"
#include "ns3/uinteger.h"

#include <array>
#include <stdexcept>

/**
 * @defgroup leo-test leo module tests
 * @ingroup leo
 * @ingroup tests
 */

namespace ns3
{

namespace
{

/// Rounding of double-precision sums of some 10^7 m, with a thousand times in hand.
constexpr double ONE_MICROMETRE_M = 1e-6;

/// The same for velocities.
constexpr double ONE_MICROMETRE_A_SECOND_M_S = 1e-6;

/** Motion along one axis, a polynomial of third degree in time. */
struct Cubic
{
    std::array<double, 4> c; //!< coefficients, constant first

    /**
     * @param t seconds
     * @return metres
     */
    double GetPosition(double t) const
    {
        return c[0] + t * (c[1] + t * (c[2] + t * c[3]));
    }

    /**
     * @param t seconds
     * @return metres a second
     */
    double GetVelocity(double t) const
    {
        return c[1] + t * (2 * c[2] + t * 3 * c[3]);
    }
};

/// Two satellites with the heights, speeds and accelerations of a low orbit, [satellite][axis].
const Cubic MOTIONS[2][3] = {
    {{{6.9e6, 120.0, -4.2, 0.004}}, {{-1.1e6, 7500.0, 0.6, -0.003}}, {{3.0e5, -900.0, 0.2, 0.001}}},
    {{{-2.2e6, 5200.0, 1.3, 0.002}}, {{6.4e6, -300.0, -3.9, 0.0}}, {{1.0e6, 5400.0, -0.7, -0.004}}},
};

constexpr int KNOTS = 4;                    //!< number of knots
constexpr int64_t STEP_NS = 10'000'000'000; //!< time between two

/**
 * @brief The knots of MOTIONS.
 * @return the ephemeris, of 30 s
 */
Ptr<EphemerisKnots>
MakeCubicKnots()
{
    std::vector<double> positions;
    std::vector<double> velocities;
    for (int knot = 0; knot < KNOTS; ++knot)
    {
        const double t = knot * (STEP_NS / 1e9);
        for (const auto& satellite : MOTIONS)
        {
            for (const Cubic& axis : satellite)
            {
                positions.push_back(axis.GetPosition(t));
                velocities.push_back(axis.GetVelocity(t));
            }
        }
    }
    Ptr<EphemerisKnots> ephemeris = CreateObject<EphemerisKnots>();
    ephemeris->SetKnots(2, NanoSeconds(STEP_NS), positions, velocities);
    return ephemeris;
}

/**
 * @ingroup leo-test
 *
 * Hermite interpolation of third degree is exact for polynomials of third degree.
 */
class CubicMotionTestCase : public TestCase
{
  public:
    CubicMotionTestCase()
        : TestCase("EphemerisKnots reproduces a cubic motion between its knots")
    {
    }

  private:
    void DoRun() override
    {
        Ptr<EphemerisKnots> ephemeris = MakeCubicKnots();
        NS_TEST_EXPECT_MSG_EQ(ephemeris->GetNSatellites(), 2, "satellites");
        NS_TEST_EXPECT_MSG_EQ(ephemeris->GetEnd(), Seconds(30), "the last knot");
        for (const int64_t ns : {int64_t{0},
                                 int64_t{1},
                                 int64_t{3'700'000'000},
                                 STEP_NS - 1,
                                 STEP_NS,
                                 int64_t{15'123'456'789},
                                 int64_t{29'999'999'999},
                                 3 * STEP_NS})
        {
            for (uint32_t satellite = 0; satellite < 2; ++satellite)
            {
                Check(*ephemeris, satellite, NanoSeconds(ns));
            }
        }
    }

    /**
     * @brief Compare one satellite at one time.
     * @param ephemeris the knots
     * @param satellite the satellite
     * @param at the time
     */
    void Check(const EphemerisKnots& ephemeris, uint32_t satellite, Time at)
    {
        const double t = at.GetNanoSeconds() / 1e9;
        const Cubic* motion = MOTIONS[satellite];
        const Vector p = ephemeris.GetPosition(satellite, at);
        const Vector v = ephemeris.GetVelocity(satellite, at);
        const double positions[] = {p.x, p.y, p.z};
        const double velocities[] = {v.x, v.y, v.z};
        for (int axis = 0; axis < 3; ++axis)
        {
            NS_TEST_EXPECT_MSG_EQ_TOL(positions[axis],
                                      motion[axis].GetPosition(t),
                                      ONE_MICROMETRE_M,
                                      "position, axis " << axis << " at " << at);
            NS_TEST_EXPECT_MSG_EQ_TOL(velocities[axis],
                                      motion[axis].GetVelocity(t),
                                      ONE_MICROMETRE_A_SECOND_M_S,
                                      "velocity, axis " << axis << " at " << at);
        }
    }
};

/**
 * @ingroup leo-test
 */
class OutsideTheKnotsTestCase : public TestCase
{
  public:
    OutsideTheKnotsTestCase()
        : TestCase("EphemerisKnots throws std::out_of_range outside its knots")
    {
    }

  private:
    void DoRun() override
    {
        Ptr<EphemerisKnots> ephemeris = MakeCubicKnots();
        const Time late = ephemeris->GetEnd() + NanoSeconds(1);
        NS_TEST_EXPECT_MSG_EQ(Throws<std::out_of_range>([&] { ephemeris->GetPosition(0, late); }),
                              true,
                              "position, one nanosecond past the end");
        NS_TEST_EXPECT_MSG_EQ(Throws<std::out_of_range>([&] { ephemeris->GetVelocity(0, late); }),
                              true,
                              "velocity, one nanosecond past the end");
        NS_TEST_EXPECT_MSG_EQ(
            Throws<std::out_of_range>([&] { ephemeris->GetPosition(0, NanoSeconds(-1)); }),
            true,
            "before the first knot");
        NS_TEST_EXPECT_MSG_EQ(
            Throws<std::out_of_range>([&] { ephemeris->GetPosition(2, Seconds(1)); }),
            true,
            "a satellite that is not there");
        Ptr<EphemerisKnots> empty = CreateObject<EphemerisKnots>();
        NS_TEST_EXPECT_MSG_EQ(Throws<std::out_of_range>([&] { empty->GetPosition(0, Time(0)); }),
                              true,
                              "no knots at all");
    }
};

/**
 * @ingroup leo-test
 */
class BadKnotsTestCase : public TestCase
{
  public:
    BadKnotsTestCase()
        : TestCase("EphemerisKnots refuses arrays that are not whole knots")
    {
    }

  private:
    void DoRun() override
    {
        Expect(1, Seconds(1), 6, 6, false, "two knots of one satellite");
        Expect(1, Seconds(1), 6, 9, true, "arrays of unequal length");
        Expect(1, Seconds(1), 3, 3, true, "a single knot");
        Expect(1, Seconds(1), 7, 7, true, "not whole rows");
        Expect(2, Seconds(1), 9, 9, true, "one and a half rows");
        Expect(0, Seconds(1), 6, 6, true, "no satellites");
        Expect(1, Seconds(0), 6, 6, true, "no step");
        Expect(1, Seconds(-1), 6, 6, true, "a negative step");
    }

    /**
     * @brief Try to set knots.
     * @param satellites number of satellites
     * @param step time between knots
     * @param positions number of values
     * @param velocities number of values
     * @param isBad whether it must throw
     * @param what the case in words
     */
    void Expect(uint32_t satellites,
                Time step,
                std::size_t positions,
                std::size_t velocities,
                bool isBad,
                const std::string& what)
    {
        Ptr<EphemerisKnots> ephemeris = CreateObject<EphemerisKnots>();
        NS_TEST_EXPECT_MSG_EQ(Throws<std::invalid_argument>([&] {
                                  ephemeris->SetKnots(satellites,
                                                      step,
                                                      std::vector<double>(positions),
                                                      std::vector<double>(velocities));
                              }),
                              isBad,
                              what);
    }
};

/**
 * @ingroup leo-test
 */
class MobilityTestCase : public TestCase
{
  public:
    MobilityTestCase()
        : TestCase("HermiteMobilityModel is where the knots say, at simulation time")
    {
    }

  private:
    void DoRun() override
    {
        m_models[0] = MakeModel(MakeCubicKnots(), 0);
        m_models[1] = MakeModel(MakeCubicKnots(), 1);
        for (int knot = 0; knot < KNOTS; ++knot)
        {
            Simulator::Schedule(NanoSeconds(knot * STEP_NS), &MobilityTestCase::Check, this, knot);
        }
        Simulator::Run();
        NS_TEST_EXPECT_MSG_EQ(m_checked, KNOTS, "times checked");
        NS_TEST_EXPECT_MSG_EQ(m_models[1]->GetSatellite(), 1, "index in the ephemeris");
        NS_TEST_EXPECT_MSG_EQ(m_models[0]->GetPositionAt(Time(0)).x,
                              MOTIONS[0][0].GetPosition(0),
                              "a time that has passed");
        Simulator::Destroy();
    }

    /**
     * @brief Make the model of a satellite.
     * @param ephemeris the knots
     * @param satellite the satellite
     * @return the model
     */
    static Ptr<HermiteMobilityModel> MakeModel(Ptr<EphemerisKnots> ephemeris, uint32_t satellite)
    {
        return CreateObjectWithAttributes<HermiteMobilityModel>("Ephemeris",
                                                                PointerValue(ephemeris),
                                                                "Satellite",
                                                                UintegerValue(satellite));
    }

    /// Compare both satellites at a knot, where interpolation returns its values unchanged.
    /// @param knot the knot
    void Check(int knot)
    {
        ++m_checked;
        const double t = knot * (STEP_NS / 1e9);
        for (int satellite = 0; satellite < 2; ++satellite)
        {
            const Vector p = m_models[satellite]->GetPosition();
            const Vector v = m_models[satellite]->GetVelocity();
            const double positions[] = {p.x, p.y, p.z};
            const double velocities[] = {v.x, v.y, v.z};
            for (int axis = 0; axis < 3; ++axis)
            {
                const Cubic& motion = MOTIONS[satellite][axis];
                NS_TEST_EXPECT_MSG_EQ(positions[axis], motion.GetPosition(t), "position");
                NS_TEST_EXPECT_MSG_EQ(velocities[axis], motion.GetVelocity(t), "velocity");
            }
        }
    }

    Ptr<HermiteMobilityModel> m_models[2]; //!< of the two satellites
    int m_checked{0};                      //!< times checked
};

/**
 * @ingroup leo-test
 */
class GivenPositionTestCase : public TestCase
{
  public:
    GivenPositionTestCase()
        : TestCase("HermiteMobilityModel measures distances and cannot be moved by hand")
    {
    }

  private:
    void DoRun() override
    {
        const LeoTestNetwork network(
            LeoTestNetwork::MakeKnots({Vector(7e6, 0, 0), Vector(7e6 + 2e6, 6e6, -9e6)}));
        Ptr<MobilityModel> a = network.GetSatellites().Get(0)->GetObject<MobilityModel>();
        Ptr<MobilityModel> b = network.GetSatellites().Get(1)->GetObject<MobilityModel>();
        // 2, 6, 9, 11: a Pythagorean quadruple.
        NS_TEST_EXPECT_MSG_EQ_TOL(a->GetDistanceFrom(b), 11e6, ONE_MICROMETRE_M, "distance");
        NS_TEST_EXPECT_MSG_EQ(Throws<std::logic_error>([&] { a->SetPosition(Vector(1, 2, 3)); }),
                              true,
                              "SetPosition");
        NS_TEST_EXPECT_MSG_EQ(a->GetPosition().x, 7e6, "position after the attempt");
        Simulator::Destroy();
    }
};

/**
 * @ingroup leo-test
 *
 * The suite of the module.
 */
class LeoTestSuite : public TestSuite
{
  public:
    LeoTestSuite()
        : TestSuite("leo", Type::UNIT)
    {
        AddTestCase(new CubicMotionTestCase, Duration::QUICK);
        AddTestCase(new OutsideTheKnotsTestCase, Duration::QUICK);
        AddTestCase(new BadKnotsTestCase, Duration::QUICK);
        AddTestCase(new MobilityTestCase, Duration::QUICK);
        AddTestCase(new GivenPositionTestCase, Duration::QUICK);
        for (const auto& make : {MakeLightTimeTestCases,
                                 MakeLaserChannelTestCases,
                                 MakeCaptureFileTestCases,
                                 MakeFabricPortTestCases,
                                 MakeFlatSchedulerTestCases,
                                 MakeHopLogTestCases,
                                 MakeLinkLossTestCases,
                                 MakeLinkCountersTestCases,
                                 MakeRerouteTestCases,
                                 MakeLinkScheduleTestCases,
                                 MakeLinkBalanceTestCases,
                                 MakeSlotRoutingTestCases})
        {
            for (TestCase* testCase : make())
            {
                AddTestCase(testCase, Duration::QUICK);
            }
        }
    }
};

LeoTestSuite g_leoTestSuite; //!< registers itself

} // namespace

} // namespace ns3
