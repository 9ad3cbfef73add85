/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "ways.h"

#include "device-ways.h"
#include "laser-ways.h"

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
        return std::make_unique<ReferenceWay>();
    }
    throw std::invalid_argument("way: " + name + " is none of nix, peer, reference");
}

} // namespace spacemoe::benchmark
