/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "../../leo/test/leo-test-network.h"
#include "referee-test.h"

#include "ns3/callback.h"
#include "ns3/compute-server.h"
#include "ns3/double.h"
#include "ns3/packet.h"
#include "ns3/point-to-point-net-device.h"
#include "ns3/queue.h"
#include "ns3/random-variable-stream.h"
#include "ns3/simulator.h"

#include <cmath>
#include <functional>
#include <numeric>
#include <string>
#include <vector>

namespace ns3
{

namespace
{

constexpr int64_t MEAN_SERVICE_NS = 1'000'000; //!< of a job, and of a packet of 1000 bytes
constexpr int ARRIVALS = 120'000;              //!< jobs or packets
constexpr int WARM_UP = 20'000;                //!< of them, until the queue has forgotten its start
constexpr int BATCHES = 20;             //!< of consecutive waits, whose means are independent
constexpr double STUDENT_99 = 2.861;    //!< 99 %, two-sided, 19 degrees of freedom
constexpr double WIDEST_INTERVAL = 0.1; //!< of the mean: a wider one would prove nothing

/** How long services take. */
enum class Law : uint8_t
{
    EXPONENTIAL, //!< M/M/1
    FIXED,       //!< M/D/1
    UNIFORM,     //!< from half to one and a half of the mean
    TWO_KINDS,   //!< nine in ten take half of the mean, one takes five and a half
};

/**
 * @ingroup referee-test
 * @param law the law
 * @return mean of the square over square of the mean
 */
double
GetSecondMoment(Law law)
{
    switch (law)
    {
    case Law::EXPONENTIAL:
        return 2;
    case Law::FIXED:
        return 1;
    case Law::UNIFORM:
        return 1 + 1.0 / 12; // variance of a uniform variable of width 1
    case Law::TWO_KINDS:
        return 0.9 * 0.5 * 0.5 + 0.1 * 5.5 * 5.5;
    }
    return 0;
}

/**
 * @ingroup referee-test
 *
 * A queue with Poisson arrivals, served by one server first come, first served, has the mean wait
 *
 *     W = rho E[S^2] / (2 (1 - rho) E[S])
 *
 * (Pollaczek 1930 and Khinchine 1932; Kleinrock, Queueing Systems I, 1975, eq. 5.113), for
 * exponential services W = rho E[S] / (1 - rho) and for fixed ones half of it. The mean of the
 * waits must have it in its 99 % confidence interval, by the method of batch means; seeds are
 * fixed. And Little's law (Operations Research 9, 1961) holds exactly: the time integral of the
 * queue's length is the sum of the waits.
 */
class QueueTestCase : public TestCase
{
  public:
    /**
     * @brief Constructor.
     * @param name of the case
     * @param law of the services
     * @param load share of time in which the server works
     */
    QueueTestCase(const std::string& name, Law law, double load)
        : TestCase(name),
          m_law(law),
          m_load(load)
    {
    }

  protected:
    /// Draw the next service. @return its duration in mean services
    double DrawService() const
    {
        switch (m_law)
        {
        case Law::EXPONENTIAL:
            return m_service->GetValue();
        case Law::UNIFORM:
            return 0.5 + m_uniform->GetValue(0, 1);
        case Law::TWO_KINDS:
            return m_uniform->GetValue(0, 1) < 0.9 ? 0.5 : 5.5;
        case Law::FIXED:
            break;
        }
        return 1;
    }

    /// Make random numbers. @param stream the first stream
    void Seed(int64_t stream)
    {
        for (const auto& variable : {&m_gap, &m_service})
        {
            *variable =
                CreateObjectWithAttributes<ExponentialRandomVariable>("Mean", DoubleValue(1));
            (*variable)->SetStream(stream++);
        }
        m_uniform = CreateObject<UniformRandomVariable>();
        m_uniform->SetStream(stream);
    }

    /// Let one arrive after the other. @param arrive what happens at an arrival
    void ArriveLater(const std::function<void()>& arrive)
    {
        const double gapNs = m_gap->GetValue() * MEAN_SERVICE_NS / m_load;
        Simulator::Schedule(NanoSeconds(std::llround(gapNs)), [this, arrive] {
            arrive();
            if (++m_arrived < ARRIVALS)
            {
                ArriveLater(arrive);
            }
        });
    }

    /**
     * @brief Compare the waits with what is known.
     * @param waits in order of arrival
     * @param lengthIntegral of those who wait, over the whole time
     */
    void Check(const std::vector<Time>& waits, int64_t lengthIntegral)
    {
        NS_TEST_ASSERT_MSG_EQ(waits.size(), std::size_t{ARRIVALS}, "all are served");
        const Time sum = std::accumulate(waits.begin(), waits.end(), Time(0));
        NS_TEST_EXPECT_MSG_EQ(sum.GetNanoSeconds(), lengthIntegral, "Little's law");

        const int size = (ARRIVALS - WARM_UP) / BATCHES;
        std::vector<double> means;
        for (auto first = waits.begin() + WARM_UP; first != waits.end(); first += size)
        {
            const Time batch = std::accumulate(first, first + size, Time(0));
            means.push_back(static_cast<double>(batch.GetNanoSeconds()) / size);
        }
        const double mean = std::accumulate(means.begin(), means.end(), 0.0) / BATCHES;
        double squares = 0;
        for (const double each : means)
        {
            squares += (each - mean) * (each - mean);
        }
        const double halfWidth = STUDENT_99 * std::sqrt(squares / (BATCHES - 1) / BATCHES);
        const double known = m_load * GetSecondMoment(m_law) / (2 * (1 - m_load)) * MEAN_SERVICE_NS;
        NS_TEST_EXPECT_MSG_EQ_TOL(mean, known, halfWidth, "mean wait in nanoseconds");
        NS_TEST_EXPECT_MSG_LT(halfWidth, WIDEST_INTERVAL * known, "half width of the interval");
    }

