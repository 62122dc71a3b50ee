"""Chapter 3, sigmoid and softmax: the reference answers in notebook order."""

import numpy as np

how_sure = "b"

# Source: S2.N.7b, S2.N.7c
seven_lines = (6, "P == 1 / (1 + exp(-z))")

# Source: S2.N.8
slope_lines = [
    "D(1 / (1 + exp(-z)), z)",
    "-1 / (1 + exp(-z))**2 * D(1 + exp(-z), z)",
    "exp(-z) / (1 + exp(-z))**2",
    "s * exp(-z) / (1 + exp(-z))",
    "s * (1 - s)",
]


# Source: S2.N.8
def log_sigmoid(z):
    """The log of the logistic function, finite for every finite z, entry by entry.

    z an array  ->  the same shape
    """
    return np.where(z > 0, 0, z) - np.log(1 + np.exp(-np.abs(z)))


# Source: S2.N.17
three_sums = [-2.0, -3.0, -4.0]


# Source: S2.N.17
def softmax(Z):
    """The softmax of every row of Z: positive numbers that sum to 1 along the row, for scores of any size.

    Z (n, k)  ->  P (n, k)
    """
    E = np.exp(Z - Z.max(axis=1, keepdims=True))
    return E / E.sum(axis=1, keepdims=True)


# Source: S2.N.18c
log_slope = [
    "D(log(exp(z[j]) / sum(exp(z))), z)",
    "D(z[j] - log(sum(exp(z))), z)",
    "at_j - exp(z) / sum(exp(z))",
    "at_j - s",
]


def log_softmax(Z):
    """The log of the softmax of every row of Z, finite for finite scores of any size.

    Z (n, k)  ->  (n, k)
    """
    D = Z - Z.max(axis=1, keepdims=True)
    return D - np.log(np.exp(D).sum(axis=1, keepdims=True))


# Source: S2.N.18a
def softmax_jacobian(s):
    """The Jacobian of softmax at a place where its values are s: entry [j, i] is the slope of s[j] along score i.

    s (k,), positive, sum 1  ->  J (k, k)
    """
    return np.diag(s) - np.outer(s, s)


# Source: S3.a1
five_lines = (3, "D(s, z) == diag(s) - outer(s, s)")


# Source: S2.N.7a
two_cases = (3, "no == indicator(1 - P1 / P0)")

shifted_lines = [
    "log(sum(exp(z)))",
    "log(sum(exp(m) * exp(z - m)))",
    "log(exp(m) * sum(exp(z - m)))",
    "m + log(sum(exp(z - m)))",
]


# Source: S2.N.18a
softmax_lines = (0, "D(log(s[j]), z) == at_j - s")


# Source: S2.N.18b
def pair_slope(s, x, j, i):
    """The slope of s[j] along the weights of class i, for s = softmax(x @ W + b).

    s (k,), x (d,), j and i ints from 0 to k - 1  ->  dw (d,), like W[:, i]
    """
    return s[j] * ((i == j) - s[i]) * x


in_order = "bdfaegc"
