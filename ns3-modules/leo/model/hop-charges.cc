/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "hop-charges.h"

#include <algorithm>

namespace ns3
{

Time
HopCharges::Charge(PathLedgerTag& ledger, Time transmission, Time propagation)
{
    Time start = ledger.GetReady();
    Time before;
    if (ledger.GetSegments() > 1)
    {
        Passage& passage = m_passages[ledger.GetBurst()];
        before = passage.idleUntil;
        start = std::max(start, before);
        passage.idleUntil = start + transmission;
        if (++passage.segments == ledger.GetSegments())
        {
            m_passages.erase(ledger.GetBurst());
        }
    }
    ledger.AddHop(start, transmission, propagation);
    return before;
}

void
HopCharges::Undo(const PathLedgerTag& ledger, Time before)
{
    if (ledger.GetSegments() <= 1)
    {
        return;
    }
    // A passage that the packet completed is gone: its burst may have passed, and passes again.
    const auto found = m_passages.find(ledger.GetBurst());
    const uint32_t passed =
        found == m_passages.end() ? ledger.GetSegments() : found->second.segments;
    if (passed == 1)
    {
        m_passages.erase(ledger.GetBurst());
    }
    else
    {
        m_passages[ledger.GetBurst()] = {before, passed - 1};
    }
}

void
HopCharges::ChargeStay(PathLedgerTag& ledger, Time transmission, Time now)
{
    Time idleStart = ledger.GetReady();
    if (ledger.GetSegments() > 1)
    {
        // Later segments of the burst would have come behind this one, were they alone.
        Passage& passage = m_passages[ledger.GetBurst()];
        idleStart = std::max(idleStart, passage.idleUntil);
        passage.idleUntil = idleStart + transmission;
    }
    if (idleStart + transmission > now)
    {
        ledger.SetReady(now);
    }
}

void
HopCharges::Clear()
{
    m_passages.clear();
}

} // namespace ns3
