/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "message-reassembly.h"

namespace ns3
{

MessageKey
MakeMessageKey(const MoeHeader& header, uint32_t peer)
{
    const uint8_t kind = header.IsControl() ? header.about : static_cast<uint8_t>(header.kind);
    return {header.request, header.token, header.layer, kind, header.expert, peer};
}

void
MessageReassembly::SetRemembers(bool remembers)
{
    m_remembers = remembers;
}

MessageReassembly::Outcome
MessageReassembly::Add(const MessageKey& key, const MoeHeader& header)
{
    if (IsComplete(key))
    {
        return Outcome::DUPLICATE;
    }
    if (header.segments > 1)
    {
        const auto [entry, isNew] = m_partial.try_emplace(
            key,
            Partial{std::vector<bool>(header.segments), std::size_t{header.segments}});
        Partial& partial = entry->second;
        if (partial.isThere.size() != header.segments || partial.isThere[header.segment])
        {
            return Outcome::DUPLICATE;
        }
        partial.isThere[header.segment] = true;
        if (--partial.missing > 0)
        {
            return Outcome::INCOMPLETE;
        }
        m_partial.erase(entry);
    }
    if (m_remembers)
    {
        m_complete.insert(key);
    }
    return Outcome::COMPLETE;
}

bool
MessageReassembly::IsComplete(const MessageKey& key) const
{
    return m_complete.count(key) > 0;
}

std::vector<bool>
MessageReassembly::GetSegments(const MessageKey& key) const
{
    const auto found = m_partial.find(key);
    return found == m_partial.end() ? std::vector<bool>{} : found->second.isThere;
}

void
MessageReassembly::Clear()
{
    m_partial.clear();
    m_complete.clear();
}

} // namespace ns3
