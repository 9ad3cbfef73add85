/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "laser-channel.h"

#include "laser-net-device.h"

#include "ns3/data-rate.h"
#include "ns3/enum.h"
#include "ns3/ipv4.h"
#include "ns3/node.h"
#include "ns3/packet.h"
#include "ns3/point-to-point-net-device.h"
#include "ns3/ppp-header.h"
#include "ns3/queue.h"
#include "ns3/simulator.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>
#include <string>
#include <utility>

namespace ns3
{

namespace
{
constexpr double SPEED_OF_LIGHT_M_S = 299792458.0; //!< in vacuum, exact (SI)
constexpr double NANOSECONDS_PER_SECOND = 1e9;
constexpr uint16_t PPP_IPV4 = 0x0021;          //!< protocol of IPv4 in a PPP frame (RFC 1332)
constexpr std::size_t PPP_BYTES = 2;           //!< of a PPP header
constexpr std::size_t IPV4_BYTES = 20;         //!< of an IPv4 header without options
constexpr std::size_t TTL_OFFSET = 8;          //!< of the time to live in it
constexpr std::size_t DESTINATION_OFFSET = 16; //!< of the destination in it

/// Reads a queue without changing it: ns-3 shows a queue's items to its subclasses only.
struct QueueReader : public Queue<Packet>
{
    /**
     * @param queue any queue of packets
     * @return its packets, first in first
     */
    static const auto& GetPackets(const Queue<Packet>& queue)
    {
        return (queue.*(&QueueReader::GetContainer))();
    }
};
} // namespace

NS_OBJECT_ENSURE_REGISTERED(LaserChannel);

TypeId
LaserChannel::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::LaserChannel")
            .SetParent<PointToPointChannel>()
            .SetGroupName("Leo")
            .AddConstructor<LaserChannel>()
            .AddAttribute("LossPolicy",
                          "What becomes of the packets of a link that goes down.",
                          EnumValue(LossPolicy::REROUTE),
                          MakeEnumAccessor<LossPolicy>(&LaserChannel::m_policy),
                          MakeEnumChecker(LossPolicy::DROP,
                                          "Drop",
                                          LossPolicy::DELIVER,
                                          "Deliver",
                                          LossPolicy::REROUTE,
                                          "Reroute"))
            .AddTraceSource("Transmit",
                            "A packet's first bit leaves; with its transmission and light time.",
                            MakeTraceSourceAccessor(&LaserChannel::m_transmitTrace),
                            "ns3::LaserChannel::TransmitCallback")
            .AddTraceSource("Lost",
                            "The link loses a packet; with the reason and the transmitting device.",
                            MakeTraceSourceAccessor(&LaserChannel::m_lostTrace),
                            "ns3::LaserChannel::LostCallback")
            .AddTraceSource("Rerouted",
                            "A packet is taken off the link, which went down, and re-routed.",
                            MakeTraceSourceAccessor(&LaserChannel::m_reroutedTrace),
                            "ns3::LaserChannel::ReroutedCallback");
    return tid;
}

void
LaserChannel::DoDispose()
{
    for (uint32_t end : {0, 1})
    {
        m_mobility[end] = nullptr;
        m_directions[end].flights.clear();
        m_directions[end].charges.Clear();
    }
    m_hopLog = nullptr;
    PointToPointChannel::DoDispose();
}

const MobilityModel&
LaserChannel::GetMobility(uint32_t end) const
{
    if (!m_mobility[end])
    {
        Ptr<Node> node = GetDevice(end)->GetNode();
        m_mobility[end] = node->GetObject<MobilityModel>();
        if (!m_mobility[end])
        {
            throw std::logic_error("LaserChannel: node " + std::to_string(node->GetId()) +
                                   " has no MobilityModel; aggregate one before it transmits");
        }
    }
    return *m_mobility[end];
}

double
LaserChannel::GetLightNanoseconds(const Vector& towards, const Vector& velocity)
{
    const Vector& d = towards;
    const Vector& v = velocity;
    // Light meets the receiver when |d + v tau| = c tau, a quadratic equation in tau.
    const double b = (d.x * v.x + d.y * v.y) + d.z * v.z;
    const double dd = (d.x * d.x + d.y * d.y) + d.z * d.z;
    const double vv = (v.x * v.x + v.y * v.y) + v.z * v.z;
    const double q = SPEED_OF_LIGHT_M_S * SPEED_OF_LIGHT_M_S - vv;
    const double tau = (b + std::sqrt(b * b + q * dd)) / q;
    return tau * NANOSECONDS_PER_SECOND;
}

