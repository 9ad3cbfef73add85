/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "capture-file.h"

#include "ns3/nstime.h"
#include "ns3/simulator.h"
#include "ns3/trace-helper.h"

#include <algorithm>

namespace ns3
{

namespace
{
constexpr uint64_t FILE_HEADER_BYTES = 24;   //!< of a pcap file
constexpr uint64_t RECORD_HEADER_BYTES = 16; //!< of a packet in it
} // namespace

CaptureFile::CaptureFile(const std::string& filename, uint64_t mostBytes)
    : m_file(PcapHelper().CreateFile(filename, std::ios::out, PcapHelper::DLT_PPP)),
      m_mostBytes(mostBytes),
      m_bytes(FILE_HEADER_BYTES)
{
}

void
CaptureFile::Sniff(Ptr<const Packet> packet)
{
    Write(Simulator::Now().GetNanoSeconds(), packet);
}

void
CaptureFile::Write(int64_t at, Ptr<const Packet> packet)
{
    const uint64_t length = RECORD_HEADER_BYTES + std::min(packet->GetSize(), m_file->GetSnapLen());
    // PcapFile asserts that what it wrote last is there, which a full disk would break.
    if (IsFull() || m_file->Fail() || length > m_mostBytes || m_bytes > m_mostBytes - length)
    {
        LeaveOut();
        return;
    }
    m_file->Write(NanoSeconds(at), packet);
    m_bytes += length;
    ++m_packets;
}

void
CaptureFile::LeaveOut()
{
    ++m_leftOut;
}

bool
CaptureFile::IsFull() const
{
    return m_leftOut > 0;
}

bool
CaptureFile::Close()
{
    m_file->Close();
    return !m_file->Fail();
}

uint64_t
CaptureFile::GetPackets() const
{
    return m_packets;
}

uint64_t
CaptureFile::GetBytes() const
{
    return m_bytes;
}

uint64_t
CaptureFile::GetLeftOut() const
{
    return m_leftOut;
}

} // namespace ns3
