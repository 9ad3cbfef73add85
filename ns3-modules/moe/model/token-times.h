/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef TOKEN_TIMES_H
#define TOKEN_TIMES_H

#include "ns3/nstime.h"

#include <cstdint>
#include <vector>

namespace ns3
{

/**
 * @ingroup moe
 *
 * How long a kind of job takes, by the number of tokens that it computes on at once.
 */
class TokenTimes
{
  public:
    /**
     * @brief Several tokens take as many times longer.
     * @param one time for one token
     */
    TokenTimes(Time one = Time(0)); // not explicit: a time is a table

    /**
     * @brief Times as a table has them.
     * @param table for one token, two, and so on
     */
    explicit TokenTimes(std::vector<Time> table);

    /**
     * @brief Look a time up.
     * @param tokens at least 1
     * @return the time
     * @throws std::out_of_range if the table has none for so many
     */
    Time Get(uint32_t tokens) const;

  private:
    Time m_one;                //!< for one token, without a table
    std::vector<Time> m_table; //!< for one token, two, ...; empty without a table
};

} // namespace ns3

#endif // TOKEN_TIMES_H
