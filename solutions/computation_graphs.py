"""Chapter 6, computation graphs: the reference answers in notebook order."""

import numpy as np

from .neurons import sigmoid
from .sigmoid_softmax import log_softmax


# Source: S2.G.5a, S2.G.5b, S2.G.5c, S2.G.5d, S2.G.5e, S2.G.5f
def shares(op, G, a, b):
    """What a node hands back to its operands a and b, given G, the slopes of L along its value.

    op "add", "mul", "max" or "min": the node is a + b, a * b, the larger or the smaller one, entry by entry
    G, a, b of one shape  ->  the share of a, the share of b, each of that shape
    """
    if op == "add":
        return G, G
    if op == "mul":
        return G * b, G * a
    first = a > b if op == "max" else a < b
    return G * first, G * (1 - first)


# Source: S2.G.4a, S2.G.4b, S2.G.4c
expanded = {
    "yhat": (-4, -4),
    "l1": (1, -4),
    "o1": (1, -4),
    "v1": (0.5, -2),
    "l2": (1, -4),
    "o2": (1, -4),
    "v2": (0.75, -3),
    "c2": (1, -4),
    "c1": (1, -4),
    "h1": (3, -12),
    "z1": (0.25, -3),
    "b1": (1, -3),
    "f1": (1, -3),
    "d1": (1, -3),
    "e1": (1, -3),
    "w11": (2, -6),
    "w12": (-3, 9),
    "h2": (-2, 8),
    "z2": (0.1875, 1.5),
    "b2": (1, 1.5),
    "f2": (1, 1.5),
    "d2": (1, 1.5),
    "e2": (1, 1.5),
    "w21": (2, 3),
    "w22": (-3, -4.5),
}

# Source: S2.G.1
used_twice = "c"

# Source: S2.G.11
right_time = "dbace"


# Source: S2.G.11
def topological_order(parents_of, output):
    """The names of all nodes that lead to `output`, each after its parents, each once; `output` comes last.

    parents_of(name)  the names that the node `name` was made of; () for a leaf.  The graph has no circle
    """
    order, walk = [], [output]
    while walk:
        waits_for = [parent for parent in parents_of(walk[-1]) if parent not in order]
        if waits_for:
            walk.append(waits_for[0])
        else:
            order.append(walk.pop())
    return order


# Source: S2.G.1, S2.G.11
def slopes_back(order, parents, slope):
    """The slope of the last node of `order` along every node: a dict, name -> number.

    order    names, each after its parents; the last one is the output
    parents  name -> names that the node was made of, () for a leaf
    slope    slope(name, i) is the node's local slope along its parent number i, from 0; ask once for each
    """
    found = dict.fromkeys(order, 0.0)
    found[order[-1]] = 1.0
    for name in reversed(order):
        for i, parent in enumerate(parents[name]):
            found[parent] += found[name] * slope(name, i)
    return found


# Source: S4.T3a, S4.T3b
recomputed = 190


# Source: S2.G.11
def broadcast_back(G, shape):
    """The share of an array of `shape` that was broadcast: G, the slopes along its copies, added up where they are one.

    G (any shape that `shape` broadcasts to)  ->  `shape`
    """
    if G.shape == shape:
        return G
    while G.ndim > len(shape):
        G = G.sum(axis=0)
    for axis, length in enumerate(shape):
        if length < G.shape[axis]:
            G = G.sum(axis=axis, keepdims=True)
    return G


# Source: S2.G.12a, S2.G.12b, S2.G.12g, S2.G.13d1
def every_step(X, y, W1, b1, W2, b2):
    """All numbers forward and back: Z = X @ W1 + b1, H = sigmoid(Z), yhat = H @ W2 + b2, L the mean of (yhat - y)**2.

    X (n, d), y (n, 1), W1 (d, h), b1 (h,), W2 (h, 1), b2 (1,)
    ->  Z, H, yhat, dyhat, dW2, db2, dH, dZ, dW1, db1, in this order, each slope like its own
    """
    Z = X @ W1 + b1
    H = sigmoid(Z)
    yhat = H @ W2 + b2
    dyhat = 2 * (yhat - y) / len(X)
    dH = dyhat @ W2.T
    dZ = dH * H * (1 - H)
    return Z, H, yhat, dyhat, H.T @ dyhat, dyhat.sum(axis=0), dH, dZ, X.T @ dZ, dZ.sum(axis=0)


# Source: S2.G.14a, S2.G.14b, S2.G.14c, S2.G.14d, S2.G.14e, S2.G.14f
two_logistics = (2, "dC == dYhat * Yhat * (1 - Yhat)")


