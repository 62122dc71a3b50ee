"""Chapter 5: the numbers its prose states, its figures, and its widget."""

import base64
import re

import numpy as np
import pytest
from course_under_test import judge_figure
from matplotlib.colors import to_rgba

from course.data import digits
from course.figures import backprop as figures
from course.figures import house
from course.known.cross_entropy import bce, cross_entropy
from course.known.neurons import sigmoid
from course.known.sigmoid_softmax import softmax
from solutions import backprop as solutions

X, LABELS = digits()
Y = np.eye(10)[LABELS]
INKED = X.max(axis=0) > 0


# --- the runs: what the notebook's cells do, with the reference ----------------------------------------------------


def start(sizes, kinds, rng, scale=None, bias=0.0):
    """Layers (W, b, kind) of the sizes: normal numbers times scale, by default root of 2 / d, drawn layer by layer."""
    return [
        (rng.normal(size=(d, k)) * (np.sqrt(2 / d) if scale is None else scale), np.full(k, bias), kind)
        for d, k, kind in zip(sizes, sizes[1:], kinds, strict=False)
    ]


def stepped(layers, rows, targets, head, rate):
    moves = solutions.mlp_backward(rows, targets, layers, head)
    pairs = zip(layers, moves[::2], moves[1::2], strict=True)
    return [(W - rate * dW, b - rate * db, kind) for (W, b, kind), dW, db in pairs]


def outputs(layers, rows):
    """X, then what every layer says."""
    said = [rows]
    for W, b, kind in layers:
        Z = said[-1] @ W + b
        said.append({"relu": np.maximum(Z, 0), "logistic": sigmoid(Z), "identity": Z}[kind])
    return said


def reader(seed, rate=1.0, passes=30, batch=64, nudge=0.0):
    """The digits' network on one split: its layers, test accuracy, and training loss after every pass."""
    rng = np.random.default_rng(seed)
    learn, test = np.split(rng.permutation(1797), [1437])
    layers = start([64, 128, 10], ["relu", "identity"], rng)
    layers[0][0][...] *= 1 + nudge * np.random.default_rng(99).normal(size=(64, 128))
    losses = [cross_entropy(softmax(outputs(layers, X[learn])[-1]), Y[learn])]
    for _ in range(passes):
        order = rng.permutation(learn)
        for i in range(0, 1437, batch):
            rows = order[i : i + batch]
            layers = stepped(layers, X[rows], Y[rows], "softmax", rate)
        losses.append(cross_entropy(softmax(outputs(layers, X[learn])[-1]), Y[learn]))
    return layers, np.mean(outputs(layers, X[test])[-1].argmax(axis=1) == LABELS[test]), np.array(losses)


def squeezed(seed, scale, bias, passes, nudge=0.0):
    """The autoencoder 64-8-64: squared error a picture, dead units and dead pixels of those that ever hold ink."""
    rng = np.random.default_rng(seed)
    layers = start([64, 8, 64], ["relu", "relu"], rng, scale, bias)
    layers[0][0][...] *= 1 + nudge * np.random.default_rng(99).normal(size=(64, 8))
    for _ in range(passes):
        order = rng.permutation(1797)
        for i in range(0, 1797, 64):
            rows = order[i : i + 64]
            layers = stepped(layers, X[rows], X[rows], "squares", 0.02)
    _, H, out = outputs(layers, X)
    dead, dark = ~(H > 0).any(axis=0), ~(out > 0).any(axis=0) & INKED
    return np.mean(np.sum((X - out) ** 2, axis=1)), dead.sum(), dark.sum(), out


def xor(W1, W2, rate=2.0, steps=2000):
    """W1 after every step, what is said for the four points, and the loss."""
    targets, b1, b2, path = figures.XOR[:, None], np.zeros(2), np.zeros(1), [W1]
    for _ in range(steps):
        Z1 = figures.CORNERS @ W1 + b1
        dH, dW2, db2 = solutions.dense_backward((sigmoid(sigmoid(Z1) @ W2 + b2) - targets) / 4, sigmoid(Z1), W2)
        dZ1 = solutions.activation_backward(dH, Z1, "logistic")
        _, dW1, db1 = solutions.dense_backward(dZ1, figures.CORNERS, W1)
        W1, b1, W2, b2 = W1 - rate * dW1, b1 - rate * db1, W2 - rate * dW2, b2 - rate * db2
        path.append(W1)
    p = sigmoid(sigmoid(figures.CORNERS @ W1 + b1) @ W2 + b2).ravel()
    return np.array(path), p, bce(p, figures.XOR)


