/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef MOE_TEST_RING_H
#define MOE_TEST_RING_H

#include "moe-test.h"

#include "ns3/boolean.h"
#include "ns3/moe-helper.h"
#include "ns3/uinteger.h"

#include <string>
#include <vector>

namespace ns3
{

/// What the ring of the tests is made of.
namespace ring
{

constexpr uint32_t MESSAGE_BYTES = 1000; //!< a hidden state
/// Its datagram's payload, with MoeHeader.
constexpr uint32_t PAYLOAD_BYTES = MESSAGE_BYTES + 36;

/// Times in nanoseconds, named as in the sums of moe-ring-test.cc.
constexpr int64_t T = 1'066'000;     //!< transmission: 1000 + 36 + 30 bytes at 8 Mb/s
constexpr int64_t P = 10'000'000;    //!< light time of the short links
constexpr int64_t Q = 17'000'000;    //!< light time of the long links
constexpr int64_t G0 = 3'000'000;    //!< gateway of layer 0
constexpr int64_t G1 = 4'000'000;    //!< gateway of layer 1
constexpr int64_t E0 = 2'000'000;    //!< an expert of layer 0
constexpr int64_t E1 = 500'000;      //!< an expert of layer 1
constexpr int64_t HEAD = 700'000;    //!< the head
constexpr int64_t START = 5'000'000; //!< of the first token

} // namespace ring

/**
 * @ingroup moe-test
 *
 * A ring of two layers of two experts on five satellites:
 *
 *            1  both experts of layer 0
 *           / \
 *     g0 = 0   2 = g1      links 0-1, 1-2, 2-3 and 3-0: P
 *          |\ /|           links 2-4 and 4-0: Q
 *          | 3 |
 *          |   |           3 and 4: expert 0 and expert 1 of layer 1
 *           \ /
 *            4
 *
 * Residuals travel 0-1-2 and 2-4-0.
 */
class Ring
{
  public:
    /**
     * @brief Build the ring.
     * @param topK activated experts of a token in a layer
     * @param sendsResidual whether residuals travel
     * @param sequences the sequences
     * @param activations experts, [token][layer][k]
     */
    Ring(uint32_t topK,
         bool sendsResidual,
         const std::vector<MoeWorkload::Sequence>& sequences,
         const std::vector<uint16_t>& activations)
        // A rectangle of 16 by 12 (sides of triangles 6, 8, 10), and 8, 15, 17.
        : m_network({Vector(0, 0, 0),
                     Vector(8, 6, 0),
                     Vector(16, 0, 0),
                     Vector(8, -6, 0),
                     Vector(8, 0, 15)})
    {
        m_workload->SetAttribute("MessageBytes", UintegerValue(ring::MESSAGE_BYTES));
        m_workload->SetAttribute("SendResidual", BooleanValue(sendsResidual));
        m_workload->SetGateways({{0, NanoSeconds(ring::G0)}, {2, NanoSeconds(ring::G1)}},
                                NanoSeconds(ring::HEAD));
        m_workload->SetResidents(2,
                                 {{0, 0, 1, NanoSeconds(ring::E0)},
                                  {0, 1, 1, NanoSeconds(ring::E0)},
                                  {1, 0, 3, NanoSeconds(ring::E1)},
                                  {1, 1, 4, NanoSeconds(ring::E1)}});
        m_workload->SetSequences(sequences, topK, activations);
    }

    /**
     * @brief Make the links and install the applications.
     * @param endpoint name and value of an attribute of MessageEndpoint
     * @param value its value
     */
    void Install(const std::string& endpoint, uint32_t value)
    {
        const uint32_t links[][2] = {{0, 1}, {1, 2}, {2, 3}, {3, 0}, {2, 4}, {4, 0}};
        for (const auto& [a, b] : links)
        {
            m_network.Connect(a, b);
        }
        constexpr uint8_t NONE = ForwardingTables::NO_PORT;
        m_network.Load({0, 1, 2, 3, 4},
                       {
                           NONE, 0,    2,    1,    1,    // to 0
                           0,    NONE, 0,    NONE, NONE, // to 1
                           0,    1,    NONE, 0,    0,    // to 2
                           1,    NONE, 1,    NONE, NONE, // to 3
                           2,    NONE, 2,    NONE, NONE, // to 4
                       });
        MoeHelper helper;
        helper.SetEndpointAttribute(endpoint, UintegerValue(value));
        m_applications = helper.Install(m_network.GetNetwork(), m_workload, m_recorder);
    }

    /** @return the network */
    MoeTestNetwork& GetNetwork()
    {
        return m_network;
    }

    /** @return the gateway of layer 0 */
    Ptr<Application> GetFirstGateway() const
    {
        return m_applications.Get(0);
    }

    /** @return what was recorded */
    const MoeRecorder& GetRecorder() const
    {
        return *m_recorder;
    }

  private:
    MoeTestNetwork m_network;                                 //!< the satellites
    Ptr<MoeWorkload> m_workload{CreateObject<MoeWorkload>()}; //!< the plan
    Ptr<MoeRecorder> m_recorder{CreateObject<MoeRecorder>()}; //!< listens
    ApplicationContainer m_applications;                      //!< gateways and experts
};

} // namespace ns3

#endif // MOE_TEST_RING_H
