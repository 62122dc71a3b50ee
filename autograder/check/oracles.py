"""Two numerical derivatives to judge by, each ignorant of every formula: central differences and the complex step.

Differences: five values of f, at x, x +- h/2 and x +- h, give each slope (Richardson's combination of two central
differences) and its error: their third difference is what the two step sizes disagree by; their fourth is what the jump
between the left and the right slope changes by, which for a smooth f is rounding alone.  h is 2^-13 of the entry's
scale: about eps^(1/4), between the eps^(1/3) that suits one central difference and the eps^(1/5) that suits two.  Where
the error is too large other steps are tried.  A step is a power of two, so that x + h is exact.  A tiny f may be what
is left of numbers of size 1: then its rounding is theirs, EPS * 1.
    Press et al., Numerical Recipes, 3rd ed. (2007), 5.7; Richardson, Phil. Trans. R. Soc. A 210 (1911);
    More and Wild, Estimating computational noise, SIAM J. Sci. Comput. 33 (2011).

Complex step: Im f(x + ihu) / h with an h so small that its square vanishes; nothing is subtracted, so nothing cancels.
It is asked along three random directions u, where an error in any entry of a Jacobian shows.
    Squire and Trapp, Using complex variables to estimate derivatives of real functions, SIAM Review 40 (1998).

Evaluations of f: 6, and 4 for each entry of x; 8, 12 or 16 for each where a kink is near.  f gets copies.
"""

import warnings
from dataclasses import dataclass

import numpy as np

EPS = np.finfo(float).eps
STEPS = 2.0 ** np.array([-13, -23, -33, -6])  # the usual one, two for kinks and sharp bends, one for rounding
SAFETY = 4.0  # errors are estimates: this many of them are allowed


@dataclass(frozen=True)
class Estimate:
    """A derivative found numerically: `value` and its `error`, both of shape output + input.

    terms   of a loss that returns its terms: each term's gradient, shape (terms, *input); they sum to `value`
    """

    value: np.ndarray
    error: np.ndarray
    terms: np.ndarray | None = None


class Undecided(Exception):
    """The check cannot say what the derivative is here; this says nothing about the answer that it would judge."""

    def __init__(self, why):
        super().__init__(f"This check cannot decide: {why}. Your answer was not judged.")


class Kink(Undecided):
    """f has a kink within the smallest step, or is as rough there: draw other data."""

    def __init__(self):
        super().__init__("the slope jumps at the very point it looks at, so no number there is right or wrong")


def jacobian(f, x):
    """The Jacobian of f at x; both oracles must agree on it where both apply.

    x any shape, f(x) any shape, its entries of one scale -> Estimate of shape f(x).shape + x.shape.
    Raises Kink, Undecided.
    """
    x = np.array(x, dtype=float)
    directions = _scale(x) * np.random.default_rng(1).uniform(-1, 1, (3, *x.shape))
    with np.errstate(all="ignore"):
        found = differences(f, x)
        exact = complex_step(f, x, directions)
        if exact is not None:
            flat = directions.reshape(3, x.size).T
            value, error = (a.reshape(*exact.shape[:-1], x.size) for a in (found.value, found.error))
            if not (np.abs(value @ flat - exact) <= SAFETY * error @ np.abs(flat)).all():
                raise Undecided("its two ways to find the derivative disagree")
    return found


def vjp(f, x, upstream):
    """The gradient of <upstream, f(x)> with respect to x, which never builds the Jacobian.

    upstream of f(x)'s shape -> Estimate of x's shape.
    """
    return jacobian(lambda x: _inner(upstream, f(x)), x)


def directional(f, x, upstream, direction):
    """<upstream, J direction> in 10 evaluations: what <J^T upstream, direction> must equal.

    upstream of f(x)'s shape, direction of x's shape -> Estimate of shape ().
    """
    x, direction = np.array(x, dtype=float), np.array(direction, dtype=float)
    if x.shape != direction.shape:
        raise ValueError(f"a direction of shape {direction.shape} for an x of shape {x.shape}")
    size = _scale(x).max(initial=0) / (np.abs(direction).max(initial=0) or 1) or 1  # so that a step has x's scale
    found = jacobian(lambda t: _inner(upstream, f(x + t * size * direction)), 0.0)
    return Estimate(found.value / size, found.error / size)