def deep(kind, scale, seed=0):
    """Root mean squares in ten layers of 64 before any training: of the activations, and of dW."""
    layers = start([64] * 11 + [10], [kind] * 10 + ["identity"], np.random.default_rng(seed), scale / 8)
    moves = solutions.mlp_backward(X[:256], Y[:256], layers, "softmax")[::2]
    return [
        np.array([np.sqrt(np.mean(A**2)) for A in arrays]) for arrays in (outputs(layers, X[:256])[1:11], moves[:10])
    ]


def rings():
    """147 points: 42 in a disc, 105 around it."""
    rng = np.random.default_rng(0)
    points = rng.uniform(-1.5, 1.5, size=(240, 2))
    radius = np.hypot(*points.T)
    kept = (radius < 0.75) | ((radius > 0.95) & (radius < 1.5))
    return points[kept], (radius[kept] < 0.85).astype(int)


# --- numbers ---------------------------------------------------------------------------------------------------------


def test_the_network_reads_ten_splits():
    found = [100 * reader(seed)[1] for seed in range(10)]
    assert np.mean(found) >= 97
    assert (round(np.mean(found), 1), round(min(found), 1), round(max(found), 1)) == (97.8, 96.7, 98.9)


def test_a_change_in_the_last_digits_stays_there():
    for run in (lambda nudge: reader(0, nudge=nudge)[0][0][0], lambda nudge: squeezed(0, 0.1, 1.0, 200, nudge)[3]):
        assert np.max(np.abs(run(1e-13) - run(0.0))) < 1e-9


def test_sixty_four_will_do():
    ends = [reader(0, rate, 20, batch)[2][-1] for batch, rate in ((1437, 1.0), (64, 1.0), (1, 0.05))]
    assert [float(f"{end:.2g}") for end in ends] == [0.28, 0.014, 0.0018] and 460 / 20 == 23


def test_the_autoencoder_needs_small_weights_and_biases_of_one():
    assert round(np.mean(np.sum((X - X.mean(axis=0)) ** 2, axis=1)), 2) == 4.69
    loss, units, pixels, _ = squeezed(0, 1.0, 0.0, 100)
    assert (round(loss, 2), units, pixels) == (10.86, 6, 22) and INKED.sum() == 61
    loss, units, pixels, _ = squeezed(0, 0.1, 1.0, 100)
    assert (round(loss, 2), units, pixels) == (1.51, 0, 0) and 1.505 < loss < 1.515


def test_a_good_start_has_most_units_on():
    layers = start([64, 8, 64], ["relu", "relu"], np.random.default_rng(0), 0.1, 1.0)
    assert round(100 * np.mean(outputs(layers, X)[1] > 0), 1) == 98.3


def test_twins_never_part_and_others_solve_xor():
    path, says, loss = xor(np.full((2, 2), 0.5), np.full((2, 1), 0.5))
    assert np.ptp(path, axis=2).max() == 0 and loss.round(2) == 0.48
    assert says.round(3).tolist() == [0.004, 0.665, 0.665, 0.667]
    rng = np.random.default_rng(2)
    path, says, loss = xor(rng.normal(size=(2, 2)), rng.normal(size=(2, 1)))
    assert says.round(3).tolist() == [0.003, 0.998, 0.998, 0.003] and loss < 0.003
    path, says, _ = xor(np.zeros((2, 2)), np.zeros((2, 1)))
    assert not path.any() and (says == 0.5).all()


