"""Chapter 6, computation graphs: known wrong answers."""

import inspect

import numpy as np

from .. import computation_graphs as right
from ..neurons import sigmoid
from . import mistake, wrong

# --- shares ----------------------------------------------------------------------------------------------------------


@mistake("shares", "S2.G.5a")
def sum_with_a_constant(op, G, a, b):
    """The second number of a sum gets nothing here. That nobody may want its slope does not make it 0: push it
    alone."""
    return (G, 0 * G) if op == "add" else right.shares(op, G, a, b)


@mistake("shares", "S2.G.5c")
def product_with_a_constant(op, G, a, b):
    """The second factor gets nothing here. That nobody may want its slope does not make it 0: push it alone."""
    return (G * b, 0 * G) if op == "mul" else right.shares(op, G, a, b)


@mistake("shares", "common")
def upstream_forgotten(op, G, a, b):
    """These are the local slopes. What came back to the node, G, is not in them."""
    return right.shares(op, np.ones(G.shape), a, b)


@mistake("shares", "common")
def own_factor(op, G, a, b):
    """In the product each factor gets itself here. If a is pushed by a little, what decides how far a * b moves?"""
    return (G * a, G * b) if op == "mul" else right.shares(op, G, a, b)


@mistake("shares", "common")
def product_without_upstream(op, G, a, b):
    """In the product what came back to the node, G, is missing: these are the local slopes alone."""
    return (b, a) if op == "mul" else right.shares(op, G, a, b)


@mistake("shares", "common")
def both_get_everything(op, G, a, b):
    """For the larger and the smaller one both get G here, but a push of the one that was not chosen moves nothing."""
    return (G, G) if op in ("max", "min") else right.shares(op, G, a, b)


@mistake("shares", "common")
def smaller_like_larger(op, G, a, b):
    """For "min" the share goes to the larger one here. Which of the two is the node's value?"""
    return right.shares("max" if op == "min" else op, G, a, b)


@mistake("shares", "common")
def value_for_slope(op, G, a, b):
    """For the larger and the smaller one G is multiplied with the number itself here. How fast does the node move
    with it?"""
    one, other = right.shares(op, G, a, b)
    return (one * a, other * b) if op in ("max", "min") else (one, other)


# --- expanded --------------------------------------------------------------------------------------------------------


def _table(**changed):
    return right.expanded | changed


def _below(unit, start, factor):
    """Every line of `unit` from `start` on down, with the slope of L times `factor`."""
    names = [n + unit if n[0] != "w" else f"w{unit}{n[1]}" for n in "h z b f d e w1 w2".split()]
    names = names[names.index(start) + 1 :]
    return {n: (right.expanded[n][0], right.expanded[n][1] * factor) for n in names}


bias_ends_in_a_weight = wrong(
    "bias_ends_in_a_weight",
    "expanded",
    "S2.G.4c",
    _table(b1=(-3, 9), b2=(-3, -4.5)),
    "The lines of the biases have an x in them, as if the chain ended in a weight. No x goes into z = f + b.",
)

bias_ends_in_the_other_weight = wrong(
    "bias_ends_in_the_other_weight",
    "expanded",
    "S2.G.4c",
    _table(b1=(2, -6), b2=(2, 3)),
    "The lines of the biases have x1 in them, as if the chain ended in a weight. A bias meets no input.",
)

weights_without_inputs = wrong(
    "weights_without_inputs",
    "expanded",
    "S2.G.4b",
    _table(w11=(1, -3), w12=(1, -3), w21=(1, 1.5), w22=(1, 1.5)),
    "The weights' own factor is missing. How far does d1 move when w11 does?",
)

whole_slopes_are_local = wrong(
    "whole_slopes_are_local",
    "expanded",
    "S2.G.4a",
    {name: (local, local) for name, (local, _) in right.expanded.items()}
    | {name: right.expanded[name] for name in ("yhat", "l1", "o1", "v1", "l2", "o2", "v2", "c2")},
    "The second number of each line repeats the first. What came to the node behind has to be multiplied in.",
)

