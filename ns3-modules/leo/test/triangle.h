/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef LEO_TEST_TRIANGLE_H
#define LEO_TEST_TRIANGLE_H

#include "leo-test-network.h"

#include <cmath>

namespace ns3
{

/**
 * @ingroup leo-test
 *
 * Three satellites in a triangle of 10 light milliseconds a side; packets go from 0 to 1, by the
 * direct link or by satellite 2. A fourth satellite, 3, reaches the triangle through 0.
 *
 *     3 --- 0 ----- 1      link 0: 0-1
 *            \     /       link 1: 0-2
 *             \   /        link 2: 2-1
 *               2          link 3: 3-0
 *
 * Packets have 1502 bytes, 1.502 ms at 8 Mb/s.
 */
class Triangle
{
  public:
    static constexpr std::size_t LINK = 0;                //!< the direct link
    static constexpr uint32_t BYTES = 1502;               //!< of a packet on the wire
    static constexpr int64_t TRANSMISSION_NS = 1'502'000; //!< of a packet at 8 Mb/s
    static constexpr int64_t LIGHT_NS = 10'000'000;       //!< of each link
    static constexpr int64_t SLOT_NS = 100'000'000;       //!< duration of a slot, if not given

    static constexpr uint8_t DIRECT = 0; //!< port of satellite 0 to 1
    static constexpr uint8_t DETOUR = 1; //!< port of satellite 0 to 2

    /**
     * @brief Build the triangle.
     * @param policy of its links
     * @param slotNs duration of a slot
     * @param queuePackets capacity of the transmit queues
     */
    explicit Triangle(LaserChannel::LossPolicy policy,
                      int64_t slotNs = SLOT_NS,
                      uint32_t queuePackets = 100)
        : m_network(LeoTestNetwork::MakeKnots({Vector(0, 0, 0),
                                               Vector(TEN_LIGHT_MILLISECONDS_M, 0, 0),
                                               Vector(TEN_LIGHT_MILLISECONDS_M / 2,
                                                      TEN_LIGHT_MILLISECONDS_M * std::sqrt(0.75),
                                                      0),
                                               Vector(-TEN_LIGHT_MILLISECONDS_M, 0, 0)}),
                    NanoSeconds(slotNs)),
          m_slotNs(slotNs)
    {
        m_network.SetPolicy(policy);
        m_network.SetQueuePackets(queuePackets);
        m_network.Connect(0, 1, "8Mbps");
        m_network.Connect(0, 2, "8Mbps");
        m_network.Connect(2, 1, "8Mbps");
        m_network.Connect(3, 0, "8Mbps");
        m_network.GetTables().SetDestinations(4, {1});
        m_network.Listen(1);
    }

    /**
     * @brief Start the link schedule; to be called before SendAt.
     * @param megabits rates in Mb/s of the three links of the triangle, [slot][link], 0 for down
     */
    void Start(std::vector<std::vector<uint64_t>> megabits)
    {
        for (std::vector<uint64_t>& row : megabits)
        {
            row.push_back(8);
        }
        m_network.StartSchedule(NanoSeconds(m_slotNs), megabits);
    }

    /**
     * @brief Load a slot's table.
     * @param slot the slot
     * @param port of satellite 0 to 1: DIRECT, DETOUR or NO_PORT
     */
    void Load(uint32_t slot, uint8_t port)
    {
        m_network.GetTables().Load(slot, {port, ForwardingTables::NO_PORT, 1, 0});
    }

    /**
     * @brief Send a packet, the only one of its message, to satellite 1.
     * @param atNs when
     * @param message its number
     * @param from the sender
     */
    void SendAt(int64_t atNs, uint64_t message, uint32_t from = 0)
    {
        const Time at = NanoSeconds(atNs);
        m_network.SendAt(at, from, 1, BYTES, PathLedgerTag(message, 0, 1, at));
    }

    /** @return the network */
    LeoTestNetwork& GetNetwork()
    {
        return m_network;
    }

  private:
    LeoTestNetwork m_network; //!< the network
    int64_t m_slotNs;         //!< duration of a slot
};

} // namespace ns3

#endif // LEO_TEST_TRIANGLE_H
