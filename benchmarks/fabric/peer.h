/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef SPACEMOE_BENCHMARK_PEER_H
#define SPACEMOE_BENCHMARK_PEER_H

#include "sgp4.h"

#include "ns3/ipv4-routing-protocol.h"
#include "ns3/mobility-model.h"
#include "ns3/node-container.h"
#include "ns3/nstime.h"
#include "ns3/point-to-point-channel.h"

#include <cstdint>
#include <map>
#include <memory>
#include <tuple>
#include <vector>

/**
 * @file
 * How the best-known LEO simulator on ns-3 does it, in our own words: Hypatia (Kassing et al. 2020,
 * Exploring the "Internet from space" with Hypatia, IMC; its ns3-sat-sim). What is done for each
 * packet is the same. A routing protocol resolves the addresses of source and destination in a map
 * that each node has of its own, finds next node and the interfaces of both in a vector, and makes
 * a route. The channel asks both ends for their positions, each of which is computed anew: a Julian
 * date of days and milliseconds, SGP4, sidereal time and polar motion to the Earth-fixed frame.
 */

namespace spacemoe::benchmark
{

/** A date in UTC: days since 1 January 1970 and milliseconds of the day. */
class PeerDate
{
  public:
    /**
     * @param days since 1 January 1970
     * @param milliseconds of the day
     */
    PeerDate(uint32_t days, uint32_t milliseconds);

    /**
     * @param later by how much, not negative
     * @return the date then
     */
    PeerDate operator+(const ns3::Time& later) const;

    /**
     * @param other a date
     * @return the time since then
     */
    ns3::Time operator-(const PeerDate& other) const;

    /** @return the Julian date */
    double GetJulian() const;

  private:
    uint32_t m_days;         //!< since 1 January 1970
    uint32_t m_milliseconds; //!< of the day
};

/** A satellite's position, by SGP4 and in the Earth-fixed frame each time that it is asked for. */
class PeerMobilityModel : public ns3::MobilityModel
{
  public:
    /** @return the object TypeId */
    static ns3::TypeId GetTypeId();

    /**
     * @brief Set the orbit.
     * @param elements mean elements
     * @param epoch of the elements and of simulation time zero
     */
    void SetOrbit(const MeanElements& elements, const PeerDate& epoch);

  private:
    ns3::Vector DoGetPosition() const override;
    void DoSetPosition(const ns3::Vector& position) override;
    ns3::Vector DoGetVelocity() const override;

    std::unique_ptr<Sgp4> m_orbit; //!< the propagator
    PeerDate m_epoch{0, 0};        //!< of the elements and of simulation time zero
};

/** A point-to-point channel whose delay is the distance of its ends' mobility models over c, for
 * each packet. */
class PeerChannel : public ns3::PointToPointChannel
{
  public:
    /** @return the object TypeId */
    static ns3::TypeId GetTypeId();

    bool TransmitStart(ns3::Ptr<const ns3::Packet> p,
                       ns3::Ptr<ns3::PointToPointNetDevice> src,
                       ns3::Time txTime) override;
};

/** Nodes by address. */
using AddressBook = std::map<uint32_t, uint32_t>;

/** Forwards by a table of the node's own, looked up for each packet. */
class PeerRouting : public ns3::Ipv4RoutingProtocol
{
  public:
    /// Next node, own interface and the next node's interface; -1 without a path.
    using NextHop = std::tuple<int32_t, int32_t, int32_t>;

    /** @return the object TypeId */
    static ns3::TypeId GetTypeId();

    /**
     * @brief Set the table.
     * @param node index of this node
     * @param nodes all nodes
     * @param addresses of all nodes
     * @param nextHops by destination node
     */
    void SetTable(uint32_t node,
                  const ns3::NodeContainer& nodes,
                  AddressBook addresses,
                  std::vector<NextHop> nextHops);

    ns3::Ptr<ns3::Ipv4Route> RouteOutput(ns3::Ptr<ns3::Packet> p,
                                         const ns3::Ipv4Header& header,
                                         ns3::Ptr<ns3::NetDevice> oif,
                                         ns3::Socket::SocketErrno& sockerr) override;
    bool RouteInput(ns3::Ptr<const ns3::Packet> p,
                    const ns3::Ipv4Header& header,
                    ns3::Ptr<const ns3::NetDevice> idev,
                    const UnicastForwardCallback& ucb,
                    const MulticastForwardCallback& mcb,
                    const LocalDeliverCallback& lcb,
                    const ErrorCallback& ecb) override;
    void NotifyInterfaceUp(uint32_t interface) override;
    void NotifyInterfaceDown(uint32_t interface) override;
    void NotifyAddAddress(uint32_t interface, ns3::Ipv4InterfaceAddress address) override;
    void NotifyRemoveAddress(uint32_t interface, ns3::Ipv4InterfaceAddress address) override;
    void SetIpv4(ns3::Ptr<ns3::Ipv4> ipv4) override;
    void PrintRoutingTable(ns3::Ptr<ns3::OutputStreamWrapper> stream,
                           ns3::Time::Unit unit) const override;

  protected:
    void DoDispose() override;

  private:
    /**
     * @brief Node of an address.
     * @param address the address
     * @return its index
     * @throws std::out_of_range if no node has it
     */
    uint32_t Resolve(ns3::Ipv4Address address) const;

    /**
     * @brief Find the route of a packet.
     * @param header its IPv4 header
     * @return the route, or null without a path
     */
    ns3::Ptr<ns3::Ipv4Route> LookUp(const ns3::Ipv4Header& header) const;

    ns3::Ptr<ns3::Ipv4> m_ipv4;      //!< of this node
    uint32_t m_node{0};              //!< index of this node
    ns3::NodeContainer m_nodes;      //!< all nodes
    AddressBook m_addresses;         //!< of all nodes
    std::vector<NextHop> m_nextHops; //!< by destination node
};

} // namespace spacemoe::benchmark

#endif // SPACEMOE_BENCHMARK_PEER_H
