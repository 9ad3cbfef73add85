/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef LASER_NETWORK_H
#define LASER_NETWORK_H

#include "capture-file.h"
#include "ephemeris-knots.h"
#include "forwarding-tables.h"
#include "hop-log.h"
#include "laser-link-counters.h"

#include "ns3/node-container.h"
#include "ns3/nstime.h"
#include "ns3/object.h"
#include "ns3/queue-size.h"
#include "ns3/traced-callback.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace ns3
{

class Packet;

/**
 * @ingroup leo
 *
 * The satellites of a constellation and their laser links, whichever engine carries the packets.
 *
 * Satellite s is the node s of GetSatellites(), with the address ForwardingTables::GetAddress(s).
 * Links are numbered as they are connected; direction 0 is from the first satellite of a link. A
 * *wire* is a direction of a link: twice the link's number plus the direction. The first link of a
 * satellite is its port 0, the next its port 1.
 *
 * All engines give the same results to the nanosecond: see EndOfInstant for what happens first in a
 * nanosecond, LaserChannel for light times and for what a link that goes down does to its packets.
 */
class LaserNetwork : public Object
{
  public:
    /** What becomes of the packets of a link that goes down. */
    enum class LossPolicy : uint8_t
    {
        DROP,    //!< all are lost
        DELIVER, //!< what has been sent arrives, the rest is lost
        REROUTE, //!< what has been sent arrives, the rest takes another way
    };

    /** A state that a link gets. */
    struct LinkState
    {
        uint32_t link;    //!< which
        bool isUp;        //!< whether it is up
        uint64_t rateBps; //!< bits a second of both directions; ignored if it is down
    };

    /**
     * @brief Get the type ID.
     * @return the object TypeId
     */
    static TypeId GetTypeId();

    /**
     * @brief Create the satellites; once. The network is disposed of with the simulation.
     * @param ephemeris where they are
     * @param tables how they forward
     */
    void Create(Ptr<EphemerisKnots> ephemeris, Ptr<ForwardingTables> tables);

    /** @return the satellites */
    const NodeContainer& GetSatellites() const;

    /**
     * @brief Join two satellites by a laser link, which is up; before anything is sent.
     *
     * Its rate is that of LinkState, or of the attribute DataRate until then.
     *
     * @param a one satellite
     * @param b the other
     * @return the number of the link
     * @throws std::out_of_range if there is no such satellite
     */
    virtual uint32_t Connect(uint32_t a, uint32_t b) = 0;

    /** @return the number of links */
    virtual uint32_t GetNLinks() const = 0;

    /**
     * @brief Put links into states, now, in the order given; then re-route what is to be re-routed.
     *
     * A rate holds for packets whose first bit leaves now or later. A link that goes down keeps its
     * old rate: what was queued was to leave at that.
     *
     * @param states the states
     */
    virtual void SetStates(const std::vector<LinkState>& states) = 0;

    /**
     * @brief Do all that happens in the network before an instant.
     *
     * An engine may be behind the simulator's clock as long as nobody looks.
     *
     * @param until the instant, at most a nanosecond after now; nothing else must happen before it
     */
    virtual void Settle(Time until) = 0;

    /**
     * @brief What a wire has done up to an instant, nothing counted ahead; see
     * LaserChannel::TakeCounters().
     * @param wire the wire
     * @param until the instant, to which the network has been settled
     * @return the counters
     */
    virtual LaserLinkCounters TakeCounters(uint32_t wire, Time until) = 0;

    /**
     * @brief Log the hops of packets that carry a PathLedgerTag; without this, none is.
     * @param log the log
     */
    virtual void SetHopLog(Ptr<HopLog> log) = 0;

    /**
     * @brief Let a link corrupt packets at random, each independently of all others.
     * @param link the link
     * @param rate probability that a packet is corrupted, 0 to 1, the same in both directions
     * @param stream random stream of direction 0; that of direction 1 is the next
     * @return the number of streams used
     * @throws std::invalid_argument if the rate is no probability
     */
    virtual int64_t SetPacketErrorRate(uint32_t link, double rate, int64_t stream) = 0;

    /**
     * @brief Capture what one end of a link sends and receives.
     * @param satellite the satellite
     * @param port its port
     * @param filename path of the pcap file: link type PPP, nanosecond time stamps if the
     * attribute NanosecMode of PcapFileWrapper is set, packets in order of time; no longer than the
     * attribute CaptureBytes says
     */
    virtual void EnablePcap(uint32_t satellite, uint32_t port, const std::string& filename) = 0;

    /** @return the files of captures, in the order in which they were enabled */
    const std::vector<Ptr<CaptureFile>>& GetCaptures() const;

    /**
     * @brief See each packet that is in the network, on links, in queues or without a path.
     * @param visit called with each packet, whatever its headers; must not change the network
     */
    virtual void VisitPackets(const std::function<void(const Packet&)>& visit) const = 0;

    /**
     * TracedCallback signature for losses.
     *
     * @param [in] packet the packet, with its PPP header
     * @param [in] reason why it is lost
     * @param [in] satellite that was to send it, or sent it
     * @param [in] at when
     */
    typedef void (*LostCallback)(Ptr<const Packet> packet,
                                 LossReason reason,
                                 uint32_t satellite,
                                 Time at);

  protected:
    void DoDispose() override;

    /**
     * @brief Create the satellites.
     * @param ephemeris where they are
     * @param tables how they forward
     */
    virtual void DoCreate(Ptr<EphemerisKnots> ephemeris, Ptr<ForwardingTables> tables) = 0;

    /** @return the largest IPv4 packet, in bytes */
    uint16_t GetMtu() const;
    /** @return the capacity of each transmit queue */
    QueueSize GetQueueSize() const;
    /** @return what becomes of the packets of links that go down */
    LossPolicy GetLossPolicy() const;
    /** @return the rate of links until they get another, in bits a second */
    uint64_t GetRateBps() const;

    /**
     * @brief Open the file of a capture.
     * @param filename its path
     * @return the file
     */
    Ptr<CaptureFile> OpenCapture(const std::string& filename);

    /**
     * @brief Check the number of a satellite.
     * @param satellite the number
     * @throws std::out_of_range if there is no such satellite
     */
    void CheckSatellite(uint32_t satellite) const;

    NodeContainer m_satellites;                                                //!< the nodes
    TracedCallback<Ptr<const Packet>, LossReason, uint32_t, Time> m_lostTrace; //!< a loss

  private:
    uint16_t m_mtuBytes{0};                          //!< largest IPv4 packet
    QueueSize m_queueSize;                           //!< of each transmit queue
    LossPolicy m_policy;                             //!< of links that go down
    uint64_t m_rateBps{0};                           //!< until a link gets another
    uint64_t m_captureBytes{CaptureFile::UNBOUNDED}; //!< longest pcap file
    std::vector<Ptr<CaptureFile>> m_captureFiles;    //!< as they were enabled
};

} // namespace ns3

#endif // LASER_NETWORK_H
