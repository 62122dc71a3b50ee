"""The language of a learner's line: what it takes, what it must never reach, when two lines are one."""

import ast
import itertools
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from autograder.check import lines
from autograder.check.lines import Refused, Unsure, evaluate, names, normal, parse
from autograder.check.typeset import latex

VALUES = {"x": 0.7, "y": -1.3, "n": 4, "v": np.array([0.5, -0.2, 1.1]), "A": np.arange(6.0).reshape(2, 3) - 2.5}


def refusal(text, values=VALUES):
    with pytest.raises(Refused) as caught:
        evaluate(text, values)
    sentence = str(caught.value)
    assert is_sentence(sentence), sentence
    return sentence


def is_sentence(text):
    starts = text[0].isupper() or text[0] == "`"
    return starts and text.endswith(".") and "\n" not in text and len(text) < 300 and text.count("`") % 2 == 0


# --- what is accepted ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text, value",
    [
        ("x + 2 * n", 8.7),
        ("-x**2", -0.49),
        ("2**-1", 0.5),
        ("+x", 0.7),
        ("exp(log(x))", 0.7),
        ("sqrt(abs(-4))", 2),
        ("A @ v", np.array([-1.5, 2.7])),
        ("dot(v, v)", 1.5),
        ("outer(v, v) - v[:, None] * v", np.zeros((3, 3))),
        ("A.T[0]", np.array([-2.5, 0.5])),
        ("transpose(A)[2, 1]", 2.5),
        ("A[1, 0:2]", np.array([0.5, 1.5])),
        ("v[-1]", 1.1),
        ("v[n - 2]", 1.1),
        ("sum(A, axis=0)", np.array([-2.0, 0.0, 2.0])),
        ("sum(A, axis=-1, keepdims=True)", np.array([[-4.5], [4.5]])),
        ("mean(A) + max(v) + min(v)", 0.9),
        ("maximum(v, 0) - relu(v)", np.zeros(3)),
        ("minimum(v, 0)", np.array([0, -0.2, 0])),
        ("indicator(v)", np.array([1.0, 0.0, 1.0])),
        ("where(indicator(v), 1, 2)", np.array([1.0, 2.0, 1.0])),
        ("sum(softmax(v))", 1.0),
        ("softmax(A, axis=0)[0, 0] * (1 + exp(3))", 1.0),
        ("sigmoid(y) + sigmoid(-y)", 1.0),
        ("sigmoid(-1000)", 0.0),
        ("tanh(x) - 2*sigmoid(2*x)", -1.0),
        ("norm(v)**2", 1.5),
        ("diag(v) - diag(v) * eye(3)", np.zeros((3, 3))),
        ("diag(outer(v, ones(3)))", VALUES["v"]),
        ("zeros(2)", np.zeros(2)),
        ("indicator(0)", 0.0),
        ("softmax(1000 * eye(2))[0]", np.array([1.0, 0.0])),
        ("sum(diag(ones(100)))", 100.0),
    ],
)
def test_a_line_has_the_value_that_numpy_gives(text, value):
    got = evaluate(text, VALUES)
    assert got.shape == np.shape(value)
    np.testing.assert_allclose(got, value, rtol=1e-12, atol=1e-12)


def test_an_equation_has_two_sides():
    left, right = evaluate("x + 1 == n", VALUES)
    assert (left, right) == (1.7, 4)


def test_values_are_not_changed():
    evaluate("D(sum(v * v), v)", VALUES)
    assert VALUES["v"].tolist() == [0.5, -0.2, 1.1]


def test_whole_numbers_are_floats_so_that_towers_of_powers_overflow_and_stay_small():
    assert evaluate("10**10**10", {}) == np.inf
    assert evaluate("9**9**9**9**9**9", {}) == np.inf
    assert np.isnan(evaluate("0/0", {}))


