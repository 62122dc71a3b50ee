"""Derivations, slips and orders: what earns the points, what does not, and that every answer gets a sentence."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.check.argument import derivation, faults, order, slip
from autograder.check.findings import NOT_ATTEMPTED, RIGHT, WRONG, CheckFailed, Finding


def rng(seed=0):
    return np.random.default_rng(seed)


def squeezed(text):
    return "".join(str(text).split())


def checked(finding):
    """A finding that is fit to be shown."""
    assert isinstance(finding, Finding) and finding.outcome in (RIGHT, WRONG, NOT_ATTEMPTED)
    assert bool(finding.facts) == (finding.outcome != RIGHT)
    for fact in finding.facts:
        assert fact[0].isupper() or fact[0] in "`0", fact
        assert fact.endswith(".") and "\n" not in fact and "!" not in fact and ".." not in fact, fact
    for line in finding.lines:
        assert "\n" not in line.text and len(line.text) <= 300
    rows = CheckFailed(finding)._render_traceback_()
    assert len(rows) <= 4 and all(len(row) <= 85 for row in rows)
    return finding


# --- derivation ----------------------------------------------------------------------------------------------------

# S2.N.8: the slope of the logistic function, line by line.
SLOPE = [
    ("D(1 / (1 + exp(-z)), z)", "D exp z"),
    ("exp(-z) / ___**2", "exp z"),
    ("(1 / (1 + exp(-z))) * (___)", "exp z"),
    ("", "exp z s"),
    ("", "s"),
]
SLOPE_RIGHT = [
    "D(1 / (1 + exp(-z)), z)",
    "exp(-z) / (1 + exp(-z))**2",
    "(1 / (1 + exp(-z))) * (exp(-z) / (1 + exp(-z)))",
    "s * (1 - 1 / (1 + exp(-z)))",
    "s * (1 - s)",
]
# The same with nothing given but the first line: here only the rules on lines stand between a learner and a short cut.
SLOPE_BLANK = [SLOPE[0], ("", "exp z"), ("", "exp z s"), ("", "exp z s"), ("", "s")]


def slope_truth(rng):
    return {"z": rng.normal(), "s": "sigmoid(z)"}


def judge_slope(answer, frames=SLOPE, seed=0):
    return checked(derivation(answer, frames, slope_truth, rng(seed)))


def at(number, text, answer=SLOPE_RIGHT):
    return [*answer[: number - 1], text, *answer[number:]]


def refused_at(finding, number, *words):
    assert finding.outcome == WRONG
    assert finding.quantity == f"line {number}"
    assert all(word in finding.facts[0] for word in words), finding.facts
    assert [line.verdict for line in finding.lines[:number]] == ["holds"] * (number - 1) + ["fails"]
    assert not any(line.verdict for line in finding.lines[number:])


@pytest.mark.parametrize("frames", [SLOPE, SLOPE_BLANK])
def test_a_right_derivation_passes_at_every_seed(frames):
    for seed in range(40):
        found = judge_slope(SLOPE_RIGHT, frames, seed)
        assert found.outcome == RIGHT and [line.verdict for line in found.lines] == ["holds"] * 5


def test_a_right_derivation_in_another_writing_passes():
    answer = at(2, "exp( -z )/( exp(-z)+1 ) ** 2")
    assert judge_slope(answer).outcome == RIGHT
    assert judge_slope(at(5, "s - s**2")).outcome == RIGHT
    assert judge_slope(tuple(SLOPE_RIGHT)).outcome == RIGHT
    assert judge_slope(at(5, "s * (1 - s)".ljust(300)), SLOPE_BLANK).outcome == RIGHT
    assert judge_slope(at(5, "s*(1-s" + "+0" * 38 + ")"), SLOPE_BLANK).outcome == RIGHT


def test_the_target_on_every_line_is_refused():
    refused_at(judge_slope(["s * (1 - s)"] * 5), 1, "D")
    refused_at(judge_slope([SLOPE_RIGHT[0]] + ["s * (1 - s)"] * 4), 2)
    free = [(SLOPE[0][0], SLOPE[0][1])] + [("", "s exp z")] * 4
    refused_at(judge_slope([SLOPE_RIGHT[0]] + ["s * (1 - s)"] * 4, free), 3, "line 2 again")
    disguises = [SLOPE_RIGHT[0], "s * (1 - s)", "(1 + -s) * s * 1", "(1 - s) * s", "s * (1 - s)"]
    refused_at(judge_slope(disguises, free), 3, "line 2 again")


@pytest.mark.parametrize("pads", [*itertools.permutations(["s*(1-s)", "s*(1-s)+s-s", "2*s*(1-s)/2"])])
def test_the_target_on_every_line_padded_is_refused(pads):
    answer = [*SLOPE_RIGHT[:2], *pads]
    refused_at(judge_slope(answer, [*SLOPE_BLANK[:4], ("", "s")]), 4, "line 3 again", "cancel")
    frames = [(SLOPE[0][0], "D exp z"), *[("", "exp z")] * 2]
    answer = [*SLOPE_RIGHT[:2], "exp(-z)/(1+exp(-z))**2 + z - z"]
    refused_at(judge_slope(answer, frames), 3, "line 2 again")


def test_padding_is_a_step_where_the_frame_asks_for_it():
    truth = lambda rng: {"z": rng.normal(size=4), "m": rng.uniform(0.5, 2)}  # noqa: E731
    frames = [("sum(exp(z))", "sum exp z"), ("sum(exp(m) * ___)", "exp z m"), ("", "sum exp z m")]
    right = ["sum(exp(z))", "sum(exp(m) * (exp(z) / exp(m)))", "exp(m) * sum(exp(z) / exp(m))"]
    assert derivation(right, frames, truth, rng()).outcome == RIGHT
    found = checked(derivation([*right[:2], "sum(exp(z) * m / m)"], frames, truth, rng()))
    refused_at(found, 3, "line 1 again")
    frames = [("s * (1 - s)", "s"), ("s * ___", "s")]
    found = checked(derivation(["s * (1 - s)", "s * (-s + 1)"], frames, lambda rng: {"s": 0.3}, rng()))
    refused_at(found, 2, "line 1 again")


def test_the_first_line_on_every_line_is_refused():
    refused_at(judge_slope([SLOPE_RIGHT[0]] * 5), 2, "given")
    free = [(SLOPE[0][0], "D exp z")] + [("", "D exp z s")] * 4
    refused_at(judge_slope([SLOPE_RIGHT[0]] * 5, free), 2, "line 1 again")


def test_a_derivative_where_it_has_to_be_gone_is_refused():
    refused_at(judge_slope(at(4, "D(s, z)")), 4, "D")
    refused_at(judge_slope(at(2, "D(1 / (1 + exp(-z)), z) + 0", SLOPE_RIGHT), SLOPE_BLANK), 2, "D")


def test_stopping_early_is_refused():
    refused_at(judge_slope(at(5, "s * exp(-z) / (1 + exp(-z))")), 5, "exp", "only s")
    refused_at(judge_slope(at(5, "")), 5, "blank")
    found = judge_slope(SLOPE_RIGHT[:4])
    assert found.outcome == WRONG and "5 lines" in found.facts[0]


def test_a_hole_that_is_still_there_is_refused():
    refused_at(judge_slope(at(2, "exp(-z) / ___**2")), 2, "___")
    refused_at(judge_slope(at(4, "s * (1 - ___)")), 4, "___")


def test_a_given_line_that_was_altered_is_refused():
    refused_at(judge_slope(at(1, "D(s, z)"), [(SLOPE[0][0], "D s z")] + SLOPE[1:]), 1, "given")
    refused_at(judge_slope(at(3, "exp(-z) * (1 / (1 + exp(-z)))**2")), 3, "given", "___")
    refused_at(judge_slope(at(2, "exp(-z) / **2")), 2)
    refused_at(judge_slope(at(2, "exp(-z) / 1 + exp(-z)**2")), 2, "given", "in brackets")
    refused_at(judge_slope(at(2, "exp(-z) / 1 / (1 + exp(-z))**2")), 2, "given", "in brackets")
    refused_at(judge_slope(at(2, "exp(-z) / 1 * (1 + exp(-z))**-2", SLOPE_RIGHT)), 2, "given")


@pytest.mark.parametrize(
    "lie", ["1.0005 * s * (1 - s)", "s * (1 - s) + 1e-4", "s * (1 + s)", "-s * (1 - s)", "s", "0.25"]
)
def test_a_line_that_is_not_equal_is_named_with_both_values(lie):
    found = judge_slope(at(5, lie))
    refused_at(found, 5, "not equal to the line before", "line 4 is", "line 5 is")


def test_a_lie_about_the_derivative_itself_is_refused():
    for seed in range(50):
        refused_at(judge_slope(at(2, "exp(-z) / (1 + 1.0005 * exp(-z))**2"), seed=seed), 2, "line 1 is")
        assert judge_slope(at(2, "exp(-z) / (1.0005 + exp(-z))**2"), seed=seed).outcome == WRONG


def test_not_a_number_on_both_lines_is_not_equal():
    frames = [("log(-1 - z**2)", "log z"), ("", "log z")]
    found = judge_slope(["log(-1 - z**2)", "log(-2 - z**2)"], frames)
    refused_at(found, 1, "no finite number")
    found = judge_slope(["1/(z - z)", "2/(z - z)"], [("1/(z - z)", "z"), ("", "z")])
    refused_at(found, 1, "no finite number")


def test_another_shape_is_not_equal_even_where_it_would_broadcast():
    truth = lambda rng: {"v": rng.normal(size=3)}  # noqa: E731
    frames = [("sum(v * v)", "v sum"), ("", "v sum")]
    found = checked(derivation(["sum(v * v)", "sum(v * v) * ones(3)"], [frames[0], ("", "v sum ones")], truth, rng()))
    refused_at(found, 2, "shape ()", "shape (3,)")
    found = checked(derivation(["sum(v * v)", "v * v"], frames, truth, rng()))
    refused_at(found, 2, "shape")


def one_line(claim, values):
    """The gap of one equation, as a slip of one line tells it; "" where it holds."""
    found = checked(slip((0, ""), [claim], "", lambda rng: values, rng()))
    return "" if "blank" in found.facts[0] else found.facts[0]


def test_rounding_errors_are_no_gap_and_anything_larger_is():
    values = {"s": "softmax(z)", "z": np.array([0.3, -1.0, 2.0, 0.1]), "x": 0.3, "g": "D(x**3, x)"}
    assert one_line("sum(diag(s) - outer(s, s), axis=1) == 0", values) == ""
    assert one_line("x * 1e-9 + 1e-10 == x * 1e-9", values)
    assert one_line("x == x * 1.00000001", values)
    assert one_line("x == x * 1.0000000001", values) == ""
    assert one_line("D(x**3, x) == 3 * x**2", values) == one_line("g == 3 * x**2", values) == ""
    assert one_line("D(x**3, x) == 3.0001 * x**2", values)
    assert one_line("D(x**3, x) - 3 * x**2 == 1e-7", values)


def test_the_two_values_are_told_apart_and_named_in_order():
    values = {"x": 0.3, "v": np.array([1.0, 2.0, 3.0])}
    assert "the left side is 0.3, the right side is 0.6" in one_line("x == 2 * x", values)
    assert "the left side is 0.3, the right side is 0.300003" in one_line("x == 1.00001 * x", values)
    assert "the left side has shape (3,), the right side has shape (4,)" in one_line("v == ones(4)", values)
    assert "x = 0.3, the right side is no finite number" in one_line("x == log(-x)", values)
    assert "at drawn values in entry [2], the left side is 3, the right side is 9" in one_line("v == v * v", values)
    assert one_line("v == 1", values) and not one_line("ones(3) == 1", values)


def test_an_equation_among_expressions_is_refused():
    refused_at(judge_slope(at(5, "s == s")), 5, "without ==")


def test_a_kink_is_redrawn_and_a_line_that_is_nothing_but_kinks_is_refused():
    frames = [("D(relu(z), z)", "D relu z"), ("", "indicator z")]
    right = ["D(relu(z), z)", "indicator(z)"]
    mostly_fine = itertools.cycle([3e-5, -0.4, 2e-5])
    assert derivation(right, frames, lambda rng: {"z": next(mostly_fine)}, rng()).outcome == RIGHT
    found = checked(derivation(right, frames, lambda rng: {"z": 3e-5}, rng()))
    refused_at(found, 1, "smooth")


@pytest.mark.parametrize(
    "answer", [None, [f for f, _ in SLOPE], [None] * 5, [], ["", "", "", "", ""], [SLOPE[0][0]] + [""] * 4]
)
def test_untouched_lines_are_not_attempted(answer):
    assert judge_slope(answer).outcome == NOT_ATTEMPTED


# S2.N.7b as a derivation of equations, at the true value of P.
ODDS = [("log(P / (1 - P)) == t", "log P t"), ("___ == exp(t)", "P exp t"), ("", "P exp t"), ("P == ___", "P exp t")]
ODDS_RIGHT = ["log(P / (1 - P)) == t", "P / (1 - P) == exp(t)", "P == exp(t) * (1 - P)", "P == 1 / (1 + exp(-t))"]


def odds_truth(rng):
    return {"t": round(rng.uniform(0.3, 2), 1), "P": "exp(t) / (1 + exp(t))"}


def judge_odds(answer, frames=ODDS):
    return checked(derivation(answer, frames, odds_truth, rng()))


def test_equations_are_checked_at_the_true_value_and_the_first_that_fails_is_named():
    assert judge_odds(ODDS_RIGHT).outcome == RIGHT
    refused_at(judge_odds(at(4, "P == 1 / (1 + exp(t))", ODDS_RIGHT)), 4, "does not hold", "at t = ", "right side is")
    broken = at(3, "P == exp(t) * (1 + P)", at(4, "P == 2", ODDS_RIGHT))
    refused_at(judge_odds(broken), 3, "does not hold")


def test_what_is_filled_in_uses_the_names_listed_and_the_frame_may_use_others():
    solved = [*ODDS[:3], ("P == ___", "exp t")]
    assert judge_odds(ODDS_RIGHT, solved).outcome == RIGHT
    answer = ["log(P / (1 - P)) == t", "P/(1-P) == exp(t)", "P == exp(t) - exp(t)*P", "P == exp(t)*(1-P)"]
    refused_at(judge_odds(answer, solved), 4, "uses P", "only exp, t")
    assert judge_odds(answer).outcome == RIGHT
    refused_at(judge_odds(at(4, "P == 1/(1+exp(-t)) + P - P", ODDS_RIGHT), solved), 4, "uses P")
    bare = [("P == exp(t) / (1 + exp(t))", ""), ("P == ___", "")]
    found = judge_odds(["P == exp(t) / (1 + exp(t))", "P == 1 / (1 + exp(-t))"], bare)
    refused_at(found, 2, "uses exp, t", "no names")


@pytest.mark.parametrize(
    "pad", ["2*P/(1-P) == 2*exp(t)", "P/(1-P) + 1 == exp(t) + 1", "P*P/(1-P) == P*exp(t)", "exp(t)-P == P/(1-P)-P"]
)
def test_an_equation_with_the_same_done_to_both_sides_is_that_equation(pad):
    refused_at(judge_odds(at(3, pad, ODDS_RIGHT)), 3, "line 2 again")
    refused_at(judge_odds(at(4, "P == P*exp(t)*(1-P)/P", ODDS_RIGHT)), 4, "line 3 again")


def test_a_rule_for_any_function_is_a_step_of_a_derivation():
    truth = lambda rng: {"z": rng.normal(), "s": "sigmoid(z)"}  # noqa: E731
    frames = [("D(log(s), z) == ___", "D s z"), ("", "D log s z")]
    answer = ["D(log(s), z) == D(s, z) / s", "D(log(s), z) == 1 - s"]
    frames = [("s == 1 / (1 + exp(-z))", ""), *frames]
    assert derivation(["s == 1 / (1 + exp(-z))", *answer], frames, truth, rng()).outcome == RIGHT


def test_equations_that_are_the_same_trivial_or_say_nothing_are_refused():
    free = [ODDS[0]] + [("", "P exp t log")] * 3
    target = "P == 1 / (1 + exp(-t))"
    refused_at(judge_odds([ODDS_RIGHT[0], target, "1 / (exp(-t) + 1) == P", target], free), 3, "line 2 again")
    refused_at(judge_odds([ODDS_RIGHT[0]] * 4, free), 2, "line 1 again")
    refused_at(judge_odds(at(3, "P == P * 1", ODDS_RIGHT)), 3, "says nothing")
    refused_at(judge_odds(at(3, "P - P == 0", ODDS_RIGHT)), 3, "says nothing")
    refused_at(judge_odds(at(3, "exp(t)**2 == exp(2 * t)", ODDS_RIGHT)), 3, "says nothing")
    refused_at(judge_odds(at(3, "1 + 1 == 2", ODDS_RIGHT)), 3, "numbers only")
    refused_at(judge_odds(at(3, "exp(t) * (1 - P)", ODDS_RIGHT)), 3, "==")


# --- slip ----------------------------------------------------------------------------------------------------------

# S2.N.7b, a sign lost in the last line.
LOST_SIGN = (
    [
        "log(P / (1 - P)) == t",
        "P / (1 - P) == exp(t)",
        "P == exp(t) * (1 - P)",
        "P * (1 + exp(t)) == exp(t)",
        "P == exp(t) / (1 + exp(t))",
        "P == 1 / (1 + exp(t))",
    ],
    "t exp",
    odds_truth,
)


# S2.N.10: how far the loss w**2 lies above its lowest value is not how much the last step lowered it.
def stop_truth(rng):
    numbers = {"w": round(rng.uniform(1, 3), 1), "rate": round(rng.uniform(0.05, 0.3), 2)}
    return numbers | {"J_old": "w**2", "w_new": "(1 - 2 * rate) * w", "J_new": "w_new**2", "left": "J_new"}


STOP = (
    [
        "J_old == w**2",
        "w_new == w - rate * 2 * w",
        "J_new == (1 - 2*rate)**2 * w**2",
        "J_old - J_new == 4*rate*(1 - rate)*w**2",
        "left == J_old - J_new",
    ],
    "w w_new J_old J_new rate",
    stop_truth,
)


# S2.N.8, right throughout.
def logistic_truth(rng):
    return {"z": round(rng.normal(), 1), "s": "sigmoid(z)"}


LOGISTIC = (
    [
        "s == 1 / (1 + exp(-z))",
        "D(s, z) == exp(-z) / (1 + exp(-z))**2",
        "D(s, z) == s * (1 - s)",
        "D(log(s), z) == D(s, z) / s",
        "D(log(s), z) == 1 - s",
    ],
    "D log exp s z",
    logistic_truth,
)


# S2.N.18a and S3.a1: the Jacobian of the softmax, only its diagonal kept.
def softmax_truth(rng):
    return {"z": rng.normal(size=4), "k": 4, "s": "softmax(z)"}


DIAGONAL = (
    [
        "s == exp(z) / sum(exp(z))",
        "sum(s) == 1",
        "D(s, z) == diag(s) * (1 - s)",
        "sum(D(s, z), axis=1) == 0",
    ],
    "s diag outer eye k",
    softmax_truth,
)


# S1.1h in row convention: the last weights taken on the way through the layer before.
def layers_truth(widths):
    def truth(rng):
        n, d, h, g, k = widths
        sizes = {"X": (n, d), "W1": (d, h), "W2": (h, g), "W3": (g, k), "Y": (n, k), "b1": (h,), "b2": (g,)}
        values = {name: rng.normal(size=size) for name, size in sizes.items()}
        forward = {
            "Z1": "X @ W1 + b1",
            "H1": "relu(Z1)",
            "Z2": "H1 @ W2 + b2",
            "H2": "relu(Z2)",
            "P": "softmax(H2 @ W3)",
        }
        loss = {"L": "-sum(Y * log(P)) / n", "n": n, "Y": np.eye(k)[rng.integers(0, k, n)]}
        return values | forward | loss | {name: f"D(L, {name[1:]})" for name in ("dZ1", "dZ2", "dH1", "dW1")}

    return truth


WRONG_WEIGHTS = [
    "dZ2 == (P - Y) @ W3.T / n * indicator(Z2)",
    "dZ1 == dZ2 @ W3.T * indicator(Z1)",
    "dW1 == X.T @ dZ1",
]
OTHER_WIDTHS = (WRONG_WEIGHTS, "W1 W2 W3 Z1 Z2 dZ2 indicator", layers_truth((2, 3, 4, 5, 3)))
EQUAL_WIDTHS = (WRONG_WEIGHTS, "W1 W2 W3 Z1 Z2 dZ2 indicator", layers_truth((2, 3, 3, 3, 3)))

SLIPS = {
    "LOST_SIGN": (LOST_SIGN, 6, "P == 1 / (1 + exp(-t))", "P == 1 - 1 / (1 + exp(t))"),
    "STOP": (STOP, 5, "left == J_new", "left == ((1 - 2*rate) * w)**2"),
    "LOGISTIC": (LOGISTIC, 0, "D(log(1 - s), z) == -s", "D(exp(-z), z) == 1 - 1 / s"),
    "DIAGONAL": (DIAGONAL, 3, "D(s, z) == diag(s) - outer(s, s)", "D(s, z) == s * (eye(k) - s[:, None])"),
    "OTHER_WIDTHS": (OTHER_WIDTHS, 2, "dZ1 == indicator(Z1) * (dZ2 @ W2.T)", "dZ1 == (W2 @ dZ2.T).T * indicator(Z1)"),
    "EQUAL_WIDTHS": (EQUAL_WIDTHS, 2, "dZ1 == indicator(Z1) * (dZ2 @ W2.T)", "dZ1 == (W2 @ dZ2.T).T * indicator(Z1)"),
}
every_slip = pytest.mark.parametrize("name", SLIPS)


def judge(hand_in, answer, seed=0):
    lines, listed, truth = hand_in
    return checked(slip(answer, lines, listed, truth, rng(seed)))


@every_slip
def test_the_hand_in_is_what_its_author_says(name):
    (lines, _, truth), first, *_ = SLIPS[name]
    assert faults(lines, first, truth, rng()) == []
    assert faults(lines, first + 1, truth, rng()) == [
        f"the first line that does not hold is {first}, and not {first + 1}"
    ]


@every_slip
def test_the_mended_line_passes_in_more_than_one_writing(name):
    hand_in, first, *mended = SLIPS[name]
    for line, seed in itertools.product(mended, range(2 if "WIDTHS" in name else 20)):
        found = judge(hand_in, (first, line), seed)
        assert found.outcome == RIGHT, (line, seed, found)
    assert [line.verdict for line in found.lines[:first]] == ["holds"] * (first - 1) + ["fails"] * bool(first)
    assert found.lines[-1].text == line and found.lines[-1].verdict == "holds"


@every_slip
def test_the_number_earns_nothing_by_itself(name):
    hand_in, first, *_ = SLIPS[name]
    lines = hand_in[0]
    for filler in (None, "x == x", "", "___", *lines, "x", "0 == 0", 1):
        found = judge(hand_in, (first, filler))
        assert found.outcome != RIGHT, filler
    assert judge(hand_in, first).outcome == WRONG
    assert judge(hand_in, (first,)).outcome == WRONG


@every_slip
def test_a_wrong_number_is_answered_with_evidence_and_does_not_name_the_right_one(name):
    hand_in, first, mended, _ = SLIPS[name]
    for number in range(len(hand_in[0]) + 1):
        if number == first:
            continue
        found = judge(hand_in, (number, mended))
        assert found.outcome == WRONG
        said = found.facts[0]
        if number == 0:
            assert "one does not" in said and not any(line.verdict for line in found.lines) and not found.quantity
        else:
            assert said.startswith(f"Line {number} ") and ("follows: at " in said or "earlier" in said)
            assert [i for i, line in enumerate(found.lines, 1) if line.verdict] == [number]
        assert f"ine {first} " not in said or first == 0


def test_the_evidence_is_the_value_of_both_sides():
    truth = lambda rng: {"t": 0.7, "P": 1 / (1 + np.exp(-0.7))}  # noqa: E731
    found = judge((LOST_SIGN[0], "t exp", truth), (5, "P == 1"))
    assert found.facts == ("Line 5 follows: at P = 0.668, t = 0.7 both sides are 0.668.",)
    found = judge((LOST_SIGN[0], "t exp", truth), (6, "P == 1 - exp(t)"))
    assert found.facts == ("It does not hold: at P = 0.668, t = 0.7, the left side is 0.668, the right side is -1.01.",)
    found = judge((LOST_SIGN[0][::-1], "t exp", truth), (3, "P == 1"))
    assert "earlier line" not in found.facts[0] and found.facts[0].startswith("Line 3 follows")


def test_shapes_that_do_not_go_together_make_a_line_fail():
    assert "shapes (2, 5) and (3, 5)" in judge(OTHER_WIDTHS, (0, "dW1 == X.T @ dZ1")).facts[0]
    assert "entry [" in judge(EQUAL_WIDTHS, (0, "dW1 == X.T @ dZ1")).facts[0]


def test_a_line_after_the_first_wrong_one_is_answered_with_the_order():
    lines = [*LOST_SIGN[0], "1 - P == exp(t) / (1 + exp(t))"]
    assert "earlier line" in judge((lines, *LOST_SIGN[1:]), (7, "P == 1")).facts[0]


@pytest.mark.parametrize(
    "mended, word",
    [
        ("P == 1 / (1 + exp(t))", "the line as it was"),
        ("P == 1 / (exp(t) + 1) * 1", "the line as it was"),
        ("P == exp(t) / (1 + exp(t))", "line 5 again"),
        ("P == exp(t) / (exp(t) + 1) + 0", "line 5 again"),
        ("P == P", "only exp, t"),
        ("P == P + (P / (1 - P) - exp(t))", "only exp, t"),
        ("1 / (1 + exp(-t)) == P", "left side"),
        ("1 - P == 1 / (1 + exp(t))", "left side"),
        ("P == sigmoid(t)", "sigmoid"),
        ("P == 1 / (1 + exp(-2 * t))", "does not hold"),
        ("P == 1.0005 / (1 + exp(-t))", "does not hold"),
        ("P == ___", "hole"),
        ("1 / (1 + exp(-t))", "=="),
        ("P = 1 / (1 + exp(-t))", "cannot be read"),
        ("P == x.y", "not accepted"),
        ("P == log(-1 - t * t)", "log"),
        ("P == (-t)**0.5", "no finite"),
        ("", "blank"),
        (None, "blank"),
    ],
)
def test_a_mended_line_that_shows_nothing_is_refused(mended, word):
    found = judge(LOST_SIGN, (6, mended))
    assert found.outcome == WRONG and word in found.facts[0], found.facts
    assert found.quantity == "line 6, mended" and found.lines[-1].verdict == "fails"


def test_a_left_side_that_returns_on_the_right_is_refused_even_where_it_is_listed():
    hand_in = (LOST_SIGN[0], "t P exp", odds_truth)
    for mended in ("P == P", "P == P + (P / (1 - P) - exp(t))", "P == exp(t) * (1 - P) + P - P"):
        assert judge(hand_in, (6, mended)).outcome == WRONG
    lines = [*STOP[0][:4], "J_old - J_new == left"]
    found = judge(
        (lines, "w rate left J_old J_new", stop_truth), (5, "J_old - J_new == (J_old - J_new) + (J_old - w**2)")
    )
    assert "left side stands on the right" in found.facts[0]


# The same with its fourth line lost, and D listed.
DROPPED = (
    ["J_old == w**2", "w_new == w - rate * 2 * w", "J_new == w_new**2", "J_old - J_new == 4*rate*w**2"],
    "w w_new J_old J_new rate D",
    stop_truth,
)


@pytest.mark.parametrize(
    "mended, word",
    [
        ("J_old - J_new == J_old + w_new - J_new - w + rate*2*w", "left side"),
        ("J_old - J_new == 2*J_old - J_new - w**2", "left side"),
        ("J_old - J_new == J_old*w/w - J_new + (w_new - w + rate*2*w)", "left side"),
        ("J_old - J_new == -(J_new - J_old) + J_old - w**2", "left side"),
        ("J_old - J_new == J_old*w/w_new*(1-2*rate) - J_new", "left side"),
        ("J_old - J_new == (J_old*w - J_new*w)/w", "says nothing"),
        ("J_old - J_new == (J_old - J_new)*w/w", "left side"),
        ("J_old - J_new == J_old - w_new**2", "line 3 again"),
        ("J_old - J_new == w**2 - J_new", "line 1 again"),
        ("J_old - J_new == D(w*J_old, w) - J_new", "does not hold"),
    ],
)
def test_an_identity_behind_another_true_line_mends_nothing(mended, word):
    found = judge(DROPPED, (4, mended))
    assert found.outcome == WRONG and word in found.facts[0], found.facts


@pytest.mark.parametrize("mended", ["4*rate*(1 - rate)*w**2", "w**2 - w_new**2", "(w - w_new) * (w + w_new)"])
def test_what_does_mend_it_passes(mended):
    assert judge(DROPPED, (4, f"J_old - J_new == {mended}")).outcome == RIGHT


def test_a_line_that_cancels_what_the_line_before_left_standing_mends_it():
    lines = ["s == sigmoid(z)", "g == 1/s * s * (1 - s)", "g == 1 + s"]
    truth = lambda rng: {"z": rng.normal(), "s": "sigmoid(z)", "g": "1 - s"}  # noqa: E731
    assert faults(lines, 3, truth, rng()) == [] and faults([*lines[:2], "g == 1 - s"], 0, truth, rng()) == []
    hand_in = (lines, "s z", truth)
    assert judge(hand_in, (3, "g == 1 - s")).outcome == RIGHT
    for again in ("g == s * (1 - s) * 1/s", "g == 2 * s * (1 - s) / s / 2"):
        assert "line 2 again" in judge(hand_in, (3, again)).facts[0]


@pytest.mark.parametrize(
    "line, word",
    [
        ("D(z, z) == 1", "says nothing"),
        ("D(z*z, z) == 2*z", "says nothing"),
        ("D(s, z) == D(s + 1, z)", "says nothing"),
        ("D(s*s, z) == 2*s*D(s, z)", "says nothing"),
        ("s == s + D(0*z, z)", "says nothing"),
        ("D(s, z) == D(s, z) + s - 1/(1+exp(-z))", "says nothing"),
        ("s + z == z + 1/(1+exp(-z))", "line 1 again"),
        ("s * z == z/(1+exp(-z))", "line 1 again"),
        ("s**2 == s / (1 + exp(-z))", "line 1 again"),
        ("2*s == 2/(1+exp(-z))", "line 1 again"),
        ("D(s, z) == s * (1 - s)", "line 3 again"),
        ("s * (1 - s) == D(s, z)", "line 3 again"),
        ("s == s", "says nothing"),
        ("s - s == 0", "says nothing"),
        ("s + s == 2 * s", "says nothing"),
        ("exp(z) * exp(-z) == 1", "says nothing"),
        ("1 + 1 == 2", "numbers only"),
        ("exp(0) == 1", "numbers only"),
        ("D(log(s), z) == s", "does not hold"),
        ("sigmoid(z) == s", "sigmoid"),
        ("s", "=="),
    ],
)
def test_under_a_right_hand_in_one_more_line_has_to_follow_and_to_say_something(line, word):
    found = judge(LOGISTIC, (0, line))
    assert found.outcome == WRONG and word in found.facts[0], found.facts


def test_an_index_stays_what_it_is_when_functions_are_exchanged():
    truth = lambda rng: {"z": rng.normal(size=4), "i": 1, "j": 3, "s": "softmax(z)"}  # noqa: E731
    hand_in = (["sum(s) == 1", "D(s[j], z)[i] == -s[i] * s[j]"], "D s z i j", truth)
    assert judge(hand_in, (0, "D(s[j], z)[i] == D(s[i], z)[j]")).outcome == RIGHT
    assert "says nothing" in judge(hand_in, (0, "D(s[j], z)[i] == D(s[j] + 1, z)[i]")).facts[0]


def test_where_every_line_is_about_any_function_one_more_such_line_will_do():
    truth = lambda rng: {"z": rng.normal(), "s": "sigmoid(z)"}  # noqa: E731
    rules = (["D(s**2, z) == 2*s*D(s, z)"], "D s z", truth)
    assert judge(rules, (0, "D(s**3, z) == 3*s**2*D(s, z)")).outcome == RIGHT
    assert "says nothing" in judge((["D(s, z) == s*(1 - s)"], "D s z", truth), (0, "D(z, z) == 1")).facts[0]


@pytest.mark.parametrize(
    "line", ["(z*z)**0.5 + s == z + 1/(1+exp(-z)) + 0*D(z**0.5, z)", "log(z*z) == 2*log(z) + 0*D(log(z), z)"]
)
def test_a_line_that_is_unsure_where_the_authors_lines_are_not_is_refused(line):
    for seed in range(12):
        draws = itertools.cycle([0.7, -0.4, 1.1])
        found = judge((*LOGISTIC[:2], lambda rng, d=draws: {"z": next(d), "s": "sigmoid(z)"}), (0, line), seed)
        assert found.outcome == WRONG and "smooth" in found.facts[0], found.facts


def test_where_the_authors_line_is_unsure_the_other_draws_decide():
    draws = itertools.cycle([3e-5, -0.4, 0.9])
    hand_in = (
        ["D(relu(z), z) == indicator(z)", "z == 2*h"],
        "D relu z h",
        lambda rng: {"z": (z := next(draws)), "h": z / 2},
    )
    assert judge(hand_in, (0, "D(relu(z)**2, z) == 4 * h * D(relu(z), z)")).outcome == RIGHT
    found = slip((0, ""), ["D(relu(z), z) == 1"], "D relu z", lambda rng: {"z": 3e-5}, rng())
    assert "smooth" in found.facts[0]


# S2.N.1: with these numbers x1 and x2 are both 1, and z is twice w2.
def neuron(numbers):
    return numbers | {"z": numbers["b"] + numbers["w1"] * numbers["x1"] + numbers["w2"] * numbers["x2"]}


def judge_first(line, **more):
    lines = ["z == b + w1 * x1 + w2 * x2", "z == 0.1 + 0.2 * 1 + 0.3 * 1", "z == 0.6"]
    fixed = lambda rng: neuron({"b": 0.1, "w1": 0.2, "w2": 0.3, "x1": 1.0, "x2": 1.0})  # noqa: E731
    assert faults(lines, 0, fixed, rng()) == []
    return checked(slip((0, line), lines, "z b w1 w2 x1 x2", fixed, rng(), **more))


@pytest.mark.parametrize(
    "line", ["z == z * x1", "x1 == x2", "z == 2*w2", "x1 == 1", "z - z == x1 - x2", "b == w2 - w1"]
)
def test_a_coincidence_of_fixed_numbers_is_refused_by_other_numbers(line):
    others = lambda rng: neuron(dict(zip(("b", "w1", "w2", "x1", "x2"), rng.uniform(1, 2, 5), strict=True)))  # noqa: E731
    assert judge_first(line).outcome == RIGHT
    found = judge_first(line, also=others)
    assert found.outcome == WRONG and "with others it does not" in found.facts[0], found.facts
    assert judge_first("z - b == w1 * x1 + w2 * x2", also=others).outcome == RIGHT
    assert judge_first("x2 == (z - b - w1 * x1) / w2", also=others).outcome == RIGHT


def test_only_functions_that_the_line_may_use_are_told():
    assert "no functions may be used here" in judge(STOP, (5, "left == pow(w, 2)")).facts[0]
    assert "here are exp." in judge(LOST_SIGN, (6, "P == pow(t, 2)")).facts[0]


def test_where_the_lines_are_identities_one_more_identity_will_do():
    lines = ["exp(t) / (1 + exp(t)) == 1 - 1 / (1 + exp(t))", "exp(t) * exp(-t) == 1"]
    hand_in = (lines, "t exp", lambda rng: {"t": rng.normal()})
    assert judge(hand_in, (0, "1 / (1 + exp(-t)) == exp(t) / (1 + exp(t))")).outcome == RIGHT


@pytest.mark.parametrize(
    "answer", [7, -1, 1.5, True, "6", (True, "P == 1"), (7, "P == 1"), (-1, ""), ("6", "P == 1"), (6, "P == 1", 2)]
)
def test_an_answer_that_is_no_pair_of_a_line_number_and_a_line_gets_a_sentence(answer):
    found = judge(LOST_SIGN, answer)
    assert found.outcome == WRONG and "pair" in found.facts[0].lower()


@pytest.mark.parametrize("answer", [None, (None, None), (None, ""), ["", "___"], ()])
def test_an_untouched_slip_is_not_attempted(answer):
    assert judge(LOST_SIGN, answer).outcome == NOT_ATTEMPTED


def test_numbers_of_other_integer_types_and_lists_are_taken():
    assert judge(LOST_SIGN, [np.int64(6), "P == 1 / (1 + exp(-t))"]).outcome == RIGHT


def test_faults_in_the_authors_lines_are_told():
    assert faults(["P", "P == t"], 0, odds_truth, rng()) == [
        "line 1 is no equation, or says nothing, or is an earlier line again"
    ]
    assert faults(["P == P"], 0, odds_truth, rng())
    assert faults([LOST_SIGN[0][0], "t == log(P / (1 - P))"], 0, odds_truth, rng())
    sometimes = itertools.cycle([1.0, 2.0])
    found = faults(["t == 1"], 1, lambda rng: {"t": next(sometimes)}, rng())
    assert found == ["the first line that does not hold is 0, and not 1"]


# --- order ---------------------------------------------------------------------------------------------------------

# One step of a training: a, e before c; b, d, f before these.
STEP = [
    "dW = X.T @ dZ",
    "Z = X @ W + b",
    "W = W - rate * dW",
    "P = 1 / (1 + np.exp(-Z))",
    "dX = dZ @ W.T",
    "dZ = (P - Y) / len(X)",
]
VALID = {"bdfaec", "bdfeac"}


def step_data():
    data = rng(3)
    start = {"X": data.normal(size=(4, 3)), "W": data.normal(size=(3, 2)), "b": data.normal(size=2), "rate": 0.1}
    start["Y"] = data.integers(0, 2, size=(4, 2)).astype(float)
    slope = (0.5 * (1 + np.tanh(0.5 * (start["X"] @ start["W"] + start["b"]))) - start["Y"]) / 4
    wants = {
        "W": start["W"] - 0.1 * np.einsum("nd,nk->dk", start["X"], slope),
        "dX": np.einsum("nk,dk->nd", slope, start["W"]),
    }
    return start, wants


def judge_step(answer):
    return checked(order(answer, STEP, *step_data()))


def test_every_valid_order_passes_and_no_other():
    passed = {"".join(p) for p in itertools.permutations("abcdef") if judge_step("".join(p)).outcome == RIGHT}
    assert passed == VALID


def test_the_data_of_the_author_are_not_changed():
    start, wants = step_data()
    before = start["W"].copy()
    order("ba", ["W -= 1", "V = W * 2"], start, {"V": before * 2})
    assert np.array_equal(start["W"], before)


@pytest.mark.parametrize(
    "answer",
    ["BDFAEC", "b d f a e c", "b, d, f, a, e, c", ["b", "d", "f", "a", "e", "c"], ("B", *"dfaec"), "b>d>f>a>e>c"],
)
def test_an_order_may_be_written_in_several_ways(answer):
    assert judge_step(answer).outcome == RIGHT


def test_the_first_line_that_uses_what_is_not_there_yet_is_named():
    found = judge_step("bdafec")
    assert found.quantity == "line 3 (a)" and "`dZ`" in found.facts[0]
    assert [line.verdict for line in found.lines] == ["", "", "fails", "", "", ""]
    assert found.lines[2].text == STEP[0]


def test_the_first_line_that_leaves_a_wrong_value_is_named():
    found = judge_step("bdface")
    assert found.quantity == "line 6 (e)" and "`dX`" in found.facts[0]


def test_the_last_line_that_changed_a_wrong_value_is_blamed_and_the_earliest_such_line_is_named():
    program, start = ["total = 0", "total = total + x", "x = 2 * x", "y = x"], {"x": 1.0}
    wants = {"total": 1.0, "y": 2.0, "x": 2.0}
    assert order("abcd", program, start, wants).outcome == RIGHT
    assert order("acbd", program, start, wants).quantity == "line 3 (b)"
    assert order("abdc", program, start, wants).quantity == "line 3 (d)"
    assert order("badc", program, start, wants).quantity == "line 1 (b)"


def test_true_and_false_are_compared():
    program, wants = ["on = z > 0", "z = z - 1"], {"on": np.array([True, False])}
    assert order("ab", program, {"z": np.array([0.5, -0.5])}, wants).outcome == RIGHT
    found = checked(order("ba", program, {"z": np.array([0.5, -0.5])}, wants))
    assert found.quantity == "line 2 (a)" and "`on`" in found.facts[0]


def test_a_statement_that_stops_is_named():
    found = checked(order("ab", ["x = np.ones(2)", "z = x @ np.ones(3)"], {}, {"z": 1.0}))
    assert found.quantity == "line 2 (b)" and "ValueError" in found.facts[0]


@pytest.mark.parametrize(
    "answer, words",
    [
        ("bdfae", "c (left out)"),
        ("bdfaee", "c (left out), e (more than once)"),
        ("bdfaecc", "c (more than once)"),
        ("bdfaex", "c (left out), x (unknown)"),
        ("1", "1 (unknown)"),
    ],
)
def test_missing_repeated_and_unknown_letters_get_a_sentence(answer, words):
    assert words in judge_step(answer).facts[0]


@pytest.mark.parametrize("answer", [3, ["a", 1], {"a": 1}, 2.5, True])
def test_an_order_that_is_no_text_gets_a_sentence(answer):
    found = judge_step(answer)
    assert found.outcome == WRONG and "a to f" in found.facts[0]


@pytest.mark.parametrize("answer", [None, "", "  ", [], "___"])
def test_an_untouched_order_is_not_attempted(answer):
    assert judge_step(answer).outcome == NOT_ATTEMPTED


# --- any answer at all ---------------------------------------------------------------------------------------------

PIECES = [
    "P == 1 / (1 + exp(-t))",
    *LOST_SIGN[0],
    *SLOPE_RIGHT,
    *(f for f, _ in SLOPE),
    "bdfaec",
    "x.y",
    "D(P, t) == 1",
]
ANYTHING = st.recursive(
    st.none() | st.integers(-3, 9) | st.text(max_size=9) | st.sampled_from(PIECES) | st.floats() | st.just(np.ones(2)),
    lambda inner: st.lists(inner, max_size=6) | st.tuples(inner, inner) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=8,
)


@settings(max_examples=100)
@given(
    ANYTHING
    | st.tuples(st.integers(-1, 7), st.sampled_from(PIECES))
    | st.lists(st.sampled_from(PIECES), min_size=5, max_size=5)
)
def test_any_answer_gets_a_finding_and_no_sentence_holds_the_right_formula(answer):
    right = [squeezed("1 / (1 + exp(-t))"), squeezed("1 - 1 / (1 + exp(t))"), "s*(1-s)", "bdfaec", "bdfeac"]
    for found in (judge(LOST_SIGN, answer), judge_slope(answer), judge_odds(answer), judge_step(answer)):
        said = squeezed(" ".join([found.quantity, *found.facts, *found.causes]))
        assert not any(formula in said for formula in right if formula not in squeezed(answer)), said
