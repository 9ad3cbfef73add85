/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "compute-server.h"

#include "ns3/simulator.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(ComputeServer);

TypeId
ComputeServer::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::ComputeServer")
            .SetParent<Object>()
            .SetGroupName("Moe")
            .AddConstructor<ComputeServer>()
            .AddAttribute("MaxJobs",
                          "Jobs that may wait, without those in service; one more is refused.",
                          UintegerValue(std::numeric_limits<uint32_t>::max()),
                          MakeUintegerAccessor(&ComputeServer::m_maxJobs),
                          MakeUintegerChecker<uint32_t>())
            .AddTraceSource("Served",
                            "A job, or a batch of jobs, is finished.",
                            MakeTraceSourceAccessor(&ComputeServer::m_servedTrace),
                            "ns3::ComputeServer::JobCallback")
            .AddTraceSource("Refused",
                            "A job came when the queue was full.",
                            MakeTraceSourceAccessor(&ComputeServer::m_refusedTrace),
                            "ns3::ComputeServer::JobCallback")
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
    m_inService = 0;
    Object::DoDispose();
}

bool
ComputeServer::Submit(JobRecord job, Time duration, std::function<void()> done, uint32_t rank)
{
    return Submit({std::move(job),
                   [duration](uint32_t) { return duration; },
                   [done = std::move(done)](const JobRecord&) { done(); },
                   rank});
}

bool
ComputeServer::Submit(Request request)
{
    request.job.submitted = Simulator::Now();
    const bool joins = JoinsBatch(request);
    if (!m_queue.empty() && !joins && m_queue.size() - m_inService >= m_maxJobs)
    {
        m_refusedTrace(request.job);
        return false;
    }
    auto place = m_queue.end();
    while (place != m_queue.begin())
    {
        const Request& before = std::prev(place)->request;
        if (before.job.submitted != request.job.submitted || before.rank <= request.rank)
        {
            break;
        }
        --place;
    }
    const bool isFirst = place == m_queue.begin();
    m_queue.insert(place, {std::move(request)});
    ++m_length;
    if (isFirst || joins)
    {
        // What was taken into service in this very nanosecond gives way, or takes it along.
        m_finish.Cancel();
        StartNext();
    }
    return true;
}

bool
ComputeServer::IsLikeFirst(const Request& request) const
{
    const Request& first = m_queue.front().request;
    return request.job.kind == first.job.kind && request.job.layer == first.job.layer;
}

bool
ComputeServer::JoinsBatch(const Request& request) const
{
    if (m_queue.empty() || m_started != Simulator::Now() || request.most == 1 ||
        !IsLikeFirst(request) || m_inService >= m_queue.front().request.most)
    {
        return false;
    }
    // Behind one of its own that waits although there is room, it would overtake it.
    return std::none_of(m_queue.begin(), m_queue.end(), [this](const Entry& entry) {
        return !entry.isInService && IsLikeFirst(entry.request);
    });
}

void
ComputeServer::StartNext()
{
    m_started = Simulator::Now();
    m_inService = 0;
    uint32_t tokens = 0;
    bool isOpen = true;
    const Request& first = m_queue.front().request;
    for (Entry& entry : m_queue)
    {
        const bool isLike = IsLikeFirst(entry.request);
        const bool isFirst = m_inService == 0;
        entry.isInService = isLike && isOpen && (isFirst || entry.request.most > 1);
        if (entry.isInService)
        {
            ++m_inService;
            tokens += entry.request.job.tokens;
        }
        isOpen = isOpen && m_inService < first.most && (!isLike || entry.request.most > 1);
    }
    m_finish = Simulator::Schedule(first.duration(tokens), &ComputeServer::Finish, this);
}

void
ComputeServer::Finish()
{
    std::function<void(const JobRecord&)> done = std::move(m_queue.front().request.done);
    JobRecord job = std::move(m_queue.front().request.job);
    job.started = m_started;
    job.finished = Simulator::Now();
    for (std::size_t index = 1; index < m_queue.size(); ++index)
    {
        if (m_queue[index].isInService)
        {
            const JobRecord& other = m_queue[index].request.job;
            job.others.push_back({other.request, other.token, other.submitted});
            job.tokens += other.tokens;
        }
    }
    m_queue.erase(std::remove_if(m_queue.begin(),
                                 m_queue.end(),
                                 [](const Entry& entry) { return entry.isInService; }),
                  m_queue.end());
    m_length = m_queue.size();
    m_inService = 0;
    if (!m_queue.empty())
    {
        StartNext();
    }
    m_servedTrace(job);
    done(job);
}

} // namespace ns3
