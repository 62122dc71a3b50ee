"""Values cross as bytes and come back the same; nothing else crosses, and no bytes can do harm."""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograder.check.calling import same
from autograder.grading import wire

numbers = st.one_of(st.integers(), st.floats(), st.complex_numbers())
arrays = hnp.arrays(
    st.sampled_from([np.float64, np.float32, np.int64, np.uint8, np.bool_, np.complex128]),
    hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
)
plain = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, st.text(), arrays),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(st.text(), inner, max_size=3),
    ),
    max_leaves=10,
)


def equal(a, b):
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and same(a, b)
    if isinstance(a, tuple | list):
        return len(a) == len(b) and all(map(equal, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(equal(a[k], b[k]) for k in a)
    return repr(a) == repr(b)


@given(plain)
def test_what_crosses_comes_back_the_same(value):
    assert equal(wire.unpack(wire.pack(value)), value)


@given(arrays)
def test_a_view_and_its_copy_are_the_same_bytes(array):
    assert wire.pack(array.T) == wire.pack(array.T.copy())


class Number(int):
    pass


@pytest.mark.parametrize(
    "value",
    [
        object(),
        len,
        lambda: 1,
        {1, 2},
        b"bytes",
        np.array([object()]),
        np.array([b"bytes"]),
        [object()],
        {"a": object()},
        Number(3),
        np.datetime64("2020-01-01"),
        type,
        range(3),
    ],
    ids=lambda value: type(value).__name__,
)
def test_anything_but_plain_values_is_refused(value):
    with pytest.raises(TypeError):
        wire.pack(value)


def test_a_value_too_deep_or_too_large_is_refused(monkeypatch):
    deep = []
    for _ in range(30):
        deep = [deep]
    with pytest.raises(TypeError, match="nested"):
        wire.pack(deep)
    with pytest.raises(TypeError, match="entries"):
        wire.pack(np.zeros(1_000_001))
    monkeypatch.setattr(wire, "MOST_BYTES", 100)
    with pytest.raises(TypeError, match="may cross"):
        wire.pack(np.zeros(100))


@given(st.binary(max_size=200))
def test_no_bytes_are_more_than_refused(junk):
    with pytest.raises(ValueError):
        wire.unpack(junk + b"\0")


@given(plain, st.data())
def test_cut_or_longer_bytes_are_refused(value, data):
    packed = wire.pack(value)
    with pytest.raises(ValueError):
        wire.unpack(packed[: data.draw(st.integers(0, len(packed) - 1))])
    with pytest.raises(ValueError):
        wire.unpack(packed + b"x")


@pytest.mark.parametrize(
    "text",
    [
        '{"a":["<f8",[4],false]}',
        '{"a":["<f8",[-1],false]}',
        '{"a":["|O",[0],false]}',
        '{"a":["<f8",[1e99],false]}',
        '{"x":1}',
        '{"f":"1","i":"2"}',
        "1",
        "[1]",
        '{"i":"x"}',
        '{"t":5}',
        '{"d":[[1]]}',
        "[" * 5000,
    ],
)
def test_a_forged_message_is_refused(text):
    with pytest.raises(ValueError):
        wire.unpack(struct.pack(">Q", len(text)) + text.encode())
