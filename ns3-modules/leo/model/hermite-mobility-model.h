/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef HERMITE_MOBILITY_MODEL_H
#define HERMITE_MOBILITY_MODEL_H

#include "ephemeris-knots.h"

#include "ns3/mobility-model.h"

namespace ns3
{

/**
 * @ingroup leo
 *
 * The motion of one satellite, read from the knots that all satellites share.
 *
 * Positions are inertial (the frame of the knots). The motion is given, so SetPosition throws.
 * The CourseChange trace source never fires: the course changes all the time.
 */
class HermiteMobilityModel : public MobilityModel
{
  public:
    /**
     * @brief Get the type ID.
     * @return the object TypeId
     */
    static TypeId GetTypeId();

    /**
     * @brief Position at a given time, which need not be now.
     * @param at simulation time within the knots
     * @return metres
     */
    Vector GetPositionAt(Time at) const;

    /**
     * @brief Velocity at a given time, which need not be now.
     * @param at simulation time within the knots
     * @return metres a second
     */
    Vector GetVelocityAt(Time at) const;

    /**
     * @brief Index of this satellite in the ephemeris.
     * @return the index
     */
    uint32_t GetSatellite() const;

  protected:
    void DoDispose() override;

  private:
    Vector DoGetPosition() const override;
    void DoSetPosition(const Vector& position) override;
    Vector DoGetVelocity() const override;

    Ptr<EphemerisKnots> m_ephemeris; //!< the knots of the constellation
    uint32_t m_satellite{0};         //!< which satellite of the knots
};

} // namespace ns3

#endif // HERMITE_MOBILITY_MODEL_H
