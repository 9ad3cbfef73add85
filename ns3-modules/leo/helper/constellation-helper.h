/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef CONSTELLATION_HELPER_H
#define CONSTELLATION_HELPER_H

#include "ns3/ephemeris-knots.h"
#include "ns3/forwarding-tables.h"
#include "ns3/laser-channel.h"
#include "ns3/node-container.h"
#include "ns3/object-factory.h"
#include "ns3/point-to-point-net-device.h"

#include <string>

namespace ns3
{

/**
 * @ingroup leo
 *
 * Builds a constellation: nodes that move, IPv4 stacks that forward by slot, laser links.
 *
 * Satellite s is node s of the container; its address is ForwardingTables::GetAddress(s) on
 * every interface. Addresses are set by hand because Ipv4AddressHelper is quadratic in their
 * number.
 */
class ConstellationHelper
{
  public:
    ConstellationHelper();

    /**
     * @brief Set an attribute of the devices made from now on.
     * @param name attribute of PointToPointNetDevice
     * @param value its value
     */
    void SetDeviceAttribute(const std::string& name, const AttributeValue& value);

    /**
     * @brief Set an attribute of the transmit queues made from now on.
     * @param name attribute of DropTailQueue<Packet>
     * @param value its value
     */
    void SetQueueAttribute(const std::string& name, const AttributeValue& value);

    /**
     * @brief Set an attribute of the links made from now on.
     * @param name attribute of LaserChannel
     * @param value its value
     */
    void SetChannelAttribute(const std::string& name, const AttributeValue& value);

    /**
     * @brief Create the satellites, with mobility and IPv4 stacks.
     * @param ephemeris where they are
     * @param tables how they forward
     * @return the nodes, in the order of the ephemeris
     */
    NodeContainer CreateSatellites(Ptr<EphemerisKnots> ephemeris,
                                   Ptr<ForwardingTables> tables) const;

    /**
     * @brief Join two satellites by a laser link.
     *
     * The devices become the next output port of each satellite: the first link of a satellite
     * is its port 0. What finds a transmit queue full, and what arrives
     * corrupted, is counted by the link.
     *
     * @param a one satellite
     * @param b the other
     * @return the channel
     */
    Ptr<LaserChannel> Connect(Ptr<Node> a, Ptr<Node> b) const;

    /**
     * @brief Let a link corrupt packets at random, each independently of all others.
     *
     * What is corrupted has taken its time on the transmitter and on the wire; the receiving device
     * drops it.
     *
     * @param link a link with two devices
     * @param rate probability that a packet is corrupted, 0 to 1, the same in both directions
     * @param stream random stream of direction 0; that of direction 1 is the next
     * @return the number of streams used
     * @throws std::invalid_argument if the rate is no probability
     */
    static int64_t SetPacketErrorRate(Ptr<LaserChannel> link, double rate, int64_t stream);

    /**
     * @brief Capture what a device sends and receives.
     * @param device the device
     * @param filename path of the pcap file: link type PPP, nanosecond time stamps if the
     * attribute NanosecMode of PcapFileWrapper is set
     */
    static void EnablePcap(Ptr<PointToPointNetDevice> device, const std::string& filename);

    /**
     * @brief Capture what a device sends and receives.
     * @param device the device
     * @param file what to write to
     */
    static void EnablePcap(Ptr<PointToPointNetDevice> device, Ptr<CaptureFile> file);

  private:
    /**
     * @brief Make one end of a link.
     * @param node the satellite
     * @param channel the channel
     */
    void AddDevice(Ptr<Node> node, Ptr<LaserChannel> channel) const;

    ObjectFactory m_channelFactory; //!< makes the links
    ObjectFactory m_deviceFactory;  //!< makes the devices
    ObjectFactory m_queueFactory;   //!< makes their transmit queues
};

} // namespace ns3

#endif // CONSTELLATION_HELPER_H
