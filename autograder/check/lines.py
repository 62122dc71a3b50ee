"""The language of a learner's line: parsed with `ast`, let through node by node, walked.  Python never runs it.

A line is an expression or `lhs == rhs`, made of names, numbers, + - * / ** @, .T, indices, the FUNCTIONS and D(f, x).
"""

import ast
import functools
import math
import warnings

import numpy as np

MAX_TEXT = 300  # characters, and so at most as many nodes
MAX_DEPTH = 40  # nodes inside one another
MAX_NUMBER = 1e12
MAX_SIZE = 10_000  # entries of any array on the way
VISIT = 500  # a visit of a node costs about as much as this many entries
MAX_WORK = 20_000 * VISIT  # visits and entries of one evaluation
STEP = 1e-4  # of the difference quotient: with extrapolation its error is of order STEP ** 4
HOLE = "___"


class Refused(Exception):
    """A line that is not accepted; its text is one sentence for a learner."""


class Unsure(Refused):
    """A derivative that two step sizes do not agree on: a kink, a jump, or the edge of where f exists is near."""


def _softmax(z, axis=-1):
    e = np.exp(z - np.max(z, axis=axis, keepdims=True))
    return e / np.sum(e, axis=axis, keepdims=True)


def _norm(x, axis=None, keepdims=False):
    return np.sqrt(np.sum(x * x, axis=axis, keepdims=keepdims))


ALONG = ("axis", "keepdims")
OF_A_COUNT = ("eye", "ones", "zeros")
FUNCTIONS = {  # name: function, number of entries, keywords
    "exp": (np.exp, 1, ()),
    "log": (np.log, 1, ()),
    "sqrt": (np.sqrt, 1, ()),
    "abs": (np.abs, 1, ()),
    "tanh": (np.tanh, 1, ()),
    "sigmoid": (lambda z: 0.5 * (1 + np.tanh(0.5 * z)), 1, ()),
    "softmax": (_softmax, 1, ("axis",)),
    "relu": (lambda z: np.maximum(z, 0), 1, ()),
    "indicator": (lambda z: np.where(z > 0, 1.0, 0.0), 1, ()),
    "where": (lambda c, a, b: np.where(c != 0, a, b), 3, ()),
    "maximum": (np.maximum, 2, ()),
    "minimum": (np.minimum, 2, ()),
    "sum": (np.sum, 1, ALONG),
    "mean": (np.mean, 1, ALONG),
    "max": (np.max, 1, ALONG),
    "min": (np.min, 1, ALONG),
    "norm": (_norm, 1, ALONG),
    "dot": (np.matmul, 2, ()),
    "outer": (np.outer, 2, ()),
    "diag": (np.diag, 1, ()),
    "transpose": (np.transpose, 1, ()),
    "eye": (lambda n: np.eye(int(n)), 1, ()),
    "ones": (lambda n: np.ones(int(n)), 1, ()),
    "zeros": (lambda n: np.zeros(int(n)), 1, ()),
}
OPERATORS = {
    ast.Add: ("+", np.add),
    ast.Sub: ("-", np.subtract),
    ast.Mult: ("*", np.multiply),
    ast.Div: ("/", np.divide),
    ast.Pow: ("**", np.power),
    ast.MatMult: ("@", np.matmul),
}
GRAMMAR = "a line is made of names, numbers, + - * / ** @, .T, indices such as x[0, :], and listed functions"
REASONS = {
    ast.BitXor: "a power is written **",
    ast.Attribute: "after a dot only .T may follow; functions are written exp(z), sum(x, axis=0)",
    ast.Compare: "one == may stand between two sides, and no other comparison; indicator(z) is 1 where z > 0, else 0",
}


# --- what may stand in a line --------------------------------------------------------------------------------------


def parse(text, usable=(*FUNCTIONS, "D")):
    """The syntax tree of a line whose every node is on the whitelist.

    text    str of at most 300 characters: an expression, or `lhs == rhs`.  Raises Refused for anything else.
    usable  names that a refusal may tell of
    """
    if not isinstance(text, str):
        raise Refused(f"A line is a text between quotes, and this is of type {type(text).__name__}.")
    if len(text) > MAX_TEXT:
        raise Refused(f"A line has at most {MAX_TEXT} characters, and this one has {len(text)}.")
    return _parse(text.strip(), tuple(usable))


