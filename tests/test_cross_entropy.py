"""Chapter 4: other software agrees with its answers, its numbers were measured, its pictures follow the data."""

import base64
import re

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from course_under_test import CHAPTERS, every_exercise, judge_figure, reference, run_check
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from autograder.check import argument
from autograder.grading import notebook
from course.data import digits
from course.figures import cross_entropy as figures
from course.known.neurons import numerical_gradient, sigmoid
from course.known.sigmoid_softmax import log_sigmoid, log_softmax, softmax, softmax_jacobian
from solutions import cross_entropy as solutions

NOTEBOOK = CHAPTERS["04-cross-entropy"]
TEXT = "\n".join(cell.source for cell in notebook.read(NOTEBOOK).cells)
OUTPUTS = "\n".join(
    output.get("text", "") for cell in notebook.read(NOTEBOOK).cells for output in cell.get("outputs", [])
)
EXERCISES = {e.identifier: (folder, e) for _, slug, folder, e in every_exercise() if slug == "cross_entropy"}
CLOSE = {"rtol": 1e-10, "atol": 1e-12}
X_ALL, Y_ALL = digits()
ZERO_ONE, LABELS = X_ALL[Y_ALL < 2], Y_ALL[Y_ALL < 2]
IN_ORDER = np.arange(1437), np.arange(1437, 1797)


def said(*phrases):
    for phrase in phrases:
        assert phrase in TEXT, phrase


# --- independence ----------------------------------------------------------------------------------------------------


@pytest.fixture
def drawn():
    rng = np.random.default_rng(4)
    X, labels = rng.normal(size=(9, 4)), np.array([0, 1, 2, 2, 1, 0, 2, 0, 1])
    return X, labels, np.eye(3)[labels], rng.normal(size=(4, 3)), rng.normal(size=3)


def test_the_losses_are_scikit_learns(drawn):
    X, labels, Y, W, b = drawn
    P = softmax(X @ W + b)
    np.testing.assert_allclose(solutions.cross_entropy(P, Y), log_loss(labels, P), **CLOSE)
    p, y = sigmoid(X @ W[:, 0]), labels % 2
    np.testing.assert_allclose(solutions.bce(p, y), log_loss(y, p), **CLOSE)


def test_the_gradients_are_autograds(drawn):
    X, labels, Y, W, b = drawn
    y = (labels > 0).astype(float)

    def binary(w, b):
        z = anp.dot(X, w) + b
        return anp.mean(anp.logaddexp(0, z) - y * z)

    def categorical(Z):
        return anp.mean(anp.log(anp.sum(anp.exp(Z), axis=1)) - anp.sum(Y * Z, axis=1))

    dw, db = autograd.grad(binary, (0, 1))(W[:, 0], b[0])
    for ours, theirs in zip(solutions.bce_gradient(X, y, W[:, 0], b[0]), (dw, db), strict=True):
        np.testing.assert_allclose(ours, theirs, **CLOSE)
    Z = X @ W + b
    np.testing.assert_allclose(solutions.scores_gradient(Z, Y), autograd.grad(categorical)(Z), **CLOSE)
    layer = autograd.grad(lambda W, b: categorical(anp.dot(X, W) + b), (0, 1))(W, b)
    for ours, theirs in zip(solutions.softmax_gradient(X, Y, W, b), layer, strict=True):
        np.testing.assert_allclose(ours, theirs, **CLOSE)


@pytest.mark.parametrize("classes", [2, 3])
def test_the_gradient_is_zero_at_scikit_learns_optimum(drawn, classes):
    """scikit-learn minimises |W|^2 / 2 + C times the sum of the losses, the biases free: there n C dW + W is 0."""
    X, labels, *_ = drawn
    labels, strength = labels % classes, 0.7
    model = LogisticRegression(C=strength, solver="newton-cg", tol=1e-13, max_iter=500).fit(X, labels)
    if classes == 2:
        dw, db = solutions.bce_gradient(X, labels.astype(float), model.coef_[0], model.intercept_[0])
        weights = model.coef_[0]
    else:
        dw, db = solutions.softmax_gradient(X, np.eye(3)[labels], model.coef_.T, model.intercept_)
        weights = model.coef_.T
    np.testing.assert_allclose(len(X) * strength * dw + weights, 0, atol=1e-10)
    np.testing.assert_allclose(len(X) * strength * db, 0, atol=1e-10)
    assert np.abs(weights).max() > 0.1


