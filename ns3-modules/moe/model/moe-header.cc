/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "moe-header.h"

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(MoeHeader);

TypeId
MoeHeader::GetTypeId()
{
    static TypeId tid = TypeId("ns3::MoeHeader")
                            .SetParent<Header>()
                            .SetGroupName("Moe")
                            .AddConstructor<MoeHeader>();
    return tid;
}

bool
MoeHeader::IsValid() const
{
    return m_isValid;
}

bool
MoeHeader::IsControl() const
{
    return kind == ACKNOWLEDGEMENT || kind == REPEAT;
}

TypeId
MoeHeader::GetInstanceTypeId() const
{
    return GetTypeId();
}

uint32_t
MoeHeader::GetSerializedSize() const
{
    return BYTES;
}

void
MoeHeader::Serialize(Buffer::Iterator start) const
{
    start.WriteHtonU32(MAGIC);
    start.WriteU8(VERSION);
    start.WriteU8(kind);
    start.WriteHtonU16(layer);
    start.WriteHtonU32(request);
    start.WriteHtonU32(token);
    start.WriteHtonU16(expert);
    start.WriteHtonU16(segment);
    start.WriteHtonU16(segments);
    start.WriteU8(about);
    start.WriteU8(copy);
    start.WriteHtonU32(messageBytes);
    start.WriteHtonU64(static_cast<uint64_t>(sentNanoseconds));
}

uint32_t
MoeHeader::Deserialize(Buffer::Iterator start)
{
    if (start.GetRemainingSize() < BYTES)
    {
        m_isValid = false;
        return 0;
    }
    m_isValid = start.ReadNtohU32() == MAGIC;
    m_isValid = start.ReadU8() == VERSION && m_isValid;
    const uint8_t rawKind = start.ReadU8();
    kind = static_cast<Kind>(rawKind);
    layer = start.ReadNtohU16();
    request = start.ReadNtohU32();
    token = start.ReadNtohU32();
    expert = start.ReadNtohU16();
    segment = start.ReadNtohU16();
    segments = start.ReadNtohU16();
    about = start.ReadU8();
    copy = start.ReadU8();
    messageBytes = start.ReadNtohU32();
    sentNanoseconds = static_cast<int64_t>(start.ReadNtohU64());
    m_isValid = m_isValid && rawKind >= DISPATCH && rawKind <= REPEAT && segment < segments;
    const bool isAboutMessage = about >= DISPATCH && about <= RESIDUAL;
    m_isValid = m_isValid && (!IsControl() || isAboutMessage);
    return BYTES;
}

void
MoeHeader::Print(std::ostream& os) const
{
    static const char* const NAMES[] =
        {"unknown kind", "dispatch", "result", "residual", "acknowledgement", "request to repeat"};
    os << "request " << request << ", token " << token << ", layer " << layer << ", "
       << NAMES[kind > REPEAT ? 0 : kind];
    if (IsControl())
    {
        os << " of " << NAMES[about > RESIDUAL ? 0 : about];
    }
    if (expert != NO_EXPERT)
    {
        os << " of expert " << expert;
    }
    os << ", segment " << segment << "/" << segments;
}

} // namespace ns3
