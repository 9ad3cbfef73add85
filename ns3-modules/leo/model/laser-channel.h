/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef LASER_CHANNEL_H
#define LASER_CHANNEL_H

#include "end-of-instant.h"
#include "hop-charges.h"
#include "hop-log.h"
#include "laser-link-counters.h"
#include "laser-network.h"
#include "path-ledger-tag.h"
#include "slot-routing-protocol.h"

#include "ns3/ipv4-header.h"
#include "ns3/mobility-model.h"
#include "ns3/point-to-point-channel.h"
#include "ns3/traced-callback.h"
#include "ns3/vector.h"

#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

namespace ns3
{

/**
 * @ingroup leo
 *
 * A full-duplex laser link between two moving satellites, which can go down and come up.
 *
 * **Light time.** A point-to-point channel whose propagation delay is the time that light which
 * leaves the source now needs to meet the moving receiver. Both nodes need a MobilityModel, in one
 * common inertial frame; any model will do. The delay has a direction: relative to the frame it is
 * the receiver that moves while light flies, not the source, so the two directions differ by up to
 * some 100 ns. The distance at departure divided by the speed of light would be wrong by the
 * receiver's radial velocity over the speed of light, a few parts in 10^5 of the delay.
 *
 * **A link that goes down.** What happens to the packets of a direction when the link goes down at
 * the instant B depends on the attribute LossPolicy:
 *
 * | policy  | last bit left by B, arrival after B | being transmitted | in the queue   | later    |
 * |---------|-------------------------------------|-------------------|----------------|----------|
 * | Drop    | lost, ON_WIRE                       | lost, CUT         | lost, QUEUED   | lost (*) |
 * | Deliver | arrives                             | lost, CUT         | lost, QUEUED   | lost (*) |
 * | Reroute | arrives                             | re-routed, first  | re-routed FIFO | lost (*) |
 *
 * (*) LINK_DOWN: packets that come to the transmitter while the link is down; a SlotRoutingProtocol
 * whose tables agree with the links sends none. A packet whose arrival is exactly B is received,
 * and one whose last bit leaves exactly at B has been sent. Re-routed packets lose their PPP and
 * IPv4 headers and go to the node's SlotRoutingProtocol; on a node without one, and for packets
 * that are not IPv4, Reroute loses them with the reasons of Deliver.
 *
 * A packet that comes to a down link while the transmitter is still busy with a cut one is counted
 * as queued until its turn comes or the link comes up, and as lost then.
 *
 * What arrives is received at the end of its nanosecond; see EndOfInstant.
 *
 * Packets that carry a PathLedgerTag have the hop charged to it. What the receiving device's error
 * model finds corrupted is lost at its arrival, CORRUPTED, whatever the policy.
 */
class LaserChannel : public PointToPointChannel, private EndOfInstant::Actor
{
  public:
    /** What becomes of the packets of a link that goes down. */
    using LossPolicy = LaserNetwork::LossPolicy;

    /** A packet taken off a link that went down, to be re-routed. */
    struct Stranded
    {
        Ptr<LaserChannel> channel;        //!< the link
        uint32_t wire;                    //!< its direction, 0 or 1
        Ptr<const Packet> original;       //!< as it was on the link, with its PPP header
        Ptr<Packet> packet;               //!< without PPP and IPv4 headers
        Ipv4Header header;                //!< its IPv4 header
        Ptr<SlotRoutingProtocol> routing; //!< who finds another way
    };

    /**
     * @brief Get the type ID.
     * @return the object TypeId
     */
    static TypeId GetTypeId();

    /**
     * @brief Time that light needs to meet a receiver in uniform motion.
     *
     * The order of the floating-point operations is part of the contract: the analytic engine
     * repeats it.
     *
     * @param towards from the source to the receiver when light leaves, in metres
     * @param velocity of the receiver, in metres a second, less than that of light
     * @return the time, rounded to the nearest nanosecond
     */
    static Time GetLightTime(const Vector& towards, const Vector& velocity);

    /**
     * @brief Time that light needs to meet a receiver in uniform motion, before it is rounded.
     * @param towards from the source to the receiver when light leaves, in metres
     * @param velocity of the receiver, in metres a second, less than that of light
     * @return nanoseconds
     */
    static double GetLightNanoseconds(const Vector& towards, const Vector& velocity);

    /**
     * @brief Light time for what leaves now.
     * @param wire direction, 0 from GetSource(0) or 1 from GetSource(1)
     * @return the delay, a whole number of nanoseconds
     * @throws std::logic_error if an end has no MobilityModel
     */
    Time GetPropagationDelay(uint32_t wire) const;

    /** @return whether the link is up; a new link is */
    bool IsUp() const;

    /**
     * @brief Take the link down or up, now, and re-route what is to be re-routed.
     *
     * To change several links at one instant, Switch() them all first, so that nothing is
     * re-routed to a link that is about to go down.
     *
     * @param isUp the new state; nothing happens if it is the old one
     */
    void SetUp(bool isUp);

