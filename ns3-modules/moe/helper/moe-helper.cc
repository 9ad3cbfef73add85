/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "moe-helper.h"

#include "ns3/boolean.h"
#include "ns3/compute-server.h"
#include "ns3/expert-application.h"
#include "ns3/gateway-application.h"
#include "ns3/message-endpoint.h"
#include "ns3/node.h"
#include "ns3/pointer.h"
#include "ns3/tcp-endpoint.h"
#include "ns3/uinteger.h"

#include <stdexcept>

namespace ns3
{

MoeHelper::MoeHelper()
{
    m_endpointFactory.SetTypeId("ns3::MessageEndpoint");
    m_computerFactory.SetTypeId("ns3::ComputeServer");
}

void
MoeHelper::SetEndpointType(const std::string& name)
{
    m_endpointFactory = ObjectFactory(name);
}

void
MoeHelper::SetEndpointAttribute(const std::string& name, const AttributeValue& value)
{
    m_endpointFactory.Set(name, value);
}

void
MoeHelper::SetComputerAttribute(const std::string& name, const AttributeValue& value)
{
    m_computerFactory.Set(name, value);
}

void
MoeHelper::InstallBackground(const NodeContainer& satellites,
                             uint32_t source,
                             Ptr<BackgroundApplication> background,
                             Ptr<MoeRecorder> recorder)
{
    UintegerValue destination;
    background->GetAttribute("Destination", destination);
    for (const uint64_t satellite : {uint64_t{source}, destination.Get()})
    {
        if (satellite >= satellites.GetN())
        {
            throw std::out_of_range("moe helper: background traffic of satellite " +
                                    std::to_string(satellite) + ", but there are " +
                                    std::to_string(satellites.GetN()) + " satellites, from 0");
        }
    }
    Ptr<Node> there = satellites.Get(destination.Get());
    bool hasSink = false;
    for (uint32_t index = 0; index < there->GetNApplications(); ++index)
    {
        hasSink = hasSink || DynamicCast<BackgroundSink>(there->GetApplication(index));
    }
    if (!hasSink)
    {
        BooleanValue isLean;
        background->GetAttribute("Lean", isLean);
        Ptr<BackgroundSink> sink = CreateObjectWithAttributes<BackgroundSink>("Lean", isLean);
        there->AddApplication(sink);
        recorder->ObserveBackground(sink);
    }
    satellites.Get(source)->AddApplication(background);
    recorder->ObserveBackground(background);
}

ApplicationContainer
MoeHelper::Install(Ptr<LaserNetwork> network,
                   Ptr<MoeWorkload> workload,
                   Ptr<MoeRecorder> recorder) const
{
    const NodeContainer& satellites = network->GetSatellites();
    ApplicationContainer applications;
    recorder->SetWorkload(workload);
    auto install = [&](Ptr<Application> application, uint32_t satellite, uint32_t layer) {
        if (satellite >= satellites.GetN())
        {
            throw std::out_of_range("moe helper: satellite " + std::to_string(satellite) +
                                    " hosts something of layer " + std::to_string(layer) +
                                    ", but there are " + std::to_string(satellites.GetN()) +
                                    " satellites, from 0");
        }
        Ptr<Node> node = satellites.Get(satellite);
        application->SetAttribute("Workload", PointerValue(workload));
        application->SetAttribute("Endpoint",
                                  PointerValue(m_endpointFactory.Create<MessageEndpoint>()));
        application->SetAttribute("Layer", UintegerValue(layer));
        if (!node->GetObject<ComputeServer>())
        {
            node->AggregateObject(m_computerFactory.Create<ComputeServer>());
            recorder->ObserveServer(node);
        }
        node->AddApplication(application);
        recorder->ObserveApplication(application);
        applications.Add(application);
    };
    if (m_endpointFactory.GetTypeId() == TcpEndpoint::GetTypeId())
    {
        for (uint32_t satellite = 0; satellite < satellites.GetN(); ++satellite)
        {
            TcpLedger::Get(satellites.Get(satellite), satellite);
        }
    }
    auto resident = workload->GetResidents().begin();
    for (uint32_t layer = 0; layer < workload->GetLayers(); ++layer)
    {
        install(CreateObject<GatewayApplication>(), workload->GetGateway(layer), layer);
        for (; resident != workload->GetResidents().end() && resident->layer == layer; ++resident)
        {
            install(
                CreateObjectWithAttributes<ExpertApplication>("Expert",
                                                              UintegerValue(resident->expert),
                                                              "Satellite",
                                                              UintegerValue(resident->satellite)),
                resident->satellite,
                layer);
        }
    }
    recorder->ObserveNetwork(network);
    return applications;
}

} // namespace ns3
