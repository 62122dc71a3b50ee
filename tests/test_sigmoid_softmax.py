"""Chapter 3: the references against SciPy and autograd, the numbers in its text, its figures and its widget."""

import importlib
import re

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
import scipy.special
from course_under_test import CHAPTERS, judge_figure, reference, run_check
from matplotlib.backends.backend_agg import FigureCanvasAgg

from autograder.check.argument import HOLE, faults
from autograder.grading import notebook
from course.data import digits
from course.figures import house
from course.figures import sigmoid_softmax as figures
from course.known import sigmoid_softmax as known
from solutions import sigmoid_softmax as solutions

CHAPTER = notebook.read(CHAPTERS["03-sigmoid-softmax"])
TEXT = " ".join(" ".join(cell.source for cell in CHAPTER.cells if cell.cell_type == "markdown").split())
OUTPUT = {cell.id: "".join(o.get("text", "") for o in cell.get("outputs", [])) for cell in CHAPTER.cells}
X, Y = digits()
KEEP = (Y == 4) | (Y == 7)
INK, IS_FOUR = X[KEEP].reshape(-1, 8, 8)[:, 2:4, 1:3].mean((1, 2)), (Y[KEEP] == 4) * 1
SUMS = 9.6 * INK - 2.95
S = np.array([0.2, 0.3, 0.5])
TEMPLATES = np.array([X[Y == c].mean(axis=0) for c in range(10)])
SCORES = X[244] @ TEMPLATES.T - 0.5 * (TEMPLATES * TEMPLATES).sum(axis=1)


@pytest.fixture
def rng():
    return np.random.default_rng(3)


# --- the references against other people's work ----------------------------------------------------------------------


@pytest.mark.parametrize("module", [solutions, known])
def test_values_agree_with_scipy_far_out_too(module, rng):
    z, Z = rng.normal(scale=200, size=50), rng.normal(scale=200, size=(20, 7))
    np.testing.assert_allclose(module.log_sigmoid(z), scipy.special.log_expit(z), rtol=1e-10, atol=1e-15)
    np.testing.assert_allclose(module.softmax(Z), scipy.special.softmax(Z, axis=1), rtol=1e-10, atol=1e-300)
    np.testing.assert_allclose(module.log_softmax(Z), scipy.special.log_softmax(Z, axis=1), rtol=1e-10, atol=1e-15)


@pytest.mark.parametrize("module", [solutions, known])
def test_the_jacobian_agrees_with_autograd(module, rng):
    z = rng.normal(size=6)
    true = autograd.jacobian(lambda z: anp.exp(z) / anp.sum(anp.exp(z)))(z)
    np.testing.assert_allclose(module.softmax_jacobian(scipy.special.softmax(z)), true, rtol=1e-10, atol=1e-15)


@pytest.mark.parametrize("j, i", [(0, 0), (1, 3), (3, 1)])
def test_the_slope_of_a_pair_agrees_with_autograd(j, i, rng):
    x, W, b = rng.normal(size=3), rng.normal(size=(3, 4)), rng.normal(size=4)
    soft = lambda W: anp.exp(x @ W + b) / anp.sum(anp.exp(x @ W + b))  # noqa: E731
    true = autograd.jacobian(soft)(W)[j, :, i]
    np.testing.assert_allclose(solutions.pair_slope(soft(W), x, j, i), true, rtol=1e-10)


# --- what the text gives is what the check judges --------------------------------------------------------------------


def asked(verb, monkeypatch):
    """(exercise, the text above it, what its check hands to `verb`) of every exercise that uses this verb."""
    judge = importlib.import_module("autograder.check.exercise").Exercise
    for exercise in notebook.exercises(CHAPTER):
        if f"check.{verb}(" in exercise.visible:
            heard = {}
            monkeypatch.setattr(judge, verb, lambda self, *args, heard=heard, **named: heard.update(args=args, **named))
            run_check(exercise, reference("sigmoid_softmax", exercise.identifier))
            above = CHAPTER.cells[CHAPTER.cells.index(exercise.solution) - 1].source
            yield exercise, above, heard


