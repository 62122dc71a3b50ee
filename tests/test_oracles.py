"""Judging the judge's oracles: the truth is accepted, lies are not, and a fault put into the oracles is found out.

A fact takes the module, so that the same facts are asked of the module as it is and of faulty copies of it.
JUDGE_SEEDS=1000 (or more) draws that many; the usual run draws a sample.
"""

import os
import types
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes

from autograder.check import oracles

SEEDS = int(os.environ.get("JUDGE_SEEDS", 60))
FACTS = {}


def fact(function):
    FACTS[function.__name__] = function
    return function


# --- functions whose derivative is known -----------------------------------------------------------------------------


def dense_tanh(rng):
    X, Y = rng.normal(size=(4, 3)), rng.normal(size=(4, 2))

    def loss(W):
        return np.sum((np.tanh(X @ W) - Y) ** 2) / 4

    def gradient(W):
        A = np.tanh(X @ W)
        return X.T @ (2 * (A - Y) / 4 * (1 - A**2))

    return loss, gradient, rng.normal(size=(3, 2)), True


def relu_network(rng):
    X, Y, W2 = rng.normal(size=(5, 3)), rng.normal(size=(5, 2)), rng.normal(size=(4, 2))

    def loss(W):
        return np.mean(np.sum((np.where(X @ W > 0, X @ W, 0) @ W2 - Y) ** 2, axis=1))

    def gradient(W):
        Z = X @ W
        return X.T @ ((2 * (np.maximum(Z, 0) @ W2 - Y) / 5) @ W2.T * (Z > 0))

    return loss, gradient, rng.normal(size=(3, 4)), True


def cross_entropy(rng):
    X, Y = rng.normal(size=(4, 3)), np.eye(3)[rng.integers(0, 3, 4)]

    def loss(W):
        Z = X @ W
        top = Z.max(axis=1, keepdims=True)
        return np.mean(np.log(np.exp(Z - top).sum(axis=1)) + top[:, 0] - (Z * Y).sum(axis=1))

    def gradient(W):
        P = np.exp(X @ W)
        return X.T @ (P / P.sum(axis=1, keepdims=True) - Y) / 4

    return loss, gradient, rng.normal(size=(3, 3)), True


def softmax(rng):
    def value(z):
        e = np.exp(z - z.max())
        return e / e.sum()

    return value, lambda z: np.diag(value(z)) - np.outer(value(z), value(z)), rng.normal(size=4), True


def logsumexp(rng):
    return (
        lambda z: np.log(np.sum(np.exp(z - z.max()))) + z.max(),
        lambda z: np.exp(z) / np.exp(z).sum(),
        rng.normal(size=5),
        True,
    )


def softplus(rng):
    return lambda z: np.log1p(np.exp(z)), lambda z: np.diag(1 / (1 + np.exp(-z))), rng.normal(size=3), True


def stable_softplus(rng):
    return lambda z: np.logaddexp(0, z), lambda z: np.diag(1 / (1 + np.exp(-z))), rng.normal(size=3), False


def absolute(rng):
    return lambda x: np.sum(np.abs(x) + x**2), lambda x: np.sign(x) + 2 * x, rng.normal(size=(2, 3)), False


def largest(rng):
    return lambda x: np.max(x) ** 3, lambda x: 3 * x**2 * (x == x.max()), rng.normal(size=5), None


def layer(rng):
    """A map from (2, 3) to (2, 4): each output depends on one row alone, so most of its Jacobian is 0."""
    W = rng.normal(size=(3, 4))
    return lambda X: X @ W, lambda X: np.einsum("ij,ak->ikja", np.eye(2), W), rng.normal(size=(2, 3)), True


def offset(rng):
    return lambda x: 1000 + np.sum(np.sin(x)), np.cos, rng.normal(size=3), True


def unconcerned(rng):
    """A value that no entry moves: its derivative is 0 but for rounding."""
    return lambda z: np.sum(np.exp(z) / np.exp(z).sum()), np.zeros_like, rng.normal(size=3), True


FAMILIES = [dense_tanh, relu_network, cross_entropy, softmax, logsumexp, softplus, stable_softplus, absolute, largest]
FAMILIES += [layer, offset, unconcerned]


def scaled(rng, family, spread):
    """f(x) = A g(x / B), its Jacobian and its x, with A and B up to `spread` powers of ten either way."""
    g, jacobian, x, analytic = family(rng)
    A, B = 10.0 ** rng.uniform(-spread, spread, 2)
    return lambda x: A * g(x / B), lambda x: A / B * jacobian(x / B), B * x, analytic


def accepts_truth_and_rejects_lies(o, seeds, spread=6):
    kinks = 0
    for seed in seeds:
        rng = np.random.default_rng(seed)
        family = FAMILIES[seed % len(FAMILIES)]
        f, jacobian, x, _ = scaled(rng, family, spread)
        try:
            found = o.jacobian(f, x)
        except o.Kink:
            kinks += 1
            continue
        true = jacobian(x)
        assert found.value.shape == found.error.shape == true.shape
        assert o.agrees(true, found).all(), (seed, family.__name__)
        top = np.abs(true).max()
        if family is unconcerned:
            assert not o.agrees(true + 1e-6 * np.abs(f(x)) / np.abs(x).max(), found).any()
            continue
        enough = 1e-6 if np.abs(f(x)).max() > 1e-4 else 5e-5  # a tiny f may hold the rounding of 1
        assert (found.error <= enough * top).all(), (seed, family.__name__, found.error.max() / top)
        for index in np.argwhere(np.abs(true) > 1e-3 * top)[:6]:
            for lie in (1 + 5e-4, 1 - 5e-4):
                told = true.copy()
                told[tuple(index)] *= lie
                assert (o.agrees(told, found) == (told == true)).all(), (seed, family.__name__, index)
    assert kinks <= len(seeds) / 100


