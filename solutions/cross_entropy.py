"""Chapter 4, cross-entropy: the reference answers in notebook order."""

import numpy as np

from .neurons import sigmoid
from .sigmoid_softmax import softmax


# Source: S2.N.13
def bce(p, y):
    """The binary cross-entropy: the mean over all examples of minus the log of what was said for what is true.

    p (n,) between 0 and 1, y (n,) of 0 and 1  ->  a number
    """
    return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))


# Source: S2.N.14b
bce_slope = [
    "D(-(y * log(p) + (1 - y) * log(1 - p)), z)",
    "(-y / p + (1 - y) / (1 - p)) * p * (1 - p)",
    "-y * (1 - p) + (1 - y) * p",
    "p - y",
]


# Source: S2.N.14b
def bce_gradient(X, y, w, b):
    """The gradient of the binary cross-entropy of a neuron, sigmoid(X @ w + b), on all its examples.

    X (n, d), y (n,) of 0 and 1, w (d,), b a number  ->  dw (d,), db a number
    """
    p = sigmoid(X @ w + b)
    dw = (p - y) @ X / len(X)
    db = np.mean(p - y)
    return dw, db


# Source: S2.N.14c
right_answer = -0.119203

go_on = "b"


# Source: S2.N.19a
def cross_entropy(P, Y):
    """The cross-entropy: the mean over all rows of minus the log of the probability given to the true class.

    P (n, k) probabilities, Y (n, k) one-hot  ->  a number
    """
    return -np.mean(np.sum(Y * np.log(P), axis=1))


# Source: S3.a2
all_ways = [
    "D(-sum(y * log(p)), z)",
    "(-y / p) @ (diag(p) - outer(p, p))",
    "-y + sum(y) * p",
    "p - y",
]

# Source: S1.1a, S1.1b
score_slopes = (3, "dZ == (exp(Z) / sum(exp(Z), axis=1, keepdims=True) - Y) / n")


# Source: S2.N.19b, S1.1c
def softmax_gradient(X, Y, W, b):
    """The gradient of the cross-entropy of softmax(X @ W + b), on all its examples.

    X (n, d), Y (n, k) one-hot, W (d, k), b (k,)  ->  dW (d, k), db (k,)
    """
    dZ = (softmax(X @ W + b) - Y) / len(X)
    dW = X.T @ dZ
    db = dZ.sum(axis=0)
    return dW, db


training_step = "fcaebd"

file_order = "b"

peak = [
    "D(h * log(p) + t * log(1 - p), p)",
    "h / p - t / (1 - p)",
    "(h * (1 - p) - t * p) / (p * (1 - p))",
    "(h - (h + t) * p) / (p * (1 - p))",
]

# Source: S2.G.2c
their_loss = (2, "L == -mean(y * log(p)) - mean((1 - y) * log(1 - p))")


# Source: S1.1c, S3.a2
def scores_gradient(Z, Y):
    """The gradient of the cross-entropy of softmax(Z) in the scores Z.

    Z (n, k), Y (n, k) one-hot  ->  dZ (n, k)
    """
    return (softmax(Z) - Y) / len(Z)


# Source: S2.N.19c
their_step = (2, "dW == -X.T @ (Y - P) / n")

# Source: S2.M.3a
last_layer = (0, "dV == H.T @ P - H.T @ Y")
