/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef SPACEMOE_BENCHMARK_LASER_WAYS_H
#define SPACEMOE_BENCHMARK_LASER_WAYS_H

#include "ways.h"

#include "ns3/laser-channel.h"

#include <vector>

namespace spacemoe::benchmark
{

/** The project's reference engine: LaserChannel and SlotRoutingProtocol, satellites that move. */
class ReferenceWay : public Way
{
  public:
    void Build(const Grid& grid,
               const LinkSettings& settings,
               const std::vector<uint32_t>& destinations) override;
    uint64_t CountHops() const override;
    ns3::Ipv4Address GetAddress(uint32_t satellite) const override;

  private:
    std::vector<ns3::Ptr<ns3::LaserChannel>> m_links; //!< all of them
};

} // namespace spacemoe::benchmark

#endif // SPACEMOE_BENCHMARK_LASER_WAYS_H