def test_slips_go_wrong_where_their_answers_say_and_stand_in_the_text(monkeypatch):
    right = []
    for exercise, above, heard in asked("slip", monkeypatch):
        lines, truth = heard["args"]
        first, _ = reference("sigmoid_softmax", exercise.identifier)
        assert faults(lines, first, truth, np.random.default_rng(5)) == [], exercise.identifier
        assert re.findall(r"^    (\d)   (.*)$", above, re.M) == [(str(n), line) for n, line in enumerate(lines, 1)]
        usable = " ".join(re.findall(r"[Yy]ou may use ([^.;]*)[.;]", above))
        assert set(re.findall(r"`(\w+)`", usable)) == set(heard["may_use"].split()), exercise.identifier
        right.append(first == 0)
    assert len(right) == 4 and sum(right) == 1


def test_derivations_start_from_the_lines_that_the_stub_shows(monkeypatch):
    found = list(asked("derivation", monkeypatch))
    assert len(found) == 3
    for exercise, _, heard in found:
        given, truth = heard["args"]
        space = {}
        exec(exercise.stub, space)
        assert space[exercise.identifier] == [frame for frame, _ in given]
        assert any(HOLE in frame or not frame for frame, _ in given)


def test_the_statements_of_the_order_stand_in_the_text(monkeypatch):
    ((_, above, heard),) = asked("order", monkeypatch)
    assert re.findall(r"^    [a-g]   (.*)$", above, re.M) == heard["args"][0]


# --- the numbers in the text -----------------------------------------------------------------------------------------


def test_ten_pictures_of_which_nine_are_fours():
    says = np.abs(SUMS - 2.3) < 0.001
    assert (len(SUMS), says.sum(), IS_FOUR[says].sum()) == (360, 10, 9)
    assert OUTPUT["ten-pictures"] == "10 pictures, of these fours: 9\n"
    near = np.floor(SUMS + 0.5) == 2
    assert near.sum() == 66 and IS_FOUR[near].sum() == 57 and "57 to 9 are odds of 6.3, and $e^2$ is 7.4" in TEXT
    assert f"{57 / 9:.1f} {np.exp(2):.1f}" == "6.3 7.4"


def test_the_dots_hold_every_picture_and_only_the_middle_ones_lie_on_the_line():
    axes = figures.counted_odds(SUMS, IS_FOUR).axes[0]
    counts = [[int(n) for n in word.get_text().split(" : ")] for word in axes.texts]
    assert sum(map(sum, counts)) == 360 and sum(counts[-1]) == (SUMS >= 3.5).sum() == 13
    assert "the last holds all 13 sums from 3.5 on" in TEXT and counts[-1] == [12, 1] and counts[5] == [57, 9]
    at, logs = axes.lines[1].get_xydata().T
    off = abs(logs - at)
    assert off[1:6].max() < 0.2 < off[[0, 6, 7]].min() and "From -2 to 2 no dot is further than 0.2" in TEXT
    assert all(1 in counts[i] for i in (0, 6, 7)) and "At the ends one lone picture decides" in TEXT
    np.testing.assert_allclose(at, [-2.80, -2.07, -0.97, 0.07, 0.99, 2.01, 2.93, 4.02], atol=0.005)


def test_odds_and_probabilities_of_the_text():
    assert "The probability is $7.39 / 8.39 = 0.881$" in TEXT
    odds = np.exp(2.0)
    assert f"{odds:.2f} {1 + odds:.2f} {odds / (1 + odds):.3f}" == "7.39 8.39 0.881"
    assert "Their logs do: 2.197 and -2.197" in TEXT and f"{np.log(9):.3f}" == "2.197"
    assert "$e^{2.3} = 9.97$" in TEXT and "probability of 0.909" in TEXT
    assert f"{np.exp(2.3):.2f} {scipy.special.expit(2.3):.3f}" == "9.97 0.909"
    assert "are 2.72 to 1" in TEXT and "20.09 to 1" in TEXT and "23.80" in TEXT
    assert f"{np.e:.2f} {np.exp(3):.2f} {1 + np.e + np.exp(3):.2f}" == "2.72 20.09 23.80"


