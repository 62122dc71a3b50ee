"""Chapter 6: the engine against another library, the numbers its prose states, and what its checks say to a runaway."""

import ast
import inspect

import autograd.numpy as anp
import autograd.scipy.special
import bench_computation_graphs as bench
import numpy as np
import pytest
from autograd import grad as autograd_grad
from course_under_test import CHAPTERS, every_exercise, run_check

from autograder.check import argument
from course.data import digits
from course.known import computation_graphs as known
from course.known.backprop import mlp_backward
from course.known.cross_entropy import cross_entropy
from course.known.sigmoid_softmax import softmax
from solutions import computation_graphs as solutions
from solutions.computation_graphs import Node
from solutions.mistakes import computation_graphs as mistakes

CHECKS = {exercise.identifier: exercise for _, slug, _, exercise in every_exercise() if slug == "computation_graphs"}


# --- the engine ------------------------------------------------------------------------------------------------------

AUTOGRAD = {
    "add": anp.add,
    "sub": anp.subtract,
    "mul": anp.multiply,
    "matmul": anp.matmul,
    "sum": lambda a, axis=None: anp.sum(a, axis=axis, keepdims=axis is not None),
    "exp": anp.exp,
    "log": anp.log,
    "logistic": autograd.scipy.special.expit,
    "relu": lambda a: anp.where(a > 0, a, 0.0),
    "cross_entropy": lambda a, y: anp.mean(
        anp.sum(y * (autograd.scipy.special.logsumexp(a, axis=1, keepdims=True) - a), axis=1)
    ),
    "log_softmax": lambda a: a - autograd.scipy.special.logsumexp(a, axis=1, keepdims=True),
}


def run(program, values):
    for op, name, *operands in program:
        values = values | {name: AUTOGRAD[op](*(values[o] if isinstance(o, str) else o for o in operands))}
    return values[program[-1][1]]


def random_program(rng, length=12):
    """A program whose lines use earlier ones, some twice and some never, and its inputs, of shapes that broadcast."""
    inputs = {"a": rng.normal(size=(4, 3)), "b": rng.normal(size=3), "c": rng.normal(size=(4, 1)), "k": rng.normal()}
    lines, names = [("add", "n0", "a", "b"), ("mul", "n1", "n0", "c"), ("add", "n2", "n1", "k")], ["n0", "n1", "n2"]
    for i in range(3, length):
        one, other = (str(rng.choice(names)) for _ in range(2))
        name = f"n{i}"
        lines.append(
            [
                ("add", name, one, other),
                ("sub", name, one, other),
                ("mul", name, one, 0.5),
                ("mul", name, one, other),
                ("logistic", name, one),
                ("relu", name, one),
                ("log_softmax", name, one),
                ("matmul", name, one, rng.normal(size=(3, 3)) / 2),
            ][rng.integers(8)]
        )
        names.append(name)
    end = [
        ("logistic", "p", names[-1]),
        ("sum", "q", "p", 1),
        ("log", "r", "q"),
        ("add", "s", "r", "n2"),
        ("sum", "t", "s"),
        ("cross_entropy", "v", "s", np.eye(3)[[0, 2, 1, 1]]),
        ("mul", "L", "t", "v"),
    ]
    return lines + end, inputs


@pytest.mark.parametrize("grad", [solutions.grad, known.grad], ids=["reference", "known"])
def test_the_engine_agrees_with_autograd_on_random_programs(grad):
    for seed in range(100):
        program, inputs = random_program(np.random.default_rng(seed))
        found = grad(program, inputs)
        for name in inputs:
            true = autograd_grad(lambda x, name=name, values=inputs: run(program, values | {name: x}))(inputs[name])  # noqa: B023
            assert np.shape(found[name]) == np.shape(true)
            np.testing.assert_allclose(found[name], true, rtol=1e-8, atol=1e-10 * (1 + np.max(np.abs(true))))