# --- what is refused -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["x.__class__", "().__class__.__mro__", "A.T.shape", "A.data", "np.exp(x)", "x.real"])
def test_attribute_access_is_refused(text):
    assert ".T" in refusal(text)


@pytest.mark.parametrize(
    "text", ["open('f')", "__import__('os')", "print(x)", "f(x)", "exp(x)(x)", "x(1)", "eval('1')"]
)
def test_a_call_of_anything_unlisted_is_refused(text):
    refusal(text)


# Two spaces between them.
OFF_THE_LIST = """
[1, 2]  (1, 2)  {1}  {1: 2}  'a'  b'a'  f'{x}'  1j  True  None  ...  lambda: x  x if x else y  not x  ~x  (x := 1)
[x for x in v]  sum(x for x in v)  x // y  x % y  x << 2  x | y  x & y  x in v  x is y  await x  yield x  x and y
exp(*v)  exp(**v)  exp(z=x)  exp(x, x)  exp()  A[...]  A[v]  v[1j]  v['a']  v[0.5]  v[True]  v[1/0]  sum(A, 0)
sum(A, axis=x)  sum(A, axis=True)  sum(A, axis=None)  sum(A, keepdims=1)  sum(A, axis=-7)  sum(A, axis=10)
softmax(A, keepdims=True)  D(x)  D(x, 2*x)  D(x, x, x)  D(x, x=x)  x; y  x = 1  import os
"""


@pytest.mark.parametrize("text", [*re.split(r"  |\n", OFF_THE_LIST.strip()), "x\n+ y", "\0", "x\0", "\ud800"])
def test_a_construct_off_the_list_is_refused(text):
    refusal(text)


def test_comparisons_are_refused_but_for_one_equality_on_top():
    for text in ("x > y", "x == y == n", "x != y", "(x == y) + 1", "exp(x == y)", "x < y < n", "D(x == y, x)"):
        assert "==" in refusal(text)


def test_the_usual_slips_of_the_hand_get_a_hint():
    assert "**" in refusal("x^2")
    assert "exp(z)" in refusal("np.exp(x)")
    assert "indicator" in refusal("A * (A > 0)")
    assert "hole" in refusal("x + ___")
    assert "brackets" in refusal("2 * exp")
    assert "x, y" in refusal("z + 1")


@pytest.mark.parametrize("text", ["", "   ", "(", "x +", "2 x", "((x)", "x)"])
def test_what_cannot_be_read_is_refused(text):
    refusal(text)


@pytest.mark.parametrize("thing", [None, 3, ["x"], b"x", np.array(["x"]), lambda: 0])
def test_anything_but_text_is_refused(thing):
    with pytest.raises(Refused, match="between quotes"):
        parse(thing)


def test_long_and_deep_lines_are_refused():
    assert "300" in refusal("x" * 301)
    assert "x, y" in refusal("z" * 300)
    refusal("-" * 299 + "x")
    refusal("exp(" * 60 + "x" + ")" * 60)
    assert evaluate("(" * 149 + "x" + ")" * 149, VALUES) == 0.7  # brackets leave no trace in the tree
    np.testing.assert_allclose(evaluate("+".join(["x"] * 35), VALUES), 24.5)


@pytest.mark.parametrize("text", ["1e13", "9" * 299, "0x" + "f" * 290, "1e999", "2 * 1e300"])
def test_large_numbers_are_refused(text):
    assert "1e+12" in refusal(text)


@pytest.mark.parametrize(
    "text", ["v + ones(4)", "A @ A", "A @ x", "x @ x", "diag(x)", "v[0, 0]", "v[7]", "A[:, 3]", "v[2:1]"]
)
def test_shapes_that_do_not_go_together_are_refused(text):
    assert "(" in refusal(text)