Time
LaserChannel::GetLightTime(const Vector& towards, const Vector& velocity)
{
    return NanoSeconds(
        static_cast<int64_t>(std::floor(GetLightNanoseconds(towards, velocity) + 0.5)));
}

Time
LaserChannel::GetPropagationDelay(uint32_t wire) const
{
    const MobilityModel& receiver = GetMobility(1 - wire);
    const Vector from = GetMobility(wire).GetPosition();
    const Vector to = receiver.GetPosition();
    return GetLightTime(Vector(to.x - from.x, to.y - from.y, to.z - from.z),
                        receiver.GetVelocity());
}

bool
LaserChannel::IsUp() const
{
    return m_isUp;
}

void
LaserChannel::SetNumber(uint32_t link)
{
    m_number = link;
}

void
LaserChannel::SetHopLog(Ptr<HopLog> log)
{
    m_hopLog = log;
}

Time
LaserChannel::GetBusyUntil(uint32_t wire) const
{
    return m_directions[wire].busyUntil;
}

std::size_t
LaserChannel::LogHop(uint32_t wire, Time arrival, PathLedgerTag& ledger)
{
    if (!m_hopLog)
    {
        return NO_HOP;
    }
    if (ledger.GetNumber() == 0)
    {
        ledger.SetNumber(m_hopLog->GiveNumber());
    }
    const std::size_t place = m_hopLog->Add({static_cast<int64_t>(ledger.GetNumber()),
                                             int64_t{2} * m_number + wire,
                                             ledger.GetCame().GetNanoSeconds(),
                                             Simulator::Now().GetNanoSeconds(),
                                             arrival.GetNanoSeconds(),
                                             ledger.GetPropagation().GetNanoSeconds(),
                                             ledger.GetWaiting().GetNanoSeconds(),
                                             ledger.GetReady().GetNanoSeconds()});
    ledger.SetCame(arrival);
    return place;
}

void
LaserChannel::UndoHop(const Flight& flight)
{
    if (m_hopLog && flight.hop != NO_HOP)
    {
        m_hopLog->Remove(flight.hop);
    }
}

bool
LaserChannel::TransmitStart(Ptr<const Packet> p, Ptr<PointToPointNetDevice> src, Time txTime)
{
    const uint32_t wire = (src == GetSource(0)) ? 0 : 1;
    m_directions[wire].busyUntil = Simulator::Now() + txTime;
    if (!m_isUp)
    {
        Lose(wire, p, LossReason::LINK_DOWN);
        return false;
    }
    Direction& direction = m_directions[wire];
    Ptr<PointToPointNetDevice> destination = GetDestination(wire);
    const Time propagation = GetPropagationDelay(wire);

    Ptr<Packet> onWire = p->Copy();
    PathLedgerTag ledger;
    Time idleUntilBefore;
    std::size_t hop = NO_HOP;
    const Time now = Simulator::Now();
    if (onWire->PeekPacketTag(ledger))
    {
        idleUntilBefore = direction.charges.Charge(ledger, txTime, propagation);
        hop = LogHop(wire, now + txTime + propagation, ledger);
        onWire->ReplacePacketTag(ledger);
    }
    ++direction.counters.packets;
    direction.counters.bytes += p->GetSize();
    direction.counters.busy += txTime;
    const uint64_t number = direction.nextFlight++;
    direction.flights.push_back(
        {number, p, now, now + txTime, now + txTime + propagation, idleUntilBefore, hop, nullptr});
    Simulator::ScheduleWithContext(destination->GetNode()->GetId(),
                                   txTime + propagation,
                                   &LaserChannel::Arrive,
                                   Ptr<LaserChannel>(this),
                                   wire,
                                   number,
                                   onWire);
    m_transmitTrace(p, src, destination, txTime, propagation);
    return true;
}

void
LaserChannel::Arrive(uint32_t wire, uint64_t number, Ptr<Packet> packet)
{
    // Almost always the first; not after a loss under way, nor if a node was moved by hand.
    auto& flights = m_directions[wire].flights;
    const auto flight = std::find_if(flights.begin(), flights.end(), [number](const Flight& entry) {
        return entry.number == number;
    });
    if (flight == flights.end())
    {
        return; // lost: ns-3 gives no EventId for events of another context, so none was cancelled
    }
    flight->charged = packet;
    EndOfInstant::Add(IsFinal(wire, *packet) ? EndOfInstant::Turn::FINAL
                                             : EndOfInstant::Turn::TRANSIT,
                      2 * m_number + wire,
                      GetDestination(wire)->GetNode()->GetId(),
                      this,
                      number);
}