def test_the_engine_is_written_in_under_a_hundred_lines():
    text = "\n".join(inspect.getsource(part) for part in (solutions.broadcast_back, solutions.Node, solutions.grad))
    lines = {number for number, line in enumerate(text.splitlines(), 1) if line.strip()}
    for part in ast.walk(ast.parse(text)):
        if isinstance(part, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(part):
            lines -= set(range(part.body[0].lineno, part.body[0].end_lineno + 1))
    assert 70 < len(lines) < 100


def test_a_chain_of_100_000_nodes_is_walked_without_recursion():
    np.testing.assert_allclose(bench.chain(bench.LONG), 1.00001**bench.LONG)


def test_every_node_hands_back_once_however_many_ways_there_are(monkeypatch):
    calls, back = [], Node.back
    monkeypatch.setattr(Node, "back", lambda self, G: calls.append(self) or back(self, G))
    start = node = Node(1.0)
    for _ in range(200):
        node = node * 0.25 + node * 0.75
    node.backward()
    assert len(calls) == len(set(calls)) == 3 * 200
    np.testing.assert_allclose(start.grad, 1.0)


def test_data_cost_nothing():
    class Untouchable(np.ndarray):
        @property
        def T(self):
            raise AssertionError("the weights are turned, so somebody works out the slopes of the data")

    X, W = Node.of(np.ones((2, 3))), Node(np.ones((3, 4)))
    W.value = W.value.view(Untouchable)
    product = X @ W
    product.sum().backward()
    assert X.grad is None and product.back(np.ones((2, 4)))[0] is None and W.grad.shape == (3, 4)
    with pytest.raises(AssertionError):
        (Node(np.ones((2, 3))) @ W).sum().backward()


def test_walking_back_twice_does_not_add_up_twice():
    a = Node(3.0)
    b = a * a
    b.backward()
    b.backward()
    assert a.grad == 6.0


def test_the_benchs_two_ways_agree_and_a_chain_is_what_it_says():
    X, labels, rows, layers = bench.problem()
    Y = np.eye(10)[labels]
    one, other = (find(X[rows], Y[rows], layers) for find in (bench.by_hand, bench.by_engine))
    assert bench.largest_difference(one, other) < 1e-12


# --- the digits ------------------------------------------------------------------------------------------------------


def test_the_engine_trains_the_digits_network_to_the_same_weights():
    X, labels = digits()
    Y, rng = np.eye(10)[labels], np.random.default_rng(0)
    train, held_out = np.split(rng.permutation(1797), [1437])
    W1, W2 = (rng.normal(size=(d, k)) * np.sqrt(2 / d) for d, k in [(64, 128), (128, 10)])
    hand = engine = dict(W1=W1, b1=np.zeros(128), W2=W2, b2=np.zeros(10))

    def scores(rows, w):
        return np.maximum(X[rows] @ w["W1"] + w["b1"], 0) @ w["W2"] + w["b2"]

    def by_hand(rows, w):
        layers = [(w["W1"], w["b1"], "relu"), (w["W2"], w["b2"], "identity")]
        return dict(zip(w, mlp_backward(X[rows], Y[rows], layers, "softmax"), strict=True))

    def by_engine(rows, w):
        program = [
            ("matmul", "A", X[rows], "W1"),
            ("add", "Z1", "A", "b1"),
            ("relu", "H", "Z1"),
            ("matmul", "B", "H", "W2"),
        ]
        program += [("add", "Z2", "B", "b2"), ("cross_entropy", "L", "Z2", Y[rows])]
        assert len(program) == 6  # "six operations"
        return solutions.grad(program, w)

    def loss(w):
        return cross_entropy(softmax(scores(train, w)), Y[train])

    first, steps = loss(hand), 0
    for _ in range(30):
        order = rng.permutation(train)
        for at in range(0, 1437, 64):
            rows = order[at : at + 64]
            one, other = by_hand(rows, engine), by_engine(rows, engine)
            assert max(np.max(np.abs(one[name] - other[name])) for name in one) < 1e-12
            moved = by_hand(rows, hand)
            hand = {name: hand[name] - moved[name] for name in hand}
            engine = {name: engine[name] - other[name] for name in engine}
            steps += 1
    right = [np.mean(scores(held_out, w).argmax(axis=1) == labels[held_out]) for w in (hand, engine)]
    assert max(np.max(np.abs(hand[name] - engine[name])) for name in hand) < 1e-12
    assert steps == 690 and right[0] == right[1] and round(100 * right[0], 1) == 98.9
    assert (round(first, 1), round(loss(engine), 3)) == (2.7, 0.007)


# --- five answers, and diamonds --------------------------------------------------------------------------------------

SMALL = (["a", "b", "c", "d"], {"a": (), "b": ("a",), "c": ("b",), "d": ("b", "c")})
LOCAL = {"b": (3.0,), "c": (3.0,), "d": (1.0, 1.0)}


def diamonds(n):
    parents = {"b0": ()}
    for k in range(1, n + 1):
        parents |= {f"c{k}": (f"b{k - 1}",), f"b{k}": (f"b{k - 1}", f"c{k}")}
    return list(parents), parents


def answer(policy, graph, local=None):
    """The slope along the first name, and how often a local slope was asked for."""
    calls = []
    order, parents = graph
    found = policy(order, parents, lambda name, i: calls.append(name) or (local[name][i] if local else 1.0))
    return found[order[0]], len(calls)


def other_way_round(graph, local):
    """The same graph with the two parents of the last node swapped: c is told before b."""
    order, parents = graph
    return (order, parents | {"d": ("c", "b")}), local | {"d": (1.0, 1.0)}


def test_the_five_answers():
    policies = {
        mistakes.hands_on_too_early.answer: {3.0},
        mistakes.every_way.answer: {12.0},
        solutions.slopes_back: {12.0},
        mistakes.running_total.answer: {15.0, 21.0},
    }
    turned = other_way_round(SMALL, LOCAL)
    for policy, answers in policies.items():
        assert answer(policy, SMALL, LOCAL)[0] in answers
    assert {answer(mistakes.running_total.answer, *g)[0] for g in ((SMALL, LOCAL), turned)} == {15.0, 21.0}
    assert (1 * 3.0, 3 * 3.0) == (3.0, 9.0)  # overwrite: what came last is either of the two shares
    assert answer(mistakes.overwrites.answer, SMALL, LOCAL)[0] in (3.0, 9.0)


def test_what_the_five_cost_on_twenty_diamonds():
    for n in (1, 2, 5, 10):
        assert answer(mistakes.every_way.answer, diamonds(n))[1] == 3 * (2**n - 1)
        assert answer(mistakes.running_total.answer, diamonds(n))[1] == 3 * (2**n - 1)
    assert 3 * (2**20 - 1) == 3_145_725
    for policy in (mistakes.overwrites.answer, mistakes.hands_on_too_early.answer, solutions.slopes_back):
        assert answer(policy, diamonds(20))[1] == 60
    assert answer(solutions.slopes_back, diamonds(60)) == (2.0**60, 180)


def test_sixty_diamonds_take_36_500_years_for_the_ways_and_three_times_that_for_their_edges():
    year = 1e6 * 60 * 60 * 24 * 365.25
    assert round(2**60 / year, -2) == 36_500 and f"{3 * 2**60 / year:.2g}" == f"{110_000:.2g}"
    assert 3 * (2**43 - 1) < year < 3 * (2**44 - 1)


def said(name, answer):
    _, failure = run_check(CHECKS[name], answer, folder="/")
    return " ".join(str(failure).split())


@pytest.mark.parametrize(
    "name, mistake, years",
    [("slopes_back", "every_way", "110,000 years"), ("topological_order", "memory_afterwards", "36,500 years")],
)
def test_a_runaway_is_stopped_and_told_of_the_years(name, mistake, years):
    words = said(name, getattr(mistakes, mistake).answer)
    assert "was called more than 500 times" in words and years in words


def test_years_are_said_of_ways_alone():
    """An order by sweeps asks the square of what it must; a walk that never ends has no ways."""

    def by_sweeps(parents_of, output):
        names, order = [output], []
        for name in names:
            names += [p for p in parents_of(name) if p not in names]
        while len(order) < len(names):
            order += [n for n in names if n not in order and all(p in order for p in parents_of(n))][:1]
        return order

    def for_ever(parents_of, output):
        while True:
            parents_of(output)

    for answer, words in ((by_sweeps, "121 names"), (for_ever, "when does your walk end")):
        found = said("topological_order", answer)
        assert "more than 500 times" in found and words in found and "years" not in found


def test_a_right_slope_that_is_dear_is_not_mistaken_for_every_way():
    def twice(order, parents, slope):
        [slope(name, i) for name in order for i in range(len(parents[name]))]
        return solutions.slopes_back(order, parents, slope)

    assert "diamonds multiply" not in said("slopes_back", twice)


# --- engines that the check has to see through ----------------------------------------------------------------------

ALL_WAYS = """        self.grad, ready = np.ones(self.value.shape), [(self, np.ones(self.value.shape))]
        for node, G in ready:
            for parent, share in zip(node.parents, node.back(G), strict=True):
                if share is not None:
                    parent.grad = share if parent.grad is None else parent.grad + share
                    ready.append((parent, share))
"""


def engine(*changes):
    """The reference's engine with texts replaced: (from this on, to this, new)."""
    text = "\n\n".join(map(inspect.getsource, (solutions.broadcast_back, solutions.Node, solutions.grad)))
    for start, end, new in changes:
        at = text.index(start)
        text = text[:at] + new + text[text.index(end, at) :]
    room = {"np": np, "sigmoid": solutions.sigmoid, "log_softmax": solutions.log_softmax}
    exec(text, room)
    return room["grad"]


def test_an_engine_that_hands_every_share_on_as_it_comes_is_right_and_refused():
    ruinous = engine(("        self.grad, ready = np.ones", "\n\ndef grad(", ALL_WAYS))
    assert ruinous([("mul", "b", "a", "a"), ("mul", "c", "b", 3.0), ("add", "d", "b", "c")], {"a": 1.5})["a"] == 12
    words = said("grad", ruinous)
    assert "20 diamonds: wrong" in words and "2^20 times: let it wait" in words


def test_slopes_that_are_measured_do_not_pass_for_an_engines():
    def measured(program, inputs, way=None, ask="", G=None):
        if ask:
            return solutions.grad(program, inputs, way, ask, G)

        def last(values):
            run = {"mul": np.multiply, "counted": np.add, "add": np.add}
            for op, name, *operands in program:
                values = values | {name: run[op](*(values[o] if isinstance(o, str) else o for o in operands))}
            return values[name]

        step = 1e-20j  # the complex step is exact
        return {name: np.imag(last(inputs | {name: value + step})) / 1e-20 for name, value in inputs.items()}

    assert "0 went through the ways of 40 arrows" in said("grad", measured)


def test_shares_of_data_are_not_worked_out():
    all_of_them = "shares = [broadcast_back(share(G), parent.value.shape) for parent, share in self.ways]\n"
    keep = "        return tuple(s if p.needs else None for s, (p, _) in zip(shares, self.ways, strict=True))\n"
    words = said("grad", engine(("shares = [broadcast_back", "\n    def backward", all_of_them + keep)))
    assert "W + data" in words and "Nobody wants it" in words


def test_an_engine_that_asks_each_way_twice_is_slow_and_right():
    twice = engine(("node.back(node.grad)", ", strict=True", "(node.back(node.grad), node.back(node.grad))[1]"))
    assert run_check(CHECKS["grad"], twice, folder="/")[1] is None


@pytest.mark.parametrize("name", ["mul", "matmul", "logistic", "exp", "log", "relu"])
def test_an_operation_that_is_not_written_is_named(name):
    grad = engine(
        (
            "made[name] = method(",
            "\n        assert",
            f"made[name] = None if op == {name!r} else method(Node.of(first), *rest)",
        )
    )
    assert f"not attempted {name} gave None: is it written" in said("grad", grad)


PIECES = ["mul", "matmul", "relu", "exp", "log", "logistic", "back", "backward"]


@pytest.mark.parametrize("at", range(8))
def test_the_engine_is_judged_piece_by_piece(at):
    """A learner who has written the first pieces in the list's order hears which one is missing and which are right."""
    holes = {
        "back": ("        shares = [broadcast_back", "\n    def backward", ""),
        "backward": ("        waiting, found", "\n\ndef grad(", ""),
    }
    unwritten = set(PIECES[at:6])
    start, end = "made[name] = method(", "\n        assert"
    none = f"made[name] = None if op in {unwritten} else method(Node.of(first), *rest)"
    grad = engine((start, end, none), *(holes[piece] for piece in PIECES[at:] if piece in holes))
    words = said("grad", grad)
    assert "not attempted" in words and PIECES[at] in words.partition("Right so far")[0]
    assert words.count("Right so far: " + ", ".join(PIECES[:at]) + ".") == bool(at)


@pytest.mark.parametrize("mistake", ["product_of_itself", "logarithm_upside_down", "not_gathered"])
def test_a_known_mistake_is_named_before_the_pieces_behind_it_are_written(mistake):
    known_one = getattr(mistakes, mistake)
    at = {"product_of_itself": 1, "logarithm_upside_down": 5, "not_gathered": 8}[mistake]

    def so_far(program, inputs, way=None, ask="", G=None):
        assert program[0][0] not in PIECES[at:6] and ask, (
            f"{program[0][0]} gave None: is it written, and does it return?"
        )
        return known_one.answer(program, inputs, way, ask, G)

    check, _ = run_check(CHECKS["grad"], so_far, folder=CHAPTERS["06-computation-graphs"].parent)
    assert check.named == (mistake,)


def test_zeros_in_place_of_none_are_refused():
    zeros = "shares = [broadcast_back(share(G), p.value.shape) if p.needs else 0 * p.value for p, share in self.ways]\n"
    words = said("grad", engine(("shares = [broadcast_back", "        return tuple", zeros)))
    assert "back of W + data" in words and "no zeros" in words


@pytest.mark.parametrize("order, words", [("early", "before all"), ("total", "running total")])
def test_the_small_graphs_number_tells_the_cause(order, words):
    """Engines whose later numbers no fingerprint has."""
    numbers = {"early": 9.0, "total": 21.0}

    def fixed(program, inputs, way=None, ask="", G=None):
        if ask:
            return solutions.grad(program, inputs, way, ask, G)
        return {"a": numbers[order]} if program[-1][1] == "d" else dict.fromkeys(inputs, 3.0)

    assert "wrong" in said("grad", fixed) and words in said("grad", fixed)


def test_asking_twice_for_each_local_slope_is_counted():
    def twice(order, parents, slope):
        [slope(name, i) for name in order for i in range(len(parents[name]))]
        return solutions.slopes_back(order, parents, slope)

    _, failure = run_check(CHECKS["slopes_back"], twice, folder="/")
    assert "Yours called it 10 times; exactly 5 were expected." in str(failure)


# --- arguments -------------------------------------------------------------------------------------------------------

SLIPS = [n for n in CHECKS if isinstance(getattr(solutions, n), tuple)]


def lines_of(name, monkeypatch):
    seen, judge = [], argument.slip
    monkeypatch.setattr(argument, "slip", lambda *given: seen.append(given) or judge(*given))
    run_check(CHECKS[name], getattr(solutions, name), folder="/")
    return seen[0]


def test_there_are_enough_of_every_kind():
    right = [n for n in SLIPS if getattr(solutions, n)[0] == 0]
    assert (len(SLIPS), len(right)) == (5, 1)
    kinds = [sum(f".{kind}(" in e.visible for e in CHECKS.values()) for kind in ("order", "derivation", "choice")]
    assert kinds == [1, 0, 1] and len([e for e in CHECKS.values() if e.points]) == 10


@pytest.mark.parametrize("name", SLIPS)
def test_the_lines_of_a_slip_are_what_they_should_be(name, monkeypatch):
    answer, lines, _, truth, _ = lines_of(name, monkeypatch)
    for seed in range(20):
        assert argument.faults(lines, answer[0], truth, np.random.default_rng(seed)) == []


@pytest.mark.parametrize("name", ["two_logistics", "three_by_three", "first_unit"])
def test_where_widths_are_equal_only_numbers_tell(name, monkeypatch):
    """The wrong line has a value of the right shape."""
    answer, lines, listed, truth, rng = lines_of(name, monkeypatch)
    finding = argument.slip((0, "x == 1"), lines, listed, truth, rng)
    assert "shape" not in finding.facts[0] and "cannot work" not in finding.facts[0]


# --- numbers in the prose --------------------------------------------------------------------------------------------

X = np.array([[1.0, 2.0], [1.0, 3.0], [2.0, 2.0]])
y = np.array([[8.0], [11.0], [10.0]])
W1, b1 = np.array([[0.02, 0.01, 0.03], [0.03, 0.02, 0.01]]), np.array([0.01, 0.03, 0.02])
W2, b2 = np.array([[0.02], [0.03], [0.04]]), np.array([0.01])


def test_the_numeric_hand_in():
    names = ["Z", "H", "yhat", "dyhat", "dW2", "db2", "dH", "dZ", "dW1", "db1"]
    found = dict(zip(names, solutions.every_step(X, y, W1, b1, W2, b2), strict=True))
    near = lambda got, true: np.testing.assert_allclose(got, true, atol=6e-11)  # noqa: E731  as printed in the audit
    near(found["Z"], [[0.09, 0.08, 0.07], [0.12, 0.1, 0.08], [0.11, 0.09, 0.1]])
    near(found["yhat"], [[0.0567490910], [0.0571482303], [0.0572231583]])
    near(found["dyhat"], [[-5.2955006060], [-7.2952345132], [-6.6285178944]])
    near(found["dW2"], [[-10.1293903556], [-10.0467501638], [-10.0136618606]])
    near(found["db2"], [-19.2192530136])
    near(found["dZ"][1], [-0.0363451729, -0.0545777009, -0.0728357458])
    near(found["dW1"], [[-0.1288542012, -0.1934571758, -0.2579654185], [-0.2279685053, -0.3422653538, -0.4565270991]])
    near(found["db1"], [-0.0958116662, -0.1438438265, -0.1918456767])
    near(found["H"][0, 2], solutions.third_column)
    squares = (found["yhat"] - y) ** 2
    assert (f"{squares[2, 0]:.4f}", f"{squares.sum():.4f}") == ("98.8588", "281.7001")
    assert (round(found["H"].min(), 3), round(found["H"].max(), 3)) == (0.517, 0.530)
    turned = np.sum((found["H"].T @ W2 + b2 - y) ** 2)
    assert f"{100 * abs(turned / squares.sum() - 1):.4f}" == "0.0012"


def test_the_hint_of_two_logistics_states_the_slope_at_2():
    assert round(0.5 * (1 + np.tanh(1.0)) * 0.5 * (1 - np.tanh(1.0)), 3) == 0.105  # logistic, at 2


def test_recursion_ends_near_a_thousand():
    deep = [("mul", "v0", "a", 1.0)] + [("mul", f"v{k + 1}", f"v{k}", 1.0) for k in range(2000)]
    with pytest.raises(RecursionError):
        mistakes.engine_by_recursion.answer(deep, {"a": 1.0})
    assert mistakes.engine_by_recursion.answer(deep[:800], {"a": 1.0})["a"] == 1.0
