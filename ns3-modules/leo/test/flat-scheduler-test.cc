/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "leo-test-network.h"

#include "ns3/flat-scheduler.h"
#include "ns3/map-scheduler.h"
#include "ns3/simulator.h"

#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace ns3
{

namespace
{

/**
 * @ingroup leo-test
 *
 * Whatever is put in and taken out, the order is that of ns-3's own queue.
 */
class SchedulerOrderTestCase : public TestCase
{
  public:
    SchedulerOrderTestCase()
        : TestCase("The flat event queue has the order of ns-3's map")
    {
    }

  private:
    static constexpr uint32_t STEPS = 20'000;    //!< things done
    static constexpr uint64_t WITHIN = 50;       //!< times, so few that many are alike
    static constexpr uint32_t TAKEN_OUT_OF = 10; //!< of so many, one takes an event out
    static constexpr uint32_t PUT_IN_OF_TEN = 5; //!< of ten, so many put one in

    void DoRun() override
    {
        Ptr<Scheduler> flat = CreateObject<FlatScheduler>();
        Ptr<Scheduler> map = CreateObject<MapScheduler>();
        std::mt19937 random(1);
        std::vector<Scheduler::Event> within;
        for (uint32_t step = 0; step < STEPS; ++step)
        {
            const uint32_t what = random() % TAKEN_OUT_OF;
            if (what < PUT_IN_OF_TEN || within.empty())
            {
                const Scheduler::Event event{nullptr, {random() % WITHIN, step, 0}};
                within.push_back(event);
                flat->Insert(event);
                map->Insert(event);
            }
            else if (what == PUT_IN_OF_TEN)
            {
                const std::size_t place = random() % within.size();
                flat->Remove(within[place]);
                map->Remove(within[place]);
                within.erase(within.begin() + place);
            }
            else
            {
                NS_TEST_ASSERT_MSG_EQ(flat->PeekNext().key.m_uid,
                                      map->PeekNext().key.m_uid,
                                      "next at step " << step);
                const uint32_t uid = map->RemoveNext().key.m_uid;
                NS_TEST_ASSERT_MSG_EQ(flat->RemoveNext().key.m_uid, uid, "step " << step);
                std::erase_if(within, [uid](const auto& each) { return each.key.m_uid == uid; });
            }
            NS_TEST_ASSERT_MSG_EQ(flat->IsEmpty(), map->IsEmpty(), "emptiness at step " << step);
        }
        const Scheduler::Event absent{nullptr, {WITHIN, STEPS, 0}};
        NS_TEST_ASSERT_MSG_EQ(Throws<std::logic_error>([&] { flat->Remove(absent); }),
                              true,
                              "an event that is not there");
        while (!map->IsEmpty())
        {
            map->RemoveNext();
        }
    }
};

/**
 * @ingroup leo-test
 *
 * The queue of a simulation that has begun is taken over, and knows what is left at an instant.
 */
class SchedulerInstallTestCase : public TestCase
{
  public:
    SchedulerInstallTestCase()
        : TestCase("The flat event queue takes over what is scheduled, and says what is due")
    {
    }

  private:
    void DoRun() override
    {
        std::string order;
        std::string due;
        const auto note = [&](char name) {
            order += name;
            due += FlatScheduler::Get()->IsDue(Simulator::Now()) ? '+' : '-';
        };
        Simulator::Schedule(NanoSeconds(2), [&] { note('c'); });
        Simulator::Schedule(NanoSeconds(1), [&] { note('a'); });
        NS_TEST_ASSERT_MSG_EQ(FlatScheduler::Get(), nullptr, "one that nobody installed");
        FlatScheduler::Install();
        const FlatScheduler* first = FlatScheduler::Get();
        FlatScheduler::Install();
        NS_TEST_ASSERT_MSG_EQ(FlatScheduler::Get(), first, "there is one already");
        Simulator::Schedule(NanoSeconds(1), [&] {
            note('b');
            Simulator::Schedule(NanoSeconds(1),
                                [&] { Simulator::Schedule(NanoSeconds(0), [&] { note('d'); }); });
        });
        Simulator::Run();
        NS_TEST_ASSERT_MSG_EQ(order, "abcd", "order");
        NS_TEST_ASSERT_MSG_EQ(due, "+-+-", "whether something is left at the same nanosecond");
        Simulator::Destroy();
        NS_TEST_ASSERT_MSG_EQ(FlatScheduler::Get(), nullptr, "after the simulation");
    }
};

} // namespace

std::vector<TestCase*>
MakeFlatSchedulerTestCases()
{
    return {new SchedulerOrderTestCase, new SchedulerInstallTestCase};
}

} // namespace ns3