@pytest.mark.parametrize(
    "text",
    [
        "eye(101)",
        "ones(1e9)",
        "eye(1/0)",
        "outer(ones(200), ones(200))",
        "outer(outer(ones(99), ones(99)), outer(ones(99), ones(99)))",
        "ones(200)[:, None] @ ones(200)[None]",
        "ones(200)[:, None] + ones(200)",
        "where(x, ones(200)[:, None], ones(200))",
        "diag(ones(200))",
        "D(outer(v, ones(3000)), v)",
    ],
)
def test_a_large_array_is_refused_before_it_is_made(text, monkeypatch):
    made = []
    for name, (function, count, keywords) in lines.FUNCTIONS.items():
        noting = lambda *a, f=function, **k: made.append(r := f(*a, **k)) or r  # noqa: E731
        monkeypatch.setitem(lines.FUNCTIONS, name, (noting, count, keywords))
    for kind, (symbol, function) in lines.OPERATORS.items():
        monkeypatch.setitem(lines.OPERATORS, kind, (symbol, lambda a, b, f=function: made.append(r := f(a, b)) or r))
    assert "10000" in refusal(text)
    assert all(np.size(array) <= lines.MAX_SIZE for array in made)


@pytest.mark.parametrize("text", ["eye(0)", "eye(2.5)", "eye(-1)", "eye(0/0)", "eye(v)", "ones(v)"])
def test_a_size_that_is_no_count_is_refused(text):
    refusal(text)


@pytest.mark.parametrize(
    "text",
    [
        "**".join(["9"] * 40),
        "(" * 38 + "x" + "**9)" * 38,
        "D(D(D(D(sum(v**v), v)[0], v)[0], v)[0], v)",
        "D(D(D(D(D(D(x**x, x), x), x), x), x), x)",
        "D(sum(w**w), w) + " * 15 + "x",
        "outer(" * 20 + "v" + ", v)" * 20,
    ],
)
def test_nested_powers_and_derivatives_end_after_a_bounded_number_of_visits(text, monkeypatch):
    visits = []
    spend = lines._Walk.spend
    monkeypatch.setattr(lines._Walk, "spend", lambda walk, size: visits.append(size) or spend(walk, size))
    assert len(text) <= 300
    try:
        tree = parse(text)
        assert len(repr(normal(tree))) < 100 * len(text)
        evaluate(tree, VALUES | {"w": np.full(2000, 0.5)})
    except Refused as refused:
        assert is_sentence(str(refused))
    assert len(visits) <= lines.MAX_WORK // lines.VISIT + 1
    assert sum(min(size, lines.MAX_SIZE) for size in visits) <= 2 * lines.MAX_WORK


def test_nested_powers_do_not_make_the_normal_form_grow():
    text = "(" * 20 + "x" + "**8+1)" * 20
    assert len(repr(normal(parse(text)))) < 2000


# --- the derivative ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "D(x**3, x) == 3 * x**2",
        "D(sigmoid(x), x) == sigmoid(x) * (1 - sigmoid(x))",
        "D(log(x), x) == 1/x",
        "D(D(sin_like, x), x) == -sin_like",
        "D(softmax(v), v) == diag(softmax(v)) - outer(softmax(v), softmax(v))",
        "D(sum(A * A), A) == 2 * A",
        "D(A @ v, v) == A",
        "D(v * v, v) == diag(2 * v)",
        "D(3, x) == 0",
        "D(loss, s) == -1/s",
        "D(s, x) == s * (1 - s)",
        "D(loss, s) * D(s, x) == D(loss, x)",
        "D(D(x**4, x), x) == 12 * x**2",
    ],
)
def test_the_derivative_is_right_and_sees_through_definitions(line):
    values = VALUES | {"s": "sigmoid(x)", "loss": "-log(s)", "sin_like": "exp(x) - exp(-x)"}
    if "sin_like" in line:
        line = line.replace("== -", "== ")
    left, right = evaluate(line, values)
    assert left.shape == right.shape
    np.testing.assert_allclose(left, right, rtol=1e-6, atol=1e-9)


