/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "leo-test-network.h"

#include "ns3/constant-velocity-mobility-model.h"
#include "ns3/random-variable-stream.h"
#include "ns3/simulator.h"

#include <cmath>

namespace ns3
{

namespace
{

constexpr long double C_M_S = 299792458.0L; //!< speed of light in vacuum

/// Rounding to whole nanoseconds, and a double's resolution of some 10^7 ns, ten times over.
constexpr double ROUNDING_NS = 0.5 + 2e-8;

/// What the receiver's acceleration in orbit, 9 m/s^2, does to a light time of 20 ms, doubled.
constexpr double ACCELERATION_NS = 0.012;

/// What cubic Hermite interpolation of a low orbit at steps of 10 s may add: 3 mm, at most.
constexpr double INTERPOLATION_NS = 0.01;

/**
 * @brief When light that leaves at time zero meets a receiver, by bisection.
 * @param distance of the receiver from where the light left, in metres, at a time in seconds
 * @return nanoseconds
 */
template <typename Distance>
long double
Meet(Distance distance)
{
    long double early = 0;
    long double late = 1;
    for (int step = 0; step < 100; ++step)
    {
        const long double middle = (early + late) / 2;
        (distance(middle) > C_M_S * middle ? early : late) = middle;
    }
    return early * 1e9L;
}

/**
 * @ingroup leo-test
 */
class UniformMotionTestCase : public TestCase
{
  public:
    UniformMotionTestCase()
        : TestCase("The light time is when light meets a receiver in uniform motion, by bisection")
    {
    }

  private:
    void DoRun() override
    {
        Ptr<UniformRandomVariable> random = CreateObject<UniformRandomVariable>();
        random->SetStream(1);
        for (int draw = 0; draw < 2000; ++draw)
        {
            // From orbital speeds to a tenth of that of light, from a metre to 10^7 metres.
            const double speed = std::pow(10, random->GetValue(2, 7));
            const double reach = std::pow(10, random->GetValue(0, 7));
            const auto vector = [&random](double scale) {
                return Vector(random->GetValue(-scale, scale),
                              random->GetValue(-scale, scale),
                              random->GetValue(-scale, scale));
            };
            const Vector d = vector(reach);
            const Vector v = vector(speed);
            const long double expected = Meet([&](long double t) {
                return std::sqrt((d.x + v.x * t) * (d.x + v.x * t) +
                                 (d.y + v.y * t) * (d.y + v.y * t) +
                                 (d.z + v.z * t) * (d.z + v.z * t));
            });
            NS_TEST_EXPECT_MSG_EQ_TOL(
                static_cast<double>(LaserChannel::GetLightTime(d, v).GetNanoSeconds() - expected),
                0.0,
                ROUNDING_NS,
                "d = " << d << " m, v = " << v << " m/s");
        }
    }
};

/**
 * @ingroup leo-test
 */
class StaticLightTimeTestCase : public TestCase
{
  public:
    StaticLightTimeTestCase()
        : TestCase("Between nodes at rest the light time is the distance over c")
    {
    }

  private:
    void DoRun() override
    {
        const Vector rest;
        // 2, 3, 6, 7 and 1, 4, 8, 9: Pythagorean quadruples, in light milliseconds.
        constexpr double M = 299792.458;
        CheckBoth(Vector(2 * M, -3 * M, 6 * M), rest, 7'000'000);
        CheckBoth(Vector(-1 * M, 4 * M, 8 * M), rest, 9'000'000);
        CheckBoth(Vector(0, 0, 0), rest, 0);
        // A receiver that flies across, at 0.6 c: light needs 1 / sqrt(1 - 0.36) = 1.25 times as
        // long. One that flies away at 0.6 c: 1 / (1 - 0.6) = 2.5 times; one that comes: 1 / 1.6.
        constexpr double V = 0.6 * 299792458.0;
        NS_TEST_EXPECT_MSG_EQ(LaserChannel::GetLightTime(Vector(4 * M, 0, 0), Vector(0, V, 0)),
                              NanoSeconds(5'000'000),
                              "across");
        NS_TEST_EXPECT_MSG_EQ(LaserChannel::GetLightTime(Vector(4 * M, 0, 0), Vector(V, 0, 0)),
                              NanoSeconds(10'000'000),
                              "away");
        NS_TEST_EXPECT_MSG_EQ(LaserChannel::GetLightTime(Vector(4 * M, 0, 0), Vector(-V, 0, 0)),
                              NanoSeconds(2'500'000),
                              "towards");
    }

    /**
     * @brief Compare a light time and that of the way back.
     * @param towards metres
     * @param velocity metres a second
     * @param expectedNs both must be this
     */
    void CheckBoth(const Vector& towards, const Vector& velocity, int64_t expectedNs)
    {
        const Vector back(-towards.x, -towards.y, -towards.z);
        NS_TEST_EXPECT_MSG_EQ(LaserChannel::GetLightTime(towards, velocity),
                              NanoSeconds(expectedNs),
                              "there");
        NS_TEST_EXPECT_MSG_EQ(LaserChannel::GetLightTime(back, velocity),
                              NanoSeconds(expectedNs),
                              "back");
    }
};

/**
 * @ingroup leo-test
 *
 * Two satellites on circular orbits of 6928 km, planes at right angles, evaluated in closed form.
 */
class OrbitingTestCase : public TestCase
{
  public:
    OrbitingTestCase()
        : TestCase("On circular orbits the delay is when light meets the receiver on its curve")
    {
    }

  private:
    static constexpr double RADIUS_M = 6.928e6;      //!< of both orbits
    static constexpr double MOTION_RAD_S = 1.095e-3; //!< mean motion at that radius
    static constexpr double PHASE_RAD = 0.6;         //!< of satellite 1, ahead of satellite 0