  private:
    Law m_law;                                //!< of the services
    double m_load;                            //!< share of time in which the server works
    int m_arrived{0};                         //!< so far
    Ptr<ExponentialRandomVariable> m_gap;     //!< between arrivals, mean 1
    Ptr<ExponentialRandomVariable> m_service; //!< mean 1
    Ptr<UniformRandomVariable> m_uniform;     //!< for the other laws
};

/**
 * @ingroup referee-test
 *
 * The queue of a satellite's computer.
 */
class ServerQueueTestCase : public QueueTestCase
{
  public:
    using QueueTestCase::QueueTestCase;

  private:
    void DoRun() override
    {
        Seed(100);
        Ptr<ComputeServer> server = CreateObject<ComputeServer>();
        LengthIntegral present;
        std::vector<Time> waits;
        Time served;
        server->TraceConnectWithoutContext("Length",
                                           MakeCallback(&LengthIntegral::Change, &present));
        Callback<void, const JobRecord&> record([&](const JobRecord& job) {
            waits.push_back(job.started - job.submitted);
            served += job.finished - job.started;
        });
        server->TraceConnectWithoutContext("Served", record);
        ArriveLater([this, server] {
            const double serviceNs = DrawService() * MEAN_SERVICE_NS;
            server->Submit({}, NanoSeconds(std::llround(serviceNs)), [] {});
        });
        Simulator::Run();
        // The traced length counts the job in service too.
        Check(waits, present.Get() - served.GetNanoSeconds());
        Simulator::Destroy();
    }
};

/**
 * @ingroup referee-test
 *
 * The transmit queue of a laser link.
 */
class LinkQueueTestCase : public QueueTestCase
{
  public:
    using QueueTestCase::QueueTestCase;

  private:
    void DoRun() override
    {
        Seed(200);
        Ptr<EphemerisKnots> still = CreateObject<EphemerisKnots>();
        const Time end = Seconds(100'000);
        const std::vector<double> knot{0, 0, 0, TEN_LIGHT_MILLISECONDS_M, 0, 0};
        std::vector<double> knots = knot;
        knots.insert(knots.end(), knot.begin(), knot.end());
        still->SetKnots(2, end, knots, std::vector<double>(knots.size()));
        LeoTestNetwork network(still, end);
        network.SetQueuePackets(ARRIVALS);
        network.Connect(0, 1, "8Mbps"); // 1000 bytes a millisecond
        LengthIntegral waiting;
        network.GetLink(0)->GetPointToPointDevice(0)->GetQueue()->TraceConnectWithoutContext(
            "PacketsInQueue",
            MakeCallback(&LengthIntegral::Change, &waiting));
        std::vector<Time> arrivals;
        std::vector<Time> waits;
        Callback<void, Ptr<const Packet>, Ptr<const NetDevice>, Ptr<const NetDevice>, Time, Time>
            record([&](Ptr<const Packet>, Ptr<const NetDevice>, Ptr<const NetDevice>, Time, Time) {
                waits.push_back(Simulator::Now() - arrivals[waits.size()]);
            });
        network.GetLink(0)->TraceConnectWithoutContext("Transmit", record);
        // What goes from device to device need not be of a socket.
        Ptr<NetDevice> device = network.GetLink(0)->GetDevice(0);
        network.GetLink(0)->GetDevice(1)->SetReceiveCallback(
            Callback<bool, Ptr<NetDevice>, Ptr<const Packet>, uint16_t, const Address&>(
                [](Ptr<NetDevice>, Ptr<const Packet>, uint16_t, const Address&) { return true; }));
        ArriveLater([this, device, &arrivals] {
            constexpr uint32_t PPP_BYTES = 2;
            constexpr double BYTES = 1000;
            arrivals.push_back(Simulator::Now());
            const auto bytes = static_cast<uint32_t>(std::lround(DrawService() * BYTES));
            device->Send(Create<Packet>(bytes - PPP_BYTES), device->GetBroadcast(), 0x0800);
        });
        Simulator::Run();
        Check(waits, waiting.Get());
        Simulator::Destroy();
    }
};

} // namespace

std::vector<TestCase*>
MakeQueueingTheoryTestCases()
{
    return {
        new ServerQueueTestCase("A computer is an M-M-1 queue, half busy", Law::EXPONENTIAL, 0.5),
        new ServerQueueTestCase("A computer is an M-M-1 queue, busy", Law::EXPONENTIAL, 0.7),
        new ServerQueueTestCase("A computer is an M-D-1 queue", Law::FIXED, 0.7),
        new ServerQueueTestCase("A computer is an M-G-1 queue", Law::TWO_KINDS, 0.5),
        new LinkQueueTestCase("A laser link is an M-D-1 queue, half busy", Law::FIXED, 0.5),
        new LinkQueueTestCase("A laser link is an M-D-1 queue, busy", Law::FIXED, 0.8),
        new LinkQueueTestCase("A laser link is an M-G-1 queue", Law::UNIFORM, 0.7),
    };
}

} // namespace ns3
