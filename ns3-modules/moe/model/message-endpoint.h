/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef MESSAGE_ENDPOINT_H
#define MESSAGE_ENDPOINT_H

#include "datagram-port.h"
#include "local-ports.h"
#include "message-reassembly.h"
#include "message-recovery.h"
#include "moe-records.h"

#include "ns3/event-id.h"
#include "ns3/nstime.h"
#include "ns3/object.h"
#include "ns3/ptr.h"
#include "ns3/simulator.h"
#include "ns3/traced-callback.h"

#include <deque>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace ns3
{

class Node;
class Packet;

/**
 * @ingroup moe
 *
 * One UDP port that sends and receives messages larger than packets.
 *
 * A message to another satellite is cut into segments of at most SegmentBytes of UDP payload, each
 * with a MoeHeader, and put together again at the receiver. Packets carry a PathLedgerTag; the
 * ledger of the segment that completes a message is the message's.
 *
 * With a Timeout above zero, what is lost is sent again: see MessageRecovery. The time until the
 * copy was sent that completed the message is its retransmission. Without, a message that loses a
 * segment never arrives.
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

    /// Close the port, forget half-received messages, those sent here on this satellite just now,
    /// and those that might have to be sent again.
    void Close();

    /**
     * @brief Send a message.
     * @param header what it is; segment numbers and time are filled in here
     * @param message its number, unique in the simulation
     * @param satellite where to
     * @param port where to
     * @param since when what it says was sent first, to a satellite that failed; the time since
     * then is retransmission
     * @throws std::invalid_argument if it is to leave the satellite and needs more than 65535
     * segments
     */
    void Send(MoeHeader header,
              uint64_t message,
              uint32_t satellite,
              uint16_t port,
              Time since = Simulator::Now());

    /**
     * @brief Do nothing more for a message that was sent; what of it is under way may arrive.
     * @param header what it is
     * @param satellite where it was sent to
     * @param port where it was sent to
     */
    virtual void Abandon(const MoeHeader& header, uint32_t satellite, uint16_t port);

    /**
     * @brief Number of segments that a message needs.
     * @param messageBytes its length
     * @return the number
     */
    virtual uint32_t GetSegments(uint32_t messageBytes) const;

    /**
     * @brief Prepare for messages to another endpoint; datagrams need no preparation.
     * @param satellite where
     * @param port where
     */
    virtual void Connect(uint32_t satellite, uint16_t port);

    /** @return the number of messages that it may still send again or ask for */
    virtual std::size_t GetPending() const;

    /**
     * TracedCallback signature for messages.
     *
     * @param [in] message the message; arrival and ledger only if it was received
     */
    typedef void (*MessageCallback)(const MessageRecord& message);

  protected:
    void DoDispose() override;

    /**
     * @brief Open what leads to the network.
     * @param node where
     * @throws std::runtime_error if the port is taken
     */
    virtual void OpenNetwork(Ptr<Node> node);

    /// Close what leads to the network, and forget what is half-received.
    virtual void CloseNetwork();

    /**
     * @brief Send a message to another satellite.
     * @param record the message; its header lacks the segment only
     * @param port where to
     */
    virtual void SendAway(const MessageRecord& record, uint16_t port);

    /** @return whether what is lost of a message that leaves the satellite is sent again */
    virtual bool IsRecovering() const;

    /**
     * @brief Hand a message to the application.
     * @param record the message
     */
    void Receive(const MessageRecord& record);

    /**
     * @brief Tell that a message is not sent again any more.
     * @param record the message
     */
    void GiveUp(const MessageRecord& record);

    /** @return IPv4 time to live of the packets, in hops */
    uint8_t GetTtl() const;

    /** @return the satellite where this endpoint is */
    uint32_t GetSatellite() const;

    /** @return the port at which it listens */
    uint16_t GetPort() const;

    TracedCallback<Ptr<const Packet>> m_segmentSentTrace;     //!< a segment was sent
    TracedCallback<Ptr<const Packet>> m_segmentReceivedTrace; //!< a segment was received

  private:
    /**
     * @brief Hand a message to its endpoint on this satellite.
     * @param message the message
     * @param port where to
     */
    void SendHere(MessageRecord message, uint16_t port);

    /// Receive the oldest message sent here on this satellite.
    void ReceiveFromHere();

    /**
     * @brief Send segments of a message.
     * @param record the message
     * @param port where to
     * @param segments which
     * @param copy 0 for what is sent first, then counted up
     */
    void SendSegments(const MessageRecord& record,
                      uint16_t port,
                      const std::vector<uint16_t>& segments,
                      uint32_t copy);

    /**
     * @brief Send one datagram.
     * @param packet its payload, with MoeHeader and ledger
     * @param satellite where to
     * @param port where to
     */
    void SendDatagram(Ptr<Packet> packet, uint32_t satellite, uint16_t port);

    /// Acknowledge a message. @param incoming the message
    void Acknowledge(const MessageRecovery::Incoming& incoming);

    /// Ask for what is missing of a message. @param incoming the message
    void Ask(const MessageRecovery::Incoming& incoming);

    /**
     * @brief Hear what a receiver has to say.
     * @param header an acknowledgement or a request
     * @param packet the datagram's payload
     * @param peer the receiver
     */
    void HearControl(const MoeHeader& header, Ptr<Packet> packet, uint32_t peer);

    /**
     * @brief Take one segment.
     * @param packet the datagram's payload
     * @param peer satellite that sent it
     * @param peerPort UDP port that sent it
     */
    void HandleSegment(Ptr<Packet> packet, uint32_t peer, uint16_t peerPort);

    Time m_timeout;                            //!< MessageRecovery::Times::timeout
    Time m_askAfter;                           //!< MessageRecovery::Times::askAfter
    Time m_giveUp;                             //!< MessageRecovery::Times::giveUp
    uint32_t m_segmentBytes{0};                //!< UDP payload of a full segment
    uint8_t m_ttl{0};                          //!< of the packets
    uint32_t m_satellite{0};                   //!< where this endpoint is
    uint16_t m_port{0};                        //!< at which it listens
    Ptr<LocalPorts> m_neighbours;              //!< the open endpoints of this satellite
    bool m_isLean{false};                      //!< whether it does without a socket
    std::unique_ptr<DatagramPort> m_datagrams; //!< to the network
    ReceiveCallback m_receive;                 //!< whom to tell
    MessageReassembly m_reassembly;            //!< segments received
    MessageRecovery m_recovery;                //!< what may have to be sent again
    /// Messages from this satellite that are received in this nanosecond, in order.
    std::deque<std::pair<EventId, MessageRecord>> m_fromHere;
    TracedCallback<const MessageRecord&> m_sentTrace;     //!< a message was sent
    TracedCallback<const MessageRecord&> m_receivedTrace; //!< a message was received
    TracedCallback<const MessageRecord&> m_givenUpTrace;  //!< a message was given up
    TracedCallback<Ptr<const Packet>> m_duplicateTrace;   //!< a segment was there already
};

} // namespace ns3

#endif // MESSAGE_ENDPOINT_H
