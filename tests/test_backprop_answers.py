"""Chapter 5: a library written without ours agrees with its answers, and its slips, derivations, orders are sound."""

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from course_under_test import CHAPTERS, every_exercise, reference, run_check

from autograder.check import argument
from autograder.grading import notebook
from course.known.sigmoid_softmax import softmax, softmax_jacobian
from solutions import backprop as solutions

TEXT = "\n".join(cell.source for cell in notebook.read(CHAPTERS["05-backprop"]).cells)
EXERCISES = {e.identifier: (folder, e) for _, slug, folder, e in every_exercise() if slug == "backprop"}
CLOSE = {"rtol": 1e-10, "atol": 1e-12}


# --- independence ----------------------------------------------------------------------------------------------------


def by_autograd(X, Y, layers, head, lam=0.0):
    kinds = [kind for *_, kind in layers]

    def loss(flat):
        H = X
        for W, b, kind in zip(flat[::2], flat[1::2], kinds, strict=True):
            Z = anp.dot(H, W) + b
            H = anp.where(Z > 0, Z, 0.0) if kind == "relu" else 1 / (1 + anp.exp(-Z)) if kind == "logistic" else Z
        penalty = lam * sum(anp.sum(W**2) for W in flat[::2])
        if head == "squares":
            return anp.mean(anp.sum((H - Y) ** 2, axis=1)) + penalty
        return anp.mean(anp.log(anp.sum(anp.exp(H), axis=1)) - anp.sum(Y * H, axis=1)) + penalty

    return autograd.grad(loss)([part for W, b, _ in layers for part in (W, b)])


@pytest.mark.parametrize(
    "widths, kinds, head",
    [
        ((4, 5, 3, 2), ("relu", "relu", "identity"), "softmax"),
        ((3, 3, 3, 3), ("relu", "relu", "identity"), "softmax"),
        ((4, 3, 4), ("relu", "relu"), "squares"),
        ((4, 4, 4), ("relu", "relu"), "squares"),
        ((3, 5, 4, 2), ("relu", "relu", "identity"), "squares"),
        ((3, 4, 1), ("logistic", "identity"), "squares"),
        ((3, 2), ("logistic",), "squares"),
    ],
)
def test_the_gradients_of_any_network_are_autograds(widths, kinds, head):
    rng = np.random.default_rng(5)
    X, Y = rng.normal(size=(7, widths[0])), np.eye(widths[-1])[rng.integers(0, widths[-1], size=7)]
    pairs = zip(widths, widths[1:], kinds, strict=False)
    layers = [(rng.normal(size=(a, b)), rng.normal(size=b), kind) for a, b, kind in pairs]
    found, theirs = solutions.mlp_backward(X, Y, layers, head), by_autograd(X, Y, layers, head)
    for ours, other in zip(found, theirs, strict=True):
        np.testing.assert_allclose(ours, other, **CLOSE)


@pytest.mark.parametrize("kind", ["logistic", "relu"])
def test_the_gradients_of_two_layers_are_autograds(kind):
    rng = np.random.default_rng(6)
    X, Y, lam = rng.normal(size=(6, 4)), np.eye(3)[[0, 1, 2, 2, 1, 0]], 0.3 * (kind == "relu")
    W1, b1, W2, b2 = (rng.normal(size=size) for size in [(4, 5), 5, (5, 3), 3])
    last = (lam,) if kind == "relu" else ()
    found = {"logistic": solutions.softmax_network, "relu": solutions.penalised_network}[kind]
    theirs = by_autograd(X, Y, [(W1, b1, kind), (W2, b2, "identity")], "softmax", lam)
    for ours, other in zip(found(X, Y, W1, b1, W2, b2, *last), theirs, strict=True):
        np.testing.assert_allclose(ours, other, **CLOSE)


def test_single_steps_are_autograds():
    rng = np.random.default_rng(7)
    X, W, b, dZ, V = (rng.normal(size=size) for size in [(6, 4), (4, 3), 3, (6, 3), (3, 3)])
    layer = autograd.grad(lambda X, W, b: anp.sum(dZ * (anp.dot(X, W) + b)), (0, 1, 2))(X, W, b)
    for ours, other in zip(solutions.dense_backward(dZ, X, W), layer, strict=True):
        np.testing.assert_allclose(ours, other, **CLOSE)
    Z = rng.normal(size=(6, 3))
    logistic = autograd.grad(lambda Z: anp.sum(dZ / (1 + anp.exp(-Z))))(Z)
    np.testing.assert_allclose(solutions.activation_backward(dZ, Z, "logistic"), logistic, **CLOSE)
    back = autograd.grad(lambda Z: anp.sum(dZ * anp.dot(anp.where(Z > 0, Z, 0.0), V)))(Z)
    np.testing.assert_allclose(solutions.delta_back(dZ, V, Z), back, **CLOSE)
    column = autograd.grad(lambda h, W, b: anp.sum(dZ[:1].T * (anp.dot(W.T, h) + b)), (0, 1, 2))(X[:1].T, W, b[:, None])
    for ours, other in zip(solutions.column_backward(dZ[:1].T, X[:1].T, W), column, strict=True):
        np.testing.assert_allclose(ours, other, **CLOSE)


