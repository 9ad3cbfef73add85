/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef HOP_LOG_H
#define HOP_LOG_H

#include "ns3/object.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace ns3
{

/**
 * @ingroup leo
 *
 * Every hop of every packet that carries a PathLedgerTag.
 *
 * A LaserChannel writes a row when a transmission begins, and takes it back if the link goes down
 * before the packet has been transmitted or, under the policy Drop, has arrived. So a row left at
 * the end is of a packet that arrived, if only with errors, or is under way.
 *
 * Propagation, waiting and ready are what the packet's ledger says after the hop. Of two
 * consecutive hops of a ledger number, the differences are what the later one cost:
 *
 *     propagation   = its propagation less the earlier one's
 *     waiting       = its waiting less the earlier one's
 *     serialisation = the difference of ready, less propagation and waiting
 *     queueing      = the difference of arrived - ready
 *
 * Before the first hop propagation and waiting are zero, ready and arrived are when the packet was
 * handed over.
 */
class HopLog : public Object
{
  public:
    /** What a row holds; times in nanoseconds. */
    enum Column : std::size_t
    {
        LEDGER,      //!< ledger number of the packet, from 1
        WIRE,        //!< twice the number of the link, plus the direction
        CAME,        //!< when the packet came to the satellite, or was handed over
        STARTED,     //!< when its first bit left
        ARRIVED,     //!< when its last bit is at the far end
        PROPAGATION, //!< of its ledger, after the hop
        WAITING,     //!< of its ledger, after the hop
        READY,       //!< of its ledger, after the hop
    };

    /// Number of values of Column.
    static constexpr std::size_t COLUMNS = 8;

    /// One hop, by Column.
    using Row = std::array<int64_t, COLUMNS>;

    /**
     * @brief Get the type ID.
     * @return the object TypeId
     */
    static TypeId GetTypeId();

    /** @return a ledger number that was not given before */
    uint64_t GiveNumber();

    /**
     * @brief Write a hop.
     * @param row the hop
     * @return its place, for Remove()
     */
    std::size_t Add(const Row& row);

    /**
     * @brief Take back a hop that did not come to pass.
     * @param place from Add()
     */
    void Remove(std::size_t place);

    /** @return the number of hops, without those taken back */
    std::size_t GetCount() const;

    /**
     * @brief Copy the hops in order of their first bits, without those taken back.
     * @param rows where to, [GetCount()][COLUMNS]
     */
    void Copy(int64_t* rows) const;

  private:
    std::vector<int64_t> m_values; //!< row by row; the ledger number of a row taken back is zero
    std::size_t m_removed{0};      //!< rows taken back
    uint64_t m_numbers{0};         //!< ledger numbers given
};

} // namespace ns3

#endif // HOP_LOG_H
