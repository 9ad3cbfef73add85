/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef FLAT_HEAP_H
#define FLAT_HEAP_H

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace ns3
{

/**
 * @ingroup leo
 *
 * A priority queue in one array: a heap in which each entry has four below it (Johnson 1975), so
 * that it is half as deep as a binary one and the four lie side by side.
 *
 * @tparam T what is in it, small, with an operator< that is a total order; the least comes first
 */
template <class T>
class FlatHeap
{
  public:
    static constexpr std::size_t WIDTH = 4; //!< entries below one

    /** @return whether nothing is in it */
    bool IsEmpty() const
    {
        return m_entries.empty();
    }

    /** @return the least entry; there must be one */
    const T& GetFirst() const
    {
        return m_entries.front();
    }

    /** @return all entries, the least in front, the second among the next WIDTH */
    const std::vector<T>& GetEntries() const
    {
        return m_entries;
    }

    /// Put an entry in. @param entry the entry
    void Push(const T& entry)
    {
        m_entries.push_back(entry);
        Rise(m_entries.size() - 1, entry);
    }

    /// Take the least entry out; there must be one. @return it
    T Pop()
    {
        const T first = m_entries.front();
        Erase(0);
        return first;
    }

    /// Take an entry out. @param place of it among GetEntries()
    void Erase(std::size_t place)
    {
        const T last = m_entries.back();
        m_entries.pop_back();
        if (place < m_entries.size())
        {
            Rise(Sink(place), last);
        }
    }

    /// Take all entries out.
    void Clear()
    {
        m_entries.clear();
    }

  private:
    /**
     * @brief Put an entry at a place that is free, or above it.
     * @param place the place
     * @param entry the entry
     */
    void Rise(std::size_t place, const T& entry)
    {
        while (place > 0)
        {
            const std::size_t above = (place - 1) / WIDTH;
            if (!(entry < m_entries[above]))
            {
                break;
            }
            m_entries[place] = m_entries[above];
            place = above;
        }
        m_entries[place] = entry;
    }

    /**
     * @brief Fill a free place from below, and the place that becomes free likewise.
     * @param place the place
     * @return the free place, below which there is none
     */
    std::size_t Sink(std::size_t place)
    {
        const std::size_t size = m_entries.size();
        for (std::size_t below = WIDTH * place + 1; below < size; below = WIDTH * place + 1)
        {
            std::size_t least = below;
            const std::size_t end = std::min(below + WIDTH, size);
            for (std::size_t other = below + 1; other < end; ++other)
            {
                least = m_entries[other] < m_entries[least] ? other : least;
            }
            m_entries[place] = m_entries[least];
            place = least;
        }
        return place;
    }

    std::vector<T> m_entries; //!< the heap
};

} // namespace ns3

#endif // FLAT_HEAP_H
