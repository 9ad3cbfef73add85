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
    return GetTable(now)[flight.what.row + satellite];
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
        *wire.arrival = std::numeric_limits<int64_t>::max();
        return;
    }
    const Flight& flight = wire.At(head);
    *wire.arrival = flight.arrival;
    __builtin_prefetch(wire.GetPlace(head + 2)); // that one is needed the time after next
    if (flight.flags & Flight::FINAL) [[unlikely]]
    {
        PopDelivered(wire);
    }
}

template <bool IS_WINDOW>
[[gnu::always_inline]] inline void
Fabric::Put(FabricWire& wire, const Flight& flight, uint8_t ttl, int64_t now)
{
    int64_t start = now;
    int64_t transmission = wire.knownNs;
    uint8_t flags = 0;
    if (wire.freeNs > now || wire.knownBytes != flight.what.bytes) [[unlikely]]
    {
        if (!wire.isUp || !HasRoom(wire, flight.what.bytes, now))
        {
            Refuse(wire, flight, ttl, now);
            return;
        }
        start = std::max(now, wire.freeNs);
        transmission = FindTransmission(wire, flight.what.bytes);
        flags = wire.knownBytes != flight.what.bytes ? Flight::SINGLE : 0;
    }
    const uint32_t number = wire.tail;
    if (number - wire.head == wire.capacity) [[unlikely]]
    {
        wire.Grow();
    }
    int64_t light;
    if (!LightTimes::IsKnown(wire.light, start, light)) [[unlikely]]
    {
        light = m_lightTimes.Find(wire.light, GetIndex(wire), start);
    }
    const int64_t sent = start + transmission;
    const int64_t arrival = sent + light;
    Flight& stored = wire.At(number);
    stored.came = now;
    stored.start = start;
    stored.sent = sent;
    stored.arrival = arrival;
    stored.what = flight.what;
    stored.ttl = ttl;
    stored.flags = 0;
    wire.tail = number + 1;
    wire.freeNs = sent;
    // A packet that comes where its time to live would be counted down to zero goes no further.
    const bool isFinal = flight.what.destination == wire.to || ttl == 1;
    flags |= flight.flags & Flight::LEDGER;
    if (isFinal || flags != 0) [[unlikely]]
    {
        stored.flags = flags | (isFinal ? Flight::FINAL : 0);
        PutSpecial<IS_WINDOW>(wire, stored, number);
        return;
    }
    if (number == wire.head)
    {
        *wire.arrival = arrival;
    }
    if (!IS_WINDOW || !m_isActive[wire.to]) [[unlikely]]
    {
        Notice(wire.to, arrival);
    }
}

template <bool IS_WINDOW>
[[gnu::noinline]] void
Fabric::PutSpecial(FabricWire& wire, Flight& stored, uint32_t number)
{
    const int64_t transmission = stored.sent - stored.start;
    if (stored.flags & Flight::SINGLE)
    {
        wire.CountOther(number, stored.what.bytes, transmission);
        stored.flags &= ~Flight::SINGLE;
        stored.flags |= wire.isWatched ? Flight::WATCHED : 0;
    }
    if (number == wire.head)
    {
        wire.ShowHead();
    }
    Note(wire, stored, number);
    if (!(stored.flags & Flight::FINAL) && (!IS_WINDOW || !m_isActive[wire.to]))
    {
        Notice(wire.to, stored.arrival);
    }
    if (transmission <= 1)
    {
        Overtake(wire);
    }
}

} // namespace ns3

#endif // FABRIC_HOP_H
