"""Chapter 7: another library agrees with its answers, what it says of memory and work is so, its lines are sound."""

import csv
import subprocess
import sys
import tracemalloc

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from course_under_test import CHAPTERS, REPOSITORY, every_exercise, reference, run_check

from autograder.check import argument
from autograder.grading import notebook
from course.known import computation_graphs as known
from solutions import computation_graphs as engines
from solutions import tensor_jacobians as solutions

CELLS = {cell.id: cell.source for cell in notebook.read(CHAPTERS["07-tensor-jacobians"]).cells}
TEXT = "\n".join(CELLS.values())
EXERCISES = {e.identifier: (folder, e) for _, slug, folder, e in every_exercise() if slug == "tensor_jacobians"}
CLOSE = {"rtol": 1e-10, "atol": 1e-12}


def drawn(*sizes, seed=3):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=size) for size in sizes]


def given_cells(*ids, **names):
    """What the notebook's cells leave behind, run with the reference answers."""
    space = {"np": np, **vars(solutions), **names}
    for cell in ("imports", *ids):
        exec(compile(CELLS[cell], cell, "exec"), space)
    return space


# --- independence ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n, d, k", [(5, 4, 3), (3, 3, 3), (1, 2, 4)])
def test_the_tensors_are_autograds(n, d, k):
    X, W, G = drawn((n, d), (d, k), (n, k))
    logistic = lambda W: 1 / (1 + anp.exp(-anp.dot(X, W)))  # noqa: E731
    plain = autograd.jacobian(lambda W: anp.dot(X, W))(W)
    np.testing.assert_allclose(solutions.weight_jacobian(X, W), plain, **CLOSE)
    np.testing.assert_allclose(solutions.logistic_jacobian(X, W), autograd.jacobian(logistic)(W), **CLOSE)
    theirs = autograd.grad(lambda W: anp.sum(G * logistic(W)))(W)
    np.testing.assert_allclose(solutions.logistic_gradient(G, X, W), theirs, **CLOSE)
    np.testing.assert_allclose(solutions.contract(G, solutions.logistic_jacobian(X, W)), theirs, **CLOSE)
    np.testing.assert_allclose(solutions.contract(G, plain), X.T @ G, **CLOSE)


def test_the_chain_rule_is_autograds():
    F = lambda u: anp.array([3 * u[0] * u[1], anp.sin(u[1] - u[2])])  # noqa: E731
    G = lambda x: anp.array([x[0] - 5 * x[1], x[0] * x[1], anp.exp(x[0] - x[1])])  # noqa: E731
    x = np.array([2.0, -1.0])
    found = solutions.chain(autograd.jacobian(F), G, autograd.jacobian(G), x)
    np.testing.assert_allclose(found, autograd.jacobian(lambda x: F(G(x)))(x), **CLOSE)


def test_the_numbers_of_the_hand_in():
    a, b = 2.0, -1.0
    F = lambda u: anp.array([3 * u[0] * u[1], u[1] - u[2]])  # noqa: E731
    H = lambda p: F(anp.array([p[0] - 5 * p[1], p[0] * p[1], p[0] - p[1]]))  # noqa: E731
    assert H(np.array([a, b])).tolist() == [-42, -5]
    assert autograd.jacobian(H)(np.array([a, b])).tolist() == [[-27, 72], [-2, 3]]
    assert 9 * a * b - 15 * b**2 == -33
    assert "At (2, -1) H is (-42, -5), and its slopes along a are (-27, -2); the hand-in's are (-33, -2)" in TEXT


def test_the_numbers_at_a_point_are_autograds():
    point, at = np.array([1.0, 2.0]), 1.5
    table = autograd.jacobian(lambda p: anp.array([(2 * p[0] + 3 * p[1]) ** 2, 3 * p[0] + 4 * p[1] ** 2]))(point)
    assert table.tolist() == solutions.table_at_a_point
    F = lambda p: anp.array([p[0] ** 2 + 2 * p[1], 3 * p[0] + 4 * p[1] ** 2])  # noqa: E731
    assert autograd.jacobian(lambda x: F(anp.array([x, x**2])))(at).tolist() == solutions.both_ways
    assert autograd.jacobian(lambda x: F(anp.array([x, x**2])))(1.0).tolist() == [6, 19]
    assert "(6, 19)" in TEXT


