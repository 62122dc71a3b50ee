"""Known mistakes without their code: a mistake is recognised by projections of what it returns on the visible data."""

import json
import zlib
from pathlib import Path

import numpy as np

FILE = "fingerprints.json"  # beside the notebook; made by `autograder sync`
DIGITS = 7

replayed = None  # where the mistakes themselves are at hand: exercise -> what each gives on this very run's data


def _parts(value):
    if isinstance(value, list | tuple):
        return [p for v in value for p in _parts(v)]
    if isinstance(value, dict):
        return [p for k in sorted(value) for p in _parts(value[k])]
    return [value]


def project(value, place):
    """A short text that two equal values share: the shapes, and two random projections of the numbers.

    place  text that seeds the projection (the exercise and the number of the call)
    """
    words, numbers = [], []
    for part in _parts(value):
        if isinstance(part, str):
            words.append("".join(part.split()))
        elif part is None:
            words.append("None")
        else:
            part = np.asarray(part)
            words.append(str(part.shape))
            numbers.append(np.ravel(part).astype(complex).view(float))
    flat = np.concatenate(numbers) if numbers else np.zeros(0)
    rng = np.random.default_rng(zlib.crc32(place.encode()))
    with np.errstate(all="ignore"):
        sums = rng.normal(size=(2, flat.size)) @ np.nan_to_num(flat, nan=0.123, posinf=1e300, neginf=-1e300)
    return zlib.crc32(" ".join(words).encode()), [float(f"{s:.{DIGITS}g}") for s in sums]


def alike(one, other):
    """Whether two projections are of equal values, up to rounding."""
    return one[0] == other[0] and bool(np.allclose(one[1], other[1], rtol=1e-5, atol=1e-9))


def load(folder="."):
    """The known mistakes of the chapter in `folder`, {} without a file: exercise -> {name, sentence, calls, fails}s."""
    try:
        return json.loads((Path(folder) / FILE).read_text("utf-8"))
    except (OSError, ValueError):
        return {}


def recognise(known, calls):
    """Those of the known mistakes that gave the same as `calls`, projections (None: not comparable).

    A mistake's calls are the visible ones; hidden tests add more behind them.
    """
    return [
        mistake
        for mistake in known
        if 0 < len(mistake["calls"]) <= len(calls)
        and calls[mistake.get("fails", 1) - 1] is not None  # there it differs from the truth
        and all(c is None or alike(c, m) for c, m in zip(calls, mistake["calls"], strict=False))
    ]
