/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "path-ledger-tag.h"

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(PathLedgerTag);

TypeId
PathLedgerTag::GetTypeId()
{
    static TypeId tid = TypeId("ns3::PathLedgerTag")
                            .SetParent<Tag>()
                            .SetGroupName("Leo")
                            .AddConstructor<PathLedgerTag>();
    return tid;
}

PathLedgerTag::PathLedgerTag(uint64_t message,
                             uint32_t segment,
                             uint32_t segments,
                             Time sent,
                             uint32_t copy)
    : m_message(message),
      m_segment(segment),
      m_segments(segments),
      m_copy(copy),
      m_sent(sent.GetNanoSeconds()),
      m_ready(sent.GetNanoSeconds()),
      m_came(sent.GetNanoSeconds())
{
}

void
PathLedgerTag::AddHop(Time idleStart, Time transmission, Time propagation)
{
    m_ready = (idleStart + transmission + propagation).GetNanoSeconds();
    m_propagation += propagation.GetNanoSeconds();
    ++m_hops;
}

void
PathLedgerTag::SetNumber(uint64_t number)
{
    m_number = number;
}

void
PathLedgerTag::SetCame(Time came)
{
    m_came = came.GetNanoSeconds();
}

void
PathLedgerTag::AddWaiting(Time stay)
{
    m_ready += stay.GetNanoSeconds();
    m_waiting += stay.GetNanoSeconds();
}

void
PathLedgerTag::SetReady(Time ready)
{
    m_ready = ready.GetNanoSeconds();
}

uint64_t
PathLedgerTag::GetMessage() const
{
    return m_message;
}

PathLedgerTag::Burst
PathLedgerTag::GetBurst() const
{
    return {m_message, m_copy};
}

Time
PathLedgerTag::GetSent() const
{
    return NanoSeconds(m_sent);
}

uint32_t
PathLedgerTag::GetSegments() const
{
    return m_segments;
}

Time
PathLedgerTag::GetReady() const
{
    return NanoSeconds(m_ready);
}

Time
PathLedgerTag::GetPropagation() const
{
    return NanoSeconds(m_propagation);
}

Time
PathLedgerTag::GetWaiting() const
{
    return NanoSeconds(m_waiting);
}

uint64_t
PathLedgerTag::GetNumber() const
{
    return m_number;
}

Time
PathLedgerTag::GetCame() const
{
    return NanoSeconds(m_came);
}

uint32_t
PathLedgerTag::GetHops() const
{
    return m_hops;
}

TypeId
PathLedgerTag::GetInstanceTypeId() const
{
    return GetTypeId();
}

uint32_t
PathLedgerTag::GetSerializedSize() const
{
    return 7 * sizeof(uint64_t) + 4 * sizeof(uint32_t);
}

void
PathLedgerTag::Serialize(TagBuffer buffer) const
{
    buffer.WriteU64(m_message);
    buffer.WriteU64(static_cast<uint64_t>(m_ready));
    buffer.WriteU64(static_cast<uint64_t>(m_propagation));
    buffer.WriteU64(static_cast<uint64_t>(m_waiting));
    buffer.WriteU64(static_cast<uint64_t>(m_sent));
    buffer.WriteU64(static_cast<uint64_t>(m_came));
    buffer.WriteU64(m_number);
    buffer.WriteU32(m_segment);
    buffer.WriteU32(m_segments);
    buffer.WriteU32(m_copy);
    buffer.WriteU32(m_hops);
}

void
PathLedgerTag::Deserialize(TagBuffer buffer)
{
    m_message = buffer.ReadU64();
    m_ready = static_cast<int64_t>(buffer.ReadU64());
    m_propagation = static_cast<int64_t>(buffer.ReadU64());
    m_waiting = static_cast<int64_t>(buffer.ReadU64());
    m_sent = static_cast<int64_t>(buffer.ReadU64());
    m_came = static_cast<int64_t>(buffer.ReadU64());
    m_number = buffer.ReadU64();
    m_segment = buffer.ReadU32();
    m_segments = buffer.ReadU32();
    m_copy = buffer.ReadU32();
    m_hops = buffer.ReadU32();
}

void
PathLedgerTag::Print(std::ostream& os) const
{
    os << "message=" << m_message << " copy=" << m_copy << " segment=" << m_segment << "/"
       << m_segments << " ready=" << m_ready << "ns propagation=" << m_propagation
       << "ns waiting=" << m_waiting << "ns hops=" << m_hops;
}

} // namespace ns3