    /// Up to this much the two directions may be said to differ, by 15 km/s over c of 20 ms.
    static constexpr int64_t LARGEST_DIFFERENCE_NS = 1000;

    /**
     * @param satellite 0 or 1
     * @param t seconds
     * @return metres
     */
    static Vector GetPosition(uint32_t satellite, double t)
    {
        const double angle = MOTION_RAD_S * t + (satellite == 0 ? 0 : PHASE_RAD);
        const double along = RADIUS_M * std::cos(angle);
        const double up = RADIUS_M * std::sin(angle);
        return satellite == 0 ? Vector(along, up, 0) : Vector(along, 0, up);
    }

    /**
     * @param satellite 0 or 1
     * @param t seconds
     * @return metres a second
     */
    static Vector GetVelocity(uint32_t satellite, double t)
    {
        const double angle = MOTION_RAD_S * t + (satellite == 0 ? 0 : PHASE_RAD);
        const double along = -RADIUS_M * MOTION_RAD_S * std::sin(angle);
        const double up = RADIUS_M * MOTION_RAD_S * std::cos(angle);
        return satellite == 0 ? Vector(along, up, 0) : Vector(along, 0, up);
    }

    /** @return the knots of both, every 10 s for 100 s */
    static Ptr<EphemerisKnots> MakeKnots()
    {
        std::vector<double> positions;
        std::vector<double> velocities;
        for (int knot = 0; knot <= 10; ++knot)
        {
            for (uint32_t satellite : {0, 1})
            {
                const Vector p = GetPosition(satellite, 10.0 * knot);
                const Vector v = GetVelocity(satellite, 10.0 * knot);
                positions.insert(positions.end(), {p.x, p.y, p.z});
                velocities.insert(velocities.end(), {v.x, v.y, v.z});
            }
        }
        Ptr<EphemerisKnots> ephemeris = CreateObject<EphemerisKnots>();
        ephemeris->SetKnots(2, Seconds(10), positions, velocities);
        return ephemeris;
    }

    void DoRun() override
    {
        LeoTestNetwork network(MakeKnots());
        network.Connect(0, 1, "1Gbps");
        int checked = 0;
        for (int64_t ns = 0; ns < 90'000'000'000; ns += 1'234'567'891)
        {
            Simulator::Schedule(NanoSeconds(ns), [&] {
                Check(*network.GetLink(0));
                ++checked;
            });
        }
        Simulator::Run();
        Simulator::Destroy();
        NS_TEST_EXPECT_MSG_EQ(checked, 73, "times checked");
        NS_TEST_EXPECT_MSG_GT(m_largestDifference, Time(0), "the directions differ");
        NS_TEST_EXPECT_MSG_LT(m_largestDifference,
                              NanoSeconds(LARGEST_DIFFERENCE_NS),
                              "difference of the directions");
    }

    /**
     * @brief Compare both directions now.
     * @param link between the two
     */
    void Check(const LaserChannel& link)
    {
        const double now = Simulator::Now().GetNanoSeconds() / 1e9;
        for (uint32_t wire : {0, 1})
        {
            const Vector from = GetPosition(wire, now);
            const long double expected = Meet([&](long double t) {
                return CalculateDistance(from, GetPosition(1 - wire, now + static_cast<double>(t)));
            });
            NS_TEST_EXPECT_MSG_EQ_TOL(
                static_cast<double>(link.GetPropagationDelay(wire).GetNanoSeconds() - expected),
                0.0,
                ROUNDING_NS + ACCELERATION_NS + INTERPOLATION_NS,
                "direction " << wire << " at " << now << " s");
        }
        m_largestDifference = Max(m_largestDifference,
                                  Abs(link.GetPropagationDelay(0) - link.GetPropagationDelay(1)));
    }

    Time m_largestDifference; //!< between the two directions
};

/**
 * @ingroup leo-test
 *
 * One satellite follows the other 4 light milliseconds behind, both at a hundredth of the speed of
 * light.
 */
class OtherMobilityTestCase : public TestCase
{
  public:
    OtherMobilityTestCase()
        : TestCase("Any mobility model will do, and only the receiver's motion counts")
    {
    }

  private:
    void DoRun() override
    {
        NodeContainer nodes(2);
        Ptr<LaserChannel> link = CreateObject<LaserChannel>();
        for (uint32_t index = 0; index < 2; ++index)
        {
            Ptr<ConstantVelocityMobilityModel> mobility =
                CreateObject<ConstantVelocityMobilityModel>();
            mobility->SetPosition(Vector(index * 4 * 299792.458, 0, 0));
            mobility->SetVelocity(Vector(2997924.58, 0, 0));
            nodes.Get(index)->AggregateObject(mobility);
            Ptr<PointToPointNetDevice> device = CreateObject<PointToPointNetDevice>();
            nodes.Get(index)->AddDevice(device);
            device->Attach(link);
        }
        // 4 ms / (1 - 0.01) and 4 ms / (1 + 0.01).
        NS_TEST_EXPECT_MSG_EQ(link->GetPropagationDelay(0), NanoSeconds(4'040'404), "forward");
        NS_TEST_EXPECT_MSG_EQ(link->GetPropagationDelay(1), NanoSeconds(3'960'396), "backward");
        Simulator::Destroy();
    }
};

} // namespace

std::vector<TestCase*>
MakeLightTimeTestCases()
{
    return {
        new UniformMotionTestCase,
        new StaticLightTimeTestCase,
        new OrbitingTestCase,
        new OtherMobilityTestCase,
    };
}

} // namespace ns3
