/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef HOP_LOG_H
#define HOP_LOG_H

#include "ns3/nstime.h"
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

    /**
     * @brief Number of hops, without those taken back.
     * @param until the last nanosecond that counts: an engine may know hops that begin later
     * @return the number
     */
    std::size_t GetCount(Time until) const;

    /**
     * @brief Copy the hops in order of their first bits, at one time in order of wire.
     *
     * Ledgers are numbered anew, from 1, in the order of the first of their hops here, so that the
     * numbers do not depend on the order in which an engine computes.
     *
     * @param rows where to, [GetCount(until)][COLUMNS]
     * @param until the last nanosecond that counts
     */
    void Copy(int64_t* rows, Time until) const;

    /**
     * @brief The numbers of ledgers in what Copy() copies.
     * @param until the last nanosecond that counts
     * @return by the number that GiveNumber() gave; zero for a ledger without hops
     */
    std::vector<int64_t> GetNumbers(Time until) const;

    /**
     * @brief Forget all hops, and number ledgers from 1 again.
     *
     * Only while no packet with a ledger is under way: its hop could not be taken back any more.
     */
    void Clear();

  private:
    /**
     * @brief The hops that count.
     * @param until the last nanosecond that counts
     * @return their places, in order
     */
    std::vector<std::size_t> GetOrder(Time until) const;

    std::vector<int64_t> m_values; //!< row by row; the ledger number of a row taken back is zero
    uint64_t m_numbers{0};         //!< ledger numbers given
};

} // namespace ns3

#endif // HOP_LOG_H
