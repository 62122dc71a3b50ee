"""Chapter 6: other ways to be right."""

import numpy as np


def _sigmoid(z):
    return 1 / (1 + np.exp(-z))


def shares_where(op, G, a, b):
    local = {
        "add": lambda: (np.ones(a.shape), np.ones(b.shape)),
        "mul": lambda: (b, a),
        "max": lambda: (
            np.where(a >= b, 1, 0),
            np.where(a >= b, 0, 1),
        ),  # at a tie the first gets all, as in the hand-in
        "min": lambda: (np.where(a <= b, 1.0, 0.0), np.where(a > b, 1.0, 0.0)),
    }[op]()
    return [G * slope for slope in local]


def shares_halves(op, G, a, b):
    if op in ("max", "min"):
        s = np.sign(a - b) if op == "max" else np.sign(b - a)
        return G * (1 + s) / 2, G * (1 - s) / 2
    return (G, G.copy()) if op == "add" else (b * G, a * G)


_UNIT = {
    "1": ((1, -4), (1, -4), (0.5, -2), (1, -4), (3, -12), (1 / 4, -3), (1, -3), (1, -3), (1, -3), (1, -3), (2, -6)),
    "2": (
        (1, -4),
        (1, -4),
        (0.75, -3),
        (1, -4),
        (-2, 8),
        (3 / 16, 3 / 2),
        (1, 1.5),
        (1, 1.5),
        (1, 1.5),
        (1, 1.5),
        (2, 3),
    ),
}
_LAST = {"1": (-3, 9), "2": (-3, -4.5)}


def _entered(pair):
    table = {"yhat": pair((2 * (0 - 2), -4.0))}
    for j, lines in _UNIT.items():
        names = [*(letter + j for letter in "lovchzbfde"), f"w{j}1"]
        table |= {name: pair(line) for name, line in zip(names, lines, strict=True)}
        table[f"w{j}2"] = pair(_LAST[j])
    return table


def topological_order_recursive(parents_of, output):
    order = []

    def visit(name):
        if name not in order:
            for parent in parents_of(name):
                visit(parent)
            order.append(name)

    visit(output)
    return order


def topological_order_by_counting(parents_of, output):
    parents, consumers, found = {}, {}, [output]
    for name in found:
        parents[name] = tuple(dict.fromkeys(parents_of(name)))
        for parent in parents[name]:
            consumers[parent] = consumers.get(parent, 0) + 1
            if parent not in found:
                found.append(parent)
    ready, back = [output], []
    while ready:
        back.append(ready.pop())
        for parent in parents[back[-1]]:
            consumers[parent] -= 1
            if not consumers[parent]:
                ready.append(parent)
    return tuple(reversed(back))


def slopes_back_by_consumer(order, parents, slope):
    found = {}
    for at in range(len(order) - 1, -1, -1):
        total = 1.0 if at == len(order) - 1 else 0.0
        for name in order[at + 1 :]:
            for i, parent in enumerate(parents[name]):
                if parent == order[at]:
                    total += found[name] * slope(name, i)
        found[order[at]] = total
    return found


def slopes_back_numpy(order, parents, slope):
    place = {name: i for i, name in enumerate(order)}
    total = np.zeros(len(order))
    total[-1] = 1
    for name in order[::-1]:
        for i in range(len(parents[name])):
            total[place[parents[name][i]]] += total[place[name]] * slope(name, i)
    return dict(zip(order, total, strict=True))


def broadcast_back_axes(G, shape):
    padded = (1,) * (G.ndim - len(shape)) + tuple(shape)
    axes = tuple(axis for axis, n in enumerate(padded) if n == 1)
    return G.sum(axis=axes, keepdims=True).reshape(shape)


def broadcast_back_loops(G, shape):
    share = np.zeros(shape)
    extra = G.ndim - len(shape)
    for index in np.ndindex(G.shape):
        share[tuple(0 if n == 1 else i for i, n in zip(index[extra:], shape, strict=True))] += G[index]
    return share


def _share(op, G, a, y):
    """The way back through an operation with one operand a and the value y."""
    return {
        "sum": lambda: np.broadcast_to(G, a.shape),
        "exp": lambda: G * y,
        "log": lambda: G / a,
        "logistic": lambda: G * y * (1 - y),
        "relu": lambda: np.where(a > 0, G, 0),
        "log_softmax": lambda: G - np.exp(y) * G.sum(axis=1, keepdims=True),
    }[op]()


