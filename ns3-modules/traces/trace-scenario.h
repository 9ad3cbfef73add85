/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef TRACE_SCENARIO_H
#define TRACE_SCENARIO_H

#include <cstdint>
#include <istream>
#include <string>
#include <vector>

namespace ns3
{

/** A laser link. */
struct TraceLink
{
    uint32_t a; //!< one satellite
    uint32_t b; //!< the other
};

/** A link that corrupts packets. */
struct TraceErrors
{
    uint32_t link;  //!< its number
    double rate;    //!< probability that a packet is corrupted
    int64_t stream; //!< of random numbers, of direction 0; direction 1 has the next
};

/** Packets that a satellite hands over at one instant, from one event. */
struct TraceBurst
{
    int64_t atNs;          //!< when
    uint32_t from;         //!< the sender
    uint32_t to;           //!< the receiver
    uint16_t port;         //!< UDP port of the receiver; nobody listens but at LISTENING_PORT
    uint32_t payloadBytes; //!< of each, at least TraceHeader's size
    uint32_t packets;      //!< how many
    uint32_t timeToLive;   //!< of each
    uint32_t replies;      //!< how often a packet causes another one
    uint32_t copies;       //!< how many packets each one that is received causes
    uint32_t step;    //!< who gets them: 0 for the sender, else that many satellites further on
    uint32_t thinkNs; //!< how long the receiver thinks before it sends them; 0: at once
    bool hasLedger;   //!< whether they and what they cause carry PathLedgerTags
};

/** A TCP connection that sends bytes in one direction. */
struct TraceTransfer
{
    int64_t atNs;          //!< when it is opened
    uint32_t from;         //!< the sender
    uint32_t to;           //!< the receiver
    uint32_t bytes;        //!< how many
    uint32_t segmentBytes; //!< of a full segment
};

/** A port of a satellite of which a capture is written. */
struct TraceCapture
{
    uint32_t satellite; //!< the satellite
    uint32_t port;      //!< its port
    std::string path;   //!< of the file, without spaces
};

/** All that a run needs to know. */
struct TraceScenario
{
    std::string engine;                   //!< "reference", "auto", "window" or "hop"
    std::string endpoints;                //!< "socket", "lean", or "mixed": lean where odd
    uint32_t satellites{0};               //!< their number
    int64_t stepNs{0};                    //!< between knots of the ephemeris
    std::vector<double> positions;        //!< metres, [knot][satellite][xyz]
    std::vector<double> velocities;       //!< metres a second, [knot][satellite][xyz]
    std::vector<TraceLink> links;         //!< in the order in which they are connected
    int64_t slotNs{0};                    //!< duration of a slot
    uint32_t slots{0};                    //!< their number
    std::vector<uint64_t> ratesBps;       //!< [slot][link], 0 where a link is down
    std::vector<uint8_t> ports;           //!< forwarding tables, [slot][destination][satellite]
    uint32_t mtuBytes{0};                 //!< of all links
    std::string queue;                    //!< capacity of a queue, as "100p" or "9000B"
    std::string policy;                   //!< LossPolicy of the links
    int64_t horizonNs{0};                 //!< end of the simulation
    bool takesCounters{false};            //!< whether counters are taken at the end of each slot
    std::vector<TraceErrors> errors;      //!< links with errors
    std::vector<TraceBurst> bursts;       //!< UDP
    std::vector<TraceTransfer> transfers; //!< TCP
    std::vector<TraceCapture> captures;   //!< pcap files
};

/**
 * @brief Read a scenario: words and numbers between white space, up to the word "run".
 * @param input where from
 * @param scenario where to
 * @return false if there is nothing more to be read
 * @throws std::invalid_argument if a word is unknown or a number is none
 */
bool ReadScenario(std::istream& input, TraceScenario& scenario);

} // namespace ns3

#endif // TRACE_SCENARIO_H
