"""A learner's line as LaTeX.  Every character comes from this file, or is an ASCII letter or digit of the line."""

import ast
import re

from .lines import parse

GREEK = (
    "alpha beta gamma delta epsilon eta theta kappa mu nu phi psi rho sigma tau omega Delta Theta Phi Psi Sigma Omega"
)
NAMES = {name: rf"\{name}" for name in GREEK.split()} | {"lam": r"\lambda"}
AROUND = {
    "exp": ("e^{", "}"),
    "sqrt": (r"\sqrt{", "}"),
    "abs": (r"\left|", r"\right|"),
    "norm": (r"\left\|", r"\right\|"),
    "eye": ("I_{", "}"),
    "indicator": (r"\mathbf{1}\left[", r" \gt 0\right]"),
    "sigmoid": (r"\sigma\left(", r"\right)"),
    **{name: (rf"\{name}\left(", r"\right)") for name in ("log", "tanh", "max", "min")},
}
# How tightly a piece holds together: a piece that is looser than its place gets brackets.
SUM, TIMES, MATRIX, FRACTION, POWER, ATOM = range(6)
BINARY = {  # operator: what stands between, tightness, tightness wanted left and right
    ast.Add: (" + ", SUM, SUM, TIMES),
    ast.Sub: (" - ", SUM, SUM, TIMES),
    ast.Mult: (r" \cdot ", TIMES, TIMES, MATRIX),
    ast.MatMult: (r"\,", MATRIX, MATRIX, FRACTION),
}


def latex(text):
    """LaTeX of a line, balanced and safe to put between dollars.  Raises Refused where the text is no line.

    `*` becomes a dot and `@` a thin space: between which arrays `*` is elementwise is for the text beside it to say.
    """
    return _tex(parse(text))[0]


def _inside(node, tightness):
    tex, own = _tex(node)
    return tex if own >= tightness else rf"\left({tex}\right)"


def _tex(node):
    """LaTeX of a tree, and how tightly it holds together."""
    match node:
        case ast.Name(id=name):
            return _name(name), ATOM
        case ast.Constant(value=number):
            return _number(number)
        case ast.Compare(left=a, comparators=[b]):
            return f"{_inside(a, SUM)} = {_inside(b, SUM)}", SUM
        case ast.UnaryOp(op=op, operand=a):
            return f"{'-' if isinstance(op, ast.USub) else '+'}{_inside(a, TIMES)}", SUM
        case ast.BinOp(left=a, op=ast.Div(), right=b):
            return rf"\frac{{{_inside(a, SUM)}}}{{{_inside(b, SUM)}}}", FRACTION
        case ast.BinOp(left=a, op=ast.Pow(), right=b):
            return f"{{{_inside(a, ATOM)}}}^{{{_inside(b, SUM)}}}", POWER
        case ast.BinOp(left=a, op=op, right=b):
            between, own, left, right = BINARY[type(op)]
            return f"{_inside(a, left)}{between}{_inside(b, right)}", own
        case ast.Attribute(value=a) | ast.Call(func=ast.Name(id="transpose"), args=[a]):
            return rf"{{{_inside(a, ATOM)}}}^\top", POWER
        case ast.Subscript(value=a, slice=index):
            parts = index.elts if isinstance(index, ast.Tuple) else [index]
            return f"{{{_inside(a, ATOM)}}}_{{{', '.join(map(_index, parts))}}}", ATOM
        case ast.Call(func=ast.Name(id="D"), args=[f, x]):
            return rf"\frac{{\partial}}{{\partial {_name(x.id)}}}\left({_tex(f)[0]}\right)", TIMES
        case ast.Call(func=ast.Name(id="dot"), args=[a, b]):
            return rf"{_inside(a, MATRIX)}\,{_inside(b, FRACTION)}", MATRIX
        case ast.Call(func=ast.Name(id=name), args=args, keywords=keywords):
            left, right = AROUND.get(name, (rf"\mathrm{{{name}}}\left(", r"\right)"))
            along = "".join(rf"_{{\mathrm{{axis}}\,{_inside(k.value, SUM)}}}" for k in keywords if k.arg == "axis")
            left = left.replace(r"\left", along + r"\left", 1)
            return left + ", ".join(_inside(a, SUM) for a in args) + right, POWER if name == "exp" else ATOM


def _name(name):
    """y_hat, yhat, dYhat: a hat.  w_1, W1, J_old: a subscript.  Several letters: upright."""
    pieces = re.findall(r"[A-Za-z]+|[0-9]+", name)  # nothing else of a name is ever written
    if not pieces:  # the hole ___
        return r"\square"
    base, below = pieces[0], pieces[1:]
    short = re.fullmatch("(d?)([A-Za-z])(hat)?", base)  # W, yhat, dW, dyhat
    d, base, hat = short.groups() if short else ("", base, None)
    tex = NAMES.get(base) or (base if len(base) == 1 else rf"\mathrm{{{base}}}")
    tex = d + (rf"\hat{{{tex}}}" if hat or "hat" in below else tex)
    below = [piece for piece in below if piece != "hat"]
    below = [piece if len(piece) == 1 or piece.isdigit() else rf"\mathrm{{{piece}}}" for piece in below]
    return f"{tex}_{{{','.join(below)}}}" if below else tex


def _number(number):
    digits, _, exponent = repr(number).partition("e")
    if not exponent:
        return digits.removesuffix(".0"), ATOM
    return rf"{digits} \cdot 10^{{{int(exponent)}}}", TIMES


def _index(part):
    match part:
        case ast.Constant(value=None):
            return r"\mathrm{new}"
        case ast.Slice(lower=lower, upper=upper, step=step):
            edges = [lower, upper] + ([step] if step else [])
            return ":".join(_inside(edge, SUM) if edge else "" for edge in edges)
    return _inside(part, SUM)
