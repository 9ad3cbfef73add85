/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "fabric-capture.h"

#include <algorithm>

namespace ns3
{

FabricCapture::FabricCapture(Ptr<CaptureFile> file)
    : m_file(file)
{
}

bool
FabricCapture::Wants()
{
    if (m_file->IsFull())
    {
        m_file->LeaveOut(); // what was noted until now is earlier, and did not fit
        return false;
    }
    return true;
}

void
FabricCapture::Add(int64_t at, Ptr<Packet> packet)
{
    m_records.push_back({at, packet});
}

void
FabricCapture::Write()
{
    std::stable_sort(m_records.begin(), m_records.end(), [](const Record& a, const Record& b) {
        return a.at < b.at;
    });
    for (const Record& record : m_records)
    {
        m_file->Write(record.at, record.packet);
    }
    m_records.clear();
}

} // namespace ns3
