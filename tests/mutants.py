"""Mutation: every reference function is changed in every small way we know, and the visible check has to notice.

`python tests/mutants.py [slug ...]` prints a row an exercise (`make mutants`).  A mutant that is the same function in
other words stands in equivalent_mutants.csv with the reason; every other survivor is a hole in a check.
"""

import ast
import contextlib
import copy
import csv
import importlib
import signal
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from course_under_test import every_exercise, run_check  # noqa: E402

from autograder.grading import sync  # noqa: E402

SECONDS = 5  # a mutant may loop for ever
BINARY = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div, ast.Add),
    ast.Div: (ast.Mult,),
    ast.Pow: (ast.Mult,),
    ast.MatMult: (ast.Mult,),
    ast.FloorDiv: (ast.Div,),
    ast.Mod: (ast.FloorDiv,),
}
COMPARE = {
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}


def variants(node):
    """The ways to change one node of the tree: (what was done, the new node)."""
    if isinstance(node, ast.BinOp):
        for other in BINARY.get(type(node.op), ()):
            yield f"{type(node.op).__name__} to {other.__name__}", ast.BinOp(node.left, other(), node.right)
        yield "right operand dropped", node.left
        yield "left operand dropped", node.right
        if isinstance(node.op, ast.Sub | ast.Div | ast.MatMult | ast.Pow):
            yield "operands swapped", ast.BinOp(node.right, node.op, node.left)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.Not):
        yield "sign dropped", node.operand
    elif isinstance(node, ast.Compare) and len(node.ops) == 1:
        for other in COMPARE.get(type(node.ops[0]), ()):
            yield (
                f"{type(node.ops[0]).__name__} to {other.__name__}",
                ast.Compare(node.left, [other()], node.comparators),
            )
    elif isinstance(node, ast.BoolOp):
        yield "and/or", ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
    elif isinstance(node, ast.Constant) and type(node.value) in (int, float):
        for value in {node.value + 1, node.value - 1, 2 * node.value, -node.value} - {node.value}:
            yield f"{node.value} to {value}", ast.Constant(value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield f"{node.value} turned", ast.Constant(not node.value)
    elif isinstance(node, ast.Attribute) and node.attr == "T":
        yield "transpose dropped", node.value
    elif (
        isinstance(node, ast.Name)
        and isinstance(node.ctx, ast.Load)
        and node.id.isidentifier()
        and node.id[0].isupper()
    ):
        yield "transposed", ast.Attribute(node, "T", ast.Load())
    elif isinstance(node, ast.Call):
        if len(node.args) >= 2 and not any(isinstance(a, ast.Starred) for a in node.args):
            swapped = [node.args[1], node.args[0], *node.args[2:]]
            yield "first two arguments swapped", ast.Call(node.func, swapped, node.keywords)
        if isinstance(node.func, ast.Name) and node.func.id in ("range", "len") and node.args:
            for op in (ast.Sub, ast.Add):
                yield (
                    f"off by one ({op.__name__})",
                    ast.BinOp(node, op(), ast.Constant(1))
                    if node.func.id == "len"
                    else ast.Call(node.func, [*node.args[:-1], ast.BinOp(node.args[-1], op(), ast.Constant(1))], []),
                )
        for keyword in node.keywords:
            yield (
                f"{keyword.arg}= dropped",
                ast.Call(node.func, node.args, [k for k in node.keywords if k is not keyword]),
            )
        for old, new in (
            ("sum", "mean"),
            ("mean", "sum"),
            ("maximum", "minimum"),
            ("minimum", "maximum"),
            ("exp", "log"),
            ("sin", "cos"),
        ):
            if isinstance(node.func, ast.Attribute) and node.func.attr == old:
                yield (
                    f"{old} to {new}",
                    ast.Call(ast.Attribute(node.func.value, new, ast.Load()), node.args, node.keywords),
                )
        if node.args and not node.keywords:
            yield "call dropped", node.args[0]
        if isinstance(node.func, ast.Attribute) and not node.args:
            yield "method dropped", node.func.value
    elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        yield "index dropped", node.value


def signed(node):
    """The sign of what is returned or assigned."""
    if isinstance(node, ast.Return | ast.Assign) and not isinstance(node.value, ast.Tuple | ast.Constant | ast.List):
        new = copy.copy(node)
        new.value = ast.UnaryOp(ast.USub(), node.value)
        yield "sign turned", new
    if isinstance(node, ast.AugAssign):
        for other in BINARY.get(type(node.op), ()):
            yield f"augmented {other.__name__}", ast.AugAssign(node.target, other(), node.value)
        yield "accumulation to assignment", ast.Assign([_stored(node.target)], node.value)


def _stored(node):
    new = copy.copy(node)
    new.ctx = ast.Store()
    return new


class _Replace(ast.NodeTransformer):
    def __init__(self, old, new):
        self.old, self.new = old, new

    def visit(self, node):
        return self.new if node is self.old else super().generic_visit(node)


def mutants(text):
    """Every mutant of a package text: (description, its text), without repetition."""
    tree = ast.parse(text)
    *classes, function = tree.body
    for part in ast.walk(tree):
        if isinstance(part, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(part) is not None:
            part.body = part.body[1:] or [ast.Pass()]
    seen = {ast.unparse(tree)}
    for node in list(ast.walk(tree)):
        for what, new in (*variants(node), *signed(node)):
            mutant = ast.unparse(
                ast.fix_missing_locations(_Replace(node, new).visit(copy.deepcopy(tree, {id(node): node})))
            )
            if mutant not in seen:
                seen.add(mutant)
                line = ast.unparse(node).splitlines()[0]
                yield f"{line}: {what}", mutant
    parts = [part for top in tree.body for part in ast.walk(top)]
    for block in (part.body for part in parts if isinstance(getattr(part, "body", None), list)):
        for statement in list(block):
            kept = list(block)
            block[:] = [s for s in kept if s is not statement] or [ast.Pass()]
            yield f"{ast.unparse(statement).splitlines()[0]}: deleted", ast.unparse(tree)
            block[:] = kept
    if isinstance(function, ast.FunctionDef):
        for parameter in function.args.args:
            hidden = copy.deepcopy(function)
            others = [a.arg for a in function.args.args if a.arg != parameter.arg]
            for other in others[:1]:
                swap = ast.parse(f"{parameter.arg} = {other}").body[0]
                hidden.body = [swap, *copy.deepcopy(function.body)]
                module = ast.Module([*classes, hidden], [])
                yield f"{parameter.arg} taken for {other}", ast.unparse(ast.fix_missing_locations(module))


class TooLong(BaseException):
    """A mutant that does not end."""


@contextlib.contextmanager
def limited(seconds):
    """Stop what takes longer (main thread, POSIX)."""

    def stop(*_):
        raise TooLong

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def survives(mutant, slug, folder, exercise):
    """Whether the visible check passes the mutant."""
    namespace = dict(vars(importlib.import_module(f"solutions.{slug}")))
    try:
        with limited(SECONDS):
            exec(compile(mutant, exercise.identifier, "exec"), namespace)
            _, failure = run_check(exercise, namespace[exercise.identifier], folder)
    except (TooLong, Exception):  # a mutant of a constant may not even evaluate
        return False
    return failure is None


def equivalents():
    """(exercise, description) -> why this mutant is the same function."""
    with open(HERE / "equivalent_mutants.csv", newline="") as file:
        return {(row["exercise"], row["mutant"]): row["reason"] for row in csv.DictReader(file)}


def judge(slug, folder, exercise, sample=None):
    """(number of mutants tried, descriptions of those that survive) for one exercise."""
    every = list(mutants(sync.package_text(slug, exercise.identifier)))
    if sample and len(every) > sample:
        every = every[:: len(every) // sample]
    return len(every), [what for what, text in every if survives(text, slug, folder, exercise)]


def judged(slugs=()):
    """The exercises whose references are functions or numbers: choices, slips and orders are refused elsewhere."""
    for name, slug, folder, exercise in every_exercise():
        answer = getattr(importlib.import_module(f"solutions.{slug}"), exercise.identifier)
        if (callable(answer) or type(answer) in (int, float)) and (not slugs or slug in slugs):
            yield name, slug, folder, exercise


def main(slugs):
    known, total, killed, holes = equivalents(), 0, 0, []
    print(f"{'exercise':40} {'mutants':>8} {'killed':>7} {'equivalent':>11}")
    for name, slug, folder, exercise in judged(slugs):
        tried, left = judge(slug, folder, exercise)
        same = [what for what in left if (name, what) in known]
        holes += [(name, what) for what in left if (name, what) not in known]
        total, killed = total + tried - len(same), killed + tried - len(left)
        print(f"{name:40} {tried:8} {tried - len(left):7} {len(same):11}")
    print(
        f"{killed} of {total} mutants (equivalent ones left out) killed by visible checks: {100 * killed / total:.2f} %"
    )
    for hole in holes:
        print("survives:", *hole)
    return 1 if killed < 0.99 * total else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