# --- facts -----------------------------------------------------------------------------------------------------------


@fact
def truth_passes_and_a_lie_of_a_twentieth_of_a_percent_does_not(o):
    accepts_truth_and_rejects_lies(o, range(2 * len(FAMILIES)))


@fact
def differences_alone_know_their_error(o):
    """The error covers what is off, and is not so large that it would cover a lie."""
    ratios = []
    for seed in range(8 * len(FAMILIES)):
        f, jacobian, x, _ = scaled(np.random.default_rng(seed), FAMILIES[seed % len(FAMILIES)], 0)
        found = o.differences(f, x)
        ratios.append(np.abs(found.value - jacobian(x)) / np.maximum(found.error, 1e-300))
    ratios = np.concatenate([r.ravel() for r in ratios])
    assert ratios.max() < 1
    assert np.mean(ratios > 1e-4) > 0.5  # and it is not a number far above


@fact
def the_complex_step_alone_is_right_to_the_last_digits(o):
    for seed in range(3 * len(FAMILIES)):
        f, jacobian, x, analytic = scaled(np.random.default_rng(seed), FAMILIES[seed % len(FAMILIES)], 3)
        directions = np.eye(x.size).reshape(x.size, *x.shape) * np.abs(x).max()
        with np.errstate(all="ignore"):
            found = o.complex_step(f, x, directions)
        assert analytic is None or (found is not None) == analytic, FAMILIES[seed % len(FAMILIES)].__name__
        if analytic:
            true = jacobian(x).reshape(*found.shape) * np.abs(x).max()
            assert np.abs(found - true).max() <= 1e-12 * max(np.abs(true).max(), np.abs(f(x)).max())


@fact
def functions_that_lose_imaginary_parts_are_not_believed(o):
    lossy = [
        np.abs,
        lambda x: x**2 + 1e-3 * np.abs(x),
        lambda x: x.real**2,
        lambda x: (x * x.conj()).real,
        lambda x: x * x.conj(),
        np.linalg.norm,
        lambda x: np.array(x, dtype=float) ** 2,
        lambda x: x.astype(float).sum() + 0 * x.sum(),
        lambda x: np.array([float(v) for v in x]),
        lambda x: np.arctan2(x, 1.0),
        lambda x: np.hypot(x, 1.0),
        lambda x: np.array([v**2 if v > 0 else -v for v in x.tolist()]),
    ]
    x = np.array([0.3, -1.2, 0.7])
    with warnings.catch_warnings(record=True) as leaked:
        warnings.simplefilter("always")
        for f in lossy:
            assert o.complex_step(f, x, x[None]) is None
            assert (o.jacobian(f, x).value == o.differences(f, x).value).all()
    assert not leaked


@fact
def the_two_oracles_must_agree(o):
    """Each function is another one at complex numbers, by 1e-4 in one entry: analytic, so only a comparison tells."""
    x = np.array([0.3, -1.2, 0.7])
    for entry in range(3):

        def f(x, entry=entry):
            return np.sum(x**2) + np.iscomplexobj(x) * 1e-4 * x[entry]

        assert o.complex_step(f, x, x[None]) is not None
        with pytest.raises(o.Undecided, match="two ways"):
            o.jacobian(f, x)
        with pytest.raises(o.Undecided, match="two ways"):
            o.gradients(lambda a, b, f=f: f(a) + np.sum(b), dict(a=x, b=x))


@fact
def kinks_are_told_from_other_trouble(o):
    with pytest.raises(o.Kink):
        o.jacobian(lambda x: np.sum(np.abs(x), axis=1), np.array([[0.0, 1.0], [2.0, 1.0]]))
    for f in (np.floor, lambda x: np.maximum(x, 2.0), lambda x: np.maximum(np.abs(x - 2), 0 * x)):
        with pytest.raises(o.Kink):
            o.jacobian(f, np.array(2.0))
    with pytest.raises(o.Undecided):  # a step met in its middle: both sides look alike
        o.jacobian(np.sign, 0.0)
    noise = np.random.default_rng(0)
    with pytest.raises(o.Undecided):
        o.jacobian(lambda x: x + 1e-3 * noise.normal(size=x.shape), base := np.array([2.0, 3.0]))
    for f in (
        lambda x: np.log(-x),
        lambda x: x / 0.0,
        lambda x: np.where(x > 2, np.nan, x),
        lambda x: np.where(x > 2, np.inf, x),
    ):
        with pytest.raises(o.Undecided) as trouble:
            o.jacobian(f, base)
        assert "not finite" in str(trouble.value)
        assert str(trouble.value).startswith("This check cannot decide: ")
        assert str(trouble.value).endswith(". Your answer was not judged.")


