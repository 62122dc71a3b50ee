"""Chapter 2: other ways to be right."""

import numpy as np


def side_by_cases(X, w, b):
    z = X @ w + b
    return (z > 0).astype(int) - (z < 0).astype(int)


def side_loops(X, w, b):
    sides = []
    for x in X:
        z = np.dot(x, w) + b
        sides.append(1 if z > 0 else -1 if z < 0 else 0)
    return np.array(sides)


def normal_by_loops(w, b):
    total = 0.0
    for w_j in w:
        total += w_j * w_j
    length = total**0.5
    return np.array([w_j / length for w_j in w]), -b / length


def normal_first(w, b):
    normal = w / np.sqrt(w @ w)
    return normal, -b / (w @ normal)


def distance_from_the_foot_of_the_origin(X, w, b):
    normal = w / np.linalg.norm(w)
    on_the_line = -b / (w @ w) * w
    return (X - on_the_line) @ normal


def distance_by_scaling_first(X, w, b):
    length = np.sqrt(np.sum(np.square(w)))
    return X @ (w / length) + b / length


def ovr_loops(X, W, b):
    said = np.zeros(len(X), dtype=int)
    for i, x in enumerate(X):
        sums = [x @ W[:, j] + b[j] for j in range(len(b))]
        said[i] = sums.index(max(sums))
    return said


def best_template_by_angle(X, T):
    units = [t / np.sqrt(np.sum(t**2)) for t in T.T]
    return np.array([np.argmax([x @ unit for unit in units]) for x in X])


def zero_one_loops(X, y, w, b):
    wrong = 0
    for x, label in zip(X, y, strict=True):
        said = 1 if x @ w + b > 0 else 0
        wrong += said != label
    return wrong / len(y)


STYLES = {
    "side": [side_by_cases, side_loops, lambda X, w, b: np.sign((X * w).sum(axis=1) + b)],
    "their_normal": [
        (2, "length == (w1**2 + w2**2)**0.5"),
        (2, "length == sqrt(w1 * w1 + w2 * w2)"),
        [2, "length == sqrt(w2**2 + w1**2)"],
    ],
    "normal_and_offset": [normal_by_loops, normal_first, lambda w, b: [w / np.hypot.reduce(w), -b / np.sqrt(w @ w)]],
    "signed_distance": [distance_from_the_foot_of_the_origin, distance_by_scaling_first],
    "nearest": ["decba", "d, c, e, b, a", ["d", "e", "c", "b", "a"]],
    "ovr_predict": [
        ovr_loops,
        lambda X, W, b: (np.dot(X, W) + b).argmax(1),
        lambda X, W, b: [int(np.argmax(z)) for z in X @ W + b],
        lambda X, W, b: np.argsort(X @ W + b, axis=1)[:, -1],
    ],
    "how_many": [
        (3, "pairs == k * (k - 1) / 2"),
        (3, "pairs == (every - k) / 2"),
        (3, "pairs == every / 2 - itself / 2"),
    ],
    "best_template": [
        best_template_by_angle,
        lambda X, T: (X @ (T / np.sqrt((T**2).sum(axis=0)))).argmax(axis=-1),
        lambda X, T: np.argmax((X / np.linalg.norm(X, axis=1)[:, None]) @ (T / np.linalg.norm(T, axis=0)), 1),
    ],
    "zero_one_loss": [
        zero_one_loops,
        lambda X, y, w, b: 1 - np.mean((X @ w + b > 0) == y),
        lambda X, y, w, b: np.sum(np.abs((X @ w + b > 0) - 1.0 * y)) / len(y),
    ],
    "jump": [0.5, 1, 0.2005, 1.0],
    "their_bias": [
        (0, "b == -t * length"),
        (0, "t * length == -b"),
        (0, "length == -b / t"),
        (0, "w @ w == length**2"),
        (0, "sqrt(w @ w) == length"),
    ],
}