_AT_SUM = np.log(3) * (1 - np.log(3))
slope_at_the_sum = wrong(
    "slope_at_the_sum",
    "expanded",
    "S2.G.14d",
    _table(z1=(0, 0), z2=(_AT_SUM, 8 * _AT_SUM), **_below("1", "z1", 0), **_below("2", "z2", _AT_SUM / 0.1875)),
    "The lines of z1 and z2: the slope of the logistic function is written with what went into it, not with "
    "what it said.",
)

h_for_v = wrong(
    "h_for_v",
    "expanded",
    "common",
    _table(h1=(0.5, -2), h2=(0.75, -3), **_below("1", "h1", 1 / 6), **_below("2", "h2", -3 / 8)),
    "In o = v h each of the two has the other for its local slope. The lines of h hold h itself.",
)

data_sign_lost = wrong(
    "data_sign_lost",
    "expanded",
    "common",
    _table(w12=(3, -9), w22=(3, 4.5)),
    "The second input is -3: look at the sign in the lines of w12 and w22.",
)

# --- right_time ------------------------------------------------------------------------------------------------------

too_early = wrong(
    "too_early",
    "right_time",
    "S2.G.11",
    "dbaec",
    "The slope of a is worked out before b has heard from c: b was used twice, and one answer is still missing.",
)

forward_again = wrong(
    "forward_again",
    "right_time",
    "common",
    "ebcad",
    "This begins at a, as the way forward does. On the way back the first slope that is known stands at the other end.",
)

adds_to_nothing = wrong(
    "adds_to_nothing",
    "right_time",
    "S2.G.11",
    "dacbe",
    "Something is added to the slope of b before it has a first share, and then that share overwrites the sum.",
)

# --- topological_order -----------------------------------------------------------------------------------------------


@mistake("topological_order", "common")
def output_first(parents_of, output):
    """This is the order of the way back: the end stands first. Wanted is the way forward."""
    return right.topological_order(parents_of, output)[::-1]


@mistake("topological_order", "common")
def no_memory(parents_of, output):
    """Names stand there once for every way that leads to them. Has a name that comes again been in the list already?"""
    return [name for parent in parents_of(output) for name in no_memory.answer(parents_of, parent)] + [output]


@mistake("topological_order", "S4.T3b")
def memory_afterwards(parents_of, output):
    """Repeats are thrown away at the end, but by then every way has been walked. Has a name been seen? Ask that
    first."""
    return list(dict.fromkeys(no_memory.answer(parents_of, output)))


@mistake("topological_order", "common")
def as_they_were_met(parents_of, output):
    """Names stand in the opposite order of being met on the way down. A node can be met late, or by way of
    another, and be a parent."""
    met = []

    def walk(name):
        if name not in met:
            met.append(name)
            for parent in parents_of(name):
                walk(parent)

    walk(output)
    return met[::-1]


@mistake("topological_order", "common")
def level_by_level(parents_of, output):
    """Names stand by the length of the shortest way to the end. What decides is the longest: all its consumers
    come later."""
    met = [output]
    for name in met:
        met += [p for p in dict.fromkeys(parents_of(name)) if p not in met]
    return met[::-1]


@mistake("topological_order", "common")
def no_leaves(parents_of, output):
    """The leaves are missing. A node without parents is a node as well, and it comes before those made of it."""
    return [name for name in right.topological_order(parents_of, output) if parents_of(name)]


# --- slopes_back -----------------------------------------------------------------------------------------------------


def _start(order):
    return dict.fromkeys(order, 0.0) | {order[-1]: 1.0}


@mistake("slopes_back", "S2.G.11")
def overwrites(order, parents, slope):
    """A node that is used twice keeps only the share that came last: two answers came, and one is gone."""
    found = _start(order)
    for name in reversed(order):
        for i, parent in enumerate(parents[name]):
            found[parent] = found[name] * slope(name, i)
    return found