@fact
def sharp_bends_and_large_offsets_are_resolved(o):
    for f, true, x in [
        (lambda x: np.sin(1e6 * x), lambda x: 1e6 * np.cos(1e6 * x), 1.0),
        (lambda x: 1e8 + np.sin(x), np.cos, 0.7),
        (lambda x: np.sin(1e5 * x), lambda x: 1e5 * np.cos(1e5 * x), 0.0),
        (lambda x: (x - 0.3) ** 2, lambda x: 2 * (x - 0.3), 0.3),
    ]:
        found = o.jacobian(f, x)
        assert o.agrees(np.asarray(true(x)), found)
        assert not o.agrees(np.asarray(true(x) + max(5e-4 * abs(true(x)), 1e-9)), found)


@fact
def at_a_perfect_fit_rounding_is_all_there_is(o):
    for seed in range(20):
        rng = np.random.default_rng(seed)
        large = 1e3 ** (seed % 2)
        X, w = large * rng.normal(size=(6, 3)), rng.normal(size=3)
        y = np.array([sum(row * w) for row in X])  # X @ w in another order: off by a few EPS
        found = o.jacobian(lambda w, X=X, y=y: np.mean((X @ w - y) ** 2), w)
        for residual in (X @ w - y, np.einsum("ij,j->i", X, w) - y, np.zeros(6)):
            assert o.agrees(2 * X.T @ residual / 6, found).all()
        assert not o.agrees(np.full(3, 1e-11 * large**2), found).any()


@fact
def evaluations_are_counted(o):
    def calls(ask, f, *args):
        count = [0]

        def counted(*args):
            count[0] += 1
            return f(*args)

        ask(counted, *args)
        return count[0]

    x = np.random.default_rng(0).normal(size=(3, 4))
    assert calls(o.jacobian, lambda x: np.sum(np.sin(x)), x) == 6 + 4 * 12
    assert calls(o.vjp, np.sin, x, x) == 6 + 4 * 12
    assert calls(o.directional, np.sin, x, x, x) == 6 + 4
    assert calls(o.gradients, lambda a, b: np.sum(np.sin(a)) * np.sum(b), dict(a=x, b=x[0])) == 6 + 4 * 12 + 6 + 4 * 4
    assert calls(o.differences, lambda x: np.sum(np.abs(x - 1e-6)), np.array([1e-6 + 1e-5, 1.0, 2.0])) <= 1 + 8 * 3
    assert calls(o.differences, lambda x: np.sum(np.sin(x)), np.array([1e-12, 1.0])) == 1 + 4 * 2
    assert calls(o.differences, lambda z: np.sum(np.exp(z) / np.exp(z).sum()), x) <= 1 + 16 * 12
    assert calls(o.jacobian, np.sin, np.zeros((0, 3))) <= 6


@fact
def f_gets_copies_and_may_spoil_them(o):
    rng = np.random.default_rng(3)
    W, b = rng.normal(size=(2, 3)), rng.normal(size=3)
    W.flags.writeable = False

    def loss(W, b):
        value = np.sum(np.sin(W) @ b)
        W *= 0
        b *= 0
        return value

    found = o.gradients(loss, dict(W=W, b=b))
    assert o.agrees(np.cos(W) * b, found["W"]).all()
    assert o.agrees(np.sin(W).sum(axis=0), found["b"]).all()
    assert b.all()

    def spoils(x):
        value = np.sin(x)
        x *= 0
        return value

    assert o.agrees(np.diag(np.cos(b)), o.jacobian(spoils, b)).all()
    assert o.agrees(np.cos(b) * b, o.vjp(spoils, b, b)).all()


@fact
def a_vector_jacobian_product_is_the_jacobian_contracted(o):
    rng = np.random.default_rng(4)
    f, jacobian, X, _ = layer(rng)
    upstream, direction = rng.normal(size=(2, 4)), 1e-3 * rng.normal(size=(2, 3))
    true = np.einsum("ik,ikja->ja", upstream, jacobian(X))
    assert o.agrees(true, o.vjp(f, X, upstream)).all()
    for size in (1e-6, 1.0, 1e6):
        along = o.directional(lambda X, s=size: s * np.sin(f(X / s)), size * X, upstream, direction)
        claim = np.sum(np.einsum("ik,ikja->ja", upstream * np.cos(f(X)), jacobian(X)) * direction)
        assert along.value.shape == ()
        assert o.agrees(claim, along)
        assert not o.agrees(claim * 1.0005, along)
        assert not o.agrees(claim * 0.9995, along)
    for wrong in (upstream[0], upstream.T, 1.0, upstream[None]):
        with pytest.raises(ValueError, match="upstream of shape"):
            o.vjp(f, X, wrong)
        with pytest.raises(ValueError, match="upstream of shape"):
            o.directional(f, X, wrong, direction)
    with pytest.raises(ValueError, match="direction of shape"):
        o.directional(f, X, upstream, direction[0])
    assert o.directional(f, np.zeros((2, 3)), upstream, direction).value == pytest.approx(np.sum(true * direction))
    assert o.directional(f, X, upstream, 0 * direction).value == 0
    assert o.directional(np.sin, np.zeros((0, 3)), np.zeros((0, 3)), np.zeros((0, 3))).value == 0


