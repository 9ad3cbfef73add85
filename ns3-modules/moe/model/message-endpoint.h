/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef MESSAGE_ENDPOINT_H
#define MESSAGE_ENDPOINT_H

#include "local-ports.h"
#include "moe-records.h"

#include "ns3/address.h"
#include "ns3/event-id.h"
#include "ns3/object.h"
#include "ns3/ptr.h"
#include "ns3/traced-callback.h"

#include <deque>
#include <functional>
#include <map>
#include <tuple>
#include <utility>

namespace ns3
{

class Node;
class Packet;
class Socket;

/**
 * @ingroup moe
 *
 * One UDP port that sends and receives messages larger than packets.
 *
 * A message to another satellite is cut into segments of at most SegmentBytes of UDP payload, each
 * with a MoeHeader, and put together again at the receiver. Packets carry a PathLedgerTag; the
 * ledger of the segment that completes a message is the message's.
 *
 * A message to the satellite on which it is sent never meets the network: it is received in the
 * nanosecond in which it is sent, without packets, in an event of its own. Such messages are
 * received in the order in which they are sent. To a port that is not open they are in vain, as
 * datagrams are.
 */
class MessageEndpoint : public Object
{
  public:
    /** Called with each message received. */
    using ReceiveCallback = std::function<void(const MessageRecord&)>;

    /**
     * @brief Get the type ID.
     * @return the object TypeId
     */
    static TypeId GetTypeId();

    /**
     * @brief Open the port.
     * @param node where
     * @param satellite index of the node in the constellation
     * @param port UDP port
     * @param receive called with each message received
     * @throws std::runtime_error if the port is taken
     */
    void Open(Ptr<Node> node, uint32_t satellite, uint16_t port, ReceiveCallback receive);

    /// Close the port, forget half-received messages and those sent here on this satellite just
    /// now.
    void Close();

    /**
     * @brief Send a message.
     * @param header what it is; segment numbers and time are filled in here
     * @param message its number, unique in the simulation
     * @param satellite where to
     * @param port where to
     * @throws std::invalid_argument if it is to leave the satellite and needs more than 65535
     * segments
     */
    void Send(MoeHeader header, uint64_t message, uint32_t satellite, uint16_t port);

    /**
     * @brief Number of segments that a message needs.
     * @param messageBytes its length
     * @return the number
     */
    uint32_t GetSegments(uint32_t messageBytes) const;

    /**
     * TracedCallback signature for messages.
     *
     * @param [in] message the message; arrival and ledger only if it was received
     */
    typedef void (*MessageCallback)(const MessageRecord& message);

  protected:
    void DoDispose() override;

  private:
    /// Request, token, layer, kind and expert: what tells two messages apart.
    using Key = std::tuple<uint32_t, uint32_t, uint16_t, uint8_t, uint16_t>;

    /**
     * @brief Hand a message to its endpoint on this satellite.
     * @param message the message
     * @param port where to
     */
    void SendHere(MessageRecord message, uint16_t port);

    /// Receive the oldest message sent here on this satellite.
    void ReceiveFromHere();

    /**
     * @brief Take what has arrived.
     * @param socket the socket
     */
    void HandleRead(Ptr<Socket> socket);

    /**
     * @brief Take one segment.
     * @param packet the datagram's payload
     * @param from whom from
     */
    void HandleSegment(Ptr<Packet> packet, const Address& from);

    uint32_t m_segmentBytes{0};         //!< UDP payload of a full segment
    uint8_t m_ttl{0};                   //!< of the packets
    uint32_t m_satellite{0};            //!< where this endpoint is
    uint16_t m_port{0};                 //!< at which it listens
    Ptr<LocalPorts> m_neighbours;       //!< the open endpoints of this satellite
    Ptr<Socket> m_socket;               //!< the socket
    ReceiveCallback m_receive;          //!< whom to tell
    std::map<Key, uint32_t> m_received; //!< segments received of messages not yet complete
    /// Messages from this satellite that are received in this nanosecond, in order.
    std::deque<std::pair<EventId, MessageRecord>> m_fromHere;
    TracedCallback<const MessageRecord&> m_sentTrace;         //!< a message was sent
    TracedCallback<const MessageRecord&> m_receivedTrace;     //!< a message was received
    TracedCallback<Ptr<const Packet>> m_segmentSentTrace;     //!< a segment was sent
    TracedCallback<Ptr<const Packet>> m_segmentReceivedTrace; //!< a segment was received
};

} // namespace ns3

#endif // MESSAGE_ENDPOINT_H
