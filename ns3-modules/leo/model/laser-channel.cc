/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "laser-channel.h"

#include "ns3/node.h"
#include "ns3/packet.h"
#include "ns3/point-to-point-net-device.h"
#include "ns3/simulator.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace ns3
{

namespace
{
constexpr double SPEED_OF_LIGHT_M_S = 299792458.0; //!< in vacuum, exact (SI)
constexpr double NANOSECONDS_PER_SECOND = 1e9;
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
            .AddTraceSource("Transmit",
                            "A packet's first bit leaves; with its transmission and light time.",
                            MakeTraceSourceAccessor(&LaserChannel::m_transmitTrace),
                            "ns3::LaserChannel::TransmitCallback");
    return tid;
}

void
LaserChannel::DoDispose()
{
    m_mobility[0] = nullptr;
    m_mobility[1] = nullptr;
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

Time
LaserChannel::GetPropagationDelay() const
{
    const Vector a = GetMobility(0).GetPosition();
    const Vector b = GetMobility(1).GetPosition();
    const double dx = a.x - b.x;
    const double dy = a.y - b.y;
    const double dz = a.z - b.z;
    const double metres = std::sqrt((dx * dx + dy * dy) + dz * dz);
    const double exact = metres / SPEED_OF_LIGHT_M_S * NANOSECONDS_PER_SECOND;
    return NanoSeconds(static_cast<int64_t>(std::floor(exact + 0.5)));
}

void
LaserChannel::ChargeHop(uint32_t wire, Time transmission, Time propagation, PathLedgerTag& ledger)
{
    Time start = ledger.GetReady();
    if (ledger.GetSegments() > 1)
    {
        Passage& passage = m_passages[wire][ledger.GetMessage()];
        start = std::max(start, passage.idleUntil);
        passage.idleUntil = start + transmission;
        if (++passage.segments == ledger.GetSegments())
        {
            m_passages[wire].erase(ledger.GetMessage());
        }
    }
    ledger.AddHop(start, transmission, propagation);
}

bool
LaserChannel::TransmitStart(Ptr<const Packet> p, Ptr<PointToPointNetDevice> src, Time txTime)
{
    const uint32_t wire = (src == GetSource(0)) ? 0 : 1;
    Ptr<PointToPointNetDevice> destination = GetDestination(wire);
    const Time propagation = GetPropagationDelay();

    Ptr<Packet> onWire = p->Copy();
    PathLedgerTag ledger;
    if (onWire->PeekPacketTag(ledger))
    {
        ChargeHop(wire, txTime, propagation, ledger);
        onWire->ReplacePacketTag(ledger);
    }
    Simulator::ScheduleWithContext(destination->GetNode()->GetId(),
                                   txTime + propagation,
                                   &PointToPointNetDevice::Receive,
                                   destination,
                                   onWire);
    m_transmitTrace(p, src, destination, txTime, propagation);
    return true;
}

} // namespace ns3