@mistake("slopes_back", "S2.G.11")
def front_to_back(order, parents, slope):
    """This walks from the leaves to the end. When a leaf has its turn, nobody has told it anything yet."""
    found = _start(order)
    for name in order:
        for i, parent in enumerate(parents[name]):
            found[parent] += found[name] * slope(name, i)
    return found


@mistake("slopes_back", "common")
def returns_in_the_loop(order, parents, slope):
    """Only the last node has handed on: after one turn of the loop it was over. How far in does `return` stand?"""
    found = _start(order)
    for i, parent in enumerate(parents[order[-1]]):
        found[parent] += slope(order[-1], i)
    return found


@mistake("slopes_back", "S2.G.11")
def hands_on_too_early(order, parents, slope):
    """A node hands on as soon as its first share is there, and what comes later stays with it."""
    found, done = _start(order), set()

    def hand_on(name):
        if name not in done:
            done.add(name)
            for i, parent in enumerate(parents[name]):
                found[parent] += found[name] * slope(name, i)
                hand_on(parent)

    hand_on(order[-1])
    return found


@mistake("slopes_back", "S2.G.11")
def running_total(order, parents, slope):
    """Each time a share arrives, everything that has come so far is handed on, so the first share is handed on
    twice."""
    found = _start(order)

    def hand_on(name):
        for i, parent in enumerate(parents[name]):
            found[parent] += found[name] * slope(name, i)
            hand_on(parent)

    hand_on(order[-1])
    return found


@mistake("slopes_back", "S4.T3b")
def every_way(order, parents, slope):
    """The slopes are right, but local slopes are asked for more often than once each, and diamonds multiply that.
    When has a node heard from all its consumers?"""
    found = dict.fromkeys(order, 0.0)

    def hand_on(name, share):
        found[name] += share
        for i, parent in enumerate(parents[name]):
            hand_on(parent, share * slope(name, i))

    hand_on(order[-1], 1.0)
    return found


@mistake("slopes_back", "S2.G.1")
def first_parent_only(order, parents, slope):
    """Each node hands something to its first parent only. The others wait for their shares, and all behind them."""
    found = _start(order)
    for name in reversed(order):
        if parents[name]:
            found[parents[name][0]] += found[name] * slope(name, 0)
    return found


@mistake("slopes_back", "common")
def nothing_to_start_with(order, parents, slope):
    """All slopes are 0. How far does the last node move when it is pushed itself?"""
    found = dict.fromkeys(order, 0.0)
    for name in reversed(order):
        for i, parent in enumerate(parents[name]):
            found[parent] += found[name] * slope(name, i)
    return found


@mistake("slopes_back", "common")
def local_slopes_only(order, parents, slope):
    """Shares are the local slopes alone here: what came to the node itself is not multiplied in."""
    found = _start(order)
    for name in reversed(order):
        for i, parent in enumerate(parents[name]):
            found[parent] += slope(name, i)
    return found


# --- recomputed ------------------------------------------------------------------------------------------------------

doubling = wrong(
    "doubling",
    "recomputed",
    "S4.T3b",
    1048576,
    "This is 2 to the 20, or one off it. A chain has no branches, so nothing doubles: count the calls for each "
    "of the 20 factors.",
)

stored = wrong(
    "stored",
    "recomputed",
    "common",
    19,
    "This is the bill of the one who stores. Here every factor's input is computed anew, from w.",
)

one_too_many_each = wrong(
    "one_too_many_each",
    "recomputed",
    "common",
    210,
    "This has one call too many for every factor: the factor at w itself needs none.",
)

all_factors_alike = wrong(
    "all_factors_alike",
    "recomputed",
    "common",
    380,
    "This takes 19 calls for each of the 20 factors. Only the last one needs so many.",
)

# --- broadcast_back --------------------------------------------------------------------------------------------------


@mistake("broadcast_back", "common")
def averages(G, shape):
    """The copies' slopes are averaged here. Each copy moved the result: what they did together is no average."""
    size = max(1, int(np.prod(shape)))
    return right.broadcast_back(G, shape) * size / G.size


