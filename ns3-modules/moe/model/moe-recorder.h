/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef MOE_RECORDER_H
#define MOE_RECORDER_H

#include "moe-records.h"
#include "moe-workload.h"
#include "tcp-ledger.h"

#include "ns3/ipv4-l3-protocol.h"
#include "ns3/laser-link-counters.h"
#include "ns3/laser-network.h"
#include "ns3/object.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>
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
 * sent = received + dropped + in flight, for messages, segments and bytes, at any time. Where
 * nothing is sent again, a message that loses a segment can never arrive: it counts as dropped from
 * its first lost segment on, and its request is lost with it. Other requests go on. Where messages
 * are recovered, they are dropped when their senders give them up; one that arrives nevertheless
 * counts as received after all, but its request remains lost. Segments are accounted for one by
 * one: those of a lost message that arrive are received, and those that are lost are dropped, each
 * for its own reason. Copies, acknowledgements and requests are segments like others. A message
 * that does not leave its satellite counts as a message, with no segments and no bytes.
 *
 * A message, or a job, of a batch is lost with the requests of all steps that it is about. Jobs
 * that find no room at a computer are counted apart, as their messages did arrive.
 *
 * A dispatch that is abandoned, as its satellite is known to have failed, is dropped until it
 * arrives nevertheless, and so is the result from there; no request is lost with them.
 *
 * Packets of background traffic have an account of their own.
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

    /** Segments that recovery adds. */
    enum class Extra : uint8_t
    {
        AGAIN,     //!< sent, of messages, not for the first time
        CONTROL,   //!< sent, acknowledgements and requests
        DUPLICATE, //!< received, were there already
    };

    /// Number of values of Extra.
    static constexpr std::size_t EXTRAS = 3;

    /** Why a segment was dropped. */
    enum class DropReason : uint8_t
    {
        QUEUE_FULL,   //!< LossReason::QUEUE_FULL, or a full queue of any other device
        ON_WIRE,      //!< LossReason::ON_WIRE
        CUT,          //!< LossReason::CUT
        QUEUED,       //!< LossReason::QUEUED
        LINK_DOWN,    //!< LossReason::LINK_DOWN
        CORRUPTED,    //!< LossReason::CORRUPTED
        TIME_TO_LIVE, //!< it had passed too many satellites
        OTHER,        //!< IPv4 dropped it for another reason
        GIVEN_UP,     //!< of messages only: it was not acknowledged in time
        ABANDONED,    //!< of messages only: to or from a satellite that is known to have failed
    };

    /// Number of values of DropReason.
    static constexpr std::size_t DROP_REASONS = 10;

    /** A dispatch that was abandoned, as its satellite had failed. */
    struct Abandoned
    {
        uint32_t request;   //!< of the first step of its batch
        uint32_t token;     //!< of the first step of its batch
        uint32_t layer;     //!< the layer
        uint32_t expert;    //!< expert of the layer
        uint32_t satellite; //!< where it had been sent
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
     * @brief Say what the steps of a batch are about; without, a message is about the step that
     * its header names.
     * @param workload the plan
     */
    void SetWorkload(Ptr<MoeWorkload> workload);

    /**
     * @brief Listen to background traffic.
     * @param application a BackgroundApplication or a BackgroundSink
     */
    void ObserveBackground(Ptr<Application> application);

    /**
     * @brief Listen to a satellite's computer.
     * @param node the satellite
     */
    void ObserveServer(Ptr<Node> node);

    /**
     * @brief Listen to what a network drops, and remember it as the place where segments can be.
     *
     * Drops of transmit queues, of laser links and of IPv4 are recorded.
     *
     * @param network the satellites and links
     */
    void ObserveNetwork(Ptr<LaserNetwork> network);

    /** @return the messages received, in order of arrival */
    const std::vector<MessageRecord>& GetMessages() const;
    /** @return the jobs and batches finished, in order */
    const std::vector<JobRecord>& GetJobs() const;
    /**
     * @brief Forget the messages received and the jobs finished, and what is only kept to account
     * for others about them.
     *
     * Accounts stay as they are. Only while no token and no message is under way.
     */
    void ClearRecords();
    /** @return what was sent */
    const Account& GetSent() const;
    /** @return what was received */
    const Account& GetReceived() const;
    /** @return what was dropped, for all reasons; a message is dropped with its first segment */
    Account GetDropped() const;
    /**
     * @brief What was dropped for one reason.
     * @param reason the reason; of a message, that of the first segment it lost
     * @return the account
     */
    const Account& GetDropped(DropReason reason) const;

    /**
     * @brief What recovery adds.
     * @param extra which part of what was sent or received
     * @return the account, of segments and bytes
     */
    const Account& GetExtra(Extra extra) const;

    /** @return the dispatches that were abandoned */
    const std::vector<Abandoned>& GetAbandoned() const;
    /** @return the number of dispatches for which there was no satellite left */
    uint64_t GetHomeless() const;

    /** @return the number of jobs that found no room at a computer */
    uint64_t GetJobsRefused() const;

    /** @return what background traffic sent: packets as segments, bytes of UDP payload */
    const Account& GetBackgroundSent() const;
    /** @return what background traffic received */
    const Account& GetBackgroundReceived() const;
    /**
     * @brief What background traffic lost.
     * @param reason the reason
     * @return the account
     */
    const Account& GetBackgroundDropped(DropReason reason) const;
    /** @return packets of background traffic that are in the network now, counted where they are */
    uint64_t GetBackgroundInFlight() const;

    /**
     * @brief Count the segments that are in the network now.
     *
     * They are counted where they are: on the laser links, in their transmit queues, waiting for a
     * path, and in the loopback devices of the satellites observed. The account has no part in it.
     *
     * @return the number of packets with a PathLedgerTag, without those of background traffic
     */
    uint64_t GetSegmentsInFlight() const;

    /** @return the number of tokens emitted */
    uint64_t GetTokensEmitted() const;
    /** @return the number of tokens begun and not yet emitted, without those of lost requests */
    uint64_t GetTokensUnderWay() const;

    /**
     * @brief Name the first message that was lost.
     * @return the message and the reason in words; empty if none was lost
     */
    std::string DescribeFirstLost() const;

    /**
     * @brief Name the oldest message that was sent and has not arrived.
     * @return token, layer, experts and satellites in words; empty if there is none
     */
    std::string DescribeOldestOutstanding() const;

  protected:
    void DoDispose() override;

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
     * @brief Trace sink: a message was given up.
     * @param message the message
     */
    void MessageGivenUp(const MessageRecord& message);
    /**
     * @brief Trace sink: a dispatch is abandoned.
     * @param header of the dispatch
     * @param satellite where it went
     */
    void DispatchAbandoned(const MoeHeader& header, uint32_t satellite);
    /**
     * @brief Trace sink: there is no satellite left for a dispatch.
     * @param header of the dispatch
     * @param satellite the last
     */
    void ExpertHomeless(const MoeHeader& header, uint32_t satellite);
    /**
     * @brief Trace sink: a segment was there already.
     * @param packet the UDP payload
     */
    void SegmentDuplicate(Ptr<const Packet> packet);
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
     * @brief Trace sink: a TCP packet was sent.
     * @param bytes of TCP, header included
     * @param kind what it is
     */
    void TcpSent(uint32_t bytes, TcpLedger::Kind kind);
    /**
     * @brief Trace sink: a TCP packet was received.
     * @param bytes of TCP, header included
     * @param kind what it is
     */
    void TcpReceived(uint32_t bytes, TcpLedger::Kind kind);
    /**
     * @brief Trace sink: a job was finished.
     * @param job the job
     */
    void JobServed(const JobRecord& job);
    /**
     * @brief Trace sink: a job found no room.
     * @param job the job
     */
    void JobRefused(const JobRecord& job);
    /**
     * @brief Trace sink: a packet of background traffic was sent.
     * @param packet the UDP payload
     */
    void BackgroundSent(Ptr<const Packet> packet);
    /**
     * @brief Trace sink: a packet of background traffic was received.
     * @param packet the UDP payload
     */
    void BackgroundReceived(Ptr<const Packet> packet);
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
     * @brief Trace sink: a laser link lost a packet.
     * @param packet the packet
     * @param reason why
     * @param satellite that was to send it, or sent it
     * @param at when
     */
    void LinkLost(Ptr<const Packet> packet, LossReason reason, uint32_t satellite, Time at);
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
     * @brief Trace sink: IPv4 hands a packet to a device.
     * @param packet the packet
     * @param ipv4 where
     * @param interface of the device
     */
    void Ipv4Sent(Ptr<const Packet> packet, Ptr<Ipv4> ipv4, uint32_t interface);
    /**
     * @brief Trace sink: IPv4 takes a packet from a device.
     * @param packet the packet
     * @param ipv4 where
     * @param interface of the device
     */
    void Ipv4Received(Ptr<const Packet> packet, Ptr<Ipv4> ipv4, uint32_t interface);

    /**
     * @brief Account for a dropped packet, if it is of the ring.
     * @param packet the packet
     * @param headerBytes bytes of it that are not UDP payload
     * @param reason why
     * @param words why, in words
     */
    void Dropped(Ptr<const Packet> packet,
                 uint32_t headerBytes,
                 DropReason reason,
                 const std::string& words);

    /**
     * @brief Count a segment that recovery adds.
     * @param extra which part of what was sent or received
     * @param bytes of it
     */
    void AddExtra(Extra extra, uint32_t bytes);

    /**
     * @brief Account for a message that will never arrive, unless another was the first.
     * @param message the message
     * @param reason why
     * @param words why, in words
     */
    void LoseMessage(const MessageRecord& message, DropReason reason, const std::string& words);

    /**
     * @brief Whether a message is a dispatch that was abandoned, or the result of one.
     * @param message the message
     * @return true if it is
     */
    bool IsAbandoned(const MessageRecord& message) const;

    /**
     * @brief Account for a message that is abandoned.
     * @param message its number
     */
    void DropAbandoned(uint64_t message);

    /**
     * @brief Give requests up: their tokens are no longer under way.
     * @param header of a message that can never arrive
     */
    void LoseRequests(const MoeHeader& header);

    /**
     * @brief Give a request up: its tokens are no longer under way.
     * @param request sequence
     */
    void LoseRequest(uint32_t request);

    /**
     * @brief Visit the packets of the ring, or those of background traffic, where they are.
     * @param isBackground which of the two
     * @return their number, without those in loopback devices
     */
    uint64_t CountInNetwork(bool isBackground) const;

    /**
     * @brief Name a message.
     * @param message the message
     * @return token, layer, expert and satellites in words
     */
    static std::string Describe(const MessageRecord& message);

    std::vector<MessageRecord> m_messages;                 //!< received
    std::vector<JobRecord> m_jobs;                         //!< finished
    std::map<uint64_t, MessageRecord> m_outstanding;       //!< sent, not received, by number
    Ptr<MoeWorkload> m_workload;                           //!< the plan, if it is known
    uint64_t m_jobsRefused{0};                             //!< jobs that found no room
    Account m_backgroundSent;                              //!< what background traffic sent
    Account m_backgroundReceived;                          //!< what it received
    std::array<Account, DROP_REASONS> m_backgroundDropped; //!< what it lost, by DropReason
    Account m_sent;                                        //!< what was sent
    Account m_received;                                    //!< what was received
    std::array<Account, DROP_REASONS> m_dropped;           //!< what was dropped, by DropReason
    std::array<Account, EXTRAS> m_extra;                   //!< what recovery adds, by Extra
    std::map<uint64_t, DropReason> m_lostMessages;         //!< why messages are dropped, by number
    std::vector<Abandoned> m_abandoned;                    //!< dispatches
    /// The same, to look them up: request, token, layer, expert, satellite.
    std::set<std::tuple<uint32_t, uint32_t, uint32_t, uint32_t, uint32_t>> m_abandonedKeys;
    uint64_t m_homeless{0};                     //!< dispatches without a satellite
    std::set<uint64_t> m_recovered;             //!< numbers of messages sent with recovery
    std::map<uint64_t, std::string> m_lastLoss; //!< why, of those of them that are under way
    std::set<uint32_t> m_lostRequests;          //!< requests of these messages
    std::string m_firstLost;                    //!< the first of them, in words
    std::string m_lastTcpLoss;                  //!< why the last TCP packet was lost
    std::map<uint32_t, uint64_t> m_tokensOf;    //!< tokens begun and not emitted, by request
    uint64_t m_tokensUnderWay{0};               //!< the same, without lost requests
    uint64_t m_tokensEmitted{0};                //!< tokens emitted
    Ptr<LaserNetwork> m_network;                //!< where segments can be
    uint64_t m_segmentsInLoopback{0};           //!< sent to loopback devices, not received
};

} // namespace ns3

#endif // MOE_RECORDER_H
