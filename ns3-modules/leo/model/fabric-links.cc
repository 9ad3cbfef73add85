/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

// Links that change, and what they have done: what the Fabric takes back, counts and captures.

#include "fabric-capture.h"
#include "fabric.h"

#include "ns3/double.h"
#include "ns3/enum.h"
#include "ns3/error-model.h"
#include "ns3/simulator.h"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>

namespace ns3
{

namespace
{
constexpr int64_t NEVER = std::numeric_limits<int64_t>::max();
} // namespace

void
Fabric::SetStates(const std::vector<LinkState>& states)
{
    if (!m_isPrepared)
    {
        Prepare();
    }
    const int64_t now = Simulator::Now().GetNanoSeconds();
    Advance(now);
    std::vector<Stranded> stranded;
    for (const LinkState& state : states)
    {
        for (uint32_t index = 2 * state.link; index < 2 * state.link + 2; ++index)
        {
            FabricWire& wire = m_wires.at(index);
            if (wire.isUp && !state.isUp)
            {
                TakeDown(index, now, stranded);
                wire.downFreeNs = std::exchange(wire.freeNs, NEVER);
            }
            else if (!wire.isUp && state.isUp)
            {
                wire.freeNs = wire.downFreeNs;
                BringUp(index, now);
            }
            wire.isUp = state.isUp;
            if (state.isUp && wire.rateBps != state.rateBps)
            {
                SetRate(index, state.rateBps, now);
            }
        }
    }
    for (Stranded& entry : stranded)
    {
        ++m_wires[entry.wire].rerouted;
        Forward(m_wires[entry.wire].from, entry.flight, entry.flight.ttl, now);
    }
    TellLosses();
    ScheduleTick();
}

std::vector<Flight>
Fabric::Truncate(uint32_t index, uint32_t first, int64_t now)
{
    FabricWire& wire = m_wires[index];
    wire.Count();
    std::vector<Flight> taken;
    for (uint32_t number = first; number != wire.tail; ++number)
    {
        taken.push_back(wire.At(number));
    }
    for (auto flight = taken.rbegin(); flight != taken.rend(); ++flight)
    {
        if (flight->sent <= now)
        {
            // On the wire: the hop did not come to pass, but its charges did.
            if (flight->flags & Flight::LOGGED)
            {
                m_hopLog->Remove(GetLedger(*flight).hop);
            }
            continue;
        }
        --wire.packets;
        wire.bytes -= flight->what.bytes;
        wire.busyNs -= flight->sent - std::max(flight->start, now);
        wire.waitedNs -= std::max<int64_t>(0, flight->start - std::max(flight->came, now));
        Uncharge(wire, *flight);
    }
    wire.tail = first;
    wire.counted = first;
    wire.queue = first;
    wire.queuedBytes = 0;
    if (static_cast<int32_t>(wire.sniffed - first) > 0)
    {
        wire.sniffed = first;
    }
    wire.ShowHead();
    return taken;
}

void
Fabric::TakeDown(uint32_t index, int64_t now, std::vector<Stranded>& stranded)
{
    FabricWire& wire = m_wires[index];
    Sniff(wire, now);
    if (wire.takenNs == now)
    {
        wire.carried = 0; // what was in the queue then leaves it in the same instant
    }
    const bool isDrop = GetLossPolicy() == LossPolicy::DROP;
    uint32_t first = wire.tail;
    while (first != wire.head &&
           (isDrop ? wire.At(first - 1).arrival : wire.At(first - 1).sent) > now)
    {
        --first;
    }
    std::vector<Flight> taken = Truncate(index, first, now);
    bool isFree = false; // whether it is known when the transmitter becomes free
    for (Flight& flight : taken)
    {
        if (flight.sent <= now)
        {
            Lose(index, flight, LossReason::ON_WIRE, now);
            continue;
        }
        if (!isFree)
        {
            // A transmitter goes on with a packet that is cut; what was to follow never begins.
            wire.freeNs = flight.start < now ? flight.sent : flight.start;
            isFree = true;
        }
        if (GetLossPolicy() != LossPolicy::REROUTE)
        {
            Lose(index, flight, flight.start < now ? LossReason::CUT : LossReason::QUEUED, now);
            continue;
        }
        if (flight.flags & Flight::LEDGER)
        {
            wire.charges.ChargeStay(GetLedger(flight).ledger,
                                    NanoSeconds(flight.sent - flight.start),
                                    NanoSeconds(now));
        }
        stranded.push_back({index, flight});
    }
    wire.charges.Clear();
}

void
Fabric::BringUp(uint32_t index, int64_t now)
{
    FabricWire& wire = m_wires[index];
    if (wire.takenNs == now)
    {
        wire.carried = 0;
    }
    bool isFree = false;
    for (const Flight& flight : std::exchange(wire.doomed, {}))
    {
        // Those whose turn came earlier have been lost already.
        if (!isFree)
        {
            wire.freeNs = flight.start;
            isFree = true;
        }
        wire.waitedNs -= flight.start - std::max(flight.came, now);
        Lose(index, flight, LossReason::LINK_DOWN, now);
    }
    m_doomed.erase(std::remove(m_doomed.begin(), m_doomed.end(), index), m_doomed.end());
}

void
Fabric::LoseDoomed(int64_t until)
{
    for (std::size_t place = 0; place < m_doomed.size();)
    {
        const uint32_t index = m_doomed[place];
        FabricWire& wire = m_wires[index];
        auto flight = wire.doomed.begin();
        for (; flight != wire.doomed.end() && flight->start < until; ++flight)
        {
            if (wire.sender && wire.sender->Wants())
            {
                wire.sender->Add(flight->start, Materialise(*flight));
            }
            Lose(index, *flight, LossReason::LINK_DOWN, flight->start);
        }
        wire.doomed.erase(wire.doomed.begin(), flight);
        if (wire.doomed.empty())
        {
            m_doomed.erase(m_doomed.begin() + place);
        }
        else
        {
            ++place;
        }
    }
}

void
Fabric::SetRate(uint32_t index, uint64_t rateBps, int64_t now)
{
    FabricWire& wire = m_wires[index];
    wire.Count();
    wire.rateBps = rateBps;
    wire.knownBytes = wire.otherBytes = 0;
    uint32_t first = wire.tail;
    while (first != wire.head && wire.At(first - 1).start >= now)
    {
        --first;
    }
    if (first == wire.tail)
    {
        return;
    }
    // They have come before now, so they wait for the transmitter.
    for (uint32_t number = wire.tail; number != first; --number)
    {
        Uncharge(wire, wire.At(number - 1));
    }
    int64_t freeNs = wire.At(first).start;
    for (uint32_t number = first; number != wire.tail; ++number)
    {
        Flight& flight = wire.At(number);
        const int64_t transmission = FindTransmission(wire, flight.what.bytes);
        wire.waitedNs += freeNs - flight.start;
        wire.busyNs += transmission - (flight.sent - flight.start);
        flight.start = freeNs;
        flight.sent = freeNs + transmission;
        flight.arrival = flight.sent + m_lightTimes.Get(wire.light, index, flight.start);
        freeNs = flight.sent;
        if (flight.flags & Flight::LEDGER)
        {
            Charge(wire, flight);
        }
        if (flight.flags & Flight::FINAL)
        {
            m_deliveries.Push({flight.arrival, index, number, flight.what.parcel});
            ScheduleDelivery();
        }
        else
        {
            Notice(wire.to, flight.arrival);
        }
    }
    wire.freeNs = freeNs;
    wire.ShowHead();
}

LaserLinkCounters
Fabric::TakeCounters(uint32_t index, Time until)
{
    const int64_t end = until.GetNanoSeconds();
    if (m_isPrepared && end > m_settled)
    {
        throw std::logic_error("fabric: counters until " + std::to_string(end) +
                               " ns asked for before it was settled until then");
    }
    FabricWire& wire = m_wires.at(index);
    wire.Count();
    LaserLinkCounters counters;
    counters.packets = wire.packets;
    counters.bytes = wire.bytes;
    int64_t busyNs = wire.busyNs;
    int64_t waitedNs = wire.waitedNs;
    uint32_t waiting = 0; // that wait after the instant
    for (uint32_t number = wire.tail; number != wire.head; --number)
    {
        const Flight& flight = wire.At(number - 1);
        if (flight.sent > end)
        {
            --counters.packets;
            counters.bytes -= flight.what.bytes;
            busyNs -= flight.sent - std::max(flight.start, end);
        }
        waitedNs -= std::max<int64_t>(0, flight.start - end);
        waiting += flight.start > end ? 1 : 0;
        counters.queued += flight.start >= end ? 1 : 0;
        counters.inFlight += flight.start < end && flight.arrival >= end ? 1 : 0;
    }
    for (const Flight& flight : wire.doomed)
    {
        waitedNs -= std::max<int64_t>(0, flight.start - end);
        waiting += flight.start > end ? 1 : 0;
        counters.queued += flight.start >= end ? 1 : 0;
    }
    counters.busy = NanoSeconds(busyNs);
    counters.waited = NanoSeconds(waitedNs);
    counters.lost = wire.lost;
    counters.rerouted = wire.rerouted;
    counters.longest = std::max(wire.longest, wire.carried);
    wire.longest = 0;
    wire.carried = waiting;
    wire.takenNs = end;
    return counters;
}

int64_t
Fabric::SetPacketErrorRate(uint32_t link, double rate, int64_t stream)
{
    if (!(rate >= 0 && rate <= 1))
    {
        throw std::invalid_argument("fabric: a packet error rate of " + std::to_string(rate) +
                                    " is no probability");
    }
    int64_t used = 0;
    for (uint32_t index = 2 * link; index < 2 * link + 2; ++index)
    {
        auto errors =
            CreateObjectWithAttributes<RateErrorModel>("ErrorUnit",
                                                       EnumValue(RateErrorModel::ERROR_UNIT_PACKET),
                                                       "ErrorRate",
                                                       DoubleValue(rate));
        used += errors->AssignStreams(stream + used);
        m_wires.at(index).errors = errors;
        Watch(m_wires[index]);
    }
    return used;
}

void
Fabric::Watch(FabricWire& wire)
{
    wire.isWatched = true;
    wire.Count();
    wire.knownBytes = 0; // of no packet
    for (uint32_t number = wire.head; number != wire.tail; ++number)
    {
        wire.At(number).flags |= Flight::WATCHED;
    }
}

void
Fabric::EnablePcap(uint32_t satellite, uint32_t port, const std::string& filename)
{
    CheckSatellite(satellite);
    const uint32_t sending = m_isPrepared
                                 ? GetIndex(*m_ports.at(m_state[satellite].firstPort + port))
                                 : m_connected[satellite].at(port);
    m_captures.push_back(std::make_unique<FabricCapture>(OpenCapture(filename)));
    FabricWire& out = m_wires[sending];
    FabricWire& in = m_wires[sending ^ 1]; // the other direction of the link
    out.sender = m_captures.back().get();
    in.receiver = m_captures.back().get();
    Watch(out);
    Watch(in);
    out.sniffed = out.tail;
    m_sniffed.push_back(sending);
}

void
Fabric::Sniff(FabricWire& wire, int64_t until)
{
    if (!wire.sender)
    {
        return;
    }
    for (; wire.sniffed != wire.tail && wire.At(wire.sniffed).start < until; ++wire.sniffed)
    {
        const Flight& flight = wire.At(wire.sniffed);
        if (wire.sender->Wants())
        {
            wire.sender->Add(flight.start, Materialise(flight));
        }
    }
}

void
Fabric::WriteCaptures()
{
    for (const uint32_t index : m_sniffed)
    {
        Sniff(m_wires[index], m_settled);
    }
    for (const std::unique_ptr<FabricCapture>& capture : m_captures)
    {
        capture->Write();
    }
}

void
Fabric::VisitPackets(const std::function<void(const Packet&)>& visit) const
{
    for (const FabricWire& wire : m_wires)
    {
        for (uint32_t number = wire.head; number != wire.tail; ++number)
        {
            const Flight& flight = wire.At(number);
            if (!(flight.flags & Flight::DONE))
            {
                visit(*GetPacket(m_parcels[flight.what.parcel]));
            }
        }
        for (const Flight& flight : wire.doomed)
        {
            visit(*GetPacket(m_parcels[flight.what.parcel]));
        }
    }
    for (const FabricSatellite& state : m_state)
    {
        for (std::size_t place = state.nextLocal; place < state.local.size(); ++place)
        {
            visit(*GetPacket(m_parcels[state.local[place].what.parcel]));
        }
        for (const HeldFlight& held : state.held)
        {
            visit(*GetPacket(m_parcels[held.flight.what.parcel]));
        }
    }
}

} // namespace ns3
