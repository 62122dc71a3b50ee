"""Chapter 5: other ways to be right."""

import numpy as np


def _sigmoid(z):
    return 1 / (1 + np.exp(-z))


def _softmax(Z):
    E = np.exp(Z - Z.max(axis=1, keepdims=True))
    return E / E.sum(axis=1, keepdims=True)


def dense_backward_loops(dZ, X, W):
    dX, dW, db = np.zeros(X.shape), np.zeros(W.shape), np.zeros(W.shape[1])
    for i in range(len(X)):
        for a in range(W.shape[0]):
            for c in range(W.shape[1]):
                dX[i, a] += dZ[i, c] * W[a, c]
                dW[a, c] += X[i, a] * dZ[i, c]
    for row in dZ:
        db = db + row
    return dX, dW, db


def dense_backward_einsum(dZ, X, W):
    return [np.einsum("ik,dk->id", dZ, W), np.einsum("id,ik->dk", X, dZ), np.einsum("ik->k", dZ)]


def activation_backward_where(dH, Z, kind):
    slopes = {
        "relu": np.where(Z > 0, 1.0, 0.0),
        "logistic": np.exp(-Z) / (1 + np.exp(-Z)) ** 2,
        "identity": np.ones(Z.shape),
    }
    return slopes[kind] * dH


def activation_backward_assigned(dH, Z, kind):
    dZ = np.array(dH)
    if kind == "relu":
        dZ[Z <= 0] = 0
    elif kind == "logistic":
        dZ = dZ * _sigmoid(Z) * _sigmoid(-Z)
    return dZ


def delta_back_loops(dZ_next, W_next, Z):
    dZ = np.zeros(Z.shape)
    for i in range(Z.shape[0]):
        for j in range(Z.shape[1]):
            if Z[i, j] > 0:
                dZ[i, j] = np.dot(W_next[j], dZ_next[i])
    return dZ


def softmax_network_rows(X, Y, W1, b1, W2, b2):
    dW1, db1, dW2, db2 = (np.zeros(part.shape) for part in (W1, b1, W2, b2))
    for x, y in zip(X, Y, strict=True):
        h = _sigmoid(x @ W1 + b1)
        e = np.exp(h @ W2 + b2)
        r = (e / e.sum() - y) / len(X)
        dz = (W2 @ r) * h * (1 - h)
        dW1, db1, dW2, db2 = dW1 + np.outer(x, dz), db1 + dz, dW2 + np.outer(h, r), db2 + r
    return dW1, db1, dW2, db2


def softmax_network_bias_as_weight(X, Y, W1, b1, W2, b2):
    ones = np.ones((len(X), 1))
    A = np.hstack([ones, X])
    H = np.hstack([ones, _sigmoid(A @ np.vstack([b1, W1]))])
    R = (_softmax(H @ np.vstack([b2, W2])) - Y) / len(X)
    second = H.T @ R
    first = A.T @ ((R @ W2.T) * (H * (1 - H))[:, 1:])
    return [first[1:], first[0], second[1:], second[0]]


def _activate(Z, kind):
    return {"relu": lambda: (Z + abs(Z)) / 2, "logistic": lambda: _sigmoid(Z)}.get(kind, lambda: Z)()


def mlp_backward_recursion(X, Y, layers, head):
    if not layers:
        return None
    found = []

    def back(H, left):
        """The slopes along H, when the layers `left` are still ahead."""
        if not left:
            return (_softmax(H) - Y) / len(Y) if head == "softmax" else (H - Y) * 2 / len(Y)
        W, b, kind = left[0]
        Z = H @ W + b
        A = _activate(Z, kind)
        dA = back(A, left[1:])
        dZ = dA * (Z > 0) if kind == "relu" else dA * A * (1 - A) if kind == "logistic" else dA
        found[:0] = [H.T @ dZ, dZ.sum(axis=0)]
        return dZ @ W.T

    back(X, layers)
    return found


