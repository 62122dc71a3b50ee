"""Comparing what a learner's code gave with what it should be: type, shape, then the worst entry."""

import numpy as np

from . import oracles
from .findings import NOT_ATTEMPTED, WRONG, CheckFailed, Finding, NotAttempted

RTOL, ATOL = 1e-9, 1e-13  # float64 arithmetic in another order stays within these
RTOL32, ATOL32 = 2e-5, 2e-6  # float32 within its own precision: right, with a remark


def number(x, digits=6):
    """A number as a learner reads it; a count keeps all its digits."""
    if np.isrealobj(x) and np.isfinite(x) and float(x).is_integer() and abs(x) < 1e9:
        return f"{float(x):.0f}"
    return f"{complex(x) if np.iscomplexobj(x) else float(x):.{digits}g}"


def shape(array):
    """A shape as a learner reads it."""
    return f"shape {np.shape(array)}" if np.ndim(array) else "a single number"


def as_array(value, what, remarks):
    """`value` as an array of numbers; raises NotAttempted for None and CheckFailed for anything that is none."""
    if value is None:
        raise NotAttempted(Finding(NOT_ATTEMPTED, what, ("This gave None: is a `return` missing?",)))
    if isinstance(value, str):
        raise CheckFailed(Finding(WRONG, what, (f"This is the text {value[:40]!r}, and a number is wanted here.",)))
    if isinstance(value, dict):
        raise CheckFailed(Finding(WRONG, what, ("This is a dict, and an array is wanted here.",)))
    if isinstance(value, list | tuple):
        if any(v is None for v in value):
            raise CheckFailed(Finding(WRONG, what, ("One of the entries is None: it was never computed.",)))
        parts = value
        try:
            value = np.array(parts)
        except ValueError:
            value = np.array("?")
        if value.dtype.kind not in "biufc":
            sentence = "This is a list whose rows do not have one length or are not numbers, so it is no array."
            raise CheckFailed(Finding(WRONG, what, (sentence,)))
        sort = "tuple, which commas make" if type(parts) is tuple else "list"
        _remark(remarks, f"this is a {sort}; the check read it as an array (`np.array` makes one).")
    value = np.asarray(value)
    return value.astype(int) if value.dtype.kind == "b" else value


def _remark(remarks, sentence):
    if sentence not in remarks:
        remarks.append(sentence)


def _shapes(got, expected):
    """What is wrong with the shape, and the hint that shapes alone give."""
    fact = f"Yours {'has' if got.ndim else 'is'} {shape(got)}; expected: {shape(expected)}."
    hint = ()
    if got.size == np.size(expected) and got.size:
        if np.squeeze(got).shape == np.squeeze(expected).shape:
            hint = ("The entries may be right: one axis of length 1 is too many or too few.",)
        elif got.ndim == 2 and got.T.shape == np.shape(expected):
            hint = ("The two axes stand the other way round.",)
    elif got.ndim < np.ndim(expected):
        hint = ("An axis is missing: was something summed, averaged or picked too early?",)
    elif got.ndim > np.ndim(expected):
        hint = ("There is an axis too many: is a sum or a mean still to be taken, or did two shapes broadcast?",)
    return fact, hint


def difference(got, true, what, remarks, rtol=RTOL, causes=None, atol=ATOL, short=False):
    """None where `got` equals `true`, else a Finding.

    got     anything
    true    an array or number (its shape counts), or an oracle's Estimate, which says how far it can be trusted itself
    rtol    of an entry that may be off, and atol of the largest (or of 1); an Estimate has its own
    causes  a function of `got` and `true` that returns sentences
    short   whether `got` was computed from float32
    Raises NotAttempted for None and CheckFailed for what is not numbers.
    """
    got = as_array(got, what, remarks)
    measured = isinstance(true, oracles.Estimate)
    value, label = (true.value, "finite differences") if measured else (np.asarray(true), "expected")
    if got.shape != value.shape:
        fact, hint = _shapes(got, value)
        if np.squeeze(got).shape != np.squeeze(value).shape:
            hint = (causes and tuple(causes(got, true))) or hint
        return Finding(WRONG, what, (fact,), hint)
    single = got.dtype.kind == "f" and got.itemsize < 8
    if single or short:
        rtol, atol = RTOL32, ATOL32
    if measured:
        off = oracles.excess(got, true, ATOL32 if short else 0.0)
    else:
        off = _excess(got, value, rtol, atol)
    if not (off > 1).any():
        if single:
            _remark(remarks, f"this is {got.dtype}: right within its precision; float64 is NumPy's usual type.")
        return None
    index = tuple(int(i) for i in np.unravel_index(np.argmax(off), off.shape))
    digits = 6 if number(got[index]) != number(value[index]) else 12
    worst = f"Worst entry, {_entry(what, index)}: yours" if index else "Yours:"
    facts = [f"{worst} {number(got[index], digits)}, {label} {number(value[index], digits)}."]
    if got.size > 1:
        facts.append(f"{(off > 1).sum()} of {got.size} entries differ.")
    return Finding(WRONG, what, tuple(facts), tuple(causes(got, true)) if causes else ())


def _excess(got, value, rtol, atol):
    """How far `got` is from the very numbers of `value`, in units of what rounding allows; nan equals only nan."""
    got, value = (a.astype(complex if a.dtype.kind == "c" else float) for a in (got, value))  # integers wrap
    size = np.where(np.isfinite(value), np.abs(value), 0)
    with np.errstate(all="ignore"):
        off = np.abs(got - value) / (rtol * size + atol * max(1.0, size.max(initial=0)) + 1e-300)
    return np.where((got == value) | (np.isnan(got) & np.isnan(value)), 0, np.where(np.isnan(off), np.inf, off))


def _entry(what, index):
    place = f"[{', '.join(map(str, index))}]" if index else ""
    return what + place if what.isidentifier() else f"at {place}" if place else what
