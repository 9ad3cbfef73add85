/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "leo-test-network.h"

#include "ns3/data-rate.h"
#include "ns3/enum.h"
#include "ns3/inet-socket-address.h"
#include "ns3/packet.h"
#include "ns3/queue-size.h"
#include "ns3/simulator.h"
#include "ns3/udp-socket-factory.h"
#include "ns3/uinteger.h"

namespace ns3
{

namespace
{
constexpr uint16_t PORT = 9; //!< discard
} // namespace

Ptr<EphemerisKnots>
LeoTestNetwork::MakeKnots(const std::vector<Vector>& positions,
                          const std::vector<Vector>& velocities)
{
    const Time step = Seconds(50);
    std::vector<double> p;
    std::vector<double> v;
    for (int knot = 0; knot < 3; ++knot)
    {
        const double elapsed = knot * step.GetSeconds();
        for (std::size_t satellite = 0; satellite < positions.size(); ++satellite)
        {
            const Vector start = positions[satellite];
            const Vector speed = velocities.empty() ? Vector() : velocities[satellite];
            p.insert(p.end(),
                     {start.x + elapsed * speed.x,
                      start.y + elapsed * speed.y,
                      start.z + elapsed * speed.z});
            v.insert(v.end(), {speed.x, speed.y, speed.z});
        }
    }
    Ptr<EphemerisKnots> ephemeris = CreateObject<EphemerisKnots>();
    ephemeris->SetKnots(positions.size(), step, p, v);
    return ephemeris;
}

LeoTestNetwork::LeoTestNetwork(Ptr<EphemerisKnots> ephemeris, Time slot)
    : m_network(CreateObject<ChannelNetwork>()),
      m_tables(CreateObjectWithAttributes<ForwardingTables>("Slot", TimeValue(slot)))
{
    m_network->SetAttribute("Mtu", UintegerValue(1500));
    m_network->SetAttribute("QueueSize", QueueSizeValue(QueueSize("100p")));
    m_network->Create(ephemeris, m_tables);
}

void
LeoTestNetwork::SetPolicy(LaserChannel::LossPolicy policy)
{
    m_network->SetAttribute("LossPolicy", EnumValue(policy));
}

void
LeoTestNetwork::SetQueuePackets(uint32_t packets)
{
    m_network->SetAttribute("QueueSize", QueueSizeValue(QueueSize(PACKETS, packets)));
}

void
LeoTestNetwork::StartSchedule(Time slot, const std::vector<std::vector<uint64_t>>& megabits)
{
    std::vector<uint8_t> up;
    std::vector<uint64_t> ratesBps;
    for (const std::vector<uint64_t>& row : megabits)
    {
        for (const uint64_t rate : row)
        {
            up.push_back(rate > 0 ? 1 : 0);
            ratesBps.push_back(rate * 1'000'000);
        }
    }
    Ptr<LinkSchedule> schedule = CreateObject<LinkSchedule>();
    schedule->Install(m_network, slot, up, ratesBps, megabits.size());
    schedule->Start();
}

std::size_t
LeoTestNetwork::Connect(uint32_t a, uint32_t b, const std::string& rate)
{
    m_network->SetAttribute("RateBps", UintegerValue(DataRate(rate).GetBitRate()));
    const std::size_t link = m_network->Connect(a, b);
    Callback<void, Ptr<const Packet>, Ptr<const NetDevice>, Ptr<const NetDevice>, Time, Time>
        record([this, link](Ptr<const Packet>,
                            Ptr<const NetDevice>,
                            Ptr<const NetDevice>,
                            Time transmission,
                            Time propagation) {
            m_hops[link].push_back({Simulator::Now(), transmission, propagation});
        });
    GetLink(link)->TraceConnectWithoutContext("Transmit", record);
    const auto depart = [link](std::vector<Departure>& list,
                               Ptr<const Packet> packet,
                               Ptr<const NetDevice> source,
                               LossReason reason) {
        PathLedgerTag ledger;
        if (packet->PeekPacketTag(ledger))
        {
            list.push_back(
                {Simulator::Now(), ledger.GetMessage(), link, source->GetNode()->GetId(), reason});
        }
    };
    Callback<void, Ptr<const Packet>, LossReason, Ptr<const NetDevice>> lost(
        [this, depart](Ptr<const Packet> packet, LossReason reason, Ptr<const NetDevice> source) {
            depart(m_losses, packet, source, reason);
        });
    GetLink(link)->TraceConnectWithoutContext("Lost", lost);
    Callback<void, Ptr<const Packet>, Ptr<const NetDevice>> rerouted(
        [this, depart](Ptr<const Packet> packet, Ptr<const NetDevice> source) {
            depart(m_reroutes, packet, source, {});
        });
    GetLink(link)->TraceConnectWithoutContext("Rerouted", rerouted);
    return link;
}

void
LeoTestNetwork::SendAt(Time at,
                       uint32_t from,
                       uint32_t to,
                       uint32_t wireBytes,
                       std::optional<PathLedgerTag> ledger)
{
    Ptr<Packet> packet = Create<Packet>(wireBytes - HEADER_BYTES);
    if (ledger)
    {
        packet->AddPacketTag(*ledger);
    }
    Ptr<Node> node = m_network->GetSatellites().Get(from);
    Simulator::ScheduleWithContext(node->GetId(), at, [node, packet, to] {
        Ptr<Socket> socket = Socket::CreateSocket(node, UdpSocketFactory::GetTypeId());
        socket->SendTo(packet, 0, InetSocketAddress(ForwardingTables::GetAddress(to), PORT));
        socket->Close();
    });
}

void
LeoTestNetwork::Listen(uint32_t satellite)
{
    Ptr<Socket> socket = Socket::CreateSocket(m_network->GetSatellites().Get(satellite),
                                              UdpSocketFactory::GetTypeId());
    socket->Bind(InetSocketAddress(Ipv4Address::GetAny(), PORT));
    socket->SetRecvCallback(MakeCallback(&LeoTestNetwork::Receive, this));
    m_listeners.push_back(socket);
}

ForwardingTables&
LeoTestNetwork::GetTables()
{
    return *m_tables;
}

Ptr<LaserNetwork>
LeoTestNetwork::GetNetwork() const
{
    return m_network;
}

const NodeContainer&
LeoTestNetwork::GetSatellites() const
{
    return m_network->GetSatellites();
}

Ptr<LaserChannel>
LeoTestNetwork::GetLink(std::size_t link) const
{
    return m_network->GetLink(link);
}

const std::vector<LeoTestNetwork::Hop>&
LeoTestNetwork::GetHops(std::size_t link) const
{
    static const std::vector<Hop> NONE;
    const auto found = m_hops.find(link);
    return found == m_hops.end() ? NONE : found->second;
}

const std::vector<LeoTestNetwork::Arrival>&
LeoTestNetwork::GetArrivals() const
{
    return m_arrivals;
}

const std::vector<LeoTestNetwork::Departure>&
LeoTestNetwork::GetLosses() const
{
    return m_losses;
}

const std::vector<LeoTestNetwork::Departure>&
LeoTestNetwork::GetReroutes() const
{
    return m_reroutes;
}

void
LeoTestNetwork::Receive(Ptr<Socket> socket)
{
    while (Ptr<Packet> packet = socket->Recv())
    {
        Arrival arrival{Simulator::Now(), packet->GetSize(), false, {}};
        arrival.hasLedger = packet->PeekPacketTag(arrival.ledger);
        m_arrivals.push_back(arrival);
    }
}

} // namespace ns3
