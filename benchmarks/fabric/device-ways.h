/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef SPACEMOE_BENCHMARK_DEVICE_WAYS_H
#define SPACEMOE_BENCHMARK_DEVICE_WAYS_H

#include "ways.h"

#include "ns3/point-to-point-channel.h"
#include "ns3/point-to-point-net-device.h"

#include <cstdint>
#include <utility>
#include <vector>

namespace spacemoe::benchmark
{

/** Ways with a stock PointToPointNetDevice at each end of a link, and an address for each. */
class DeviceWay : public Way
{
  public:
    uint64_t CountHops() const override;
    ns3::Ipv4Address GetAddress(uint32_t satellite) const override;

  protected:
    /**
     * @brief Join two satellites; each gets one interface more.
     * @param a one satellite
     * @param b the other
     * @param channel what lies between
     * @param settings of the link
     */
    void Join(uint32_t a,
              uint32_t b,
              ns3::Ptr<ns3::PointToPointChannel> channel,
              const LinkSettings& settings);

  private:
    uint32_t m_nextAddress{0};                                   //!< after those given
    std::vector<ns3::Ptr<ns3::PointToPointNetDevice>> m_devices; //!< all of them
};

/** Ipv4NixVectorRouting over point-to-point channels whose delays stay what they are at the start.
 */
class NixWay : public DeviceWay
{
  public:
    void Build(const Grid& grid,
               const LinkSettings& settings,
               const std::vector<uint32_t>& destinations) override;
};

/** A forwarding table a node, SGP4 at both ends for each packet; see peer.h. */
class PeerWay : public DeviceWay
{
  public:
    void Build(const Grid& grid,
               const LinkSettings& settings,
               const std::vector<uint32_t>& destinations) override;

  private:
    /**
     * @brief Give every node its table.
     * @param grid satellites and links
     * @param destinations satellites that packets are sent to
     */
    void SetTables(const Grid& grid, const std::vector<uint32_t>& destinations);
};

} // namespace spacemoe::benchmark

#endif // SPACEMOE_BENCHMARK_DEVICE_WAYS_H
