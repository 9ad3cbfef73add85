/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "leo-test-network.h"

#include "ns3/capture-file.h"
#include "ns3/packet.h"
#include "ns3/pcap-file.h"

#include <cstdint>
#include <string>
#include <vector>

namespace ns3
{

namespace
{

/**
 * @ingroup leo-test
 *
 * A capture ends with the last packet before the first that does not fit, to the byte.
 */
class BoundedCaptureTestCase : public TestCase
{
  public:
    BoundedCaptureTestCase()
        : TestCase("A capture ends with the last packet before the first that does not fit")
    {
    }

  private:
    static constexpr uint32_t BYTES = 100;          //!< of a packet
    static constexpr uint64_t WHOLE = 24 + 2 * 116; //!< pcap's headers are 24 and 16 bytes

    void DoRun() override
    {
        // Two packets fit, to the byte. A third does not, and a short one behind it must not
        // either.
        Check(WHOLE, {BYTES, BYTES, BYTES, 1}, 2);
        Check(WHOLE + 115, {BYTES, BYTES, BYTES, 1}, 2);
        Check(WHOLE - 1, {BYTES, BYTES, 1}, 1);
        Check(0, {1}, 0);
        Check(CaptureFile::UNBOUNDED, {BYTES, BYTES, BYTES}, 3);
    }

    /**
     * @brief Write packets, and look at what is there.
     * @param mostBytes bound of the file
     * @param sizes of the packets
     * @param expected packets that fit
     */
    void Check(uint64_t mostBytes, const std::vector<uint32_t>& sizes, uint64_t expected)
    {
        const std::string name = CreateTempDirFilename("bounded.pcap");
        CaptureFile capture(name, mostBytes);
        uint64_t bytes = 24;
        for (std::size_t number = 0; number < sizes.size(); ++number)
        {
            capture.Write(static_cast<int64_t>(number), Create<Packet>(sizes[number]));
            bytes += number < expected ? 16 + sizes[number] : 0;
        }
        NS_TEST_EXPECT_MSG_EQ(capture.GetPackets(), expected, "packets");
        NS_TEST_EXPECT_MSG_EQ(capture.GetBytes(), bytes, "bytes");
        NS_TEST_EXPECT_MSG_EQ(capture.GetLeftOut(), sizes.size() - expected, "left out");
        NS_TEST_EXPECT_MSG_EQ(capture.IsFull(), (expected < sizes.size()), "full");
        NS_TEST_EXPECT_MSG_EQ(capture.Close(), true, "whole");
        NS_TEST_EXPECT_MSG_EQ(Count(name), expected, "packets in the file");
    }

    /**
     * @brief Count the packets of a capture.
     * @param name of the file
     * @return their number
     */
    static uint64_t Count(const std::string& name)
    {
        PcapFile file;
        file.Open(name, std::ios::in);
        uint64_t count = 0;
        std::vector<uint8_t> content(BYTES);
        uint32_t ignored[3];
        uint32_t read = 0;
        uint32_t original = 0;
        file.Read(content.data(), BYTES, ignored[0], ignored[1], ignored[2], original, read);
        while (!file.Eof())
        {
            ++count;
            file.Read(content.data(), BYTES, ignored[0], ignored[1], ignored[2], original, read);
        }
        return count;
    }
};

/**
 * @ingroup leo-test
 *
 * What cannot be written makes a capture that is not whole, and no more than that.
 */
class FullDiskTestCase : public TestCase
{
  public:
    FullDiskTestCase()
        : TestCase("A capture on a full disk is not whole")
    {
    }

  private:
    void DoRun() override
    {
        constexpr uint32_t PACKETS = 1000; // more than a stream keeps to itself
        CaptureFile capture("/dev/full");
        for (uint32_t number = 0; number < PACKETS; ++number)
        {
            capture.Write(number, Create<Packet>(100));
        }
        NS_TEST_EXPECT_MSG_EQ(capture.GetPackets() + capture.GetLeftOut(), PACKETS, "packets");
        NS_TEST_EXPECT_MSG_EQ(capture.Close(), false, "whole");
    }
};

} // namespace

std::vector<TestCase*>
MakeCaptureFileTestCases()
{
    return {new BoundedCaptureTestCase, new FullDiskTestCase};
}

} // namespace ns3