@mistake("broadcast_back", "common")
def one_copy(G, shape):
    """Only the first copy's slopes are kept here. The operand was used in every row or column."""
    while G.ndim > len(shape):
        G = G[0]
    for axis, length in enumerate(shape):
        G = G.take(range(length), axis=axis)
    return G


@mistake("broadcast_back", "common")
def front_axes_only(G, shape):
    """Axes in front are added up here, but not the axes of length 1: a column was repeated too."""
    while G.ndim > len(shape):
        G = G.sum(axis=0)
    return G


@mistake("broadcast_back", "common")
def axis_lost(G, shape):
    """Along an axis of length 1 the slopes are added, and the axis is gone with them. The operand had it."""
    G = right.broadcast_back(G, shape)
    return G.reshape([n for n in shape if n > 1])


@mistake("broadcast_back", "common")
def always_rows(G, shape):
    """Rows are added up whether the operand was repeated or not. Compare the shapes first."""
    return G.sum(axis=0)


# --- grad ------------------------------------------------------------------------------------------------------------


def _engine(old, new):
    """The reference's grad with some of its text replaced; `__text__` among its globals is a cell that runs alone."""
    imports = "import numpy as np\nfrom course.known.neurons import sigmoid\n"
    imports += "from course.known.sigmoid_softmax import log_softmax\n\n\n"
    text = imports + "\n\n".join(map(inspect.getsource, (right.broadcast_back, right.Node, right.grad)))
    assert old in text, old
    room = {"__name__": "solutions._", "__text__": text.replace(old, new)}
    exec(compile(room["__text__"], f"<{new[:20]}>", "exec"), room)
    return room["grad"]


_ADD = "share if parent.grad is None else parent.grad + share"

engine_overwrites = wrong(
    "engine_overwrites",
    "grad",
    "S2.G.11",
    _engine(_ADD, "share"),
    "A node that is used twice keeps only the share that came last. What becomes of the one before?",
)

engine_adds_in_place = wrong(
    "engine_adds_in_place",
    "grad",
    "common",
    _engine(
        f"                    parent.grad = {_ADD}\n",
        "                    if parent.grad is None:\n                        parent.grad = share\n"
        "                    else:\n                        parent.grad += share\n",
    ),
    "Adding with += changes an array that others hold too: both parents of a sum were handed the same one. "
    "Make a new one.",
)

engine_too_early = wrong(
    "engine_too_early",
    "grad",
    "S2.G.11",
    _engine("if waiting[parent] == 0 and", "if parent not in ready and"),
    "A node hands on before all its consumers have answered, in the order in which it was met, say. Branches that "
    "meet again come out wrong.",
)

engine_total_twice = wrong(
    "engine_total_twice",
    "grad",
    "S2.G.11",
    _engine("if waiting[parent] == 0 and", "if"),
    "A node hands on its running total each time a share arrives, so what came first is handed on more than once.",
)

inputs_get_nothing = wrong(
    "inputs_get_nothing",
    "grad",
    "S2.G.1",
    _engine("(self, lambda G: G @ other.value.T)", "(self, lambda G: 0 * self.value)"),
    "A product of tables hands nothing to its first one. So no layer before it would ever hear anything.",
)

product_of_itself = wrong(
    "product_of_itself",
    "grad",
    "S2.G.5d",
    _engine(
        "(self, lambda G: G * other.value), (other, lambda G: G * self.value)",
        "(self, lambda G: G * self.value), (other, lambda G: G * other.value)",
    ),
    "In a product each factor gets itself as its local slope. a * a cannot tell, other products can.",
)

not_gathered = wrong(
    "not_gathered",
    "grad",
    "common",
    _engine("broadcast_back(share(G), parent.value.shape)", "share(G)"),
    "Shares have the shape of the result and not of the operand: where NumPy stretched something, nobody has "
    "added up yet.",
)

own_shape = wrong(
    "own_shape",
    "grad",
    "common",
    _engine("broadcast_back(share(G), parent.value.shape)", "broadcast_back(share(G), self.value.shape)"),
    "Shares are brought to the shape of the node that hands them on. Whose shape has a share?",
)