# --- the numbers in the prose ----------------------------------------------------------------------------------------


def test_the_coin():
    def claim(p):
        return p**7 * (1 - p) ** 3

    assert [round(claim(p), 6) for p in (0.5, 0.8, 0.7)] == [0.000977, 0.001678, 0.002224]
    assert max(np.arange(1, 100) / 100, key=claim) == 0.7
    said("0.000977", "0.001678", "at 0.7 the likelihood is 0.002224")


def test_small_numbers():
    assert softmax(np.array([np.log(2), 0.0, 0.0]))[0] == pytest.approx(0.5)
    assert (round(0.99**2, 4), round(0.9999**2, 4), round(0.9998 / 0.9801, 2)) == (0.9801, 0.9998, 1.02)
    assert -np.log([0.01, 0.0001]).round(2) == pytest.approx([4.61, 9.21])
    assert [round(-np.log(p), 4) for p in (0.8, 0.2, 0.5)] == [0.2231, 1.6094, 0.6931]
    assert round(-np.log([0.2, 0.5]).mean(), 4) == 1.1513
    assert round(sigmoid(2.0) - 1, 6) == -0.119203 == solutions.right_answer
    assert round(sigmoid(10.0) - 1, 6) == -0.000045
    assert sigmoid(np.log(3)) == pytest.approx(0.75) and 0.75 * 0.25 == 0.1875 and 4 * 0.1875 == 0.75
    assert (0.5**1797, round(1797 * np.log(0.5), 1)) == (0.0, -1245.6)
    p, y = np.array([0.5, 0.3, 0.2]), np.array([0, 1, 0])
    np.testing.assert_allclose((-y / p) @ softmax_jacobian(p), p - y)
    said("0.9801", "0.9998", "is charged 2 % more", "0.2231", "1.6094", "0.6931", "1.1513", "another 4.61")
    assert (round(2 * -0.9999 * 0.0001 * 0.9999, 4), 0.0001 - 1) == (-0.0002, -0.9999)
    said("-0.0002", "-0.9999")
    said("-0.119203", "-0.000045", "0.1875")


def test_right_certainty_breaks_the_formula_and_not_log_sigmoid():
    with np.errstate(all="ignore"):
        assert np.isnan(solutions.bce(np.array([1.0, 0.5]), np.ones(2)))
        assert sigmoid(np.array([40.0])) == 1 and np.isnan(solutions.bce(sigmoid(np.array([40.0])), np.ones(1)))
    z, y = np.array([40.0, -2.0, 1.0, -1000.0]), np.array([1.0, 0.0, 1.0, 0.0])
    safe = -np.mean(y * log_sigmoid(z) + (1 - y) * log_sigmoid(-z))
    assert safe == pytest.approx(solutions.bce(sigmoid(z[1:3]), y[1:3]) / 2)
    said("`nan`. And this happens", "`sigmoid(40)` is exactly 1", "`log_sigmoid(-z)`")


def test_straight_from_the_scores():
    z, y = np.random.default_rng(0).normal(size=4), np.eye(4)[2]
    E = np.exp(z)
    lines = [
        -np.log(np.sum(y * softmax(z))),
        -np.log(np.sum(y * E) / np.sum(E)),
        np.log(np.sum(E)) - np.log(np.sum(y * E)),
        np.log(np.sum(E)) - np.sum(y * z),
    ]
    np.testing.assert_allclose(lines, -np.sum(y * log_softmax(z)))
    assert "inf\n1000.0\n" in OUTPUTS


def test_the_twins_in_the_hints():
    x, slopes = np.array([[1.0, 10.0], [5.0, 5.0]]), np.array([2.0, -1.0])
    np.testing.assert_allclose([*(slopes @ x / 2), slopes.mean()], [-1.5, 7.5, 0.5])
    x, dZ = np.array([[2.0], [3.0]]), np.array([[0.1, -0.1], [-0.2, 0.2]])
    np.testing.assert_allclose([x.T @ dZ, [dZ.sum(axis=0)]], [[[-0.4, 0.4]], [[-0.1, 0.1]]])
    said("= (-1.5, 7.5), and db would be 0.5", "= (-0.4, 0.4), and db would be (-0.1, 0.1)")


