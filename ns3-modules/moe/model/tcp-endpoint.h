/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef TCP_ENDPOINT_H
#define TCP_ENDPOINT_H

#include "message-endpoint.h"
#include "tcp-ledger.h"

#include "ns3/nstime.h"
#include "ns3/type-id.h"

#include <cstdint>
#include <deque>
#include <map>
#include <utility>
#include <vector>

namespace ns3
{

class Socket;

/**
 * @ingroup moe
 *
 * A port that sends and receives messages over persistent TCP connections.
 *
 * There is a connection for each endpoint that this one sends to, opened by Connect() or by the
 * first message, and never closed. On it messages follow each other, each a MoeHeader, of one
 * segment, and its bytes. What does not fit the send buffer waits here.
 *
 * The ledger of a message is that of the TCP packet that completed it: light time, waiting for a
 * path, transmission (behind earlier packets of its own connection, too) and queueing from the
 * moment at which TCP sent that packet. All that was before, since the message was handed over, is
 * transport: opening the connection, the windows, the send buffer, what was lost and sent again.
 *
 * When TCP gives a connection up, all messages on it that are not acknowledged are given up.
 */
class TcpEndpoint : public MessageEndpoint
{
  public:
    /**
     * @brief Get the type ID.
     * @return the object TypeId
     */
    static TypeId GetTypeId();

    void Connect(uint32_t satellite, uint16_t port) override;
    uint32_t GetSegments(uint32_t messageBytes) const override;
    std::size_t GetPending() const override;
    void Abandon(const MoeHeader& header, uint32_t satellite, uint16_t port) override;

  protected:
    void OpenNetwork(Ptr<Node> node) override;
    void CloseNetwork() override;
    void SendAway(const MessageRecord& record, uint16_t port) override;
    bool IsRecovering() const override;

  private:
    /** A message on its way to, or in, the send buffer. */
    struct Outgoing
    {
        MessageRecord record; //!< the message
        uint64_t end;         //!< where it ends in the connection's stream
        Time handedOver;      //!< when it was sent here
    };

    /** A connection to another endpoint. */
    struct Outlet
    {
        Ptr<Socket> socket;           //!< the socket; null when it was given up
        uint32_t attempts{0};         //!< to open it that had no answer
        Time patience;                //!< until the present attempt counts as one of them
        bool isConnected{false};      //!< whether it is open
        uint64_t handedOver{0};       //!< bytes of the stream in the send buffer and before
        uint64_t length{0};           //!< bytes of the stream, with what waits here
        std::deque<Outgoing> unsent;  //!< messages not handed over, the first perhaps in part
        std::deque<Outgoing> unknown; //!< messages handed over, not known to be acknowledged
    };

    /** A connection from another endpoint. */
    struct Inlet
    {
        uint32_t peer{0};          //!< the satellite
        std::vector<uint8_t> head; //!< of the next message, as far as it is there
        uint32_t missing{0};       //!< bytes of the present message
        MoeHeader header;          //!< of the present message
        /// Of the messages whose headers have begun: number, and when it was handed over.
        std::deque<std::pair<uint64_t, Time>> numbers;
        uint64_t lastNumber{NONE};                     //!< the last of them
        static constexpr uint64_t NONE = ~uint64_t{0}; //!< no message yet
    };

    /**
     * @brief Make a socket with the attributes of this endpoint.
     * @return the socket
     */
    Ptr<Socket> MakeSocket() const;

    /**
     * @brief Find the connection to an endpoint, opening it if there is none.
     * @param satellite where
     * @param port where
     * @return the connection
     */
    Outlet& FindOutlet(uint32_t satellite, uint16_t port);

    /**
     * @brief Ask to open a connection, once.
     * @param outlet the connection
     * @param satellite where to
     * @param port where to
     */
    void OpenOutlet(Outlet& outlet, uint32_t satellite, uint16_t port);

    /**
     * @brief Put a socket aside that may be calling us, as it must outlive its call.
     * @param socket the socket; null afterwards
     */
    void Retire(Ptr<Socket>& socket);

    /**
     * @brief Bytes of a connection that are acknowledged.
     * @param outlet the connection
     * @return their number
     */
    uint64_t GetAcknowledged(const Outlet& outlet) const;

    /// Hand over what fits the send buffer. @param outlet the connection
    void Fill(Outlet& outlet);

    /// Give a connection up, with its messages. @param outlet the connection
    void GiveUpOutlet(Outlet& outlet);

    /// A connection is open. @param socket its socket
    void HandleConnected(Ptr<Socket> socket);
    /// An attempt to open a connection had no answer. @param socket its socket
    void HandleUnanswered(Ptr<Socket> socket);
    /// A connection was given up. @param socket its socket
    void HandleFailed(Ptr<Socket> socket);
    /**
     * @brief There is room in a send buffer.
     * @param socket its socket
     * @param room bytes
     */
    void HandleRoom(Ptr<Socket> socket, uint32_t room);
    /**
     * @brief Another endpoint has opened a connection.
     * @param socket its socket here
     * @param from whom from
     */
    void HandleAccepted(Ptr<Socket> socket, const Address& from);
    /// There is stream to read. @param socket its socket
    void HandleStream(Ptr<Socket> socket);
    /**
     * @brief Take bytes of a stream.
     * @param inlet the connection
     * @param packet the bytes
     */
    void Take(Inlet& inlet, Ptr<const Packet> packet);
    /// A message is complete. @param inlet the connection
    void Complete(Inlet& inlet);

    TypeId m_congestionControl;    //!< of the connections
    uint32_t m_tcpSegmentBytes{0}; //!< stream of a full packet
    uint32_t m_bufferBytes{0};     //!< of send and receive buffers
    uint32_t m_initialWindow{0};   //!< segments
    uint32_t m_retries{0};         //!< of a packet, until the connection is given up
    uint32_t m_answers{0};         //!< to one who asks to open a connection
    Time m_minimumTimeout;         //!< until a packet is sent again
    Ptr<Node> m_node;              //!< where it is
    Ptr<TcpLedger> m_ledger;       //!< of the node
    Ptr<Socket> m_listener;        //!< the port
    std::map<std::pair<uint32_t, uint16_t>, Outlet> m_outlets; //!< by satellite and port
    std::map<Ptr<Socket>, Inlet> m_inlets;                     //!< by socket
    std::vector<Ptr<Socket>> m_retired;                        //!< given up, or had no answer
};

} // namespace ns3

#endif // TCP_ENDPOINT_H