factors_swapped = wrong(
    "factors_swapped",
    "grad",
    "common",
    _engine(
        "(self, lambda G: G @ other.value.T), (other, lambda G: self.value.T @ G)",
        "(self, lambda G: other.value.T @ G), (other, lambda G: G @ self.value.T)",
    ),
    "In the ways of a product of tables the two factors stand in the wrong order. On which side is G in chapter 5?",
)

tables_swapped = wrong(
    "tables_swapped",
    "grad",
    "S2.G.12d",
    _engine("lambda G: self.value.T @ G", "lambda G: (G.T @ self.value)"),
    "The second table's share stands the other way round: its rows belong to what its columns should.",
)

slope_of_what_came_in = wrong(
    "slope_of_what_came_in",
    "grad",
    "S2.G.12h",
    _engine("G * y * (1 - y)", "G * self.value * (1 - self.value)"),
    "The slope of chapter 1's sigmoid is written with what went in. It is said with what came out.",
)

exponential_of_nothing = wrong(
    "exponential_of_nothing",
    "grad",
    "common",
    _engine("lambda G: G * y)])\n\n    def log(", "lambda G: G * self.value)])\n\n    def log("),
    "The way back through exp multiplies with what went in. Which function is its own slope?",
)

logarithm_upside_down = wrong(
    "logarithm_upside_down",
    "grad",
    "common",
    _engine("lambda G: G / self.value", "lambda G: G * self.value"),
    "The way back through log is upside down: the larger the number, the flatter is the logarithm.",
)

logarithm_of_the_value = wrong(
    "logarithm_of_the_value",
    "grad",
    "common",
    _engine("lambda G: G / self.value", "lambda G: G / np.log(self.value)"),
    "The way back through log divides by what came out. Its slope is said with what went in.",
)

logarithm_without_upstream = wrong(
    "logarithm_without_upstream",
    "grad",
    "common",
    _engine("lambda G: G / self.value", "lambda G: 1 / self.value"),
    "The way back through log holds the local slope alone: what came back to the node, G, is missing.",
)

relu_without_mask = wrong(
    "relu_without_mask",
    "grad",
    "common",
    _engine("lambda G: G * (self.value > 0)", "lambda G: G"),
    "The way back through relu lets everything pass. Where the number was below 0, a push moves nothing.",
)

relu_in_place = wrong(
    "relu_in_place",
    "grad",
    "common",
    _engine(
        '        return Node(np.maximum(self.value, 0), "relu"',
        '        self.value[self.value < 0] = 0\n        return Node(self.value, "relu"',
    ),
    "An operation changes its operand's own array, and others still use that. Make a new one for the result.",
)

mask_on_the_slopes = wrong(
    "mask_on_the_slopes",
    "grad",
    "common",
    _engine("G * (self.value > 0)", "G * (G > 0)"),
    "The mask of relu looks at the slopes that come back. Whether a unit was on was decided on the way forward.",
)

starts_with_the_value = wrong(
    "starts_with_the_value",
    "grad",
    "S2.G.13d5",
    _engine("self.grad, ready = np.ones(self.value.shape), [self]", "self.grad, ready = self.value, [self]"),
    "The way back starts with the last value instead of with its slope along itself. All slopes are too large "
    "or small by that factor.",
)

engine_by_recursion = wrong(
    "engine_by_recursion",
    "grad",
    "common",
    _engine(
        "        self.grad, ready = np.ones(self.value.shape), [self]\n        for node in ready:\n",
        "        self.grad, ready = np.ones(self.value.shape), [self]\n"
        "        def deep(node):\n            for parent in node.parents:\n                deep(parent)\n"
        "        deep(self)\n        for node in ready:\n",
    ),
    "Python stops at about 1,000 calls inside one another, and a chain of 2,000 nodes needs more: keep a list "
    "of what is to do.",
)

# --- every_step ------------------------------------------------------------------------------------------------------


