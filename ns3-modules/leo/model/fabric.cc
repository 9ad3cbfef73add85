/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "fabric.h"

#include "end-of-instant.h"
#include "fabric-capture.h"
#include "fabric-hop.h"
#include "fabric-net-device.h"
#include "fabric-port.h"
#include "fabric-routing-protocol.h"
#include "flat-scheduler.h"
#include "hermite-mobility-model.h"

#include "ns3/boolean.h"
#include "ns3/data-rate.h"
#include "ns3/double.h"
#include "ns3/enum.h"
#include "ns3/make-event.h"
#include "ns3/node.h"
#include "ns3/pointer.h"
#include "ns3/simulator.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <tuple>
#include <utility>

namespace ns3
{

namespace
{
constexpr int64_t NEVER = std::numeric_limits<int64_t>::max();
constexpr uint32_t PPP_BYTES = 2;              //!< of a PPP header
constexpr uint32_t IPV4_BYTES = 20;            //!< of an IPv4 header without options
constexpr uint32_t UDP_BYTES = 8;              //!< of a UDP header
constexpr std::size_t TTL_OFFSET = 8;          //!< of the time to live in an IPv4 header
constexpr std::size_t DESTINATION_OFFSET = 16; //!< of the destination in it
constexpr uint32_t FIRST_RING = 4;             //!< flights in the first ring of a wire
} // namespace

NS_OBJECT_ENSURE_REGISTERED(Fabric);

void
FabricWire::Grow()
{
    const uint32_t size = capacity > 0 ? 2 * capacity : FIRST_RING;
    auto larger = std::make_unique_for_overwrite<Flight[]>(size);
    for (uint32_t number = head; number != tail; ++number)
    {
        larger[number & (size - 1)] = At(number);
    }
    ring = std::move(larger);
    capacity = size;
    mask = size - 1;
}

TypeId
Fabric::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::Fabric")
            .SetParent<LaserNetwork>()
            .SetGroupName("Leo")
            .AddConstructor<Fabric>()
            .AddAttribute("Scheduler",
                          "How hops are put into events; results do not depend on it.",
                          EnumValue(Scheduler::AUTO),
                          MakeEnumAccessor<Scheduler>(&Fabric::m_scheduler),
                          MakeEnumChecker(Scheduler::AUTO,
                                          "Auto",
                                          Scheduler::WINDOW,
                                          "Window",
                                          Scheduler::PER_HOP,
                                          "PerHop"));
    return tid;
}

Fabric::Fabric()
    : m_tick(MakeEvent(&Fabric::Tick, this), false),
      m_call(MakeEvent(&Fabric::CallDeliveries, this), false),
      m_next(NEVER),
      m_tickNs(NEVER),
      m_deliveryNs(NEVER)
{
}

Fabric::~Fabric() = default;

void
Fabric::DoDispose()
{
    m_tick->Cancel();
    m_call->Cancel();
    m_captures.clear();
    m_wires.clear();
    m_parcels.clear();
    m_devices.clear();
    m_state.clear();
    m_hopLog = nullptr;
    m_ephemeris = nullptr;
    m_tables = nullptr;
    LaserNetwork::DoDispose();
}

void
Fabric::DoCreate(Ptr<EphemerisKnots> ephemeris, Ptr<ForwardingTables> tables)
{
    FlatScheduler::Install();
    m_ephemeris = ephemeris;
    m_tables = tables;
    m_lightTimes.SetEphemeris(ephemeris);
    const uint32_t satellites = ephemeris->GetNSatellites();
    m_satellites.Create(satellites);
    m_state.resize(satellites);
    m_connected.resize(satellites);
    for (uint32_t satellite = 0; satellite < satellites; ++satellite)
    {
        Ptr<Node> node = m_satellites.Get(satellite);
        node->AggregateObject(
            CreateObjectWithAttributes<HermiteMobilityModel>("Ephemeris",
                                                             PointerValue(ephemeris),
                                                             "Satellite",
                                                             UintegerValue(satellite)));
        m_nodes.push_back(node->GetId());
        m_devices.push_back(FabricNetDevice::Install(node, this, satellite, GetMtu()));
    }
}

uint32_t
Fabric::Connect(uint32_t a, uint32_t b)
{
    CheckSatellite(a);
    CheckSatellite(b);
    if (m_isPrepared)
    {
        throw std::logic_error("fabric: a link cannot be added once packets have been sent");
    }
    for (const auto& [from, to] : {std::pair{a, b}, std::pair{b, a}})
    {
        m_connected[from].push_back(m_wires.size());
        m_lightTimes.Add(from, to);
        FabricWire& wire = m_wires.emplace_back();
        wire.from = from;
        wire.to = to;
        wire.rateBps = GetRateBps();
    }
    return m_wires.size() / 2 - 1;
}

