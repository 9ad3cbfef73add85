/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

// Where packets leave the Fabric: delivered, lost, or shown as they are on a wire.

#include "fabric-capture.h"
#include "fabric-hop.h"
#include "fabric-net-device.h"
#include "fabric-port.h"
#include "fabric.h"

#include "ns3/ipv4-header.h"
#include "ns3/node.h"
#include "ns3/ppp-header.h"
#include "ns3/simulator.h"
#include "ns3/udp-header.h"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>

namespace ns3
{

namespace
{
constexpr int64_t NEVER = std::numeric_limits<int64_t>::max();
constexpr uint16_t PPP_IPV4 = 0x0021;       //!< protocol of IPv4 in a PPP frame (RFC 1332)
constexpr uint8_t UDP_PROTOCOL = 17;        //!< in an IPv4 header
constexpr uint16_t FIRST_FREE_PORT = 49153; //!< of those that nobody asks for by number

/**
 * @brief The order of lean endpoints.
 * @param endpoint one with its port
 * @param port a port
 * @return whether it has a lower one
 */
bool
IsLower(const std::pair<uint16_t, FabricPort*>& endpoint, uint16_t port)
{
    return endpoint.first < port;
}
} // namespace

void
Fabric::ScheduleDelivery()
{
    if (m_deliveries.IsEmpty() ||
        m_deliveries.GetFirst().arrival >= std::min(m_deliveryNs, NEVER / 4))
    {
        return;
    }
    const Delivery& first = m_deliveries.GetFirst();
    m_deliveryNs = first.arrival;
    Simulator::ScheduleWithContext(m_nodes[m_wires[first.wire].to],
                                   NanoSeconds(m_deliveryNs) - Simulator::Now(),
                                   GetPointer(m_call));
}

void
Fabric::CallDeliveries()
{
    const int64_t now = Simulator::Now().GetNanoSeconds();
    if (now != m_deliveryNs)
    {
        return; // one that came earlier has seen to all
    }
    while (!m_deliveries.IsEmpty() && m_deliveries.GetFirst().arrival <= now)
    {
        const auto [arrival, index, number, parcel] = m_deliveries.Pop();
        FabricWire& wire = m_wires[index];
        if (number - wire.head >= wire.tail - wire.head || wire.At(number).arrival != now ||
            (wire.At(number).flags & (Flight::FINAL | Flight::CALLED)) != Flight::FINAL)
        {
            continue; // taken back since
        }
        wire.At(number).flags |= Flight::CALLED;
        EndOfInstant::Collect(EndOfInstant::Turn::FINAL, index, m_nodes[wire.to], this, number);
    }
    m_deliveryNs = NEVER;
    ScheduleDelivery();
    Prefetch();
    EndOfInstant::Conclude();
}

void
Fabric::Prefetch() const
{
    const std::vector<Delivery>& entries = m_deliveries.GetEntries();
    if (entries.empty())
    {
        return;
    }
    const Delivery& next = entries.front();
    __builtin_prefetch(m_wires[next.wire].GetPlace(next.number));
    __builtin_prefetch(PeekPointer(m_parcels[next.parcel].packet));
    // One of those below comes after it.
    const std::size_t end = std::min<std::size_t>(entries.size(), 1 + FlatHeap<Delivery>::WIDTH);
    for (std::size_t place = 1; place < end; ++place)
    {
        __builtin_prefetch(&m_parcels[entries[place].parcel]);
    }
}

void
Fabric::Act(uint32_t index, uint64_t flightNumber)
{
    FabricWire& wire = m_wires[index];
    const auto number = static_cast<uint32_t>(flightNumber);
    const bool isIntact = !wire.isWatched || IsIntact(wire, number);
    Flight flight = wire.At(number);
    wire.At(number).flags |= Flight::DONE;
    if (wire.isWatched)
    {
        Sniff(wire, flight.start + 1);
        if (wire.receiver && isIntact && wire.receiver->Wants())
        {
            wire.receiver->Add(flight.arrival, Materialise(flight));
        }
    }
    if (number == wire.head)
    {
        PopDelivered(wire);
        Resume(wire);
    }
    if (isIntact)
    {
        HandOver(wire.to, flight);
        return;
    }
    Lose(index, flight, LossReason::CORRUPTED, flight.arrival);
    TellLosses();
}

void
Fabric::Resume(const FabricWire& wire)
{
    if (*wire.arrival == NEVER)
    {
        return;
    }
    if (*wire.arrival < m_settled)
    {
        throw std::logic_error("fabric: hops were done beyond an arrival that had not been "
                               "delivered; settle it when nothing is left to do");
    }
    Notice(wire.to, *wire.arrival);
    ScheduleTick();
}

void
Fabric::HandOver(uint32_t satellite, const Flight& flight)
{
    Parcel& parcel = m_parcels[flight.what.parcel];
    const bool isHere = flight.what.destination == satellite;
    FabricPort* port = isHere && parcel.isLean ? Find(satellite, parcel.destinationPort) : nullptr;
    if (port && !parcel.packet)
    {
        const auto [bytes, source, sourcePort] =
            std::tuple{parcel.bytes, parcel.source, parcel.sourcePort};
        FreeParcel(flight);
        port->Receive(bytes, source, sourcePort);
        return;
    }
    Ptr<Packet> packet = parcel.packet;
    if (packet && packet->GetReferenceCount() > 2) // but for ours and the parcel's
    {
        packet = packet->Copy();
    }
    if (flight.flags & Flight::LEDGER)
    {
        packet->ReplacePacketTag(GetLedger(flight).ledger);
    }
    if (port)
    {
        const auto [source, sourcePort] = std::pair{parcel.source, parcel.sourcePort};
        FreeParcel(flight);
        port->Receive(packet, source, sourcePort);
        return;
    }
    if (parcel.isLean)
    {
        packet = AddLeanHeaders(parcel, flight);
    }
    else if (flight.ttl != parcel.ttl)
    {
        Ipv4Header header;
        packet->RemoveHeader(header);
        header.SetTtl(flight.ttl);
        if (m_hasChecksums)
        {
            header.EnableChecksum();
        }
        packet->AddHeader(header);
    }
    FreeParcel(flight);
    if (isHere && !m_state[satellite].ports.empty() && FabricPort::Take(*this, satellite, packet))
    {
        return;
    }
    m_devices[satellite]->Receive(packet);
}

bool
Fabric::IsIntact(FabricWire& wire, uint32_t number)
{
    if (!wire.errors)
    {
        return true;
    }
    if (static_cast<int32_t>(wire.checked - wire.head) < 0)
    {
        wire.checked = wire.head;
    }
    for (; static_cast<int32_t>(number - wire.checked) >= 0; ++wire.checked)
    {
        Flight& flight = wire.At(wire.checked);
        const bool isCorrupted = wire.errors->IsCorrupt(ns3::Create<Packet>());
        flight.flags |= isCorrupted ? Flight::CORRUPTED : 0;
    }
    return !(wire.At(number).flags & Flight::CORRUPTED);
}

Ptr<Packet>
Fabric::AddLeanHeaders(const Parcel& parcel, const Flight& flight) const
{
    Ptr<Packet> packet = GetPacket(parcel)->Copy();
    UdpHeader udp;
    udp.SetSourcePort(parcel.sourcePort);
    udp.SetDestinationPort(parcel.destinationPort);
    const Ipv4Address source = ForwardingTables::GetAddress(parcel.source);
    const Ipv4Address destination = ForwardingTables::GetAddress(flight.what.destination);
    Ipv4Header ipv4;
    if (m_hasChecksums)
    {
        udp.EnableChecksums();
        udp.InitializeChecksum(source, destination, UDP_PROTOCOL);
        ipv4.EnableChecksum();
    }
    packet->AddHeader(udp);
    ipv4.SetSource(source);
    ipv4.SetDestination(destination);
    ipv4.SetProtocol(UDP_PROTOCOL);
    ipv4.SetPayloadSize(packet->GetSize());
    ipv4.SetTtl(flight.ttl);
    ipv4.SetMayFragment();
    ipv4.SetIdentification(parcel.identification);
    packet->AddHeader(ipv4);
    return packet;
}

Ptr<Packet>
Fabric::Materialise(const Flight& flight) const
{
    const Parcel& parcel = m_parcels[flight.what.parcel];
    Ptr<Packet> packet;
    if (parcel.isLean)
    {
        packet = AddLeanHeaders(parcel, flight);
    }
    else
    {
        packet = parcel.packet->Copy();
        Ipv4Header header;
        packet->RemoveHeader(header);
        header.SetTtl(flight.ttl);
        if (m_hasChecksums)
        {
            header.EnableChecksum();
        }
        packet->AddHeader(header);
    }
    PppHeader ppp;
    ppp.SetProtocol(PPP_IPV4);
    packet->AddHeader(ppp);
    return packet;
}

void
Fabric::Lose(uint32_t index, const Flight& flight, LossReason reason, int64_t at)
{
    ++m_wires[index].lost[static_cast<std::size_t>(reason)];
    if (!m_lostTrace.IsEmpty())
    {
        m_losses.push_back({at, index, reason, Materialise(flight)});
    }
    FreeParcel(flight);
}

void
Fabric::TellLosses()
{
    if (m_losses.empty())
    {
        return;
    }
    std::vector<Loss> losses = std::exchange(m_losses, {});
    std::stable_sort(losses.begin(), losses.end(), [](const Loss& a, const Loss& b) {
        return std::tie(a.at, a.wire) < std::tie(b.at, b.wire);
    });
    for (const Loss& loss : losses)
    {
        m_lostTrace(loss.packet, loss.reason, m_wires[loss.wire].from, NanoSeconds(loss.at));
    }
}

uint16_t
Fabric::Open(uint32_t satellite, uint16_t port, FabricPort* endpoint)
{
    CheckSatellite(satellite);
    if (port == 0)
    {
        for (port = FIRST_FREE_PORT; Find(satellite, port);)
        {
            ++port;
        }
    }
    auto& ports = m_state[satellite].ports;
    const auto place = std::lower_bound(ports.begin(), ports.end(), port, IsLower);
    if (place != ports.end() && place->first == port)
    {
        throw std::runtime_error("fabric: UDP port " + std::to_string(port) + " of satellite " +
                                 std::to_string(satellite) + " is taken");
    }
    ports.insert(place, {port, endpoint});
    return port;
}

void
Fabric::Close(uint32_t satellite, uint16_t port)
{
    auto& ports = m_state[satellite].ports;
    const auto place = std::lower_bound(ports.begin(), ports.end(), port, IsLower);
    if (place != ports.end() && place->first == port)
    {
        ports.erase(place);
    }
}

FabricPort*
Fabric::Find(uint32_t satellite, uint16_t port) const
{
    const auto& ports = m_state[satellite].ports;
    const auto place = std::lower_bound(ports.begin(), ports.end(), port, IsLower);
    return place != ports.end() && place->first == port ? place->second : nullptr;
}

} // namespace ns3
