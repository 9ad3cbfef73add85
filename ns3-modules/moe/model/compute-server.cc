/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "compute-server.h"

#include "ns3/simulator.h"

#include <iterator>
#include <utility>

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(ComputeServer);

TypeId
ComputeServer::GetTypeId()
{
    static TypeId tid = TypeId("ns3::ComputeServer")
                            .SetParent<Object>()
                            .SetGroupName("Moe")
                            .AddConstructor<ComputeServer>()
                            .AddTraceSource("Served",
                                            "A job is finished.",
                                            MakeTraceSourceAccessor(&ComputeServer::m_servedTrace),
                                            "ns3::ComputeServer::ServedCallback")
                            .AddTraceSource("Length",
                                            "Number of jobs in the queue and in service.",
                                            MakeTraceSourceAccessor(&ComputeServer::m_length),
                                            "ns3::TracedValueCallback::Uint32");
    return tid;
}

void
ComputeServer::DoDispose()
{
    m_finish.Cancel();
    m_queue.clear();
    Object::DoDispose();
}

void
ComputeServer::Submit(JobRecord job, Time duration, std::function<void()> done, uint32_t rank)
{
    job.submitted = Simulator::Now();
    auto place = m_queue.end();
    while (place != m_queue.begin())
    {
        const Entry& before = *std::prev(place);
        if (before.job.submitted != job.submitted || before.rank <= rank)
        {
            break;
        }
        --place;
    }
    const bool isFirst = place == m_queue.begin();
    m_queue.insert(place, {job, duration, std::move(done), rank});
    ++m_length;
    if (isFirst)
    {
        // What it goes before, if anything, was taken into service in this very nanosecond.
        m_finish.Cancel();
        StartNext();
    }
}

void
ComputeServer::StartNext()
{
    Entry& first = m_queue.front();
    first.job.started = Simulator::Now();
    m_finish = Simulator::Schedule(first.duration, &ComputeServer::Finish, this);
}

void
ComputeServer::Finish()
{
    Entry entry = std::move(m_queue.front());
    m_queue.pop_front();
    --m_length;
    entry.job.finished = Simulator::Now();
    if (!m_queue.empty())
    {
        StartNext();
    }
    m_servedTrace(entry.job);
    entry.done();
}

} // namespace ns3