def test_chapter_3s_neuron_is_near_the_end_of_training():
    keep = (Y_ALL == 4) | (Y_ALL == 7)
    ink = X_ALL[keep].reshape(-1, 8, 8)[:, 2:4, 1:3].mean(axis=(1, 2))
    y, w, b = (Y_ALL[keep] == 4) * 1.0, np.zeros(1), 0.0
    for _ in range(1000):
        dw, db = solutions.bce_gradient(ink[:, None], y, w, b)
        w, b = w - 10 * dw, b - 10 * db
    assert (w[0].round(2), round(b, 2)) == (10.18, -3.22) and np.abs([*dw, db]).max() < 1e-9
    found = [solutions.bce(sigmoid(ink * w + b), y) for w, b in ((w[0], b), (9.6, -2.95))]
    assert np.round(found, 4).tolist() == [0.3878, 0.3888]
    said("10.18 and -3.22", "0.3878", "0.3888", "weight 9.6 and the bias -2.95")


def neuron_loss(theta):
    return solutions.bce(sigmoid(ZERO_ONE @ theta[1:] + theta[0]), LABELS)


def neuron_gradient(theta):
    dw, db = solutions.bce_gradient(ZERO_ONE, LABELS, theta[1:], theta[0])
    return np.append(db, dw)


def test_both_ways_of_training_take_the_same_path_at_another_price():
    calls = []

    def counted(theta):
        calls.append(theta)
        return neuron_loss(theta)

    measured = derived = np.zeros(65)
    for _ in range(100):
        measured = measured - numerical_gradient(counted, measured)
        derived = derived - neuron_gradient(derived)
        assert np.abs(measured - derived).max() < 1e-10 * np.abs(derived).max()
    assert len(calls) == 13_000
    said("130 evaluations of the loss, 13,000 in all", "1,300 against two")
    assert "agree to ten digits at every step: True" in OUTPUTS


class Counting(np.ndarray):
    """An array that counts the multiplications of every @ it takes part in."""

    products = 0

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        plain = [np.asarray(value) for value in inputs]
        if ufunc is np.matmul:
            one, other = plain
            Counting.products += one.size * (other.shape[-1] if other.ndim > 1 else 1) if one.ndim > 1 else other.size
        result = getattr(ufunc, method)(*plain, **kwargs)
        return result.view(Counting) if isinstance(result, np.ndarray) else result


def test_a_gradient_multiplies_as_often_as_two_evaluations():
    X, w = ZERO_ONE.view(Counting), np.zeros(64)
    Counting.products = 0
    X @ w
    one_evaluation = Counting.products
    Counting.products = 0
    solutions.bce_gradient(X, LABELS, w, 0.0)
    assert one_evaluation == 360 * 64 and Counting.products == 2 * one_evaluation
    Counting.products = 0
    solutions.softmax_gradient(X, np.eye(10)[LABELS], np.zeros((64, 10)), np.zeros(10))
    assert Counting.products == 2 * 360 * 64 * 10


def test_zeros_and_ones_are_separable_and_the_weights_grow():
    theta, lengths, losses = np.zeros(65), [], []
    for step in range(1, 1001):
        theta = theta - neuron_gradient(theta)
        if step in (10, 100, 1000):
            assert np.sum((ZERO_ONE @ theta[1:] + theta[0] > 0) == LABELS) == 360
            lengths.append(np.linalg.norm(theta[1:]).round(1))
            losses.append(neuron_loss(theta))
    assert lengths == [2.1, 4.2, 6.7] and losses[0] > 5 * losses[1] > 25 * losses[2]
    said("After 10 steps all 360 pictures are on the right side", "2.1, 4.2, 6.7, 9.8")