def test_what_the_text_says_of_numbers_far_out():
    assert np.isfinite(np.exp(709.0)) and np.log(np.finfo(float).max) == pytest.approx(709.8, abs=0.05)
    assert f"{np.finfo(float).max:.1e}" == "1.8e+308"
    assert int(1000 / np.log(10)) == 434
    assert f"{scipy.special.log_expit(40.0):.1e}" == "-4.2e-18" and np.log(1 + np.exp(-40.0)) == 0
    assert re.findall(r"\[(.*)\]", OUTPUT["three-forms"]) == ["nan", "0.", "-inf"]
    assert OUTPUT["said"] == "[inf] [0.]\n"
    assert OUTPUT["shifted"] == "[0.042 0.114 0.844]\n[nan nan nan]\n"
    sums = np.array([[-2.0, -3.0, -4.0], [2.0, 3.0, 4.0]])
    assert scipy.special.expit(sums).sum(axis=1).round(2).tolist() == [0.18, 2.82]
    assert "the three probabilities add up to 0.18, with 2, 3, 4 to 2.82" in TEXT


def test_a_half_that_is_not_taken_overflows_all_the_same_and_passes_with_a_note():
    assert "if the half that is not taken overflows, it warns all the same" in TEXT
    (exercise,) = [e for e in notebook.exercises(CHAPTER) if e.identifier == "log_sigmoid"]
    check, failure = run_check(exercise, lambda z: np.where(z > 0, -np.log(1 + np.exp(-z)), z - np.log(1 + np.exp(z))))
    assert failure is None and ["overflow" in remark for remark in check.remarks] == [True]


def test_the_line_s_times_one_minus_s_is_left_for_the_last_line():
    (exercise,) = [e for e in notebook.exercises(CHAPTER) if e.identifier == "slope_lines"]
    _, failure = run_check(exercise, [*solutions.slope_lines[:3], "s * (1 - s)", "s * (1 - s)"])
    assert failure.finding.quantity == "line 4" and "may use only exp, z" in failure.finding.facts[0]


def test_what_the_text_says_of_the_slips_in_the_five_lines():
    y = np.array([0.0, 1.0, 0.0])
    np.testing.assert_allclose(y / S @ np.diag(S * (1 - S)), y * (1 - S))  # lines 2 and 3: 0 for every other class
    np.testing.assert_allclose(y / S @ solutions.softmax_jacobian(S), y - S)  # line 5 is right
    assert "lines 2 and 3 together would give 0, line 4 wrote $1 - s_i$, and $-s_i$ is true" in TEXT


def test_a_bias_of_half_the_squared_length_finds_the_nearest_mean_picture():
    (cell,) = [cell.source for cell in CHAPTER.cells if cell.id == "ten-scores"]
    assert "the largest score is that of the nearest mean picture" in cell
    scores = X @ TEMPLATES.T - 0.5 * (TEMPLATES * TEMPLATES).sum(axis=1)
    apart = ((X[:, None] - TEMPLATES) ** 2).sum(axis=2)
    assert (scores.argmax(axis=1) == apart.argmin(axis=1)).all()


def test_the_columns_and_rows_of_the_table_in_the_text():
    J = solutions.softmax_jacobian(S)
    np.testing.assert_allclose(J[:, 0], [0.16, -0.06, -0.1])
    assert OUTPUT["one-column"] == "[ 0.16 -0.06 -0.1 ]\n"
    np.testing.assert_allclose(J[1], [-0.06, 0.21, -0.15])
    np.testing.assert_allclose(J[1] / 0.3, [-0.2, 0.7, -0.5])
    assert OUTPUT["slopes-of-a-log"] == "-0.2\n0.7\n-0.5\n" and "-0.2, 0.7, -0.5: do you recognise" in TEXT
    np.testing.assert_allclose(solutions.pair_slope(S, np.array([1.0, 4.0]), 1, 0), [-0.06, -0.24])


def test_what_the_text_says_of_the_smeared_two():
    P = {t: scipy.special.softmax(SCORES / t) for t in (5.0, 1.0, 0.1)}
    assert Y[244] == 2 and np.argsort(-SCORES)[:3].tolist() == [2, 8, 1]
    assert np.ptp(P[5.0]) < 0.08 and abs(P[1.0][2] - 1 / 3) < 0.02 and P[0.1][2] > 0.97
    coldness = [scipy.special.softmax(SCORES / t)[2] for t in (0.1, 0.08)]
    assert coldness[0] < 0.99 < coldness[1] and "*Somewhere between 0.1 and 0.08.*" in TEXT


