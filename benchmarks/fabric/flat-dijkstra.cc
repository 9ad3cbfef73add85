/*
 * SPDX-License-Identifier: GPL-2.0-only
 */

/**
 * @file
 * The forwarding table of one slot by a plain Dijkstra, as one would write it in C++: arrays, a
 * binary heap, one search from each destination against the travel.
 *
 * Reads a file: numbers of satellites, links, destinations and repetitions; the two ends of each
 * link and the weight in either direction; the destinations. Writes the table,
 * [destination][satellite], a byte each: the output port, counted in the order of the links, or
 * 255. Prints processor seconds a table, what is read and written left out.
 */

#include "measure.h"

#include <algorithm>
#include <cstdint>
#include <exception>
#include <fstream>
#include <functional>
#include <iostream>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace
{

/** A link. */
struct Link
{
    uint32_t a;    //!< one end
    uint32_t b;    //!< the other end
    double weight; //!< positive
};

/** The links of each satellite, one satellite's after the other's (compressed sparse rows). */
class Graph
{
  public:
    /**
     * @brief Sort the links by satellite.
     * @param satellites how many
     * @param links the links
     */
    Graph(uint32_t satellites, const std::vector<Link>& links)
        : m_first(satellites + 1, 0),
          m_edges(2 * links.size())
    {
        for (const Link& link : links)
        {
            ++m_first[link.a + 1];
            ++m_first[link.b + 1];
        }
        for (uint32_t satellite = 0; satellite < satellites; ++satellite)
        {
            m_first[satellite + 1] += m_first[satellite];
        }
        std::vector<uint32_t> next(m_first.begin(), m_first.end() - 1);
        for (const Link& link : links)
        {
            const auto portOfA = static_cast<uint8_t>(next[link.a] - m_first[link.a]);
            const auto portOfB = static_cast<uint8_t>(next[link.b] - m_first[link.b]);
            m_edges[next[link.a]++] = {link.b, portOfB, link.weight};
            m_edges[next[link.b]++] = {link.a, portOfA, link.weight};
        }
    }

    /**
     * @brief Search from a destination.
     * @param destination the satellite
     * @param ports where the output ports go, one a satellite
     */
    void Search(uint32_t destination, uint8_t* ports)
    {
        m_distance.assign(m_first.size() - 1, std::numeric_limits<double>::infinity());
        std::fill_n(ports, m_distance.size(), UINT8_MAX);
        m_distance[destination] = 0;
        m_heap.assign(1, {0, destination});
        while (!m_heap.empty())
        {
            std::pop_heap(m_heap.begin(), m_heap.end(), std::greater<>());
            const auto [distance, satellite] = m_heap.back();
            m_heap.pop_back();
            if (distance > m_distance[satellite])
            {
                continue;
            }
            for (uint32_t edge = m_first[satellite]; edge < m_first[satellite + 1]; ++edge)
            {
                const Edge& to = m_edges[edge];
                if (distance + to.weight < m_distance[to.neighbour])
                {
                    m_distance[to.neighbour] = distance + to.weight;
                    ports[to.neighbour] = to.portBack;
                    m_heap.emplace_back(distance + to.weight, to.neighbour);
                    std::push_heap(m_heap.begin(), m_heap.end(), std::greater<>());
                }
            }
        }
    }

  private:
    /** A link as one end sees it. */
    struct Edge
    {
        uint32_t neighbour; //!< the other end
        uint8_t portBack;   //!< the other end's port to here
        double weight;      //!< of the link
    };

    std::vector<uint32_t> m_first;                   //!< where a satellite's edges begin
    std::vector<Edge> m_edges;                       //!< by satellite
    std::vector<double> m_distance;                  //!< in the current search
    std::vector<std::pair<double, uint32_t>> m_heap; //!< in the current search
};

/**
 * Make the table as often as asked for, and say how long it took.
 *
 * @param from path of the file to read
 * @param to path of the file to write
 */
void
Run(const char* from, const char* to)
{
    std::ifstream input(from);
    uint32_t satellites = 0;
    uint32_t linkCount = 0;
    uint32_t rows = 0;
    uint32_t repetitions = 0;
    input >> satellites >> linkCount >> rows >> repetitions;
    std::vector<Link> links(linkCount);
    for (Link& link : links)
    {
        input >> link.a >> link.b >> link.weight;
    }
    std::vector<uint32_t> destinations(rows);
    for (uint32_t& destination : destinations)
    {
        input >> destination;
    }
    if (!input || repetitions == 0)
    {
        throw std::runtime_error(std::string(from) + " is not what this program reads");
    }

    using spacemoe::benchmark::Usage;
    std::vector<uint8_t> table(std::size_t{rows} * satellites);
    const double before = Usage::Now().processorS;
    for (uint32_t repetition = 0; repetition < repetitions; ++repetition)
    {
        Graph graph(satellites, links);
        for (uint32_t row = 0; row < rows; ++row)
        {
            graph.Search(destinations[row], &table[std::size_t{row} * satellites]);
        }
    }
    std::cout << (Usage::Now().processorS - before) / repetitions << "\n";
    std::ofstream(to, std::ios::binary)
        .write(reinterpret_cast<const char*>(table.data()),
               static_cast<std::streamsize>(table.size()));
}
} // namespace

int
main(int argc, char* argv[])
{
    if (argc != 3)
    {
        std::cerr << "usage: flat-dijkstra INPUT OUTPUT\n";
        return 2;
    }
    try
    {
        Run(argv[1], argv[2]);
    }
    catch (const std::exception& error)
    {
        std::cerr << "flat-dijkstra: " << error.what() << "\n";
        return 1;
    }
    return 0;
}
