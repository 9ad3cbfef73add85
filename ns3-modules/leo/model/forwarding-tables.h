/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef FORWARDING_TABLES_H
#define FORWARDING_TABLES_H

#include "ns3/ipv4-address.h"
#include "ns3/nstime.h"
#include "ns3/object.h"

#include <cstdint>
#include <map>
#include <vector>

namespace ns3
{

/**
 * @ingroup leo
 *
 * The next hop of every satellite to every destination, a flat table for each time slot.
 *
 * Slot n is in force from n * Slot (included) to (n + 1) * Slot (excluded). A table is row-major
 * [destination][satellite]; its values are output ports. Tables are loaded from outside, before
 * the slot begins, and only for the slots in which packets travel.
 *
 * A satellite's address is FIRST_ADDRESS plus its index, so that no address has to be looked up.
 */
class ForwardingTables : public Object
{
  public:
    /// Value of a table for "no path to this destination in this slot", and of the destination.
    static constexpr uint8_t NO_PORT = 255;

    /// Address of satellite 0: 10.0.0.1.
    static constexpr uint32_t FIRST_ADDRESS = 0x0a000001;

    /**
     * @brief Get the type ID.
     * @return the object TypeId
     */
    static TypeId GetTypeId();

    /**
     * @brief Address of a satellite.
     * @param satellite index of the satellite
     * @return its IPv4 address
     */
    static Ipv4Address GetAddress(uint32_t satellite);

    /**
     * @brief Satellite of an address.
     * @param address an IPv4 address
     * @return the index of the satellite
     */
    static uint32_t GetSatellite(Ipv4Address address);

    /**
     * @brief Declare the rows of the tables.
     * @param satellites number of satellites
     * @param destinations satellites that packets are sent to, in the order of the rows
     * @throws std::invalid_argument if a destination is not a satellite
     */
    void SetDestinations(uint32_t satellites, const std::vector<uint32_t>& destinations);

    /**
     * @brief Load the table of a slot.
     * @param slot index of the slot
     * @param ports [destination][satellite], output ports
     * @throws std::invalid_argument if its size is not destinations x satellites
     */
    void Load(uint32_t slot, std::vector<uint8_t> ports);

    /**
     * @brief Load the table of a slot without copying it.
     * @param slot index of the slot
     * @param ports [destination][satellite], output ports; must stay where it is until the table is
     * dropped
     * @param count number of ports
     * @throws std::invalid_argument if that is not destinations x satellites
     */
    void View(uint32_t slot, const uint8_t* ports, std::size_t count);

    /**
     * @brief Forget the tables of slots before a given one.
     * @param slot the first slot to keep
     */
    void DropBefore(uint32_t slot);

    /**
     * @brief Look up an output port, in the table in force now.
     * @param satellite the satellite that forwards
     * @param destination the satellite to be reached
     * @return the port, or NO_PORT if there is no path in this slot
     * @throws std::out_of_range if the slot's table is not loaded or the destination has no row
     */
    uint8_t GetPort(uint32_t satellite, uint32_t destination) const;

    /**
     * @brief Row of a destination in every table.
     * @param destination the satellite to be reached
     * @return the row, or -1 if it has none
     */
    int32_t GetRow(uint32_t destination) const;

    /**
     * @brief The table of a slot.
     * @param slot index of the slot
     * @return [row][satellite], or null if it is not loaded
     */
    const uint8_t* GetTable(int64_t slot) const;

    /** @return the duration of a slot */
    Time GetSlot() const;

    /**
     * @brief Tell that a destination has no row, or its slot no table.
     * @param destination the satellite to be reached
     * @param slot index of the slot
     * @throws std::out_of_range always
     */
    [[noreturn]] static void ThrowNoRow(uint32_t destination, int64_t slot);

    /**
     * @brief Time from now to the start of the next slot.
     * @return a positive time
     */
    Time GetTimeToNextSlot() const;

  private:
    /** A table. */
    struct Table
    {
        std::vector<uint8_t> owned; //!< its ports, if they are our own
        const uint8_t* ports;       //!< its ports
    };

    Time m_slot;                       //!< duration of a slot
    uint32_t m_satellites{0};          //!< columns of a table
    std::vector<int32_t> m_rows;       //!< row of each satellite, or -1
    std::size_t m_rowCount{0};         //!< rows of a table
    std::map<int64_t, Table> m_tables; //!< loaded tables by slot
};

} // namespace ns3

#endif // FORWARDING_TABLES_H
