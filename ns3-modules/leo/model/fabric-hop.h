/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef FABRIC_HOP_H
#define FABRIC_HOP_H

// What the Fabric does most, for the compiler to put where it is needed.

#include "fabric.h"

#include <limits>

namespace ns3
{

[[gnu::always_inline]] inline uint8_t
Fabric::GetPort(uint32_t satellite, const Flight& flight, int64_t now)
{
    if (static_cast<uint64_t>(now - m_tableBegin) >= static_cast<uint64_t>(m_tableLength))
        [[unlikely]]
    {
        FindTable(now);
    }
    return m_table[flight.row * m_state.size() + satellite];
}

[[gnu::always_inline]] inline void
Fabric::Pop(FabricWire& wire)
{
    uint32_t head = wire.head;
    do
    {
        ++head;
    } while (head != wire.tail && wire.At(head).flags & Flight::DONE);
    wire.head = head;
    m_heads[wire.incoming] =
        head == wire.tail ? std::numeric_limits<int64_t>::max() : wire.At(head).arrival;
}

[[gnu::always_inline]] inline void
Fabric::Put(uint32_t index, const Flight& flight, uint8_t ttl, int64_t now)
{
    FabricWire& wire = m_wires[index];
    if (!wire.isUp) [[unlikely]]
    {
        EnqueueDown(index, flight, now);
        return;
    }
    int64_t start = now;
    if (wire.freeNs <= now)
    {
        if (flight.bytes > m_idleBytes) [[unlikely]]
        {
            Lose(index, flight, LossReason::QUEUE_FULL, now);
            return;
        }
        wire.queue = wire.tail + 1;
        wire.queuedBytes = 0;
    }
    else if (Wait(wire, flight.bytes, now))
    {
        start = wire.freeNs;
    }
    else
    {
        Lose(index, flight, LossReason::QUEUE_FULL, now);
        return;
    }
    const int64_t transmission = wire.knownBytes[0] == flight.bytes
                                     ? wire.knownNs[0]
                                     : FindTransmission(wire, flight.bytes);
    if (wire.tail - wire.head == wire.capacity) [[unlikely]]
    {
        wire.Grow();
    }
    const int64_t sent = start + transmission;
    const int64_t arrival = sent + m_lightTimes.Get(index, start);
    const uint32_t number = wire.tail++;
    Flight& stored = wire.At(number);
    stored.came = now;
    stored.start = start;
    stored.sent = sent;
    stored.arrival = arrival;
    stored.parcel = flight.parcel;
    stored.destination = flight.destination;
    stored.bytes = flight.bytes;
    stored.row = flight.row;
    stored.ttl = ttl;
    // A packet that comes where its time to live would be counted down to zero goes no further.
    const bool isFinal = flight.destination == wire.to || ttl == 1;
    stored.flags = (flight.flags & Flight::LEDGER) | (isFinal ? Flight::FINAL : 0);
    wire.freeNs = sent;
    ++wire.packets;
    wire.bytes += flight.bytes;
    wire.busyNs += transmission;
    if (number == wire.head)
    {
        m_heads[wire.incoming] = arrival;
    }
    if (stored.flags != 0)
    {
        if (stored.flags & Flight::LEDGER)
        {
            Charge(index, stored);
        }
        if (isFinal)
        {
            m_deliveries.push({arrival, index, number});
            if (arrival < m_deliveryNs)
            {
                ScheduleDelivery();
            }
        }
    }
    if (!isFinal)
    {
        ++m_state[wire.to].pending;
        Notice(wire.to, arrival);
    }
    if (transmission <= 1) [[unlikely]]
    {
        Overtake(index);
    }
}

} // namespace ns3

#endif // FABRIC_HOP_H