# --- the small numbers of the prose ----------------------------------------------------------------------------------


def test_the_network_worked_in_full():
    h, v = np.array([0.5, 0.75]), np.array([2.0, -1.0])
    r = 2 * (h @ v - 1)
    dh = r * v
    assert (h @ v, r, list(r * h), list(dh), list(dh * h * (1 - h))) == (
        0.25,
        -1.5,
        [-0.75, -1.125],
        [-3.0, 1.5],
        [-0.75, 0.28125],
    )
    for said in ("= -1.5", "(-0.75, -1.125)", "(-3, 1.5)", "(-0.75, 0.28125)", "1.5 · 0.1875"):
        assert said in TEXT


def test_the_bill_and_the_hidden_slope():
    assert 64 * 128 + 128 * 10 == 9472 and solutions.bill_again == 2 * 9472 + 128 * 10
    assert round(solutions.bill_again / 9472, 2) == 2.14
    assert (-2 * 0.6 + 0.2 + 0.5 - 1) ** 2 == pytest.approx(2.25) and solutions.hidden_slope == 2 * -1.5 * -2
    assert (-2 * 0.7 + 0.2 + 0.5 - 1) ** 2 == pytest.approx(2.89)
    assert "9,472" in TEXT and "20,224 multiplications are 2.14 ways forward" in TEXT


def test_softmax_is_not_elementwise():
    p, dp = np.array([0.5, 0.3, 0.2]), np.array([1.0, -2.0, 0.5])
    np.testing.assert_allclose(dp @ softmax_jacobian(p), [0.5, -0.6, 0.1], atol=1e-12)
    assert (np.abs(dp @ softmax_jacobian(p) - dp * p * (1 - p)) > 0.01).all()


# --- arguments -------------------------------------------------------------------------------------------------------

SLIPS = [n for n in EXERCISES if isinstance(reference("backprop", n), tuple)]
DERIVATIONS = [n for n in EXERCISES if isinstance(reference("backprop", n), list)]
EQUAL = {"three_layers", "reconstruction", "one_unit", "with_penalty"}


def lines_of(name, monkeypatch):
    seen, judge = [], argument.slip
    monkeypatch.setattr(argument, "slip", lambda *given: seen.append(given) or judge(*given))
    folder, exercise = EXERCISES[name]
    run_check(exercise, reference("backprop", name), folder)
    return seen[0]


def test_there_are_enough_of_every_kind():
    right = [n for n in SLIPS if reference("backprop", n)[0] == 0]
    assert len(SLIPS) == 9 and len(DERIVATIONS) == 3 and right == ["logistic_output", "identity_output"]
    assert sum(".order(" in e.visible for _, e in EXERCISES.values()) == 1
    assert len([e for _, e in EXERCISES.values() if e.points]) == 12


@pytest.mark.parametrize("name", SLIPS)
def test_the_lines_of_a_slip_are_what_they_should_be(name, monkeypatch):
    answer, lines, _, truth, _ = lines_of(name, monkeypatch)
    for seed in range(20):
        assert argument.faults(lines, answer[0], truth, np.random.default_rng(seed)) == []


@pytest.mark.parametrize("name", sorted(EQUAL))
def test_where_widths_are_equal_only_numbers_tell(name, monkeypatch):
    """The wrong line has a value of the right shape."""
    answer, lines, listed, truth, rng = lines_of(name, monkeypatch)
    finding = argument.slip((0, "x == 1"), lines, listed, truth, rng)
    assert "shape" not in finding.facts[0] and "cannot work" not in finding.facts[0]


@pytest.mark.parametrize("name", DERIVATIONS)
def test_a_derivation_has_no_short_cut(name):
    folder, exercise = EXERCISES[name]
    answer = reference("backprop", name)
    short_cuts = [[line] * len(answer) for line in (answer[0], answer[-1])]
    short_cuts += [[*answer[:-1], line] for line in answer[:-1]]
    for short_cut in short_cuts:
        assert run_check(exercise, short_cut, folder)[1] is not None


def test_another_valid_order_passes():
    folder, exercise = EXERCISES["one_epoch_step"]
    assert run_check(exercise, "dbeafc", folder)[1] is None


def test_a_wrong_shape_is_not_taken_for_a_known_mistake():
    folder, exercise = EXERCISES["dense_backward"]
    _, failure = run_check(exercise, lambda dZ, X, W: (dZ @ W.T, X @ dZ, dZ.sum(axis=0)), folder)
    assert failure is not None and failure.finding.causes == ()


def test_softmax_network_begins_at_what_was_said_minus_what_was_true():
    """With no weights to the scores P is uniform: the slopes of the biases are 1/k minus the share of a class."""
    Y = np.eye(3)[[0, 0, 1, 2]]
    db2 = solutions.softmax_network(np.ones((4, 2)), Y, np.ones((2, 5)), np.zeros(5), np.zeros((5, 3)), np.zeros(3))[3]
    np.testing.assert_allclose(db2, softmax(np.zeros(3)) - Y.mean(axis=0), atol=1e-15)