def grad_tape(program, inputs, way=None, ask="", G=None):
    """No class: the program is in a topological order already."""
    v = {name: np.array(value, dtype=float) for name, value in inputs.items()}
    for op, name, *operands in program:
        a, *rest = [v[o] if isinstance(o, str) else np.asarray(o, dtype=float) for o in operands]
        b = rest[0] if rest else None
        if op == "sum":
            v[name] = a.sum() if b is None else a.sum(axis=int(b), keepdims=True)
        elif op == "cross_entropy":
            v[name] = np.mean(np.log(np.exp(a).sum(axis=1)) * b.sum(axis=1) - (a * b).sum(axis=1))
        elif op == "log_softmax":
            v[name] = a - np.log(np.exp(a).sum(axis=1, keepdims=True))
        elif rest:
            two = {"add": np.add, "sub": np.subtract, "mul": np.multiply, "matmul": np.matmul, "counted": np.add}
            v[name] = two[op](a, b)
        else:
            v[name] = {"exp": np.exp, "log": np.log, "logistic": _sigmoid, "relu": lambda z: np.maximum(z, 0)}[op](a)
    total = {name: np.zeros(np.shape(value)) for name, value in v.items()}
    total[name] = G if ask else np.ones(np.shape(v[name]))
    for op, name, *operands in reversed(program):
        G, y = total[name], v[name]
        a, *rest = [v[o] if isinstance(o, str) else np.asarray(o, dtype=float) for o in operands]
        if op == "matmul":
            given = [G @ rest[0].T, a.T @ G]
        elif op == "counted":
            given = [way(G) if isinstance(operand, str) else None for operand in operands]
        elif op in ("add", "sub", "mul"):
            given = {"add": [G, G], "sub": [G, -G], "mul": [G * rest[0], G * a] if rest else []}[op]
        elif op == "cross_entropy":
            P = np.exp(a) / np.exp(a).sum(axis=1, keepdims=True)
            given = [G / len(a) * (P * rest[0].sum(axis=1, keepdims=True) - rest[0]), -G / len(a) * np.log(P)]
        else:
            given = [_share(op, G, a, y)]
        if ask == "ways":
            return [y, *given]
        if ask == "back":
            likes = zip(operands, given, strict=True)
            return [broadcast_back_axes(g, v[o].shape) if isinstance(o, str) else None for o, g in likes]
        for operand, share in zip(operands, given, strict=False):
            if isinstance(operand, str):
                total[operand] = total[operand] + broadcast_back_axes(np.asarray(share), v[operand].shape)
    return {name: total[name] for name in inputs}


class _Value:
    """Each value keeps its slope and a closure that passes it on; they are called from the youngest to the oldest."""

    made = []

    def __init__(self, data, wanted=True):
        self.data, self.grad, self.on = np.asarray(data, dtype=float), 0.0, lambda: None
        self.wanted = wanted
        _Value.made.append(self)

    def take(self, share):
        self.grad = self.grad + broadcast_back_axes(np.asarray(share), self.data.shape)


def _applied(op, operands, way):
    a, *rest = operands
    b = rest[0] if rest and isinstance(rest[0], _Value) else None
    x, y = a.data, b.data if b else None
    P = np.exp(x) / np.exp(x).sum(axis=1, keepdims=True) if x.ndim == 2 else None
    forward = {
        "cross_entropy": lambda: -np.sum(y * np.log(P)) / len(x),
        "add": lambda: x + y,
        "counted": lambda: x + y,
        "sub": lambda: x - y,
        "mul": lambda: x * y,
        "matmul": lambda: x @ y,
        "sum": lambda: x.sum(axis=rest[0], keepdims=True) if rest else x.sum(),
        "exp": lambda: np.exp(x),
        "log": lambda: np.log(x),
        "logistic": lambda: _sigmoid(x),
        "relu": lambda: x * (x > 0),
        "log_softmax": lambda: x - np.log(np.sum(np.exp(x), axis=1, keepdims=True)),
    }
    out = _Value(forward[op]())

    def on():
        G = np.broadcast_to(out.grad, out.data.shape)
        if op in ("add", "sub", "mul", "matmul"):
            first = {"mul": lambda: G * y, "matmul": lambda: np.inner(G, y)}.get(op, lambda: G)()
            second = {"add": lambda: G, "sub": lambda: -G, "mul": lambda: G * x, "matmul": lambda: np.transpose(x) @ G}
            a.take(first)
            b.take(second[op]())
        elif op == "counted":
            for operand in operands:
                if operand.wanted:
                    operand.take(way(G))
        elif op == "cross_entropy":
            a.take(G * (P * y.sum(axis=1, keepdims=True) - y) / len(x))
            b.take(-G * np.log(P) / len(x))
        else:
            a.take(_share(op, G, x, out.data))

    out.on = on
    return out


