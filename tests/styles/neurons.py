"""Chapter 1: other ways to be right."""

import numpy as np


def mean_ink_loops(picture):
    total = 0.0
    for row in picture:
        for pixel in row:
            total += pixel
    return total / 64


def neuron_output_loops(X, w, b):
    z = []
    for row in X:
        total = b
        for x_j, w_j in zip(row, w, strict=True):
            total += x_j * w_j
        z.append(total)
    return np.array(z)


def sigmoid_by_cases(z):
    z = np.asarray(z, dtype=float)
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1 / (1 + e), e / (1 + e))


def central_difference_mean_of_two(f, x, h):
    return ((f(x + h) - f(x)) / h + (f(x) - f(x - h)) / h) / 2


def by_hand_loops(w, x, y):
    total = 0.0
    for x_i, y_i in zip(x, y, strict=True):
        total += 2 * x_i * (w * x_i - y_i)
    return total / len(x)


def numerical_gradient_copies(f, w, h):
    slopes = []
    for j in range(w.size):
        right, left = w.copy(), w.copy()
        right[j] += h
        left[j] -= h
        slopes.append((f(right) - f(left)) / (right[j] - left[j]))
    return np.array(slopes)


def descend_filled(gradient, w, rate, steps):
    path = np.empty((steps + 1, len(w)))
    path[0] = w
    for t in range(steps):
        path[t + 1] = path[t] - rate * gradient(path[t])
    return path


def descend_recursive(gradient, w, rate, steps):
    if steps == 0:
        return w[None]
    return np.vstack([w, descend_recursive(gradient, w - rate * gradient(w), rate, steps - 1)])


def collapse_by_probing(W1, b1, W2, b2):
    def layers(x):
        return (x @ W1 + b1) @ W2 + b2

    b = layers(np.zeros(len(W1)))
    return np.array([layers(e) - b for e in np.eye(len(W1))]), b


STYLES = {
    "mean_ink": [mean_ink_loops, lambda picture: np.sum(picture) / picture.size, lambda p: float(np.mean(p))],
    "neuron_output": [
        neuron_output_loops,
        lambda X, w, b: np.einsum("ij,j->i", X, w) + b,
        lambda X, w, b: (X * w).sum(axis=1) + b,
        lambda X, w, b: w @ X.T + b,
    ],
    "sigmoid": [
        sigmoid_by_cases,
        lambda z: 0.5 * (1 + np.tanh(np.asarray(z) / 2)),
        lambda z: np.exp(-np.logaddexp(0, -np.asarray(z))),
        lambda z: np.exp(z) / (np.exp(z) + 1),
    ],
    "central_difference": [central_difference_mean_of_two, lambda f, x, h: 0.5 * (f(x + h) - f(x - h)) / h],
    "by_hand": [
        by_hand_loops,
        lambda w, x, y: 2 * (w * x - y) @ x / x.size,
        lambda w, x, y: 2 * (w * np.mean(x * x) - np.mean(x * y)),
    ],
    "numerical_gradient": [
        numerical_gradient_copies,
        lambda f, w, h: [(f(w + e) - f(w - e)) / (2 * h) for e in h * np.eye(len(w))],
    ],
    "descend": [descend_filled, descend_recursive],
    "rate_limit": [0.3333333, 2 / 6, np.float64(1) / 3],
    "stopping": [
        (5, "left == J_old"),
        (5, "left == w**2"),
        [5, "left == w * w"],
        (5, "left == J_new / (1 - 2*rate)**2"),
    ],
    "bill": [19220.0, 2 * (65 * 128 + 129 * 10)],
    "collapse": [collapse_by_probing, lambda W1, b1, W2, b2: [np.dot(W1, W2), np.dot(b1, W2) + b2]],
    "add_ones": [
        lambda X: np.hstack([np.ones((X.shape[0], 1)), X]),
        lambda X: np.insert(X, 0, 1.0, axis=1),
        lambda X: np.pad(X, ((0, 0), (1, 0)), constant_values=1),
    ],
    "step": [lambda z: np.asarray(z) > 0, lambda z: np.heaviside(z, 0), lambda z: 1.0 * (np.asarray(z) > 0)],
    "first_answer": [
        (0, "z == theta[0] * x[0] + theta[1] * x[1] + theta[2] * x[2]"),
        (0, "dot(theta, x) - theta[2] * x[2] == theta[0] + theta[1] * x[1]"),
    ],
    "fewer_units": [650.0, 64 * 10 + 10],
}
