/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "constellation-helper.h"

#include "slot-routing-helper.h"

#include "ns3/capture-file.h"
#include "ns3/double.h"
#include "ns3/drop-tail-queue.h"
#include "ns3/enum.h"
#include "ns3/error-model.h"
#include "ns3/hermite-mobility-model.h"
#include "ns3/internet-stack-helper.h"
#include "ns3/ipv4.h"
#include "ns3/mac48-address.h"
#include "ns3/pointer.h"
#include "ns3/uinteger.h"

#include <stdexcept>

namespace ns3
{

ConstellationHelper::ConstellationHelper()
{
    m_channelFactory.SetTypeId("ns3::LaserChannel");
    m_deviceFactory.SetTypeId("ns3::LaserNetDevice");
    m_queueFactory.SetTypeId("ns3::DropTailQueue<Packet>");
}

void
ConstellationHelper::SetDeviceAttribute(const std::string& name, const AttributeValue& value)
{
    m_deviceFactory.Set(name, value);
}

void
ConstellationHelper::SetQueueAttribute(const std::string& name, const AttributeValue& value)
{
    m_queueFactory.Set(name, value);
}

void
ConstellationHelper::SetChannelAttribute(const std::string& name, const AttributeValue& value)
{
    m_channelFactory.Set(name, value);
}

NodeContainer
ConstellationHelper::CreateSatellites(Ptr<EphemerisKnots> ephemeris,
                                      Ptr<ForwardingTables> tables) const
{
    NodeContainer satellites;
    satellites.Create(ephemeris->GetNSatellites());
    for (uint32_t satellite = 0; satellite < satellites.GetN(); ++satellite)
    {
        satellites.Get(satellite)->AggregateObject(
            CreateObjectWithAttributes<HermiteMobilityModel>("Ephemeris",
                                                             PointerValue(ephemeris),
                                                             "Satellite",
                                                             UintegerValue(satellite)));
    }
    InternetStackHelper stack;
    stack.SetIpv6StackInstall(false);
    stack.SetRoutingHelper(SlotRoutingHelper(tables));
    stack.Install(satellites);
    return satellites;
}

void
ConstellationHelper::AddDevice(Ptr<Node> node, Ptr<LaserChannel> channel) const
{
    Ptr<PointToPointNetDevice> device = m_deviceFactory.Create<PointToPointNetDevice>();
    device->SetAddress(Mac48Address::Allocate());
    device->SetQueue(m_queueFactory.Create<Queue<Packet>>());
    node->AddDevice(device);
    device->Attach(channel);
    // A plain pointer: the channel holds the device, which must not hold the channel in turn.
    const auto wire = static_cast<uint32_t>(channel->GetNDevices()) - 1;
    device->TraceConnectWithoutContext(
        "MacTxDrop",
        MakeCallback(&LaserChannel::NotifyQueueFull, PeekPointer(channel), wire));
    device->TraceConnectWithoutContext(
        "PhyRxDrop",
        MakeCallback(&LaserChannel::NotifyCorrupted, PeekPointer(channel), 1 - wire));
    Ptr<Queue<Packet>> queue = device->GetQueue();
    queue->TraceConnectWithoutContext(
        "Enqueue",
        MakeCallback(&LaserChannel::NotifyQueue, PeekPointer(channel), wire, 1));
    queue->TraceConnectWithoutContext(
        "Dequeue",
        MakeCallback(&LaserChannel::NotifyQueue, PeekPointer(channel), wire, -1));

    Ptr<Ipv4> ipv4 = node->GetObject<Ipv4>();
    const uint32_t interface = ipv4->AddInterface(device);
    const uint32_t satellite = node->GetObject<HermiteMobilityModel>()->GetSatellite();
    ipv4->AddAddress(
        interface,
        Ipv4InterfaceAddress(ForwardingTables::GetAddress(satellite), Ipv4Mask::GetOnes()));
    ipv4->SetMetric(interface, 1);
    ipv4->SetUp(interface);
}

Ptr<LaserChannel>
ConstellationHelper::Connect(Ptr<Node> a, Ptr<Node> b) const
{
    Ptr<LaserChannel> channel = m_channelFactory.Create<LaserChannel>();
    AddDevice(a, channel);
    AddDevice(b, channel);
    return channel;
}

int64_t
ConstellationHelper::SetPacketErrorRate(Ptr<LaserChannel> link, double rate, int64_t stream)
{
    if (!(rate >= 0 && rate <= 1))
    {
        throw std::invalid_argument("constellation helper: a packet error rate of " +
                                    std::to_string(rate) + " is no probability");
    }
    int64_t used = 0;
    for (uint32_t wire : {0, 1})
    {
        auto errors =
            CreateObjectWithAttributes<RateErrorModel>("ErrorUnit",
                                                       EnumValue(RateErrorModel::ERROR_UNIT_PACKET),
                                                       "ErrorRate",
                                                       DoubleValue(rate));
        used += errors->AssignStreams(stream + used);
        link->GetDevice(1 - wire)->SetAttribute("ReceiveErrorModel", PointerValue(errors));
    }
    return used;
}

void
ConstellationHelper::EnablePcap(Ptr<PointToPointNetDevice> device, const std::string& filename)
{
    EnablePcap(device, ns3::Create<CaptureFile>(filename));
}

void
ConstellationHelper::EnablePcap(Ptr<PointToPointNetDevice> device, Ptr<CaptureFile> file)
{
    device->TraceConnectWithoutContext("PromiscSniffer", MakeCallback(&CaptureFile::Sniff, file));
}

} // namespace ns3
