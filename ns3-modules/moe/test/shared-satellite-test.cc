/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "moe-test.h"
#include "shared-ring.h"

#include <vector>

namespace ns3
{

namespace
{

using namespace shared_ring;

/**
 * @ingroup moe-test
 *
 *     g0 = 0 ---P--- 1 ---P--- 2 = g1        all experts of both layers on 1
 *
 * Layer 0 activates experts 2, 0, 1. Their dispatches follow each other on the wire, the first is
 * at satellite 1 at A = START + G0 + T + P. Expert 2 takes 5 ms, so the others queue behind it. The
 * results leave at least 2 ms apart, on an idle link.
 */
class FirstComeTestCase : public SharedRingTestCase
{
  public:
    FirstComeTestCase()
        : SharedRingTestCase(
              "Experts on one satellite share its computer, first come, first served")
    {
    }

  private:
    void DoRun() override
    {
        constexpr int64_t MS = 1'000'000;
        MoeTestNetwork network({Vector(0, 0, 0), Vector(10, 0, 0), Vector(20, 0, 0)});
        network.Connect(0, 1);
        network.Connect(1, 2);
        network.Load({0, 1, 2}, {NONE, 0, 0, 0, NONE, 0, 0, 1, NONE});
        Install(network,
                {{0, 2},
                 3,
                 {At(0, 0, 1, 2 * MS),
                  At(0, 1, 1, 3 * MS),
                  At(0, 2, 1, 5 * MS),
                  At(1, 0, 1, 2 * MS),
                  At(1, 1, 1, 3 * MS),
                  At(1, 2, 1, 5 * MS)},
                 3,
                 false,
                 {2, 0, 1, 1, 2, 0}});
        Run();
        constexpr int64_t A = START + G0 + T + P;
        constexpr int64_t R = A + 10 * MS + T + P; // all results at g1
        constexpr int64_t B = R + G1 + T + P;      // first dispatch of layer 1 at satellite 1
        constexpr int64_t S = B + 10 * MS + T + P; // all results at g0
        ExpectJobs({{Kind::GATEWAY, 0, NO_EXPERT, 0, START, START, START + G0},
                    {Kind::EXPERT, 0, 2, 1, A, A, A + 5 * MS},
                    {Kind::EXPERT, 0, 0, 1, A + T, A + 5 * MS, A + 7 * MS},
                    {Kind::EXPERT, 0, 1, 1, A + 2 * T, A + 7 * MS, A + 10 * MS},
                    {Kind::GATEWAY, 1, NO_EXPERT, 2, R, R, R + G1},
                    {Kind::EXPERT, 1, 1, 1, B, B, B + 3 * MS},
                    {Kind::EXPERT, 1, 2, 1, B + T, B + 3 * MS, B + 8 * MS},
                    {Kind::EXPERT, 1, 0, 1, B + 2 * T, B + 8 * MS, B + 10 * MS},
                    {Kind::HEAD, 1, NO_EXPERT, 0, S, S, S + HEAD}});
        ExpectAccount(12, 12);
    }
};

/**
 * @ingroup moe-test
 *
 * Everything on the only satellite there is. One sequence: the jobs of its two tokens follow each
 * other without a gap, experts in the order of selection.
 */
class OneSatelliteTestCase : public SharedRingTestCase
{
  public:
    OneSatelliteTestCase()
        : SharedRingTestCase("A whole ring on one satellite needs no links and takes its computing")
    {
    }

