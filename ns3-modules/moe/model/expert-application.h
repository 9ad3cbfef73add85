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
 * One expert of one layer: computes on each hidden state it is sent and sends its output to the
 * gateway of the next layer.
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
    uint16_t GetPort() const override;
    uint32_t GetSatellite() const override;
    void HandleMessage(const MessageRecord& message) override;

  private:
    uint32_t m_expert{0}; //!< expert of the layer
};

} // namespace ns3

#endif // EXPERT_APPLICATION_H
