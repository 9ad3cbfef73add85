/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef COMPUTE_SERVER_H
#define COMPUTE_SERVER_H

#include "moe-records.h"

#include "ns3/event-id.h"
#include "ns3/object.h"
#include "ns3/traced-callback.h"
#include "ns3/traced-value.h"

#include <deque>
#include <functional>

namespace ns3
{

/**
 * @ingroup moe
 *
 * The computer of a satellite: one job at a time, first come, first served, unbounded queue.
 *
 * Of jobs that come in the same nanosecond the one of lowest rank is served first, whatever the
 * order of events in that nanosecond; those of equal rank are served as they come.
 *
 * Aggregated to a node; all applications of the node share it.
 */
class ComputeServer : public Object
{
  public:
    /**
     * @brief Get the type ID.
     * @return the object TypeId
     */
    static TypeId GetTypeId();

    /**
     * @brief Queue a job.
     * @param job what it is; submitted, started and finished are filled in here
     * @param duration how long it computes
     * @param done called when it is finished
     * @param rank among the jobs of this nanosecond
     */
    void Submit(JobRecord job, Time duration, std::function<void()> done, uint32_t rank = 0);

    /**
     * TracedCallback signature for finished jobs.
     *
     * @param [in] job the job
     */
    typedef void (*ServedCallback)(const JobRecord& job);

  protected:
    void DoDispose() override;

  private:
    /** A job in the queue or in service. */
    struct Entry
    {
        JobRecord job;              //!< what it is
        Time duration;              //!< how long it computes
        std::function<void()> done; //!< whom to tell
        uint32_t rank;              //!< among the jobs of the same nanosecond
    };

    /// Take the first job of the queue into service.
    void StartNext();
    /// Finish the job in service.
    void Finish();

    std::deque<Entry> m_queue;                      //!< the first entry is in service
    EventId m_finish;                               //!< end of the job in service
    TracedValue<uint32_t> m_length{0};              //!< jobs in queue and service
    TracedCallback<const JobRecord&> m_servedTrace; //!< a job is finished
};

} // namespace ns3

#endif // COMPUTE_SERVER_H
