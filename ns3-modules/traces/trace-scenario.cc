/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "trace-scenario.h"

#include <stdexcept>

namespace ns3
{

namespace
{

/**
 * @brief Read the next value.
 * @tparam T its type
 * @param input where from
 * @return the value
 */
template <typename T>
T
Read(std::istream& input)
{
    T value{};
    if (!(input >> value))
    {
        throw std::invalid_argument("fabric-traces: the input ends, or a number is none");
    }
    return value;
}

/// A number below 256 is no character. @param input where from @return the number
template <>
uint8_t
Read(std::istream& input)
{
    return static_cast<uint8_t>(Read<uint32_t>(input));
}

/**
 * @brief Read several values.
 * @tparam T their type
 * @param input where from
 * @param count how many
 * @return the values
 */
template <typename T>
std::vector<T>
ReadSome(std::istream& input, std::size_t count)
{
    std::vector<T> values;
    values.reserve(count);
    while (values.size() < count)
    {
        values.push_back(Read<T>(input));
    }
    return values;
}

/**
 * @brief Read where the satellites are.
 * @param input where from
 * @param scenario where to
 */
void
ReadKnots(std::istream& input, TraceScenario& scenario)
{
    scenario.satellites = Read<uint32_t>(input);
    const auto knots = Read<uint32_t>(input);
    scenario.stepNs = Read<int64_t>(input);
    const std::size_t values = std::size_t{3} * knots * scenario.satellites;
    scenario.positions = ReadSome<double>(input, values);
    scenario.velocities = ReadSome<double>(input, values);
}

/**
 * @brief Read how fast the links are, and where packets go.
 * @param input where from
 * @param scenario where to; with its satellites and links
 */
void
ReadSlots(std::istream& input, TraceScenario& scenario)
{
    scenario.slots = Read<uint32_t>(input);
    scenario.slotNs = Read<int64_t>(input);
    scenario.ratesBps = ReadSome<uint64_t>(input, scenario.slots * scenario.links.size());
    scenario.ports =
        ReadSome<uint8_t>(input,
                          std::size_t{scenario.slots} * scenario.satellites * scenario.satellites);
}

/**
 * @brief Read a burst.
 * @param input where from
 * @return the burst
 */
TraceBurst
ReadBurst(std::istream& input)
{
    TraceBurst burst;
    burst.atNs = Read<int64_t>(input);
    burst.from = Read<uint32_t>(input);
    burst.to = Read<uint32_t>(input);
    burst.port = Read<uint16_t>(input);
    burst.payloadBytes = Read<uint32_t>(input);
    burst.packets = Read<uint32_t>(input);
    burst.timeToLive = Read<uint32_t>(input);
    burst.replies = Read<uint32_t>(input);
    burst.copies = Read<uint32_t>(input);
    burst.step = Read<uint32_t>(input);
    burst.thinkNs = Read<uint32_t>(input);
    burst.hasLedger = Read<bool>(input);
    return burst;
}

/**
 * @brief Read what a word announces.
 * @param word the word
 * @param input where from
 * @param scenario where to
 */
void
ReadPart(const std::string& word, std::istream& input, TraceScenario& scenario)
{
    if (word == "engine")
    {
        scenario.engine = Read<std::string>(input);
        scenario.endpoints = Read<std::string>(input);
    }
    else if (word == "satellites")
    {
        ReadKnots(input, scenario);
    }
    else if (word == "link")
    {
        const auto a = Read<uint32_t>(input);
        scenario.links.push_back({a, Read<uint32_t>(input)});
    }
    else if (word == "slots")
    {
        ReadSlots(input, scenario);
    }
    else if (word == "network")
    {
        scenario.mtuBytes = Read<uint32_t>(input);
        scenario.queue = Read<std::string>(input);
        scenario.policy = Read<std::string>(input);
        scenario.horizonNs = Read<int64_t>(input);
        scenario.takesCounters = Read<bool>(input);
    }
    else if (word == "errors")
    {
        const auto link = Read<uint32_t>(input);
        const auto rate = Read<double>(input);
        scenario.errors.push_back({link, rate, Read<int64_t>(input)});
    }
    else if (word == "burst")
    {
        scenario.bursts.push_back(ReadBurst(input));
    }
    else if (word == "transfer")
    {
        const auto atNs = Read<int64_t>(input);
        const auto from = Read<uint32_t>(input);
        const auto to = Read<uint32_t>(input);
        const auto bytes = Read<uint32_t>(input);
        scenario.transfers.push_back({atNs, from, to, bytes, Read<uint32_t>(input)});
    }
    else if (word == "capture")
    {
        const auto satellite = Read<uint32_t>(input);
        const auto port = Read<uint32_t>(input);
        scenario.captures.push_back({satellite, port, Read<std::string>(input)});
    }
    else
    {
        throw std::invalid_argument("fabric-traces: the word '" + word + "' is unknown");
    }
}

} // namespace

bool
ReadScenario(std::istream& input, TraceScenario& scenario)
{
    std::string word;
    if (!(input >> word))
    {
        return false;
    }
    while (word != "run")
    {
        ReadPart(word, input, scenario);
        word = Read<std::string>(input);
    }
    return true;
}

} // namespace ns3