void
LaserChannel::Act(uint32_t place, uint64_t number)
{
    const uint32_t wire = place % 2;
    auto& flights = m_directions[wire].flights;
    const auto flight = std::find_if(flights.begin(), flights.end(), [number](const Flight& entry) {
        return entry.number == number;
    });
    const Ptr<Packet> packet = flight->charged;
    flights.erase(flight);
    GetDestination(wire)->Receive(packet);
}

bool
LaserChannel::IsFinal(uint32_t wire, const Packet& packet) const
{
    std::array<uint8_t, PPP_BYTES + IPV4_BYTES> headers;
    if (packet.CopyData(headers.data(), headers.size()) < headers.size())
    {
        return true; // no IPv4 packet
    }
    const uint8_t* ipv4 = headers.data() + PPP_BYTES;
    Ptr<Ipv4> stack = GetDestination(wire)->GetNode()->GetObject<Ipv4>();
    return !stack || ipv4[TTL_OFFSET] == 1 ||
           stack->GetInterfaceForAddress(Ipv4Address::Deserialize(ipv4 + DESTINATION_OFFSET)) >= 0;
}

void
LaserChannel::SetUp(bool isUp)
{
    Reroute(Switch(isUp));
}

std::vector<LaserChannel::Stranded>
LaserChannel::Switch(bool isUp)
{
    if (GetNDevices() != 2)
    {
        throw std::logic_error("LaserChannel: a link with " + std::to_string(GetNDevices()) +
                               " devices cannot go up or down; attach two first");
    }
    std::vector<Stranded> stranded;
    if (isUp == m_isUp)
    {
        return stranded;
    }
    m_isUp = isUp;
    for (uint32_t wire : {0, 1})
    {
        if (!isUp)
        {
            TakeDown(wire, stranded);
            continue;
        }
        // A trap: slots can be shorter than packets. The transmitter may still be busy with a
        // packet that was cut; what came meanwhile came to a link that was down. What comes from
        // now on starts when the transmitter is free.
        Ptr<Queue<Packet>> queue = GetSource(wire)->GetQueue();
        while (Ptr<Packet> packet = queue->Remove())
        {
            Lose(wire, packet, LossReason::LINK_DOWN);
        }
    }
    return stranded;
}

void
LaserChannel::TakeDown(uint32_t wire, std::vector<Stranded>& stranded)
{
    Direction& direction = m_directions[wire];
    Ptr<PointToPointNetDevice> device = GetSource(wire);
    Ptr<SlotRoutingProtocol> routing =
        m_policy == LossPolicy::REROUTE ? SlotRoutingProtocol::Find(device->GetNode()) : nullptr;
    const Time now = Simulator::Now();
    for (Flight& flight : std::exchange(direction.flights, {}))
    {
        if (flight.sent > now)
        {
            UndoTransmission(wire, flight);
            if (!Strand(wire, flight.packet, flight.sent - flight.start, routing, stranded))
            {
                Lose(wire, flight.packet, LossReason::CUT);
            }
        }
        else if (m_policy == LossPolicy::DROP && flight.arrival > now)
        {
            UndoHop(flight);
            Lose(wire, flight.packet, LossReason::ON_WIRE);
        }
        else
        {
            direction.flights.push_back(std::move(flight));
        }
    }
    DataRateValue rate;
    device->GetAttribute("DataRate", rate);
    Ptr<Queue<Packet>> queue = device->GetQueue();
    while (Ptr<Packet> packet = routing ? queue->Dequeue() : queue->Remove())
    {
        const Time transmission = rate.Get().CalculateBytesTxTime(packet->GetSize());
        if (!Strand(wire, packet, transmission, routing, stranded))
        {
            Lose(wire, packet, LossReason::QUEUED);
        }
    }
    direction.charges.Clear();
}

void
LaserChannel::UndoTransmission(uint32_t wire, const Flight& flight)
{
    UndoHop(flight);
    Direction& direction = m_directions[wire];
    --direction.counters.packets;
    direction.counters.bytes -= flight.packet->GetSize();
    direction.counters.busy -= flight.sent - Simulator::Now();
    PathLedgerTag ledger;
    if (flight.packet->PeekPacketTag(ledger))
    {
        direction.charges.Undo(ledger, flight.idleUntilBefore);
    }
}

