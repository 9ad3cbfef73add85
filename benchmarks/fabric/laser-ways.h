/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef SPACEMOE_BENCHMARK_LASER_WAYS_H
#define SPACEMOE_BENCHMARK_LASER_WAYS_H

#include "ways.h"

#include "ns3/fabric.h"
#include "ns3/laser-network.h"

#include <memory>
#include <vector>

namespace spacemoe::benchmark
{

/** An engine of this project, satellites that move: the reference, or the fabric under stock
 * sockets. */
class LaserWay : public Way
{
  public:
    /**
     * @brief Choose the engine.
     * @param network a ChannelNetwork or a Fabric, not yet created
     */
    explicit LaserWay(ns3::Ptr<ns3::LaserNetwork> network);

    void Build(const Grid& grid,
               const LinkSettings& settings,
               const std::vector<uint32_t>& destinations) override;
    uint64_t CountHops() const override;
    ns3::Ipv4Address GetAddress(uint32_t satellite) const override;
    SchedulerUse GetSchedulerUse() const override;

  private:
    ns3::Ptr<ns3::LaserNetwork> m_network; //!< the engine
};

/** The fabric under its own endpoints. */
class LeanWay : public LaserWay
{
  public:
    /** @param fabric the engine, not yet created */
    explicit LeanWay(ns3::Ptr<ns3::Fabric> fabric);

    std::unique_ptr<Endpoints> OpenEndpoints(const std::vector<Flow>& flows) override;

  private:
    ns3::Ptr<ns3::Fabric> m_fabric; //!< the engine
};

} // namespace spacemoe::benchmark

#endif // SPACEMOE_BENCHMARK_LASER_WAYS_H
