/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef TCP_LEDGER_H
#define TCP_LEDGER_H

#include "ns3/ipv4-header.h"
#include "ns3/object.h"
#include "ns3/path-ledger-tag.h"
#include "ns3/sequence-number.h"
#include "ns3/traced-callback.h"

#include <cstdint>
#include <map>
#include <tuple>

namespace ns3
{

class Node;
class Packet;
class TcpHeader;

/**
 * @ingroup moe
 *
 * Gives a PathLedgerTag to each TCP packet that a satellite sends, and reads those that come.
 *
 * The tag's message is a number of the connection's direction, not of a message: TCP cuts its
 * stream where it likes. So the time that a packet spends behind earlier ones of its own connection
 * is serialisation, behind others queueing.
 *
 * Aggregated to a node, before any TCP is spoken there.
 */
class TcpLedger : public Object
{
  public:
    /** What a packet is. */
    enum class Kind : uint8_t
    {
        DATA,     //!< stream that was not sent, or not received, before
        REPEATED, //!< stream that was
        CONTROL,  //!< no stream: opening, acknowledgement, closing
    };

    /// Numbers of connections begin here; those of messages are smaller.
    static constexpr uint64_t FIRST_CONNECTION = uint64_t{1} << 63;

    /**
     * @brief Get the type ID.
     * @return the object TypeId
     */
    static TypeId GetTypeId();

    /**
     * @brief The ledger of a satellite, made if there is none yet.
     * @param node the satellite, with its IPv4
     * @param satellite its index
     * @return its ledger
     */
    static Ptr<TcpLedger> Get(Ptr<Node> node, uint32_t satellite);

    /** @return the tag of the TCP packet that is being received now, or was last */
    const PathLedgerTag& GetReceived() const;

    /**
     * TracedCallback signature for packets.
     *
     * @param [in] bytes of TCP, header included
     * @param [in] kind what it is
     */
    typedef void (*PacketCallback)(uint32_t bytes, Kind kind);

  private:
    /** What is known of one direction of a connection. */
    struct Direction
    {
        uint64_t number{0};    //!< for the tags
        bool hasBegun{false};  //!< whether there was any packet
        SequenceNumber32 next; //!< behind the stream sent, or received without a gap
        std::map<SequenceNumber32, SequenceNumber32> ahead; //!< received behind a gap: begin, end
    };

    /// Addresses and ports of sender and receiver.
    using Connection = std::tuple<uint32_t, uint16_t, uint32_t, uint16_t>;

    /**
     * @brief Trace sink: IPv4 sends a packet of this satellite.
     * @param ip its IPv4 header
     * @param packet the packet without it
     * @param interface where to
     */
    void Sent(const Ipv4Header& ip, Ptr<const Packet> packet, uint32_t interface);

    /**
     * @brief Trace sink: IPv4 receives a packet for this satellite.
     * @param ip its IPv4 header
     * @param packet the packet without it
     * @param interface where from
     */
    void Received(const Ipv4Header& ip, Ptr<const Packet> packet, uint32_t interface);

    /**
     * @brief Name a packet's connection and direction.
     * @param ip its IPv4 header
     * @param tcp its TCP header
     * @return the name
     */
    static Connection NameOf(const Ipv4Header& ip, const TcpHeader& tcp);

    /**
     * @brief Take stream that was received.
     * @param direction of the connection
     * @param begin first byte
     * @param end behind the last byte
     * @return what it is
     */
    static Kind Take(Direction& direction, SequenceNumber32 begin, SequenceNumber32 end);

    uint32_t m_satellite{0};                        //!< where
    std::map<Connection, Direction> m_outgoing;     //!< what is sent
    std::map<Connection, Direction> m_incoming;     //!< what is received
    PathLedgerTag m_received;                       //!< of the packet received last
    TracedCallback<uint32_t, Kind> m_sentTrace;     //!< a packet is sent
    TracedCallback<uint32_t, Kind> m_receivedTrace; //!< a packet is received
};

} // namespace ns3

#endif // TCP_LEDGER_H