@fact
def gradients_keep_names_order_and_terms(o):
    rng = np.random.default_rng(5)
    X, W, b = rng.normal(size=(4, 3)), rng.normal(size=(3, 2)), rng.normal(size=2)

    def terms(W, b):
        return np.sum(np.tanh(X @ W + b), axis=1)

    slope = 1 - np.tanh(X @ W + b) ** 2
    each = dict(b=slope, W=X[:, :, None] * slope[:, None, :])
    for loss in (terms, lambda W, b: terms(W, b)[:, None]):
        found = o.gradients(loss, dict(W=W, b=b))
        assert list(found) == ["W", "b"]
        for name, estimate in found.items():
            assert o.agrees(each[name].sum(axis=0), estimate).all()
            assert not o.agrees(each[name].sum(axis=0) * 1.0005, estimate).any()
            assert np.allclose(estimate.terms, each[name], rtol=1e-7, atol=1e-9)
            assert estimate.error.shape == estimate.value.shape
    whole = o.gradients(lambda W, b: terms(W, b).sum(), dict(W=W, b=b))
    assert whole["W"].terms is None
    assert o.agrees(each["W"].sum(axis=0), whole["W"]).all()
    for at in np.linspace(0.1, 1, 10):  # two large terms, whose rounding outlasts their sum
        sums = o.gradients(lambda x: np.array([1e9 * np.sin(x), 0.3 * x - 1e9 * np.sin(x)]), dict(x=at))["x"]
        assert np.abs(sums.value - 0.3) <= sums.error
    mixed = o.gradients(lambda a, b: np.array(a) ** 2 @ b, dict(a=[3, -1], b=np.array([2, 5])))
    assert o.agrees(np.array([12.0, -10.0]), mixed["a"]).all()
    assert o.agrees(np.array([9.0, 1.0]), mixed["b"]).all()
    empty = o.gradients(lambda a, W: terms(W, b), dict(a=np.zeros((0, 3)), W=W))
    assert empty["a"].value.shape == (0, 3)


@fact
def an_example_that_is_right_and_sure_is_no_kink(o):
    """Its loss is nearly 0 and full of rounding; the other examples decide."""
    for seed in range(20):
        rng = np.random.default_rng(seed)
        X, Y = rng.normal(size=(4, 3)), np.eye(3)[rng.integers(0, 3, 4)]
        W = np.linalg.pinv(X) @ Y * rng.uniform(5, 12)
        P = np.exp(X @ W)
        true = X.T @ (P / P.sum(axis=1, keepdims=True) - Y) / 4
        terms = lambda W, X=X, Y=Y: (np.log(np.exp(X @ W).sum(axis=1)) - np.sum(X @ W * Y, axis=1)) / 4  # noqa: E731
        for loss in (terms, lambda W, f=terms: np.sum(f(W))):
            found = o.gradients(loss, dict(W=W))["W"]
            assert o.agrees(true, found).all(), seed
            assert found.error.max() < 1e-4 * np.abs(true).max()


def saturated(z0):
    """(f, x, its Jacobian without cancellation, the same as learners write it): tiny slopes that are left of 1."""
    z = np.array([z0, 0.0, -1.0])
    P, Q = np.exp(z) / np.exp(z).sum(), np.exp(z[1:]) / np.exp(z).sum()
    J = np.diag(P) - np.outer(P, P)
    exact = J.copy()
    exact[0, 0] = P[0] * Q.sum()
    two = np.array([z0, z0 + 0.5])
    yield lambda z: -np.log(np.exp(z[0]) / np.exp(z).sum()), z, np.array([-Q.sum(), *Q]), P - [1, 0, 0]
    yield lambda z: np.log(np.exp(z - z.max()).sum()) + z.max() - z[0], z, np.array([-Q.sum(), *Q]), P - [1, 0, 0]
    yield lambda z: np.log1p(np.exp(z[1:] - z[0]).sum()), z, np.array([-Q.sum(), *Q]), P - [1, 0, 0]
    yield lambda z: np.exp(z) / np.exp(z).sum(), z, exact, J
    yield lambda z: -np.sum(np.log(1 / (1 + np.exp(-z)))), two, -1 / (1 + np.exp(two)), 1 / (1 + np.exp(-two)) - 1
    yield lambda z: np.sum(np.tanh(z / 2)), two, 0.5 / np.cosh(two / 2) ** 2, (1 - np.tanh(two / 2) ** 2) / 2


@fact
def where_a_loss_is_flat_the_right_answer_is_never_refused(o):
    decided = np.zeros(6, dtype=int)
    for z0 in np.arange(3, 42, 0.5):
        for i, (f, x, true, usual) in enumerate(saturated(z0)):
            try:
                found = o.jacobian(f, x)
            except o.Kink:
                raise AssertionError(f"a smooth function has no kink: {i} at {z0}") from None
            except o.Undecided:
                continue
            assert o.agrees(true, found).all(), (i, z0)
            assert o.agrees(usual, found).all(), (i, z0)
            if np.abs(true).max() > (2e-13 if i == 1 else 2e-14):  # less is 0 but for the rounding of z0, or of 1
                decided[i] += 1
                assert not o.agrees(1.0005 * true, found).all(), (i, z0)
                assert not o.agrees(-true, found).all(), (i, z0)
                assert not o.agrees(0 * true, found).all(), (i, z0)
    assert (decided >= 26).all()  # at least up to z0 = 16
    assert decided[0] >= 34  # up to 20
    f, x, *_ = next(saturated(20.0))
    assert o.complex_step(f, x, x[None]) is not None
    assert o.along(f, dict(z=x), "z") is None  # its last digits are those of 1


