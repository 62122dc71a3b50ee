"""The likely causes of a wrong array, read from the numbers alone: it needs no reference, so learners have it too.

Three ideas.  Yours is an array that has a name (the true one, its transpose or its sum over an axis, one example's
gradient, another parameter's gradient, a suspect that the author names) times a factor that has a name, perhaps with a
multiple of the parameter added.  Or yours is right in places that have a name.  Or yours has a structure that the true
one lacks.  A sentence is said only where chance does not bring the numbers about.  The first idea that finds a cause
speaks; causes that explain the numbers equally well are all named.
"""

from itertools import combinations, permutations

import numpy as np

SAME = 1e-6  # numbers that differ by less, relative to the largest, are the same

WHERE = {
    "2": "something is counted twice, or added to what was already there",
    "1/2": "look at what is left when a square is differentiated",
    "n": "the examples are summed, but the loss takes their mean",
    "1/n": "your layer averages over the examples, but the loss already owns the 1/n",
    "-": "a difference is taken the other way round, or a minus got lost",
    "more": "a division is missing, or a sum stands where a mean should",
    "less": "something is divided or averaged once too often",
}
PLAIN = {  # where the array is no derivative
    "1/2": "something is halved, or doubled in only one place",
    "n": "the examples are summed, where their mean may be wanted",
    "1/n": "something is divided by the number of examples",
}
CHAIN = "two results are swapped, or the chain stops a layer early or runs one on"


def diagnose(got, true, *, slope=False, at=None, sizes=None, others=None, suspects=None, kinks=None):
    """The likely causes why `got` is not `true`: at most three sentences, none where no pattern is known.

    got       numbers of any shape; where it is not the shape of `true`, some causes are still found
    true      the right array, or an oracle's Estimate; its `terms` show a missing sum and a lone example
    slope     whether it is a derivative: the hints then speak of the loss
    at        the parameter itself, in the shape of `true`: shows a penalty with another factor, or none
    sizes     name -> number, for factors: dict(n=4, d=3, k=2), where n counts the examples
    others    name -> the gradient (array or Estimate) of another parameter
    suspects  phrase -> a wrong answer (array or Estimate); the phrase ends the sentence "Yours is ..."
    kinks     where the slope jumps: bools in the shape of `true`
    """
    value, error = np.asarray(getattr(true, "value", true), float), np.max(getattr(true, "error", 0.0), initial=0)
    got, top = np.asarray(got), np.abs(value).max(initial=0)
    if not got.size or not top or got.dtype.kind not in "biuf" or error > 1e-4 * top:
        return ()
    if not np.isfinite(got).all():
        return ("Yours holds nan or inf: look for a division by 0, a log of 0, or an exp of something large.",)
    if not got.any():
        if value.size == 1:
            return ()  # the number itself has been shown
        return ("Yours is 0 everywhere: look for an array that nothing is written into, or a factor that is 0.",)
    same = 1e-5 if got.dtype in (np.float16, np.float32) else SAME
    floor = max(same / 10, 4 * error / top)

    def near(size):
        """How far apart numbers of this size may be and still count as equal."""
        return same * np.abs(size) + floor * np.abs(size).max()

    got, same_shape = got.astype(float), got.shape == value.shape
    if same_shape:
        rounding = max(4 * error, 1e-15 * top)
        off = np.max(np.maximum(np.abs(got - value) - rounding, 0) / np.maximum(np.abs(value), rounding))
        if off <= 1e-3 or (np.abs(got - value) <= near(value)).all():
            return _digits(got, off, slope)
    terms, named = getattr(true, "terms", None), _named(sizes or {}, same + floor)
    found = _multiples(got, value, terms, at, named, others or {}, suspects or {}, near, slope)
    if same_shape:
        found = found or _places(got, value, near, kinks)
    return tuple(found or _structure(got, value, near, slope))[:3]


# --- yours is something that has a name ------------------------------------------------------------------------------


def _named(sizes, tol):
    """A function: the names of a factor's size, the simple ones first; `["1"]` for one, none where it has no name."""
    base = {"2": 2, **{name: size for name, size in sizes.items() if size not in (0, 1)}}
    known = [("1", 1)] + [pair for s, v in base.items() for pair in ((s, v), (f"1/{s}", 1 / v))]
    for (s, v), (t, w) in combinations(base.items(), 2):
        known += [(f"{s}*{t}", v * w), (f"1/({s}*{t})", 1 / (v * w)), (f"{s}/{t}", v / w), (f"{t}/{s}", w / v)]
    return lambda c: [name for name, v in known if abs(abs(c) - v) <= tol * v][: 1 if abs(abs(c) - 1) <= tol else 3]


