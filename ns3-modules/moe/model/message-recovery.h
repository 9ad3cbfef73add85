/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef MESSAGE_RECOVERY_H
#define MESSAGE_RECOVERY_H

#include "message-reassembly.h"
#include "moe-records.h"

#include "ns3/event-id.h"
#include "ns3/nstime.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <vector>

namespace ns3
{

/**
 * @ingroup moe
 *
 * Selective repeat: what an endpoint has sent and does not know to have arrived, and what it waits
 * for the rest of.
 *
 * **Sender.** A message is kept until it is acknowledged. Without word of it for Timeout, all of it
 * that is not known to be there is sent again; when segments are asked for, these are. GiveUp after
 * the message was sent it is given up.
 *
 * **Receiver.** A message that is complete is acknowledged, and so is a copy of it that comes
 * later, unless it has been acknowledged less than AskAfter ago. If AskAfter passes without a new
 * segment of a message that is not complete, the segments that are missing are asked for; not any
 * more when its sender has given up.
 *
 * The endpoint does the sending.
 */
class MessageRecovery
{
  public:
    /** What it waits for. */
    struct Times
    {
        Time timeout;  //!< without word until a sender sends again
        Time askAfter; //!< without a new segment until a receiver asks for those missing
        Time giveUp;   //!< from the sending of a message until its sender gives up
    };

    /** A message that is not known to have arrived. */
    struct Outgoing
    {
        MessageRecord record;      //!< the message
        uint16_t port;             //!< where to
        std::vector<bool> isThere; //!< by segment, as far as the receiver has said
        uint32_t copies;           //!< how often something of it was sent again
        EventId timer;             //!< when something is done about it
    };

    /** A message the rest of which is missing. */
    struct Incoming
    {
        MoeHeader header;  //!< of the last segment of it
        uint64_t message;  //!< its number
        uint32_t peer;     //!< the satellite that sends it
        uint16_t peerPort; //!< from which port
        EventId timer;     //!< when its segments are asked for
    };

    /** What the endpoint does when told. */
    struct Actions
    {
        /// Send some segments of a message again, as its copy number Outgoing::copies.
        std::function<void(const Outgoing&, const std::vector<uint16_t>& segments)> sendAgain;
        /// Ask for what is missing of a message.
        std::function<void(const Incoming&)> ask;
        /// Tell a sender that its message is there.
        std::function<void(const Incoming&)> acknowledge;
        /// Give a message up.
        std::function<void(const MessageRecord&)> giveUp;
    };

    ~MessageRecovery();

    /**
     * @brief Begin.
     * @param times what to wait for
     * @param actions what the endpoint does when told
     */
    void Start(const Times& times, Actions actions);

    /**
     * @brief A message was sent for the first time.
     * @param record the message
     * @param port where to
     */
    void Sent(const MessageRecord& record, uint16_t port);

    /**
     * @brief An acknowledgement came.
     * @param key of the message
     */
    void Acknowledged(const MessageKey& key);

    /**
     * @brief Segments are asked for.
     * @param key of the message
     * @param first the segment that the first bit is about
     * @param isMissing whether each from there on is missing
     */
    void Asked(const MessageKey& key, uint16_t first, const std::vector<bool>& isMissing);

    /**
     * @brief A segment came.
     * @param key of its message
     * @param segment the segment, with whom it is from; the timer is ignored
     * @param outcome what it did
     */
    void Received(const MessageKey& key,
                  const Incoming& segment,
                  MessageReassembly::Outcome outcome);

    /** @return the number of messages that something will still be done about */
    std::size_t GetPending() const;

    /// Forget everything and do nothing more.
    void Stop();

  private:
    /**
     * @brief Wait for word of a message.
     * @param key of the message
     * @param outgoing the message
     */
    void Watch(const MessageKey& key, Outgoing& outgoing);

    /**
     * @brief There was no word of a message.
     * @param key of the message
     */
    void SendAgainOrGiveUp(const MessageKey& key);

    /**
     * @brief No segment came.
     * @param key of the message
     */
    void Ask(const MessageKey& key);

    Times m_times{};                           //!< what it waits for
    Actions m_actions;                         //!< what the endpoint does when told
    std::map<MessageKey, Outgoing> m_outgoing; //!< sent, not known to have arrived
    std::map<MessageKey, Incoming> m_incoming; //!< begun, not complete
    std::map<MessageKey, Time> m_acknowledged; //!< when messages were last acknowledged
};

} // namespace ns3

#endif // MESSAGE_RECOVERY_H
