/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "laser-net-device.h"

#include "laser-channel.h"

#include "ns3/packet.h"
#include "ns3/simulator.h"

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(LaserNetDevice);

TypeId
LaserNetDevice::GetTypeId()
{
    static TypeId tid = TypeId("ns3::LaserNetDevice")
                            .SetParent<PointToPointNetDevice>()
                            .SetGroupName("Leo")
                            .AddConstructor<LaserNetDevice>();
    return tid;
}

bool
LaserNetDevice::Send(Ptr<Packet> packet, const Address& dest, uint16_t protocolNumber)
{
    Ptr<LaserChannel> channel = StaticCast<LaserChannel>(GetChannel());
    const uint32_t wire = channel->GetPointToPointDevice(0) == this ? 0 : 1;
    if (m_deferred.empty() && channel->GetBusyUntil(wire) != Simulator::Now())
    {
        return PointToPointNetDevice::Send(packet, dest, protocolNumber);
    }
    m_deferred.push_back(packet);
    Simulator::ScheduleNow(&LaserNetDevice::SendDeferred,
                           Ptr<LaserNetDevice>(this),
                           dest,
                           protocolNumber);
    return true;
}

void
LaserNetDevice::SendDeferred(const Address& dest, uint16_t protocolNumber)
{
    const Ptr<Packet> packet = m_deferred.front();
    m_deferred.pop_front();
    PointToPointNetDevice::Send(packet, dest, protocolNumber);
}

void
LaserNetDevice::VisitDeferred(const std::function<void(const Packet&)>& visit) const
{
    for (const Ptr<Packet>& packet : m_deferred)
    {
        visit(*packet);
    }
}

} // namespace ns3
