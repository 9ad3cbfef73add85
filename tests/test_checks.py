"""The rules for values: what passes, and the sentence for what does not."""

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from spacemoe_ns3.checks import check_number, check_whole, look_up
from spacemoe_ns3.errors import ScenarioError, require


def sentence(check, *arguments, **bounds):
    with pytest.raises(ScenarioError) as caught:
        check(*arguments, **bounds)
    return str(caught.value)


@pytest.mark.parametrize("value", [1, 5, np.int64(3), np.uint8(2)])
def test_whole_numbers_within_their_bounds_pass(value):
    check_whole("field", value, least=1, most=5)


@pytest.mark.parametrize("value", [0, 6, 2.0, True, "3", None, math.nan, Fraction(3)])
def test_everything_else_is_not_a_whole_number(value):
    expected = f"field: {value!r} given, must be a whole number, at least 1 and at most 5"

    assert sentence(check_whole, "field", value, least=1, most=5) == expected


@pytest.mark.parametrize("value", [0.5, 1, np.float32(0.25), np.int64(1), Fraction(1, 3)])
def test_numbers_within_their_bounds_pass(value):
    check_number("field", value, above=0, most=1)


@pytest.mark.parametrize(
    "value", [0, -1, 1.5, math.nan, math.inf, True, "0.5", None, [0.5], 1j, Decimal("0.5")]
)
def test_everything_else_is_not_a_number_within_the_bounds(value):
    expected = f"field: {value!r} given, must be above 0 and at most 1"

    assert sentence(check_number, "field", value, above=0, most=1) == expected


def test_a_bound_may_itself_be_taken_or_not():
    check_number("field", 0, least=0)
    assert sentence(check_number, "field", 0, above=0) == "field: 0 given, must be above 0"


@pytest.mark.parametrize("value", [math.inf, -math.inf])
def test_infinity_passes_only_where_it_is_allowed(value):
    check_number("field", value, may_be_infinite=True)
    assert sentence(check_number, "field", value) == f"field: {value!r} given, must be a finite number"


def test_an_infinite_value_is_told_that_it_must_be_finite():
    """Infinity is above 0: the rule that it breaks is another."""
    assert "finite" in sentence(check_number, "field", math.inf, above=0)


def test_not_a_number_never_passes():
    for bounds in ({}, {"least": 0}, {"may_be_infinite": True}):
        assert sentence(check_number, "field", math.nan, **bounds).startswith("field: nan given, must be ")


def test_a_rule_that_holds_says_nothing():
    require(True, "never said")

    with pytest.raises(ScenarioError, match=r"^said$"):
        require(False, "said")


def test_a_name_like_none_of_thousands_gets_a_sentence_and_not_all_of_them():
    names = {f"satellite-{number}": number for number in range(5000)}

    assert sentence(look_up, "field", "###", names) == (
        "field: '###' is not known; did you mean satellite-0 or satellite-1 or satellite-10 or one of 4997 "
        "others?"
    )
    assert "satellite-4711" in sentence(look_up, "field", "satelite-4711", names)
