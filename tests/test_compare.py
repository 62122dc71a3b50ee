"""Each comparison holds, and a fault put into any of them is noticed."""

import types
from pathlib import Path

import numpy as np
import pytest

from autograder.check import compare
from autograder.check.findings import CheckFailed, NotAttempted
from autograder.check.oracles import Estimate

x = np.array([[1.0, -2.0, 3e-3], [0.0, 5e3, -6.0]])


def wrong(module, got, true, **options):
    return module.difference(got, true, "z", [], **options)


def the_same_numbers_pass(module):
    for right in (x, x.tolist(), x + 1e-14, x * (1 + 1e-12), np.asfortranarray(x)):
        assert wrong(module, right, x) is None
    assert (
        wrong(module, 2, 2.0)
        is wrong(module, np.float64(2), 2)
        is wrong(module, np.zeros((0, 3)), np.zeros((0, 3)))
        is None
    )


def a_lie_in_any_entry_fails_however_small_the_entry(module):
    for index in np.ndindex(x.shape):
        for lie in (1.0005, 1 + 1e-6, -1):
            if x[index]:
                told = x.copy()
                told[index] *= lie
                assert wrong(module, told, x).facts[0].startswith(f"Worst entry, z{list(index)}: yours"), (index, lie)
    assert wrong(module, x + [[0, 0, 0], [1e-5, 0, 0]], x) is not None


def the_worst_entry_is_the_one_furthest_off(module):
    found = wrong(module, np.array([1 + 1e-12, 2.1, 3.9, 4.2]), np.array([1.0, 2.0, 3.0, 4.0]))
    assert found.facts == ("Worst entry, z[2]: yours 3.9, expected 3.", "3 of 4 entries differ.")


def numbers_that_look_alike_get_more_digits(module):
    assert wrong(module, 1.00000001, 1.0).facts == ("Yours: 1.00000001, expected 1.",)


def nan_and_inf_equal_only_themselves(module):
    odd = np.array([np.nan, np.inf, -np.inf, 1.0])
    assert wrong(module, odd, odd) is None
    for index in range(3):
        told = odd.copy()
        told[index] = 0.0
        assert wrong(module, told, odd) is not None and wrong(module, odd, told) is not None
    assert wrong(module, -odd, odd) is not None


def shapes_count(module):
    for got, hint in (
        (x.T, "other way round"),
        (x[None], "length 1"),
        (x[0], "missing"),
        (np.stack([x, x]), "too many"),
    ):
        found = wrong(module, got, x)
        assert f"shape {got.shape}; expected: shape (2, 3)." in found.facts[0] and hint in found.causes[0]
    assert "Yours is a single number; expected: shape (2, 3)." in wrong(module, 1.0, x).facts[0]


def causes_are_asked_for_only_what_differs(module):
    asked = []
    wrong(module, x, x, causes=lambda *_: asked.append(1) or ("why",))
    assert not asked
    assert wrong(module, x + 1, x, causes=lambda *_: ("why",)).causes == ("why",)
    assert wrong(module, x[0], x, causes=lambda *_: ("why",)).causes == ("why",)


def float32_is_right_within_its_precision(module):
    remarks = []
    tenths = np.array([0.1, 0.2, 0.3])
    assert module.difference(tenths.astype(np.float32), tenths, "z", remarks) is None and "float32" in remarks[0]
    assert wrong(module, (x * 1.0005).astype(np.float32), x) is not None


def what_was_computed_from_float32_is_judged_like_it(module):
    told = np.array([0.1, 0.2, 5.0]) + [1e-6, 0, 0]
    assert wrong(module, told, np.array([0.1, 0.2, 5.0])) is not None
    assert wrong(module, told, np.array([0.1, 0.2, 5.0]), short=True) is None
    estimate = Estimate(np.array([1e-9, 1.0]), np.full(2, 1e-12))
    assert wrong(module, np.array([1.2e-6, 1.0]), estimate) is not None
    assert wrong(module, np.array([1.2e-6, 1.0]), estimate, short=True) is None


def small_numbers_count_where_nothing_absolute_is_allowed(module):
    tiny = np.array([9.4e-14, 4e-18])
    assert wrong(module, 0 * tiny, tiny) is None and wrong(module, 0 * tiny, tiny, atol=0) is not None
    assert wrong(module, tiny, tiny, atol=0) is None