def trained(rows, rate=2.0, steps=500):
    """W, b, and the loss at the first 20 steps, after 50, and at the end."""
    X, W, b, losses, Y = X_ALL[rows], np.zeros((64, 10)), np.zeros(10), [], np.eye(10)[Y_ALL[rows]]
    for step in range(steps):
        if step < 20 or step == 50:
            losses.append(solutions.cross_entropy(softmax(X @ W + b), Y))
        dW, db = solutions.softmax_gradient(X, Y, W, b)
        W, b = W - rate * dW, b - rate * db
    return W, b, np.array([*losses, solutions.cross_entropy(softmax(X @ W + b), Y)])


def distances(A, B):
    """Squared, between all rows; exact, for ink comes in sixteenths."""
    return np.square(A).sum(axis=1)[:, None] + np.square(B).sum(axis=1) - 2 * A @ B.T


def read(rows, W, b):
    return np.argmax(X_ALL[rows] @ W + b, axis=1)


@pytest.fixture(scope="module")
def file_run():
    """The run in file order: W, b, training losses."""
    return trained(IN_ORDER[0])


def test_ten_random_splits():
    found = []
    for seed in range(10):
        rows = np.random.default_rng(seed).permutation(1797)
        W, b, _ = trained(rows[:1437])
        found.append(100 * np.mean(read(rows[1437:], W, b) == Y_ALL[rows[1437:]]))
    assert np.mean(found) >= 96
    line = f"mean {np.mean(found):.1f} %, from {min(found):.1f} to {max(found):.1f} %"
    assert line == "mean 96.7 %, from 94.7 to 98.1 %" and line in OUTPUTS
    said("between 94.7 and 98.1 %, around 96.7")


def test_the_split_in_file_order(file_run):
    W, b, losses = file_run
    test = IN_ORDER[1]
    says, is_ = read(test, W, b), Y_ALL[test]
    wrong = says != is_
    assert np.sum(wrong) == 33 and round(100 * np.mean(~wrong), 1) == 90.8 and "file order: 90.8 %" in OUTPUTS
    counts = np.zeros((10, 10), dtype=int)
    np.add.at(counts, (is_, says), 1)
    assert np.trace(counts) == 327
    assert [counts[1, 9], counts[3, 8], counts[3, 5]] == sorted(counts[~np.eye(10, dtype=bool)])[:-4:-1] == [7, 5, 3]
    P = softmax(X_ALL[test] @ W + b)
    cost = -np.log(P[np.arange(360), is_])
    assert 0.77 < cost[wrong].sum() / cost.sum() < 0.81
    nearest = Y_ALL[IN_ORDER[0]][distances(X_ALL[test], X_ALL[IN_ORDER[0]]).argmin(axis=1)]
    assert set(nearest[(is_ == 1) & (says == 9)]) == {1} and np.sum(nearest == is_) == 344
    said("33 of the 360", "Seven 1s were read as a 9", "four fifths", "344 of the 360 test pictures")


def test_the_test_pictures_gain_too_and_then_lose():
    """The same run, and on to 3,000 steps, with its loss on both sides."""
    learn, test = IN_ORDER
    W, b, found = np.zeros((64, 10)), np.zeros(10), {}
    for step in range(1, 3001):
        dW, db = solutions.softmax_gradient(X_ALL[learn], np.eye(10)[Y_ALL[learn]], W, b)
        W, b = W - 2 * dW, b - 2 * db
        if step in (50, 500, 650, 720, 800, 3000):
            each = [-np.log(softmax(X_ALL[r] @ W + b)[np.arange(len(r)), Y_ALL[r]]).mean() for r in IN_ORDER]
            found[step] = (*np.round(each, 2), each[1], round(100 * np.mean(read(test, W, b) == Y_ALL[test]), 1))
    assert [found[step][:2] for step in (50, 500, 3000)] == [(0.24, 0.46), (0.07, 0.33), (0.02, 0.36)]
    assert (found[50][3], found[500][3]) == (88.3, 90.8)
    assert found[500][2] > found[650][2] > found[720][2] < found[800][2] < found[3000][2]
    (here, there), (seen, unseen) = [found[step][:2] for step in (50, 500)]
    assert (round(here - seen, 2), round(there - unseen, 2)) == (0.17, 0.13)
    said("the one loss falls by 0.17, the other by 0.13", "turns after about 700 steps")