    /**
     * @brief Take the link down or up, now, without re-routing yet.
     * @param isUp the new state; nothing happens if it is the old one
     * @return what is to be re-routed, direction 0 first, each direction in order of transmission
     * @throws std::logic_error if the link has not two devices
     */
    std::vector<Stranded> Switch(bool isUp);

    /**
     * @brief Hand packets that Switch() returned to the routing protocols, in their order.
     * @param stranded the packets
     */
    static void Reroute(const std::vector<Stranded>& stranded);

    /**
     * @brief What a direction has done so far.
     *
     * A packet counts, with its bytes and its whole transmission time, from its first bit on. If it
     * is cut, only the time that the transmitter spent on it remains.
     *
     * @param wire direction, 0 or 1
     * @return the counters
     */
    LaserLinkCounters GetCounters(uint32_t wire) const;

    /**
     * @brief What a direction has done up to an instant, nothing counted ahead.
     *
     * Unlike with GetCounters(), a packet and its bytes count once its last bit has left, and its
     * transmission time as it passes. So differences between instants are what the direction did
     * in between: none is negative, and busy is at most the time that has passed.
     * LaserLinkCounters:: longest is since the last call.
     *
     * @param wire direction, 0 or 1
     * @param until the instant; nothing must happen from now until then
     * @return the counters
     * @throws std::invalid_argument if the instant has passed
     */
    LaserLinkCounters TakeCounters(uint32_t wire, Time until);

    /**
     * @brief Number this link, for the log and for the tie rule; see EndOfInstant.
     * @param link its number
     */
    void SetNumber(uint32_t link);

    /**
     * @brief Log the hops of packets that carry a PathLedgerTag; without this, none is.
     * @param log the log; null for none
     */
    void SetHopLog(Ptr<HopLog> log);

    /**
     * @brief When a direction's transmitter becomes free, or has become free.
     * @param wire direction, 0 or 1
     * @return the time; negative if it has not transmitted yet
     */
    Time GetBusyUntil(uint32_t wire) const;

    /**
     * @brief See each packet that is in a direction's queue, on its transmitter or on its wire.
     * @param wire direction, 0 or 1
     * @param visit called with each packet, PPP header included; must not change the link
     */
    void VisitPackets(uint32_t wire, const std::function<void(const Packet&)>& visit) const;

    /**
     * @brief Count a packet that found the transmit queue full, and report it as lost.
     *
     * Trace sink for MacTxDrop of the devices; ConstellationHelper connects it.
     *
     * @param wire direction, 0 or 1
     * @param packet the packet, with its PPP header
     */
    void NotifyQueueFull(uint32_t wire, Ptr<const Packet> packet);

    /**
     * @brief Note that the transmit queue has one packet more or less.
     *
     * Trace sink for Enqueue and Dequeue of the devices' queues; ConstellationHelper connects it.
     * Without it waited and longest of the counters stay zero.
     *
     * @param wire direction, 0 or 1
     * @param change 1 or -1
     * @param packet the packet, with its PPP header
     */
    void NotifyQueue(uint32_t wire, int32_t change, Ptr<const Packet> packet);

    /**
     * @brief Count a packet that arrived with errors, and report it as lost.
     *
     * Trace sink for PhyRxDrop of the devices; ConstellationHelper connects it.
     *
     * @param wire direction in which the packet came, 0 or 1
     * @param packet the packet, with its PPP header
     */
    void NotifyCorrupted(uint32_t wire, Ptr<const Packet> packet);

    bool TransmitStart(Ptr<const Packet> p, Ptr<PointToPointNetDevice> src, Time txTime) override;

    /**
     * TracedCallback signature for transmissions.
     *
     * @param [in] packet the packet, with its PPP header
     * @param [in] source the transmitting device
     * @param [in] destination the receiving device
     * @param [in] transmission time on the transmitter
     * @param [in] propagation light time
     */
    typedef void (*TransmitCallback)(Ptr<const Packet> packet,
                                     Ptr<const NetDevice> source,
                                     Ptr<const NetDevice> destination,
                                     Time transmission,
                                     Time propagation);

    /**
     * TracedCallback signature for losses.
     *
     * @param [in] packet the packet, with its PPP header
     * @param [in] reason why it is lost
     * @param [in] source the transmitting device
     */
    typedef void (*LostCallback)(Ptr<const Packet> packet,
                                 LossReason reason,
                                 Ptr<const NetDevice> source);

    /**
     * TracedCallback signature for packets that are re-routed.
     *
     * @param [in] packet the packet, with its PPP header
     * @param [in] source the device that it is taken from
     */
    typedef void (*ReroutedCallback)(Ptr<const Packet> packet, Ptr<const NetDevice> source);

  protected:
    void DoDispose() override;

