/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "token-times.h"

#include <stdexcept>
#include <string>
#include <utility>

namespace ns3
{

TokenTimes::TokenTimes(Time one)
    : m_one(one)
{
}

TokenTimes::TokenTimes(std::vector<Time> table)
    : m_table(std::move(table))
{
}

Time
TokenTimes::Get(uint32_t tokens) const
{
    if (m_table.empty())
    {
        return m_one * static_cast<int64_t>(tokens);
    }
    if (tokens == 0 || tokens > m_table.size())
    {
        throw std::out_of_range("workload: no computing time for " + std::to_string(tokens) +
                                " tokens at once; there are times for 1 to " +
                                std::to_string(m_table.size()));
    }
    return m_table[tokens - 1];
}

} // namespace ns3
