/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "peer.h"

#include "ns3/ipv4-route.h"
#include "ns3/ipv4.h"
#include "ns3/node.h"
#include "ns3/output-stream-wrapper.h"
#include "ns3/packet.h"
#include "ns3/point-to-point-net-device.h"
#include "ns3/simulator.h"

#include <numbers>
#include <stdexcept>
#include <utility>

namespace spacemoe::benchmark
{

using namespace ns3;

namespace
{
constexpr double SPEED_OF_LIGHT_M_S = 299792458.0;
constexpr double METRES_PER_KM = 1000;
constexpr int64_t MILLISECONDS_PER_DAY = 86'400'000;
constexpr double JULIAN_1970 = 2440587.5;
// Earth orientation of 1 January 2000 (IERS Bulletin B); what matters here is that it is applied.
constexpr double POLAR_X_RAD = 0.043 / 3600 * std::numbers::pi / 180;
constexpr double POLAR_Y_RAD = 0.378 / 3600 * std::numbers::pi / 180;
constexpr int64_t UT1_MINUS_UTC_MS = 355;
} // namespace

NS_OBJECT_ENSURE_REGISTERED(PeerMobilityModel);
NS_OBJECT_ENSURE_REGISTERED(PeerChannel);
NS_OBJECT_ENSURE_REGISTERED(PeerRouting);

PeerDate::PeerDate(uint32_t days, uint32_t milliseconds)
    : m_days(days),
      m_milliseconds(milliseconds)
{
}

PeerDate
PeerDate::operator+(const Time& later) const
{
    const auto milliseconds =
        static_cast<uint32_t>(m_milliseconds + later.GetMilliSeconds() % MILLISECONDS_PER_DAY);
    return PeerDate(m_days + static_cast<uint32_t>(later.GetDays()) +
                        milliseconds / MILLISECONDS_PER_DAY,
                    milliseconds % MILLISECONDS_PER_DAY);
}

Time
PeerDate::operator-(const PeerDate& other) const
{
    return (Days(m_days) + MilliSeconds(m_milliseconds)) -
           (Days(other.m_days) + MilliSeconds(other.m_milliseconds));
}

double
PeerDate::GetJulian() const
{
    return m_days + m_milliseconds / static_cast<double>(MILLISECONDS_PER_DAY) + JULIAN_1970;
}

TypeId
PeerMobilityModel::GetTypeId()
{
    static TypeId tid = TypeId("spacemoe::benchmark::PeerMobilityModel")
                            .SetParent<MobilityModel>()
                            .AddConstructor<PeerMobilityModel>();
    return tid;
}

void
PeerMobilityModel::SetOrbit(const MeanElements& elements, const PeerDate& epoch)
{
    m_orbit = std::make_unique<Sgp4>(elements);
    m_epoch = epoch;
}

Vector
PeerMobilityModel::DoGetPosition() const
{
    const PeerDate now = m_epoch + Simulator::Now();
    const Xyz teme = m_orbit->Propagate((now - m_epoch).GetMinutes()).positionKm;
    const double ut1 = (now + MilliSeconds(UT1_MINUS_UTC_MS)).GetJulian();
    const Xyz fixed = RotateToEarthFixed(teme, ut1, POLAR_X_RAD, POLAR_Y_RAD);
    return Vector(fixed[0] * METRES_PER_KM, fixed[1] * METRES_PER_KM, fixed[2] * METRES_PER_KM);
}

void
PeerMobilityModel::DoSetPosition(const Vector&)
{
    throw std::logic_error("peer mobility: the motion is given by the orbit");
}

Vector
PeerMobilityModel::DoGetVelocity() const
{
    throw std::logic_error("peer mobility: no velocity is needed");
}

TypeId
PeerChannel::GetTypeId()
{
    static TypeId tid = TypeId("spacemoe::benchmark::PeerChannel")
                            .SetParent<PointToPointChannel>()
                            .AddConstructor<PeerChannel>();
    return tid;
}

bool
PeerChannel::TransmitStart(Ptr<const Packet> p, Ptr<PointToPointNetDevice> src, Time txTime)
{
    const uint32_t wire = src == GetSource(0) ? 0 : 1;
    Ptr<PointToPointNetDevice> destination = GetDestination(wire);
    Ptr<MobilityModel> sender = src->GetNode()->GetObject<MobilityModel>();
    Ptr<MobilityModel> receiver = destination->GetNode()->GetObject<MobilityModel>();
    const Time delay = Seconds(sender->GetDistanceFrom(receiver) / SPEED_OF_LIGHT_M_S);
    Simulator::ScheduleWithContext(destination->GetNode()->GetId(),
                                   txTime + delay,
                                   &PointToPointNetDevice::Receive,
                                   destination,
                                   p->Copy());
    return true;
}

TypeId
PeerRouting::GetTypeId()
{
    static TypeId tid = TypeId("spacemoe::benchmark::PeerRouting")
                            .SetParent<Ipv4RoutingProtocol>()
                            .AddConstructor<PeerRouting>();
    return tid;
}

void
PeerRouting::DoDispose()
{
    m_ipv4 = nullptr;
    m_nodes = NodeContainer();
    Ipv4RoutingProtocol::DoDispose();
}

void
PeerRouting::SetTable(uint32_t node,
                      const NodeContainer& nodes,
                      AddressBook addresses,
                      std::vector<NextHop> nextHops)
{
    m_node = node;
    m_nodes = nodes;
    m_addresses = std::move(addresses);
    m_nextHops = std::move(nextHops);
}

uint32_t
PeerRouting::Resolve(Ipv4Address address) const
{
    return m_addresses.at(address.Get());
}

Ptr<Ipv4Route>
PeerRouting::LookUp(const Ipv4Header& header) const
{
    // A header of which only the destination is set asks for the source address (TcpSocketBase).
    const bool asksForSource = header.GetSource() == Ipv4Address();
    const uint32_t source = asksForSource ? m_node : Resolve(header.GetSource());
    const uint32_t destination = Resolve(header.GetDestination());
    const auto [next, interface, nextInterface] = m_nextHops[destination];
    if (next < 0 || source >= m_nextHops.size())
    {
        return nullptr;
    }
    Ptr<Ipv4Route> route = Create<Ipv4Route>();
    route->SetDestination(header.GetDestination());
    route->SetSource(m_ipv4->SourceAddressSelection(interface, header.GetDestination()));
    route->SetGateway(
        m_nodes.Get(next)->GetObject<Ipv4>()->GetAddress(nextInterface, 0).GetLocal());
    route->SetOutputDevice(m_ipv4->GetNetDevice(interface));
    return route;
}

Ptr<Ipv4Route>
PeerRouting::RouteOutput(Ptr<Packet>,
                         const Ipv4Header& header,
                         Ptr<NetDevice>,
                         Socket::SocketErrno& sockerr)
{
    Ptr<Ipv4Route> route = LookUp(header);
    sockerr = route ? Socket::ERROR_NOTERROR : Socket::ERROR_NOROUTETOHOST;
    return route;
}

bool
PeerRouting::RouteInput(Ptr<const Packet> p,
                        const Ipv4Header& header,
                        Ptr<const NetDevice> idev,
                        const UnicastForwardCallback& ucb,
                        const MulticastForwardCallback&,
                        const LocalDeliverCallback& lcb,
                        const ErrorCallback&)
{
    const uint32_t interface = m_ipv4->GetInterfaceForDevice(idev);
    if (m_ipv4->IsDestinationAddress(header.GetDestination(), interface))
    {
        lcb(p, header, interface);
        return true;
    }
    Ptr<Ipv4Route> route = LookUp(header);
    if (!route)
    {
        return false;
    }
    ucb(route, p, header);
    return true;
}

void
PeerRouting::NotifyInterfaceUp(uint32_t)
{
}

void
PeerRouting::NotifyInterfaceDown(uint32_t)
{
}

void
PeerRouting::NotifyAddAddress(uint32_t, Ipv4InterfaceAddress)
{
}

void
PeerRouting::NotifyRemoveAddress(uint32_t, Ipv4InterfaceAddress)
{
}

void
PeerRouting::SetIpv4(Ptr<Ipv4> ipv4)
{
    m_ipv4 = ipv4;
}

void
PeerRouting::PrintRoutingTable(Ptr<OutputStreamWrapper> stream, Time::Unit) const
{
    *stream->GetStream() << "Node " << m_node << ": next hops to " << m_nextHops.size()
                         << " nodes\n";
}

} // namespace spacemoe::benchmark
