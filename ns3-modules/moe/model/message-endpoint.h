/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef MESSAGE_ENDPOINT_H
#define MESSAGE_ENDPOINT_H

#include "moe-records.h"

#include "ns3/address.h"
#include "ns3/object.h"
#include "ns3/ptr.h"
#include "ns3/traced-callback.h"

#include <functional>
#include <map>
#include <tuple>

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
 * A message is cut into segments of at most SegmentBytes of UDP payload, each with a MoeHeader,
 * and put together again at the receiver. Packets carry a PathLedgerTag; the ledger of the
 * segment that completes a message is the message's.
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
     */
    void Open(Ptr<Node> node, uint32_t satellite, uint16_t port, ReceiveCallback receive);

    /// Close the port and forget half-received messages.
    void Close();

    /**
     * @brief Send a message.
     * @param header what it is; segment numbers and time are filled in here
     * @param message its number, unique in the simulation
     * @param satellite where to
     * @param port where to
     * @throws std::invalid_argument if it needs more than 65535 segments
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
    Ptr<Socket> m_socket;               //!< the socket
    ReceiveCallback m_receive;          //!< whom to tell
    std::map<Key, uint32_t> m_received; //!< segments received of messages not yet complete
    TracedCallback<const MessageRecord&> m_sentTrace;         //!< a message was sent
    TracedCallback<const MessageRecord&> m_receivedTrace;     //!< a message was received
    TracedCallback<Ptr<const Packet>> m_segmentSentTrace;     //!< a segment was sent
    TracedCallback<Ptr<const Packet>> m_segmentReceivedTrace; //!< a segment was received
};

} // namespace ns3

#endif // MESSAGE_ENDPOINT_H