def test_the_derivative_is_closer_than_one_lie_in_two_thousand():
    for x in (0.01, 0.3, 1.0, 7.0, 300.0):
        left, right = evaluate("D(log(x) + x**2, x) == 1/x + 2*x", {"x": x})
        assert abs(left / right - 1) < 1e-8


@pytest.mark.parametrize("text", ["D(abs(x - 0.70003), x)", "D(indicator(x - 0.70003), x)", "D(log(x - 0.7), x)"])
def test_a_kink_a_jump_or_an_edge_under_the_step_is_unsure(text):
    with pytest.raises(Unsure):
        evaluate(text, VALUES)


# --- the normal form -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "one, other",
    [
        ("a + b", "b + a"),
        ("a*b*c", "c*(b*a)"),
        ("a + (b + c)", "c + b + a"),
        ("a - b", "-b + a"),
        ("a - b", "a + (-b)"),
        ("a - b", "a + -1*b"),
        ("--a", "a"),
        ("-(-a)*b", "a*b"),
        ("-a*b", "a*(-b)"),
        ("-a/b", "-(a/b)"),
        ("a/(-b)", "-(a/b)"),
        ("((a))", " a "),
        ("2*a", "a*2.0"),
        ("a**2", "a*a"),
        ("a*a**2", "a**3"),
        ("(a*b)*a", "a**2*b"),
        ("(a**2)**3", "a**6"),
        ("(1+a)*(a+1)", "(1+a)**2"),
        ("1*a", "a"),
        ("a/1", "a"),
        ("a**1", "a"),
        ("a + 0", "a"),
        ("0*b + a", "a"),
        ("a - 0", "a"),
        ("a*b/c", "a*(b/c)"),
        ("a*b/c", "b*(1/c)*a"),
        ("+a", "a"),
        ("A.T.T", "A"),
        ("transpose(A)", "A.T"),
        ("dot(A, B)", "A @ B"),
        ("sum(A, axis=0, keepdims=True)", "sum(A, keepdims=True, axis=0)"),
        ("exp(a + b)", "exp(b + a)"),
        ("v[1 : 2]", "v[1:2]"),
        ("a == b", "b == a"),
        ("a == b*c", "c*b == (a)"),
        ("D(a*b, a)", "D(b*a, a)"),
        # Padding: equal terms and factors, and numbers.
        ("a*(1 - a) + a - a", "a*(1 - a)"),
        ("2*a*(1 - a)/2", "a*(1 - a)"),
        ("a*(2 - 2*a)/2", "a*(1 - a)"),
        ("-a*(a - 1)", "a*(1 - a)"),
        ("a**3*(1 - a)/a**2", "a*(1 - a)"),
        ("a*b*c/(b*c)", "a"),
        ("a*c/(b*c*c)", "a/(b*c)"),
        ("a*b/b", "a"),
        ("a - a", "0"),
        ("3*a - 2*a", "a"),
        ("-(a - b)", "b - a"),
        ("a + b + c - (b + c)", "a"),
        ("a/(b/c)", "a*c/b"),
        ("0.5*2*a", "a"),
        ("0.1*a + 0.2*a", "0.3*a"),
        ("(a*b)**2", "a**2*b**2"),
        ("a*b**0", "a"),
        ("a**-2", "1/a**2"),
        ("a*exp(0) + log(1)", "a"),
        ("exp(2*b - b)", "exp(b)"),
        ("2*a/(1 - a) == 2*exp(b)", "a/(1 - a) == exp(b)"),
        ("a/(1 - a) + 1 == exp(b) + 1", "a/(1 - a) == exp(b)"),
        ("a*c == c*exp(b)", "a == exp(b)"),
        ("a*c + b*c == c", "a + b == 1"),
        ("a/c == exp(b)/c", "a == exp(b)"),
        ("c*(a + b) == c*(b + d)", "a == d"),
        ("2*a == a + b", "a == b"),
        ("-a == -b", "a == b"),
    ],
)
def test_a_line_in_disguise_is_the_same_line(one, other):
    assert normal(parse(one)) == normal(parse(other))