uint32_t
Fabric::GetNLinks() const
{
    return m_wires.size() / 2;
}

void
Fabric::Prepare()
{
    m_isPrepared = true;
    m_countsBytes = GetQueueSize().GetUnit() == QueueSizeUnit::BYTES;
    m_capacity = GetQueueSize().GetValue();
    m_idleBytes = m_countsBytes ? m_capacity : m_capacity > 0 ? UINT64_MAX : 0;
    std::vector<std::vector<uint32_t>> incoming(m_state.size());
    for (uint32_t wire = 0; wire < m_wires.size(); ++wire)
    {
        incoming[m_wires[wire].to].push_back(wire);
    }
    m_ports.reserve(m_wires.size());
    m_incoming.reserve(m_wires.size());
    m_heads.assign(m_wires.size() + 1, NEVER); // one for satellites to which no wire leads
    m_isActive.assign(m_state.size(), false);
    for (uint32_t satellite = 0; satellite < m_state.size(); ++satellite)
    {
        FabricSatellite& state = m_state[satellite];
        state.firstPort = m_ports.size();
        state.firstIncoming = incoming[satellite].empty() ? m_wires.size() : m_incoming.size();
        state.incoming = incoming[satellite].size();
        for (const uint32_t wire : incoming[satellite])
        {
            m_wires[wire].arrival = &m_heads[m_incoming.size()];
            m_incoming.push_back(&m_wires[wire]);
        }
        for (const uint32_t wire : m_connected[satellite])
        {
            m_ports.push_back(&m_wires[wire]);
        }
    }
    m_connected = {};
    Use(m_scheduler == Scheduler::WINDOW);
}

uint32_t
Fabric::TakeParcel()
{
    if (m_freeParcels.empty())
    {
        m_parcels.emplace_back();
        return m_parcels.size() - 1;
    }
    const uint32_t parcel = m_freeParcels.back();
    m_freeParcels.pop_back();
    return parcel;
}

void
Fabric::FreeParcel(const Flight& flight)
{
    m_parcels[flight.what.parcel].packet = nullptr;
    m_freeParcels.push_back(flight.what.parcel);
    if (flight.flags & Flight::LEDGER)
    {
        m_freeLedgers.push_back(m_parcels[flight.what.parcel].ledger);
    }
}

Ptr<const Packet>
Fabric::GetPacket(const Parcel& parcel)
{
    return parcel.packet ? parcel.packet : ns3::Create<Packet>(parcel.bytes);
}

void
Fabric::Send(uint32_t satellite, Ptr<Packet> packet)
{
    std::array<uint8_t, IPV4_BYTES> header;
    packet->CopyData(header.data(), header.size());
    Flight flight{};
    flight.what.parcel = TakeParcel();
    flight.what.destination = ForwardingTables::GetSatellite(
        Ipv4Address::Deserialize(header.data() + DESTINATION_OFFSET));
    flight.ttl = header[TTL_OFFSET];
    flight.what.bytes = packet->GetSize() + PPP_BYTES;
    Parcel& parcel = m_parcels[flight.what.parcel];
    parcel.packet = packet;
    parcel.ttl = flight.ttl;
    parcel.isLean = false;
    Inject(satellite, flight);
}

void
Fabric::SendLean(uint32_t satellite, uint32_t destination, Parcel datagram)
{
    const uint32_t bytes =
        (datagram.packet ? datagram.packet->GetSize() : datagram.bytes) + UDP_BYTES + IPV4_BYTES;
    if (bytes > GetMtu())
    {
        throw std::invalid_argument("fabric: a datagram of " + std::to_string(bytes) +
                                    " bytes with its headers is longer than the MTU of " +
                                    std::to_string(GetMtu()) + "; a lean endpoint cuts nothing");
    }
    Flight flight{};
    flight.what.parcel = TakeParcel();
    flight.what.destination = destination;
    flight.ttl = datagram.ttl;
    flight.what.bytes = bytes + PPP_BYTES;
    datagram.isLean = true;
    datagram.source = satellite;
    datagram.identification = m_identifications[uint64_t{satellite} << 32 | destination]++;
    m_parcels[flight.what.parcel] = std::move(datagram);
    Inject(satellite, flight);
}

