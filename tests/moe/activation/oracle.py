"""Successive sampling by its definition: a sum over the orders in which experts may be drawn."""

import itertools
import math


def set_probabilities(weights, top_k):
    """Probability of each set, by the sorted tuple of its members."""
    probability = {}
    for members in itertools.combinations(range(len(weights)), top_k):
        outside = math.fsum(weight for expert, weight in enumerate(weights) if expert not in members)
        probability[members] = math.fsum(
            _order_probability([weights[expert] for expert in order], outside)
            for order in itertools.permutations(members)
        )
    return probability


def _order_probability(drawn, outside):
    chance = 1.0
    for place, weight in enumerate(drawn):
        chance *= weight / math.fsum([*drawn[place:], outside])
    return chance


def activation_probabilities(weights, top_k):
    sets = set_probabilities(weights, top_k)
    return [
        math.fsum(chance for members, chance in sets.items() if expert in members)
        for expert in range(len(weights))
    ]


def straggler_probabilities(sets, ways):
    """Of each expert; of equal ways the lowest expert counts. ``sets``: probability by tuple of members."""
    result = [0.0] * len(ways)
    for members, chance in sets.items():
        longest = max(ways[expert] for expert in members)
        result[min(expert for expert in members if ways[expert] == longest)] += chance
    return result