def _multiples(got, value, terms, at, named, others, suspects, near, slope):
    """Sentences for yours = c * (something that has a name) + e * (the parameter, or ones); those that assume least."""
    added = [(None, ""), (at, "{:+.4g} times the parameter itself"), (np.ones(got.shape), "{:+.4g} in every entry")]
    ranked = []
    for phrase, array, hint in _candidates(got, value, terms, others, suspects, at, near, slope):
        true, sizes = phrase == "the true one", np.sort(np.abs(array), axis=None)
        large = sizes > 1e-3 * sizes.max(initial=0)
        alone = np.count_nonzero(large) < 2  # any factor fits one number
        apart = large & (np.diff(sizes, prepend=0) > 1e-5 * sizes.max(initial=0))  # (a, -a) is one number, said twice
        for extra, more in added:
            c, e = _fit(got, array, extra, near)
            names = named(c) if c else []
            equal = names == ["1"] and c > 0
            if true and e and extra is at and abs(e - 1) <= 1e-4 and not equal:
                said = f"Yours is the parameter itself with {c:+.4g} times the gradient added"
                ranked.append((2, said + ": a step was taken, and the gradient alone is asked for."))
                break
            unnamed = true and c and not e and np.count_nonzero(apart) > 2
            if not (names or unnamed) or (alone and not (equal or (true and names))):
                continue
            whole = "Every entry is" if got.size > 1 else "Yours is"
            said = f"Yours is {phrase}" if names == ["1"] else f"{whole} {c:.4g} times {phrase}"
            said += ", with the sign reversed" if names == ["1"] and c < 0 else ""
            spelled = [name for name in names if name not in ("1", "2")]
            said += f", and {abs(c):.4g} = {' = '.join(spelled)}" if spelled else ""
            said += f", with {more.format(e)} added" if e else ""
            hints = [hint] if not true else _where(c, names, slope)
            if true and alone:
                hints = ["one number alone does not say why"]
                hints += ["it may have been divided by n once more than the mean does"] * int(slope and "1/n" in names)
            if equal and true and extra is at:  # where the rest is wrong, the penalty may be right
                hints = ["look at the penalty: it is missing, or has another factor"]
            hints = [text for text in hints if text]
            assumed = (not equal) + (not true) + bool(e) if names else 9
            ranked.append((assumed, said + ": " * bool(hints) + "; ".join(hints) + "."))
            break
    return [sentence for assumed, sentence in ranked if assumed == min(ranked)[0]]


def _where(c, names, slope):
    """Where to look for a factor c: the places that belong to its names, else to its size; and one for its sign."""
    where = WHERE if slope else WHERE | PLAIN
    places = [where[name] for name in names if name in where]
    if not places and names != ["1"]:
        places = [WHERE["more" if abs(c) > 1 else "less"]] if names else ["look for a constant factor"]
    return places + [WHERE["-"]] * int(c < 0)


def _candidates(got, value, terms, others, suspects, at, near, slope):
    """(phrase, array in the shape of yours, hint) of everything that yours might be."""
    arrays = [(phrase, a, "") for phrase, a in suspects.items()] + [("the true one", value, "")]
    arrays += [(f"the gradient of {name}", a, CHAIN) for name, a in others.items()]
    if terms is not None and len(terms) <= 32:
        for i, term in enumerate(terms):
            one = (f"the gradient of example {i} alone", term, "a sum is missing, or each example overwrites")
            rest = (f"the gradient without example {i}", value - term, "look at where a loop begins and ends")
            arrays += [c for c in (one, rest) if at is None or not _fit(c[1], at, None, near)[0]]  # no penalty alone
        for axis in range(1, terms.ndim):
            arrays += [(f"each example's gradient summed over axis {axis}, not over the examples", terms.sum(axis), "")]
    free = f"one number, where {'a slope' if slope else 'one'} for each entry is wanted"
    free = "that index should stay free" if got.ndim else free
    varied = np.ptp(value) > SAME * np.abs(value).max()  # a mean of equal entries is the same again
    for axis, length in enumerate(value.shape):
        for word, take in (("summed", np.sum), ("averaged", np.mean)) if length > 1 and varied else ():
            kept = np.broadcast_to(take(value, axis, keepdims=True), value.shape)
            for a in (kept, take(value, axis)):
                arrays += [(f"the true one {word} over axis {axis}", a, free)]
    if value.ndim == 2 and value.shape[0] == value.shape[1]:
        arrays += [("the diagonal of the true one", np.diagonal(value), "what stands off the diagonal is lost")]
    for phrase, array, hint in arrays:
        array = np.asarray(getattr(array, "value", array), float)
        for order in permutations(range(array.ndim)) if array.ndim <= 4 else [range(array.ndim)]:
            turned, moved = array.transpose(order), list(order) != list(range(array.ndim))
            if turned.shape != got.shape:
                continue
            if moved and turned.shape == array.shape and np.ptp(turned - array) <= SAME * np.ptp(array):
                continue  # symmetric
            if moved and array.ndim == 2:
                yield f"the transpose of {phrase}", turned, "a factor is transposed, or two stand in the wrong order"
            elif moved:
                yield f"{phrase} with its axes in the order {order}", turned, "two indices are swapped"
            else:
                yield phrase, turned, hint


