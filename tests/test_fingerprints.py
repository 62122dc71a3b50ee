"""A known mistake is recognised by what it returns, and by nothing else."""

import numpy as np
import pytest

from autograder.check import fingerprints

x = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 7.0]])


def alike(one, other, places=("a:0", "a:0")):
    return fingerprints.alike(fingerprints.project(one, places[0]), fingerprints.project(other, places[1]))


@pytest.mark.parametrize("same", [x, x.copy(order="F"), x.tolist() and x, x * (1 + 1e-12), x.astype(complex)])
def test_the_same_numbers_are_alike(same):
    assert alike(x, same)


@pytest.mark.parametrize(
    "other",
    [
        x.T,
        x.ravel(),
        x[::-1],
        x + [[0, 0, 1e-3], [0, 0, 0]],
        -x,
        2 * x,
        x[:1],
        None,
        "x",
        (x, x),
        np.where(x > 6, np.nan, x),
    ],
)
def test_other_numbers_shapes_or_kinds_are_not(other):
    assert not alike(x, other)


def test_texts_are_alike_up_to_blanks_and_none_only_to_itself():
    assert (
        alike((5, "a == b"), (5, "a==b")) and not alike((5, "a == b"), (5, "a == c")) and not alike((5, "a"), (4, "a"))
    )
    assert alike(None, None) and not alike(None, 0.0) and not alike(None, "other")


def test_both_projections_count():
    words, numbers = fingerprints.project(x, "a:0")
    assert not fingerprints.alike((words, numbers), (words, [numbers[0], numbers[1] + 1]))
    assert not fingerprints.alike((words, numbers), (words, [numbers[0] + 1, numbers[1]]))
    assert not fingerprints.alike((words, numbers), (words + 1, numbers))


def test_each_call_of_each_exercise_has_its_own_projection():
    assert not alike(x, x, ("a:0", "a:1"))


def test_a_mistake_is_named_by_all_its_calls_and_hidden_ones_may_follow():
    one, two, three = (fingerprints.project(v, f"a:{i}") for i, v in enumerate((x, 2 * x, 3 * x)))
    known = [
        {"sentence": "first", "calls": [one, two], "fails": 2},
        {"sentence": "other", "calls": [one, three], "fails": 2},
    ]
    first = known[:1]
    assert fingerprints.recognise(known, [one, two]) == fingerprints.recognise(known, [one, two, three]) == first
    assert fingerprints.recognise(known, [one]) == fingerprints.recognise(known, [two, one]) == []
    assert fingerprints.recognise(known, [one, None]) == []  # what gives it away was not comparable
    assert fingerprints.recognise(known, [None, two]) == first


def test_no_file_and_a_broken_file_know_nothing(tmp_path):
    assert fingerprints.load(tmp_path) == {}
    (tmp_path / fingerprints.FILE).write_text("{")
    assert fingerprints.load(tmp_path) == {}