def test_one_writer_may_stand_on_both_sides_of_the_cut():
    place = distances(X_ALL[IN_ORDER[1]], X_ALL[IN_ORDER[0]]).argmin(axis=1)
    late = place >= 1437 - 147
    assert [round(100 * part.mean()) for part in (late[:160], late[160:])] == [34, 10] and round(14700 / 1437) == 10
    said("mostly from people it has never seen")


def test_rate_two_is_the_largest_that_falls_from_the_start():
    rows = np.random.default_rng(0).permutation(1797)[:1437]
    falls = {rate: bool((np.diff(trained(rows, rate, 20)[2]) < 0).all()) for rate in (1, 2, 4, 8)}
    assert falls == {1: True, 2: True, 4: False, 8: False}


def test_the_file_has_one_writer_after_another():
    distance = distances(X_ALL, X_ALL)
    np.fill_diagonal(distance, np.inf)
    place = np.arange(1797)
    near = np.mean(np.abs(distance.argmin(axis=1) - place) <= 130)
    shuffled = [np.abs(np.random.default_rng(s).permutation(1797) - place) <= 130 for s in range(20)]
    assert (round(100 * near), round(100 * np.mean(shuffled))) == (58, 14)
    assert "different 13" in load_digits().DESCR  # people contributed to this set
    said("Thirteen people wrote", "it seems the file has one person after another")


def test_odd_or_even_is_not_a_line():
    theta, ones, odd = np.zeros(65), np.column_stack([np.ones(1797), X_ALL]), Y_ALL % 2
    for _ in range(2000):
        theta = theta - ones.T @ (sigmoid(ones @ theta) - odd) / 1797
    assert round(100 * np.mean((ones @ theta > 0) == odd), 1) == 92.8
    said("After 2,000 steps at rate 1 it has 92.8 %")


# --- arguments -------------------------------------------------------------------------------------------------------

SLIPS = [n for n in EXERCISES if isinstance(reference("cross_entropy", n), tuple)]
DERIVATIONS = [n for n in EXERCISES if isinstance(reference("cross_entropy", n), list)]


def test_there_are_enough_of_every_kind():
    right = [n for n in SLIPS if reference("cross_entropy", n)[0] == 0]
    assert len(SLIPS) >= 4 and len(DERIVATIONS) >= 3 and 0.2 <= len(right) / len(SLIPS) <= 0.3
    assert any(".order(" in e.visible for _, e in EXERCISES.values())
    core = [e for _, e in EXERCISES.values() if e.points]
    assert 7 <= len(core) <= 9


@pytest.mark.parametrize("name", SLIPS)
def test_the_lines_of_a_slip_are_what_they_should_be(name, monkeypatch):
    seen, judge = [], argument.slip
    monkeypatch.setattr(argument, "slip", lambda *given: seen.append(given) or judge(*given))
    folder, exercise = EXERCISES[name]
    run_check(exercise, reference("cross_entropy", name), folder)
    ((answer, lines, _, truth, _),) = seen
    for seed in range(5):
        assert argument.faults(lines, answer[0], truth, np.random.default_rng(seed)) == []


@pytest.mark.parametrize("name", DERIVATIONS)
def test_a_derivation_has_no_short_cut(name):
    folder, exercise = EXERCISES[name]
    answer = reference("cross_entropy", name)
    short_cuts = [[line] * len(answer) for line in (answer[0], answer[-1])]
    short_cuts += [[*answer[:-1], line] for line in answer[:-1]]
    for short_cut in short_cuts:
        assert run_check(exercise, short_cut, folder)[1] is not None


@pytest.mark.parametrize("order", ["fcaebd", "cfaebd", "fceabd", "cfeabd"])
def test_every_valid_order_of_the_training_step_passes(order):
    folder, exercise = EXERCISES["training_step"]
    assert run_check(exercise, order, folder)[1] is None


def test_the_last_line_of_the_slope_has_to_be_short():
    folder, exercise = EXERCISES["bce_slope"]
    answer = [*solutions.bce_slope[:3], "-y + y * p + p - y * p"]
    assert "each once" in run_check(exercise, answer, folder)[1].finding.facts[0]