def _fit(got, array, extra, near):
    """(c, e) such that got = c * array + e * extra, or (0, 0)."""
    columns = [np.ravel(a) for a in (array, extra) if a is not None]
    if extra is not None and (np.shape(extra) != got.shape or got.size < 3) or not all(a.any() for a in columns):
        return 0, 0
    A, size = np.stack(columns, axis=1), [np.abs(a).max() for a in columns]
    found, _, rank, _ = np.linalg.lstsq(A / size, got.ravel(), rcond=SAME)
    close = (np.abs(A / size @ found - got.ravel()) <= near(np.abs(A / size) @ np.abs(found))).all()
    both = np.abs(found).min() > 1e-3 * np.abs(found).max()
    return (*found / size, 0)[:2] if rank == len(columns) and close and both else (0, 0)


# --- yours is right in places that have a name -----------------------------------------------------------------------


def _digits(got, off, slope):
    """A sentence where every entry is right to three digits or more; `off` is the largest relative difference."""
    if not 0 < off <= 1e-3:
        return ()
    if off <= 1e-6 and (got == got.astype(np.float32)).all():
        return ("Yours has the seven digits of float32 and no more: look for an array of that type.",)
    what = "look for a rounded number, or something small that is added" + ", or a difference quotient" * slope
    return (f"Every entry is right to about {int(-np.log10(off))} digits and no further: {what}.",)


def _places(got, value, near, kinks):
    """A sentence for where yours is wrong, when the rest is right."""
    right, zero = np.abs(got - value) <= near(value), near(value).min()
    wrong = np.argwhere(~right)
    if kinks is not None and (right | kinks).all():
        return ["Yours differs only where the slope jumps: there the left and the right slope differ."]
    if not (right & (np.abs(value) > zero)).any():
        return ()
    if len(wrong) == 1:
        return [f"Only entry {wrong[0].tolist()} is wrong: look at what is special there."]
    if not got[~right].any():
        for a, b in combinations(range(got.ndim), 2):
            filled, square = np.argwhere(got), got.shape[a] == got.shape[b]
            if square and (filled[:, a] == filled[:, b]).all() and (wrong[:, a] != wrong[:, b]).all():
                where = "on the diagonal" if got.ndim == 2 else f"where the indices of axes {a} and {b} agree"
                return [f"Yours is filled, and right, only {where}: the true one is not 0 elsewhere."]
        return ["What is not 0 in yours is right: a mask, a branch or a loop leaves out the rest."]
    if (np.abs(value[~right]) <= zero).all():
        return ["Yours is wrong only where the true one is 0: a mask or an indicator is missing."]
    for axis in range(got.ndim):
        if np.ptp(wrong[:, axis]) == 0 and got.shape[axis] > 1:
            word, of = (("row", "column")[axis], "") if got.ndim == 2 else ("index", f" of axis {axis}")
            return [f"Only {word} {wrong[0, axis]}{of} is wrong, the rest is right."]
    return ()


# --- yours has a structure that the true one lacks -------------------------------------------------------------------


def _structure(got, value, near, slope):
    """A sentence for a sum still to take, equal rows, a product of two sums, or another order."""
    top = np.abs(value).max()
    for axis in range(got.ndim):
        for word, array in (("Summed", got.sum(axis)), ("Averaged", got.mean(axis))):
            if array.shape == value.shape and (np.abs(array - value) <= near(value)).all():
                return [f"{word} over axis {axis}, yours is the true one: that step is still to be taken."]
    if got.shape == value.shape:
        for axis in range(got.ndim):
            if np.ptp(got, axis).max() <= near(got).min() and np.ptp(value, axis).max() > 1e-2 * top:
                why = "an index is summed away, or used twice"
                why += ", or one array is stored in every place" if axis == 0 and got.ndim > 1 else ""
                return [f"Along axis {axis} all entries of yours are equal: {why}."]
        solid = np.argwhere(np.abs(got) > 1e-3 * np.abs(got).max())
        if got.ndim == 2 and min(got.shape) > 2 and np.ptp(solid, axis=0).all():  # its weight is not in one row
            (one, two), (_, second) = (np.linalg.svd(a, compute_uv=False)[:2] for a in (got, value))
            if two <= near(one) and second > 1e-3 * top:
                why = "something is summed before it is multiplied, or only one example counts"
                why += ", or a factor that differs from unit to unit, such as an activation's slope, is lost" * slope
                return [f"Each row of yours is a multiple of each other row: {why}."]
    if got.size == value.size and np.ptp(value) > 1e-2 * top:
        yours, ours = np.sort(got, axis=None), np.sort(value, axis=None)
        if (np.abs(yours - ours) <= near(ours)).all():
            return ["Yours holds the right numbers in another order: look at a transpose, a reshape or an index."]
    return ()
