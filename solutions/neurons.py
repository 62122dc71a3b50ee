"""Chapter 1, neurons: the reference answers in notebook order."""

import numpy as np


def mean_ink(picture):
    """The mean of all pixels of one picture.

    picture (8, 8), ink between 0 and 1  ->  a number
    """
    return picture.mean()


# Source: S2.N.1
def neuron_output(X, w, b):
    """The weighted sum of a neuron for every row of X.

    X (n, d), w (d,), b a number  ->  z (n,)
    """
    return X @ w + b


# Source: S2.N.6a
def sigmoid(z):
    """The logistic function, a degree between 0 and 1, entry by entry.

    z a number or an array  ->  the same shape
    """
    return 1 / (1 + np.exp(-z))


def central_difference(f, x, h):
    """The slope of f at x, from one step of size h to either side.

    f a function of one number, x and h numbers  ->  a number
    """
    return (f(x + h) - f(x - h)) / (2 * h)


best_h = "b"


def numerical_gradient(f, w, h):
    """All slopes of f at w: entry j is the slope along w[j] alone, by a central difference.

    f a function of an array like w, w (d,), h a number  ->  dw (d,)
    """
    dw = np.zeros(len(w))
    for j in range(len(w)):
        step = np.zeros(len(w))
        step[j] = h
        dw[j] = (f(w + step) - f(w - step)) / (2 * h)
    return dw


# Source: S2.N.9
def descend(gradient, w, rate, steps):
    """The path of gradient descent: the start, then the place after each step.

    gradient a function w -> dw, w (d,), rate a number, steps an int  ->  path (steps + 1, d)
    """
    path = [w]
    for _ in range(steps):
        w = w - rate * gradient(w)
        path.append(w)
    return np.array(path)


which_rate = "c"

# Source: S2.N.10
stopping = (5, "left == J_old")

bill = 19220

# Source: S2.M.1
eight_units = "b"


# Source: S2.M.1
def collapse(W1, b1, W2, b2):
    """One linear layer that does what two linear layers in a row do: X @ W + b equals (X @ W1 + b1) @ W2 + b2.

    W1 (d, h), b1 (h,), W2 (h, k), b2 (k,)  ->  W (d, k), b (k,)
    """
    W = W1 @ W2
    b = b1 @ W2 + b2
    return W, b


# Source: S2.N.6a
def step(z):
    """1 where z is above 0, else 0 (0 itself gives 0), entry by entry.

    z a number or an array  ->  the same shape
    """
    return np.where(z > 0, 1, 0)


# Source: S2.M.2
fewer_units = 650


# Source: S2.N.5
def add_ones(X):
    """X with a column of ones in front, so that a bias can be one more weight.

    X (n, d)  ->  (n, d + 1)
    """
    return np.column_stack([np.ones(len(X)), X])


# Source: S2.N.1
first_answer = (0, "z - theta[1] * x[1] == theta[0] + theta[2] * x[2]")


def by_hand(w, x, y):
    """The derivative with respect to w of L(w) = mean((w * x - y)**2).

    w a number, x (n,), y (n,)  ->  dL/dw, a number
    """
    return np.mean(2 * (w * x - y) * x)


# Source: S2.N.11
rate_limit = 1 / 3