@functools.lru_cache(maxsize=512)
def _parse(text, usable):
    if not text:
        raise Refused("This line is still blank.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python comments on odd literals
            tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        single = "=" in text and "==" not in text
        look = "write == between the two sides" if single else "look for a missing bracket, operator or comma"
        raise Refused(f"This cannot be read as a formula: {look}.") from None
    _admit(tree, text, usable)
    return tree


def _admit(node, text, usable, depth=0):
    """Let `node` and all below it pass where they are on the whitelist; refuse anything else."""
    if depth > MAX_DEPTH:
        raise Refused(f"The line is nested more than {MAX_DEPTH} deep: write it with fewer brackets and signs.")
    below = []
    match node:
        case ast.Name():
            pass
        case ast.Constant(value=number) if type(number) in (int, float):
            if not number <= MAX_NUMBER:
                raise Refused(f"A number in a line is at most {MAX_NUMBER:.0e}, and this one is larger.")
        case ast.BinOp(left=a, op=op, right=b) if type(op) in OPERATORS:
            below = [a, b]
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=a) | ast.Attribute(value=a, attr="T"):
            below = [a]
        case ast.Subscript(value=a, slice=index):
            below = [a, *_positions(index)]
        case ast.Compare(left=a, ops=[ast.Eq()], comparators=[b]) if depth == 0:
            below = [a, b]
        case ast.Call(func=ast.Name(id="D"), args=[f, ast.Name()], keywords=[]):
            below = [f]
        case ast.Call(func=ast.Name(id=name), args=args, keywords=keywords) if name in FUNCTIONS:
            _, count, allowed = FUNCTIONS[name]
            if len(args) != count or any(k.arg not in allowed for k in keywords):
                then = f", then {' or '.join(f'{k}=' for k in allowed)}" if allowed else ""
                raise Refused(f"`{name}` takes {count} {'entry' if count == 1 else 'entries'} in its brackets{then}.")
            for keyword in keywords:
                _setting(keyword)
            below = args
        case _:
            raise Refused(_why(node, text, usable))
    for child in below:
        _admit(child, text, usable, depth + 1)


def _positions(index):
    """The expressions in an index: `x[i, 1:n, None]` has i, 1 and n."""
    for part in index.elts if isinstance(index, ast.Tuple) else [index]:
        if isinstance(part, ast.Slice):
            yield from (edge for edge in (part.lower, part.upper, part.step) if edge is not None)
        elif not (isinstance(part, ast.Constant) and part.value is None):
            yield part


def _setting(keyword):
    """The value of axis= (a whole number) or keepdims= (True or False)."""
    match keyword.arg, keyword.value:
        case "keepdims", ast.Constant(value=bool() as value):
            return value
        case "axis", ast.Constant(value=value) if type(value) is int and value < 9:
            return value
        case "axis", ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=1)):
            return -1
    raise Refused("After axis= stands 0, 1 ... or -1, after keepdims= stands True or False.")


def _why(node, text, usable):
    piece = " ".join((ast.get_source_segment(text, node) or text).replace("`", "'").split())
    piece = piece if len(piece) <= 24 else piece[:21] + "..."
    kind = type(node.op) if isinstance(node, ast.BinOp) else type(node)
    if kind is ast.Call and not isinstance(node.func, ast.Name):
        kind = type(node.func)
    functions = [n for n in usable if n in FUNCTIONS] + ["D(f, x) with a name as x"] * ("D" in usable)
    calls = f"the functions here are {', '.join(functions)}" if functions else "no functions may be used here"
    return f"`{piece}` is not accepted: {calls if kind is ast.Call else REASONS.get(kind, GRAMMAR)}."


def names(tree):
    """The names in a line, functions included."""
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


# --- its value -----------------------------------------------------------------------------------------------------