@pytest.mark.parametrize(
    "one, other",
    [
        ("a - b", "b - a"),
        ("a/b", "b/a"),
        ("a**b", "b**a"),
        ("A @ B", "B @ A"),
        ("A.T", "A"),
        ("exp(a)", "log(a)"),
        ("sum(A, axis=0)", "sum(A, axis=1)"),
        ("v[0]", "v[1]"),
        ("a", "-a"),
        ("2*a", "3*a"),
        ("a + a", "a"),
        ("D(a*b, a)", "D(a*b, b)"),
        ("a == b", "a == -b"),
        # Steps that a derivation may take one at a time.
        ("a*(b + c)", "a*b + a*c"),
        ("e/c**2", "(1/c)*(e/c)"),
        ("a*(1 - a)", "a - a**2"),
        ("(a + b)/c", "a/c + b/c"),
        ("-a*(1 - b) + (1 - a)*b", "b - a"),
        ("c*(a - b)/c - a*b/b", "-2*b"),
        ("exp(a + b)", "exp(a)*exp(b)"),
        ("sum(exp(a)*v)", "exp(a)*sum(v)"),
        ("a/(1 - a) == exp(b)", "a == exp(b)*(1 - a)"),
        ("a == b - a*b", "a + a*b == b"),
        ("a + a*b == b", "a*(1 + b) == b"),
        ("a == 0", "b == 0"),
        ("a*b == 0", "a == 0"),
        ("1/(1 + exp(-t))", "sigmoid(t)"),
        ("(A @ B) @ C", "A @ (B @ C)"),
    ],
)
def test_another_line_stays_another_line(one, other):
    assert normal(parse(one)) != normal(parse(other))


LEAVES = st.sampled_from(["a", "b", "2", "1", "0", "0.5", "v"])


def nodes(children):
    binary = st.builds("({} {} {})".format, children, st.sampled_from(["+", "-", "*", "/", "*"]), children)
    unary = st.builds("{}({})".format, st.sampled_from(["-", "exp", "sum", "tanh", "+"]), children)
    power = st.builds("({})**{}".format, children, st.sampled_from(["2", "3", "1", "-1"]))
    return st.one_of(binary, binary, unary, power)


EXPRESSIONS = st.recursive(LEAVES, nodes, max_leaves=8)
SMALL = st.recursive(LEAVES, nodes, max_leaves=3)
POINTS = [{"a": 0.7, "b": -1.3, "v": np.array([0.5, 1.1])}, {"a": -0.4, "b": 2.1, "v": np.array([-0.6, 0.3])}]


def disguised(text, draw):
    """The same line written another way: a random choice among what a learner might try."""
    way = draw(st.integers(0, 6))
    tree = ast.parse(text, mode="eval").body
    if isinstance(tree, ast.BinOp) and way < 5:
        left, right = (disguised(ast.unparse(side), draw) for side in (tree.left, tree.right))
        match tree.op:
            case ast.Add() if way < 3:
                return f"({right} + {left})"
            case ast.Sub():
                return f"(-({right}) + {left})" if way < 3 else f"({left} + -1*({right}))"
            case ast.Mult() if way < 3:
                return f"({right}) * ({left})"
            case ast.Div():
                return f"(1/({right}) * ({left}))"
        return text
    return [f"(-(-({text})))", f"(({text}) * 1)", f"(0 + ({text}))", f"({text})/1", f"({text})", text, text][way]


@given(st.data())
def test_random_disguises_keep_the_normal_form_and_the_value(data):
    text = data.draw(EXPRESSIONS)
    other = disguised(text, data.draw)
    assume(len(other) <= 300)
    assert normal(parse(text)) == normal(parse(other))
    for values in POINTS:
        np.testing.assert_allclose(evaluate(text, values), evaluate(other, values), rtol=1e-9)


