/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef MESSAGE_REASSEMBLY_H
#define MESSAGE_REASSEMBLY_H

#include "moe-header.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <tuple>
#include <vector>

namespace ns3
{

/**
 * @ingroup moe
 *
 * What tells two messages of an endpoint apart: request, token, layer, kind and expert, and the
 * satellite at the other end.
 */
using MessageKey = std::tuple<uint32_t, uint32_t, uint16_t, uint8_t, uint16_t, uint32_t>;

/**
 * @ingroup moe
 *
 * Make the key of the message that a header is of or, if it is of the transport, about.
 *
 * @param header the header
 * @param peer the satellite at the other end
 * @return the key
 */
MessageKey MakeMessageKey(const MoeHeader& header, uint32_t peer);

/**
 * @ingroup moe
 *
 * Which segments of which messages an endpoint has received.
 */
class MessageReassembly
{
  public:
    /** What a segment did. */
    enum class Outcome : uint8_t
    {
        INCOMPLETE, //!< others are still missing
        COMPLETE,   //!< it was the last that was missing
        DUPLICATE,  //!< it was there already, or does not fit those that are
    };

    /**
     * @brief Choose whether messages that are complete are remembered, so that copies are known.
     * @param remembers whether they are; false at first
     */
    void SetRemembers(bool remembers);

    /**
     * @brief Take a segment.
     * @param key of its message
     * @param header its valid header
     * @return what it did
     */
    Outcome Add(const MessageKey& key, const MoeHeader& header);

    /**
     * @brief Whether a message is complete and remembered.
     * @param key of the message
     * @return true if it is
     */
    bool IsComplete(const MessageKey& key) const;

    /**
     * @brief Which segments are there of a message that is not complete.
     * @param key of the message
     * @return whether each is there; empty if none is
     */
    std::vector<bool> GetSegments(const MessageKey& key) const;

    /// Forget everything.
    void Clear();

  private:
    /** A message some segments of which are there. */
    struct Partial
    {
        std::vector<bool> isThere; //!< by segment
        std::size_t missing;       //!< how many are not
    };

    bool m_remembers{false};                 //!< whether complete messages are remembered
    std::map<MessageKey, Partial> m_partial; //!< messages not yet complete
    std::set<MessageKey> m_complete;         //!< messages remembered
};

} // namespace ns3

#endif // MESSAGE_REASSEMBLY_H
