/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef FABRIC_H
#define FABRIC_H

#include "end-of-instant.h"
#include "fabric-wire.h"
#include "flat-heap.h"
#include "laser-network.h"
#include "light-times.h"

#include "ns3/event-impl.h"
#include "ns3/ipv4-header.h"

#include <algorithm>
#include <memory>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ns3
{

class FabricCapture;
class FabricNetDevice;
class FabricPort;

/**
 * @ingroup leo
 *
 * All laser links of a constellation as one machine: packets hop below IP, by arithmetic.
 *
 * Each satellite has one FabricNetDevice for all its lasers. A packet that a satellite's IPv4
 * stack, or a lean endpoint (FabricPort), hands over is forwarded from satellite to satellite by
 * the flat table of the slot until it comes to its destination, where the device gives it to the
 * stack, its time to live counted down. In between it costs no event of its own.
 *
 * **The ledger.** Each wire knows until when its transmitter is busy. A packet that comes at t
 * leaves at max(t, free), arrives when its last bit has left and light has flown, and waits in the
 * queue until it leaves; packets with a start after t are those that wait at t, and one that finds
 * the queue full is lost. So a hop is done in one go, as soon as all that came to that satellite
 * before is known. Links that go down or change their rates take back what has not come to pass.
 *
 * **Two schedulers.** *Per hop*: an event for each nanosecond in which something comes to a
 * satellite to travel on. *Window*: nothing that is forwarded now arrives anywhere sooner than the
 * least light time W of all links from now; so all that came to satellites in a window of W can be
 * forwarded in one event at its end, satellite by satellite, and nothing is ever late. Packets that
 * have come to their destination are delivered at their own nanosecond, in events of their own.
 * Both do the same hops in the same order at each satellite, so results are equal. *Auto* takes the
 * window while there is enough to do in it.
 *
 * What happens first in a nanosecond is said in EndOfInstant. Light times are those of LaserChannel
 * to the nanosecond; see LightTimes. Per-hop trace sources of IPv4 do not fire at satellites that a
 * packet passes.
 */
class Fabric : public LaserNetwork, private EndOfInstant::Actor
{
  public:
    /** How hops are put into events; results do not depend on it. */
    enum class Scheduler : uint8_t
    {
        AUTO,    //!< whichever is faster
        WINDOW,  //!< batches of the least light time
        PER_HOP, //!< an event for each nanosecond
    };

    /** What the schedulers have done. */
    struct Usage
    {
        uint64_t windowHops{0};   //!< hops forwarded in windows
        uint64_t perHopHops{0};   //!< hops forwarded one by one
        uint64_t windows{0};      //!< windows
        uint64_t switches{0};     //!< changes of scheduler
        int64_t leastWindowNs{0}; //!< the shortest look-ahead in force; 0: there was none
    };

    /**
     * @brief Get the type ID.
     * @return the object TypeId
     */
    static TypeId GetTypeId();

    Fabric();
    ~Fabric() override;

    uint32_t Connect(uint32_t a, uint32_t b) override;
    uint32_t GetNLinks() const override;
    void SetStates(const std::vector<LinkState>& states) override;
    void Settle(Time until) override;
    LaserLinkCounters TakeCounters(uint32_t wire, Time until) override;
    void SetHopLog(Ptr<HopLog> log) override;
    int64_t SetPacketErrorRate(uint32_t link, double rate, int64_t stream) override;
    void EnablePcap(uint32_t satellite, uint32_t port, const std::string& filename) override;
    void VisitPackets(const std::function<void(const Packet&)>& visit) const override;

    /** @return what the schedulers have done */
    Usage GetUsage() const;

    /**
     * @brief Send a packet of a satellite's IPv4 stack, now.
     * @param satellite the satellite
     * @param packet the packet, with its IPv4 header
     */
    void Send(uint32_t satellite, Ptr<Packet> packet);

    /**
     * @brief Send a UDP datagram of a lean endpoint, now.
     * @param satellite the satellite
     * @param destination satellite it is sent to
     * @param datagram what is sent; its identification is given here
     * @throws std::invalid_argument if it is longer than the MTU
     */
    void SendLean(uint32_t satellite, uint32_t destination, Parcel datagram);

    /**
     * @brief Open a lean endpoint.
     * @param satellite where
     * @param port UDP port; 0 for any that is free, from 49153 on as ns-3 has it
     * @param endpoint whom to give what comes; must be closed before it is gone
     * @return the port
     * @throws std::runtime_error if the port is taken by a lean endpoint
     */
    uint16_t Open(uint32_t satellite, uint16_t port, FabricPort* endpoint);

    /**
     * @brief Close a lean endpoint.
     * @param satellite where
     * @param port UDP port
     */
    void Close(uint32_t satellite, uint16_t port);

    /**
     * @brief Find a lean endpoint.
     * @param satellite where
     * @param port UDP port
     * @return the endpoint, or null if none is open there
     */
    FabricPort* Find(uint32_t satellite, uint16_t port) const;

    /**
     * @brief Length of what a wire's state takes, for those who count memory.
     * @return bytes of a wire and of a satellite without packets, in this order
     */
    static std::pair<std::size_t, std::size_t> GetStateBytes();

  protected:
    void DoDispose() override;
    void DoCreate(Ptr<EphemerisKnots> ephemeris, Ptr<ForwardingTables> tables) override;

  private:
    /** A packet to be delivered. */
    struct Delivery
    {
        int64_t arrival; //!< when
        uint32_t wire;   //!< on which wire
        uint32_t number; //!< of the flight
        uint32_t parcel; //!< which packet

        /**
         * @param other another one
         * @return whether it is later; for a queue with the first on top
         */
        bool operator<(const Delivery& other) const
        {
            return arrival != other.arrival
                       ? arrival < other.arrival
                       : std::tie(wire, number) < std::tie(other.wire, other.number);
        }
    };

    /** A satellite to be looked at by the per-hop scheduler. */
    struct Wake
    {
        int64_t at;         //!< when
        uint32_t satellite; //!< which

        /**
         * @param other another one
         * @return whether it is later
         */
        bool operator<(const Wake& other) const
        {
            return at < other.at;
        }
    };

    /** A loss that was not told yet. */
    struct Loss
    {
        int64_t at;         //!< when, in nanoseconds
        uint32_t wire;      //!< where
        LossReason reason;  //!< why
        Ptr<Packet> packet; //!< the packet, with all headers; null if nobody listens
    };

    /** A packet taken off a wire that went down, to be re-routed. */
    struct Stranded
    {
        uint32_t wire; //!< the wire
        Flight flight; //!< the packet
    };

    // fabric.cc: sending and forwarding; fabric-deliver.cc: delivering and losing

    /// Lay out the wires by satellite; once, when the first packet is sent.
    void Prepare();

    /**
     * @brief A place for a packet.
     * @return its index in m_parcels
     */
    uint32_t TakeParcel();

    /**
     * @brief Give the place of a packet back.
     * @param flight the packet
     */
    void FreeParcel(const Flight& flight);

    /// @param flight a packet with a ledger @return the ledger
    ParcelLedger& GetLedger(const Flight& flight)
    {
        return m_ledgers[m_parcels[flight.what.parcel].ledger];
    }

    /// @param parcel a packet @return the packet, with its payload at least
    static Ptr<const Packet> GetPacket(const Parcel& parcel);

    /**
     * @brief Put a packet among those that a satellite has sent.
     * @param satellite the satellite
     * @param flight the packet; destination, bytes and time to live are set
     */
    void Inject(uint32_t satellite, Flight flight);

    /**
     * @brief Forward all that comes to a satellite before an instant.
     * @tparam IS_WINDOW whether this is done for a window
     * @param satellite the satellite
     * @param until the instant, in nanoseconds; no slot begins before it
     * @return whether more is to come
     */
    template <bool IS_WINDOW>
    bool Process(uint32_t satellite, int64_t until);

    /// @param wire a wire @return its number
    uint32_t GetIndex(const FabricWire& wire) const
    {
        return &wire - m_wires.data();
    }

    /**
     * @brief The wire on which something comes first; of several, the first wire.
     * @param heads when something comes, by wire, in nanoseconds
     * @param count number of wires
     * @return the wire, and when
     */
    static std::pair<uint32_t, int64_t> FindFirst(const int64_t* heads, uint32_t count);

    /**
     * @brief Forward what a satellite has sent, or held, if that comes next.
     * @param satellite the satellite
     * @param arrival when the first packet on a wire comes there, in nanoseconds
     * @param until before which instant all is to be forwarded, in nanoseconds
     * @return false if none of it comes next, or before that instant
     */
    bool ProcessOther(uint32_t satellite, int64_t arrival, int64_t until);

    /**
     * @brief Take the first flight off a wire at whose end it travels on.
     * @param wire the wire
     * @param satellite at its end
     */
    void Transit(FabricWire& wire, uint32_t satellite);

    /**
     * @brief Forward a packet by the table of its time.
     * @param satellite where it is
     * @param flight the packet
     * @param ttl time to live from now on
     * @param now when, in nanoseconds
     */
    void Forward(uint32_t satellite, const Flight& flight, uint8_t ttl, int64_t now);

    /**
     * @brief Forward those that waited for a path, as far as there is one now.
     * @param satellite where
     * @param now start of a slot, in nanoseconds
     */
    void ReleaseHeld(uint32_t satellite, int64_t now);

    /**
     * @brief Give a packet to a wire.
     * @param wire which
     * @param flight the packet
     * @param ttl time to live on the wire
     * @param now when it comes there, in nanoseconds; never before what came earlier
     */
    void Enqueue(FabricWire& wire, const Flight& flight, uint8_t ttl, int64_t now);

    /**
     * @brief The same, where it is done most.
     * @tparam IS_WINDOW whether this is done for a window
     * @param wire which
     * @param flight the packet
     * @param ttl time to live on the wire
     * @param now when it comes there, in nanoseconds
     */
    template <bool IS_WINDOW>
    void Put(FabricWire& wire, const Flight& flight, uint8_t ttl, int64_t now);

    /**
     * @brief What is left of Put() for a flight that ends there, has a ledger, or a length of its
     * own.
     * @tparam IS_WINDOW whether this is done for a window
     * @param wire which
     * @param flight the packet, on the wire
     * @param number of the flight
     */
    template <bool IS_WINDOW>
    void PutSpecial(FabricWire& wire, Flight& flight, uint32_t number);

    /**
     * @brief See to a flight's ledger and delivery.
     * @param wire on which it is
     * @param flight the flight
     * @param number of the flight
     */
    void Note(FabricWire& wire, Flight& flight, uint32_t number);

    /**
     * @brief Whether a transmit queue has room for a packet; if it is to wait, that is counted.
     * @param wire which
     * @param bytes of the packet
     * @param now when it comes there, in nanoseconds
     * @return false if the queue is full
     */
    bool HasRoom(FabricWire& wire, uint32_t bytes, int64_t now) const;

    /**
     * @brief Lose a packet for which a queue has no room, or give it to a wire that is down.
     * @param wire which
     * @param flight the packet
     * @param ttl time to live that it would have on the wire
     * @param now when it comes there, in nanoseconds
     */
    void Refuse(FabricWire& wire, Flight flight, uint8_t ttl, int64_t now);

    /**
     * @brief Give a packet to a wire that is down: it keeps the transmitter busy in vain.
     * @param wire which
     * @param flight the packet
     * @param now when it comes there, in nanoseconds
     */
    void EnqueueDown(FabricWire& wire, Flight flight, int64_t now);

    /**
     * @brief Put the last flight of a wire before those that arrive later.
     *
     * Only a transmission of a nanosecond or less can overtake, by one of light's nanoseconds.
     *
     * @param wire which
     */
    void Overtake(FabricWire& wire);

    /**
     * @brief Take the first flight, and all behind it that have been delivered, off a wire.
     * @param wire which
     */
    void Pop(FabricWire& wire);

    /**
     * @brief Take flights that have been delivered off the head of a wire.
     * @param wire which
     */
    static void PopDelivered(FabricWire& wire);

    /**
     * @brief Time that a transmitter needs, which it did not need last.
     * @param wire whose
     * @param bytes of the packet
     * @return nanoseconds
     */
    static int64_t FindTransmission(FabricWire& wire, uint32_t bytes);

    /**
     * @brief Look up an output port.
     * @param satellite where
     * @param flight the packet
     * @param now when, in nanoseconds
     * @return the port, or ForwardingTables::NO_PORT
     */
    uint8_t GetPort(uint32_t satellite, const Flight& flight, int64_t now);

    /** @return when the table looked up last ends, in nanoseconds */
    int64_t GetTableEnd() const
    {
        return m_tableBegin + static_cast<int64_t>(m_tableLength);
    }

    /**
     * @brief Get the table of a time.
     * @param now the time, in nanoseconds
     * @return ports, by row and satellite
     */
    const uint8_t* GetTable(int64_t now);

    /**
     * @brief Find the table of a time.
     * @param now the time, in nanoseconds
     * @throws std::out_of_range if it is not loaded
     */
    void FindTable(int64_t now);

    /**
     * @brief Charge a hop to a packet's ledger, and log it.
     * @param wire which
     * @param flight the packet, with its times
     */
    void Charge(FabricWire& wire, Flight& flight);

    /**
     * @brief Take back what Charge() did; the last first.
     * @param wire which
     * @param flight the packet
     */
    void Uncharge(FabricWire& wire, Flight& flight);

    /// See to it that an event comes at the first delivery.
    void ScheduleDelivery();

    /// Have the next packet to be delivered in the processor's caches by then.
    void Prefetch() const;

    /// Let all deliveries of this nanosecond have their turn at its end.
    void CallDeliveries();

    /// Deliver a packet, now. @param wire on which it came @param number of its flight
    void Act(uint32_t wire, uint64_t number) override;

    /**
     * @brief See to what has come behind a packet that was delivered.
     * @param wire the wire
     * @throws std::logic_error if that would have had to travel on already
     */
    void Resume(const FabricWire& wire);

    /**
     * @brief Hand a packet that has been taken off its wire to its satellite.
     * @param satellite the satellite
     * @param flight the packet
     */
    void HandOver(uint32_t satellite, const Flight& flight);

    /**
     * @brief Whether a packet arrives without errors; asked once of each, in order of arrival.
     * @param wire the wire
     * @param number of the flight
     * @return false if it is corrupted
     */
    bool IsIntact(FabricWire& wire, uint32_t number);

    /**
     * @brief A packet as it is on a wire.
     * @param flight the packet
     * @return a copy, with PPP and all other headers
     */
    Ptr<Packet> Materialise(const Flight& flight) const;

    /**
     * @brief A lean packet with its UDP and IPv4 headers.
     * @param parcel the packet
     * @param flight the packet
     * @return a copy
     */
    Ptr<Packet> AddLeanHeaders(const Parcel& parcel, const Flight& flight) const;

    /**
     * @brief Count a loss, and give the packet's place back.
     * @param wire where
     * @param flight the packet
     * @param reason why
     * @param at when, in nanoseconds
     */
    void Lose(uint32_t wire, const Flight& flight, LossReason reason, int64_t at);

    /// Tell the losses that were not told yet, in order of time.
    void TellLosses();

    // fabric-schedule.cc: when hops are done

    /**
     * @brief Note that something comes to a satellite to be forwarded.
     * @param satellite the satellite
     * @param at when, in nanoseconds
     */
    void Notice(uint32_t satellite, int64_t at)
    {
        if (!m_isWindow)
        {
            NoticePerHop(satellite, at);
            return;
        }
        if (!m_isActive[satellite])
        {
            m_isActive[satellite] = true;
            m_active.push_back(satellite);
        }
        m_next = std::min(m_next, at);
    }

    /**
     * @brief Notice() for the per-hop scheduler.
     * @param satellite the satellite
     * @param at when, in nanoseconds
     */
    void NoticePerHop(uint32_t satellite, int64_t at);

    /**
     * @brief When something comes to a satellite next, or may.
     * @param satellite the satellite
     * @return nanoseconds
     */
    int64_t GetNext(uint32_t satellite) const;

    /**
     * @brief Do all hops before an instant.
     * @param until the instant, in nanoseconds
     */
    void Advance(int64_t until);

    /**
     * @brief Check that nothing was sent after the last knot.
     * @param until before which instant, in nanoseconds
     * @throws std::out_of_range if something was
     */
    void CheckEnd(int64_t until) const;

    /**
     * @brief Do all hops of one window.
     * @param until its end, in nanoseconds
     */
    void AdvanceWindow(int64_t until);

    /// Have the wires of a satellite in the processor's caches soon. @param satellite the satellite
    void PrefetchWires(uint32_t satellite) const;

    /// The same of the flights that it looks at first. @param satellite the satellite
    void PrefetchFlights(uint32_t satellite) const;

    /// Do what is due, and see to the next time.
    void Tick();

    /// See to it that an event comes when something is to be done.
    void ScheduleTick();

    /**
     * @brief How long after something has come to a satellite nothing that it causes can have
     * arrived anywhere.
     * @param from the time from which on that holds, in nanoseconds
     * @return nanoseconds, at least 1
     */
    int64_t GetLookAhead(int64_t from);

    /// Change the scheduler if the other one is faster.
    void Choose();

    /**
     * @brief Change the scheduler.
     * @param isWindow which
     */
    void Use(bool isWindow);

    // fabric-links.cc: links that change, counters

    /**
     * @brief Take the packets off a wire that goes down.
     * @param wire which
     * @param now when, in nanoseconds
     * @param stranded where those that are to be re-routed are put
     */
    void TakeDown(uint32_t wire, int64_t now, std::vector<Stranded>& stranded);

    /**
     * @brief Take back all that has not happened of flights of a wire, and them off it.
     * @param wire which
     * @param first the first flight
     * @param now when, in nanoseconds
     * @return the flights
     */
    std::vector<Flight> Truncate(uint32_t wire, uint32_t first, int64_t now);

    /**
     * @brief Let a wire that was down forget what came to it then.
     * @param wire which
     * @param now when, in nanoseconds
     */
    void BringUp(uint32_t wire, int64_t now);

    /**
     * @brief Give a wire another rate.
     * @param wire which
     * @param rateBps bits a second
     * @param now when, in nanoseconds
     */
    void SetRate(uint32_t wire, uint64_t rateBps, int64_t now);

    /**
     * @brief Lose what was given to wires that are down and whose turn has come.
     * @param until before which instant, in nanoseconds
     */
    void LoseDoomed(int64_t until);

    /**
     * @brief Look at all packets on a wire, from now on.
     * @param wire which
     */
    static void Watch(FabricWire& wire);

    /**
     * @brief Capture the beginnings of transmissions.
     * @param wire which
     * @param until before which instant, in nanoseconds
     */
    void Sniff(FabricWire& wire, int64_t until);

    /// Write captured packets of before m_settled to their files.
    void WriteCaptures();

    Ptr<EphemerisKnots> m_ephemeris;                //!< where satellites are
    Ptr<ForwardingTables> m_tables;                 //!< where packets go
    LightTimes m_lightTimes;                        //!< of all wires
    std::vector<FabricWire> m_wires;                //!< twice the link plus the direction
    std::vector<FabricSatellite> m_state;           //!< by satellite
    std::vector<Ptr<FabricNetDevice>> m_devices;    //!< by satellite
    std::vector<uint32_t> m_nodes;                  //!< node numbers, by satellite
    std::vector<std::vector<uint32_t>> m_connected; //!< wires by satellite and port, until prepared
    std::vector<FabricWire*> m_ports;               //!< satellite by satellite
    std::vector<FabricWire*> m_incoming;            //!< by the satellite they lead to
    std::vector<int64_t> m_heads;                   //!< FabricWire::arrival of each of these
    std::vector<Parcel> m_parcels;                  //!< packets in the network
    std::vector<uint32_t> m_freeParcels;            //!< places not in use
    std::vector<ParcelLedger> m_ledgers;            //!< of those that have one
    std::vector<uint32_t> m_freeLedgers;            //!< places not in use
    PathLedgerTag m_ledger;                         //!< of the packet that is sent now
    FlatHeap<Delivery> m_deliveries;                //!< packets to be delivered
    FlatHeap<Wake> m_wakes;                         //!< of the per-hop scheduler
    std::vector<uint32_t> m_active;                 //!< at which the window scheduler looks
    std::vector<uint8_t> m_isActive;                //!< whether a satellite is among them
    std::vector<Loss> m_losses;                     //!< to be told
    std::vector<uint32_t> m_doomed;                 //!< wires with doomed flights
    std::vector<std::unique_ptr<FabricCapture>> m_captures; //!< one a captured end
    std::vector<uint32_t> m_sniffed; //!< wires whose sending ends are captured
    std::unordered_map<uint64_t, uint16_t> m_identifications; //!< next, by source and destination
    Ptr<HopLog> m_hopLog;                                     //!< null for none
    Ptr<EventImpl> m_tick;                                    //!< calls Tick(), again and again
    Ptr<EventImpl> m_call;           //!< calls CallDeliveries(), again and again
    bool m_isPrepared{false};        //!< whether Prepare() has been called
    bool m_hasChecksums{false};      //!< whether headers have checksums
    bool m_countsBytes{false};       //!< whether queues hold so many bytes, not packets
    uint64_t m_capacity{0};          //!< of each queue
    uint64_t m_idleBytes{0};         //!< longest packet that an empty queue takes
    Scheduler m_scheduler;           //!< the attribute
    bool m_isWindow{false};          //!< which scheduler is in use
    bool m_isAdvancing{false};       //!< whether hops are being done
    int64_t m_settled{0};            //!< all before this has been done
    int64_t m_next;                  //!< when something comes to a satellite next
    int64_t m_tickNs;                //!< when the next tick comes
    int64_t m_deliveryNs;            //!< when the next delivery event comes
    int64_t m_lookAhead{0};          //!< nanoseconds
    int64_t m_lookAheadUntil{-1};    //!< until when it holds
    uint64_t m_hops{0};              //!< hops so far
    uint64_t m_chosenHops{0};        //!< at the last Choose()
    int64_t m_chosenNs{0};           //!< when that was
    uint64_t m_chosenWindows{0};     //!< windows by then
    Usage m_usage;                   //!< what has been done
    const uint8_t* m_table{nullptr}; //!< of the slot looked up last
    int64_t m_tableBegin{0};         //!< when it begins, in nanoseconds
    uint64_t m_tableLength{0};       //!< how long it is in force
};

} // namespace ns3

#endif // FABRIC_H
