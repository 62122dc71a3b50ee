"""Chapter 3's functions for the chapters after it, in forms that no stub asks for."""

import numpy as np


def log_sigmoid(z):
    """The log of the logistic function, finite for every finite z.  z any shape -> the same shape."""
    return -np.logaddexp(0, np.negative(z))


def softmax(Z):
    """The softmax of every row, scores of any size.  Z (n, k) or (k,) -> the same shape."""
    E = np.exp(np.subtract(Z, np.max(Z, axis=-1, keepdims=True)))
    return E / np.einsum("...j->...", E)[..., None]


def log_softmax(Z):
    """The log of the softmax of every row, scores of any size.  Z (n, k) or (k,) -> the same shape."""
    Z = Z - np.max(Z, axis=-1, keepdims=True)  # digits where a probability is nearly 1
    return Z - np.logaddexp.reduce(Z, axis=-1, keepdims=True)


def softmax_jacobian(s):
    """The slopes of softmax where its values are s: entry [j, i] is that of s[j] along score i.  s (k,) -> (k, k)."""
    return s[:, None] * (np.eye(len(s)) - s)
