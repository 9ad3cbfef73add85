/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "laser-link-counters.h"

#include <stdexcept>

namespace ns3
{

std::string
ToString(LossReason reason)
{
    switch (reason)
    {
    case LossReason::QUEUE_FULL:
        return "queue full";
    case LossReason::ON_WIRE:
        return "on the wire";
    case LossReason::CUT:
        return "cut";
    case LossReason::QUEUED:
        return "queued";
    case LossReason::LINK_DOWN:
        return "link down";
    case LossReason::CORRUPTED:
        return "corrupted";
    }
    return "unknown";
}

std::ostream&
operator<<(std::ostream& os, LossReason reason)
{
    return os << ToString(reason);
}

uint64_t
LaserLinkCounters::GetLost(LossReason reason) const
{
    return lost[static_cast<std::size_t>(reason)];
}

double
LaserLinkCounters::GetUtilisation(Time span) const
{
    if (!span.IsStrictlyPositive())
    {
        throw std::invalid_argument("link counters: utilisation needs a positive time span");
    }
    return (busy / span).GetDouble();
}

} // namespace ns3
