/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "forwarding-tables.h"

#include "ns3/simulator.h"

#include <stdexcept>
#include <string>

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(ForwardingTables);

TypeId
ForwardingTables::GetTypeId()
{
    static TypeId tid = TypeId("ns3::ForwardingTables")
                            .SetParent<Object>()
                            .SetGroupName("Leo")
                            .AddConstructor<ForwardingTables>()
                            .AddAttribute("Slot",
                                          "Duration of a time slot.",
                                          TimeValue(Seconds(30)),
                                          MakeTimeAccessor(&ForwardingTables::m_slot),
                                          MakeTimeChecker(NanoSeconds(1)));
    return tid;
}

Ipv4Address
ForwardingTables::GetAddress(uint32_t satellite)
{
    return Ipv4Address(FIRST_ADDRESS + satellite);
}

uint32_t
ForwardingTables::GetSatellite(Ipv4Address address)
{
    return address.Get() - FIRST_ADDRESS;
}

void
ForwardingTables::SetDestinations(uint32_t satellites, const std::vector<uint32_t>& destinations)
{
    m_satellites = satellites;
    m_rowCount = destinations.size();
    m_rows.assign(satellites, -1);
    for (std::size_t row = 0; row < destinations.size(); ++row)
    {
        if (destinations[row] >= satellites)
        {
            throw std::invalid_argument("forwarding tables: destination " +
                                        std::to_string(destinations[row]) + " is not one of the " +
                                        std::to_string(satellites) + " satellites");
        }
        m_rows[destinations[row]] = static_cast<int32_t>(row);
    }
}

void
ForwardingTables::Load(uint32_t slot, std::vector<uint8_t> ports)
{
    View(slot, ports.data(), ports.size());
    Table& table = m_tables[slot];
    table.owned = std::move(ports); // which stay where they are
}

void
ForwardingTables::View(uint32_t slot, const uint8_t* ports, std::size_t count)
{
    if (count != m_rowCount * m_satellites)
    {
        throw std::invalid_argument("forwarding tables: slot " + std::to_string(slot) + " has " +
                                    std::to_string(count) + " ports, not " +
                                    std::to_string(m_rowCount) + " destinations x " +
                                    std::to_string(m_satellites) + " satellites");
    }
    m_tables[slot] = {{}, ports};
}

void
ForwardingTables::DropBefore(uint32_t slot)
{
    m_tables.erase(m_tables.begin(), m_tables.lower_bound(slot));
}

uint8_t
ForwardingTables::GetPort(uint32_t satellite, uint32_t destination) const
{
    const int64_t slot = Simulator::Now().GetNanoSeconds() / m_slot.GetNanoSeconds();
    const uint8_t* table = GetTable(slot);
    const int32_t row = GetRow(destination);
    if (!table || row < 0)
    {
        ThrowNoRow(destination, slot);
    }
    return table[row * static_cast<std::size_t>(m_satellites) + satellite];
}

int32_t
ForwardingTables::GetRow(uint32_t destination) const
{
    return destination < m_satellites ? m_rows[destination] : -1;
}

const uint8_t*
ForwardingTables::GetTable(int64_t slot) const
{
    const auto table = m_tables.find(slot);
    return table == m_tables.end() ? nullptr : table->second.ports;
}

Time
ForwardingTables::GetSlot() const
{
    return m_slot;
}

void
ForwardingTables::ThrowNoRow(uint32_t destination, int64_t slot)
{
    throw std::out_of_range("forwarding tables: no row for destination satellite " +
                            std::to_string(destination) + " in slot " + std::to_string(slot));
}

Time
ForwardingTables::GetTimeToNextSlot() const
{
    const int64_t slot = m_slot.GetNanoSeconds();
    return NanoSeconds(slot - Simulator::Now().GetNanoSeconds() % slot);
}

} // namespace ns3
