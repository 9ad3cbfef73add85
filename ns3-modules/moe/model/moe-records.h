/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef MOE_RECORDS_H
#define MOE_RECORDS_H

#include "moe-header.h"

#include "ns3/nstime.h"

#include <cstdint>
#include <vector>

namespace ns3
{

/**
 * @ingroup moe
 *
 * One message, as its receiver saw it when the last segment was there.
 * arrived - sent = propagation + serialisation + queueing + waiting + retransmission + transport,
 * to the nanosecond.
 *
 * A message that did not leave its satellite has no segments, no hops, and takes no time.
 */
struct MessageRecord
{
    MoeHeader header;          //!< of the segment that completed the message
    uint64_t message{0};       //!< number of the message, unique in the simulation
    uint32_t fromSatellite{0}; //!< sender
    uint32_t toSatellite{0};   //!< receiver
    uint32_t hops{0};          //!< links that the completing segment passed
    Time sent;                 //!< handed to the network
    Time arrived;              //!< last segment received
    Time propagation;          //!< light time of the links passed
    Time serialisation;        //!< transmission of the message's own bits on idle links
    Time queueing;             //!< behind other messages at transmitters
    Time waiting;              //!< without a path
    Time retransmission;       //!< until the copy was sent that completed the message
    Time transport;            //!< until TCP sent the packet that completed the message
    bool isRecovered{false};   //!< whether what is lost of it is sent again
};

/**
 * @ingroup moe
 *
 * One job of a compute server, or several that were served together: a batch.
 *
 * A gateway serves the steps of several sequences together: layer, request and token of the first
 * are the name of the batch, and of the messages that come of it.
 */
struct JobRecord
{
    /** Another step of a batch. */
    struct Member
    {
        uint32_t request; //!< sequence
        uint32_t token;   //!< token of the sequence
        Time submitted;   //!< when it joined the queue
    };

    /** What is computed. */
    enum Kind : uint8_t
    {
        GATEWAY = 0, //!< attention, norms, router and combine of a layer
        EXPERT = 1,  //!< one expert's feed-forward network
        HEAD = 2,    //!< language-model head and sampling, once a token
    };

    Kind kind{GATEWAY};         //!< what is computed
    uint32_t request{0};        //!< sequence
    uint32_t token{0};          //!< token of the sequence
    uint16_t layer{0};          //!< layer
    uint16_t expert{0};         //!< expert of the layer, or MoeHeader::NO_EXPERT
    uint32_t satellite{0};      //!< where
    uint32_t tokens{1};         //!< computed on, of all steps of the batch
    Time submitted;             //!< when it joined the queue
    Time started;               //!< when the server took it
    Time finished;              //!< when it was done
    std::vector<Member> others; //!< of a batch, but for the first, in order
};

} // namespace ns3

#endif // MOE_RECORDS_H
