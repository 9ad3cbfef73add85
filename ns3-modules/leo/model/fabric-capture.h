/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef FABRIC_CAPTURE_H
#define FABRIC_CAPTURE_H

#include "capture-file.h"

#include "ns3/packet.h"
#include "ns3/ptr.h"

#include <cstdint>
#include <vector>

namespace ns3
{

/**
 * @ingroup leo
 *
 * What one end of a link in the Fabric captures: the Fabric does not see packets in order of time.
 */
class FabricCapture
{
  public:
    /**
     * @brief Create a capture.
     * @param file where it is written to
     */
    explicit FabricCapture(Ptr<CaptureFile> file);

    /**
     * @brief Ask before a packet is made to be added; it counts as left out if it is not wanted.
     * @return whether it is: the file is not full
     */
    bool Wants();

    /**
     * @brief Note a packet.
     * @param at when it was seen, in nanoseconds
     * @param packet with all headers
     */
    void Add(int64_t at, Ptr<Packet> packet);

    /// Write what was noted, in order of time; all that is added later is later.
    void Write();

  private:
    /** A packet that was not written yet. */
    struct Record
    {
        int64_t at;         //!< when it was seen, in nanoseconds
        Ptr<Packet> packet; //!< with all headers
    };

    Ptr<CaptureFile> m_file;       //!< the file
    std::vector<Record> m_records; //!< not written yet
};

} // namespace ns3

#endif // FABRIC_CAPTURE_H
