/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef MOE_TEST_H
#define MOE_TEST_H

#include "ns3/channel-network.h"
#include "ns3/test.h"

#include <string>
#include <vector>

/**
 * @defgroup moe-test moe module tests
 * @ingroup moe
 * @ingroup tests
 */

namespace ns3
{

/**
 * @ingroup moe-test
 *
 * What a function throws, in words.
 *
 * @tparam Exception the type to catch
 * @param action the function
 * @return what() of the exception; empty if the function throws nothing or something else
 */
template <typename Exception, typename Action>
std::string
CatchMessage(Action action)
{
    try
    {
        action();
    }
    catch (const Exception& error)
    {
        return error.what();
    }
    catch (...)
    {
        return "";
    }
    return "";
}

/**
 * @ingroup moe-test
 *
 * Satellites at rest, joined by laser links of one rate; links and tables are given by the test.
 */
class MoeTestNetwork
{
  public:
    /// Transmission of one byte: the links have 8 Mb/s.
    static constexpr int64_t BYTE_NS = 1000;
    /// IPv4, UDP and PPP headers of a packet.
    static constexpr uint32_t HEADER_BYTES = 20 + 8 + 2;

    /**
     * @brief Create the satellites, for 100 s.
     * @param lightMilliseconds positions, in distances that light travels in a millisecond
     * @param slot duration of a slot of the forwarding tables and of the link schedule
     */
    explicit MoeTestNetwork(const std::vector<Vector>& lightMilliseconds, Time slot = Seconds(30));

    /**
     * @brief Choose what becomes of the packets of links that are made from now on.
     * @param policy the policy
     */
    void SetPolicy(LaserChannel::LossPolicy policy);

    /**
     * @brief Start the link schedule, all links at 8 Mb/s.
     * @param up whether each link is up, [slot][link]
     */
    void StartSchedule(const std::vector<std::vector<bool>>& up);

    /**
     * @brief Join two satellites.
     * @param a one satellite
     * @param b the other
     */
    void Connect(uint32_t a, uint32_t b);

    /**
     * @brief Set the capacity of the transmit queues made from now on.
     * @param packets the capacity
     */
    void SetQueuePackets(uint32_t packets);

    /**
     * @brief Give the one forwarding table, in force in slot 0.
     * @param destinations the rows
     * @param ports [destination][satellite]
     */
    void Load(const std::vector<uint32_t>& destinations, const std::vector<uint8_t>& ports);

    /** @return the satellites */
    const NodeContainer& GetSatellites() const;
    /** @return the forwarding tables */
    ForwardingTables& GetTables();
    /** @return the satellites and links */
    Ptr<LaserNetwork> GetNetwork() const;

  private:
    Time m_slot;                    //!< duration of a slot
    Ptr<LaserNetwork> m_network;    //!< the satellites and links
    Ptr<ForwardingTables> m_tables; //!< shared by all satellites
};

/**
 * @ingroup moe-test
 * @return the cases of MoeWorkload
 */
std::vector<TestCase*> MakeMoeWorkloadTestCases();

/**
 * @ingroup moe-test
 * @return the cases of MoeHeader
 */
std::vector<TestCase*> MakeMoeHeaderTestCases();

/**
 * @ingroup moe-test
 * @return the cases of MessageEndpoint
 */
std::vector<TestCase*> MakeMessageEndpointTestCases();

/**
 * @ingroup moe-test
 * @return the cases of messages that are sent again
 */
std::vector<TestCase*> MakeMessageRecoveryTestCases();

/**
 * @ingroup moe-test
 * @return the cases of TcpEndpoint
 */
std::vector<TestCase*> MakeTcpEndpointTestCases();

/**
 * @ingroup moe-test
 * @return the cases of messages that do not leave their satellite
 */
std::vector<TestCase*> MakeStayingMessageTestCases();

/**
 * @ingroup moe-test
 * @return the cases of a whole ring and of what MoeRecorder says of it
 */
std::vector<TestCase*> MakeMoeRingTestCases();

/**
 * @ingroup moe-test
 * @return the cases of a ring that loses messages on links that stay up
 */
std::vector<TestCase*> MakeMoeDropTestCases();

/**
 * @ingroup moe-test
 * @return the cases of rings whose hosts share satellites
 */
std::vector<TestCase*> MakeSharedSatelliteTestCases();

/**
 * @ingroup moe-test
 * @return the cases of rings whose hosts change, go, or are not there
 */
std::vector<TestCase*> MakeChangingHostTestCases();

/**
 * @ingroup moe-test
 * @return the cases of background traffic
 */
std::vector<TestCase*> MakeBackgroundTestCases();

/**
 * @ingroup moe-test
 * @return the cases of steps that are served together, and of queues that are full
 */
std::vector<TestCase*> MakeBatchTestCases();

/**
 * @ingroup moe-test
 * @return the cases of a ring on links that go down
 */
std::vector<TestCase*> MakeMoeLossTestCases();

} // namespace ns3

#endif // MOE_TEST_H
