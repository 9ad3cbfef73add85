/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef BACKGROUND_APPLICATION_H
#define BACKGROUND_APPLICATION_H

#include "datagram-port.h"

#include "ns3/application.h"
#include "ns3/event-id.h"
#include "ns3/random-variable-stream.h"
#include "ns3/traced-callback.h"

#include <cstdint>
#include <memory>

namespace ns3
{

class Packet;

/**
 * @ingroup moe
 *
 * Traffic of others: UDP packets from a satellite to another one, where a BackgroundSink listens.
 *
 * Packets follow each other at intervals that are drawn. With pauses, they are sent in periods
 * only: the time of a pause does not count towards an interval, so that the long-run rate does not
 * depend on how intervals and periods meet. Times are summed exactly and rounded to nanoseconds
 * one by one.
 *
 * Each packet carries a PathLedgerTag, a message of its own with a number that no message of the
 * ring has.
 */
class BackgroundApplication : public Application
{
  public:
    /// Numbers of packets begin here; those of messages are smaller, those of TCP larger.
    static constexpr uint64_t FIRST_NUMBER = uint64_t{1} << 62;
    /// UDP port of the sinks.
    static constexpr uint16_t PORT = 9000;

    /**
     * @brief Get the type ID.
     * @return the object TypeId
     */
    static TypeId GetTypeId();

    /**
     * @brief Whether a ledger is that of a packet of background traffic.
     * @param message number that the ledger has
     * @return whether it is
     */
    static bool IsBackground(uint64_t message);

    int64_t AssignStreams(int64_t stream) override;

    /// Send no more.
    void Cease();

    /**
     * TracedCallback signature for packets.
     *
     * @param [in] packet the UDP payload
     */
    typedef void (*PacketCallback)(Ptr<const Packet> packet);

  protected:
    void DoDispose() override;
    void StartApplication() override;
    void StopApplication() override;

  private:
    /// Send a packet.
    void SendPacket();

    /**
     * @brief Send the next packet after some time of sending, and the pauses in it.
     * @param seconds of sending
     */
    void ScheduleAfter(double seconds);

    uint32_t m_destination{0};                     //!< satellite
    uint32_t m_packetBytes{0};                     //!< of an IPv4 packet
    bool m_startsOn{true};                         //!< whether it starts in a period
    Ptr<RandomVariableStream> m_first;             //!< seconds until the first packet
    Ptr<RandomVariableStream> m_interval;          //!< seconds from packet to packet
    Ptr<RandomVariableStream> m_on;                //!< seconds of a period
    Ptr<RandomVariableStream> m_off;               //!< seconds of a pause; null: there are none
    double m_nextNs{0};                            //!< when the next packet is sent, not rounded
    double m_leftS{0};                             //!< of the period
    EventId m_next;                                //!< sends it
    bool m_isLean{false};                          //!< whether it does without a socket
    std::unique_ptr<DatagramPort> m_port;          //!< to the network
    TracedCallback<Ptr<const Packet>> m_sentTrace; //!< a packet was sent
};

/**
 * @ingroup moe
 *
 * Receives what BackgroundApplication sends to its satellite, from anyone.
 */
class BackgroundSink : public Application
{
  public:
    /**
     * @brief Get the type ID.
     * @return the object TypeId
     */
    static TypeId GetTypeId();

  protected:
    void DoDispose() override;
    void StartApplication() override;
    void StopApplication() override;

  private:
    bool m_isLean{false};                              //!< whether it does without a socket
    std::unique_ptr<DatagramPort> m_port;              //!< to the network
    TracedCallback<Ptr<const Packet>> m_receivedTrace; //!< a packet was received
};

} // namespace ns3

#endif // BACKGROUND_APPLICATION_H
