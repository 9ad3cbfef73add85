/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef SPACEMOE_SIMULATION_H
#define SPACEMOE_SIMULATION_H

// What Python sees of a simulation. No ns-3 header is included here, so that cppyy parses this
// file in milliseconds instead of seconds.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace spacemoe
{

/**
 * One ring on one constellation in ns-3: built call by call, run in pieces, read once.
 *
 * ns-3's simulator is global, so there is one Simulation at a time in a process. Times are
 * nanoseconds; arrays are row-major, and copied unless said otherwise. Errors are C++ exceptions.
 */
class Simulation
{
  public:
    static constexpr std::size_t MESSAGE_COLUMNS = 18;  //!< of CopyMessages()
    static constexpr std::size_t JOB_COLUMNS = 10;      //!< of CopyJobs()
    static constexpr std::size_t BATCH_COLUMNS = 7;     //!< of CopyBatches()
    static constexpr std::size_t BACKGROUND_ROWS = 12;  //!< of CopyBackground()
    static constexpr std::size_t ACCOUNT_COLUMNS = 9;   //!< of CopyAccount()
    static constexpr std::size_t DROP_REASONS = 10;     //!< rows of CopyDrops()
    static constexpr std::size_t DROP_COLUMNS = 3;      //!< of CopyDrops()
    static constexpr std::size_t EXTRAS = 3;            //!< rows of CopyExtras()
    static constexpr std::size_t ABANDONED_COLUMNS = 5; //!< of CopyAbandoned()
    static constexpr std::size_t LINK_COLUMNS = 14;     //!< of TakeLinkCounters()
    static constexpr std::size_t HOP_COLUMNS = 8;       //!< of CopyHops()
    static constexpr std::size_t ENGINE_VALUES = 5;     //!< of CopyEngineUse()

    Simulation();
    ~Simulation();
    Simulation(const Simulation&) = delete;
    Simulation& operator=(const Simulation&) = delete;

    /**
     * Choose what carries the packets; first of all.
     * @param engine auto, window or per-hop: the fabric with that scheduler; reference: ns-3's
     * devices and forwarding
     * @param isLean whether UDP endpoints on the fabric do without sockets
     * @param mtuBytes largest IPv4 packet
     * @param queuePackets capacity of each transmit queue
     * @param policy what becomes of the packets of a link that goes down: 0 drop, 1 deliver what
     * was sent, 2 re-route
     */
    void ChooseEngine(const std::string& engine,
                      bool isLean,
                      std::uint32_t mtuBytes,
                      std::uint32_t queuePackets,
                      int policy);

    /**
     * Create the satellites.
     * @param positions metres, [knots][satellites][3]; must stay where they are
     * @param velocities metres a second, [knots][satellites][3]; must stay where they are
     * @param knots number of knots, the first at time zero
     * @param satellites number of satellites
     * @param stepNs nanoseconds between knots
     * @param slotNs duration of a slot of the forwarding tables and of the link schedule
     */
    void CreateSatellites(const double* positions,
                          const double* velocities,
                          std::size_t knots,
                          std::size_t satellites,
                          std::int64_t stepNs,
                          std::int64_t slotNs);

    /**
     * Create the laser links; a satellite's links become its ports 0, 1, ... in this order.
     * @param ends satellites, [links][2]
     * @param links number of links
     */
    void CreateLinks(const std::int32_t* ends, std::size_t links);

    /**
     * Set the state and the rate of each link in each slot; once, after CreateLinks() and before
     * RunUntil(). After the last slot the links stay as they are.
     * @param up 1 for up or 0 for down, [slots][links]
     * @param ratesBps bits a second, [slots][links]; ignored where a link is down
     * @param slots number of slots
     */
    void SetLinkSchedule(const std::uint8_t* up, const std::uint64_t* ratesBps, std::size_t slots);

    /** Record every hop of every segment; once, after CreateLinks(). Without, none is. */
    void RecordHops();

    /**
     * Let links corrupt packets at random; once, after CreateLinks().
     * @param rates probability that a packet is corrupted, the same in both directions, [links]
     * @param seed of ns-3's random numbers, at least 1
     */
    void SetPacketErrors(const double* rates, std::uint32_t seed);

    /**
     * Send again what is lost of messages; before SetSequences(). Without, nothing is.
     * @param timeoutNs without word of a message until its sender sends it again, at least 1
     * @param askAfterNs without a new segment until a receiver asks for those missing
     * @param giveUpNs from the sending of a message until its sender gives it up
     */
    void SetRecovery(std::int64_t timeoutNs, std::int64_t askAfterNs, std::int64_t giveUpNs);

    /**
     * Send messages over TCP; before SetSequences(), and instead of SetRecovery().
     * @param congestionControl a TcpCongestionOps of ns-3, such as TcpCubic
     * @param bufferBytes of each send and each receive buffer
     * @param initialWindow congestion window of a new connection, in segments
     * @param minimumTimeoutNs least time until a packet is sent again
     * @param retries of a packet, until its connection is given up
     */
    void SetTcp(const std::string& congestionControl,
                std::uint32_t bufferBytes,
                std::uint32_t initialWindow,
                std::int64_t minimumTimeoutNs,
                std::uint32_t retries);

    /**
     * Place the gateways of the model; any number of them may share a satellite.
     * @param gateways satellites, [layers]
     * @param gatewayNs computing time of each layer's gateway for 1, 2, ... decode steps,
     * [layers][batch]
     * @param headNs computing time of the head for 1, 2, ... steps, [batch]
     * @param batch steps that are served together at most
     * @param layers number of layers
     * @param expertsPerLayer number of experts of a layer
     * @param messageBytes length of the hidden state of a token
     * @param sendsResidual whether the residual travels
     */
    void PlaceModel(const std::int32_t* gateways,
                    const std::int64_t* gatewayNs,
                    const std::int64_t* headNs,
                    std::size_t batch,
                    std::size_t layers,
                    std::size_t expertsPerLayer,
                    std::uint32_t messageBytes,
                    bool sendsResidual);

    /**
     * Place the experts, each on every satellite where it lives; once, after PlaceModel() and
     * before SetSequences(). The first resident of an expert is its host until SetExpertHosts().
     * @param residents layer, expert, satellite, [count][3]
     * @param expertNs computing time of each resident for 1, 2, ... tokens, [count][tokens]
     * @param count number of residents
     * @param tokens largest number of tokens that come together
     */
    void PlaceExperts(const std::int32_t* residents,
                      const std::int64_t* expertNs,
                      std::size_t count,
                      std::size_t tokens);

    /**
     * Set how long gateways take for a prompt; after PlaceModel().
     * @param width tokens of the prompt
     * @param gatewayNs computing time of each layer's gateway, [layers]
     */
    void SetPrefillTimes(std::uint32_t width, const std::int64_t* gatewayNs);

    /**
     * Limit the queues of all computers; before SetSequences().
     * @param jobs that may wait, without those in service; one more is refused
     */
    void SetQueueJobs(std::uint32_t jobs);

    /**
     * Choose the satellites to which dispatches go that leave from now on; at any time after
     * PlaceExperts(). What is under way goes where it was sent to.
     * @param hosts a resident of each expert, [layers][experts]
     */
    void SetExpertHosts(const std::int32_t* hosts);

    /**
     * A satellite fails: gateways go on dispatching to it what they dispatch to it now, until they
     * are told.
     * @param satellite index of the satellite
     * @param failedNs when it fails, not before now
     * @param toldNs when everyone is told, not before that
     */
    void FailSatellite(std::uint32_t satellite, std::int64_t failedNs, std::int64_t toldNs);

    /**
     * A satellite that failed works again.
     * @param satellite index of the satellite
     * @param toldNs when everyone is told, not before now
     */
    void RepairSatellite(std::uint32_t satellite, std::int64_t toldNs);

    /**
     * Set the sequences and install the applications.
     * @param startsNs when each sequence starts
     * @param tokens steps of each sequence
     * @param sequences number of sequences
     * @param activations experts, [all steps][layers][topK], 0xffff where a step has no more
     * @param activationCount number of values of activations
     * @param topK largest number of experts that a step activates in a layer
     * @param widths tokens of each step, [all steps]
     * @param shares tokens that go to each expert, [all steps][layers][topK]
     */
    void SetSequences(const std::int64_t* startsNs,
                      const std::int32_t* tokens,
                      std::size_t sequences,
                      const std::uint16_t* activations,
                      std::size_t activationCount,
                      std::uint32_t topK,
                      const std::int32_t* widths,
                      const std::int32_t* shares);

    /**
     * Add a flow of background traffic; after SetSequences(). All cease when the last step is
     * emitted.
     * @param source satellite
     * @param destination another one
     * @param packetBytes length of an IPv4 packet
     * @param intervalS mean seconds from packet to packet, while packets are sent
     * @param isPoisson whether intervals are exponential, or all equal, the first but for a part
     * @param onS mean seconds of a period in which packets are sent
     * @param offS mean seconds of a pause; 0: there are no pauses
     * @param startsOn whether it starts with a period, not with a pause
     * @param startNs when it starts
     * @param seed of ns-3's random numbers, at least 1; the same for all flows
     */
    void AddBackground(std::uint32_t source,
                       std::uint32_t destination,
                       std::uint32_t packetBytes,
                       double intervalS,
                       bool isPoisson,
                       double onS,
                       double offS,
                       bool startsOn,
                       std::int64_t startNs,
                       std::uint32_t seed);

    /**
     * Declare the rows of the forwarding tables.
     * @param destinations satellites
     * @param count number of rows
     */
    void SetDestinations(const std::int32_t* destinations, std::size_t count);

    /**
     * Load the forwarding table of a slot and forget those before the slot ahead of it.
     * @param slot index of the slot
     * @param ports output ports, [destinations][satellites], 255 for no path; must stay where they
     * are until another slot but one has been loaded
     * @param count number of values of ports
     */
    void LoadTable(std::uint32_t slot, const std::uint8_t* ports, std::size_t count);

    /**
     * Capture one end of a link to a pcap file, with checksums in all packets.
     * @param satellite the satellite
     * @param port its port
     * @param path of the file
     */
    void EnablePcap(std::uint32_t satellite, std::uint32_t port, const std::string& path);

    /**
     * Let no capture that is enabled from now on grow longer than this.
     * @param bytes length of its file
     */
    void BoundCaptures(std::int64_t bytes);

    /**
     * Close the files of all captures, and copy what is in them.
     * @param values packets written, bytes of the file, packets left out, and whether all that was
     * written is there; [captures][4], in the order in which they were enabled
     */
    void CloseCaptures(std::int64_t* values);

    /**
     * Run up to and including a time; can be called again with a later one. Nothing that happens at
     * that time is left for the next call, so that what is set in between holds for later only.
     * @param untilNs simulation time
     */
    void RunUntil(std::int64_t untilNs);

    /**
     * Copy what the fabric's schedulers have done; zeros with the reference engine.
     * @param values hops in windows, hops one by one, windows, changes of scheduler, the shortest
     * look-ahead in nanoseconds (zero: there was none); [ENGINE_VALUES]
     */
    void CopyEngineUse(std::int64_t* values) const;

    /** @return tokens emitted so far */
    std::uint64_t GetTokensEmitted() const;
    /** @return tokens begun and not yet emitted, without those of requests that lost a message */
    std::uint64_t GetTokensUnderWay() const;
    /** @return messages that their senders may still send again, or receivers ask for */
    std::uint64_t GetMessagesPending() const;
    /** @return dispatches of experts all of whose satellites are known to have failed */
    std::uint64_t GetHomeless() const;
    /** @return dispatches that were abandoned, as their satellites are known to have failed */
    std::size_t GetAbandonedCount() const;
    /**
     * Copy the dispatches that were abandoned.
     * @param rows request, token, layer, expert, satellite; [GetAbandonedCount()][5]
     */
    void CopyAbandoned(std::int64_t* rows) const;
    /** @return jobs that found the queue of a computer full */
    std::uint64_t GetJobsRefused() const;
    /** @return packets of background traffic in the network now, counted where they are */
    std::uint64_t GetBackgroundInFlight() const;
    /** @return messages that can never arrive: they lost a segment, or were given up */
    std::uint64_t GetMessagesLost() const;
    /** @return the first message that was lost, and why, in words, or an empty string */
    std::string DescribeFirstLost() const;
    /** @return segments in the network now, counted where they are and not from the account */
    std::uint64_t GetSegmentsInFlight() const;
    /** @return the oldest message that has not arrived, in words, or an empty string */
    std::string DescribeOldestOutstanding() const;
    /** @return events executed so far */
    std::uint64_t GetEventCount() const;

    /** @return number of messages received */
    std::size_t GetMessageCount() const;
    /**
     * Copy the messages received: request, token, layer, kind, expert, from, to, hops, sent,
     * arrived, propagation, serialisation, queueing, waiting, retransmission, transport, tokens,
     * ledger number of the segment that completed it (zero: it had none). Those of a batch are
     * named by its first step.
     * @param rows [messages][MESSAGE_COLUMNS]
     */
    void CopyMessages(std::int64_t* rows) const;

    /**
     * Forget messages, jobs, batches and hops, whose copies have been taken; accounts stay. Only
     * while no token, message or segment is under way.
     */
    void ClearRecords();

    /** @return number of hops recorded */
    std::size_t GetHopCount() const;
    /**
     * Copy the hops in order of their first bits: ledger number, twice the link plus the direction,
     * when the packet came to the satellite, when its first bit left, when it arrived; propagation,
     * waiting and ready of its ledger after the hop.
     * @param rows [hops][HOP_COLUMNS]
     */
    void CopyHops(std::int64_t* rows) const;

    /** @return number of jobs and batches finished */
    std::size_t GetJobCount() const;
    /**
     * Copy the jobs finished: kind, request, token, layer, expert, satellite, submitted, started,
     * finished, tokens. A batch is one job, named by its first step.
     * @param rows [jobs][JOB_COLUMNS]
     */
    void CopyJobs(std::int64_t* rows) const;

    /** @return number of steps that were served together with a first one */
    std::size_t GetBatchMemberCount() const;
    /**
     * Copy who was served together, but for the first step of each batch: kind of the job, layer,
     * request, token of the first step; request, token of the member, and when it was submitted.
     * @param rows [members][BATCH_COLUMNS]
     */
    void CopyBatches(std::int64_t* rows) const;

    /**
     * Copy the account of background traffic: packets, bytes of UDP payload, of what was sent,
     * received, and dropped by reason as in CopyDrops().
     * @param rows [BACKGROUND_ROWS][2]
     */
    void CopyBackground(std::int64_t* rows) const;

    /**
     * Copy the account: messages, segments, bytes, of what was sent, received, dropped.
     * @param values [ACCOUNT_COLUMNS]
     */
    void CopyAccount(std::int64_t* values) const;
    /**
     * Copy what was dropped: messages, segments, bytes, by reason. The reasons are: queue full, on
     * the wire, cut, queued, link down, corrupted, time to live, other, given up; a message counts
     * once, for its first segment that was dropped or, if it is recovered, when it is given up.
     * @param rows [DROP_REASONS][DROP_COLUMNS]
     */
    void CopyDrops(std::int64_t* rows) const;

    /**
     * Copy what recovery adds to the account: segments, bytes, of copies sent, acknowledgements and
     * requests sent, duplicates received.
     * @param rows [EXTRAS][2]
     */
    void CopyExtras(std::int64_t* rows) const;

    /**
     * Copy what the links have done up to an instant: packets, bytes on the wire, busy nanoseconds;
     * packets lost because a queue was full, on the wire, cut, queued, because the link was down,
     * corrupted; packets re-routed; packets in flight and in the queue now; the integral of the
     * queue's length in nanoseconds, and its maximum since the last call. Direction 0 is from the
     * first of a link's ends to the second.
     * @param untilNs the instant, a nanosecond at most after the end of RunUntil()
     * @param rows [links][2][LINK_COLUMNS]
     */
    void TakeLinkCounters(std::int64_t untilNs, std::int64_t* rows);

    /**
     * Copy a satellite's position, as ns-3's mobility model has it.
     * @param satellite the satellite
     * @param atNs simulation time within the knots
     * @param xyz metres, [3]
     */
    void CopyPosition(std::uint32_t satellite, std::int64_t atNs, double* xyz) const;
    /**
     * Copy a satellite's velocity, as ns-3's mobility model has it.
     * @param satellite the satellite
     * @param atNs simulation time within the knots
     * @param xyz metres a second, [3]
     */
    void CopyVelocity(std::uint32_t satellite, std::int64_t atNs, double* xyz) const;

  private:
    struct Parts;
    std::unique_ptr<Parts> m_parts;
};

} // namespace spacemoe

#endif // SPACEMOE_SIMULATION_H
