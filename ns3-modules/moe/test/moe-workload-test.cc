/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "moe-test.h"

#include "ns3/moe-workload.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

namespace ns3
{

namespace
{

/**
 * @ingroup moe-test
 */
class WorkloadRulesTestCase : public TestCase
{
  public:
    WorkloadRulesTestCase()
        : TestCase("MoeWorkload throws std::invalid_argument for a plan that breaks a rule")
    {
    }

  private:
    using Resident = MoeWorkload::Resident;

    /// Two layers of two experts, top-1.
    const std::vector<MoeWorkload::Sequence> m_sequences{{Seconds(0), 1, 0}, {Seconds(1), 2, 1}};

    void DoRun() override
    {
        ExpectGateways(2, false, "two layers");
        ExpectGateways(1, true, "a single layer");
        ExpectGateways(0, true, "no layers");

        const std::vector<Resident> single = {At(0, 0, 2), At(0, 1, 3), At(1, 0, 4), At(1, 1, 5)};
        ExpectResidents(2, single, {}, false, "two layers of two experts");
        ExpectResidents(2, single, {At(1, 0, 2)}, false, "a replica on another satellite");
        ExpectResidents(2, single, {At(1, 0, 4)}, true, "a replica on the same satellite");
        ExpectResidents(2, single, {At(2, 0, 6)}, true, "a layer that is not there");
        ExpectResidents(2, single, {At(1, 2, 6)}, true, "an expert that is not there");
        ExpectResidents(3, single, {}, true, "an expert of each layer that lives nowhere");
        ExpectResidents(0, {}, {}, true, "no experts");
        ExpectPorts();

        ExpectHosts({2, 3, 4, 5}, false, "the only resident of each");
        ExpectHosts({2, 3, 6, 5}, false, "another resident");
        ExpectHosts({2, 3, 4, 6}, true, "a satellite where another expert lives");
        ExpectHosts({2, 3, 4, 7}, true, "a satellite where no expert lives");
        ExpectHosts({2, 3, 4}, true, "a host too few");
        ExpectHosts({2, 3, 4, 5, 6}, true, "a host too many");

        ExpectSequences(m_sequences, {0, 1, 1, 0, 0, 0}, false, "three tokens of two layers");
        ExpectSequences(m_sequences, {0, 1, 1, 0, 0}, true, "an activation too few");
        ExpectSequences(m_sequences, {0, 1, 1, 0, 0, 0, 0}, true, "an activation too many");
        ExpectSequences(m_sequences, {0, 1, 1, 0, 0, 2}, true, "an expert that is not there");
        ExpectSequences({{Seconds(0), 1, 0}, {Seconds(1), 2, 0}},
                        {0, 1, 1, 0, 0, 0},
                        true,
                        "sequences that share a row");
        ExpectSequences({{Seconds(0), 3, 1}}, {0, 1, 1, 0, 0, 0}, true, "a row left out");
    }

    /** @return a workload of two gateways */
    static Ptr<MoeWorkload> MakeGateways()
    {
        Ptr<MoeWorkload> workload = CreateObject<MoeWorkload>();
        workload->SetGateways({{0, Time(0)}, {1, Time(0)}}, Time(0));
        return workload;
    }

    /** @return a workload of two layers of two experts, one of them with a replica */
    static Ptr<MoeWorkload> MakeWorkload()
    {
        Ptr<MoeWorkload> workload = MakeGateways();
        workload->SetResidents(2,
                               {At(0, 0, 2), At(0, 1, 3), At(1, 0, 4), At(1, 0, 6), At(1, 1, 5)});
        return workload;
    }

    /**
     * @brief Put an expert on a satellite.
     * @param layer its layer
     * @param expert the expert
     * @param satellite where it lives
     * @return the resident, which computes in no time
     */
    static Resident At(uint32_t layer, uint32_t expert, uint32_t satellite)
    {
        return {layer, expert, satellite, Time(0)};
    }

    /**
     * @brief See whether an action throws, with a message.
     * @param action the action
     * @param isBad whether it must
     * @param what the case in words
     */
    template <typename Action>
    void Expect(Action action, bool isBad, const std::string& what)
    {
        const bool isRefused = !CatchMessage<std::invalid_argument>(action).empty();
        NS_TEST_EXPECT_MSG_EQ(isRefused, isBad, what);
    }

