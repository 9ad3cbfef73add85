/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef FABRIC_WIRE_H
#define FABRIC_WIRE_H

#include "hop-charges.h"
#include "laser-link-counters.h"
#include "path-ledger-tag.h"

#include "ns3/error-model.h"
#include "ns3/nstime.h"
#include "ns3/packet.h"
#include "ns3/ptr.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <vector>

namespace ns3
{

class FabricCapture;

/**
 * @ingroup leo
 *
 * A packet in the Fabric, as long as it is there: what does not change from hop to hop, and its
 * ledger. Reused when it has left.
 */
struct Parcel
{
    Ptr<Packet> packet;          //!< with its IPv4 header as sent, or a lean packet's payload
    PathLedgerTag ledger;        //!< charged with every hop that has begun
    PathLedgerTag before;        //!< before the last hop was charged
    Time idleUntilBefore;        //!< what HopCharges::Charge() returned for it
    std::size_t hop{0};          //!< its place in the hop log
    uint32_t source{0};          //!< satellite that sent a lean packet
    uint16_t sourcePort{0};      //!< UDP port that sent it
    uint16_t destinationPort{0}; //!< UDP port it is sent to
    uint16_t identification{0};  //!< of its IPv4 header
    uint8_t ttl{0};              //!< time to live with which the packet was sent
    bool isLean{false};          //!< whether its headers exist only when somebody looks
};

/**
 * @ingroup leo
 *
 * A packet on one wire, or about to be forwarded; times in nanoseconds. One cache line.
 */
struct alignas(64) Flight
{
    /** What stays the same from wire to wire. */
    struct What
    {
        uint32_t parcel;      //!< which packet
        uint32_t destination; //!< satellite
        uint32_t bytes;       //!< on the wire, PPP header included
        uint32_t row;         //!< where its destination's row begins in the forwarding tables
    };

    int64_t came;    //!< when it came to the satellite that sends it
    int64_t start;   //!< when its first bit leaves
    int64_t sent;    //!< when its last bit leaves
    int64_t arrival; //!< when its last bit arrives
    What what;       //!< the packet
    uint8_t ttl;     //!< time to live on this wire
    uint8_t flags;   //!< see below

    static constexpr uint8_t FINAL = 1;      //!< it does not travel on from this wire's end
    static constexpr uint8_t CALLED = 2;     //!< its delivery is under way
    static constexpr uint8_t DONE = 4;       //!< it has been delivered
    static constexpr uint8_t LEDGER = 8;     //!< it has a ledger
    static constexpr uint8_t CORRUPTED = 16; //!< the error model has found it wrong
    static constexpr uint8_t LATE = 32;      //!< sent by what arrivals of its nanosecond caused
    static constexpr uint8_t LOGGED = 64;    //!< this hop is in the hop log
    static constexpr uint8_t WATCHED = 128;  //!< the wire is captured or corrupts packets
};

static_assert(sizeof(Flight) == 64, "a flight should not be larger than it has to be");

/**
 * @ingroup leo
 *
 * One direction of a link in the Fabric: a ledger of what it has been given to send.
 *
 * Flights are numbered as they come. Those from `head` are in the ring, in order of transmission
 * and of arrival; those from `queue` may be waiting for the transmitter.
 */
struct FabricWire
{
    std::unique_ptr<Flight[]> ring; //!< by number modulo its size
    uint32_t mask{0};               //!< size of the ring less one
    uint32_t capacity{0};           //!< size of the ring
    uint32_t head{0};               //!< the first flight in the ring
    uint32_t tail{0};               //!< behind the last
    uint32_t queue{0};              //!< the first that may be waiting
    uint64_t queuedBytes{0};        //!< of those from there
    int64_t freeNs{0};              //!< when the transmitter becomes free; while down: never
    int64_t downFreeNs{0};          //!< when it becomes free, while the link is down
    uint32_t knownBytes[2]{};       //!< lengths whose transmission times are known
    int64_t knownNs[2]{};           //!< those
    uint32_t from{0};               //!< satellite that sends
    uint32_t to{0};                 //!< satellite that receives
    uint32_t incoming{0};           //!< place among the wires that lead there
    bool isUp{true};                //!< whether the link is up
    bool isWatched{false};          //!< whether it is captured or corrupts packets
    uint64_t packets{0};            //!< given to send, less those that were not
    uint64_t bytes{0};              //!< of these
    int64_t busyNs{0};              //!< their transmission times
    int64_t waitedNs{0};            //!< their times in the queue
    uint32_t longest{0};            //!< most in the queue since counters were taken
    uint32_t carried{0};            //!< in the queue when they were taken
    int64_t takenNs{-1};            //!< when counters were taken
    uint64_t rateBps{0};            //!< bits a second
    uint64_t rerouted{0};           //!< packets that took another way
    std::array<uint64_t, LOSS_REASONS> lost{}; //!< packets lost, by LossReason
    HopCharges charges;                        //!< to ledgers
    std::vector<Flight> doomed;       //!< given to it while it is down, lost when their turn comes
    Ptr<ErrorModel> errors;           //!< null for none
    uint32_t checked{0};              //!< the first flight about which it was not asked
    uint32_t sniffed{0};              //!< the first flight whose start was not captured
    FabricCapture* sender{nullptr};   //!< what captures at the end that sends
    FabricCapture* receiver{nullptr}; //!< what captures at the end that receives

    /**
     * @param number of a flight in the ring
     * @return the flight
     */
    Flight& At(uint32_t number)
    {
        return ring[number & mask];
    }

    /**
     * @param number of a flight in the ring
     * @return the flight
     */
    const Flight& At(uint32_t number) const
    {
        return ring[number & mask];
    }

    /// Make the ring larger.
    void Grow();
};

/** A packet that waits for a path in the Fabric. */
struct HeldFlight
{
    Flight flight;    //!< the packet
    int64_t since{0}; //!< when it began to wait, in nanoseconds
};

/**
 * @ingroup leo
 *
 * A satellite in the Fabric.
 */
struct FabricSatellite
{
    std::vector<Flight> local;    //!< sent here, to be forwarded; `came` is when
    std::size_t nextLocal{0};     //!< the first of them that has not been
    std::vector<HeldFlight> held; //!< without a path, in order
    int64_t heldNs{std::numeric_limits<int64_t>::max()}; //!< when they are looked at again
    int64_t wakeNs{std::numeric_limits<int64_t>::max()}; //!< when the per-hop scheduler comes
    uint32_t firstPort{0};                               //!< of its outgoing wires
    uint32_t firstIncoming{0};                           //!< of its incoming wires
    uint32_t incoming{0};                                //!< number of these
    uint32_t pending{0};      //!< packets to be forwarded here, on wires and here
    uint32_t others{0};       //!< of these, sent or held here
    bool isActive{false};     //!< whether the window scheduler looks at it
    bool hasLeanPorts{false}; //!< whether lean endpoints are open
};

} // namespace ns3

#endif // FABRIC_WIRE_H
