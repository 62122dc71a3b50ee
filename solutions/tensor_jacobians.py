"""Chapter 7, tensor Jacobians: the reference answers in notebook order."""

import numpy as np

from .neurons import sigmoid

# Source: S2.G.6, S2.G.7, S2.G.8
ranks = [(0, 1, 1), (2, 3, 2), (0, 2, 2), (3, 4, 4)]

# Source: S2.G.13c
both_ways = [9, 57]


# Source: S2.G.9, S2.G.13c
def chain(DF, G, DG, x):
    """The table of slopes of F(G(x)) along x.

    G(x) is an array (q,); DG(x), its table of slopes, is (q, m); DF(u), the one of F at u (q,), is (p, q); x (m,)
    ->  (p, m)
    """
    return DF(G(x)) @ DG(x)


# Source: S2.G.10a, S2.G.10b, S2.G.10c
two_after_three = (4, "DF[0] @ DG[:, 0] == 3 * a * b + 3 * (a - 5 * b) * b")


# Source: S2.G.7, S2.G.12i
def weight_jacobian(X, W):
    """The slopes of Y = X @ W + b along W: entry [i, j, a, c] is that of Y[i, j] along W[a, c].

    X (n, d), W (d, k)  ->  (n, k, d, k)
    """
    return np.einsum("ia,jc->ijac", X, np.eye(W.shape[1]))


# Source: S2.G.12i
def contract(G, J):
    """The slopes of a loss along a parameter, from its slopes along Y and the slopes of Y along that parameter.

    G (n, k) are the slopes of the loss along Y; J (n, k, ...) ends in the parameter's axes  ->  like the parameter
    """
    return np.einsum("ij,ij...->...", G, J)


# Source: S2.G.12i
one_entry = [
    "sum(G * D(X @ W, W)[:, :, a, c])",
    "sum(G * outer(X[:, a], I[c]))",
    "sum(G[:, c] * X[:, a])",
    "(X.T @ G)[a, c]",
]


# Source: S2.G.12n, S2.G.13d6
def logistic_jacobian(X, W):
    """The slopes of H = sigmoid(X @ W) along W: entry [i, j, a, c] is that of H[i, j] along W[a, c].

    X (n, d), W (d, k)  ->  (n, k, d, k)
    """
    H = sigmoid(X @ W)
    return np.einsum("ij,ia,jc->ijac", H * (1 - H), X, np.eye(W.shape[1]))


# Source: S2.G.12i, S2.G.12n
def logistic_gradient(G, X, W):
    """The slopes of a loss along W for a layer H = sigmoid(X @ W), without its four-index tensor.

    G (n, k) are the slopes of the loss along H; X (n, d), W (d, k)  ->  (d, k)
    """
    H = sigmoid(X @ W)
    return X.T @ (G * H * (1 - H))


def multiplications(widths):
    """The multiplications of a product of tables of slopes, in both orders.

    widths (m0, m1, ..., mL), from the input to the output: the tables are (m1, m0), (m2, m1), ..., (mL, mL-1)
    ->  (from the right, from the left): beginning with the first function, and with the last; a single table costs 0
    """
    inner = range(1, len(widths) - 1)
    right = sum(widths[0] * widths[i] * widths[i + 1] for i in inner)
    left = sum(widths[-1] * widths[i] * widths[i - 1] for i in inner)
    return right, left


narrow_end = "a"

# Source: S2.G.13a, S2.G.13b
table_at_a_point = [[32, 48], [3, 16]]

# Source: S2.G.10d
along_b = (4, "DH[0, 1] == 3 * a**2 - 30 * a * b")

# Source: S2.G.12n
one_unit = (3, "J == s[:, None] * X")

# Source: S2.G.12i
what_X_is = (0, "dW[a] == X[:, a] @ G")

by_tensors = "chebdfag"
