/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef FABRIC_WIRE_H
#define FABRIC_WIRE_H

#include "hop-charges.h"
#include "laser-link-counters.h"
#include "light-times.h"
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
#include <utility>
#include <vector>

namespace ns3
{

class FabricCapture;
class FabricPort;

/**
 * @ingroup leo
 *
 * A packet in the Fabric, as long as it is there: what does not change from hop to hop. Reused when
 * it has left. Small, as there are many: half a cache line.
 */
struct Parcel
{
    Ptr<Packet> packet;          //!< with its IPv4 header as sent, or a lean one's payload
    uint32_t bytes{0};           //!< of zeros, that are a lean packet's payload; without a packet
    uint32_t source{0};          //!< satellite that sent a lean packet
    uint32_t ledger{0};          //!< place among those that have one
    uint16_t sourcePort{0};      //!< UDP port that sent it
    uint16_t destinationPort{0}; //!< UDP port it is sent to
    uint16_t identification{0};  //!< of its IPv4 header
    uint8_t ttl{0};              //!< time to live with which the packet was sent
    bool isLean{false};          //!< whether its headers exist only when somebody looks
};

static_assert(sizeof(Parcel) == 32, "a parcel should not be larger than it has to be");

/**
 * @ingroup leo
 *
 * The ledger of a packet in the Fabric that has one.
 */
struct ParcelLedger
{
    PathLedgerTag ledger; //!< charged with every hop that has begun
    PathLedgerTag before; //!< before the last hop was charged
    Time idleUntilBefore; //!< what HopCharges::Charge() returned for it
    std::size_t hop{0};   //!< its place in the hop log
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
    static constexpr uint8_t SINGLE = LATE;  //!< on a wire, at first: longer or shorter than known
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
struct alignas(128) FabricWire
{
    // What every hop touches: two cache lines that lie in one pair.
    std::unique_ptr<Flight[]> ring; //!< by number modulo its size
    int64_t* arrival{nullptr};      //!< of the first flight, if that travels on; else never
    int64_t freeNs{0};              //!< when the transmitter becomes free; while down: never
    int64_t knownNs{0};             //!< transmission time of packets
    uint32_t knownBytes{0};         //!< of this length; 0 for none
    uint32_t mask{0};               //!< size of the ring less one
    uint32_t capacity{0};           //!< size of the ring
    uint32_t head{0};               //!< the first flight in the ring
    uint32_t tail{0};               //!< behind the last
    uint32_t to{0};                 //!< satellite that receives
    LightTimes::Stretch light;      //!< light times of late

    uint32_t queue{0};                         //!< the first that may be waiting
    uint32_t from{0};                          //!< satellite that sends
    uint64_t queuedBytes{0};                   //!< of those from there
    int64_t downFreeNs{0};                     //!< when it becomes free, while the link is down
    int64_t otherNs{0};                        //!< transmission time of packets
    uint32_t otherBytes{0};                    //!< of another length
    uint32_t counted{0};                       //!< the first flight that is not in these counters
    uint64_t packets{0};                       //!< given to send, less those that were not
    uint64_t bytes{0};                         //!< of these
    int64_t busyNs{0};                         //!< their transmission times
    int64_t waitedNs{0};                       //!< their times in the queue
    bool isUp{true};                           //!< whether the link is up
    bool isWatched{false};                     //!< whether it is captured or corrupts packets
    uint32_t longest{0};                       //!< most in the queue since counters were taken
    uint32_t carried{0};                       //!< in the queue when they were taken
    int64_t takenNs{-1};                       //!< when counters were taken
    uint64_t rateBps{0};                       //!< bits a second
    uint64_t rerouted{0};                      //!< packets that took another way
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

    /**
     * @param number of a flight, in the ring or not
     * @return where it would be; there need be no ring
     */
    const Flight* GetPlace(uint32_t number) const
    {
        return ring.get() + (number & mask);
    }

    /// Count the flights that were not counted yet; all of them are as long as is known.
    void Count()
    {
        const uint32_t flights = tail - counted;
        packets += flights;
        bytes += uint64_t{flights} * knownBytes;
        busyNs += flights * knownNs;
        counted = tail;
    }

    /**
     * @brief Count all flights, of which the last has a length of its own.
     * @param last its number
     * @param itsBytes its length
     * @param itsNs its transmission time
     */
    void CountOther(uint32_t last, uint32_t itsBytes, int64_t itsNs)
    {
        const uint32_t flights = last - counted;
        packets += flights + 1;
        bytes += uint64_t{flights} * knownBytes + itsBytes;
        busyNs += flights * knownNs + itsNs;
        counted = last + 1;
    }

    /// Note when the first flight arrives, if that travels on.
    void ShowHead()
    {
        *arrival = head == tail || At(head).flags & Flight::FINAL
                       ? std::numeric_limits<int64_t>::max()
                       : At(head).arrival;
    }

    /// Make the ring larger.
    [[gnu::cold]] void Grow();
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
    uint32_t others{0}; //!< packets sent or held here, to be forwarded
    std::vector<std::pair<uint16_t, FabricPort*>> ports; //!< lean endpoints, by UDP port
};

} // namespace ns3

#endif // FABRIC_WIRE_H
