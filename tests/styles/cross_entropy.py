"""Chapter 4: other ways to be right."""

import numpy as np


def _sigmoid(z):
    return 1 / (1 + np.exp(-z))


def _softmax(Z):
    E = np.exp(Z - Z.max(axis=1, keepdims=True))
    return E / E.sum(axis=1, keepdims=True)


def bce_loops(p, y):
    total = 0.0
    for p_i, y_i in zip(p, y, strict=True):
        total -= np.log(p_i) if y_i == 1 else np.log(1 - p_i)
    return total / len(y)


def bce_gradient_loops(X, y, w, b):
    dw, db = np.zeros(len(w)), 0.0
    for x_i, y_i in zip(X, y, strict=True):
        off = _sigmoid(x_i @ w + b) - y_i
        dw = dw + off * x_i / len(y)
        db = db + off / len(y)
    return dw, db


def bce_gradient_of_the_surprise(X, y, w, b):
    sign = np.where(y == 1, 1.0, -1.0)
    off = -sign * _sigmoid(-sign * (X @ w + b))
    return np.mean(X * off[:, None], axis=0), np.mean(off)


def softmax_gradient_loops(X, Y, W, b):
    dW, db = np.zeros(W.shape), np.zeros(b.shape)
    for x, y in zip(X, Y, strict=True):
        e = np.exp(x @ W + b)
        dz = (e / e.sum() - y) / len(X)
        dW = dW + np.outer(x, dz)
        db = db + dz
    return [dW, db]


def softmax_gradient_einsum(X, Y, W, b):
    P = _softmax(X @ W + b)
    return np.einsum("id,ik->dk", X, P - Y) / X.shape[0], (P - Y).mean(axis=0)


def softmax_gradient_through_the_jacobian(X, Y, W, b):
    P = _softmax(X @ W + b)
    dZ = np.array([(-y / p) @ (np.diag(p) - np.outer(p, p)) for p, y in zip(P, Y, strict=True)]) / len(Y)
    return (dZ.T @ X).T, np.ones(len(X)) @ dZ


_BCE, _WAYS = "D(-(y * log(p) + (1 - y) * log(1 - p)), z)", "D(-sum(y * log(p)), z)"
_PEAK = "D(h * log(p) + t * log(1 - p), p)"

STYLES = {
    "bce": [
        bce_loops,
        lambda p, y: -np.log(np.where(y == 1, p, 1 - p)).mean(),
        lambda p, y: -(y @ np.log(p) + (1 - y) @ np.log(1 - p)) / y.size,
    ],
    "bce_slope": [
        [_BCE, "(-y / p + (1 - y) * (1 / (1 - p))) * p * (1 - p)", "-y * (1 - p) + p * (1 - y)", "-y + p"],
        [_BCE, "(-y/p + (1-y)/(1-p)) * p * (1-p)", "-y*(1-p) + (p - p*y)", "-(y - p)"],
    ],
    "bce_gradient": [
        bce_gradient_loops,
        bce_gradient_of_the_surprise,
        lambda X, y, w, b: (X.T @ (_sigmoid(X @ w + b) - y) / y.size, float(np.mean(_sigmoid(X @ w + b) - y))),
    ],
    "right_answer": [-0.1192029, 1 / (1 + np.exp(-2)) - 1],
    "cross_entropy": [
        lambda P, Y: np.mean([-np.log(p[y == 1][0]) for p, y in zip(P, Y, strict=True)]),
        lambda P, Y: -np.log(P[np.arange(len(P)), np.argmax(Y, axis=1)]).mean(),
        lambda P, Y: -np.log((P * Y).max(axis=1)).sum() / P.shape[0],
    ],
    "all_ways": [
        [_WAYS, "(-y / p) @ (diag(p) - outer(p, p))", "-y + sum(y) * p", "-(y - p)"],
        [_WAYS, "(-y / p) @ (-outer(p, p) + diag(p))", "-y + sum(y) * (p)", "p - y"],
    ],
    "score_slopes": [
        (3, "dZ == (P - Y) / n"),
        (3, "dZ == P / n - Y / n"),
        [3, "dZ == exp(Z) / sum(exp(Z), axis=1, keepdims=True) / n - Y / n"],
    ],
    "softmax_gradient": [
        softmax_gradient_loops,
        softmax_gradient_einsum,
        softmax_gradient_through_the_jacobian,
    ],
    "training_step": ["fcaebd", "cfeabd", "FCEABD", ["f", "c", "a", "e", "b", "d"]],
    "peak": [
        [
            _PEAK,
            "h / p - t * (1 / (1 - p))",
            "(h * (1 - p) - p * t) / (p * (1 - p))",
            "(h - p * (h + t)) / (p * (1 - p))",
        ]
    ],
    "their_loss": [
        (2, "L == -mean(y * log(p) + (1 - y) * log(1 - p))"),
        (2, "L == -mean((1 - y) * log(1 - p) + y * log(p))"),
    ],
    "scores_gradient": [
        lambda Z, Y: _softmax(Z) / len(Y) - Y / len(Y),
        lambda Z, Y: np.array([p - y for p, y in zip(_softmax(Z), Y, strict=True)]) / Z.shape[0],
    ],
    "their_step": [(2, "dW == X.T @ (P - Y) / n"), (2, "dW == -(X.T @ (Y - P)) / n")],
    "last_layer": [(0, "dV == H.T @ (P - Y)"), (0, "V_new == V - rate * dV")],
}