  private:
    /** A packet that is being transmitted or on the wire. */
    struct Flight
    {
        uint64_t number;          //!< counts the packets of the direction
        Ptr<const Packet> packet; //!< as it was before the hop was charged
        Time start;               //!< when its first bit left
        Time sent;                //!< when its last bit leaves
        Time arrival;             //!< when its last bit arrives
        Time idleUntilBefore;     //!< what HopCharges::Charge() returned
        std::size_t hop;          //!< place in the hop log, or NO_HOP
        Ptr<Packet> charged;      //!< as it is when it has arrived; null until then
    };

    /// Of a flight that is not in the hop log.
    static constexpr std::size_t NO_HOP = SIZE_MAX;

    /** One of the two directions. */
    struct Direction
    {
        LaserLinkCounters counters; //!< without inFlight and queued
        std::deque<Flight> flights; //!< in order of transmission
        uint64_t nextFlight{0};     //!< number of the next one
        uint64_t queued{0};         //!< packets in the queue, by what NotifyQueue() was told
        Time queuedSince;           //!< up to when counters have their waits
        HopCharges charges;         //!< to the ledgers of packets
        Time busyUntil{-1};         //!< when the transmitter becomes, or became, free
    };

    /**
     * @brief Mobility model of one end.
     * @param end 0 or 1
     * @return the model
     */
    const MobilityModel& GetMobility(uint32_t end) const;

    /**
     * @brief Write a hop that begins now to the hop log.
     * @param wire direction, 0 or 1
     * @param arrival when it ends
     * @param ledger the packet's, charged with the hop
     * @return its place, or NO_HOP if there is no log
     */
    std::size_t LogHop(uint32_t wire, Time arrival, PathLedgerTag& ledger);

    /**
     * @brief Take a hop that did not come to pass back from the hop log.
     * @param flight the packet
     */
    void UndoHop(const Flight& flight);

    /**
     * @brief Take a packet at the far end, to be received at the end of this nanosecond.
     * @param wire direction, 0 or 1
     * @param number of the flight
     * @param packet the packet, charged with the hop
     */
    void Arrive(uint32_t wire, uint64_t number, Ptr<Packet> packet);

    /**
     * @brief Whether a packet does not travel on.
     * @param wire direction in which it came, 0 or 1
     * @param packet the packet, with its PPP header
     * @return whether its destination is here, or its time to live ends
     */
    bool IsFinal(uint32_t wire, const Packet& packet) const;

    void Act(uint32_t place, uint64_t number) override;

    /**
     * @brief Count the time that the packets in a direction's queue have waited.
     *
     * A device puts a packet that finds it idle into its queue and takes it out again at once; what
     * lasts no time does not count.
     *
     * @param counters what is counted to
     * @param queued packets in the queue
     * @param span for how long
     */
    static void CountWait(LaserLinkCounters& counters, uint64_t queued, Time span);

    /**
     * @brief Take the packets off a direction of a link that goes down.
     * @param wire direction, 0 or 1
     * @param stranded where those that are to be re-routed are put
     */
    void TakeDown(uint32_t wire, std::vector<Stranded>& stranded);

    /**
     * @brief Undo what TransmitStart() counted of a packet that is cut now.
     * @param wire direction, 0 or 1
     * @param flight the packet
     */
    void UndoTransmission(uint32_t wire, const Flight& flight);

    /**
     * @brief Strip the headers of a packet, and let its ledger tell the stay here.
     * @param wire direction, 0 or 1
     * @param original the packet, with its PPP header
     * @param transmission time that its transmission would have taken
     * @param routing who finds another way; may be null
     * @param stranded where it is put
     * @return false if it cannot be re-routed
     */
    bool Strand(uint32_t wire,
                Ptr<const Packet> original,
                Time transmission,
                Ptr<SlotRoutingProtocol> routing,
                std::vector<Stranded>& stranded);

    /**
     * @brief Count and report a loss.
     * @param wire direction, 0 or 1
     * @param packet the packet, with its PPP header
     * @param reason why
     */
    void Lose(uint32_t wire, Ptr<const Packet> packet, LossReason reason);

    LossPolicy m_policy{LossPolicy::REROUTE}; //!< what becomes of packets when it goes down
    bool m_isUp{true};                        //!< whether it is up
    Ptr<HopLog> m_hopLog;                     //!< null for none
    uint32_t m_number{0};                     //!< of this link
    Direction m_directions[2];                //!< from GetSource(0) and from GetSource(1)
    mutable Ptr<MobilityModel> m_mobility[2]; //!< of the two ends, found at first use

    TracedCallback<Ptr<const Packet>, Ptr<const NetDevice>, Ptr<const NetDevice>, Time, Time>
        m_transmitTrace; //!< fired at the start of each transmission
    TracedCallback<Ptr<const Packet>, LossReason, Ptr<const NetDevice>>
        m_lostTrace; //!< a packet is lost
    TracedCallback<Ptr<const Packet>, Ptr<const NetDevice>>
        m_reroutedTrace; //!< a packet is given back to the routing protocol
};

} // namespace ns3

#endif // LASER_CHANNEL_H
