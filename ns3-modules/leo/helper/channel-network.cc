/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "channel-network.h"

#include "ns3/data-rate.h"
#include "ns3/enum.h"
#include "ns3/laser-net-device.h"
#include "ns3/node.h"
#include "ns3/simulator.h"
#include "ns3/uinteger.h"

#include <iterator>
#include <stdexcept>

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(ChannelNetwork);

TypeId
ChannelNetwork::GetTypeId()
{
    static TypeId tid = TypeId("ns3::ChannelNetwork")
                            .SetParent<LaserNetwork>()
                            .SetGroupName("Leo")
                            .AddConstructor<ChannelNetwork>();
    return tid;
}

void
ChannelNetwork::DoDispose()
{
    m_links.clear();
    LaserNetwork::DoDispose();
}

void
ChannelNetwork::DoCreate(Ptr<EphemerisKnots> ephemeris, Ptr<ForwardingTables> tables)
{
    m_satellites = ConstellationHelper().CreateSatellites(ephemeris, tables);
}

uint32_t
ChannelNetwork::Connect(uint32_t a, uint32_t b)
{
    CheckSatellite(a);
    CheckSatellite(b);
    ConstellationHelper helper;
    helper.SetDeviceAttribute("Mtu", UintegerValue(GetMtu()));
    helper.SetDeviceAttribute("DataRate", DataRateValue(DataRate(GetRateBps())));
    helper.SetQueueAttribute("MaxSize", QueueSizeValue(GetQueueSize()));
    helper.SetChannelAttribute("LossPolicy", EnumValue(GetLossPolicy()));
    Ptr<LaserChannel> link = helper.Connect(m_satellites.Get(a), m_satellites.Get(b));
    link->SetNumber(m_links.size());
    link->TraceConnectWithoutContext("Lost", MakeCallback(&ChannelNetwork::Lost, this));
    m_links.push_back(link);
    return m_links.size() - 1;
}

uint32_t
ChannelNetwork::GetNLinks() const
{
    return m_links.size();
}

Ptr<LaserChannel>
ChannelNetwork::GetLink(uint32_t link) const
{
    return m_links.at(link);
}

void
ChannelNetwork::SetStates(const std::vector<LinkState>& states)
{
    std::vector<LaserChannel::Stranded> stranded;
    for (const LinkState& state : states)
    {
        Ptr<LaserChannel> link = m_links.at(state.link);
        std::vector<LaserChannel::Stranded> more = link->Switch(state.isUp);
        std::move(more.begin(), more.end(), std::back_inserter(stranded));
        for (uint32_t end = 0; state.isUp && end < 2; ++end)
        {
            link->GetPointToPointDevice(end)->SetDataRate(DataRate(state.rateBps));
        }
    }
    LaserChannel::Reroute(stranded);
}

void
ChannelNetwork::Settle(Time)
{
}

LaserLinkCounters
ChannelNetwork::TakeCounters(uint32_t wire, Time until)
{
    return m_links.at(wire / 2)->TakeCounters(wire % 2, until);
}

void
ChannelNetwork::SetHopLog(Ptr<HopLog> log)
{
    for (const Ptr<LaserChannel>& link : m_links)
    {
        link->SetHopLog(log);
    }
}

int64_t
ChannelNetwork::SetPacketErrorRate(uint32_t link, double rate, int64_t stream)
{
    return ConstellationHelper::SetPacketErrorRate(m_links.at(link), rate, stream);
}

void
ChannelNetwork::EnablePcap(uint32_t satellite, uint32_t port, const std::string& filename)
{
    CheckSatellite(satellite);
    // Device 0 is the loopback device.
    ConstellationHelper::EnablePcap(
        DynamicCast<PointToPointNetDevice>(m_satellites.Get(satellite)->GetDevice(port + 1)),
        OpenCapture(filename));
}

void
ChannelNetwork::VisitPackets(const std::function<void(const Packet&)>& visit) const
{
    for (const Ptr<LaserChannel>& link : m_links)
    {
        link->VisitPackets(0, visit);
        link->VisitPackets(1, visit);
    }
    for (uint32_t satellite = 0; satellite < m_satellites.GetN(); ++satellite)
    {
        SlotRoutingProtocol::Find(m_satellites.Get(satellite))->VisitHeld(visit);
    }
}

void
ChannelNetwork::Lost(Ptr<const Packet> packet, LossReason reason, Ptr<const NetDevice> source)
{
    m_lostTrace(packet, reason, source->GetNode()->GetId(), Simulator::Now());
}

} // namespace ns3