# --- one network, three derivations ----------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", [known.grad, engines.grad], ids=["known", "chapter 6's reference"])
@pytest.mark.parametrize("seed", range(3))
def test_three_derivations_give_one_gradient(seed, engine):
    space = given_cells("three-derivations")
    space["grad"] = engine
    X, y = space["digits"]()
    rows = np.random.default_rng(seed).permutation(1797)[:4]
    W1, W2, b1, b2 = drawn((64, 128), (128, 10), 128, 10, seed=seed)
    network = X[rows], np.eye(10)[y[rows]], W1 / 6, b1 / 9, W2 / 8, b2 / 9
    ways = [space[name](*network) for name in ("by_deltas", "by_graph", "by_contraction")]
    for deltas, graph, tensors in zip(*ways, strict=True):
        assert deltas.shape == graph.shape == tensors.shape and np.max(np.abs(deltas)) > 1e-3
        assert max(np.max(np.abs(deltas - graph)), np.max(np.abs(deltas - tensors))) < 1e-12


def test_the_figure_of_the_closing_says_so():
    outputs = [cell for cell in notebook.read(CHAPTERS["07-tensor-jacobians"]).cells if cell.id == "payoff-three"]
    printed = outputs[0].outputs[0]["text"]
    assert printed.count(": less than 1e-12 apart in all 9,610 slopes") == 3
    assert 64 * 128 + 128 + 128 * 10 + 10 == 9610


# --- memory and work -------------------------------------------------------------------------------------------------


def most_bytes(work):
    """The most bytes that were alive at once while work() ran."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_the_tensor_was_never_built():
    G, X, W = drawn((64, 64), (64, 64), (64, 64))
    dense = most_bytes(lambda: solutions.contract(G, solutions.logistic_jacobian(X, W)))
    product = most_bytes(lambda: solutions.logistic_gradient(G, X, W))
    assert 128 * 2**20 <= dense < 130 * 2**20
    assert 64 * 2**10 < product < 200 * 2**10 and "128 MiB, a gradient without it some hundred KiB" in TEXT
    broadcast = most_bytes(lambda: (G[:, :, None, None] * solutions.logistic_jacobian(X, W)).sum(axis=(0, 1)))
    assert 256 * 2**20 <= broadcast < 260 * 2**20 and "If yours says 256 MiB" in TEXT
    found = solutions.contract(G, solutions.logistic_jacobian(X, W)), solutions.logistic_gradient(G, X, W)
    np.testing.assert_allclose(*found, rtol=0, atol=1e-12 * np.max(np.abs(found[0])))


LIMITED = """
import resource, sys
import numpy as np
resource.setrlimit(resource.RLIMIT_AS, (4 * 2**30, 4 * 2**30))
sys.path[:0] = sys.argv[1:]
from course_under_test import every_exercise, reference, run_check
from solutions.tensor_jacobians import contract, logistic_jacobian
folder, exercise = next(e[2:] for e in every_exercise() if e[0] == "tensor_jacobians.logistic_gradient")
def dense(G, X, W):  # no zero is multiplied
    J = logistic_jacobian(X, W)
    return np.stack([contract(G[:, c : c + 1], J[:, c : c + 1, :, c]) for c in range(W.shape[1])], axis=1)
for answer in (reference("tensor_jacobians", "logistic_gradient"), dense):
    print(run_check(exercise, answer, folder)[1])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited with Linux's means")
def test_with_little_memory_the_check_refuses_who_builds_the_tensor():
    paths = [str(REPOSITORY), str(REPOSITORY / "tests")]
    done = subprocess.run([sys.executable, "-c", LIMITED, *paths], capture_output=True, text=True, timeout=120)
    right, dense = done.stdout.split("\n", 1)
    assert right == "None", done.stderr
    assert "MemoryError" in dense and "28.6 GiB for an array with shape (10, 8000, 6, 8000)" in " ".join(dense.split())


class Counting(np.ndarray):
    """An array that counts the multiplications of every @ it takes part in."""

    products = 0

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        plain = [np.asarray(value) for value in inputs]
        if ufunc is np.matmul:
            Counting.products += plain[0].size * plain[1].shape[1]
        return getattr(ufunc, method)(*plain, **kwargs).view(Counting)


@pytest.mark.parametrize("widths", [(64, 128, 10, 1), (1, 10, 128, 64), (2, 3, 4, 1), (3, 4, 2, 6, 5), (5, 2, 7)])
def test_the_multiplications_are_those_of_real_products(widths):
    tables = [np.ones((a, b)).view(Counting) for b, a in zip(widths, widths[1:], strict=False)]
    counts = []
    for begin, step in ((tables[0], lambda P, J: J @ P), (tables[-1], lambda P, J: P @ J)):
        Counting.products, rest = 0, tables[1:] if begin is tables[0] else tables[-2::-1]
        for table in rest:
            begin = step(begin, table)
        counts.append(Counting.products)
    assert tuple(counts) == solutions.multiplications(widths)


