/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "moe-test.h"

#include "ns3/moe-header.h"
#include "ns3/packet.h"

#include <array>
#include <random>
#include <sstream>

namespace ns3
{

namespace
{

/// The 36 bytes of MakeHeader(), field by field of the documented table.
constexpr std::array<uint8_t, 36> LAYOUT = {
    0x53, 0x4d, 0x6f, 0x45,                         // magic, "SMoE"
    0x01,                                           // version
    0x02,                                           // kind: result
    0x01, 0x02,                                     // layer
    0x03, 0x04, 0x05, 0x06,                         // request
    0x07, 0x08, 0x09, 0x0a,                         // token
    0x0b, 0x0c,                                     // expert
    0x0d, 0x0e,                                     // segment
    0x0f, 0x10,                                     // segments
    0x00, 0x00,                                     // about, copy
    0x11, 0x12, 0x13, 0x14,                         // message bytes
    0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1c, // sent
};

/// Offsets of fields that a reader checks.
constexpr std::size_t VERSION_OFFSET = 4;
constexpr std::size_t KIND_OFFSET = 5;      //!< see above
constexpr std::size_t SEGMENT_OFFSET = 18;  //!< see above
constexpr std::size_t SEGMENTS_OFFSET = 20; //!< see above
constexpr std::size_t ABOUT_OFFSET = 22;    //!< see above
constexpr std::size_t COPY_OFFSET = 23;     //!< see above

/** @return a header whose bytes all differ */
MoeHeader
MakeHeader()
{
    MoeHeader header;
    header.kind = MoeHeader::RESULT;
    header.layer = 0x0102;
    header.request = 0x03040506;
    header.token = 0x0708090a;
    header.expert = 0x0b0c;
    header.segment = 0x0d0e;
    header.segments = 0x0f10;
    header.messageBytes = 0x11121314;
    header.sentNanoseconds = 0x15161718191a1b1c;
    return header;
}

/**
 * @ingroup moe-test
 */
class LayoutTestCase : public TestCase
{
  public:
    LayoutTestCase()
        : TestCase("MoeHeader lays out its 36 bytes as documented and reads them back")
    {
    }

  private:
    void DoRun() override
    {
        Ptr<Packet> packet = Create<Packet>();
        packet->AddHeader(MakeHeader());
        NS_TEST_EXPECT_MSG_EQ(packet->GetSize(), LAYOUT.size(), "length");
        std::array<uint8_t, 36> bytes{};
        packet->CopyData(bytes.data(), bytes.size());
        for (std::size_t offset = 0; offset < bytes.size(); ++offset)
        {
            NS_TEST_EXPECT_MSG_EQ(+bytes[offset], +LAYOUT[offset], "byte at offset " << offset);
        }

        MoeHeader read;
        const MoeHeader written = MakeHeader();
        NS_TEST_EXPECT_MSG_EQ(Create<Packet>(LAYOUT.data(), LAYOUT.size())->RemoveHeader(read),
                              MoeHeader::BYTES,
                              "bytes read");
        NS_TEST_EXPECT_MSG_EQ(read.IsValid(), true, "validity");
        NS_TEST_EXPECT_MSG_EQ(read.kind, written.kind, "kind");
        NS_TEST_EXPECT_MSG_EQ(read.layer, written.layer, "layer");
        NS_TEST_EXPECT_MSG_EQ(read.request, written.request, "request");
        NS_TEST_EXPECT_MSG_EQ(read.token, written.token, "token");
        NS_TEST_EXPECT_MSG_EQ(read.expert, written.expert, "expert");
        NS_TEST_EXPECT_MSG_EQ(read.segment, written.segment, "segment");
        NS_TEST_EXPECT_MSG_EQ(read.segments, written.segments, "segments");
        NS_TEST_EXPECT_MSG_EQ(read.messageBytes, written.messageBytes, "message bytes");
        NS_TEST_EXPECT_MSG_EQ(read.sentNanoseconds, written.sentNanoseconds, "sent");
    }
};

/**
 * @ingroup moe-test
 *
 * ns-3 aborts the program when a header reads past the end of a packet's buffer.
 */
class InvalidBytesTestCase : public TestCase
{
  public:
    InvalidBytesTestCase()
        : TestCase("MoeHeader recognises bytes that are not its own and reads no further")
    {
    }

  private:
    static constexpr int RANDOM_PACKETS = 10000; //!< of up to twice the length

    void DoRun() override
    {
        Expect(LAYOUT, true, "the layout itself");
        for (std::size_t offset = 0; offset < 4; ++offset)
        {
            Expect(Change(offset, LAYOUT[offset] ^ 1), false, "another magic");
        }
        Expect(Change(VERSION_OFFSET, 0), false, "version 0");
        Expect(Change(VERSION_OFFSET, 2), false, "version 2");
        Expect(Change(KIND_OFFSET, 0), false, "kind 0");
        Expect(Change(KIND_OFFSET, 1), true, "kind 1, dispatch");
        Expect(Change(KIND_OFFSET, 3), true, "kind 3, residual");
        Expect(Change(KIND_OFFSET, 4), false, "kind 4, about no kind");
        Expect(Change(KIND_OFFSET, 6), false, "kind 6");
        CheckControl();
        Expect(Change(KIND_OFFSET, 255), false, "kind 255");
        std::array<uint8_t, 36> bytes = LAYOUT;
        bytes[SEGMENT_OFFSET] = bytes[SEGMENTS_OFFSET];
        bytes[SEGMENT_OFFSET + 1] = bytes[SEGMENTS_OFFSET + 1];
        Expect(bytes, false, "segment = segments");
        bytes[SEGMENT_OFFSET + 1] -= 1;
        Expect(bytes, true, "segment = segments - 1");
        bytes[SEGMENTS_OFFSET] = bytes[SEGMENTS_OFFSET + 1] = 0;
        Expect(bytes, false, "no segments");
        CheckTruncated();
        CheckRandom();
    }

