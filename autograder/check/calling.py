"""Calling a learner's function: everything it does is caught, and only plain values come back."""

import contextlib
import inspect
import io
import linecache
import logging
import re
import warnings
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

MOST_CALLS = 500  # of one callback in one check: the limit that lets callbacks cross a pipe
MOST_PRINTED = 2000  # characters kept of what a learner's function prints
MOST_ENTRIES = 1_000_000  # of one returned array


@dataclass(frozen=True)
class Outcome:
    """What one call did, in plain values: it can cross a pipe.

    value is None where nothing came back; error is (class name, text, line number, line, shapes in it) or None;
    changed names the arguments that were changed in place.
    """

    value: object = None
    error: tuple | None = None
    printed: str = ""
    warned: tuple = ()
    changed: tuple = ()


class Remote:
    """A learner's function that lives elsewhere; `outcome(*args)` calls it there."""

    parameters = ()

    def outcome(self, *args):
        raise NotImplementedError


class Callback:
    """A function handed to a learner: counts its calls, stops a runaway, and takes and gives plain values only."""

    def __init__(self, function, most=MOST_CALLS, stop=""):
        self.function, self.most, self.stop, self.calls = function, most, stop, 0
        self.__name__ = getattr(function, "__name__", "function")

    def __call__(self, *args, **named):
        self.calls += 1
        if self.calls > self.most:
            raise RuntimeError(self.refusal)
        return plain(self.function(*map(plain, args), *map(plain, named.values())))

    @property
    def refusal(self):
        """What is said when it was called too often."""
        return f"{self.__name__} was called more than {self.most} times. {self.stop}".strip()

    def handed_over(self):
        """The plain function that a learner gets: its count is not in reach."""
        return lambda *args, **named: self(*args, **named)


def plain(value):
    """A copy of `value` made of None, bool, numbers, str, arrays, tuples, lists and dicts of them; else TypeError."""
    if value is None or type(value) in (bool, int, float, complex, str):
        return value
    if isinstance(value, Callback):
        return value
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError("a masked array is not an array of numbers")
    if isinstance(value, np.ndarray | np.generic):
        if value.dtype.kind not in "biufcU":
            raise TypeError(f"an array of {value.dtype} is not an array of numbers")
        if value.size > MOST_ENTRIES:
            raise TypeError(f"an array of {value.size:,} entries is more than the check takes")
        if value.dtype.kind == "U":  # names
            return value.tolist()
        copy = np.array(value, subok=False)
        return copy if isinstance(value, np.ndarray) else copy[()]
    if type(value) in (tuple, list):
        return type(value)(plain(v) for v in value)
    if isinstance(value, dict):  # a defaultdict, say
        return {plain(k): plain(v) for k, v in value.items()}
    hint = "; list(...) makes one of it" if isinstance(value, Iterable) else ""
    raise TypeError(f"a {type(value).__name__} is not a number, an array, or a list of them{hint}")


def same(a, b):
    """Whether two plain values are equal; an entry that was moved and moved back may have lost its last digits."""
    if isinstance(a, np.ndarray | np.generic):
        return a.shape == b.shape and np.allclose(a, b, rtol=1e-12, atol=0, equal_nan=True)
    if isinstance(a, tuple | list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    return a == b


def parameters(function):
    """The names of a function's parameters, or () where they cannot be read."""
    if isinstance(function, Remote):
        return tuple(function.parameters)
    try:
        return tuple(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return ()


def _where(error, function):
    """The learner's own line that raised, the innermost in the function's file: number, text, shapes of its arrays."""
    file = getattr(getattr(function, "__code__", None), "co_filename", None)
    line, values, frame = 0, {}, error.__traceback__
    while frame is not None:
        if frame.tb_frame.f_code.co_filename == file:
            line, values = frame.tb_lineno, frame.tb_frame.f_locals
        frame = frame.tb_next
    text = words(linecache.getline(file, line).strip()) if line else ""
    arrays = {n: values[n] for n in re.findall(r"[A-Za-z_]\w*", text) if isinstance(values.get(n), np.ndarray)}
    return line, text, ", ".join(f"{name} {array.shape}" for name, array in arrays.items())


def words(text, most=300):
    """A learner's text as it may stand in a sentence: one line, printable, no marks that mean something in a panel."""
    try:
        text = str(text)
    except Exception:
        return "(no words)"
    return "".join(c if c.isprintable() else " " for c in text).replace("`", "'")[:most]


def run(function, *args):
    """Call `function` on copies of `args`; return an Outcome, whatever happens but an interrupt."""
    before = tuple(plain(a) for a in args)
    args = tuple(a.handed_over() if isinstance(a, Callback) else plain(a) for a in args)
    value, error, said = None, None, io.StringIO()
    loud = logging.root.manager.disable
    logging.disable()  # its handlers hold on to the stderr of before
    try:
        with warnings.catch_warnings(record=True) as caught, contextlib.redirect_stdout(said):
            warnings.simplefilter("always")
            with contextlib.redirect_stderr(said), np.errstate(all="warn", under="ignore"):
                value = function(*args)
    except KeyboardInterrupt:
        raise
    except BaseException as problem:
        error = (type(problem).__name__, words(problem), *_where(problem, function))
    finally:
        logging.disable(loud)
    try:
        value = plain(value)
    except (TypeError, RecursionError) as problem:
        value, error = None, ("ReturnedType", words(problem), 0, "", "")
    names = parameters(function)
    changed = tuple(
        names[i] if i < len(names) else f"argument {i + 1}"
        for i, (old, new) in enumerate(zip(before, args, strict=True))
        if not isinstance(old, Callback) and not same(old, new)
    )
    warned = tuple(dict.fromkeys(words(w.message, 200) for w in caught))[:5]
    return Outcome(value, error, said.getvalue()[:MOST_PRINTED], warned, changed)


def call(function, *args):
    """Call a learner's function where it lives; callables among `args` are handed over as counted callbacks."""
    args = tuple(Callback(a) if callable(a) and not isinstance(a, Callback) else a for a in args)
    return function.outcome(*args) if isinstance(function, Remote) else run(function, *args)