@given(st.data())
def test_random_padding_keeps_the_normal_form_and_the_value(data):
    text, pad = data.draw(EXPRESSIONS), data.draw(st.sampled_from(["a", "b", "(a*b - 3)", "exp(b)", "2"]))
    pads = "{0} + {1} - {1}", "{1} + ({0}) - {1}", "({0})*{1}/{1}", "2*({0})/2", "({0})/(1/{1})/{1}", "-(-4*({0}))*0.25"
    padded = data.draw(st.sampled_from(pads)).format(text, pad)
    assume(len(padded) <= 300)
    assert normal(parse(padded)) == normal(parse(text))
    for values in POINTS:
        np.testing.assert_allclose(*np.broadcast_arrays(evaluate(text, values), evaluate(padded, values)), atol=1e-9)


@settings(max_examples=150)
@given(st.lists(SMALL, min_size=16, max_size=16))
def test_lines_of_one_normal_form_have_one_value(texts):
    forms = [(normal(parse(text)), text) for text in texts if "sum" not in text]  # a sum counts: v / v is not 1
    for (form, one), (other_form, other) in itertools.combinations(forms, 2):
        if form == other_form:
            for values in POINTS:
                a, b = evaluate(one, values), evaluate(other, values)
                if np.isfinite(a).all() and np.isfinite(b).all():  # 0 * x is 0 wherever x is a number
                    np.testing.assert_allclose(*np.broadcast_arrays(a, b), rtol=1e-9, atol=1e-12)


def test_huge_powers_cost_the_normal_form_nothing():
    for text in (
        "(a/b)**999999999999 * (b/a)**999999999999",
        "((a/b)**9)" + "**9" * 30,
        "(a/(b*c))**1e12 * a**1e12 / a",
    ):
        assert len(repr(normal(parse(text)))) < 2000
    assert normal(parse("(a/b)**999999999999 * (b/a)**999999999999")) == normal(parse("1"))
    assert normal(parse("2**1e12 * 0 + 10**-400 + a")) == normal(parse("a"))


# --- nothing else is ever reached ----------------------------------------------------------------------------------

# Two spaces between them.
POISON = """
__import__('os')  x.__class__  ().__class__.__bases__[0].__subclasses__()  open('/etc/passwd')  exec('1')  eval('1')
getattr(x, 'T')  globals()  (lambda: 1)()  [x for x in v]  {x: x}  x.T.base  v.tofile('f')  print(x)  'a' * 9  f'{x}'
x // 0  x if x else y  x and y  [1][0]  breakpoint()  np.load  exp.at  x < y  exp(*v)  exp(**x)  x @= y  1j  b''
"""
POISONS = st.sampled_from(re.split(r"  |\n", POISON.strip()))
FORBIDDEN = {
    "eval",
    "exec",
    "compile",
    "getattr",
    "setattr",
    "open",
    "__import__",
    "globals",
    "vars",
    "breakpoint",
    "input",
}


class Trap(dict):
    """Values that note which names are asked for."""

    def __init__(self, values):
        super().__init__(values)
        self.asked = set()

    def __getitem__(self, name):
        self.asked.add(name)
        return super().__getitem__(name)


def watched(text):
    """Evaluate; return the outcome, after asserting that only listed functions and names in the text were reached."""
    values, reached, called = Trap(VALUES), [], set()

    def watch(frame, event, function):
        inside = frame.f_code.co_filename == lines.__file__
        if event == "c_call" and inside:
            reached.append(function.__name__)
            if function.__name__ in FORBIDDEN:
                called.add(function.__name__)

    try:
        sys.setprofile(watch)
        try:
            outcome = evaluate(text, values)
        finally:
            sys.setprofile(None)
    except Refused as refused:
        assert is_sentence(str(refused)), str(refused)
        outcome = refused
    assert not called
    assert all(name in text for name in values.asked)
    return outcome


