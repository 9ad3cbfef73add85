/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef EXPERT_APPLICATION_H
#define EXPERT_APPLICATION_H

#include "moe-application.h"

namespace ns3
{

/**
 * @ingroup moe
 *
 * One expert of one layer on one of the satellites where it lives: computes on the hidden states of
 * each message, all its tokens at once, and sends its output to the gateway of the next layer.
 *
 * Messages of one step, or of one batch, that reach a satellite in the same nanosecond are computed
 * on in the order in which they were dispatched: that in which the experts were selected.
 */
class ExpertApplication : public MoeApplication
{
  public:
    /**
     * @brief Get the type ID.
     * @return the object TypeId
     */
    static TypeId GetTypeId();

  protected:
    void StartApplication() override;
    uint16_t GetPort() const override;
    uint32_t GetSatellite() const override;
    void HandleMessage(const MessageRecord& message) override;

  private:
    uint32_t m_expert{0};    //!< expert of the layer
    uint32_t m_satellite{0}; //!< where it lives
};

} // namespace ns3

#endif // EXPERT_APPLICATION_H