def integers_and_bools_are_numbers_and_never_wrap(module):
    assert wrong(module, np.array([1, 0]), np.array([True, False])) is None
    assert wrong(module, np.array([True, False]), np.array([1.0, 0.0])) is None
    assert wrong(module, np.array([True, False]), np.array([True, True])) is not None
    assert wrong(module, np.int64(5 - 2**63), 5) is not None
    assert wrong(module, np.uint8(3), 19220) is not None


def an_estimate_is_trusted_as_far_as_it_trusts_itself(module):
    estimate = Estimate(x, 1e-4 * np.abs(x))
    assert wrong(module, x * (1 + 1e-4), estimate) is None
    assert "finite differences" in wrong(module, x * 1.01, estimate).facts[0]


def what_is_no_number_is_said(module):
    for nothing in (None,):
        with pytest.raises(NotAttempted):
            wrong(module, nothing, x)
    for odd, word in (("2", "text"), ({}, "dict"), ([1, [2]], "no array"), ([1, None], "None"), (["a"], "no array")):
        with pytest.raises(CheckFailed) as failed:
            wrong(module, odd, x)
        assert word in failed.value.finding.facts[0]


FACTS = [value for value in list(globals().values()) if isinstance(value, types.FunctionType) and value is not wrong]

FAULTS = [
    ("RTOL, ATOL = 1e-9, 1e-13", "RTOL, ATOL = 1e-3, 1e-12"),
    ("RTOL, ATOL = 1e-9, 1e-13", "RTOL, ATOL = 1e-9, 1e-3"),
    ("RTOL, ATOL = 1e-9, 1e-13", "RTOL, ATOL = 1e-15, 0"),
    ("RTOL32, ATOL32 = 2e-5, 2e-6", "RTOL32, ATOL32 = 1e-2, 2e-6"),
    ("RTOL32, ATOL32 = 2e-5, 2e-6", "RTOL32, ATOL32 = 2e-5, 1e-2"),
    ("RTOL32, ATOL32 = 2e-5, 2e-6", "RTOL32, ATOL32 = 1e-9, 1e-13"),
    ("if got.shape != value.shape:", "if got.size != value.size:"),
    ("if not (off > 1).any():", "if not (off > 1).all():"),
    ("if not (off > 1).any():", "if True:"),
    ("if not (off > 1).any():", "if not (off[..., :1] > 1).any():"),
    ("np.argmax(off)", "np.argmin(off)"),
    ("(off > 1).sum()", "(off > 0).sum()"),
    ("np.abs(got - value)", "(got - value)"),
    ("np.abs(got - value)", "np.abs(np.abs(got) - np.abs(value))"),
    ("rtol * size + atol", "rtol * size.max(initial=0) + atol"),
    ("+ atol * max", "+ ATOL * max"),
    ('a.astype(complex if a.dtype.kind == "c" else float)', "a"),
    ("if single or short:", "if single:"),
    ("ATOL32 if short else 0.0", "0.0"),
    ("(got == value) | (np.isnan(got) & np.isnan(value))", "(got == value) | np.isnan(got)"),
    ("(got == value) | (np.isnan(got) & np.isnan(value))", "(got == value) | np.isnan(value)"),
    ("(got == value) | (np.isnan(got) & np.isnan(value))", "(got == value)"),
    ("np.where(np.isnan(off), np.inf, off)", "np.where(np.isnan(off), 0, off)"),
    ("if single or short:", "if True:"),
    ("if single or short:", "if False:"),
    ("    if measured:", "    if False:"),
    ("if value is None:", "if False:"),
    ("if isinstance(value, str):", "if False:"),
    ("if isinstance(value, dict):", "if False:"),
    ("else 12", "else 6"),
]


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.__name__)
def test_it_holds(fact):
    fact(compare)


@pytest.mark.parametrize(("right", "faulty"), FAULTS)
def test_a_fault_is_noticed(right, faulty):
    source = Path(compare.__file__).read_text("utf-8")
    assert source.count(right) >= 1
    module = types.ModuleType("faulty")
    module.__package__ = compare.__package__
    exec(compile(source.replace(right, faulty), "faulty", "exec"), module.__dict__)
    with pytest.raises((Exception, pytest.fail.Exception)), np.errstate(all="ignore"):
        for fact in FACTS:
            fact(module)


def test_a_count_keeps_its_digits():
    from autograder.check.compare import number

    assert [number(x) for x in (1048575, 1048575.0, -3.0, 0.5, 1e300, np.inf)] == [
        "1048575",
        "1048575",
        "-3",
        "0.5",
        "1e+300",
        "inf",
    ]