void
Fabric::Inject(uint32_t satellite, Flight flight)
{
    if (!m_isPrepared)
    {
        Prepare();
    }
    if (m_hops == 0)
    {
        m_hasChecksums = Node::ChecksumEnabled(); // which may be set until packets are sent
    }
    Parcel& parcel = m_parcels[flight.what.parcel];
    if (parcel.packet && parcel.packet->PeekPacketTag(m_ledger))
    {
        flight.flags |= Flight::LEDGER;
        if (m_freeLedgers.empty())
        {
            m_freeLedgers.push_back(m_ledgers.size());
            m_ledgers.emplace_back();
        }
        parcel.ledger = m_freeLedgers.back();
        m_freeLedgers.pop_back();
        m_ledgers[parcel.ledger].ledger = m_ledger;
    }
    const Time now = Simulator::Now();
    flight.came = now.GetNanoSeconds();
    const int32_t row = m_tables->GetRow(flight.what.destination);
    if (row < 0)
    {
        ForwardingTables::ThrowNoRow(flight.what.destination,
                                     flight.came / m_tables->GetSlot().GetNanoSeconds());
    }
    flight.what.row = static_cast<uint32_t>(row * m_state.size());
    flight.flags |= EndOfInstant::HasPassed(now) ? Flight::LATE : 0;
    FabricSatellite& state = m_state[satellite];
    state.local.push_back(flight);
    ++state.others;
    Notice(satellite, flight.came);
    ScheduleTick();
}

template <bool IS_WINDOW>
bool
Fabric::Process(uint32_t satellite, int64_t until)
{
    FabricSatellite& state = m_state[satellite];
    const int64_t* const heads = m_heads.data() + state.firstIncoming;
    FabricWire* const* const incoming = m_incoming.data() + state.firstIncoming;
    FabricWire* const* const ports = m_ports.data() + state.firstPort;
    const uint32_t wires = state.incoming;
    const uint8_t* table = nullptr; // of the slot in which all of this is
    uint64_t hops = 0;
    for (;;)
    {
        const auto [source, first] = FindFirst(heads, wires);
        if (state.others != 0 && ProcessOther(satellite, first, until)) [[unlikely]]
        {
            continue;
        }
        if (first >= until)
        {
            m_hops += hops;
            return state.others != 0 || first != NEVER;
        }
        if (!table) [[unlikely]]
        {
            table = GetTable(first) + satellite;
        }
        FabricWire& wire = *incoming[source];
        const Flight& flight = wire.At(wire.head);
        const uint8_t port = table[flight.what.row];
        if (flight.flags & Flight::WATCHED || port == ForwardingTables::NO_PORT) [[unlikely]]
        {
            Transit(wire, satellite);
            continue;
        }
        ++hops;
        Put<IS_WINDOW>(*ports[port], flight, flight.ttl - 1, first);
        Pop(wire);
    }
}

template bool Fabric::Process<true>(uint32_t satellite, int64_t until);
template bool Fabric::Process<false>(uint32_t satellite, int64_t until);

bool
Fabric::ProcessOther(uint32_t satellite, int64_t arrival, int64_t until)
{
    // The tie rule: sent here, held, arrived by wire, sent here by what arrivals have caused.
    FabricSatellite& state = m_state[satellite];
    if (state.nextLocal < state.local.size())
    {
        const Flight flight = state.local[state.nextLocal];
        const int64_t next = std::min(arrival, state.heldNs);
        if (flight.came < until &&
            (flight.flags & Flight::LATE ? flight.came < next : flight.came <= next))
        {
            if (++state.nextLocal == state.local.size())
            {
                state.local.clear();
                state.nextLocal = 0;
            }
            --state.others;
            Forward(satellite, flight, flight.ttl, flight.came);
            return true;
        }
    }
    if (state.heldNs < until && state.heldNs <= arrival)
    {
        ReleaseHeld(satellite, state.heldNs);
        return true;
    }
    return false;
}

void
Fabric::Transit(FabricWire& wire, uint32_t satellite)
{
    const Flight flight = wire.At(wire.head);
    const bool isIntact = IsIntact(wire, wire.head);
    Sniff(wire, flight.start + 1);
    if (wire.receiver && isIntact && wire.receiver->Wants())
    {
        wire.receiver->Add(flight.arrival, Materialise(flight));
    }
    Pop(wire);
    if (!isIntact)
    {
        Lose(GetIndex(wire), flight, LossReason::CORRUPTED, flight.arrival);
        return;
    }
    Forward(satellite, flight, flight.ttl - 1, flight.arrival);
}

const uint8_t*
Fabric::GetTable(int64_t now)
{
    if (static_cast<uint64_t>(now - m_tableBegin) >= m_tableLength)
    {
        FindTable(now);
    }
    return m_table;
}

