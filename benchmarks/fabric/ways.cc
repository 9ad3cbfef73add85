/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "ways.h"

#include "device-ways.h"
#include "laser-ways.h"

#include "ns3/channel-network.h"

#include <stdexcept>

namespace spacemoe::benchmark
{

std::unique_ptr<Endpoints>
Way::OpenEndpoints(const std::vector<Flow>& flows)
{
    std::vector<ns3::Ipv4Address> addresses;
    for (const Flow& flow : flows)
    {
        addresses.push_back(GetAddress(flow.to));
    }
    return std::make_unique<SocketEndpoints>(m_nodes, addresses, flows);
}

std::unique_ptr<Way>
MakeWay(const std::string& name)
{
    if (name == "nix")
    {
        return std::make_unique<NixWay>();
    }
    if (name == "peer")
    {
        return std::make_unique<PeerWay>();
    }
    if (name == "reference")
    {
        return std::make_unique<LaserWay>(ns3::CreateObject<ns3::ChannelNetwork>());
    }
    if (name == "stock")
    {
        return std::make_unique<LaserWay>(ns3::CreateObject<ns3::Fabric>());
    }
    if (name == "lean")
    {
        return std::make_unique<LeanWay>(ns3::CreateObject<ns3::Fabric>());
    }
    throw std::invalid_argument("way: " + name + " is none of nix, peer, reference, stock, lean");
}

} // namespace spacemoe::benchmark
