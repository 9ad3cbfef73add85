/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "moe-application.h"

#include "ns3/node.h"
#include "ns3/pointer.h"
#include "ns3/uinteger.h"

#include <limits>
#include <stdexcept>
#include <string>
#include <utility>

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(MoeApplication);

TypeId
MoeApplication::GetTypeId()
{
    static TypeId tid = TypeId("ns3::MoeApplication")
                            .SetParent<Application>()
                            .SetGroupName("Moe")
                            .AddAttribute("Workload",
                                          "The plan that all applications of the ring share.",
                                          PointerValue(),
                                          MakePointerAccessor(&MoeApplication::m_workload),
                                          MakePointerChecker<MoeWorkload>())
                            .AddAttribute("Endpoint",
                                          "The port for messages.",
                                          PointerValue(),
                                          MakePointerAccessor(&MoeApplication::m_endpoint),
                                          MakePointerChecker<MessageEndpoint>())
                            .AddAttribute("Layer",
                                          "Layer that is served, from 0.",
                                          UintegerValue(0),
                                          MakeUintegerAccessor(&MoeApplication::m_layer),
                                          MakeUintegerChecker<uint32_t>());
    return tid;
}

void
MoeApplication::DoDispose()
{
    m_isRunning = false;
    m_endpoint = nullptr;
    m_server = nullptr;
    m_workload = nullptr;
    Application::DoDispose();
}

void
MoeApplication::StartApplication()
{
    m_isRunning = true;
    m_server = GetNode()->GetObject<ComputeServer>();
    m_endpoint->Open(GetNode(), GetSatellite(), GetPort(), [this](const MessageRecord& message) {
        HandleMessage(message);
    });
}

void
MoeApplication::StopApplication()
{
    m_isRunning = false;
    m_endpoint->Close();
}

void
MoeApplication::Compute(ComputeServer::Request request)
{
    request.done = [this, done = std::move(request.done)](const JobRecord& job) {
        if (m_isRunning)
        {
            done(job);
        }
    };
    m_server->Submit(std::move(request));
}

void
MoeApplication::Send(MoeHeader header,
                     uint32_t tokens,
                     uint32_t satellite,
                     uint16_t port,
                     Time since)
{
    const uint64_t bytes = uint64_t{tokens} * m_workload->GetMessageBytes();
    if (bytes > std::numeric_limits<uint32_t>::max())
    {
        throw std::invalid_argument(
            "workload: a message of " + std::to_string(tokens) +
            " tokens is longer than its header can say; send fewer at once");
    }
    header.messageBytes = static_cast<uint32_t>(bytes);
    m_endpoint->Send(header, m_workload->NextMessage(), satellite, port, since);
}

} // namespace ns3
