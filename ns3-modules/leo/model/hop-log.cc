/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "hop-log.h"

#include <algorithm>
#include <tuple>

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
}

std::vector<std::size_t>
HopLog::GetOrder(Time until) const
{
    std::vector<std::size_t> order;
    for (std::size_t row = 0; row < m_values.size(); row += COLUMNS)
    {
        if (m_values[row + LEDGER] != 0 && m_values[row + STARTED] <= until.GetNanoSeconds())
        {
            order.push_back(row);
        }
    }
    std::stable_sort(order.begin(), order.end(), [this](std::size_t a, std::size_t b) {
        return std::tie(m_values[a + STARTED], m_values[a + WIRE]) <
               std::tie(m_values[b + STARTED], m_values[b + WIRE]);
    });
    return order;
}

std::size_t
HopLog::GetCount(Time until) const
{
    return GetOrder(until).size();
}

std::vector<int64_t>
HopLog::GetNumbers(Time until) const
{
    std::vector<int64_t> numbers(m_numbers + 1);
    int64_t next = 1;
    for (const std::size_t row : GetOrder(until))
    {
        int64_t& number = numbers[m_values[row + LEDGER]];
        number = number == 0 ? next++ : number;
    }
    return numbers;
}

void
HopLog::Clear()
{
    m_values.clear();
    m_numbers = 0;
}

void
HopLog::Copy(int64_t* rows, Time until) const
{
    const std::vector<int64_t> numbers = GetNumbers(until);
    for (const std::size_t row : GetOrder(until))
    {
        std::copy_n(m_values.begin() + row, COLUMNS, rows);
        rows[LEDGER] = numbers[rows[LEDGER]];
        rows += COLUMNS;
    }
}

} // namespace ns3
