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

#include <cstddef>
#include <deque>
#include <functional>

namespace ns3
{

/**
 * @ingroup moe
 *
 * The computer of a satellite: first come, first served, one job or one batch at a time.
 *
 * Of jobs that come in the same nanosecond the one of lowest rank is served first, whatever the
 * order of events in that nanosecond; those of equal rank are served as they come.
 *
 * Jobs of one kind and layer that say so are served together: the first one takes those with it
 * that wait behind it, in the order in which they came, past jobs of others, but not past one of
 * its own kind and layer that goes alone. What comes in the nanosecond in which a batch is taken
 * into service, and finds room in it, belongs to it.
 *
 * If as many jobs wait as the queue has room for, not counting those in service, a job that comes
 * is refused.
 *
 * Aggregated to a node; all applications of the node share it.
 */
class ComputeServer : public Object
{
  public:
    /** What a caller wants to have computed. */
    struct Request
    {
        JobRecord job; //!< what it is; submitted, started, finished and others are filled in
        std::function<Time(uint32_t)> duration; //!< how long so many tokens take together
        /// Called when it is finished, for all that were served with it: with the first one's.
        std::function<void(const JobRecord&)> done;
        uint32_t rank{0}; //!< among the jobs of this nanosecond
        uint32_t most{1}; //!< how many may be served together
    };

    /**
     * @brief Get the type ID.
     * @return the object TypeId
     */
    static TypeId GetTypeId();

    /**
     * @brief Queue a job.
     * @param request the job
     * @return whether there was room
     */
    bool Submit(Request request);

    /**
     * @brief Queue a job that goes alone.
     * @param job what it is; submitted, started and finished are filled in here
     * @param duration how long it computes
     * @param done called when it is finished
     * @param rank among the jobs of this nanosecond
     * @return whether there was room
     */
    bool Submit(JobRecord job, Time duration, std::function<void()> done, uint32_t rank = 0);

    /**
     * TracedCallback signature for jobs.
     *
     * @param [in] job the job, with those that were served together with it
     */
    typedef void (*JobCallback)(const JobRecord& job);

  protected:
    void DoDispose() override;

  private:
    /** A job in the queue or in service. */
    struct Entry
    {
        Request request;         //!< what is asked for
        bool isInService{false}; //!< whether it is of the batch in service
    };

    /**
     * @brief Whether a job is of the kind and the layer of the first one of the queue.
     * @param request the job
     * @return whether it is
     */
    bool IsLikeFirst(const Request& request) const;

    /**
     * @brief Whether a job that comes now belongs to the batch in service.
     * @param request the job
     * @return whether the batch was taken into service in this nanosecond and has room for it
     */
    bool JoinsBatch(const Request& request) const;

    /// Take the first job of the queue, and those that go with it, into service from now on.
    void StartNext();
    /// Finish what is in service.
    void Finish();

    uint32_t m_maxJobs{0};                           //!< room for jobs that wait
    std::deque<Entry> m_queue;                       //!< the first entry is in service
    std::size_t m_inService{0};                      //!< entries in service
    Time m_started;                                  //!< when they were taken into service
    EventId m_finish;                                //!< end of their service
    TracedValue<uint32_t> m_length{0};               //!< jobs in queue and service
    TracedCallback<const JobRecord&> m_servedTrace;  //!< a job is finished
    TracedCallback<const JobRecord&> m_refusedTrace; //!< a job found no room
};

} // namespace ns3

#endif // COMPUTE_SERVER_H
