/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "hermite-mobility-model.h"

#include "ns3/pointer.h"
#include "ns3/simulator.h"
#include "ns3/uinteger.h"

#include <stdexcept>

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(HermiteMobilityModel);

TypeId
HermiteMobilityModel::GetTypeId()
{
    static TypeId tid = TypeId("ns3::HermiteMobilityModel")
                            .SetParent<MobilityModel>()
                            .SetGroupName("Leo")
                            .AddConstructor<HermiteMobilityModel>()
                            .AddAttribute("Ephemeris",
                                          "Positions and velocities of the constellation at knots.",
                                          PointerValue(),
                                          MakePointerAccessor(&HermiteMobilityModel::m_ephemeris),
                                          MakePointerChecker<EphemerisKnots>())
                            .AddAttribute("Satellite",
                                          "Index of this satellite in the ephemeris.",
                                          UintegerValue(0),
                                          MakeUintegerAccessor(&HermiteMobilityModel::m_satellite),
                                          MakeUintegerChecker<uint32_t>());
    return tid;
}

void
HermiteMobilityModel::DoDispose()
{
    m_ephemeris = nullptr;
    MobilityModel::DoDispose();
}

Vector
HermiteMobilityModel::GetPositionAt(Time at) const
{
    return m_ephemeris->GetPosition(m_satellite, at);
}

Vector
HermiteMobilityModel::GetVelocityAt(Time at) const
{
    return m_ephemeris->GetVelocity(m_satellite, at);
}

uint32_t
HermiteMobilityModel::GetSatellite() const
{
    return m_satellite;
}

Vector
HermiteMobilityModel::DoGetPosition() const
{
    return GetPositionAt(Simulator::Now());
}

void
HermiteMobilityModel::DoSetPosition(const Vector&)
{
    throw std::logic_error("HermiteMobilityModel: the position is given by the ephemeris and "
                           "cannot be set; use another mobility model for this node");
}

Vector
HermiteMobilityModel::DoGetVelocity() const
{
    return GetVelocityAt(Simulator::Now());
}

} // namespace ns3