def test_the_watch_sees_a_forbidden_call(monkeypatch):
    caught = []
    monkeypatch.setitem(lines.FUNCTIONS, "exp", (lambda x: caught.append(1) or x, 1, ()))
    watched("exp(x)")
    assert caught
    source = compile("def bad(tree): return eval('1')", lines.__file__, "exec")
    exec(source, space := {})
    monkeypatch.setattr(lines._Walk, "named", lambda walk, name: np.array(space["bad"](name), float))
    with pytest.raises(AssertionError):
        watched("x")


@settings(max_examples=300)
@given(st.text(max_size=60) | st.text(alphabet="xyvA0123456789.+-*/@()[]:,=T _eD'\"{}\\#\n", max_size=80))
def test_random_text_is_evaluated_or_refused_with_a_sentence(text):
    outcome = watched(text)
    assert isinstance(outcome, Refused | np.ndarray | np.float64 | tuple)


@settings(max_examples=300)
@given(st.recursive(st.sampled_from(["x", "v", "A", "2"]), nodes, max_leaves=6), POISONS, st.integers(0, 10**6))
def test_poison_anywhere_in_a_line_is_refused(text, poison, place):
    spots = [m.span() for m in re.finditer(r"\b[xvA2]\b", text)]
    start, end = spots[place % len(spots)]
    poisoned = f"{text[:start]}({poison}){text[end:]}"
    assume(len(poisoned) <= 300)
    assert isinstance(watched(poisoned), Refused)
    with pytest.raises(Refused):
        latex(poisoned)


def test_the_module_itself_calls_nothing_that_runs_text():
    tree = ast.parse(Path(lines.__file__).read_text(encoding="utf-8"))
    calls = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    imported = {a.name for node in ast.walk(tree) if isinstance(node, ast.Import) for a in node.names}
    assert not calls & FORBIDDEN
    assert imported == {"ast", "functools", "math", "warnings", "numpy"}


def test_the_evaluator_refuses_a_tree_that_was_not_let_through():
    with pytest.raises(Refused):
        lines._Walk({}).value(ast.parse("[1]", mode="eval").body)


def test_names_are_those_of_the_line():
    assert names(parse("D(exp(x), x) == y[n]")) == {"D", "exp", "x", "y", "n"}


