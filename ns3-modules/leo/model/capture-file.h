/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef CAPTURE_FILE_H
#define CAPTURE_FILE_H

#include "ns3/packet.h"
#include "ns3/pcap-file-wrapper.h"
#include "ns3/ptr.h"
#include "ns3/simple-ref-count.h"

#include <cstdint>
#include <limits>
#include <string>

namespace ns3
{

/**
 * @ingroup leo
 *
 * A pcap file of link type PPP that grows no longer than it may.
 *
 * It ends with the last packet before the first that does not fit: it has no gaps, and no cut
 * records. What comes later is counted.
 */
class CaptureFile : public SimpleRefCount<CaptureFile>
{
  public:
    static constexpr uint64_t UNBOUNDED =
        std::numeric_limits<uint64_t>::max(); //!< most bytes of a file of any length

    /**
     * @brief Open the file.
     * @param filename its path
     * @param mostBytes length that it must not exceed
     */
    explicit CaptureFile(const std::string& filename, uint64_t mostBytes = UNBOUNDED);

    /**
     * @brief Write a packet that is seen now, if it fits.
     * @param packet with all headers
     */
    void Sniff(Ptr<const Packet> packet);

    /**
     * @brief Write a packet, if it fits.
     * @param at when it was seen, in nanoseconds, not before the one before it
     * @param packet with all headers
     */
    void Write(int64_t at, Ptr<const Packet> packet);

    /// Count a packet that is not written, as the file is full.
    void LeaveOut();

    /** @return whether a packet did not fit, so that no further one is written */
    bool IsFull() const;

    /** @brief Close the file. @return whether all that was written is there */
    bool Close();

    /** @return packets written */
    uint64_t GetPackets() const;
    /** @return length of the file in bytes */
    uint64_t GetBytes() const;
    /** @return packets that were left out */
    uint64_t GetLeftOut() const;

  private:
    Ptr<PcapFileWrapper> m_file; //!< the file
    uint64_t m_mostBytes;        //!< length that it must not exceed
    uint64_t m_bytes;            //!< its length
    uint64_t m_packets{0};       //!< written
    uint64_t m_leftOut{0};       //!< not written
};

} // namespace ns3

#endif // CAPTURE_FILE_H