def gradients(loss, wrt):
    """The gradient of a loss with respect to each of its arguments.

    wrt     name -> array, in the order of the loss's arguments
    loss    returns a number, or its terms (one an example), whose sum is the loss; each gradient then has `terms`
    returns name -> Estimate of that array's shape
    """
    wrt = {name: np.array(array, dtype=float) for name, array in wrt.items()}
    found = {}
    for name, array in wrt.items():
        each = jacobian(lambda x, at=name: loss(*(x if k == at else a.copy() for k, a in wrt.items())), array)
        if each.value.ndim > array.ndim:
            terms, errors = (a.reshape(-1, *array.shape) if a.size else a for a in (each.value, each.error))
            each = Estimate(terms.sum(axis=0), errors.sum(axis=0), terms)
        found[name] = each
    return found


def along(loss, wrt, name):
    """Slopes of a loss along three drawn directions of wrt[name], exact to rounding: (directions, slopes), or None.

    None where the loss does not allow the complex step, or hardly changes.
    """
    at = np.array(wrt[name], dtype=float)
    directions = _scale(at) * np.random.default_rng(2).uniform(-1, 1, (3, *at.shape))
    others = {k: np.array(a, dtype=float) for k, a in wrt.items()}
    slopes = complex_step(
        lambda x: np.sum(loss(*(x if k == name else a.copy() for k, a in others.items()))), at, directions
    )
    large = slopes is not None and np.abs(slopes).max(initial=0) > 1e-4  # a smaller one may hold the rounding of 1
    return (directions, slopes) if large else None


def with_slope(g, at, slope):
    """A stand-in for an elementwise g: the values of g at `at`, but `slope` for its derivative there.

    at and slope broadcast.  A loss that uses it has the gradient of those who take `slope` for the derivative of g.
    """
    return lambda z: g(at) + slope * (z - at)


def agrees(got, estimate, slack=0.0):
    """Where `got` is as near to the estimate as its error allows: bools of the estimate's shape (see `excess`)."""
    return excess(got, estimate, slack) <= 1


def excess(got, estimate, slack=0.0):
    """How far `got` is from the estimate, in units of what is allowed: above 1 is wrong, nan and inf give inf.

    got     of the estimate's shape, else ValueError; float32 is allowed its own rounding
    slack   allowed as well, as a fraction of the estimate's largest entry
    """
    got, size = np.asarray(got), np.abs(estimate.value)
    if got.shape != size.shape:
        raise ValueError(f"shape {got.shape} is compared with {size.shape}")
    if got.dtype in (np.float16, np.float32):
        slack = max(slack, 64 * np.finfo(np.float32).eps)
    allowed = SAFETY * estimate.error + 1e-6 * size + slack * size.max(initial=0) + np.finfo(float).tiny
    with np.errstate(all="ignore"):
        away = np.abs(got - estimate.value) / allowed
    return np.where(np.isnan(away), np.inf, away)


