#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""A ring of experts beside a stock ns-3 application, on four satellites, from Python.

The open path: ``load_modules`` hands over the whole of ns-3 with our classes in it, and a script builds
what it likes. Here::

    gateway of layer 0   0 ---- 1   expert of layer 0
                         |      |
    expert of layer 1    3 ---- 2   gateway of layer 1

Four satellites stand at the corners of a square of 3000 km; laser links of 10 Mb/s are its sides. A model
of two layers with one expert each decodes three tokens around the square. After the first, a stock
``UdpEchoClient`` on satellite 0 begins to exchange packets with satellite 2. The script prints the echoes'
round trips, the latency of each token, and where each message of the ring lost its time: what it waited
behind echoes and other messages at transmitters is queueing.

    python ns3-modules/moe/examples/open_ring.py

Loading the full bindings takes 15 to 30 seconds; the simulation is done in a moment. The two lines
"Failed to materialize symbols" on the standard error come from the bindings of the ns-3 wheel and are
harmless.
"""

from __future__ import annotations

from typing import Any

from spacemoe_ns3.packet import load_modules

SIDE_M = 3e6
CORNERS_M = ((0.0, 0.0, 0.0), (SIDE_M, 0.0, 0.0), (SIDE_M, SIDE_M, 0.0), (0.0, SIDE_M, 0.0))
SATELLITES = len(CORNERS_M)
LINK_RATE = "10Mbps"
MTU_BYTES = 1500
IP_AND_UDP_BYTES = 28
RUN_S = 0.6

TOKENS = 3
FIRST_TOKEN_S = 0.1
ECHO_PORT = 9
ECHO_START_S = 0.19
ECHO_PERIOD_S = 0.007
ECHO_BYTES = 1000

NANOSECONDS_PER_MILLISECOND = 1e6

# What ns-3 calls is C++. cppyy turns a Python function of numbers into a C function pointer, and these lines
# turn that into a callback. Python is slow: have it called for tokens, not for every packet of a large run;
# what needs speed belongs in C++, as MoeRecorder does it.
CALLBACKS = """
namespace ns3
{
Callback<void, uint32_t, uint32_t> MakeTokenCallback(void (*function)(uint32_t, uint32_t))
{
    return MakeCallback(function);
}

Callback<void, Ptr<const Packet>> MakePacketCallback(void (*function)())
{
    return Callback<void, Ptr<const Packet>>([function](Ptr<const Packet>) { function(); });
}
} // namespace ns3
"""


def milliseconds(time: Any) -> float:
    """Convert an ``ns.Time``."""
    return float(time.GetNanoSeconds()) / NANOSECONDS_PER_MILLISECOND


def make_ephemeris(ns: Any) -> Any:
    """Return knots of satellites at rest: the same positions twice, velocities of zero."""
    row = [coordinate for corner in CORNERS_M for coordinate in corner]
    ephemeris = ns.CreateObject[ns.EphemerisKnots]()
    ephemeris.SetKnots(SATELLITES, ns.Seconds(2 * RUN_S), row + row, [0.0] * (2 * len(row)))
    return ephemeris


def make_tables(ns: Any) -> Any:
    """Return forwarding tables of a single slot: clockwise, except to the neighbour before."""
    # Links are made in the order 0-1, 1-2, 2-3, 3-0; a satellite's first link is its port 0.
    clockwise, anticlockwise = (0, 1, 1, 1), (1, 0, 0, 0)
    ports = []
    for destination in range(SATELLITES):
        for satellite in range(SATELLITES):
            steps = (destination - satellite) % SATELLITES
            if steps == 0:
                ports.append(ns.ForwardingTables.NO_PORT)
            else:
                ports.append((clockwise if steps <= 2 else anticlockwise)[satellite])
    tables = ns.CreateObject[ns.ForwardingTables]()
    tables.SetDestinations(SATELLITES, list(range(SATELLITES)))
    tables.Load(0, ports)
    return tables


def build_constellation(ns: Any) -> Any:
    """Return the satellites with their laser links.

    ``ChannelNetwork`` has ns-3's devices and trace sources at every hop; ``Fabric`` is many times faster.
    """
    network = ns.CreateObject[ns.ChannelNetwork]()
    network.SetAttribute("RateBps", ns.UintegerValue(ns.DataRate(LINK_RATE).GetBitRate()))
    network.SetAttribute("Mtu", ns.UintegerValue(MTU_BYTES))
    network.Create(make_ephemeris(ns), make_tables(ns))
    for end in range(SATELLITES):
        network.Connect(end, (end + 1) % SATELLITES)
    return network


def make_workload(ns: Any) -> Any:
    """Return the plan: gateways on 0 and 2, experts on 1 and 3, three tokens."""
    workload = ns.CreateObject[ns.MoeWorkload]()
    workload.SetAttribute("MessageBytes", ns.UintegerValue(8192))
    workload.SetAttribute("SendResidual", ns.BooleanValue(True))
    # A gateway is a satellite and a computing time; where an expert lives is layer, expert, satellite, time.
    gateways = [ns.MoeWorkload.Gateway(satellite, ns.MilliSeconds(2)) for satellite in (0, 2)]
    workload.SetGateways(gateways, ns.MilliSeconds(3))
    residents = [ns.MoeWorkload.Resident(layer, 0, 1 + 2 * layer, ns.MilliSeconds(1)) for layer in (0, 1)]
    workload.SetResidents(1, residents)
    # One sequence; its activations are [token][layer][k], here always expert 0.
    sequence = ns.MoeWorkload.Sequence(ns.Seconds(FIRST_TOKEN_S), TOKENS, 0)
    workload.SetSequences([sequence], 1, [0] * (TOKENS * 2))
    return workload


def install_ring(ns: Any, network: Any) -> tuple[Any, Any]:
    """Install gateways and experts; return the applications and the recorder."""
    recorder = ns.CreateObject[ns.MoeRecorder]()
    helper = ns.MoeHelper()
    helper.SetEndpointAttribute("SegmentBytes", ns.UintegerValue(MTU_BYTES - IP_AND_UDP_BYTES))
    return helper.Install(network, make_workload(ns), recorder), recorder


def install_echo(ns: Any, satellites: Any) -> Any:
    """Install a stock server on satellite 2 and a stock client on satellite 0; return the client."""
    ns.UdpEchoServerHelper(ECHO_PORT).Install(satellites.Get(2))
    address = ns.ForwardingTables.GetAddress(2)
    helper = ns.UdpEchoClientHelper(address.ConvertTo(), ECHO_PORT)
    helper.SetAttribute("MaxPackets", ns.UintegerValue(int(RUN_S / ECHO_PERIOD_S)))
    helper.SetAttribute("Interval", ns.TimeValue(ns.Seconds(ECHO_PERIOD_S)))
    helper.SetAttribute("PacketSize", ns.UintegerValue(ECHO_BYTES))
    clients = helper.Install(satellites.Get(0))
    clients.Start(ns.Seconds(ECHO_START_S))
    return clients.Get(0)


def watch(ns: Any, gateway: Any, client: Any) -> tuple[list[float], list[float], list[Any]]:
    """Connect Python functions to trace sources.

    Returns
    -------
    Latencies of the tokens and round trips of the echoes in milliseconds, filled while the simulation
    runs; and the functions, which must live as long as the simulation.
    """
    ns.cppyy.cppdef(CALLBACKS)
    latencies: list[float] = []
    round_trips: list[float] = []
    begun: list[float] = []
    sent: list[float] = []

    def token_begun(request: int, token: int) -> None:
        begun.append(milliseconds(ns.Simulator.Now()))

    def token_emitted(request: int, token: int) -> None:
        latencies.append(milliseconds(ns.Simulator.Now()) - begun[token])

    def echo_sent() -> None:
        sent.append(milliseconds(ns.Simulator.Now()))

    def echo_received() -> None:
        # Echoes come back in the order in which they left.
        round_trips.append(milliseconds(ns.Simulator.Now()) - sent[len(round_trips)])

    functions = [token_begun, token_emitted, echo_sent, echo_received]
    gateway.TraceConnectWithoutContext("TokenBegun", ns.MakeTokenCallback(token_begun))
    gateway.TraceConnectWithoutContext("TokenEmitted", ns.MakeTokenCallback(token_emitted))
    client.TraceConnectWithoutContext("Tx", ns.MakePacketCallback(echo_sent))
    client.TraceConnectWithoutContext("Rx", ns.MakePacketCallback(echo_received))
    return latencies, round_trips, functions


def print_messages(recorder: Any) -> None:
    """Print where the messages of the ring lost their time."""
    kinds = {1: "dispatch", 2: "result", 3: "residual"}
    print("token layer kind     from to hops   delay = light + own bits + behind others (ms)")
    for message in recorder.GetMessages():
        header = message.header
        print(
            f"{header.token:5} {header.layer:5} {kinds[int(header.kind)]:9}"
            f"{message.fromSatellite:4} {message.toSatellite:2} {message.hops:4}"
            f"{milliseconds(message.arrived - message.sent):8.3f}"
            f"{milliseconds(message.propagation):8.3f}"
            f"{milliseconds(message.serialisation):11.3f}"
            f"{milliseconds(message.queueing):16.3f}"
        )


def main() -> None:
    """Build, run, print."""
    ns = load_modules()
    network = build_constellation(ns)
    applications, recorder = install_ring(ns, network)
    client = install_echo(ns, network.GetSatellites())
    latencies, round_trips, functions = watch(ns, applications.Get(0), client)

    print(f"light time of a side: {milliseconds(network.GetLink(0).GetPropagationDelay(0)):.3f} ms")
    ns.Simulator.Stop(ns.Seconds(RUN_S))
    ns.Simulator.Run()

    print(f"echoes: {len(round_trips)}, {min(round_trips):.3f} to {max(round_trips):.3f} ms there and back")
    for token, latency in enumerate(latencies):
        print(f"token {token}: {latency:.3f} ms")
    print_messages(recorder)
    ns.Simulator.Destroy()
    del functions


if __name__ == "__main__":
    main()
