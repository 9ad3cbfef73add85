/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "fabric-capture.h"

#include "ns3/nstime.h"
#include "ns3/trace-helper.h"

#include <algorithm>

namespace ns3
{

FabricCapture::FabricCapture(const std::string& filename)
    : m_file(PcapHelper().CreateFile(filename, std::ios::out, PcapHelper::DLT_PPP))
{
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
        m_file->Write(NanoSeconds(record.at), record.packet);
    }
    m_records.clear();
}

} // namespace ns3