def differences(f, x):
    """The Jacobian of f at x by central differences alone, with an elementwise error: see `jacobian`."""
    centre, scale = np.asarray(f(x.copy())), _scale(x).ravel()
    if centre.dtype in (np.float16, np.float32):
        raise Undecided("its own function works in float32, whose rounding hides the slope")
    if x.size * centre.size == 0:
        return Estimate(np.zeros(centre.shape + x.shape), np.zeros(centre.shape + x.shape))
    shape, column = (x.size, *centre.shape), (-1,) + (1,) * centre.ndim
    value, error, unit, todo = np.zeros(shape), np.full(shape, np.inf), None, np.arange(x.size)
    size = np.abs(centre).max()
    for step in STEPS:
        s, h = scale[todo].reshape(column), step * scale[todo].reshape(column)
        far, near, back, rear = (_moved(f, x, todo, side * step * scale) for side in (1, 1 / 2, -1 / 2, -1))
        third = far - rear - 2 * (near - back)
        fourth = far + rear - 4 * (near + back) + 6 * centre
        slope = (8 * (near - back) - (far - rear)) / (6 * h)
        worst = np.sort(np.abs(fourth).reshape(len(todo), -1).max(axis=1))  # of each entry of x; kinks come last
        if unit is None:  # what of a slope is lost because f and x are rounded: at a minimum, all of it
            unit = EPS * (max(1.0, size) / s + np.abs(far + rear - 2 * centre) / h / step)
            rough = np.abs(fourth) > 1e-12 * max(1.0, size)  # more than rounding
        noise = max(worst[3 * len(todo) // 4] / 6, EPS * size)
        noise = np.where((fourth == 0) & (size < 1e-4), max(noise, EPS), noise)  # it may move by less than is seen
        here = np.abs(third) / (2 * h) + np.abs(fourth) / h + 2 * noise / h + 8 * unit[todo]
        value[todo] = np.where(here < error[todo], slope, value[todo])
        error[todo] = np.fmin(here, error[todo])
        top = np.abs(value).max()
        short = error > 1e-6 * np.abs(value) + 3e-8 * top
        todo = np.flatnonzero(short.reshape(x.size, -1).any(axis=1))
        if not todo.size:
            break
    if not np.isfinite(error).all():
        raise Undecided("its numbers are not finite here")
    nothing = (error <= 1e4 * unit) & (top <= SAFETY * error)  # 0 but for rounding
    lost = (error > 1e-4 * top) & ~nothing
    if (lost & rough).any():
        raise Kink
    if lost.any():
        raise Undecided("its numbers move so little here that rounding hides the slope")
    return Estimate(*(np.moveaxis(a, 0, -1).reshape(centre.shape + x.shape) for a in (value, error)))


def complex_step(f, x, directions):
    """J times each direction, by the complex step; None where f does not allow it.

    directions (m, *x.shape) -> f(x).shape + (m,).
    An f that is not analytic (abs, .real, a cast to float) may lose imaginary parts in silence.  So f is first moved
    along 1 + i: if analytic, it changes as much in its imaginary part as in its real part.
    """
    h = 2.0**-70
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", np.exceptions.ComplexWarning)
            ahead, behind = (np.asarray(f(x + s * (1 + 1j) * EPS ** (1 / 4) * directions[0])) for s in (1, -1))
            change, noise = ahead - behind, 64 * EPS * np.abs(ahead).max(initial=1)
            if not (np.abs(change.real - change.imag) <= 1e-6 * np.abs(change) + noise).all():
                return None
            values = [np.asarray(f(x + 1j * h * u)) for u in directions]
    except Exception:  # whatever f raises at complex numbers, it does not allow them
        return None
    return np.stack(values, axis=-1).imag / h


def _moved(f, x, entries, by):
    """f with one entry of x moved, for each of `entries` in turn: shape (entries, *output)."""
    values = []
    for entry in entries:
        there = x.copy()
        there.flat[entry] += by[entry]
        values.append(np.asarray(f(there), dtype=float))
    return np.array(values)


def _scale(x):
    """The size of each entry, or of the array where an entry is smaller, to the nearest power of two; 1 for zeros."""
    size = np.maximum(np.abs(x), np.abs(x).mean() if x.size else 0)
    return 2.0 ** np.round(np.log2(np.where(size == 0, 1.0, size)))


def _inner(upstream, value):
    """<upstream, value>; their shapes must be equal, since numpy would broadcast in silence."""
    if np.shape(upstream) != np.shape(value):
        raise ValueError(f"an upstream of shape {np.shape(upstream)} for a value of shape {np.shape(value)}")
    return np.sum(upstream * value)
