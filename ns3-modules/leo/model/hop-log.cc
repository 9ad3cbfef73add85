/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "hop-log.h"

#include <algorithm>

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(HopLog);

TypeId
HopLog::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::HopLog").SetParent<Object>().SetGroupName("Leo").AddConstructor<HopLog>();
    return tid;
}

uint64_t
HopLog::GiveNumber()
{
    return ++m_numbers;
}

std::size_t
HopLog::Add(const Row& row)
{
    m_values.insert(m_values.end(), row.begin(), row.end());
    return m_values.size() / COLUMNS - 1;
}

void
HopLog::Remove(std::size_t place)
{
    m_values.at(place * COLUMNS + LEDGER) = 0;
    ++m_removed;
}

std::size_t
HopLog::GetCount() const
{
    return m_values.size() / COLUMNS - m_removed;
}

void
HopLog::Copy(int64_t* rows) const
{
    for (auto row = m_values.begin(); row != m_values.end(); row += COLUMNS)
    {
        if (row[LEDGER] != 0)
        {
            rows = std::copy_n(row, COLUMNS, rows);
        }
    }
}

} // namespace ns3