def test_what_the_prose_says_of_the_two_ends():
    assert solutions.multiplications((2, 3, 4, 1)) == (24 + 8, 12 + 6)
    assert solutions.multiplications((64, 128, 10, 1)) == (82560, 9472)
    assert solutions.multiplications((1, 10, 128, 64)) == (9472, 82560)
    assert 64 * 128 + 128 * 10 == 9472  # one way forward
    assert len(set(solutions.multiplications((7, 7, 7, 7)))) == 1
    assert "9,472 multiplications against 82,560" in TEXT and "meets each table once: again 9,472" in TEXT


def test_the_bill_of_the_tensors():
    """Every contraction of the closing's network, for one picture, counted as it is done."""
    work = []

    def contract(G, J):
        work.append(np.size(J))
        return solutions.contract(G, J)

    by_contraction = given_cells("three-derivations", contract=contract)["by_contraction"]
    X, W1, b1, W2, b2 = drawn((1, 64), (64, 128), 128, (128, 10), 10)
    by_contraction(X, np.eye(10)[:1], W1, b1, W2, b2)
    assert 128 * 64 * 128 in work and round((sum(work) + 9472) / 9472) == 117
    assert "the work of 117 ways forward" in TEXT and "by the walk back, of 2.14" in TEXT


def test_the_threads_are_tied_with_numbers_that_are_so():
    with open(REPOSITORY / "tests" / "claims.csv", newline="") as file:
        verdicts = [claim["verdict"] for claim in csv.DictReader(file)]
    right = verdicts.count("correct")
    assert f"out of {len(verdicts)} answers" in TEXT
    assert f"{right} were right. The other {len(verdicts) - right} went" in TEXT
    assert 2 * 9610 == 19220 and round((2 * 9472 + 128 * 10) / 9472, 2) == 2.14
    assert "costs 19,220 ways forward. With one walk back it costs 2.14, the way forward included" in TEXT
    splits = next(cell.source for cell in notebook.read(CHAPTERS["05-backprop"]).cells if cell.id == "caption-splits")
    assert splits.startswith("*97.8 % on the mean of ten splits") and "96.7 % of the test pictures, one hidden" in TEXT


def test_the_sizes_of_the_prose():
    assert 64**4 * 8 == 128 * 2**20 and 64**4 // 64**2 == 4096 and 64**2 * 8 == 32 * 2**10
    assert 64 * 128 * 64 * 128 * 8 == 2**29  # half a GiB
    assert round(1437 * 128 * 64 * 128 * 8 / 2**30) == 11
    assert round(10 * 8000 * 6 * 8000 * 8 / 2**30) == 29 and 10 * 8000 * 6 * 8000 == 3_840_000_000
    X, W = drawn((2, 4), (4, 3))
    J = solutions.weight_jacobian(X, W)
    assert (J.size, np.sum(J != 0), X.size) == (72, 24, 8)
    for said in ("4,096 times 32 KiB", "half a GiB", "11 GiB", "would take 29 GiB", "3,840,000,000 entries"):
        assert said in TEXT


def test_the_tensors_of_the_closings_table_and_of_the_given_cells():
    X, W, b = drawn((4, 3), (3, 2), 2)
    n, k = 4, 2
    J_X, J_b = np.einsum("ir,aj->ijra", np.eye(n), W), np.einsum("i,jc->ijc", np.ones(n), np.eye(k))
    np.testing.assert_allclose(J_X, autograd.jacobian(lambda X: anp.dot(X, W) + b)(X), **CLOSE)
    np.testing.assert_allclose(J_b, autograd.jacobian(lambda b: anp.dot(X, W) + b)(b), **CLOSE)
    assert TEXT.count('"ir,aj->ijra", np.eye(n), W') >= 2 and '"i,jc->ijc", np.ones(n), np.eye(k)' in TEXT


def test_the_twins_of_the_hints():
    A, B = drawn((3, 4), (3, 4))
    hint = np.einsum("ia,ir,ab->iarb", A, np.eye(3), np.eye(4))
    np.testing.assert_allclose(hint, autograd.jacobian(lambda B: A * B)(B), **CLOSE)
    assert '`np.einsum("ia,ir,ab->iarb", A, np.eye(n), np.eye(d))`' in TEXT
    A, B = drawn((3, 4), (4, 2))
    assert np.isclose(np.sum(A[1] * B[:, 0]), (A @ B)[1, 0])


