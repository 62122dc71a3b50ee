"""Chapter 5, backpropagation: the reference answers in notebook order."""

import numpy as np

from .neurons import sigmoid
from .sigmoid_softmax import softmax

second_weight = -2

# Source: S2.M.3b
not_there = "b"

# Source: S2.M.3b
hidden_slope = 6.0

# Source: S0.3, S0.4
way_back = [
    "D(sum(g * (x @ W)), x)",
    "g[0] * W[:, 0] + g[1] * W[:, 1]",
    "sum(g * W, axis=1)",
    "g @ W.T",
]


# Source: S0.3, S0.4, S1.1d
def dense_backward(dZ, X, W):
    """The gradients of a loss L for a layer Z = X @ W + b, given dZ, the slopes of L along Z.

    dZ (n, k), X (n, d), W (d, k)  ->  dX (n, d), dW (d, k), db (k,)
    """
    dX = dZ @ W.T
    dW = X.T @ dZ
    db = dZ.sum(axis=0)
    return dX, dW, db


# Source: S0.1, S0.2, S3.c-relu, S4.T2b, S4.T2c
def activation_backward(dH, Z, kind):
    """The slopes of L along Z, given dH, the slopes of L along H, the activation of Z, entry by entry.

    dH (n, h), Z (n, h), kind "relu", "logistic" or "identity" (H is Z itself)  ->  dZ (n, h)
    """
    if kind == "relu":
        return dH * (Z > 0)
    if kind == "logistic":
        H = sigmoid(Z)
        return dH * H * (1 - H)
    return dH


# Source: S4.T1i
def delta_back(dZ_next, W_next, Z):
    """The slopes of L along Z, one layer further back, where H = relu(Z) and Z_next = H @ W_next + b_next.

    dZ_next (n, k), W_next (h, k), Z (n, h)  ->  dZ (n, h)
    """
    return (dZ_next @ W_next.T) * (Z > 0)


# Source: S2.M.5b, S4.T1ii
several_outputs = [
    "D(sum((h @ V - y)**2), z)",
    "(2 * (h @ V - y)) @ (V.T @ diag(h * (1 - h)))",
    "((2 * (h @ V - y)) @ V.T) * h * (1 - h)",
    "(V @ r) * h * (1 - h)",
]


# Source: S2.M.7a, S2.M.7b, S2.M.7c
def softmax_network(X, Y, W1, b1, W2, b2):
    """The gradients of the cross-entropy of softmax(sigmoid(X @ W1 + b1) @ W2 + b2).

    X (n, d), Y (n, k) one-hot, W1 (d, h), b1 (h,), W2 (h, k), b2 (k,)  ->  dW1, db1, dW2, db2, each like its own
    """
    H = sigmoid(X @ W1 + b1)
    dZ2 = (softmax(H @ W2 + b2) - Y) / len(X)
    dZ1 = (dZ2 @ W2.T) * H * (1 - H)
    return X.T @ dZ1, dZ1.sum(axis=0), H.T @ dZ2, dZ2.sum(axis=0)


# Source: S1.1h
three_layers = (4, "dW1 == X.T @ ((((dZ3 @ W3.T) * indicator(Z2)) @ W2.T) * indicator(Z1))")


# Source: S1.1d, S1.1f, S1.2a, S2.M.4a, S4.T2a2, S4.T2a-list
def mlp_backward(X, Y, layers, head):
    """The gradients of a network's loss along all its weights and biases, by one walk forward and one back.

    X (n, d); layers a list of (W, b, kind), kind "relu", "logistic" or "identity"; Y (n, k), like the last output H
    head "squares": the mean over the rows of sum((H - Y)**2); "softmax": the cross-entropy of softmax(H)
    ->  a list: dW of the first layer, its db, dW of the second, its db, and so on
    """
    H, walked = X, []
    for W, b, kind in layers:
        Z = H @ W + b
        walked.append((H, Z, W, kind))
        H = np.maximum(Z, 0) if kind == "relu" else sigmoid(Z) if kind == "logistic" else Z
    dH = (softmax(H) - Y) / len(X) if head == "softmax" else 2 * (H - Y) / len(X)
    found = []
    for H, Z, W, kind in reversed(walked):
        if kind == "relu":
            dH = dH * (Z > 0)
        if kind == "logistic":
            dH = dH * sigmoid(Z) * (1 - sigmoid(Z))
        found = [H.T @ dH, dH.sum(axis=0), *found]
        if H is not X:  # nobody changes a picture
            dH = dH @ W.T
    return found


# Source: S2.M.8
twins = "a"

# Source: S1.2e
reconstruction = (3, "dH == (dOut * indicator(Z2)) @ W2.T")

bill_again = 20224


# Source: S0.3, S0.4
def column_backward(da, h, W):
    """One example as a column: the gradients of L for a = W.T @ h + b, given da, the slopes of L along a.

    da (k, 1), h (d, 1), W (d, k)  ->  dh (d, 1), dW (d, k), db (k, 1)
    """
    return W @ da, h @ da.T, da


# Source: S1.1d
over_the_rows = [
    "D(sum(G * (X @ W)), W)",
    "outer(X[0], G[0]) + outer(X[1], G[1]) + outer(X[2], G[2])",
    "X.T @ G",
]

# Source: S2.M.6a
logistic_output = (0, "dv == H.T @ p / n - H.T @ y / n")

# Source: S4.T1ii
last_activation = (3, "dZ == P / n - Y / n")

# Source: S2.M.4b
one_unit = (3, "dW[:, j] == X.T @ (r * v[j] * H[:, j] * (1 - H[:, j]))")

# Source: S0.1, S4.T2c
identity_output = (0, "dW == A.T @ dOut")

# Source: S4.T2a0
squared_loss = (2, "dZ == 2 * (Z - Y) / n")

# Source: S3.c1
with_penalty = (4, "dW1 == X.T @ (dH * indicator(Z)) + 2 * lam * W1")

# Source: S3.c2, S3.c3
two_biases = (4, "db1 == sum((dZ2 @ W2.T) * indicator(Z1), axis=0)")


# Source: S3.b, S3.c0, S3.c1, S3.c2, S3.c3
def penalised_network(X, Y, W1, b1, W2, b2, lam):
    """The gradients of the cross-entropy of softmax(relu(X @ W1 + b1) @ W2 + b2) plus lam * (||W1||^2 + ||W2||^2).

    X (n, d), Y (n, k) one-hot, W1 (d, h), b1 (h,), W2 (h, k), b2 (k,), lam a number  ->  dW1, db1, dW2, db2
    """
    Z1 = X @ W1 + b1
    H = np.maximum(Z1, 0)
    dZ2 = (softmax(H @ W2 + b2) - Y) / len(X)
    dZ1 = (dZ2 @ W2.T) * (Z1 > 0)
    return X.T @ dZ1 + 2 * lam * W1, dZ1.sum(axis=0), H.T @ dZ2 + 2 * lam * W2, dZ2.sum(axis=0)


one_epoch_step = "dbeacf"