  private:
    void DoRun() override
    {
        constexpr int64_t E[2][2] = {{2'000'000, 1'000'000}, {500'000, 300'000}};
        const MoeTestNetwork network({Vector(0, 0, 0)});
        const std::vector<uint16_t> activations = {1, 0, 0, 1, 0, 1, 1, 0};
        Install(network,
                {{0, 0},
                 2,
                 {At(0, 0, 0, E[0][0]),
                  At(0, 1, 0, E[0][1]),
                  At(1, 0, 0, E[1][0]),
                  At(1, 1, 0, E[1][1])},
                 2,
                 true,
                 activations,
                 {{NanoSeconds(START), 2, 0}}});
        Run();
        std::vector<Job> jobs;
        int64_t now = START;
        const auto add = [&](Kind kind, uint16_t layer, uint16_t expert, int64_t wait, int64_t ns) {
            jobs.push_back({kind, layer, expert, 0, now - wait, now, now + ns});
            now += ns;
        };
        for (int token = 0; token < 2; ++token)
        {
            for (uint16_t layer = 0; layer < 2; ++layer)
            {
                const uint16_t* selected = &activations[(2 * token + layer) * 2];
                const int64_t firstNs = E[layer][selected[0]];
                add(Kind::GATEWAY, layer, NO_EXPERT, 0, layer == 0 ? G0 : G1);
                add(Kind::EXPERT, layer, selected[0], 0, firstNs);
                add(Kind::EXPERT, layer, selected[1], firstNs, E[layer][selected[1]]);
            }
            add(Kind::HEAD, 1, NO_EXPERT, 0, HEAD);
        }
        ExpectJobs(jobs);
        NS_TEST_EXPECT_MSG_EQ(m_recorder->GetTokensEmitted(), 2, "tokens emitted");
        // A layer of a token: two dispatches, two results, a residual.
        ExpectAccount(2 * 2 * 5, 0);
    }
};

/**
 * @ingroup moe-test
 *
 * The same with two sequences, the second 1 ms behind the first; a gateway's job waits for those of
 * the other sequence's experts and the other way round. In ms from START:
 *
 *     job       submitted  started  finished      job       submitted  started  finished
 *     0: g0         0         0        3          1: g1        10        14       18
 *     1: g0         1         3        6          0: expert    14        18       18.5
 *     0: expert     3         6        8          1: expert    18        18.5     19
 *     1: expert     6         8       10          0: head      18.5      19       19.7
 *     0: g1         8        10       14          1: head      19        19.7     20.4
 */
class TwoSequencesTestCase : public SharedRingTestCase
{
  public:
    TwoSequencesTestCase()
        : SharedRingTestCase("Gateways and experts of a satellite share one queue")
    {
    }

