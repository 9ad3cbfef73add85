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
 * @brief Name a lean endpoint.
 * @param satellite where
 * @param port UDP port
 * @return a key
 */
uint64_t
MakePortKey(uint32_t satellite, uint16_t port)
{
    return uint64_t{satellite} << 16 | port;
}
} // namespace

void
Fabric::ScheduleDelivery()
{
    if (m_deliveries.empty() || m_deliveries.top().arrival >= std::min(m_deliveryNs, NEVER / 4))
    {
        return;
    }
    const Delivery& first = m_deliveries.top();
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
    while (!m_deliveries.empty() && m_deliveries.top().arrival <= now)
    {
        const auto [arrival, index, number] = m_deliveries.top();
        m_deliveries.pop();
        FabricWire& wire = m_wires[index];
        if (number - wire.head >= wire.tail - wire.head || wire.At(number).arrival != now ||
            (wire.At(number).flags & (Flight::FINAL | Flight::CALLED)) != Flight::FINAL)
        {
            continue; // taken back since
        }
        wire.At(number).flags |= Flight::CALLED;
        EndOfInstant::Add(EndOfInstant::Turn::FINAL, index, m_nodes[wire.to], this, number);
    }
    m_deliveryNs = NEVER;
    ScheduleDelivery();
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
        if (wire.receiver && isIntact)
        {
            wire.receiver->Add(flight.arrival, Materialise(flight));
        }
    }
    if (number == wire.head)
    {
        Pop(wire);
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
Fabric::HandOver(uint32_t satellite, const Flight& flight)
{
    Parcel& parcel = m_parcels[flight.what.parcel];
    Ptr<Packet> packet = parcel.packet;
    if (packet->GetReferenceCount() > 2) // but for ours and the parcel's
    {
        packet = packet->Copy();
    }
    if (flight.flags & Flight::LEDGER)
    {
        packet->ReplacePacketTag(parcel.ledger);
    }
    const bool isHere = flight.what.destination == satellite;
    if (parcel.isLean)
    {
        const auto port = m_leanPorts.find(MakePortKey(satellite, parcel.destinationPort));
        if (isHere && port != m_leanPorts.end())
        {
            const uint32_t source = parcel.source;
            const uint16_t sourcePort = parcel.sourcePort;
            FreeParcel(flight.what.parcel);
            port->second->Receive(packet, source, sourcePort);
            return;
        }
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
    FreeParcel(flight.what.parcel);
    if (isHere && m_state[satellite].hasLeanPorts && FabricPort::Take(*this, satellite, packet))
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
    Ptr<Packet> packet = parcel.packet->Copy();
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
    FreeParcel(flight.what.parcel);
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
    if (!m_leanPorts.emplace(MakePortKey(satellite, port), endpoint).second)
    {
        throw std::runtime_error("fabric: UDP port " + std::to_string(port) + " of satellite " +
                                 std::to_string(satellite) + " is taken");
    }
    m_state[satellite].hasLeanPorts = true;
    return port;
}

void
Fabric::Close(uint32_t satellite, uint16_t port)
{
    m_leanPorts.erase(MakePortKey(satellite, port));
}

FabricPort*
Fabric::Find(uint32_t satellite, uint16_t port) const
{
    const auto found = m_leanPorts.find(MakePortKey(satellite, port));
    return found == m_leanPorts.end() ? nullptr : found->second;
}

} // namespace ns3
