/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "laser-network.h"

#include "ns3/data-rate.h"
#include "ns3/enum.h"
#include "ns3/simulator.h"
#include "ns3/uinteger.h"

#include <stdexcept>

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(LaserNetwork);

TypeId
LaserNetwork::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::LaserNetwork")
            .SetParent<Object>()
            .SetGroupName("Leo")
            .AddAttribute("Mtu",
                          "Largest IPv4 packet in bytes.",
                          UintegerValue(9000),
                          MakeUintegerAccessor(&LaserNetwork::m_mtuBytes),
                          MakeUintegerChecker<uint16_t>(68))
            .AddAttribute("QueueSize",
                          "Capacity of each transmit queue, in packets or bytes; what does not fit "
                          "is lost.",
                          QueueSizeValue(QueueSize("1000p")),
                          MakeQueueSizeAccessor(&LaserNetwork::m_queueSize),
                          MakeQueueSizeChecker())
            .AddAttribute("LossPolicy",
                          "What becomes of the packets of a link that goes down.",
                          EnumValue(LossPolicy::REROUTE),
                          MakeEnumAccessor<LossPolicy>(&LaserNetwork::m_policy),
                          MakeEnumChecker(LossPolicy::DROP,
                                          "Drop",
                                          LossPolicy::DELIVER,
                                          "Deliver",
                                          LossPolicy::REROUTE,
                                          "Reroute"))
            .AddAttribute("RateBps",
                          "Bits a second of links until they get another rate.",
                          UintegerValue(100'000'000'000),
                          MakeUintegerAccessor(&LaserNetwork::m_rateBps),
                          MakeUintegerChecker<uint64_t>(1))
            .AddAttribute(
                "CaptureBytes",
                "Longest pcap file of a capture, in bytes; what does not fit is left out.",
                UintegerValue(CaptureFile::UNBOUNDED),
                MakeUintegerAccessor(&LaserNetwork::m_captureBytes),
                MakeUintegerChecker<uint64_t>())
            .AddTraceSource("Lost",
                            "A link loses a packet.",
                            MakeTraceSourceAccessor(&LaserNetwork::m_lostTrace),
                            "ns3::LaserNetwork::LostCallback");
    return tid;
}

void
LaserNetwork::Create(Ptr<EphemerisKnots> ephemeris, Ptr<ForwardingTables> tables)
{
    Simulator::ScheduleDestroy(&LaserNetwork::Dispose, Ptr<LaserNetwork>(this));
    DoCreate(ephemeris, tables);
}

void
LaserNetwork::DoDispose()
{
    m_satellites = NodeContainer();
    m_captureFiles.clear();
    Object::DoDispose();
}

const NodeContainer&
LaserNetwork::GetSatellites() const
{
    return m_satellites;
}

uint16_t
LaserNetwork::GetMtu() const
{
    return m_mtuBytes;
}

QueueSize
LaserNetwork::GetQueueSize() const
{
    return m_queueSize;
}

LaserNetwork::LossPolicy
LaserNetwork::GetLossPolicy() const
{
    return m_policy;
}

uint64_t
LaserNetwork::GetRateBps() const
{
    return m_rateBps;
}

const std::vector<Ptr<CaptureFile>>&
LaserNetwork::GetCaptures() const
{
    return m_captureFiles;
}

Ptr<CaptureFile>
LaserNetwork::OpenCapture(const std::string& filename)
{
    m_captureFiles.push_back(ns3::Create<CaptureFile>(filename, m_captureBytes));
    return m_captureFiles.back();
}

void
LaserNetwork::CheckSatellite(uint32_t satellite) const
{
    if (satellite >= m_satellites.GetN())
    {
        throw std::out_of_range("laser network: satellite " + std::to_string(satellite) +
                                " is not one of the " + std::to_string(m_satellites.GetN()));
    }
}

} // namespace ns3
