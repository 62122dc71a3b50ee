"""Chapter 2, discriminants: the reference answers in notebook order."""

import numpy as np


# Source: S2.N.2
def side(X, w, b):
    """On which side of the neuron's line every row of X lies: 1 where the sum is above 0, -1 below, 0 on the line.

    X (n, d), w (d,), b a number  ->  (n,)
    """
    return np.sign(X @ w + b)


# Source: S2.N.4a
their_normal = (2, "length == sqrt(w1**2 + w2**2)")


# Source: S2.N.3, S2.N.4a, S2.N.4b
def normal_and_offset(w, b):
    """The arrow of length 1 across the line w @ x + b = 0, and how far along it from the origin the line lies.

    w (d,), b a number  ->  normal (d,), offset a number, below 0 where the line lies behind the origin
    """
    length = np.linalg.norm(w)
    return w / length, -b / length


# Source: S2.N.3
def signed_distance(X, w, b):
    """How far every row of X lies from the neuron's line, above 0 on the side that the arrow points to.

    X (n, d), w (d,), b a number  ->  (n,), in the unit of X
    """
    return (X @ w + b) / np.linalg.norm(w)


nearest = "dceba"

ten_times = "c"


# Source: S2.N.15a
def ovr_predict(X, W, b):
    """The class that claims each row of X the loudest: the number, from 0, of the neuron with the largest sum.

    X (n, d), W (d, k), b (k,)  ->  (n,) whole numbers from 0 to k - 1
    """
    return np.argmax(X @ W + b, axis=1)


# Source: S2.N.15a
whose_class = "a"


# Source: S2.N.16
def best_template(X, T):
    """The template that fits each row of X best when every template is first brought to length 1.

    X (n, d), T (d, k), a template in each column  ->  (n,) whole numbers from 0 to k - 1
    """
    return np.argmax(X @ T / np.linalg.norm(T, axis=0), axis=1)


# Source: S2.N.12
def zero_one_loss(X, y, w, b):
    """The share of rows that the neuron gets wrong; it says 1 where its sum is above 0, else 0.

    X (n, d), y (n,) of 0 and 1, w (d,), b a number  ->  a number from 0 to 1
    """
    return np.mean((X @ w + b > 0) != y)


# Source: S2.N.12
where_to = "b"

# Source: S2.N.12
jump = 0.2

# Source: S2.N.3
their_bias = (0, "t == -b / length")

# Source: S2.N.15b
how_many = (3, "pairs == (every - itself) / 2")