# Source: S2.G.1, S2.G.11
class Node:
    """A value, the operation that made it, and the ways back to the nodes it was made of.

    value  an array; op: the operation's name, "" for a leaf; grad: the slopes of L along value, None before backward()
    ways   a pair for each parent: the parent, and a function from G, the slopes of L along value, to the parent's share
    needs  whether anyone wants the slopes; nobody does of data
    """

    def __init__(self, value, op="", ways=(), needs=True):
        self.value, self.op, self.ways, self.grad = np.asarray(value, float), op, ways, None
        self.needs = any([parent.needs for parent, _ in ways]) if ways else needs

    @property
    def parents(self):
        return tuple(parent for parent, _ in self.ways)

    @staticmethod
    def of(operand):
        """A Node as it is; a number or an array as a leaf whose slope nobody wants."""
        return operand if isinstance(operand, Node) else Node(operand, needs=False)

    def __add__(self, other):
        other = Node.of(other)
        return Node(self.value + other.value, "add", [(self, lambda G: G), (other, lambda G: G)])

    def __sub__(self, other):
        other = Node.of(other)
        return Node(self.value - other.value, "sub", [(self, lambda G: G), (other, lambda G: -G)])

    def __mul__(self, other):
        other = Node.of(other)
        ways = [(self, lambda G: G * other.value), (other, lambda G: G * self.value)]
        return Node(self.value * other.value, "mul", ways)

    def __matmul__(self, other):
        other = Node.of(other)
        ways = [(self, lambda G: G @ other.value.T), (other, lambda G: self.value.T @ G)]
        return Node(self.value @ other.value, "matmul", ways)

    def relu(self):
        """Entry by entry the number, or 0 where it is below."""
        return Node(np.maximum(self.value, 0), "relu", [(self, lambda G: G * (self.value > 0))])

    def sum(self, axis=None):
        """The sum of all entries; or along one axis, which stays, with length 1."""
        total = self.value.sum(axis=axis, keepdims=axis is not None)
        return Node(total, "sum", [(self, lambda G: G + np.zeros(self.value.shape))])

    def exp(self):
        """e to the power of every entry."""
        y = np.exp(self.value)
        return Node(y, "exp", [(self, lambda G: G * y)])

    def log(self):
        """The natural logarithm of every entry."""
        return Node(np.log(self.value), "log", [(self, lambda G: G / self.value)])

    def logistic(self):
        """Chapter 1's sigmoid of every entry."""
        y = sigmoid(self.value)
        return Node(y, "logistic", [(self, lambda G: G * y * (1 - y))])

    def log_softmax(self):
        """Chapter 3's log of the softmax of each row: a whole formula in one node."""
        y = log_softmax(self.value)
        return Node(y, "log_softmax", [(self, lambda G: G - np.exp(y) * G.sum(axis=1, keepdims=True))])

    def cross_entropy(self, other):
        """Chapter 4's loss of scores and one-hot labels, the mean over the rows: another whole formula in one node."""
        other, y = Node.of(other), log_softmax(self.value)
        ways = [(self, lambda g: g * (np.exp(y) - other.value) / len(y)), (other, lambda g: -g * y / len(y))]
        return Node(-np.sum(other.value * y) / len(y), "cross_entropy", ways)

    def back(self, G):
        """The shares of the parents, each like its parent's value; None for one that needs none."""
        shares = [broadcast_back(share(G), parent.value.shape) if parent.needs else None for parent, share in self.ways]
        return tuple(shares)

    def backward(self):
        """Put the slope of this node's value into grad of every node it was made of that needs one."""
        waiting, found = {self: 0}, [self]  # node -> how many consumers have not handed in their share
        for node in found:
            node.grad = None
            for parent, _ in node.ways:
                if parent in waiting:
                    waiting[parent] += 1
                elif parent.needs:
                    waiting[parent] = 1
                    found.append(parent)
        self.grad, ready = np.ones(self.value.shape), [self]
        for node in ready:
            for (parent, _), share in zip(node.ways, node.back(node.grad), strict=True):
                if share is not None:
                    parent.grad = share if parent.grad is None else parent.grad + share
                    waiting[parent] -= 1
                    if waiting[parent] == 0 and parent.ways:  # a leaf has nobody to hand on to
                        ready.append(parent)


def grad(program, inputs, way=None, ask="", G=None):
    """The slopes of the last line's value, a number, along every input: name -> array like the input.

    program  lines (operation, name of the result, operand, ...), as in ("mul", "c", "a", 3.0).  An operand is a name,
             or a number or array, which gets no slope; "sum" takes an axis last where not all is summed
    inputs   name -> number, array, or array as nested lists; each leads to the last line
    way      a function of the check's, which counts: the way back to either operand of "counted", which is a sum
    ask      what is asked of the last line alone: "ways", its value and what each of its ways makes of G, or "back"
    """

    def counted(one, other):
        other = Node.of(other)
        return Node(one.value + other.value, "counted", [(one, way), (other, way)])

    made = {name: Node(value) for name, value in inputs.items()}
    for op, name, *operands in program:
        first, *rest = [made[operand] if isinstance(operand, str) else operand for operand in operands]
        method = counted if op == "counted" else getattr(Node, op, None) or getattr(Node, f"__{op}__")
        made[name] = method(Node.of(first), *rest)
        assert made[name] is not None, f"{op} gave None: is it written, and does it return?"
    if ask == "ways":
        return [made[name].value, *(share(G) for _, share in made[name].ways)]
    if ask == "back":
        return made[name].back(G)
    made[name].backward()
    return {name: made[name].grad for name in inputs}


# Source: S4.T3a, S4.T3b
def chain_slope(f, slope, w, n):
    """The slope of f(f(...f(w)...)), n times f, along w.  slope(x) is f's slope at x; f is called n - 1 times."""
    product = 1.0
    for step in range(n):
        product = product * slope(w)
        if step < n - 1:
            w = f(w)
    return product


# Source: S2.G.2a, S2.G.2b, S2.G.3c
two_losses = (0, "dx == dz * (1 - z**2) * W1")

# Source: S2.G.3a, S2.G.3b
two_nodes = (3, "dW2 == dyhat * z")

# Source: S2.G.12d, S2.G.12j, S2.G.12k, S2.G.13d3
three_by_three = (2, "yhat == H @ v + c")

# Source: S2.G.12m, S2.G.12o, S2.G.13d7
first_unit = (3, "dw == X.T @ (dh * h * (1 - h))")

# Source: S2.G.12c, S2.G.12e, S2.G.13d2, S2.G.13d4
third_column = 0.5174928577
