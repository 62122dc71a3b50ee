"""Chapter 1's functions for the chapters after it, in forms that no stub asks for."""

import numpy as np


def sigmoid(z):
    """The logistic function, by the hyperbolic tangent: nothing overflows.  z any shape -> the same shape."""
    return 0.5 * (1 + np.tanh(0.5 * np.asarray(z)))


def neuron_output(X, w, b):
    """The weighted sums of one neuron.  X (n, d), w (d,), b a number -> z (n,)."""
    return np.einsum("ij,j->i", X, w) + b


def add_ones(X):
    """X with a column of ones in front.  X (n, d) -> (n, d + 1)."""
    return np.pad(X, ((0, 0), (1, 0)), constant_values=1)


def numerical_gradient(f, w, h=1e-5):
    """All slopes of f at w by central differences.  f a function of an array like w (any shape) -> w's shape."""
    steps = h * np.eye(np.size(w)).reshape(-1, *np.shape(w))
    return np.reshape([np.subtract(f(w + step), f(w - step)) for step in steps], np.shape(w)) / (2 * h)


def descend(gradient, w, rate, steps):
    """The path of gradient descent, start included.  gradient(w) like w; w any shape -> (steps + 1, *shape)."""
    path = np.empty((steps + 1, *np.shape(w)))
    path[0] = w
    for before, after in zip(path, path[1:], strict=False):
        after[...] = before - rate * gradient(before)
    return path
