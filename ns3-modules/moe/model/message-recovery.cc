/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "message-recovery.h"

#include "ns3/simulator.h"

#include <algorithm>
#include <utility>

namespace ns3
{

MessageRecovery::~MessageRecovery()
{
    Stop();
}

void
MessageRecovery::Start(const Times& times, Actions actions)
{
    m_times = times;
    m_actions = std::move(actions);
}

void
MessageRecovery::Sent(const MessageRecord& record, uint16_t port)
{
    const MessageKey key = MakeMessageKey(record.header, record.toSatellite);
    Outgoing& outgoing = m_outgoing[key];
    outgoing = {record, port, std::vector<bool>(record.header.segments), 0, outgoing.timer};
    Watch(key, outgoing);
}

void
MessageRecovery::Watch(const MessageKey& key, Outgoing& outgoing)
{
    outgoing.timer.Cancel();
    const Time end = outgoing.record.sent + m_times.giveUp - Simulator::Now();
    outgoing.timer = Simulator::Schedule(std::max(Time(0), std::min(m_times.timeout, end)),
                                         &MessageRecovery::SendAgainOrGiveUp,
                                         this,
                                         key);
}

void
MessageRecovery::SendAgainOrGiveUp(const MessageKey& key)
{
    const auto found = m_outgoing.find(key);
    Outgoing& outgoing = found->second;
    if (Simulator::Now() >= outgoing.record.sent + m_times.giveUp)
    {
        const MessageRecord record = outgoing.record;
        m_outgoing.erase(found);
        m_actions.giveUp(record);
        return;
    }
    std::vector<uint16_t> segments;
    for (std::size_t segment = 0; segment < outgoing.isThere.size(); ++segment)
    {
        if (!outgoing.isThere[segment])
        {
            segments.push_back(static_cast<uint16_t>(segment));
        }
    }
    ++outgoing.copies;
    Watch(key, outgoing);
    m_actions.sendAgain(outgoing, segments); // not empty: the last that is missing is never known
}

void
MessageRecovery::Acknowledged(const MessageKey& key)
{
    const auto found = m_outgoing.find(key);
    if (found != m_outgoing.end())
    {
        found->second.timer.Cancel();
        m_outgoing.erase(found);
    }
}

void
MessageRecovery::Asked(const MessageKey& key, uint16_t first, const std::vector<bool>& isMissing)
{
    const auto found = m_outgoing.find(key);
    if (found == m_outgoing.end())
    {
        return; // acknowledged or given up meanwhile
    }
    Outgoing& outgoing = found->second;
    std::vector<uint16_t> segments;
    const std::size_t last = std::min(outgoing.isThere.size(), first + isMissing.size());
    for (std::size_t segment = first; segment < last; ++segment)
    {
        if (isMissing[segment - first])
        {
            segments.push_back(static_cast<uint16_t>(segment));
        }
        else
        {
            outgoing.isThere[segment] = true;
        }
    }
    if (segments.empty())
    {
        return;
    }
    ++outgoing.copies;
    Watch(key, outgoing);
    m_actions.sendAgain(outgoing, segments);
}

void
MessageRecovery::Received(const MessageKey& key,
                          const Incoming& segment,
                          MessageReassembly::Outcome outcome)
{
    const auto found = m_incoming.find(key);
    if (outcome == MessageReassembly::Outcome::INCOMPLETE)
    {
        Incoming& incoming = m_incoming[key];
        const EventId timer = incoming.timer;
        incoming = segment;
        Simulator::Cancel(timer);
        incoming.timer = Simulator::Schedule(m_times.askAfter, &MessageRecovery::Ask, this, key);
        return;
    }
    if (found != m_incoming.end() && outcome == MessageReassembly::Outcome::DUPLICATE)
    {
        return; // of a message the rest of which is missing
    }
    if (found != m_incoming.end())
    {
        found->second.timer.Cancel();
        m_incoming.erase(found);
    }
    const auto [last, isFirst] = m_acknowledged.try_emplace(key, Simulator::Now());
    if (isFirst || Simulator::Now() - last->second >= m_times.askAfter)
    {
        last->second = Simulator::Now();
        m_actions.acknowledge(segment);
    }
}

void
MessageRecovery::Ask(const MessageKey& key)
{
    const auto found = m_incoming.find(key);
    Incoming& incoming = found->second;
    const Time sent = NanoSeconds(incoming.header.sentNanoseconds);
    if (Simulator::Now() >= sent + m_times.giveUp)
    {
        m_incoming.erase(found); // its sender has given up
        return;
    }
    incoming.timer = Simulator::Schedule(m_times.askAfter, &MessageRecovery::Ask, this, key);
    m_actions.ask(incoming);
}

std::size_t
MessageRecovery::GetPending() const
{
    return m_outgoing.size() + m_incoming.size();
}

void
MessageRecovery::Stop()
{
    for (auto& [key, outgoing] : m_outgoing)
    {
        outgoing.timer.Cancel();
    }
    for (auto& [key, incoming] : m_incoming)
    {
        incoming.timer.Cancel();
    }
    m_outgoing.clear();
    m_incoming.clear();
    m_acknowledged.clear();
    m_actions = {};
}

} // namespace ns3