def evaluate(line, values):
    """The value of a line, a float array; for `lhs == rhs` the pair of both sides.

    line    its text, or the tree that `parse` made
    values  name -> number, array, or the text of a line that defines the name: then D sees through it
    Raises Refused for unknown names, shapes that do not go together and work beyond the caps.
    """
    tree = line if isinstance(line, ast.AST) else parse(line)
    with np.errstate(all="ignore"):
        return _Walk(values).value(tree)


class _Walk:
    """One evaluation; it counts its own work, and does none before it is known to be affordable."""

    def __init__(self, values):
        self.values, self.work = values, 0

    def spend(self, size):
        if not size <= MAX_SIZE:
            raise Refused(f"This would make an array of more than {MAX_SIZE} entries.")
        self.work += VISIT + int(size)
        if self.work > MAX_WORK:
            raise Refused("This takes more arithmetic than a line may: write it with smaller arrays or fewer D.")

    def value(self, node):
        self.spend(1)
        match node:
            case ast.Name(id=name):
                return self.named(name)
            case ast.Constant(value=number):
                return np.float64(number)
            case ast.BinOp(left=a, op=op, right=b):
                symbol, function = OPERATORS[type(op)]
                return self.apply(symbol, function, [self.value(a), self.value(b)])
            case ast.UnaryOp(op=op, operand=a):
                return -self.value(a) if isinstance(op, ast.USub) else self.value(a)
            case ast.Attribute(value=a):
                return np.transpose(self.value(a))
            case ast.Call(func=ast.Name(id="D"), args=[f, x]):
                return self.slope(f, x.id)
            case ast.Call(func=ast.Name(id=name), args=args, keywords=keywords):
                settings = {k.arg: _setting(k) for k in keywords}
                return self.apply(name, FUNCTIONS[name][0], [self.value(a) for a in args], settings)
            case ast.Subscript(value=a, slice=index):
                return self.entry(self.value(a), index)
            case ast.Compare(left=a, comparators=[b]):
                return self.value(a), self.value(b)
        raise Refused(f"This is not accepted: {GRAMMAR}.")  # unreachable for a tree that `parse` let through

    def named(self, name):
        if name == HOLE:
            raise Refused("This line still has its hole ___: put your part of the formula there.")
        if name not in self.values:
            known = ", ".join(sorted(self.values))
            hint = f"after {name} brackets must follow" if name in FUNCTIONS else f"the names here are {known}"
            raise Refused(f"`{name[:24]}` does not stand for a value: {hint}.")
        value = self.values[name]
        value = np.array(self.value(parse(value)) if isinstance(value, str) else value, float)
        self.spend(value.size)
        return value

    def apply(self, name, function, args, settings=None):
        """Call one listed function, its size checked before."""
        try:
            self.spend(_size(name, args))
            return np.asarray(function(*args, **(settings or {})), float)
        except (ValueError, IndexError, TypeError):
            shapes = " and ".join(str(a.shape) for a in args)
            raise Refused(f"`{name}` cannot work with {'shapes' if len(args) > 1 else 'shape'} {shapes}.") from None

    def entry(self, array, index):
        several = isinstance(index, ast.Tuple)
        key = tuple(map(self.position, index.elts)) if several else self.position(index)
        try:
            part = array[key]
        except (IndexError, ValueError):
            part = np.empty(0)
        if part.size == 0:
            raise Refused(f"This index takes nothing out of an array of shape {array.shape}.")
        return part

    def position(self, part):
        match part:
            case None | ast.Constant(value=None):
                return None
            case ast.Slice(lower=lower, upper=upper, step=step):
                return slice(*map(self.position, (lower, upper, step)))
        number = self.value(part)
        if number.ndim or not abs(number) <= MAX_SIZE or number != int(number):
            raise Refused("An index is a whole number, a range such as 1:3, or None.")
        return int(number)

    def slope(self, f, name):
        """df/dx by central differences at two step sizes, extrapolated: f's shape, then x's."""
        x = self.named(name)
        self.spend(self.value(f).size * x.size)
        columns = []
        for at in np.ndindex(x.shape):
            step = STEP * max(1.0, float(abs(x[at])))
            coarse, fine = (self.difference(f, name, x, at, h) for h in (step, step / 2))
            if not np.all(abs(coarse - fine) <= 1e-4 * np.max(abs(fine)) + 1e-8):
                raise Unsure("The derivative cannot be measured here: D needs a function that is smooth at the values.")
            columns.append((4 * fine - coarse) / 3)
        return np.stack(columns, axis=-1).reshape(columns[0].shape + x.shape)

    def difference(self, f, name, x, at, h):
        held, sides = self.values, []
        for shift in (h, -h):
            moved = x.copy()
            moved[at] += shift
            self.values = {**held, name: moved}
            sides.append(self.value(f))
        self.values = held
        return (sides[0] - sides[1]) / (2 * h)


