"""What a backward pass and a training step cost: `python tests/bench_backprop.py` (float64, one thread, one run).

784-256-128-10, ReLU, softmax cross-entropy, batch 128.  Promised: a backward under 3 times its forward, and a step at
most 1.2 times PyTorch's eager step on the CPU.
"""

import os
import statistics
import sys
import time
from pathlib import Path

os.environ.update({f"{name}_NUM_THREADS": "1" for name in ("OPENBLAS", "OMP", "MKL", "VECLIB_MAXIMUM")})
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np  # noqa: E402

from solutions.backprop import mlp_backward  # noqa: E402

SIZES, BATCH, RATE, RUNS = (784, 256, 128, 10), 128, 0.01, 200


def problem():
    rng = np.random.default_rng(0)
    X, labels = rng.normal(size=(BATCH, SIZES[0])), rng.integers(SIZES[-1], size=BATCH)
    kinds = ["relu"] * (len(SIZES) - 2) + ["identity"]
    shapes = zip(SIZES, SIZES[1:], kinds, strict=False)
    return X, labels, [(rng.normal(size=(d, k)) * np.sqrt(2 / d), np.zeros(k), kind) for d, k, kind in shapes]


def forward(X, layers):
    H = X
    for W, b, kind in layers:
        Z = H @ W + b
        H = np.maximum(Z, 0) if kind == "relu" else Z
    return H


def numpy_step(X, Y, layers):
    gradients = mlp_backward(X, Y, layers, "softmax")
    for (W, b, _), dW, db in zip(layers, gradients[::2], gradients[1::2], strict=True):
        dW *= RATE
        W -= dW
        b -= RATE * db


def torch_step(X, labels, layers):
    """A function that takes one eager step from the same weights, and the gradients it finds there; or None."""
    try:
        import torch
    except ImportError:
        return None
    torch.set_num_threads(1)
    modules = []
    for W, b, kind in layers:
        linear = torch.nn.Linear(*W.shape, dtype=torch.float64)
        with torch.no_grad():
            linear.weight.copy_(torch.tensor(W.T))
            linear.bias.copy_(torch.tensor(b))
        modules += [linear, torch.nn.ReLU()] if kind == "relu" else [linear]
    net, X, labels = torch.nn.Sequential(*modules), torch.tensor(X), torch.tensor(labels)
    optimizer = torch.optim.SGD(net.parameters(), lr=RATE)

    def step():
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(net(X), labels).backward()
        optimizer.step()

    torch.nn.functional.cross_entropy(net(X), labels).backward()
    return step, [parameter.grad.numpy().T.copy() for parameter in net.parameters()]


def milliseconds(**tasks):
    """The median of each task's processor time, which a busy machine hardly changes; the tasks take turns."""
    times = {name: [] for name in tasks}
    for _ in range(RUNS):
        for name, task in tasks.items():
            start = time.process_time()
            task()
            times[name].append(1000 * (time.process_time() - start))
    return {name: statistics.median(values) for name, values in times.items()}


def main():
    X, labels, layers = problem()
    Y = np.eye(SIZES[-1])[labels]
    gradients = mlp_backward(X, Y, layers, "softmax")
    torch = torch_step(X, labels, layers)
    tasks = {
        "forward": lambda: forward(X, layers),
        "both": lambda: mlp_backward(X, Y, layers, "softmax"),
        "step": lambda: numpy_step(X, Y, layers),
    }
    if torch:
        tasks["torch"], theirs = torch
        difference = max(np.max(np.abs(g - t)) for g, t in zip(gradients, theirs, strict=True))
        assert difference < 1e-10, difference
    ms = milliseconds(**tasks)
    print(f"{'-'.join(map(str, SIZES))}, batch {BATCH}, float64, one thread, median of {RUNS}")
    backward = ms["both"] - ms["forward"]
    print(
        f"forward {ms['forward']:.2f} ms, backward {backward:.2f} ms: {backward / ms['forward']:.2f} times its forward"
    )
    if torch:
        ratio = ms["step"] / ms["torch"]
        print(f"step {ms['step']:.2f} ms, PyTorch's {ms['torch']:.2f} ms: {ratio:.2f} times; gradients agree to 1e-10")
    else:
        print(f"step {ms['step']:.2f} ms; PyTorch is not installed, so there is nothing to compare it with")


if __name__ == "__main__":
    main()