def grad_closures(program, inputs, way=None, ask="", G=None):
    _Value.made = []
    values = {name: _Value(value) for name, value in inputs.items()}
    for op, name, *operands in program:
        wrapped = [values[o] if isinstance(o, str) else o if op == "sum" else _Value(o, False) for o in operands]
        values[name] = _applied(op, wrapped, way)
    if ask:
        values[name].grad = G
        values[name].on()
        shares = tuple(operand.grad if operand.wanted else None for operand in wrapped)
        return (values[name].data, *shares) if ask == "ways" else shares
    values[name].grad = np.ones(values[name].data.shape)
    for value in reversed(_Value.made):
        value.on()
    return {name: np.asarray(values[name].grad) for name in inputs}


def every_step_rows(X, y, W1, b1, W2, b2):
    n = X.shape[0]
    Z = np.array([x @ W1 + b1 for x in X])
    H = _sigmoid(Z)
    yhat = np.array([[h @ W2[:, 0] + b2[0]] for h in H])
    dyhat = np.array([[2 / n * (said[0] - true[0])] for said, true in zip(yhat, y, strict=True)])
    dH = np.array([r[0] * W2[:, 0] for r in dyhat])
    dZ = dH * np.exp(-Z) / (1 + np.exp(-Z)) ** 2
    dW2 = sum(np.outer(h, r) for h, r in zip(H, dyhat, strict=True))
    dW1 = sum(np.outer(x, dz) for x, dz in zip(X, dZ, strict=True))
    return [Z, H, yhat, dyhat, dW2, np.array([dyhat.sum()]), dH, dZ, dW1, np.sum(dZ, axis=0)]


def every_step_einsum(X, y, W1, b1, W2, b2):
    Z = np.einsum("na,aj->nj", X, W1) + b1
    H = 1 / (1 + np.exp(-Z))
    yhat = np.einsum("nj,jk->nk", H, W2) + b2
    dyhat = (yhat - y) * 2 / y.size
    dH = np.outer(dyhat, W2)
    dZ = np.multiply(dH, H - H**2)
    dW2 = np.einsum("nj,nk->jk", H, dyhat)
    return (
        Z,
        H,
        yhat,
        dyhat,
        dW2,
        np.einsum("nk->k", dyhat),
        dH,
        dZ,
        np.einsum("na,nj->aj", X, dZ),
        np.ones(len(X)) @ dZ,
    )


def chain_slope_recursive(f, slope, w, n):
    return slope(w) if n == 1 else slope(w) * chain_slope_recursive(f, slope, f(w), n - 1)


STYLES = {
    "shares": [shares_where, shares_halves],
    "expanded": [_entered(list), _entered(tuple), _entered(lambda line: tuple(np.array(line)))],
    "right_time": ["dabce", list("dbace"), "D, B, A, C, E"],
    "topological_order": [topological_order_recursive, topological_order_by_counting],
    "slopes_back": [slopes_back_by_consumer, slopes_back_numpy],
    "recomputed": [190.0, np.int64(190)],
    "broadcast_back": [broadcast_back_axes, broadcast_back_loops],
    "grad": [grad_tape, grad_closures],
    "every_step": [every_step_rows, every_step_einsum],
    "two_logistics": [
        (2, "dC == (Yhat - Y) / n * Yhat * (1 - Yhat)"),
        (2, "dC == dYhat * (Yhat - Yhat**2)"),
        [2, "dC == (1 - Yhat) * dYhat * Yhat"],
    ],
    "chain_slope": [chain_slope_recursive],
    "two_losses": [(0, "dx == dyhat * yhat * (1 - yhat) * W2 * (1 - z**2) * W1"), (0, "dz == (yhat - y) * W2")],
    "two_nodes": [(3, "dW2 == 2 * (yhat - y) * z")],
    "three_by_three": [(2, "yhat == c + sum(H * v, axis=1)")],
    "first_unit": [(3, "dw == X.T @ (dyhat * v * h * (1 - h))"), (3, "dw == (dh * h * (1 - h)) @ X")],
}