def _size(name, args):
    """The number of entries of a result, known before the work."""
    first = args[0]
    if name in OF_A_COUNT:
        if first.ndim or not first >= 1 or first != np.floor(first):
            raise ValueError
        return first ** (2 if name == "eye" else 1)
    if name == "outer":
        return first.size * args[1].size
    if name == "diag" and first.ndim == 1:
        return first.size**2
    if name in ("@", "dot"):
        return first.size // first.shape[-1] * (args[1].size // args[1].shape[max(0, args[1].ndim - 2)])
    return math.prod(np.broadcast_shapes(*(a.shape for a in args)))


# --- its normal form -----------------------------------------------------------------------------------------------

PLAIN = ((), ())  # a product without factors (form, power) and without divisors (factors, how often)
FOLDED = ("exp", "log", "sqrt", "abs", "tanh", "sigmoid")  # a number of a number


def normal(node):
    """The terms of a line, sorted (product, number) pairs; two lines are the same line when theirs are equal.

    Equal terms and factors are cancelled and numbers folded: padded with s - s, z / z or 2 / 2 a line is the same line.
    Of an equation, what both sides have is taken away: terms, factors, a number.  Shapes are forgotten: v / v is 1.
    Not the same, because they are steps of a derivation: expanded and factored, (1/c) * (e/c) and e / c**2, a term
    moved across ==.
    """
    match node:
        case ast.Compare(left=a, comparators=[b]):
            return ("==", *_balanced(_terms(a), _terms(b)))
    return _rounded(_terms(node))


def _terms(node):
    """The normal form of a node before its numbers are rounded; of what is no formula, such as an index, None."""
    match node:
        case ast.Constant(value=int() | float() as number):
            return _collected([(PLAIN, float(number))])
        case ast.UnaryOp(op=op, operand=a):
            return _scaled(_terms(a), -1 if isinstance(op, ast.USub) else 1)
        case ast.BinOp(left=a, op=ast.Add() | ast.Sub() as op, right=b):
            return _collected(_terms(a) + _scaled(_terms(b), -1 if isinstance(op, ast.Sub) else 1))
        case ast.BinOp(left=a, op=ast.Mult() | ast.Div() as op, right=b):
            return _times((_terms(a), 1), (_terms(b), -1 if isinstance(op, ast.Div) else 1))
        case ast.BinOp(left=a, op=ast.Pow(), right=b):
            base, exponent = _terms(a), normal(b)
            if abs(power := _number(exponent)) <= MAX_NUMBER and power == int(power):
                return _times((base, int(power)))
            form = ("**", _rounded(base), exponent)
        case ast.BinOp(left=a, right=b) | ast.Call(func=ast.Name(id="dot"), args=[a, b]):
            form = ("@", normal(a), normal(b))
        case ast.Attribute(value=a) | ast.Call(func=ast.Name(id="transpose"), args=[a]):
            form = ("T", normal(a))
            match form[1]:
                case (((((("T", twice), 1),), ()), 1.0),):
                    return twice
        case ast.Subscript(value=a, slice=index):
            form = ("[]", normal(a), ast.dump(index))
        case ast.Call(func=ast.Name(id=name), args=args, keywords=keywords):
            form = (name, *map(normal, args), *sorted((k.arg, repr(_setting(k))) for k in keywords))
            if name in FOLDED and not np.isnan(number := _number(form[1])):
                with np.errstate(all="ignore"):
                    return _collected([(PLAIN, float(FUNCTIONS[name][0](number)))])
        case ast.Name(id=name):
            form = ("name", name)
        case _:
            return None
    return (((((form, 1),), ()), 1.0),)


