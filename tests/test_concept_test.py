"""course/concept_test.md and its key: each right answer measured by differences, on the numbers the question states."""

import ast
import csv
import re
from fnmatch import fnmatch

import numpy as np
import pytest

from autograder.grading import bundle
from conftest import CHECKOUT

KEY = CHECKOUT / "solutions" / "concept_test.md"
TEXT = (CHECKOUT / "course" / "concept_test.md").read_text("utf-8")
ITEMS = {int(n): text for n, text in re.findall(r"^## (\d+) .*\n((?:(?!## ).*\n?)+)", TEXT, re.M)}
RIGHT = {int(n): letter for n, letter in re.findall(r"^\| (\d+) \|[^|]*\| (\w) \|", KEY.read_text("utf-8"), re.M)}
WRONG = {
    int(n): dict(re.findall(r"^- (\w): (.+)$", text, re.M))
    for n, text in re.findall(r"^## (\d+)\n((?:(?!## ).*\n?)+)", KEY.read_text("utf-8"), re.M)
}
NUMBER = r"(-?\d+(?:\.\d+)?)"


def slope(f, at, h=1e-5):
    """The central difference of f at a number, or along each entry of a list."""
    at = np.asarray(at, dtype=float)
    return np.array([(f(at + e) - f(at - e)) / (2 * h) for e in h * np.eye(at.size).reshape(at.size, *at.shape)])


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def only_sums(functions):
    """The letters of those functions of x1, x2 that a random network of sums could be: sums themselves."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(50, 2))
    spanned = np.column_stack([(x @ rng.normal(size=(2, 100)) + rng.normal(size=100)), np.ones(50)])
    found = ""
    for letter, body in functions:
        target = np.array([eval(body, {"max": max, "x1": a, "x2": b}) for a, b in x])  # noqa: S307 (our own page)
        fitted = spanned @ np.linalg.lstsq(spanned, target, rcond=1e-10)[0]
        found += letter if np.allclose(fitted, target) else ""
    return found


def how_far(w1, w2, b):
    """The shortest of many ways to the line."""
    angles = np.linspace(0, 2 * np.pi, 100001)
    fast = w1 * np.cos(angles) + w2 * np.sin(angles)
    with np.errstate(divide="ignore"):
        ways = -b / fast
    return ways[ways > 0].min()


def softmax_slope(*p):
    def second(z):
        return np.exp(z[1]) / np.exp(z).sum()

    return slope(second, np.log(p))[0]


def right_side(p):
    return slope(lambda z: -np.log(sigmoid(z)), np.log(p / (1 - p)))


def one_weight(x1, x2, s1, s2):
    return slope(lambda w: s1 * np.sin(x1 * w) + s2 * np.sin(x2 * w), 0.0)  # any loss with these two slopes


def penalised(y1, y2, n, lam, at):
    return slope(lambda w: ((w - y1) ** 2 + (w - y2) ** 2) / n + lam * w**2, at)


def in_the_middle(v1, v2, s1, s2):
    return slope(lambda h: s1 * np.sin(v1 * h) + s2 * np.sin(v2 * h), 0.0)


def on_and_off(z1, z2, s1, s2):
    return slope(lambda b: s1 * np.maximum(0, z1 + b) + s2 * np.maximum(0, z2 + b), 0.0)


def used_twice(power, factor, at):
    return slope(lambda a: a**power + factor * a**power, at)


def bend(at):
    return slope(sigmoid, at)


def all_slopes(d, k):
    d, k = int(d), int(k)
    x = np.random.default_rng(0).normal(size=d)
    return slope(lambda w: w.reshape(d, k).T @ x, np.ones(d * k)).size


def way_back(a, b, c, d, s1, s2):
    return slope(lambda x: s1 * (a * x[0] + b * x[1]) + s2 * (c * x[0] + d * x[1]), [0.0, 0.0])


MEASURED = {  # item -> what the question states, # for a number; the true answer, from those numbers
    2: ("# x1 + # x2 + # = 0", how_far),
    3: ("They are #, # and #.", softmax_slope),
    4: ("says p = #, and the loss is L = -log(p)", right_side),
    5: ("z1 = # w for the first, z2 = # w for the second.* slopes # along z1 and # along z2", one_weight),
    6: (r"\(\(w - #\)\^2 \+ \(w - #\)\^2\) / # \+ # w\^2. .* at w = #\?", penalised),
    7: ("the weights # and #. The slopes .* are # and #.", in_the_middle),
    8: ("first example z = #, in a second z = #. .* are # in the first example and # in the second", on_and_off),
    9: (r"b = a\^#, then c = # b, then d = b \+ c. .* at a = #\?", used_twice),
    10: ("sum z = # says", bend),
    11: ("takes # numbers in and gives # numbers out", all_slopes),
    12: (r"z1 = # x1 \+ # x2 and z2 = # x1 \+ # x2. .* are # along z1 and # along z2", way_back),
}


def options(text):
    return dict(re.findall(r"^- (\w)\) (.+)$", text, re.M))


def value(option):
    """The numbers of an answer such as `12 / 5`; nan where it says that there is none."""
    if "`" not in option:
        return np.array([np.nan])
    found = re.findall(r"[^,]+", option.strip("`"))
    return np.array([_number(ast.parse(one.strip(), mode="eval").body) for one in found])


def _number(node):
    match node:
        case ast.Constant(value=number):
            return float(number)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_number(operand)
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            return _number(left) / _number(right)
    raise ValueError(ast.dump(node))


def true_answers(item):
    """The letters of the options that hold."""
    text, given = ITEMS[item].replace("\n", " "), options(ITEMS[item])
    if item == 1:
        true = only_sums([(n, _python(b)) for n, b in re.findall(r"([ABC]) = (.+?)(?=, [BC] =|\. Which)", text)])
        assert true
        return [letter for letter, said in given.items() if "".join(re.findall(r"\b[ABC]\b", said)) == true]
    stated, measure = MEASURED[item]
    pattern = stated if "\\" in stated else stated.replace("+", r"\+").replace("(", r"\(").replace(")", r"\)")
    numbers = re.search(pattern.replace("#", NUMBER), text)
    assert numbers, f"item {item} does not state {stated}"
    true = np.ravel(measure(*map(float, numbers.groups())))
    near = 5e-3 if "nearest" in text else 1e-6  # what "nearest" and two decimals allow
    return [letter for letter, said in given.items() if np.allclose(value(said), true, rtol=near, atol=near)]


def _python(body):
    return re.sub(r"(\d) (x\d)", r"\1 * \2", body)


@pytest.mark.parametrize("item", ITEMS)
def test_one_answer_is_right_and_the_key_names_it(item):
    assert true_answers(item) == [RIGHT[item]]


@pytest.mark.parametrize("item", ITEMS)
def test_every_other_answer_is_a_named_misconception(item):
    given = options(ITEMS[item])
    assert list(given) == list("abcd") and len(set(given.values())) == 4
    assert sorted(WRONG[item]) == sorted(set(given) - {RIGHT[item]})
    with open(CHECKOUT / "tests" / "claims.csv", encoding="utf-8") as file:
        claims = {row[0] for row in csv.reader(file)} | {"common"}
    for text in WRONG[item].values():
        ids = re.search(r"\(([^()]+)\)$", text).group(1).split(", ")
        assert set(ids) <= claims, ids


def test_there_are_twelve_and_no_letter_is_the_better_guess():
    assert list(ITEMS) == list(RIGHT) == list(WRONG) == list(range(1, 13))
    assert {letter: list(RIGHT.values()).count(letter) for letter in "abcd"} == dict.fromkeys("abcd", 3)


def test_the_key_is_handed_to_nobody():
    name = KEY.relative_to(CHECKOUT).as_posix()
    assert not any(fnmatch(name, pattern) for pattern in bundle.ROOMS + bundle.PAGES)
    said = [sentence.rpartition(" (")[0] for wrong in WRONG.values() for sentence in wrong.values()]
    assert len(said) == 36 and [sentence for sentence in said if sentence in TEXT] == []