  private:
    void DoRun() override
    {
        const MoeTestNetwork network({Vector(0, 0, 0)});
        Install(network,
                {{0, 0},
                 1,
                 {At(0, 0, 0, 2'000'000), At(1, 0, 0, 500'000)},
                 1,
                 false,
                 {0, 0, 0, 0},
                 {{NanoSeconds(START), 1, 0}, {NanoSeconds(START + 1'000'000), 1, 1}}});
        Run();
        const auto at = [](double milliseconds) {
            return START + static_cast<int64_t>(milliseconds * 1'000'000 + 0.5);
        };
        ExpectJobs({{Kind::GATEWAY, 0, NO_EXPERT, 0, at(0), at(0), at(3), 0},
                    {Kind::GATEWAY, 0, NO_EXPERT, 0, at(1), at(3), at(6), 1},
                    {Kind::EXPERT, 0, 0, 0, at(3), at(6), at(8), 0},
                    {Kind::EXPERT, 0, 0, 0, at(6), at(8), at(10), 1},
                    {Kind::GATEWAY, 1, NO_EXPERT, 0, at(8), at(10), at(14), 0},
                    {Kind::GATEWAY, 1, NO_EXPERT, 0, at(10), at(14), at(18), 1},
                    {Kind::EXPERT, 1, 0, 0, at(14), at(18), at(18.5), 0},
                    {Kind::EXPERT, 1, 0, 0, at(18), at(18.5), at(19), 1},
                    {Kind::HEAD, 1, NO_EXPERT, 0, at(18.5), at(19), at(19.7), 0},
                    {Kind::HEAD, 1, NO_EXPERT, 0, at(19), at(19.7), at(20.4), 1}});
        ExpectAccount(8, 0);
    }
};

/**
 * @ingroup moe-test
 *
 *     g0 and the experts of layer 0 = 0 ---P--- 1 = g1 and those of layer 1
 *
 * The dispatches of a layer arrive with the end of its gateway's job; the residual leaves at the
 * same time and is on the wire while the experts compute. Each layer ends with the second result,
 * which is at the next gateway T + P after both experts, as the first expert takes longer than T.
 */
class LayerOnOneSatelliteTestCase : public SharedRingTestCase
{
  public:
    LayerOnOneSatelliteTestCase()
        : SharedRingTestCase("A layer on one satellite sends only results and residuals")
    {
    }

  private:
    void DoRun() override
    {
        constexpr int64_t SLOW = 3'000'000;
        constexpr int64_t FAST = 2'000'000;
        MoeTestNetwork network({Vector(0, 0, 0), Vector(10, 0, 0)});
        network.Connect(0, 1);
        network.Load({0, 1}, {NONE, 0, 0, NONE});
        Install(network,
                {{0, 1},
                 2,
                 {At(0, 0, 0, SLOW), At(0, 1, 0, FAST), At(1, 0, 1, SLOW), At(1, 1, 1, FAST)},
                 2,
                 true,
                 {1, 0, 0, 1}});
        Run();
        constexpr int64_t D = START + G0;
        constexpr int64_t R = D + FAST + SLOW + T + P;
        constexpr int64_t F = R + G1;
        constexpr int64_t S = F + SLOW + FAST + T + P;
        ExpectJobs({{Kind::GATEWAY, 0, NO_EXPERT, 0, START, START, D},
                    {Kind::EXPERT, 0, 1, 0, D, D, D + FAST},
                    {Kind::EXPERT, 0, 0, 0, D, D + FAST, D + FAST + SLOW},
                    {Kind::GATEWAY, 1, NO_EXPERT, 1, R, R, F},
                    {Kind::EXPERT, 1, 0, 1, F, F, F + SLOW},
                    {Kind::EXPERT, 1, 1, 1, F, F + SLOW, F + SLOW + FAST},
                    {Kind::HEAD, 1, NO_EXPERT, 0, S, S, S + HEAD}});
        ExpectAccount(10, 6);
    }
};

/**
 * @ingroup moe-test
 *
 *     g0 = g1 = 0 ---P--- 1 = both experts of both layers
 *
 * Residuals stay; the layer ends with the results. The second dispatch is at satellite 1 at
 * 2 T + P, while the first expert, which takes longer than T, computes.
 */
class GatewaysOnOneSatelliteTestCase : public SharedRingTestCase
{
  public:
    GatewaysOnOneSatelliteTestCase()
        : SharedRingTestCase("Consecutive gateways on one satellite hand the residual over at once")
    {
    }

  private:
    void DoRun() override
    {
        constexpr int64_t E = 2'000'000;
        MoeTestNetwork network({Vector(0, 0, 0), Vector(10, 0, 0)});
        network.Connect(0, 1);
        network.Load({0, 1}, {NONE, 0, 0, NONE});
        Install(network,
                {{0, 0},
                 2,
                 {At(0, 0, 1, E), At(0, 1, 1, E), At(1, 0, 1, E), At(1, 1, 1, E)},
                 2,
                 true,
                 {0, 1, 1, 0}});
        Run();
        constexpr int64_t A = START + G0 + T + P;
        constexpr int64_t R = A + 2 * E + T + P;
        constexpr int64_t B = R + G1 + T + P;
        constexpr int64_t S = B + 2 * E + T + P;
        ExpectJobs({{Kind::GATEWAY, 0, NO_EXPERT, 0, START, START, START + G0},
                    {Kind::EXPERT, 0, 0, 1, A, A, A + E},
                    {Kind::EXPERT, 0, 1, 1, A + T, A + E, A + 2 * E},
                    {Kind::GATEWAY, 1, NO_EXPERT, 0, R, R, R + G1},
                    {Kind::EXPERT, 1, 1, 1, B, B, B + E},
                    {Kind::EXPERT, 1, 0, 1, B + T, B + E, B + 2 * E},
                    {Kind::HEAD, 1, NO_EXPERT, 0, S, S, S + HEAD}});
        ExpectAccount(10, 8);
    }
};

/**
 * @ingroup moe-test
 *
 * Both experts of layer 0 live on satellite 3; the way there changes after the first dispatch has
 * passed satellite 1:
 *
 *     0 --10-- 1 ---4--- 2 ---5--- 3        first dispatch: by 2, at 3 after T + 10 + 2 T + 9 ms
 *               \________9________/         second: straight, at 3 after 2 T + 10 + T + 9 ms
 *
 * As 2 lies on the straight line, both arrive in the same nanosecond, in an order of events that
 * has nothing to do with the order of selection. All the rest is on satellite 3, but for g0.
 */
class SameNanosecondTestCase : public SharedRingTestCase
{
  public:
    SameNanosecondTestCase()
        : SharedRingTestCase("Dispatches that arrive together are served in the order of selection")
    {
    }

  private:
    void DoRun() override
    {
        RunWith({0, 1}, 6'000'000, 2'000'000);
        RunWith({1, 0}, 2'000'000, 6'000'000);
    }

    /**
     * @brief Run with an order of selection.
     * @param selected experts of layer 0
     * @param firstNs computing time of the one selected first
     * @param secondNs computing time of the other
     */
    void RunWith(const std::vector<uint16_t>& selected, int64_t firstNs, int64_t secondNs)
    {
        // The first dispatch is at satellite 1 at 19.066 ms, the second at 20.132 ms.
        MoeTestNetwork network(
            {Vector(0, 0, 0), Vector(10, 0, 0), Vector(14, 0, 0), Vector(19, 0, 0)},
            MicroSeconds(19'500));
        network.Connect(0, 1);
        network.Connect(1, 2);
        network.Connect(2, 3);
        network.Connect(1, 3);
        network.GetTables().SetDestinations(4, {0, 3});
        network.GetTables().Load(0, {NONE, 0, 0, 1, 0, 1, 1, NONE});
        for (uint32_t slot = 1; slot < 100; ++slot)
        {
            network.GetTables().Load(slot, {NONE, 0, 0, 1, 0, 2, 1, NONE});
        }
        constexpr int64_t E1 = 500'000;
        const int64_t times[] = {selected[0] == 0 ? firstNs : secondNs,
                                 selected[0] == 0 ? secondNs : firstNs};
        Install(network,
                {{0, 3},
                 2,
                 {At(0, 0, 3, times[0]), At(0, 1, 3, times[1]), At(1, 0, 3, E1), At(1, 1, 3, E1)},
                 2,
                 false,
                 {selected[0], selected[1], 0, 1}});
        Run();
        constexpr int64_t A = START + G0 + 3 * T + 19'000'000;
        const int64_t end = A + firstNs + secondNs;
        constexpr int64_t BACK = 2 * T + 19'000'000; // straight
        // The second result waits for the first at the transmitter, as E1 < T.
        const int64_t last = end + G1 + E1 + T + BACK;
        ExpectJobs({{Kind::GATEWAY, 0, NO_EXPERT, 0, START, START, START + G0},
                    {Kind::EXPERT, 0, selected[0], 3, A, A, A + firstNs},
                    {Kind::EXPERT, 0, selected[1], 3, A, A + firstNs, end},
                    {Kind::GATEWAY, 1, NO_EXPERT, 3, end, end, end + G1},
                    {Kind::EXPERT, 1, 0, 3, end + G1, end + G1, end + G1 + E1},
                    {Kind::EXPERT, 1, 1, 3, end + G1, end + G1 + E1, end + G1 + 2 * E1},
                    {Kind::HEAD, 1, NO_EXPERT, 0, last, last, last + HEAD}});
        ExpectAccount(8, 4);
    }
};

} // namespace

std::vector<TestCase*>
MakeSharedSatelliteTestCases()
{
    return {
        new FirstComeTestCase,
        new OneSatelliteTestCase,
        new TwoSequencesTestCase,
        new LayerOnOneSatelliteTestCase,
        new GatewaysOnOneSatelliteTestCase,
        new SameNanosecondTestCase,
    };
}

} // namespace ns3