def _steps(X, y, W1, b1, W2, b2, yhat=None, dyhat=None, dH=None, dZ=None, dW1=None, db1=None):
    """All ten, with functions of what came before in place of single steps."""
    Z = X @ W1 + b1
    H = sigmoid(Z)
    yhat = yhat(H) if yhat else H @ W2 + b2
    dyhat = dyhat(yhat) if dyhat else 2 * (yhat - y) / len(X)
    dH = dH(dyhat) if dH else dyhat @ W2.T
    dZ = dZ(dH, Z, H) if dZ else dH * H * (1 - H)
    dW1 = dW1(dyhat, H) if dW1 else X.T @ dZ
    db1 = db1(dH, dZ) if db1 else dZ.sum(axis=0)
    return Z, H, yhat, dyhat, H.T @ dyhat, dyhat.sum(axis=0), dH, dZ, dW1, db1


@mistake("every_step", "S2.G.12d")
def units_for_pictures(X, y, W1, b1, W2, b2):
    """The table of hidden values is turned before the output: each unit is taken for a picture. With 3 of both it fits.
    Look at yhat; the loss hardly shows it."""
    return _steps(X, y, W1, b1, W2, b2, yhat=lambda H: H.T @ W2 + b2)


@mistake("every_step", "S2.G.12k")
def output_weights_from_turned_table(X, y, W1, b1, W2, b2):
    """The slopes along W2 come from the table of hidden values as it stands: its rows are pictures, and W2 has a
    row a unit."""
    *before, dW2, db2, dH, dZ, dW1, db1 = _steps(X, y, W1, b1, W2, b2)
    return *before, before[1] @ before[3], db2, dH, dZ, dW1, db1


@mistake("every_step", "S2.G.12f")
def sign_lost(X, y, W1, b1, W2, b2):
    """The slope along yhat has the wrong sign, and so has all that follows. What is said is too small: which way
    does L go
    when it grows?"""
    return _steps(X, y, W1, b1, W2, b2, dyhat=lambda yhat: 2 * (y - yhat) / len(X))


@mistake("every_step", "S2.G.13d5")
def loss_for_its_slope(X, y, W1, b1, W2, b2):
    """In place of the slope of the loss stand the squared differences themselves."""
    return _steps(X, y, W1, b1, W2, b2, dyhat=lambda yhat: (yhat - y) ** 2 / len(X))


@mistake("every_step", "S2.G.12h")
def slope_from_the_sums(X, y, W1, b1, W2, b2):
    """From H to Z the logistic function's slope is written with the sums Z. It is said with what the units said."""
    return _steps(X, y, W1, b1, W2, b2, dZ=lambda dH, Z, H: dH * Z * (1 - Z))


@mistake("every_step", "S2.G.12l")
def product_of_tables(X, y, W1, b1, W2, b2):
    """From H to Z two tables are multiplied as tables. Each unit moves by its own sum alone: entry by entry."""
    return _steps(X, y, W1, b1, W2, b2, dZ=lambda dH, Z, H: dH @ (H * (1 - H)))


@mistake("every_step", "S2.G.12m")
def weights_along_the_pictures(X, y, W1, b1, W2, b2):
    """The output weights are laid along the pictures, as if each picture had one. Each unit has one, the same for
    all pictures."""
    return _steps(X, y, W1, b1, W2, b2, dH=lambda dyhat: W2 @ dyhat.T)


@mistake("every_step", "S2.G.12o")
def sum_taken_early(X, y, W1, b1, W2, b2):
    """The slopes along yhat are added up before they meet their own pictures. A sum of products is no product of
    sums."""
    return _steps(X, y, W1, b1, W2, b2, dW1=lambda dyhat, H: dyhat.sum() * (X.T @ (H * (1 - H) * W2[:, 0])) / len(X))


@mistake("every_step", "S2.G.13d7")
def sum_without_sign(X, y, W1, b1, W2, b2):
    """The slopes along W1 are made with one number for all pictures, without its sign. Each picture has its own."""
    return _steps(X, y, W1, b1, W2, b2, dW1=lambda dyhat, H: np.abs(dyhat).sum() * (X.T @ (H * (1 - H) * W2[:, 0])))