# --- figures ---------------------------------------------------------------------------------------------------------

TOSSES = np.array([1.0, 1, 0, 1, 1, 1, 0, 1, 0, 1])
P = np.random.default_rng(1).dirichlet(np.full(10, 0.3), size=60)

# name: (data, the figure of such data)
PLOTS = {
    "coin": (np.array([0.4]), lambda p: figures.coin(TOSSES, p[0])),
    "punishments": (np.array([1.5]), lambda s: figures.punishments(lambda p, y: -s[0] * np.log(p[0]))),
    "growing": (np.array([2.0, 4, 7]), lambda v: figures.growing([10, 100, 1000], v, [0.1, 0.01, 0.001])),
    "two_ways": (np.array([3.0]), lambda z: figures.two_ways(z[0])),
    "splits": (np.array([0.97, 0.96, 0.95]), lambda v: figures.splits(v, 0.9)),
    "losses": (np.array([2.0, 0.4, 0.3]), lambda v: figures.losses(np.array([1, 250, 500]), v / 2, v)),
    "templates": (np.random.default_rng(2).normal(size=(64, 10)), figures.templates),
    "mistakes": (P, lambda P: figures.mistakes(X_ALL[:60], Y_ALL[:60], P)),
}


def test_every_figure_is_tried_here():
    public = {name for name, value in vars(figures).items() if getattr(value, "__module__", "") == figures.__name__}
    assert {name for name in public if not name.startswith("_")} - {"claim", "claims", "coin_slider"} == set(PLOTS)


@pytest.mark.parametrize("name", PLOTS)
def test_digest_follows_the_data_and_not_the_looks(name):
    judge_figure(*PLOTS[name], factor=0.9)


def test_the_two_ways_are_two_slopes():
    words = [word.get_text() for word in figures.two_ways(3.0).axes[0].texts]
    assert {"slope 2", "slope 6", "slope 9", "L = uv = 54"} <= set(words)
    slope = (2 * 3.00001**3 - 2 * 2.99999**3) / 2e-5
    assert slope == pytest.approx(2 * 9 + 6 * 6)


def test_punishments_are_asked_of_the_given_loss():
    log_loss_line = figures.punishments(solutions.bce).axes[0].lines[1].get_xydata()
    np.testing.assert_allclose(log_loss_line[:, 1], -np.log(log_loss_line[:, 0]))


def test_no_two_splits_cover_each_other():
    random = np.array([0.947, 0.961, 0.961, 0.9625, 0.981])
    places = figures.splits(random, 0.9).axes[0].lines[1].get_xydata()
    np.testing.assert_allclose(places[:, 0], 100 * random)
    gaps = np.abs(places[:, None] - places)[np.triu_indices(5, 1)]
    assert ((gaps[:, 0] > 0.4) | (gaps[:, 1] > 0.2)).all() and places[:, 1].max() > 0.4


def test_mistakes_show_the_surest_first():
    fig = figures.mistakes(X_ALL[:60], Y_ALL[:60], P)
    sure = [float(axes.texts[0].get_text().split(" ")[0]) for axes in fig.axes]
    says = P.argmax(axis=1)
    wrong = np.flatnonzero(says != Y_ALL[:60])
    assert sure == sorted(sure, reverse=True) and len(sure) == 8
    assert sure[0] == round(100 * P[wrong].max())
    first = wrong[P[wrong].max(axis=1).argmax()]
    assert fig.axes[0].get_title() == f"{Y_ALL[first]} read as {says[first]}"


def test_the_coin_slider_moves_and_comes_back():
    row, reset, output = figures.coin_slider(TOSSES).children
    slider = row.children[1]
    first = output.value
    slider.value = 0.7
    card = output.value
    assert "p = 0.70: the ten tosses have the likelihood 0.002224" in card
    pictures = [base64.b64decode(re.search(r'base64,([^"]*)"', value)[1]) for value in (first, card)]
    assert pictures[0] != pictures[1] and max(map(len, pictures)) < 60_000
    reset.click()
    assert output.value == first