void
Fabric::FindTable(int64_t now)
{
    const int64_t slot = m_tables->GetSlot().GetNanoSeconds();
    m_table = m_tables->GetTable(now / slot);
    if (!m_table)
    {
        ForwardingTables::ThrowNoRow(0, now / slot);
    }
    m_tableBegin = now / slot * slot;
    m_tableLength = slot;
}

void
Fabric::Forward(uint32_t satellite, const Flight& flight, uint8_t ttl, int64_t now)
{
    ++m_hops;
    const uint8_t port = GetPort(satellite, flight, now);
    FabricSatellite& state = m_state[satellite];
    if (port != ForwardingTables::NO_PORT)
    {
        Enqueue(*m_ports[state.firstPort + port], flight, ttl, now);
        return;
    }
    state.held.push_back({flight, now});
    state.held.back().flight.ttl = ttl;
    ++state.others;
    // At the start of a slot others may be due in the same nanosecond, after what is sent.
    state.heldNs = std::min(state.heldNs, GetTableEnd());
    Notice(satellite, state.heldNs);
}

void
Fabric::ReleaseHeld(uint32_t satellite, int64_t now)
{
    FabricSatellite& state = m_state[satellite];
    state.heldNs = NEVER;
    for (HeldFlight& held : std::exchange(state.held, {}))
    {
        Flight& flight = held.flight;
        const uint8_t port = GetPort(satellite, flight, now);
        if (port == ForwardingTables::NO_PORT)
        {
            state.held.push_back(held);
            state.heldNs = GetTableEnd();
            continue;
        }
        if (flight.flags & Flight::LEDGER)
        {
            GetLedger(flight).ledger.AddWaiting(NanoSeconds(now - held.since));
        }
        --state.others;
        Enqueue(*m_ports[state.firstPort + port], flight, flight.ttl, now);
    }
}

int64_t
Fabric::FindTransmission(FabricWire& wire, uint32_t bytes)
{
    if (wire.knownBytes == bytes)
    {
        return wire.knownNs;
    }
    if (wire.otherBytes != bytes)
    {
        wire.otherBytes = bytes;
        wire.otherNs = DataRate(wire.rateBps).CalculateBytesTxTime(bytes).GetNanoSeconds();
    }
    if (wire.isWatched || wire.otherNs <= 1)
    {
        return wire.otherNs; // such packets are to come here, and to PutSpecial()
    }
    wire.Count();
    std::swap(wire.knownBytes, wire.otherBytes);
    std::swap(wire.knownNs, wire.otherNs);
    return wire.knownNs;
}

bool
Fabric::HasRoom(FabricWire& wire, uint32_t bytes, int64_t now) const
{
    if (wire.freeNs <= now)
    {
        return bytes <= m_idleBytes; // it passes through the queue, which is empty
    }
    if (wire.tail != wire.head && wire.At(wire.tail - 1).start <= now)
    {
        wire.queue = wire.tail; // the last has left the queue
        wire.queuedBytes = 0;
    }
    // Those that left the wire since are where they were: nothing came behind them.
    for (; wire.queue != wire.tail && wire.At(wire.queue).start <= now; ++wire.queue)
    {
        wire.queuedBytes -= wire.At(wire.queue).what.bytes;
    }
    const uint32_t waiting = wire.tail - wire.queue;
    if (m_countsBytes ? wire.queuedBytes + bytes > m_capacity : waiting >= m_capacity)
    {
        return false;
    }
    wire.queuedBytes += bytes;
    wire.waitedNs += wire.freeNs - now;
    wire.longest = std::max(wire.longest, waiting + 1);
    return true;
}

void
Fabric::Enqueue(FabricWire& wire, const Flight& flight, uint8_t ttl, int64_t now)
{
    Put<false>(wire, flight, ttl, now);
}

void
Fabric::Note(FabricWire& wire, Flight& flight, uint32_t number)
{
    if (flight.flags & Flight::LEDGER)
    {
        Charge(wire, flight);
    }
    if (flight.flags & Flight::FINAL)
    {
        m_deliveries.Push({flight.arrival, GetIndex(wire), number, flight.what.parcel});
        if (flight.arrival < m_deliveryNs)
        {
            ScheduleDelivery();
        }
    }
}

void
Fabric::PopDelivered(FabricWire& wire)
{
    while (wire.head != wire.tail && wire.At(wire.head).flags & Flight::DONE)
    {
        ++wire.head;
    }
    wire.ShowHead();
}