def test_a_rate_that_breaks_the_clouds():
    rng = np.random.default_rng(0)
    clouds = np.repeat([[-1.0, -1], [1, 1], [-1, 1], [1, -1]], 20, axis=0) + 0.35 * rng.normal(size=(80, 2))
    labels = np.repeat([0, 1], 40)
    W1, W2 = rng.normal(size=(2, 8)), rng.normal(size=(8, 2)) / 2
    found = []
    for rate in (0.5, 10**0.25, 10**0.5, 10**0.75):  # places of the slider
        layers = [(W1, np.zeros(8), "relu"), (W2, np.zeros(2), "identity")]
        for _ in range(300):
            layers = stepped(layers, clouds, np.eye(2)[labels], "softmax", rate)
        _, H, scores = outputs(layers, clouds)
        found.append((np.sum(scores.argmax(axis=1) == labels), np.sum(H.max(axis=0) == 0)))
    assert [right for right, _ in found] == [80, 80, 80, 40] and found[-1] == (40, 8)
    assert f"{10**0.5:.2f} {10**0.75:.2f}" == "3.16 5.62"


def test_random_starts_mostly_solve_xor():
    solved = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        _, says, _ = xor(rng.normal(size=(2, 2)), rng.normal(size=(2, 1)))
        solved += ((says > 0.5) == figures.XOR).all()
    assert solved == 17


def test_a_quarter_to_the_ninth_power():
    logistic, relu = deep("logistic", 1.0)[1], deep("relu", np.sqrt(2))[1]
    assert 300_000 < logistic[9] / logistic[0] < 320_000 and 4**9 == 262_144
    assert [f"{v:.1e}" for v in (logistic[0], logistic[9])] == ["5.5e-09", "1.7e-03"]
    large = deep("logistic", 4.0)[1]
    assert round(large[9] / large[0]) == 89
    assert [round(v, 4) for v in (relu[0], relu[9])] == [0.0073, 0.0055]


def test_three_scales():
    ends = [deep("relu", factor * np.sqrt(2))[0][9] for factor in (0.5, 1, 2)]
    assert [float(f"{end:.2g}") for end in ends] == [0.00025, 0.25, 260] and round(ends[2]) == 258
    np.testing.assert_allclose([ends[1] / ends[0], ends[2] / ends[1]], 1024)


def test_a_step_is_at_most_three_forwards():
    for sizes in ([64, 128, 10], [784, 256, 128, 10], [64] * 11 + [10]):
        forward, back = multiplications(sizes)
        assert back == 2 * forward - sizes[0] * sizes[1]
    assert multiplications([64, 128, 10]) == (9472, 10752) and 9472 + 10752 == solutions.bill_again


class Counting(np.ndarray):
    """An array that counts the multiplications of every @ it takes part in."""

    products = 0

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        plain = [np.asarray(value) for value in inputs]
        if ufunc is np.matmul:
            Counting.products += plain[0].size * plain[1].shape[1]
        result = getattr(ufunc, method)(*plain, **kwargs)
        return result.view(Counting) if isinstance(result, np.ndarray) else result


def multiplications(sizes, n=3):
    """Of a forward and of a backward through layers of the sizes, for one picture."""
    layers = start(sizes, ["relu"] * (len(sizes) - 2) + ["identity"], np.random.default_rng(0))
    layers = [(W.view(Counting), b, kind) for W, b, kind in layers]
    rows = np.random.default_rng(1).normal(size=(n, sizes[0])).view(Counting)
    Counting.products = 0
    outputs(layers, rows)
    forward = Counting.products // n
    Counting.products = 0
    solutions.mlp_backward(rows, np.zeros((n, sizes[-1])), layers, "squares")
    return forward, Counting.products // n - forward


# --- figures ---------------------------------------------------------------------------------------------------------

RINGS, INSIDE = rings()


def halves(w):
    return lambda points: sigmoid(points @ w)


def folded(points):
    total = points.sum(axis=1)
    return np.column_stack([np.maximum(total, 0), np.maximum(total - 1, 0)])


TEN = np.random.default_rng(1).uniform(0.95, 0.99, size=10)
LAYERS = {"X": (5, 3), "Z1": (5, 4), "H": (5, 4), "Z2": (5, 2), "L": ()}
BOXES = ["@ W1 + b1", "relu", "@ W2 + b2", "loss"]
PATH = np.random.default_rng(2).normal(size=(30, 2, 2)).cumsum(axis=0)