@fact
def what_does_not_move_has_no_slope(o):
    for f in (lambda x: np.sum(np.maximum(x, 0)), lambda x: 0 * x[:1], lambda x: np.maximum(1e-9 * x, 0)):
        found = o.jacobian(f, x := np.array([-0.7, -1.3]))
        assert o.agrees(found.value * 0, found).all()
        assert not o.agrees(found.value + 1e-12, found).any()
    found = o.jacobian(lambda x: 1e6 * np.sum(np.exp(x) / np.exp(x).sum()), x)
    assert o.agrees(found.value * 0, found).all()
    tiny = o.jacobian(lambda x: 1e-6 * np.sum(x), x)
    assert o.agrees(np.full(2, 1e-6), tiny).all()
    assert not o.agrees(np.full(2, 1.0005e-6), tiny).any()
    with pytest.raises(o.Undecided, match="rounding hides"):
        o.jacobian(lambda x: 1e-11 * x[:1], x)


@fact
def a_loss_in_float32_is_not_judged_by(o):
    for x in (0.3, np.array([0.3, 0.8, 0.3])):
        with pytest.raises(o.Undecided, match="float32"):
            o.jacobian(lambda x: np.sum(np.sin(x)).astype(np.float32), x)
    whole = o.jacobian(lambda x: np.floor(x).astype(int), np.array([0.5, 1.5]))
    assert not whole.value.any()


@fact
def slopes_along_drawn_directions_are_exact(o):
    rng = np.random.default_rng(8)
    W, b, X = rng.normal(size=(3, 2)), [1, -2], rng.normal(size=(4, 3))

    def loss(W, b):
        value = np.sum(np.tanh(X @ W + b), axis=1)
        b *= 0
        return value

    slope = 1 - np.tanh(X @ W + b) ** 2
    for name, true in dict(W=X.T @ slope, b=slope.sum(axis=0)).items():
        directions, slopes = o.along(loss, dict(W=W, b=b), name)
        assert directions.shape == (3, *true.shape)
        assert np.allclose(slopes, np.tensordot(directions, true, true.ndim), rtol=1e-13, atol=1e-13)
        assert np.linalg.matrix_rank(directions.reshape(3, -1)) == min(3, true.size)
    assert o.along(lambda W, b: np.sum(np.abs(W)), dict(W=W, b=b), "W") is None


@fact
def comparisons_do_not_broadcast_and_do_not_take_nan(o):
    value = np.array([[1.0, -2.0, 1e-9], [0.0, 5.0, 1e3]])
    estimate = o.Estimate(value, np.full((2, 3), 1e-8))
    assert o.agrees(value, estimate).all()
    assert o.agrees(value + 3.9e-8, estimate).all()
    assert (o.agrees(value + 4.5e-8, estimate) == (np.abs(value) > 1e-2)).all()
    assert o.agrees(value * (1 + 9e-7), estimate).all()
    assert (o.agrees(value * (1 + 2e-6), estimate) == (np.abs(value) < 1e-2)).all()
    assert o.agrees(value + 9e-3, estimate, slack=1e-5).all()
    assert (o.agrees(value + 2e-2, estimate, slack=1e-5) == [[False] * 3, [False] * 3]).all()
    for bad in (np.nan, np.inf, -np.inf):
        told = value.copy()
        told[0, 1] = bad
        assert o.excess(told, estimate)[0, 1] == np.inf
        assert o.agrees(told, estimate).sum() == 5
    assert o.agrees(value.astype(np.float32), estimate).all()
    assert o.agrees((value + 5e-3).astype(np.float32), estimate).all()
    assert not o.agrees((value + 5e-3).astype(np.float32).astype(float), estimate)[:, :2].any()
    assert not o.agrees((value * 1.0005).astype(np.float32), estimate)[1, 2]
    assert not o.agrees((value * 1.0005).astype(np.float16), estimate)[1, 2]
    assert not o.agrees(value + 1e-3j, estimate)[0, 0]
    assert o.excess(value + 1e-7, estimate)[1, 0] == pytest.approx(2.5)
    for shape in ((3,), (1, 2, 3), (3, 2), ()):
        with pytest.raises(ValueError, match="is compared with"):
            o.agrees(np.ones(shape), estimate)
    with pytest.raises(ValueError, match="is compared with"):
        o.agrees(np.zeros((0, 4)), o.Estimate(np.zeros((0, 3)), np.zeros((0, 3))))
    assert o.agrees(0, o.Estimate(np.zeros(()), np.zeros(())))
    assert not o.agrees(1e-200, o.Estimate(np.zeros(()), np.zeros(())))