    /**
     * @brief Try gateways.
     * @param layers number of gateways
     * @param isBad whether it must throw
     * @param what the case in words
     */
    void ExpectGateways(std::size_t layers, bool isBad, const std::string& what)
    {
        const std::vector<MoeWorkload::Gateway> gateways(layers, {0, Time(0)});
        Ptr<MoeWorkload> workload = CreateObject<MoeWorkload>();
        Expect([&] { workload->SetGateways(gateways, Time(0)); }, isBad, what);
    }

    /**
     * @brief Try residents.
     * @param experts experts of each of two layers
     * @param residents where they live
     * @param more further residents
     * @param isBad whether it must throw
     * @param what the case in words
     */
    void ExpectResidents(uint32_t experts,
                         std::vector<Resident> residents,
                         const std::vector<Resident>& more,
                         bool isBad,
                         const std::string& what)
    {
        residents.insert(residents.end(), more.begin(), more.end());
        Ptr<MoeWorkload> workload = MakeGateways();
        Expect([&] { workload->SetResidents(experts, residents); }, isBad, what);
    }

    /// Two layers of experts that just fit the ports 20000 to 65535, and of one more each.
    void ExpectPorts()
    {
        Ptr<MoeWorkload> workload = MakeGateways();
        workload->SetResidents(22'768, MakeResidents(22'768));
        NS_TEST_EXPECT_MSG_EQ(workload->GetExpertPort(1, 22'767), 65535, "the last port");
        ExpectResidents(22'769, MakeResidents(22'769), {}, true, "more experts than UDP ports");
    }

    /**
     * @brief Put all experts of two layers on one satellite.
     * @param experts of a layer
     * @return the residents
     */
    static std::vector<Resident> MakeResidents(uint32_t experts)
    {
        std::vector<Resident> residents;
        for (uint32_t index = 0; index < 2 * experts; ++index)
        {
            residents.push_back(At(index / experts, index % experts, 0));
        }
        return residents;
    }

    /**
     * @brief Try hosts of a workload in which expert 0 of layer 1 lives on 4 and on 6; if they are
     * refused, those before must stay.
     * @param hosts satellites
     * @param isBad whether it must throw
     * @param what the case in words
     */
    void ExpectHosts(const std::vector<uint32_t>& hosts, bool isBad, const std::string& what)
    {
        Ptr<MoeWorkload> workload = MakeWorkload();
        Expect([&] { workload->SetExpertHosts(hosts); }, isBad, what);
        NS_TEST_EXPECT_MSG_EQ(workload->GetExpertHost(1, 0), (isBad ? 4 : hosts[2]), what);
    }

    /**
     * @brief Try sequences.
     * @param sequences the sequences
     * @param activations their experts, top-1
     * @param isBad whether it must throw
     * @param what the case in words
     */
    void ExpectSequences(const std::vector<MoeWorkload::Sequence>& sequences,
                         const std::vector<uint16_t>& activations,
                         bool isBad,
                         const std::string& what)
    {
        Ptr<MoeWorkload> workload = MakeWorkload();
        Expect([&] { workload->SetSequences(sequences, 1, activations); }, isBad, what);
    }
};

/**
 * @ingroup moe-test
 */
class WorkloadLookupTestCase : public TestCase
{
  public:
    WorkloadLookupTestCase()
        : TestCase("MoeWorkload finds hosts around the ring, times, ports and activated experts")
    {
    }

