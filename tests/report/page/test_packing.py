"""Arrays come out of the page as they went in."""

import base64

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacemoe_ns3.report.page.packing import pack

WHOLE = st.lists(st.integers(-(2**53), 2**53), max_size=20)


@given(WHOLE)
def test_whole_numbers_keep_their_values(values):
    packed = pack(np.array(values, np.int64))
    read = np.frombuffer(base64.b64decode(packed["data"]), f"<{packed['type']}")
    assert [int(value) for value in read] == values


@given(WHOLE.filter(bool))
def test_no_narrower_type_would_hold_the_values(values):
    kinds = ["u1", "i1", "u2", "i2", "u4", "i4", "f8"]
    narrower = kinds[: kinds.index(pack(np.array(values))["type"])]
    for kind in narrower:
        limits = np.iinfo(kind)
        assert not all(limits.min <= value <= limits.max for value in values)


def test_fractions_keep_their_bits():
    for kind in ("f4", "f8"):
        packed = pack(np.array([0.1, -2.5e30], kind))
        assert packed["type"] == kind
        assert base64.b64decode(packed["data"]) == np.array([0.1, -2.5e30], f"<{kind}").tobytes()


def test_a_number_that_javascript_would_round_is_refused():
    with pytest.raises(ValueError, match=r"within ±2\*\*53"):
        pack(np.array([2**53 + 1]))