def mlp_backward_by_index(X, Y, layers, head):
    outputs = [X]
    for W, b, kind in layers:
        outputs.append(_activate(outputs[-1] @ W + b, kind))
    last = _softmax(outputs[-1]) if head == "softmax" else outputs[-1]
    delta, gradients = (last - Y) * (1 if head == "softmax" else 2) / X.shape[0], {}
    for i in range(len(layers) - 1, -1, -1):
        A = outputs[i + 1]
        delta = delta * {"relu": A > 0, "logistic": A - A**2, "identity": 1}[layers[i][2]]
        gradients[2 * i], gradients[2 * i + 1] = np.einsum("ni,nj->ij", outputs[i], delta), np.ones(len(X)) @ delta
        delta = np.dot(delta, layers[i][0].T)
    return tuple(gradients[j] for j in range(2 * len(layers)))


_BACK, _SEVERAL = "D(sum(g * (x @ W)), x)", "D(sum((h @ V - y)**2), z)"
_ROWS = "D(sum(G * (X @ W)), W)"

STYLES = {
    "second_weight": [-2.0, -4 / 2],
    "hidden_slope": [6, 2 * -1.5 * -2],
    "way_back": [
        [_BACK, "g[0] * W[:, 0] + W[:, 1] * g[1]", "sum(W * g, axis=1)", "W @ g"],
        [_BACK, "g[0] * W[:, 0] + g[1] * W.T[1]", "sum(W * g, axis=1)", "g @ W.T"],
    ],
    "dense_backward": [
        dense_backward_loops,
        dense_backward_einsum,
        lambda dZ, X, W: ((W @ dZ.T).T, (dZ.T @ X).T, np.ones(len(X)) @ dZ),
    ],
    "activation_backward": [activation_backward_where, activation_backward_assigned],
    "delta_back": [
        delta_back_loops,
        lambda dZ_next, W_next, Z: np.where(Z > 0, dZ_next @ W_next.T, 0),
        lambda dZ_next, W_next, Z: np.einsum("nk,hk,nh->nh", dZ_next, W_next, np.heaviside(Z, 1)),
    ],
    "several_outputs": [
        [
            _SEVERAL,
            "(2 * (h @ V - y)) @ (V.T @ diag(h - h * h))",
            "((2 * (h @ V - y)) @ V.T) * h * (1 - h)",
            "(r @ V.T) * h * (1 - h)",
        ],
        [
            _SEVERAL,
            "(2 * (h @ V - y)) @ (V.T @ diag((1 - h) * h))",
            "((2 * (h @ V - y)) @ V.T) * h * (1 - h)",
            "V @ r * (h - h**2)",
        ],
    ],
    "softmax_network": [softmax_network_rows, softmax_network_bias_as_weight],
    "three_layers": [
        (4, "dW1 == X.T @ (((dZ3 @ W3.T) * indicator(Z2)) @ W2.T * indicator(Z1))"),
        (4, "dW1 == X.T @ (((dZ3 @ W3.T) * indicator(H2)) @ W2.T * indicator(H1))"),
    ],
    "mlp_backward": [mlp_backward_recursion, mlp_backward_by_index],
    "reconstruction": [
        (3, "dH == (indicator(Z2) * dOut) @ W2.T"),
        (3, "dH == (W2 @ (dOut * indicator(Out)).T).T"),
    ],
    "bill_again": [20224.0, 2 * 9472 + 1280],
    "column_backward": [lambda da, h, W: (np.dot(W, da), np.outer(h, da), 1.0 * da)],
    "over_the_rows": [[_ROWS, "outer(X[0], G[0]) + outer(X[1], G[1]) + outer(X[2], G[2])", "(G.T @ X).T"]],
    "last_activation": [(3, "dZ == P * (dP - sum(dP * P, axis=1, keepdims=True))"), (3, "dZ == (P - Y) / n")],
    "one_unit": [(3, "dW[:, j] == sum(r[:, None] * v[j] * H[:, j, None] * (1 - H[:, j, None]) * X, axis=0)")],
    "squared_loss": [(2, "dZ == -2 / n * (Y - Z)")],
    "with_penalty": [(4, "dW1 == 2 * lam * W1 + X.T @ (dH * indicator(H))")],
    "two_biases": [(4, "db1 == sum(dH * indicator(Z1), axis=0)")],
    "one_epoch_step": ["dbeafc"],
}
