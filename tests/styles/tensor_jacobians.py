"""Chapter 7: other ways to be right."""

import numpy as np


def _sigmoid(z):
    return 1 / (1 + np.exp(-z))


def chain_by_columns(DF, G, DG, x):
    outer, inner = DF(G(x)), DG(x)
    return np.column_stack([outer @ inner[:, i] for i in range(inner.shape[1])])


def weight_jacobian_loops(X, W):
    n, (d, k) = len(X), W.shape
    J = np.zeros((n, k, d, k))
    for i in range(n):
        for j in range(k):
            J[i, j, :, j] = X[i]
    return J


def contract_loops(G, J):
    total = np.zeros(J.shape[2:])
    for i in range(G.shape[0]):
        for j in range(G.shape[1]):
            total = total + G[i, j] * J[i, j]
    return total


def contract_broadcast(G, J):
    while G.ndim < J.ndim:
        G = G[..., None]
    return (G * J).sum(axis=(0, 1))


def logistic_jacobian_loops(X, W):
    n, (d, k) = len(X), W.shape
    J = np.zeros((n, k, d, k))
    for i in range(n):
        for j in range(k):
            h = _sigmoid(X[i] @ W[:, j])
            J[i, j, :, j] = h * (1 - h) * X[i]
    return J


def logistic_jacobian_two_tensors(X, W):
    """The tensor of the bend, contracted with the one of the sums."""
    H, n, k = _sigmoid(X @ W), len(X), W.shape[1]
    bend = np.einsum("ij,ir,js->ijrs", H * (1 - H), np.eye(n), np.eye(k))
    sums = np.einsum("ra,sc->rsac", X, np.eye(k))
    return np.einsum("ijrs,rsac->ijac", bend, sums)


def logistic_gradient_rows(G, X, W):
    dW = np.zeros(W.shape)
    for g, x in zip(G, X, strict=True):
        h = _sigmoid(x @ W)
        dW = dW + np.outer(x, g * h * (1 - h))
    return dW


def logistic_gradient_exp(G, X, W):
    E = np.exp(-(X @ W))
    return np.einsum("ia,ic->ac", X, G * E / (1 + E) ** 2)


def multiplications_by_pairs(widths):
    right = left = 0
    for a, b in zip(widths[1:-1], widths[2:], strict=True):
        right += widths[0] * a * b
    for a, b in zip(widths[:-2], widths[1:-1], strict=True):
        left += widths[-1] * a * b
    return right, left


def multiplications_by_walking(widths):
    """One table after the other, as it would be done."""

    def walk(widths):
        columns, total = widths[0], 0
        rows = widths[1]
        for new in widths[2:]:
            total, rows = total + new * rows * columns, new
        return total

    return [walk(list(widths)), walk(list(widths)[::-1])]


_TENSOR = "sum(G * D(X @ W, W)[:, :, a, c])"

STYLES = {
    "ranks": [
        np.array([[0, 1, 1], [2, 3, 2], [0, 2, 2], [3, 4, 4]]),
        ((0.0, 1, 1), (2, 3, 2), (0, 2, 2), (3, 4, 4)),
        [np.array([0, 1, 1]), (2, 3, 2), [0, 2, 2], (3, 4, 4)],
    ],
    "both_ways": [(9.0, 57.0), np.array([[9.0], [57.0]])],
    "chain": [
        chain_by_columns,
        lambda DF, G, DG, x: np.einsum("pq,qm->pm", DF(G(x)), DG(x)),
        lambda DF, G, DG, x: (DG(x).T @ DF(G(x)).T).T,
    ],
    "two_after_three": [
        (4, "DF[0] @ DG[:, 0] == 6*a*b - 15*b**2"),
        [4, "DF[0] @ DG[:, 0] == 3*b*(2*a - 5*b)"],
    ],
    "weight_jacobian": [
        weight_jacobian_loops,
        lambda X, W: X[:, None, :, None] * np.eye(W.shape[1])[:, None, :],
        lambda X, W: np.einsum("ia,cj->ijac", X, np.eye(W.shape[1])),
    ],
    "contract": [contract_loops, contract_broadcast, lambda G, J: np.tensordot(G, J, 2)],
    "one_entry": [
        [_TENSOR, "sum(G * outer(X[:, a], I[:, c]))", "sum(G.T[c] * X[:, a])", "X[:, a] @ G[:, c]"],
        [_TENSOR, "sum(G * outer(X[:, a], I[c, :]))", "sum(G[:, c] * X[:, a])", "X.T[a] @ G[:, c]"],
        [_TENSOR, "sum(G * outer(X[:, a], I[c]))", "sum(G[:, c] * X[:, a])", "(G.T @ X)[c, a]"],
    ],
    "logistic_jacobian": [logistic_jacobian_loops, logistic_jacobian_two_tensors],
    "logistic_gradient": [
        logistic_gradient_rows,
        logistic_gradient_exp,
        lambda G, X, W: (X[:, :, None] * (G * _sigmoid(X @ W) * _sigmoid(-X @ W))[:, None, :]).sum(axis=0),
    ],
    "multiplications": [
        multiplications_by_pairs,
        multiplications_by_walking,
        lambda widths: np.array(multiplications_by_pairs(widths)),
    ],
    "table_at_a_point": [np.array([[32, 48], [3, 16]]), [np.array([32.0, 48.0]), (3, 16)]],
    "along_b": [(4, "DH[0, 1] == 3*a*(a - 10*b)")],
    "one_unit": [(3, "J == diag(s) @ X")],
    "what_X_is": [(0, "J[i, j, a, j] == X[i, a]"), (0, "dW[a, j] == X[:, a] @ G[:, j]")],
    "by_tensors": ["chdebfag", "cdhebfag", "c e h b d f a g"],
}
