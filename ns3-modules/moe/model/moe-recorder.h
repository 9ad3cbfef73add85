/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef MOE_RECORDER_H
#define MOE_RECORDER_H

#include "moe-records.h"

#include "ns3/ipv4-l3-protocol.h"
#include "ns3/object.h"

#include <map>
#include <string>
#include <vector>

namespace ns3
{

class Application;
class Node;
class Packet;

/**
 * @ingroup moe
 *
 * Collects what the ring's trace sources say, and keeps account of what is under way.
 *
 * sent = received + dropped + in flight, for messages, segments and bytes, at any time.
 */
class MoeRecorder : public Object
{
  public:
    /** One side of the account. */
    struct Account
    {
        uint64_t messages{0}; //!< whole messages
        uint64_t segments{0}; //!< datagrams
        uint64_t bytes{0};    //!< UDP payload, MoeHeader included
    };

    /**
     * @brief Get the type ID.
     * @return the object TypeId
     */
    static TypeId GetTypeId();

    /**
     * @brief Listen to an application and its endpoint.
     * @param application a GatewayApplication or an ExpertApplication
     */
    void ObserveApplication(Ptr<Application> application);

    /**
     * @brief Listen to a satellite's computer.
     * @param node the satellite
     */
    void ObserveServer(Ptr<Node> node);

    /**
     * @brief Listen to the drops of a satellite: transmit queues and IPv4.
     * @param node the satellite
     */
    void ObserveDrops(Ptr<Node> node);

    /** @return the messages received, in order of arrival */
    const std::vector<MessageRecord>& GetMessages() const;
    /** @return the jobs finished, in order */
    const std::vector<JobRecord>& GetJobs() const;
    /** @return what was sent */
    const Account& GetSent() const;
    /** @return what was received */
    const Account& GetReceived() const;
    /** @return what was dropped; a message is dropped with its first segment */
    const Account& GetDropped() const;
    /** @return the number of tokens emitted */
    uint64_t GetTokensEmitted() const;
    /** @return the number of tokens begun and not yet emitted */
    uint64_t GetTokensUnderWay() const;

    /**
     * @brief Name the oldest message that was sent and has not arrived.
     * @return token, layer, experts and satellites in words; empty if there is none
     */
    std::string DescribeOldestOutstanding() const;

  private:
    /**
     * @brief Trace sink: a message was sent.
     * @param message the message
     */
    void MessageSent(const MessageRecord& message);
    /**
     * @brief Trace sink: a message was received.
     * @param message the message
     */
    void MessageReceived(const MessageRecord& message);
    /**
     * @brief Trace sink: a segment was sent.
     * @param packet the UDP payload
     */
    void SegmentSent(Ptr<const Packet> packet);
    /**
     * @brief Trace sink: a segment was received.
     * @param packet the UDP payload
     */
    void SegmentReceived(Ptr<const Packet> packet);
    /**
     * @brief Trace sink: a job was finished.
     * @param job the job
     */
    void JobServed(const JobRecord& job);
    /**
     * @brief Trace sink: a token began.
     * @param request sequence
     * @param token token of the sequence
     */
    void TokenBegun(uint32_t request, uint32_t token);
    /**
     * @brief Trace sink: a token was emitted.
     * @param request sequence
     * @param token token of the sequence
     */
    void TokenEmitted(uint32_t request, uint32_t token);
    /**
     * @brief Trace sink: a transmit queue was full.
     * @param packet the packet
     */
    void QueueDropped(Ptr<const Packet> packet);
    /**
     * @brief Trace sink: IPv4 dropped a packet.
     * @param header its header
     * @param packet the packet without it
     * @param reason why
     * @param ipv4 where
     * @param interface where
     */
    void Ipv4Dropped(const Ipv4Header& header,
                     Ptr<const Packet> packet,
                     Ipv4L3Protocol::DropReason reason,
                     Ptr<Ipv4> ipv4,
                     uint32_t interface);

    /**
     * @brief Account for a dropped packet and end the simulation.
     * @param packet the packet
     * @param headerBytes bytes of it that are not UDP payload
     * @param reason why, in words
     * @throws std::runtime_error naming the message: without retransmission it can never arrive
     */
    void Dropped(Ptr<const Packet> packet, uint32_t headerBytes, const std::string& reason);

    /**
     * @brief Name a message.
     * @param message the message
     * @return token, layer, expert and satellites in words
     */
    static std::string Describe(const MessageRecord& message);

    std::vector<MessageRecord> m_messages;           //!< received
    std::vector<JobRecord> m_jobs;                   //!< finished
    std::map<uint64_t, MessageRecord> m_outstanding; //!< sent, not received, by number
    Account m_sent;                                  //!< what was sent
    Account m_received;                              //!< what was received
    Account m_dropped;                               //!< what was dropped
    uint64_t m_tokensBegun{0};                       //!< tokens begun
    uint64_t m_tokensEmitted{0};                     //!< tokens emitted
};

} // namespace ns3

#endif // MOE_RECORDER_H
