"""What a training step through chapter 6's engine costs: `python tests/bench_computation_graphs.py` (one run).

The digits' network 64-128-10, ReLU, softmax cross-entropy, batch 64, float64, one thread.  Promised: a step costs at
most 1.5 times one through chapter 5's hand-written mlp_backward and at most 1.5 times PyTorch's eager one on the CPU; a
chain of 100,000 nodes is walked.
"""

from bench_backprop import milliseconds, torch_step  # first: it sets the number of threads

import numpy as np  # isort: skip

from course.data import digits
from solutions.backprop import mlp_backward
from solutions.computation_graphs import Node

SIZES, BATCH, RATE, LONG = (64, 128, 10), 64, 0.01, 100_000


def problem():
    """All pictures and their labels, the rows of one batch, and the layers."""
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=(d, k)) * np.sqrt(2 / d) for d, k in zip(SIZES, SIZES[1:], strict=False)]
    layers = [(weights[0], np.zeros(128), "relu"), (weights[1], np.zeros(10), "identity")]
    return *digits(), rng.permutation(1797)[:BATCH], layers


def by_hand(X, Y, layers):
    return mlp_backward(X, Y, layers, "softmax")


def by_engine(X, Y, layers):
    leaves, H = [], Node.of(X)
    for W, b, kind in layers:
        leaves += [Node(W), Node(b)]
        Z = H @ leaves[-2] + leaves[-1]
        H = Z.relu() if kind == "relu" else Z
    H.cross_entropy(Y).backward()
    return [leaf.grad for leaf in leaves]


def step(gradients, X, Y, rows, layers):
    """One training step, as chapter 5 takes it: pick the rows, find the gradients, move the weights."""
    found = gradients(X[rows], Y[rows], layers)
    for (W, b, _), dW, db in zip(layers, found[::2], found[1::2], strict=True):
        W -= RATE * dW
        b -= RATE * db


def largest_difference(one, other):
    return max(np.max(np.abs(a - b)) for a, b in zip(one, other, strict=True))


def chain(length):
    """The slope through a chain of multiplications, `length` nodes long."""
    start = node = Node(1.0)
    for _ in range(length):
        node = node * 1.00001
    node.backward()
    return start.grad


def main():
    X, labels, rows, layers = problem()
    Y = np.eye(SIZES[-1])[labels]
    hand, engine = (find(X[rows], Y[rows], layers) for find in (by_hand, by_engine))
    assert largest_difference(hand, engine) < 1e-12
    torch = torch_step(X[rows], labels[rows], layers)
    tasks = {"hand": lambda: step(by_hand, X, Y, rows, layers), "engine": lambda: step(by_engine, X, Y, rows, layers)}
    if torch:
        tasks["torch"], theirs = torch
        assert largest_difference(engine, theirs) < 1e-12
    ms = milliseconds(**tasks)
    print(f"{'-'.join(map(str, SIZES))}, batch {BATCH}, float64, one thread")
    print(f"engine step {ms['engine']:.3f} ms, by hand {ms['hand']:.3f} ms: {ms['engine'] / ms['hand']:.2f} times")
    if torch:
        print(f"PyTorch's {ms['torch']:.3f} ms: {ms['engine'] / ms['torch']:.2f} times; gradients agree to 1e-12")
    else:
        print("PyTorch is not installed, so there is nothing to compare it with")
    slope = chain(LONG)
    assert abs(slope / 1.00001**LONG - 1) < 1e-9
    print(f"a chain of {LONG:,} nodes: slope {slope:.6f}")


if __name__ == "__main__":
    main()
