/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef FABRIC_HOP_H
#define FABRIC_HOP_H

// What the Fabric does most, for the compiler to put where it is needed.

#include "fabric.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace ns3
{

[[gnu::always_inline]] inline uint8_t
Fabric::GetPort(uint32_t satellite, const Flight& flight, int64_t now)
{
    if (static_cast<uint64_t>(now - m_tableBegin) >= m_tableLength) [[unlikely]]
    {
        FindTable(now);
    }
    return m_table[flight.what.row + satellite];
}

[[gnu::always_inline]] inline std::pair<uint32_t, int64_t>
Fabric::FindFirst(const int64_t* heads, uint32_t count)
{
    if (count == 4) [[likely]] // as in a +Grid; without branches
    {
        const uint32_t low = heads[1] < heads[0] ? 1 : 0;
        const uint32_t high = heads[3] < heads[2] ? 3 : 2;
        const int64_t lowNs = std::min(heads[0], heads[1]);
        const int64_t highNs = std::min(heads[2], heads[3]);
        return {highNs < lowNs ? high : low, std::min(lowNs, highNs)};
    }
    uint32_t source = 0;
    for (uint32_t wire = 1; wire < count; ++wire)
    {
        source = heads[wire] < heads[source] ? wire : source;
    }
    return {source, heads[source]};
}

[[gnu::always_inline]] inline void
Fabric::Pop(FabricWire& wire)
{
    const uint32_t head = ++wire.head;
    if (head == wire.tail)
    {
        m_heads[wire.incoming] = std::numeric_limits<int64_t>::max();
        return;
    }
    const Flight& flight = wire.At(head);
    m_heads[wire.incoming] = flight.arrival;
    if (flight.flags & Flight::DONE) [[unlikely]]
    {
        Pop(wire, head);
    }
}

template <bool IS_WINDOW>
[[gnu::always_inline]] inline void
Fabric::Put(uint32_t index, const Flight& flight, uint8_t ttl, int64_t now)
{
    FabricWire& wire = m_wires[index];
    int64_t start = now;
    int64_t transmission = wire.knownNs[0];
    uint8_t flags = 0;
    if (wire.freeNs > now || wire.knownBytes[0] != flight.what.bytes) [[unlikely]]
    {
        if (!wire.isUp || !HasRoom(wire, flight.what.bytes, now))
        {
            Refuse(index, flight, ttl, now);
            return;
        }
        start = std::max(now, wire.freeNs);
        transmission = FindTransmission(wire, flight.what.bytes);
        flags = wire.isWatched ? Flight::WATCHED : 0;
    }
    const uint32_t number = wire.tail;
    if (number - wire.head == wire.capacity) [[unlikely]]
    {
        wire.Grow();
    }
    const int64_t sent = start + transmission;
    const int64_t arrival = sent + m_lightTimes.Get(index, start);
    Flight& stored = wire.At(number);
    stored.came = now;
    stored.start = start;
    stored.sent = sent;
    stored.arrival = arrival;
    stored.what = flight.what;
    stored.ttl = ttl;
    wire.tail = number + 1;
    wire.freeNs = sent;
    ++wire.packets;
    wire.bytes += flight.what.bytes;
    wire.busyNs += transmission;
    if (number == wire.head)
    {
        m_heads[wire.incoming] = arrival;
    }
    // A packet that comes where its time to live would be counted down to zero goes no further.
    if (flight.what.destination == wire.to || ttl == 1 || flight.flags & Flight::LEDGER)
        [[unlikely]]
    {
        const bool isFinal = flight.what.destination == wire.to || ttl == 1;
        stored.flags = flags | (flight.flags & Flight::LEDGER) | (isFinal ? Flight::FINAL : 0);
        Note(index, stored, number);
        if (isFinal)
        {
            if (transmission <= 1)
            {
                Overtake(index);
            }
            return;
        }
    }
    else
    {
        stored.flags = flags;
    }
    FabricSatellite& next = m_state[wire.to];
    ++next.pending;
    if constexpr (IS_WINDOW)
    {
        if (!next.isActive) [[unlikely]]
        {
            Notice(wire.to, arrival);
        }
    }
    else
    {
        Notice(wire.to, arrival);
    }
    if (transmission <= 1) [[unlikely]]
    {
        Overtake(index);
    }
}

} // namespace ns3

#endif // FABRIC_HOP_H