  private:
    void DoRun() override
    {
        Ptr<MoeWorkload> workload = CreateObject<MoeWorkload>();
        workload->SetGateways({{10, Seconds(1)}, {11, Seconds(2)}}, Seconds(3));
        workload->SetResidents(3,
                               {{1, 2, 26, Seconds(9)},
                                {1, 2, 25, Seconds(8)},
                                {0, 0, 20, Seconds(4)},
                                {0, 1, 21, Seconds(4)},
                                {0, 2, 22, Seconds(4)},
                                {1, 1, 24, Seconds(5)},
                                {1, 0, 23, Seconds(6)}});
        workload->SetSequences({{Seconds(0), 1, 0}, {Seconds(0), 1, 1}},
                               2,
                               {0, 1, 1, 2, 2, 0, 0, 2});
        NS_TEST_EXPECT_MSG_EQ(workload->GetLayers(), 2, "layers");
        NS_TEST_EXPECT_MSG_EQ(workload->GetExperts(), 3, "experts of a layer");
        NS_TEST_EXPECT_MSG_EQ(workload->GetGateway(1), 11, "gateway");
        NS_TEST_EXPECT_MSG_EQ(workload->GetGateway(2), 10, "gateway after the last layer");
        NS_TEST_EXPECT_MSG_EQ(workload->GetGatewayTime(1), Seconds(2), "time of a gateway");
        NS_TEST_EXPECT_MSG_EQ(workload->GetHeadTime(), Seconds(3), "time of the head");
        NS_TEST_EXPECT_MSG_EQ(workload->GetExpertHost(0, 1), 21, "host of an expert");
        NS_TEST_EXPECT_MSG_EQ(workload->GetExpertHost(1, 2), 26, "the first one listed");
        NS_TEST_EXPECT_MSG_EQ(workload->GetExpertTime(1, 2, 26), Seconds(9), "time on one");
        NS_TEST_EXPECT_MSG_EQ(workload->GetExpertTime(1, 2, 25), Seconds(8), "time on the other");
        NS_TEST_EXPECT_MSG_EQ(workload->GetExpertTime(1, 0, 23),
                              Seconds(6),
                              "time on the only one");
        const std::string error =
            CatchMessage<std::invalid_argument>([&] { workload->GetExpertTime(1, 1, 23); });
        NS_TEST_EXPECT_MSG_EQ(
            error.find("workload: expert 1 of layer 1 does not live on satellite 23"),
            0,
            error);
        CheckResidents(workload->GetResidents());
        NS_TEST_EXPECT_MSG_EQ(workload->GetGatewayPort(1), 10001, "port of a gateway");
        NS_TEST_EXPECT_MSG_EQ(workload->GetGatewayPort(2), 10000, "port after the last layer");
        NS_TEST_EXPECT_MSG_EQ(workload->GetExpertPort(1, 2), 20005, "port of an expert");
        const uint16_t* activated = workload->GetActivated(1, 0, 1);
        NS_TEST_EXPECT_MSG_EQ(activated[0], 0, "request 1, token 0, layer 1, first");
        NS_TEST_EXPECT_MSG_EQ(activated[1], 2, "request 1, token 0, layer 1, second");
        NS_TEST_EXPECT_MSG_EQ(workload->GetSelection(1, 0, 1, 0), 0, "the expert selected first");
        NS_TEST_EXPECT_MSG_EQ(workload->GetSelection(1, 0, 1, 2), 1, "the expert selected second");
        NS_TEST_EXPECT_MSG_EQ(workload->GetSelection(1, 0, 1, 1), 2, "the expert not selected");
        const uint64_t message = workload->NextMessage();
        NS_TEST_EXPECT_MSG_NE(workload->NextMessage(), message, "numbers of messages");
        const std::string late = CatchMessage<std::logic_error>(
            [&] { workload->SetGateways({{10, Seconds(1)}, {11, Seconds(2)}}, Seconds(3)); });
        NS_TEST_EXPECT_MSG_EQ(late.empty(), false, "gateways after experts");
    }

    /// @param residents by layer and expert
    void CheckResidents(const std::vector<MoeWorkload::Resident>& residents)
    {
        const uint32_t satellites[] = {20, 21, 22, 23, 24, 26, 25};
        NS_TEST_EXPECT_MSG_EQ(residents.size(), 7, "residents");
        for (std::size_t index = 0; index < std::min<std::size_t>(residents.size(), 7); ++index)
        {
            NS_TEST_EXPECT_MSG_EQ(residents[index].satellite, satellites[index], index);
        }
    }
};

} // namespace

std::vector<TestCase*>
MakeMoeWorkloadTestCases()
{
    return {
        new WorkloadRulesTestCase,
        new WorkloadLookupTestCase,
    };
}

} // namespace ns3