bool
LaserChannel::Strand(uint32_t wire,
                     Ptr<const Packet> original,
                     Time transmission,
                     Ptr<SlotRoutingProtocol> routing,
                     std::vector<Stranded>& stranded)
{
    if (!routing)
    {
        return false;
    }
    Ptr<Packet> packet = original->Copy();
    PppHeader ppp;
    packet->RemoveHeader(ppp);
    if (ppp.GetProtocol() != PPP_IPV4)
    {
        return false;
    }
    Ipv4Header header;
    packet->RemoveHeader(header);
    PathLedgerTag ledger;
    if (packet->PeekPacketTag(ledger))
    {
        m_directions[wire].charges.ChargeStay(ledger, transmission, Simulator::Now());
        packet->ReplacePacketTag(ledger);
    }
    stranded.push_back({this, wire, original, packet, header, routing});
    return true;
}

void
LaserChannel::Reroute(const std::vector<Stranded>& stranded)
{
    for (const Stranded& entry : stranded)
    {
        ++entry.channel->m_directions[entry.wire].counters.rerouted;
        entry.channel->m_reroutedTrace(entry.original, entry.channel->GetSource(entry.wire));
        entry.routing->Reroute(entry.packet, entry.header);
    }
}

void
LaserChannel::Lose(uint32_t wire, Ptr<const Packet> packet, LossReason reason)
{
    ++m_directions[wire].counters.lost[static_cast<std::size_t>(reason)];
    m_lostTrace(packet, reason, GetSource(wire));
}

void
LaserChannel::NotifyQueueFull(uint32_t wire, Ptr<const Packet> packet)
{
    Lose(wire, packet, LossReason::QUEUE_FULL);
}

void
LaserChannel::NotifyCorrupted(uint32_t wire, Ptr<const Packet> packet)
{
    Lose(wire, packet, LossReason::CORRUPTED);
}

LaserLinkCounters
LaserChannel::GetCounters(uint32_t wire) const
{
    LaserLinkCounters counters = m_directions[wire].counters;
    counters.inFlight = m_directions[wire].flights.size();
    counters.queued = GetSource(wire)->GetQueue()->GetNPackets();
    CountWait(counters,
              m_directions[wire].queued,
              Simulator::Now() - m_directions[wire].queuedSince);
    return counters;
}

LaserLinkCounters
LaserChannel::TakeCounters(uint32_t wire, Time until)
{
    if (until < Simulator::Now())
    {
        throw std::invalid_argument("LaserChannel: counters until " +
                                    std::to_string(until.GetNanoSeconds()) +
                                    " ns asked for at a later time");
    }
    Direction& direction = m_directions[wire];
    CountWait(direction.counters, direction.queued, until - direction.queuedSince);
    direction.queuedSince = until;
    LaserLinkCounters counters = GetCounters(wire);
    direction.counters.longest = 0;
    for (const Flight& flight : direction.flights)
    {
        if (flight.sent > until)
        {
            --counters.packets;
            counters.bytes -= flight.packet->GetSize();
            counters.busy -= flight.sent - until;
        }
    }
    return counters;
}

void
LaserChannel::CountWait(LaserLinkCounters& counters, uint64_t queued, Time span)
{
    if (span.IsStrictlyPositive())
    {
        counters.waited += NanoSeconds(static_cast<int64_t>(queued) * span.GetNanoSeconds());
        counters.longest = std::max(counters.longest, queued);
    }
}

void
LaserChannel::NotifyQueue(uint32_t wire, int32_t change, Ptr<const Packet>)
{
    Direction& direction = m_directions[wire];
    CountWait(direction.counters, direction.queued, Simulator::Now() - direction.queuedSince);
    direction.queuedSince = Simulator::Now();
    direction.queued += change;
}

void
LaserChannel::VisitPackets(uint32_t wire, const std::function<void(const Packet&)>& visit) const
{
    for (const Flight& flight : m_directions[wire].flights)
    {
        visit(*flight.packet);
    }
    if (auto device = DynamicCast<LaserNetDevice>(GetSource(wire)))
    {
        device->VisitDeferred(visit);
    }
    for (const Ptr<Packet>& packet : QueueReader::GetPackets(*GetSource(wire)->GetQueue()))
    {
        visit(*packet);
    }
}

} // namespace ns3