    /// Read what is about messages.
    void CheckControl()
    {
        for (const uint8_t kind : {MoeHeader::ACKNOWLEDGEMENT, MoeHeader::REPEAT})
        {
            std::array<uint8_t, 36> bytes = Change(KIND_OFFSET, kind);
            for (uint32_t about = 0; about < 256; ++about)
            {
                bytes[ABOUT_OFFSET] = about;
                Expect(bytes, about >= 1 && about <= 3, "about kind " + std::to_string(about));
            }
        }
        std::array<uint8_t, 36> bytes = Change(COPY_OFFSET, 9);
        MoeHeader header;
        Create<Packet>(bytes.data(), bytes.size())->PeekHeader(header);
        NS_TEST_EXPECT_MSG_EQ(+header.copy, 9, "copy");
        NS_TEST_EXPECT_MSG_EQ(header.IsControl(), false, "a copy is a message");
        bytes[KIND_OFFSET] = 5;
        bytes[ABOUT_OFFSET] = 3;
        Create<Packet>(bytes.data(), bytes.size())->PeekHeader(header);
        NS_TEST_EXPECT_MSG_EQ(+header.about, 3, "about");
        NS_TEST_EXPECT_MSG_EQ(header.IsControl(), true, "a request is about a message");
        Ptr<Packet> packet = Create<Packet>();
        packet->AddHeader(header);
        std::array<uint8_t, 36> written{};
        packet->CopyData(written.data(), written.size());
        NS_TEST_EXPECT_MSG_EQ((written == bytes), true, "bytes written");
    }

    /**
     * @brief Change a byte of the layout.
     * @param offset which
     * @param value its new value
     * @return the bytes
     */
    static std::array<uint8_t, 36> Change(std::size_t offset, uint8_t value)
    {
        std::array<uint8_t, 36> bytes = LAYOUT;
        bytes[offset] = value;
        return bytes;
    }

    /**
     * @brief Read a header.
     * @param bytes the header
     * @param isValid whether it is one
     * @param what the case in words
     */
    void Expect(const std::array<uint8_t, 36>& bytes, bool isValid, const std::string& what)
    {
        MoeHeader header;
        const uint32_t read = Create<Packet>(bytes.data(), bytes.size())->PeekHeader(header);
        NS_TEST_EXPECT_MSG_EQ(header.IsValid(), isValid, what);
        NS_TEST_EXPECT_MSG_EQ(read, MoeHeader::BYTES, what);
    }

    /// Read all packets that are too short.
    void CheckTruncated()
    {
        for (uint32_t length = 0; length < MoeHeader::BYTES; ++length)
        {
            MoeHeader header;
            const uint32_t read = Create<Packet>(LAYOUT.data(), length)->PeekHeader(header);
            NS_TEST_EXPECT_MSG_EQ(header.IsValid(), false, length << " bytes");
            NS_TEST_EXPECT_MSG_EQ(read, 0, length << " bytes");
        }
    }

    /// Read noise; that one of the packets has the magic has a probability of 2e-6.
    void CheckRandom()
    {
        std::mt19937 noise(1);
        for (int packet = 0; packet < RANDOM_PACKETS; ++packet)
        {
            std::vector<uint8_t> bytes(noise() % (2 * MoeHeader::BYTES + 1));
            for (uint8_t& byte : bytes)
            {
                byte = noise();
            }
            MoeHeader header;
            const uint32_t read = Create<Packet>(bytes.data(), bytes.size())->PeekHeader(header);
            NS_TEST_EXPECT_MSG_EQ(header.IsValid(), false, "noise");
            NS_TEST_EXPECT_MSG_LT_OR_EQ(read, bytes.size(), "noise");
        }
    }
};

/**
 * @ingroup moe-test
 */
class PrintTestCase : public TestCase
{
  public:
    PrintTestCase()
        : TestCase("MoeHeader prints what it is, also when its bytes were not its own")
    {
    }

  private:
    void DoRun() override
    {
        MoeHeader residual;
        residual.kind = MoeHeader::RESIDUAL;
        residual.expert = MoeHeader::NO_EXPERT;
        residual.layer = 3;
        NS_TEST_EXPECT_MSG_EQ(Print(residual),
                              "request 0, token 0, layer 3, residual, segment 0/1",
                              "a residual");
        for (const uint8_t kind : {0, 4, 255})
        {
            std::array<uint8_t, 36> bytes = LAYOUT;
            bytes[KIND_OFFSET] = kind;
            MoeHeader header;
            Create<Packet>(bytes.data(), bytes.size())->PeekHeader(header);
            NS_TEST_EXPECT_MSG_NE(Print(header).find("layer 258"),
                                  std::string::npos,
                                  "kind " << +kind);
        }
    }

    /**
     * @param header the header
     * @return what it prints
     */
    static std::string Print(const MoeHeader& header)
    {
        std::ostringstream text;
        header.Print(text);
        return text.str();
    }
};

} // namespace

std::vector<TestCase*>
MakeMoeHeaderTestCases()
{
    return {new LayoutTestCase, new InvalidBytesTestCase, new PrintTestCase};
}

} // namespace ns3
