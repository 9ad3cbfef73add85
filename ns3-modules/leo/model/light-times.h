/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef LIGHT_TIMES_H
#define LIGHT_TIMES_H

#include "ephemeris-knots.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace ns3
{

/**
 * @ingroup leo
 *
 * Light times of many wires at any time, to the nanosecond, for a few instructions each.
 *
 * While a wire is busy, its light time is a parabola through three exact values, over a stretch of
 * time short enough that the parabola, checked at two points between them, stays within a small
 * margin of the exact value. Where the parabola is further than the margin from a rounding
 * boundary, both round to the same nanosecond; where it is not, and on wires that are seldom used,
 * the exact value is computed. So every result is that of GetExact(), bit by bit.
 *
 * The error of a parabola through the beginning, the middle and the end of a stretch is
 * u (u - 1/2) (u - 1) times a third derivative, u from 0 to 1; at the quarters, where it is
 * checked, it has 97 % of its largest value. The margin is four times what is seen there.
 */
class LightTimes
{
  public:
    /// Stands for a light time after the last knot, which nobody knows.
    static constexpr int64_t UNKNOWN = int64_t{1} << 60;

    /**
     * @brief Set the ephemeris.
     * @param ephemeris where the satellites are
     */
    void SetEphemeris(Ptr<EphemerisKnots> ephemeris);

    /**
     * @brief Add a wire; wires are numbered as they are added.
     * @param from the satellite that sends
     * @param to the satellite that receives
     */
    void Add(uint32_t from, uint32_t to);

    /** A stretch of time in which a parabola stands for a wire's light time. */
    struct Stretch
    {
        int64_t begin{0};    //!< nanoseconds
        uint64_t length{0};  //!< nanoseconds; zero: there is none
        double c0{0};        //!< nanoseconds and a half, at the beginning
        double c1{0};        //!< per nanosecond
        double c2{0};        //!< per nanosecond squared
        double trusted{0};   //!< half a nanosecond, less how far the parabola may be off
        uint8_t halvings{7}; //!< of the time between two knots, that make a stretch
        uint8_t misses{0};   //!< times asked outside the stretch since it was made
    };

    /**
     * @brief Light time of what leaves at a time.
     * @param stretch the wire's, which is made anew now and then
     * @param wire the wire
     * @param at when it leaves, in nanoseconds
     * @return nanoseconds, or UNKNOWN after the last knot
     */
    int64_t Get(Stretch& stretch, uint32_t wire, int64_t at)
    {
        int64_t light;
        return IsKnown(stretch, at, light) ? light : Find(stretch, wire, at);
    }

    /**
     * @brief Light time of what leaves at a time, if the parabola says it.
     * @param stretch the wire's
     * @param at when it leaves, in nanoseconds
     * @param light set to nanoseconds
     * @return false if it does not
     */
    static bool IsKnown(const Stretch& stretch, int64_t at, int64_t& light)
    {
        const int64_t since = at - stretch.begin;
        if (static_cast<uint64_t>(since) >= stretch.length)
        {
            return false;
        }
        const auto u = static_cast<double>(since);
        const double value = stretch.c0 + u * (stretch.c1 + u * stretch.c2);
        light = static_cast<int64_t>(value);
        return std::abs(value - static_cast<double>(light) - HALF) < stretch.trusted;
    }

    /**
     * @brief Light time that the parabola does not say.
     * @param stretch the wire's, which is made anew now and then
     * @param wire the wire
     * @param at when it leaves, in nanoseconds
     * @return as Get()
     */
    int64_t Find(Stretch& stretch, uint32_t wire, int64_t at);

    /**
     * @brief Light time of what leaves at a time, from the ephemeris; as LaserChannel has it.
     * @param wire the wire
     * @param at when it leaves, in nanoseconds
     * @return nanoseconds
     * @throws std::out_of_range outside the knots
     */
    int64_t GetExact(uint32_t wire, int64_t at) const;

    /** @return what a wire takes here, in bytes; the stretch is kept elsewhere */
    static constexpr std::size_t GetWireBytes()
    {
        return sizeof(Ends);
    }

    /**
     * @brief A time below which no light time of any wire falls for a while.
     * @param from when the while begins, in nanoseconds
     * @param until set to when it ends
     * @return nanoseconds; zero or less if a link is too short to tell
     */
    int64_t GetLeast(int64_t from, int64_t& until);

  private:
    /// For rounding to the nearest.
    static constexpr double HALF = 0.5;
    /// Times asked outside a stretch until a new one is worth its five exact values.
    static constexpr uint8_t MISSES = 6;
    /// Largest margin, in nanoseconds: the share of exact values is twice this.
    static constexpr double LARGEST_MARGIN = 0.01;
    /// Margin below which the next stretch is made longer.
    static constexpr double SMALL_MARGIN = 0.0005;
    /// Margin for rounding in the parabola itself, some 10^8 times the last bit of a light time.
    static constexpr double ROUNDING_MARGIN = 1e-5;
    /// Most halvings of the time between two knots.
    static constexpr uint8_t MOST_HALVINGS = 20;

    /**
     * @brief Light time before it is rounded.
     * @param wire the wire
     * @param at nanoseconds
     * @return nanoseconds
     */
    double GetUnrounded(uint32_t wire, int64_t at) const;

    /**
     * @brief Make a stretch around a time.
     * @param stretch the stretch
     * @param wire the wire
     * @param at nanoseconds
     */
    void Fit(Stretch& stretch, uint32_t wire, int64_t at);

    /** Ends of a wire. */
    struct Ends
    {
        uint32_t from; //!< sends
        uint32_t to;   //!< receives
    };

    Ptr<EphemerisKnots> m_ephemeris; //!< where the satellites are
    int64_t m_endNs{0};              //!< the last knot
    std::vector<Ends> m_ends;        //!< by wire
    int64_t m_speedInterval{-1};     //!< knots between which the bound of the speed holds
    double m_slope{0};               //!< bound of what a light time changes, per unit of time
};

} // namespace ns3

#endif // LIGHT_TIMES_H
