/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef TRACE_APPLICATIONS_H
#define TRACE_APPLICATIONS_H

#include "trace-network.h"

#include "ns3/fabric-port.h"
#include "ns3/ipv4-header.h"
#include "ns3/socket.h"

#include <iosfwd>
#include <vector>

namespace ns3
{

/// UDP port at which every satellite listens.
constexpr uint16_t LISTENING_PORT = 9;

/** What the first bytes of a payload say; the rest is padding. */
struct TraceHeader
{
    static constexpr std::size_t BYTES = 20; //!< on the wire

    uint32_t flow;    //!< index of the burst from which it all came
    uint32_t packet;  //!< index in its burst, or of the answer
    uint8_t replies;  //!< how often it is to cause others
    uint8_t copies;   //!< how many each time
    uint16_t step;    //!< to whom
    uint32_t thinkNs; //!< after how long
    uint32_t ledger;  //!< whether they carry ledgers

    /**
     * @brief Make a payload.
     * @param size of it, at least BYTES
     * @return this header, and zeros
     */
    Ptr<Packet> MakePacket(uint32_t size) const;

    /**
     * @brief Read it.
     * @param packet at least BYTES long
     * @return the header
     */
    static TraceHeader From(const Packet& packet);
};

/**
 * Everything that satellites send and receive: bursts of UDP packets and what receivers send for
 * them, and TCP connections. Prints what is received, a line an event.
 */
class TraceApplications
{
  public:
    /**
     * @brief Set all up; nothing is sent before the simulation runs.
     * @param scenario what is to be sent
     * @param network between the satellites
     * @param output where what is received is printed
     */
    TraceApplications(const TraceScenario& scenario,
                      Ptr<LaserNetwork> network,
                      std::ostream& output);

  private:
    /**
     * @brief Let a satellite listen.
     * @param satellite its number
     */
    void Open(uint32_t satellite);

    /**
     * @brief Hand over a burst.
     * @param flow its index
     */
    void SendBurst(uint32_t flow);

    /**
     * @brief Let a satellite send and receive by a lean endpoint where it can.
     * @param satellite its number
     */
    void OpenLean(uint32_t satellite);

    /**
     * @brief Hand over one packet.
     * @param from the sender
     * @param to the receiver
     * @param port of the receiver
     * @param packet with payload and tags
     * @param timeToLive of the packet
     */
    void Send(uint32_t from, uint32_t to, uint16_t port, Ptr<Packet> packet, uint32_t timeToLive);

    /**
     * @brief Take what a UDP socket has received.
     * @param satellite whose
     * @param socket the socket
     */
    void Receive(uint32_t satellite, Ptr<Socket> socket);

    /**
     * @brief Print a packet received, and send what it causes.
     * @param satellite that received it
     * @param packet its payload
     * @param from who sent it
     * @param port from which
     */
    void Take(uint32_t satellite, Ptr<Packet> packet, uint32_t from, uint16_t port);

    /**
     * @brief Send what a packet causes.
     * @param satellite that received it
     * @param from who had sent it
     * @param bytes of its payload
     * @param header what it says
     */
    void Answer(uint32_t satellite, uint32_t from, uint32_t bytes, TraceHeader header);

    /**
     * @brief Set up a TCP connection.
     * @param number its index
     */
    void OpenTransfer(uint32_t number);

    /**
     * @brief Give a TCP socket what it takes.
     * @param number index of the connection
     */
    void Feed(uint32_t number);

    /**
     * @brief Print what a TCP socket has received.
     * @param number index of the connection
     * @param socket of the receiver
     */
    void TakeStream(uint32_t number, Ptr<Socket> socket);

    /**
     * @brief Print what a satellite's IP stack gives to its transport protocols.
     * @param satellite its number
     * @param header of the packet
     * @param packet without it
     * @param interface over which it came; other engines have other interfaces
     */
    void PrintLocal(uint32_t satellite,
                    const Ipv4Header& header,
                    Ptr<const Packet> packet,
                    uint32_t interface);

    const TraceScenario& m_scenario;      //!< what is sent
    Ptr<LaserNetwork> m_network;          //!< between the satellites
    std::ostream& m_output;               //!< where to print
    std::vector<Ptr<Socket>> m_sockets;   //!< UDP, one a satellite
    std::vector<Ptr<FabricPort>> m_ports; //!< lean UDP, or null, one a satellite
    std::vector<uint32_t> m_messages;     //!< messages with ledgers so far, one a satellite
    std::vector<Ptr<Socket>> m_senders;   //!< TCP
    std::vector<Ptr<Socket>> m_listeners; //!< TCP
    std::vector<uint32_t> m_left;         //!< bytes to be given to the senders
};

} // namespace ns3

#endif // TRACE_APPLICATIONS_H