void
Fabric::Refuse(FabricWire& wire, Flight flight, uint8_t ttl, int64_t now)
{
    flight.ttl = ttl;
    if (wire.isUp)
    {
        Lose(GetIndex(wire), flight, LossReason::QUEUE_FULL, now);
    }
    else
    {
        EnqueueDown(wire, flight, now);
    }
}

void
Fabric::EnqueueDown(FabricWire& wire, Flight flight, int64_t now)
{
    flight.came = now;
    uint32_t waiting = 0;
    uint64_t bytes = 0;
    for (const Flight& other : wire.doomed)
    {
        waiting += other.start > now ? 1 : 0;
        bytes += other.start > now ? other.what.bytes : 0;
    }
    if (m_countsBytes ? bytes + flight.what.bytes > m_capacity : waiting >= m_capacity)
    {
        Lose(GetIndex(wire), flight, LossReason::QUEUE_FULL, now);
        return;
    }
    flight.start = std::max(now, wire.downFreeNs);
    flight.sent = flight.start + FindTransmission(wire, flight.what.bytes);
    wire.downFreeNs = flight.sent;
    wire.waitedNs += flight.start - now;
    wire.longest = std::max(wire.longest, flight.start > now ? waiting + 1 : 0);
    if (wire.doomed.empty())
    {
        m_doomed.push_back(GetIndex(wire));
    }
    wire.doomed.push_back(flight);
}

void
Fabric::Overtake(FabricWire& wire)
{
    const uint32_t index = GetIndex(wire);
    uint32_t number = wire.tail - 1;
    for (; number != wire.head && wire.At(number - 1).arrival > wire.At(number).arrival; --number)
    {
        std::swap(wire.At(number), wire.At(number - 1));
        if (wire.At(number).flags & Flight::FINAL)
        {
            m_deliveries.Push(
                {wire.At(number).arrival, index, number, wire.At(number).what.parcel});
        }
    }
    wire.ShowHead();
    if (wire.At(number).flags & Flight::FINAL)
    {
        m_deliveries.Push({wire.At(number).arrival, index, number, wire.At(number).what.parcel});
        ScheduleDelivery();
    }
}

void
Fabric::Charge(FabricWire& wire, Flight& flight)
{
    ParcelLedger& parcel = GetLedger(flight);
    PathLedgerTag& ledger = parcel.ledger;
    parcel.before = ledger;
    parcel.idleUntilBefore = wire.charges.Charge(ledger,
                                                 NanoSeconds(flight.sent - flight.start),
                                                 NanoSeconds(flight.arrival - flight.sent));
    if (!m_hopLog)
    {
        return;
    }
    if (ledger.GetNumber() == 0)
    {
        ledger.SetNumber(m_hopLog->GiveNumber());
        parcel.before.SetNumber(ledger.GetNumber());
    }
    parcel.hop = m_hopLog->Add({static_cast<int64_t>(ledger.GetNumber()),
                                GetIndex(wire),
                                ledger.GetCame().GetNanoSeconds(),
                                flight.start,
                                flight.arrival,
                                ledger.GetPropagation().GetNanoSeconds(),
                                ledger.GetWaiting().GetNanoSeconds(),
                                ledger.GetReady().GetNanoSeconds()});
    ledger.SetCame(NanoSeconds(flight.arrival));
    flight.flags |= Flight::LOGGED;
}

void
Fabric::Uncharge(FabricWire& wire, Flight& flight)
{
    if (!(flight.flags & Flight::LEDGER))
    {
        return;
    }
    ParcelLedger& parcel = GetLedger(flight);
    if (flight.flags & Flight::LOGGED)
    {
        m_hopLog->Remove(parcel.hop);
        flight.flags &= ~Flight::LOGGED;
    }
    parcel.ledger = parcel.before;
    wire.charges.Undo(parcel.ledger, parcel.idleUntilBefore);
}

void
Fabric::SetHopLog(Ptr<HopLog> log)
{
    m_hopLog = log;
}

Fabric::Usage
Fabric::GetUsage() const
{
    Usage usage = m_usage;
    (m_isWindow ? usage.windowHops : usage.perHopHops) +=
        m_hops - m_usage.windowHops - m_usage.perHopHops;
    return usage;
}

std::pair<std::size_t, std::size_t>
Fabric::GetStateBytes()
{
    return {sizeof(FabricWire) + sizeof(int64_t) + 2 * sizeof(FabricWire*) +
                LightTimes::GetWireBytes(),
            sizeof(FabricSatellite) + sizeof(uint8_t)};
}

} // namespace ns3