# --- figures and the widget ------------------------------------------------------------------------------------------

PLOTS = {
    "two_pictures": (X[KEEP].reshape(-1, 8, 8)[:2], lambda data: figures.two_pictures(*data)),
    "counted_odds": (SUMS, lambda z: figures.counted_odds(z, IS_FOUR)),
    "probability_and_slope": (None, lambda _: figures.probability_and_slope()),
    "far_out": (np.array([1.0]), lambda c: figures.far_out(lambda z: c * known.log_sigmoid(z))),
    "three_temperatures": (SCORES, lambda z: figures.three_temperatures(known.softmax, z, X[244].reshape(8, 8))),
    "slope_table": (S, lambda s: figures.slope_table(known.softmax_jacobian(s), s)),
}


def test_every_plot_is_tried_here():
    public = {n for n, v in vars(figures).items() if getattr(v, "__module__", "") == figures.__name__ and n[0] != "_"}
    assert public - {"temperature_slider"} == set(PLOTS)


@pytest.mark.parametrize("name", PLOTS)
def test_digest_follows_the_data_and_not_the_looks(name):
    judge_figure(*PLOTS[name])


def test_odds_are_counted_in_groups_of_the_sum():
    axes = figures.counted_odds(np.array([0.5, 1.0, 1.4, 1.5, 2.4]), np.array([1, 1, 0, 1, 0]), at=(1, 2)).axes[0]
    assert [word.get_text() for word in axes.texts] == ["2 : 1", "1 : 1"]
    np.testing.assert_allclose(axes.lines[1].get_xydata(), [[2.9 / 3, np.log(2)], [1.95, 0]])
    axes = figures.counted_odds(np.array([0.5, 1.4, 1.6, 7.0]), np.array([1, 0, 0, 1]), at=(1, 2)).axes[0]
    np.testing.assert_allclose(axes.lines[1].get_xydata(), [[0.95, 0], [4.3, 0]])  # the last group has no end


def test_the_table_names_its_rows_and_shows_every_entry():
    axes = figures.slope_table(known.softmax_jacobian(S), S).axes[0]
    assert [word.get_text() for word in axes.get_yticklabels()] == ["s[0] = 0.200", "s[1] = 0.300", "s[2] = 0.500"]
    assert [word.get_text() for word in axes.texts[:3]] == ["0.160", "−0.060", "−0.100"]
    assert [word.get_text() for word in axes.texts[9:]] == ["row sum", "= 0", "= 0", "= 0"]
    (image,) = axes.images
    np.testing.assert_allclose(image.get_array(), known.softmax_jacobian(S))
    assert image.norm.vmin == -image.norm.vmax


def slider():
    row, reset, output = figures.temperature_slider(known.softmax, SCORES).children
    return row.children[1], reset, output, lambda: re.search(r'alt="([^"]*)"', output.value)[1]


def test_the_slider_starts_at_1_moves_and_comes_back():
    move, reset, output, words = slider()
    first = output.value
    assert words() == "temperature 1.00: 0.317 for class 2, 0.206 for class 8; the ten sum to 1.000"
    move.value = 0.1
    assert words() == "temperature 0.10: 0.979 for class 2, 0.014 for class 8; the ten sum to 1.000"
    move.value = 10.0
    assert words().startswith("temperature 10.00: 0.117 for class 2")
    reset.click()
    assert output.value == first


def test_a_move_draws_only_what_moves_and_leaves_nothing_behind(monkeypatch):
    made = []
    monkeypatch.setattr(figures, "new_figure", lambda *args: made.append(house.new_figure(*args)) or made[0])
    move, *_ = slider()
    artists = len(made[0][1].get_children())
    monkeypatch.setattr(FigureCanvasAgg, "draw", lambda canvas: pytest.fail("the whole figure is drawn again"))
    move.value = 0.3
    assert len(made[0][1].get_children()) == artists