# name: (data, the figure of such data)
PLOTS = {
    "bend": (np.array([4.0, -8.0]), lambda w: figures.bend(lambda p: folded(p) @ [1, -2], folded, w, -2.0)),
    "network": (np.array([5, 3]), lambda s: figures.network(BOXES, {**LAYERS, "X": tuple(map(int, s))}, back=True)),
    "twins": (PATH, lambda path: figures.twins(path / 2, path)),
    "by_layer": (np.logspace(-8, -3, 10), lambda v: figures.by_layer({"one": v, "other": v**0}, "size")),
    "splits": (TEN, lambda v: figures.splits(v - 0.01, v)),
    "batches": (np.array([2.0, 0.4, 0.3]), lambda v: figures.batches([0, 1437, 28740], {"all": v, "64": v / 9})),
    "hidden_units": (np.random.default_rng(3).normal(size=(64, 24)), figures.hidden_units),
    "rebuilt": (X[:8] ** 1.1, lambda v: figures.rebuilt({"in": X[:8], "out": v})),
    "bill": (np.array([[9610, 2.1], [42250, 2.9]]), lambda v: figures.bill([(3, 6), (65, 130)], [(65, 2)], v)),
    "boundary": (np.array([3.0, 1.0]), lambda w: figures.boundary(RINGS, INSIDE, halves(w))),
}


def test_every_figure_is_tried_here():
    public = {name for name, value in vars(figures).items() if getattr(value, "__module__", "") == figures.__name__}
    assert {name for name in public if not name.startswith("_")} - {"boundary_trainer"} == set(PLOTS)


@pytest.mark.parametrize("name", PLOTS)
def test_digest_follows_the_data_and_not_the_looks(name):
    judge_figure(*PLOTS[name])


def test_digest_of_a_trained_figure_ignores_the_last_digits():
    for name in ("bend", "boundary", "hidden_units", "rebuilt"):
        data, draw = PLOTS[name]
        assert house.digest(draw(data * (1 + 1e-7))) == house.digest(draw(data))


def words(fig):
    return [word.get_text() for word in fig.axes[0].texts if word.get_text()]


def test_the_network_shows_gradients_as_far_as_they_came():
    assert not [word for word in words(figures.network(BOXES, LAYERS)) if word.startswith("d")]
    some = words(figures.network(BOXES, LAYERS, back=True, upto=2))
    assert {"dZ2  (5, 2)", "dH  (5, 4)", "dW2 (4, 2)", "db2 (2,)"} == {word for word in some if word.startswith("d")}
    everything = words(figures.network(BOXES, LAYERS, back=True))
    for word in everything:
        if word.startswith("d"):
            assert word[1:] in everything  # a gradient has its value's shape
    assert {"dX  (5, 3)", "dW1 (3, 4)", "db1 (4,)", "1"} <= set(everything)


def test_bend_puts_the_points_on_the_right_sides():
    axes = figures.bend(lambda p: folded(p) @ [1, -2], folded, np.array([4.0, -8.0]), -2.0).axes
    assert len(axes) == 2
    for label, colour in enumerate(house.CLASS):
        for panel, place in ((axes[0], figures.CORNERS), (axes[1], folded(figures.CORNERS))):
            drawn = [c for c in panel.collections if c.get_offsets().shape == (2, 2)][label]
            np.testing.assert_array_equal(drawn.get_offsets(), place[label == figures.XOR])
            np.testing.assert_allclose(drawn.get_facecolor()[0], to_rgba(colour))


def test_the_boundary_trainer_trains_plays_and_comes_back():
    calls = []

    def step(w, rate):
        calls.append(rate)
        return w + rate

    def says(w, points):
        return halves(np.array([1.0, w - 3]))(points)

    play, *rows, reset, output = figures.boundary_trainer(RINGS, INSIDE, 0.0, step, says, 0.1, at=3).children
    (button, _), (_, tens), (_, rate) = (row.children for row in (play, *rows))
    first = output.value
    assert not button.value and tens.value == 3 and calls == [0.1] * 30
    tens.value = 4
    assert tens.value == 4 and calls == [0.1] * 40 and output.value != first
    assert "learning rate 0.10, 40 steps: " in output.value
    tens.value = 2
    assert len(calls) == 40  # the way back is remembered
    rate.value = 0.3
    tens.value = 5
    assert calls[40:] == [0.3] * 50
    reset.click()
    assert output.value == first and len(calls) == 90
    assert len(base64.b64decode(re.search(r'base64,([^"]*)"', first)[1])) < 60_000