@mistake("every_step", "S2.G.4c")
def bias_meets_a_pixel(X, y, W1, b1, W2, b2):
    """The slopes along b1 have a column of X in them. A bias is added to Z as it is, and meets no pixel."""
    return _steps(X, y, W1, b1, W2, b2, db1=lambda dH, dZ: X[:, 0] @ dZ)


@mistake("every_step", "S2.G.4c")
def bias_meets_the_last_pixel(X, y, W1, b1, W2, b2):
    """The slopes along b1 have the last column of X in them. A bias is added to Z as it is, and meets no pixel."""
    return _steps(X, y, W1, b1, W2, b2, db1=lambda dH, dZ: X[:, -1] @ dZ)


@mistake("every_step", "common")
def hidden_slopes_alone(X, y, W1, b1, W2, b2):
    """From H to Z stands the logistic function's slope alone: what came back to H is not in it."""
    return _steps(X, y, W1, b1, W2, b2, dZ=lambda dH, Z, H: H * (1 - H))


@mistake("every_step", "common")
def bias_from_the_hidden_values(X, y, W1, b1, W2, b2):
    """The slopes along b1 are made of what came back to H. Between H and b1 stands the logistic function."""
    return _steps(X, y, W1, b1, W2, b2, db1=lambda dH, dZ: dH.sum(axis=0))


@mistake("every_step", "S2.G.12j")
def sum_not_mean(X, y, W1, b1, W2, b2):
    """Every slope is as many times too large as there are pictures: L is a mean."""
    return _steps(X, y, W1, b1, W2, b2, dyhat=lambda yhat: 2 * (yhat - y))


# --- two_logistics ---------------------------------------------------------------------------------------------------

hidden_layer_first = wrong(
    "hidden_layer_first",
    "two_logistics",
    "S2.G.14d",
    (5, "dW == X.T @ (dB * B * (1 - B))"),
    "Your line is right, and the fifth is wrong. But an earlier one has the same fault.",
)

wrong_layers_values = wrong(
    "wrong_layers_values",
    "two_logistics",
    "S2.G.14f",
    (2, "dC == dYhat * B * (1 - B)"),
    "Line 2 is the right place. C went into which of the two logistic layers, and what did that one say?",
)

output_taken_for_linear = wrong(
    "output_taken_for_linear",
    "two_logistics",
    "S2.G.14b",
    (2, "dC == dYhat"),
    "Line 2 is the right place, but between C and the output there still is a logistic function.",
)

weights_of_the_second_layer = wrong(
    "weights_of_the_second_layer",
    "two_logistics",
    "S2.G.14e",
    (4, "dB == dC @ V"),
    "Line 4 follows: back through V means through its transpose, and that is what stands there.",
)

# --- the clinic ------------------------------------------------------------------------------------------------------

copied_entry = wrong(
    "copied_entry",
    "third_column",
    "S2.G.12c",
    0.52497,
    "This is the hand-in's number, copied from another place of the table. Add up the third unit's sum first.",
)

copied_entry_again = wrong(
    "copied_entry_again",
    "third_column",
    "S2.G.13d2",
    0.525,
    "This is the hand-in's number, rounded from another place of the table. Add up the third unit's sum first.",
)


@mistake("chain_slope", "common")
def one_call_too_many(f, slope, w, n):
    """Values are stored, and f is called once more than is needed: whose slope is taken after the last call?"""
    product = 1.0
    for _ in range(n):
        product, w = product * slope(w), f(w)
    return product


@mistake("chain_slope", "S4.T3b")
def nothing_stored(f, slope, w, n):
    """Every factor's input is computed anew from w: on a chain that is a square of calls, not a power. Keep what
    you have."""
    product = 1.0
    for factor in range(n):
        at = w
        for _ in range(factor):
            at = f(at)
        product = product * slope(at)
    return product