def _number(terms):
    """The number that the terms are, else nan."""
    return 0.0 if not terms else terms[0][1] if len(terms) == 1 and terms[0][0] == PLAIN else math.nan


def _scaled(terms, number):
    return tuple((product, number * n) for product, n in terms)


def _rounded(terms):
    return terms and tuple((product, float(f"{n:.10g}")) for product, n in terms)


def _collected(pairs):
    """Equal products added up; what is rounding only is gone."""
    found = {}
    for product, number in pairs:
        found.setdefault(product, []).append(number)
    kept = [(product, sum(ns)) for product, ns in found.items() if abs(sum(ns)) > 1e-12 * max(map(abs, ns))]
    return tuple(sorted(kept, key=repr))


def _times(*parts):
    """The product of (terms, power) pairs, equal factors cancelled; a negative power makes one fraction of its own."""
    number, powers, under = np.float64(1), {}, {}
    for terms, power in parts:
        lead, factors, over = terms[0][1] if terms else 0.0, (), ()
        if len(terms) == 1:
            factors, over = terms[0][0]
        elif terms:
            factors = ((_rounded(_scaled(terms, 1 / lead)), 1),)
        with np.errstate(all="ignore"):
            number *= np.float64(lead) ** power
        above = [(form, n * power) for form, n in factors if power > 0]
        above += [(form, -n * often * power) for divisor, often in over if power < 0 for form, n in divisor]
        for form, n in above:
            powers[form] = powers.get(form, 0) + n
        below = [(divisor, often * power) for divisor, often in over if power > 0]
        for divisor, often in below + [(tuple((form, -n * power) for form, n in factors), 1)] * (power < 0):
            under[divisor] = under.get(divisor, 0) + often
    for form in list(powers):
        for divisor in sorted(under, key=repr):
            n = dict(divisor).get(form, 0)
            whole = min(under[divisor], powers[form] // n) if n else 0
            part = powers[form] - whole * n if n and whole < under[divisor] else 0
            for share, often in ((n, whole), (part, 1)):
                rest = tuple((other, k - share * (other == form)) for other, k in divisor if other != form or k > share)
                under[divisor] -= often * (share > 0)
                under[rest] = under.get(rest, 0) + often * (share > 0)
                powers[form] -= share * often
    factors, over = (
        tuple(sorted(((x, n) for x, n in found.items() if x and n), key=repr)) for found in (powers, under)
    )
    if len(factors) == 1 and factors[0][1] == 1 and not over and not isinstance(factors[0][0][0], str):
        return _collected(_scaled(factors[0][0], float(number)))  # a sum by itself
    return _collected([((factors, over), float(number))])


def _balanced(*sides):
    """An equation without what both sides have; a side that has nothing else is ()."""
    left, right = map(dict, sides)
    both = [(p, -min(left[p], right[p], key=abs)) for p in left if p in right and left[p] * right[p] > 0]
    sides = [_collected([*side.items(), *both]) for side in (left, right)]
    if all(sides):
        products = [product for side in sides for product, _ in side]
        shared = [{x: min(dict(p[i]).get(x, 0) for p in products) for x, _ in products[0][i]} for i in (0, 1)]
        if any(n for part in shared for n in part.values()):
            bare = [[(tuple(map(_less, p, shared)), n) for p, n in side] for side in sides]
            return _balanced(*(_collected(t for term in side for t in _times(((term,), 1))) for side in bare))
    sides = sorted(sides, key=lambda side: repr([product for product, _ in side]))
    lead = next((n for side in sides for _, n in side), 1)
    return [_rounded(_scaled(side, 1 / lead)) for side in sides]


def _less(pairs, shared):
    return tuple((x, n - shared.get(x, 0)) for x, n in pairs if n > shared.get(x, 0))