# --- arguments -------------------------------------------------------------------------------------------------------

SLIPS = [n for n in EXERCISES if isinstance(reference("tensor_jacobians", n), tuple)]


def lines_of(name, monkeypatch):
    seen, judge = [], argument.slip
    monkeypatch.setattr(argument, "slip", lambda *given: seen.append(given) or judge(*given))
    folder, exercise = EXERCISES[name]
    run_check(exercise, reference("tensor_jacobians", name), folder)
    return seen[0]


def test_there_are_enough_of_every_kind():
    right = [n for n in SLIPS if reference("tensor_jacobians", n)[0] == 0]
    assert len(SLIPS) >= 4 and len(right) == 1
    assert sum(".derivation(" in e.visible for _, e in EXERCISES.values()) >= 1
    assert sum(".order(" in e.visible for _, e in EXERCISES.values()) >= 1
    assert len([e for _, e in EXERCISES.values() if e.points]) == 9


@pytest.mark.parametrize("name", SLIPS)
def test_the_lines_of_a_slip_are_what_they_should_be(name, monkeypatch):
    answer, lines, _, truth, _ = lines_of(name, monkeypatch)
    for seed in range(20):
        assert argument.faults(lines, answer[0], truth, np.random.default_rng(seed)) == []


@pytest.mark.parametrize("name", ["two_after_three", "one_unit"])
def test_only_numbers_tell_the_wrong_line(name, monkeypatch):
    answer, lines, listed, truth, rng = lines_of(name, monkeypatch)
    finding = argument.slip((0, "x == 1"), lines, listed, truth, rng)
    assert "shape" not in finding.facts[0] and "cannot work" not in finding.facts[0]


@pytest.mark.parametrize("name", SLIPS)
def test_no_message_of_a_slip_tells_the_mended_line(name, monkeypatch):
    """Messages print the true left side: where that is one number at every draw, it would be the answer."""
    answer, lines, _, truth, rng = lines_of(name, monkeypatch)
    left = argument.parse(lines[answer[0] - 1]).left
    values = [argument.evaluate(left, truth(rng)) for _ in range(5)]
    assert all(np.ptp([value.flat[0] for value in values]) > 1e-3 for _ in values)


def test_the_derivation_has_no_short_cut():
    folder, exercise = EXERCISES["one_entry"]
    answer = reference("tensor_jacobians", "one_entry")
    short_cuts = [[line] * len(answer) for line in answer] + [[*answer[:-1], line] for line in answer[:-1]]
    short_cuts += [[answer[0], answer[1], answer[1], answer[3]], [*answer[:3], "sum(G[:, c] * X[:, a])"]]
    for short_cut in short_cuts:
        assert run_check(exercise, short_cut, folder)[1] is not None


@pytest.mark.parametrize(
    "order, runs",
    [("cdhebfag", True), ("chdebfag", True), ("chebdafg", False), ("chedfbag", False), ("dchebfag", False)],
)
def test_the_order_asks_for_what_it_says(order, runs):
    folder, exercise = EXERCISES["by_tensors"]
    failure = run_check(exercise, order, folder)[1]
    assert (failure is None) == runs


SHAPES = [((), (3,), (3,)), ((2, 2), (2, 3, 2), (2, 3)), ((), (8, 8), (8, 8)), ((5, 2, 2), (5, 2, 3, 2), (5, 2, 5, 3))]
NO_TABLES = [5, [1, 2], [(0, 1, 1)], [(0, 1), (2, 3, 2)], "0 1 1", [[None] * 3] * 4, [["0", "1", "1"]] * 4, SHAPES, {}]


@pytest.mark.parametrize("answer", NO_TABLES)
def test_ranks_that_are_no_table_get_a_sentence(answer):
    folder, exercise = EXERCISES["ranks"]
    failure = run_check(exercise, answer, folder)[1]
    assert failure.finding.quantity == "four triples" and "three whole numbers" in failure.finding.facts[0]


