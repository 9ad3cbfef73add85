/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef MOE_HEADER_H
#define MOE_HEADER_H

#include "ns3/header.h"
#include "ns3/nstime.h"

#include <cstdint>

namespace ns3
{

/**
 * @ingroup moe
 *
 * The header of one segment of a message, 36 bytes in network byte order, behind UDP.
 *
 * | offset | bytes | field         | meaning                                              |
 * |-------:|------:|---------------|------------------------------------------------------|
 * |      0 |     4 | magic         | 0x534d6f45, "SMoE"                                   |
 * |      4 |     1 | version       | 1                                                    |
 * |      5 |     1 | kind          | 1 dispatch, 2 result, 3 residual; of the transport:  |
 * |        |       |               | 4 acknowledgement, 5 request for what is missing     |
 * |      6 |     2 | layer         | layer that the message belongs to, from 0            |
 * |      8 |     4 | request       | sequence that is being decoded, from 0               |
 * |     12 |     4 | token         | token of the sequence, from 0                        |
 * |     16 |     2 | expert        | expert of the layer, 0xffff in a residual            |
 * |     18 |     2 | segment       | index of this segment, from 0; in a request that of  |
 * |        |       |               | the segment that the first bit is about              |
 * |     20 |     2 | segments      | segments of the message, at least 1                  |
 * |     22 |     1 | about         | kind of the message that is acknowledged or asked    |
 * |        |       |               | for; 0 in messages                                   |
 * |     23 |     1 | copy          | 0 in what is sent first; which repetition this is,   |
 * |        |       |               | 255 from the 255th on                                |
 * |     24 |     4 | message bytes | length of the message without headers; in a request  |
 * |        |       |               | of the bitmap behind this header                     |
 * |     28 |     8 | sent          | nanoseconds of simulation time, when the message was |
 * |        |       |               | handed to the network, in its copies too             |
 *
 * Acknowledgements and requests have the request, token, layer, expert and segments of the message
 * that they are about. Behind the header of a request comes a bitmap, a bit a segment, the most
 * significant first: 1 is missing.
 */
class MoeHeader : public Header
{
  public:
    /** What a message carries. */
    enum Kind : uint8_t
    {
        DISPATCH = 1,        //!< hidden state, gateway to expert
        RESULT = 2,          //!< weighted expert output, expert to next gateway
        RESIDUAL = 3,        //!< hidden state, gateway to next gateway
        ACKNOWLEDGEMENT = 4, //!< of the transport: a message is there, receiver to sender
        REPEAT = 5,          //!< of the transport: segments are missing, receiver to sender
    };

    static constexpr uint32_t MAGIC = 0x534d6f45; //!< "SMoE"
    static constexpr uint8_t VERSION = 1;         //!< of the wire format
    static constexpr uint16_t NO_EXPERT = 0xffff; //!< expert of a residual
    static constexpr uint32_t BYTES = 36;         //!< length of the header

    /**
     * @brief Get the type ID.
     * @return the object TypeId
     */
    static TypeId GetTypeId();

    Kind kind{DISPATCH};       //!< what the message carries
    uint16_t layer{0};         //!< layer it belongs to
    uint32_t request{0};       //!< sequence being decoded
    uint32_t token{0};         //!< token of the sequence
    uint16_t expert{0};        //!< expert of the layer, or NO_EXPERT
    uint16_t segment{0};       //!< index of the segment
    uint16_t segments{1};      //!< segments of the message
    uint8_t about{0};          //!< kind of the message that the transport speaks of
    uint8_t copy{0};           //!< which repetition
    uint32_t messageBytes{0};  //!< length of the message
    int64_t sentNanoseconds{}; //!< when it was handed to the network

    /**
     * @brief Whether the bytes last read were such a header.
     * @return false if the magic, version, kind or segment numbers were wrong
     */
    bool IsValid() const;

    /** @return whether it is of the transport, an acknowledgement or a request */
    bool IsControl() const;

    TypeId GetInstanceTypeId() const override;
    uint32_t GetSerializedSize() const override;
    void Serialize(Buffer::Iterator start) const override;
    uint32_t Deserialize(Buffer::Iterator start) override;
    void Print(std::ostream& os) const override;

  private:
    bool m_isValid{true}; //!< set by Deserialize
};

} // namespace ns3

#endif // MOE_HEADER_H