@fact
def a_stand_in_has_the_values_but_another_slope(o):
    z = np.array([-0.7, 0.4, 2.0])
    f = o.with_slope(np.tanh, z, 1.0)
    assert np.array_equal(f(z), np.tanh(z))
    assert np.allclose(o.jacobian(f, z).value, np.eye(3))
    assert np.allclose(o.jacobian(o.with_slope(np.tanh, z, z**2), z).value, np.diag(z**2))


@fact
def layouts_and_types_do_not_matter(o):
    base = np.random.default_rng(6).normal(size=(4, 6))
    frozen = base.copy()
    frozen.flags.writeable = False
    for x in (base.T, base[::2, ::-3], np.asfortranarray(base), frozen, base.astype(np.float32), base[1, 2]):
        true = np.cos(np.asarray(x, dtype=float))
        assert o.agrees(true, o.jacobian(lambda x: np.sum(np.sin(x)), x)).all()
        assert o.agrees(true * x, o.vjp(np.sin, x, x)).all()
    assert o.agrees(np.array([6.0, 10.0]), o.jacobian(lambda x: np.sum(x**2), [3, 5])).all()
    for x, out in ((np.zeros((0, 3)), (0, 3)), (np.zeros((2, 0)), (2, 0))):
        assert o.jacobian(np.sin, x).value.shape == out + x.shape
        assert o.jacobian(lambda x: np.sum(x), x).value.shape == x.shape
    assert o.jacobian(lambda x: x[:0], base[0]).error.shape == (0, 6)


@fact
def every_distance_from_a_kink_gives_the_right_side_or_a_kink(o):
    for jump in (1.0, 1e-2, -30.0):
        for size in (1e-3, 1.0, 1e4):
            for distance in np.concatenate([[0], 10.0 ** np.linspace(-14, 0, 29)]):
                for side in (-1, 1):
                    x = size * np.array([1, -1, 2, -2, 0.5, 0.7, 1.3, -0.4])

                    def f(x, at=size * (1 - side * distance), jump=jump):
                        return np.sum(x) + jump * np.maximum(x[0] - at, 0)

                    try:
                        found = o.jacobian(f, x)
                    except o.Kink:
                        assert distance < 1e-9, distance
                    else:
                        assert distance > 0
                        assert o.agrees(np.array([1.0 + jump * (side > 0)] + [1.0] * 7), found).all(), (distance, side)
                        assert found.error.max() < 1.1e-4 * np.abs(found.value).max()


# --- the facts hold, and no fault gets past them ---------------------------------------------------------------------