# --- typesetting ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text, tex",
    [
        ("P == 1 / (1 + exp(-t))", r"P = \frac{1}{1 + e^{-t}}"),
        ("a*(b + c)", r"a \cdot \left(b + c\right)"),
        ("a - (b - c)", r"a - \left(b - c\right)"),
        ("a - b - c", r"a - b - c"),
        ("(a + b)**2", r"{\left(a + b\right)}^{2}"),
        ("(a**2)**3", r"{\left({a}^{2}\right)}^{3}"),
        ("(-a)**2", r"{\left(-a\right)}^{2}"),
        ("-a**2", r"-{a}^{2}"),
        ("2 * -a", r"2 \cdot \left(-a\right)"),
        ("X.T @ dZ2 / n", r"\frac{{X}^\top\,dZ_{2}}{n}"),
        ("(A @ B) @ C", r"A\,B\,C"),
        ("A @ (B @ C)", r"A\,\left(B\,C\right)"),
        ("A * B @ C", r"\left(A \cdot B\right)\,C"),
        ("(A @ B).T", r"{\left(A\,B\right)}^\top"),
        ("sigmoid(w_1)", r"\sigma\left(w_{1}\right)"),
        ("yhat - y_hat", r"\hat{y} - \hat{y}"),
        ("dYhat * dY_hat", r"d\hat{Y} \cdot d\hat{Y}"),
        ("dyhat - dz", r"d\hat{y} - dz"),
        ("what + that + chat2", r"\hat{w} + \hat{t} + \hat{c}_{2}"),
        ("J_old - J_new", r"J_{\mathrm{old}} - J_{\mathrm{new}}"),
        ("rate * lam", r"\mathrm{rate} \cdot \lambda"),
        ("W1[0, :]", r"{W_{1}}_{0, :}"),
        ("s_i[None, 1:n]", r"{s_{i}}_{\mathrm{new}, 1:n}"),
        ("sum(A, axis=0)", r"\mathrm{sum}_{\mathrm{axis}\,0}\left(A\right)"),
        ("D(log(s), z)", r"\frac{\partial}{\partial z}\left(\log\left(s\right)\right)"),
        ("eye(k) * indicator(Z)", r"I_{k} \cdot \mathbf{1}\left[Z \gt 0\right]"),
        ("1e-05 * x", r"1 \cdot 10^{-5} \cdot x"),
        ("2.0 + 0.5", "2 + 0.5"),
        ("sqrt(abs(norm(w)))", r"\sqrt{\left|\left\|w\right\|\right|}"),
        ("outer(a, b)", r"\mathrm{outer}\left(a, b\right)"),
        ("exp(a)**2", r"{\left(e^{a}\right)}^{2}"),
        ("sqrt(a)**2", r"{\sqrt{a}}^{2}"),
        ("theta[0] - delta_2[1:9:2]", r"{\theta}_{0} - {\delta_{2}}_{1:9:2}"),
        ("+a", "+a"),
        ("exp(-z) / (___)**2", r"\frac{e^{-z}}{{\square}^{2}}"),
        ("__class__ + é + x__y", r"\mathrm{class} + \square + x_{y}"),
    ],
)
def test_a_line_is_typeset(text, tex):
    assert latex(text) == tex


@pytest.mark.parametrize("text", ["x.real", "$x$", "<b>", r"\href{x}", "", None, "x" * 301])
def test_what_is_no_line_is_not_typeset(text):
    with pytest.raises(Refused):
        latex(text)


def balanced(tex):
    stack, openers = (
        [],
        {"}": "{", r"\right)": r"\left(", r"\right]": r"\left[", r"\right|": r"\left|", r"\right\|": r"\left\|"},
    )
    for token in re.findall(r"\\(?:left|right)(?:\\\||.)|[{}]", tex):
        if token in openers.values():
            stack.append(token)
        elif not stack or stack.pop() != openers[token]:
            return False
    return not stack


WORDS = {
    "frac",
    "left",
    "right",
    "cdot",
    "top",
    "sigma",
    "hat",
    "mathrm",
    "mathbf",
    "lambda",
    "partial",
    "gt",
    "log",
    "tanh",
}
WORDS |= {"max", "min", "sqrt", "square"}


@settings(max_examples=300)
@given(EXPRESSIONS | st.text(alphabet="xyhatW_10.+-*/@()[]:,T<>&$\\{}%^~ ", max_size=50) | st.text(max_size=30))
def test_latex_is_balanced_and_of_the_walkers_own_words(text):
    try:
        tex = latex(text)
    except Refused:
        return
    assert balanced(tex)
    assert re.fullmatch(r"[A-Za-z0-9 \\{}()\[\]|=+\-.,:^_]*", tex)
    assert {word for word in re.findall(r"\\([A-Za-z]+)", tex)} <= WORDS


def test_an_unlisted_function_is_told_those_that_may_be_used():
    with pytest.raises(Refused, match=r"the functions here are exp, D\(f, x\)"):
        parse("pow(w, 2)", ["w", "exp", "D"])
    with pytest.raises(Refused, match="no functions may be used here"):
        parse("pow(w, 2)", ["w"])
    with pytest.raises(Refused, match="softmax"):
        parse("pow(w, 2)")


def test_a_single_equals_sign_is_told_from_two():
    with pytest.raises(Refused, match="write == between the two sides"):
        parse("left = J_old")
    with pytest.raises(Refused, match="bracket"):
        parse("left == (J_old")