@pytest.mark.parametrize(
    "name, answer, wanted",
    [
        ("both_ways", [9], "two numbers"),
        ("both_ways", 9, "two numbers"),
        ("both_ways", ["6x", "3 + 16x^3"], "two numbers"),
        ("table_at_a_point", [2, 2, 3, 16], "two rows"),
        ("table_at_a_point", [["2x", 2], [3, "8y"]], "two rows"),
    ],
)
def test_a_shape_that_is_wrong_is_not_called_wrong_numbers(name, answer, wanted):
    folder, exercise = EXERCISES[name]
    finding = run_check(exercise, answer, folder)[1].finding
    assert wanted in finding.facts[0] and "differences" not in finding.facts[0]


def slow(G, X, W):
    return np.einsum("ij,ij,ia,jc->ac", G, solutions.sigmoid(X @ W) * solutions.sigmoid(-X @ W), X, np.eye(W.shape[1]))


def built(G, X, W):
    return solutions.contract(G, solutions.logistic_jacobian(X, W))


def measured(G, X, W, h=1e-4):
    steps = h * np.eye(W.size).reshape(-1, *W.shape)
    loss = lambda W: np.sum(G * solutions.sigmoid(X @ W))  # noqa: E731
    return np.reshape([(loss(W + step) - loss(W - step)) / (2 * h) for step in steps], W.shape)


@pytest.mark.parametrize("answer", [slow, built, measured])
def test_who_multiplies_by_the_zeros_is_told_so_before_it_takes_long(answer):
    widths = []

    def counted(G, X, W):
        widths.append(W.shape[1])
        return answer(G, X, W)

    folder, exercise = EXERCISES["logistic_gradient"]
    finding = run_check(exercise, counted, folder)[1].finding
    assert "nan" in finding.quantity and max(widths) < 10


def test_a_tensor_that_was_measured_gets_a_note():
    def by_differences(X, W, h=1e-4):
        steps = h * np.eye(W.size).reshape(-1, *W.shape)
        f = lambda W: solutions.sigmoid(X @ W)  # noqa: E731
        found = np.stack([(f(W + step) - f(W - step)) / (2 * h) for step in steps], axis=-1)
        return found.reshape(*found.shape[:2], *W.shape)

    folder, exercise = EXERCISES["logistic_jacobian"]
    check, failure = run_check(exercise, by_differences, folder)
    assert failure is None and "measured" in check.remarks[0]
    single = lambda X, W: solutions.logistic_jacobian(X, W).astype(np.float32)  # noqa: E731
    check, failure = run_check(exercise, single, folder)
    assert failure is None and not any("measured" in remark for remark in check.remarks)


def test_counting_says_with_which_widths_it_was_called():
    folder, exercise = EXERCISES["multiplications"]
    crash = lambda widths: (widths[2] * solutions.multiplications(widths)[0] // widths[2],) * 2  # noqa: E731
    right = lambda widths: solutions.multiplications(widths) if widths[2] else 0  # noqa: E731
    assert "(2, 3, 4, 1)" in run_check(exercise, crash, folder)[1].finding.quantity
    finding = run_check(exercise, right, folder)[1].finding
    assert finding.quantity == "multiplications((6, 5))" and "IndexError" in finding.facts[0]
    finding = run_check(exercise, lambda widths: 32, folder)[1].finding
    assert finding.facts[0].startswith("Two numbers are wanted")


def test_no_open_check_holds_an_answer_of_another():
    """Whoever searches the notebook for the four-index tensor or its contraction finds nothing outside a solution."""
    checks = "".join(e.visible for _, e in EXERCISES.values())
    given = [c.source for c in notebook.read(CHAPTERS["07-tensor-jacobians"]).cells if "nbgrader" not in c.metadata]
    for letters in ("ia,jc->ijac", "ij,ijac->ac", "ij,ij...->...", "ij,ia,jc->"):
        assert letters not in checks and not any(letters in source for source in given)
    assert "einsum" not in checks


def test_a_rank_that_is_wrong_is_named_and_its_value_is_not():
    folder, exercise = EXERCISES["ranks"]
    failure = run_check(exercise, [(0, 1, 1), (2, 3, 2), (0, 2, 2), (3, 3, 4)], folder)[1]
    assert failure.finding.quantity == "row 4" and "along the weights" in failure.finding.facts[0]
    assert not any(digit in failure.finding.facts[0] for digit in "0123456789")


def test_a_wrong_letter_fits_only_where_sizes_are_equal():
    """The first case of a check is equally wide: a wrong product gives numbers there, not an error of shapes."""
    swapped = lambda DF, G, DG, x: DG(x) @ DF(G(x))  # noqa: E731
    folder, exercise = EXERCISES["chain"]
    failure = run_check(exercise, swapped, folder)[1]
    assert "Worst entry" in failure.finding.facts[0]
