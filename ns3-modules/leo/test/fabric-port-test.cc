/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "leo-test-network.h"

#include "ns3/ephemeris-knots.h"
#include "ns3/fabric-port.h"
#include "ns3/fabric.h"
#include "ns3/forwarding-tables.h"
#include "ns3/inet-socket-address.h"
#include "ns3/pcap-file.h"
#include "ns3/simulator.h"
#include "ns3/socket.h"
#include "ns3/udp-socket-factory.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

namespace ns3
{

namespace
{

/**
 * @ingroup leo-test
 *
 * A datagram of zeros is, to everybody who looks, what a packet of zeros would be.
 */
class ZerosTestCase : public TestCase
{
  public:
    ZerosTestCase()
        : TestCase("A datagram of zeros comes as a packet, as its length, and in captures")
    {
    }

  private:
    static constexpr uint32_t BYTES = 700;             //!< of payload
    static constexpr uint16_t TO_PACKETS = 1000;       //!< port that wants packets
    static constexpr uint16_t TO_SIZES = 1001;         //!< port that wants lengths
    static constexpr uint16_t TO_SOCKET = 1002;        //!< port of a socket
    static constexpr uint32_t LONGEST = 1500 - 20 - 8; //!< payload that fits

    void DoRun() override
    {
        Ptr<ForwardingTables> tables = CreateObject<ForwardingTables>();
        tables->SetDestinations(2, {1});
        tables->Load(0, {0, ForwardingTables::NO_PORT});
        Ptr<Fabric> fabric = CreateObject<Fabric>();
        fabric->SetAttribute("Mtu", UintegerValue(1500));
        fabric->Create(LeoTestNetwork::MakeKnots({{0, 0, 0}, {TEN_LIGHT_MILLISECONDS_M, 0, 0}}),
                       tables);
        fabric->Connect(0, 1);
        const std::string capture = CreateTempDirFilename("zeros.pcap");
        fabric->EnablePcap(0, 0, capture);

        std::vector<uint32_t> packets;
        std::vector<uint32_t> sizes;
        std::vector<uint32_t> read;
        bool isZero = true;
        Ptr<FabricPort> sender = CreateObject<FabricPort>();
        sender->Open(fabric, 0, 5000, nullptr);
        Ptr<FabricPort> wantsPackets = CreateObject<FabricPort>();
        wantsPackets->Open(fabric, 1, TO_PACKETS, [&](Ptr<Packet> packet, uint32_t, uint16_t) {
            packets.push_back(packet->GetSize());
            std::vector<uint8_t> content(packet->GetSize(), 1);
            packet->CopyData(content.data(), content.size());
            isZero &= std::all_of(content.begin(), content.end(), [](auto byte) { return !byte; });
        });
        Ptr<FabricPort> wantsSizes = CreateObject<FabricPort>();
        wantsSizes->OpenForSizes(fabric,
                                 1,
                                 TO_SIZES,
                                 [&](uint32_t bytes, uint32_t satellite, uint16_t port) {
                                     sizes.insert(sizes.end(), {bytes, satellite, port});
                                 });
        Ptr<Socket> socket =
            Socket::CreateSocket(fabric->GetSatellites().Get(1), UdpSocketFactory::GetTypeId());
        socket->Bind(InetSocketAddress(Ipv4Address::GetAny(), TO_SOCKET));
        socket->SetRecvCallback(Callback<void, Ptr<Socket>>(
            [&](Ptr<Socket> from) { read.push_back(from->Recv()->GetSize()); }));

        Simulator::Schedule(NanoSeconds(1), [&] {
            for (const uint16_t port : {TO_PACKETS, TO_SIZES, TO_SOCKET})
            {
                sender->SendZerosTo(BYTES, 1, port);
                sender->SendTo(Create<Packet>(BYTES), 1, port);
            }
            NS_TEST_EXPECT_MSG_EQ(Throws<std::invalid_argument>(
                                      [&] { sender->SendZerosTo(LONGEST + 1, 1, TO_SIZES); }),
                                  true,
                                  "longer than the MTU");
            NS_TEST_EXPECT_MSG_EQ(
                Throws<std::logic_error>([&] { sender->SendZerosTo(1, 0, TO_SIZES); }),
                true,
                "to itself");
        });
        Simulator::Stop(Seconds(1));
        Simulator::Run();
        fabric->Settle(Simulator::Now());
        const std::vector<uint32_t> both{BYTES, BYTES};
        NS_TEST_ASSERT_MSG_EQ((packets == both), true, "packets");
        NS_TEST_ASSERT_MSG_EQ(isZero, true, "of zeros");
        NS_TEST_ASSERT_MSG_EQ((sizes == std::vector<uint32_t>{BYTES, 0, 5000, BYTES, 0, 5000}),
                              true,
                              "lengths, satellites and ports");
        NS_TEST_ASSERT_MSG_EQ((read == both), true, "read from a socket");
        for (const Ptr<FabricPort>& port : {sender, wantsPackets, wantsSizes})
        {
            port->Dispose();
        }
        Simulator::Destroy();
        fabric = nullptr;
        Compare(capture);
    }

    /**
     * @brief Check that in a capture each two packets that follow each other are alike, but for
     * their identification and what depends on it.
     * @param capture name of the file
     */
    void Compare(const std::string& capture)
    {
        constexpr uint32_t WHOLE = BYTES + 20 + 8 + 2;
        PcapFile file;
        file.Open(capture, std::ios::in);
        for (uint32_t pair = 0; pair < 3; ++pair)
        {
            std::vector<uint8_t> of[2] = {std::vector<uint8_t>(WHOLE), std::vector<uint8_t>(WHOLE)};
            for (std::vector<uint8_t>& bytes : of)
            {
                uint32_t seconds = 0;
                uint32_t parts = 0;
                uint32_t included = 0;
                uint32_t original = 0;
                uint32_t read = 0;
                file.Read(bytes.data(), WHOLE, seconds, parts, included, original, read);
                NS_TEST_ASSERT_MSG_EQ(read, WHOLE, "length");
                std::fill_n(bytes.begin() + 6, 2, 0);  // identification, behind PPP's 2 bytes
                std::fill_n(bytes.begin() + 12, 2, 0); // checksum of the IPv4 header
            }
            NS_TEST_ASSERT_MSG_EQ((of[0] == of[1]), true, "bytes of pair " << pair);
        }
    }
};

} // namespace

std::vector<TestCase*>
MakeFabricPortTestCases()
{
    return {new ZerosTestCase};
}

} // namespace ns3