FAULTS = [
    # differences
    ("(1, 1 / 2, -1 / 2, -1)", "(1, 1 / 2, -1 / 2, -2)"),  # x + h against x - 2h over 2h
    ("(1, 1 / 2, -1 / 2, -1)", "(1, 1 / 2, -1, -1)"),
    ("(1, 1 / 2, -1 / 2, -1)", "(1, 1 / 2, 0, -1)"),
    ("slope = (8 * (near - back) - (far - rear)) / (6 * h)", "slope = (far - rear) / h"),  # not halved
    (
        "slope = (8 * (near - back) - (far - rear)) / (6 * h)",
        "slope = (8 * (near - back) - (far - rear)) / (6.003 * h)",
    ),
    ("slope = (8 * (near - back) - (far - rear)) / (6 * h)", "slope = (8 * (near - back) + (far - rear)) / (6 * h)"),
    ("slope = (8 * (near - back) - (far - rear)) / (6 * h)", "slope = 2 * (near - centre) / h"),  # one-sided
    ("far - rear - 2 * (near - back)", "0 * far"),
    ("far - rear - 2 * (near - back)", "far - rear"),
    ("far + rear - 4 * (near + back) + 6 * centre", "0 * far"),
    ("far + rear - 4 * (near + back) + 6 * centre", "far + rear - 2 * (near + back) + 6 * centre"),
    ("+ np.abs(fourth) / h", ""),
    ("np.abs(third) / (2 * h) +", ""),
    ("+ 2 * noise / h", ""),
    ("+ 2 * noise / h", "+ 2000 * noise / h"),
    ("+ 8 * unit[todo]", ""),
    ("2.0 ** np.array([-13, -23, -33, -6])", "2.0 ** np.array([-4, -23, -33, -6])"),
    ("2.0 ** np.array([-13, -23, -33, -6])", "2.0 ** np.array([-30, -23, -33, -6])"),
    ("2.0 ** np.array([-13, -23, -33, -6])", "2.0 ** np.array([-13])"),
    ("2.0 ** np.array([-13, -23, -33, -6])", "2.0 ** np.array([-13, -23, -33])"),
    ("2.0 ** np.array([-13, -23, -33, -6])", "2.0 ** np.array([-13, -23, -6])"),
    ("SAFETY = 4.0", "SAFETY = 4e5"),
    ("SAFETY = 4.0", "SAFETY = 1e-3"),
    ("there.flat[entry] += by[entry]", "there.flat[0] += by[entry]"),
    ("there.flat[entry] += by[entry]", "there += by[entry]"),
    ("there.flat[entry] += by[entry]", "there.flat[entry] += by[0]"),
    ("there.flat[entry] += by[entry]", "there.flat[entry] += by[entry] * (entry != 1)"),  # an entry is skipped
    ("there.flat[entry] += by[entry]", "there.T.flat[entry] += by[entry]"),
    ("there = x.copy()", "there = x"),
    ("np.moveaxis(a, 0, -1).reshape(", "a.reshape("),  # input axes first
    ("np.moveaxis(a, 0, -1).reshape(", "np.moveaxis(a, 0, -1).T.reshape("),
    ("here < error[todo]", "here > error[todo]"),
    ("np.fmin(here, error[todo])", "here"),
    ("if not todo.size:", "if True:"),
    ("np.abs(x).mean() if x.size else 0", "0"),
    ("np.abs(x).mean() if x.size else 0", "1"),
    ("np.where(size == 0, 1.0, size)", "size"),
    ("if x.size * centre.size == 0:", "if False:"),
    ("np.asarray(f(x.copy()))", "np.asarray(f(x))"),
    ("if centre.dtype in (np.float16, np.float32):", "if False:"),
    ("raise Kink\n", "pass\n"),
    ("(error > 1e-4 * top) & ~", "(error > 1e-9 * top) & ~"),
    ("(error > 1e-4 * top) & ~", "(error > top) & ~"),
    ("(error > 1e-4 * top) & ~", "~"),
    ("& ~nothing", ""),
    ("(error <= 1e4 * unit) & (top <= SAFETY * error)", "(error <= 1e4 * unit)"),
    ("(error <= 1e4 * unit) & (top <= SAFETY * error)", "(top <= SAFETY * error)"),
    ("if (lost & rough).any():", "if lost.any():"),
    ("if (lost & rough).any():", "if False:"),
    ("if lost.any():", "if False:"),
    ("> 1e-12 * max(1.0, size)", "> EPS * size"),
    ("> 1e-12 * max(1.0, size)", "> 1e-2"),
    ("EPS * (max(1.0, size) / s", "EPS * (size / s"),
    ("EPS * (max(1.0, size) / s", "EPS * (1 / s"),
    ("(fourth == 0) & (size < 1e-4)", "False"),
    ("(fourth == 0) & (size < 1e-4)", "(fourth == 0)"),
    ("(fourth == 0) & (size < 1e-4)", "(size < 1e-4)"),
    ("+ np.abs(far + rear - 2 * centre) / h / step)", ")"),
    ("if not np.isfinite(error).all():", "if False:"),
    ("error > 1e-6 * np.abs(value) + 3e-8 * top", "error > 1e-3 * np.abs(value) + 1e-3 * top"),
    # the complex step, and the agreement of the two
    ("np.stack(values, axis=-1).imag / h", "np.stack(values, axis=-1).imag / (2 * h)"),
    ("np.stack(values, axis=-1).imag / h", "np.stack(values, axis=-1).real / h"),
    ("np.stack(values, axis=-1).imag / h", "np.stack(values, axis=-1).imag"),
    ("np.stack(values, axis=-1).imag / h", "np.stack(values, axis=0).imag / h"),
    ("f(x + 1j * h * u)", "f(x - 1j * h * u)"),
    ("f(x + 1j * h * u)", "f(x + 2j * h * u)"),
    ("f(x + 1j * h * u)", "f(x + 1j * h * np.abs(u))"),
    ("f(x + 1j * h * u)", "f(x + 1j * h)"),
    ("h = 2.0**-70", "h = 2.0**-7"),
    ("(1 + 1j) * EPS", "1j * EPS"),
    ("(1 + 1j) * EPS", "(1 + 2j) * EPS"),
    ("np.abs(change.real - change.imag) <=", "0 * np.abs(change) <="),
    ("1e-6 * np.abs(change) + noise", "1e-1 * np.abs(change) + noise"),
    ("1e-6 * np.abs(change) + noise", "1e-6 * np.abs(change)"),
    ('warnings.simplefilter("error"', 'warnings.simplefilter("always"'),
    ("if exact is not None:", "if False:"),
    ("if exact is not None:", "if True:"),
    ("<= SAFETY * error @ np.abs(flat)", "<= 1e-2 + SAFETY * error @ np.abs(flat)"),
    ("<= SAFETY * error @ np.abs(flat)", "<= SAFETY * error @ flat"),
    ("np.abs(value @ flat - exact)", "(value @ flat - exact)"),
    ("/ 6, EPS * size)", "/ 6, 0)"),
    ("max(worst[3 * len(todo) // 4] / 6, EPS", "max(EPS"),
    ("max(worst[3 * len(todo) // 4] / 6, EPS", "max(worst[-1] * 1e4, EPS"),
    # what is built from them
    ("return (directions, slopes) if large else None", "return directions, slopes"),
    ("large = slopes is not None and np.abs(slopes).max(initial=0) > 1e-4", "large = slopes is not None"),
    ("np.abs(ahead).max(initial=1)", "np.abs(ahead).max(initial=0)"),
    ("(x if k == name else a.copy() for k, a in others.items())", "(x if k == name else a for k, a in others.items())"),
    ("np.sum(loss(*(x if k == name", "np.max(loss(*(x if k == name"),
    ("_inner(upstream, f(x)), x)", "_inner(np.ones_like(upstream), f(x)), x)"),
    ("_inner(upstream, f(x)), x)", "np.sum(upstream * f(x)), x)"),
    ("f(x + t * size * direction)", "f(x + t * direction)"),
    ("Estimate(found.value / size, found.error / size)", "Estimate(found.value, found.error)"),
    ("Estimate(found.value / size, found.error / size)", "Estimate(found.value / size, found.error)"),
    ("if x.shape != direction.shape:", "if False:"),
    ("x if k == at else a.copy()", "x if k == at else a"),
    ("x if k == at else a.copy()", "x"),
    ("terms.sum(axis=0), errors", "terms.mean(axis=0), errors"),
    ("errors.sum(axis=0)", "errors.max(axis=0) * 1e-6"),
    ("Estimate(terms.sum(axis=0), errors.sum(axis=0), terms)", "Estimate(terms.sum(axis=0), errors.sum(axis=0))"),
    ("np.sum(upstream * value)", "np.sum(value)"),
    ("g(at) + slope * (z - at)", "g(at) + slope * z"),
    ("g(at) + slope * (z - at)", "g(z) + slope * (z - at)"),
    # comparisons
    ("excess(got, estimate, slack) <= 1", "excess(got, estimate) <= 1"),
    ("excess(got, estimate, slack) <= 1", "~(excess(got, estimate, slack) <= 1)"),
    ("np.abs(got - estimate.value) / allowed", "(got - estimate.value) / allowed"),
    ("if got.shape != size.shape:", "if False:"),
    ("SAFETY * estimate.error + 1e-6", "SAFETY * estimate.error.max(initial=0) + 1e-3"),
    ("SAFETY * estimate.error + 1e-6", "1e-6"),
    ("1e-6 * size + slack", "0 * size + slack"),
    ("if got.dtype in (np.float16, np.float32)", "if got.dtype in (np.float64,)"),
    ("if got.dtype in (np.float16, np.float32)", "if got.dtype in ()"),
    ("64 * np.finfo(np.float32).eps", "1e-2"),
    ("64 * np.finfo(np.float32).eps", "64 * np.finfo(got.dtype).eps"),
    ("np.where(np.isnan(away), np.inf, away)", "away"),
    ("np.where(np.isnan(away), np.inf, away)", "np.where(np.isnan(away), 0, away)"),
    ("+ np.finfo(float).tiny", ""),
]


@pytest.mark.parametrize("name", FACTS)
def test_fact(name):
    FACTS[name](oracles)


@pytest.mark.parametrize(("right", "wrong"), FAULTS)
def test_a_fault_is_found(right, wrong):
    assert survivor(oracles, right, wrong) is None


def survivor(module, right, wrong, facts=FACTS):
    """None where a fact fails for the module with one text replaced by another; else a sentence."""
    source = Path(module.__file__).read_text(encoding="utf-8")
    assert source.count(right) == 1, f"{right!r} stands {source.count(right)} times in {module.__name__}"
    faulty = types.ModuleType("faulty")
    exec(compile(source.replace(right, wrong), "faulty", "exec"), faulty.__dict__)
    for check in facts.values():
        try:
            with np.errstate(all="ignore"):
                check(faulty)
        except (Exception, pytest.fail.Exception):
            return None
    return f"nothing notices {wrong!r} in place of {right!r}"


def test_truth_and_lies_over_many_seeds():
    accepts_truth_and_rejects_lies(oracles, range(1000, 1000 + SEEDS))


LAYOUTS = {
    "C": lambda a: a,
    "F": np.asfortranarray,
    "transposed": np.transpose,
    "strided": lambda a: np.repeat(a, 2, axis=-1)[..., ::2] if a.ndim else a,
    "reversed": lambda a: a[..., ::-1] if a.ndim else a,
    "broadcast": lambda a: np.broadcast_to(a, (2, *a.shape)),
}


@settings(max_examples=max(50, SEEDS // 4), deadline=None, derandomize=True)
@given(
    shape=array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3),
    dtype=st.sampled_from([np.float64, np.float32, np.int64]),
    layout=st.sampled_from(sorted(LAYOUTS)),
    frozen=st.booleans(),
    powers=st.tuples(st.integers(-6, 6), st.integers(-6, 6)),
    seed=st.integers(0, 2**32 - 1),
)
def test_shapes_types_layouts_and_scales(shape, dtype, layout, frozen, powers, seed):
    rng = np.random.default_rng(seed)
    A, B = 10.0 ** powers[0], 10.0 ** powers[1]
    x = LAYOUTS[layout](np.array(B * rng.uniform(-3, 3, shape), dtype=dtype))
    x.flags.writeable = x.flags.writeable and not frozen
    before = x.tolist()
    upstream = rng.normal(size=x.shape)
    exact = np.asarray(x, dtype=float)
    true = A / B * upstream * np.cos(exact / B)
    found = oracles.vjp(lambda x: A * np.sin(x / B), x, upstream)
    assert found.value.shape == x.shape
    assert oracles.agrees(true, found).all()
    large = np.abs(true) > 1e-2 * np.abs(true).max(initial=0)
    assert not oracles.agrees(true * 1.0005, found)[large].any()
    full = oracles.jacobian(lambda x: A * np.sin(x / B), x)
    assert full.value.shape == x.shape + x.shape
    diagonal = np.diag((A / B * np.cos(exact / B)).ravel()).reshape(full.value.shape)
    assert oracles.agrees(diagonal, full).all()
    assert x.tolist() == before
