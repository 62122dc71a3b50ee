"""What a learner meets: one test for each thing an answer can be.  The panel's words are the printed text."""

import textwrap

import numpy as np
import pytest

from autograder.check import CheckFailed, NotAttempted, calling, exercise, green

x = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])


def judge(answer, body=lambda check: check.value(x, gives=2 * x)):
    """Run a check of `twice` with `answer`; return the failure or None."""
    globals()["twice"] = answer
    try:
        with exercise("demo.twice") as check:
            body(check)
    except CheckFailed as failure:
        return failure
    finally:
        globals().pop("twice")
    return None


def said(capsys):
    return capsys.readouterr().out


def test_right_shows_one_green_panel_and_raises_nothing(capsys):
    assert judge(lambda x: 2 * x) is None
    assert said(capsys) == "\u2713 twice: right\n"
    assert green("demo.twice")


def test_wrong_shows_the_panel_then_raises(capsys):
    failure = judge(lambda x: 2 * x + (x == 4))
    assert isinstance(failure, CheckFailed) and not isinstance(failure, NotAttempted)
    out = said(capsys)
    assert "\u2717 twice: wrong" in out
    assert "[1, 1]: yours 9, expected 8." in out and "1 of 6 entries differ." in out
    assert not green("demo.twice")


def test_green_goes_out_when_a_later_check_fails():
    judge(lambda x: 2 * x)
    judge(lambda x: x)
    assert not green("demo.twice")


def test_nothing_ever_goes_to_stderr(capfd):
    judge(lambda x: (np.log(-x), print("hello"), __import__("sys").stderr.write("no"))[0])
    assert capfd.readouterr().err == ""


def test_none_is_not_attempted(capsys):
    assert isinstance(judge(lambda x: None), NotAttempted)
    assert "is a `return` missing?" in said(capsys)


def test_a_missing_name_is_not_attempted(capsys):
    assert isinstance(judge(None), NotAttempted)
    assert "There is no `twice` yet" in said(capsys)


def test_an_exception_names_the_learners_line_and_no_library_frames(capsys):
    def twice(x):
        half = x / 2
        return half @ half

    failure = judge(twice)
    words = said(capsys)
    assert "ValueError" in words and "return half @ half" in words
    assert "Traceback" not in words and len(failure._render_traceback_()) <= 4


@pytest.mark.parametrize(
    "answer, words",
    [
        (lambda x: (2 * x).T, "Yours is the transpose of the true one"),
        (lambda x: (x**2).T, "The two axes stand the other way round."),
        (lambda x: 2 * x[:, :, None], "one axis of length 1 is too many or too few"),
        (lambda x: (2 * x).sum(axis=0), "summed over axis 0"),
        (lambda x: (x**2).sum(axis=0), "An axis is missing"),
        (lambda x: np.stack([x**2] * 2), "There is an axis too many"),
        (lambda x: 2 * x / (x - 4), "look for a division by 0"),
        (lambda x: -2 * x, "minus"),
        (lambda x: "2x", "This is the text '2x'"),
        (lambda x: object(), "a object is not a number"),
        (lambda x: np.array([object()] * 6).reshape(3, 2), "is not an array of numbers"),
        (lambda x: {"a": 1}, "This is a dict"),
        (lambda x: {"a": 1}.keys(), "a dict_keys is not a number, an array, or a list of them; list(...) makes one"),
        (lambda x: [[1, 2], [3]], "it is no array"),
        (lambda x: [[None, 2.0]] * 3, "it is no array"),
        (lambda x: exit("bye"), "stopped with SystemExit"),
        (lambda: 1, "stopped with TypeError"),
        (5, "`twice` is a int, and a function is wanted"),
    ],
)
def test_each_wrong_answer_gets_its_own_sentence(answer, words, capsys):
    assert type(judge(answer)) is CheckFailed
    assert words in said(capsys)


@pytest.mark.parametrize("answer", [["b", "a"], ("b", "a"), np.array(["b", "a"]), {"b": 1.0, "a": np.ones(2)}])
def test_names_and_dicts_come_back_as_they_are_where_they_are_wanted(answer):
    came = []
    assert judge(lambda: answer, lambda check: came.append(check.call(plain=True))) is None
    assert type(came[0]) in (list, tuple, dict) and list(came[0]) == ["b", "a"]


def test_an_argument_changed_in_place_is_named(capsys):
    def twice(x):
        x *= 2
        return x

    assert type(judge(twice)) is CheckFailed
    assert "changed its argument `x`" in said(capsys)
    assert x[0, 0] == 1.0, "the check's own data are copies"


def test_a_runaway_recursion_gets_a_sentence(capsys):
    def twice(x):
        return twice_again(x)

    def twice_again(x):
        return twice(x)

    judge(twice)
    assert "RecursionError" in said(capsys)


def test_a_list_is_right_with_a_remark(capsys):
    assert judge(lambda x: (2 * x).tolist()) is None
    assert "note: this is a list" in said(capsys)


def test_float32_is_right_within_its_precision_with_a_remark(capsys):
    assert judge(lambda x: (2 * x).astype(np.float32)) is None
    assert "note: this is float32" in said(capsys)
    assert judge(lambda x: (2.002 * x).astype(np.float32)) is not None


def test_prints_are_held_back_and_remarked(capsys):
    assert judge(lambda x: [print("spam " * 10_000), 2 * x][1]) is None
    words = said(capsys)
    assert "prints while it is checked" in words and len(words) < 300


def test_a_warning_of_numpy_becomes_a_remark(capsys):
    assert judge(lambda x: [np.log(x - 1), 2 * x][1]) is None
    assert "a warning came up: divide by zero" in said(capsys)


@pytest.mark.parametrize("lie", [1.0005, 0.9995, 1 + 1e-8])
def test_a_small_lie_is_rejected(lie):
    assert judge(lambda x: 2 * x * np.where(x == 5, lie, 1)) is not None


def test_nan_equals_only_nan():
    body = lambda check: check.value(x, gives=np.where(x > 4, np.nan, x))  # noqa: E731
    assert judge(lambda x: np.where(x > 4, np.nan, x), body) is None
    assert judge(lambda x: np.where(x > 4, 0, x), body) is not None
    assert judge(lambda x: np.where(x > 4, np.inf, x), body) is not None


class Agreeable(np.ndarray):
    """An array that says it equals everything."""

    def __eq__(self, other):
        return np.ones(self.shape, bool)

    __ne__ = __sub__ = __rsub__ = lambda self, other: np.zeros(self.shape)


def test_an_array_that_equals_everything_is_read_by_its_numbers():
    assert judge(lambda x: np.zeros_like(x).view(Agreeable)) is not None
    assert judge(lambda x: (2 * x).view(np.matrix)) is None


def test_the_traceback_is_four_lines_of_85_characters_that_suffice():
    failure = judge(lambda x: np.where(x > 2, x, 2 * x))
    lines = failure._render_traceback_()
    assert len(lines) <= 4 and all(len(line) <= 85 for line in lines)
    assert "yours 6, expected 12" in " ".join(lines)
    assert "Traceback" not in str(failure)


def test_the_first_failure_is_the_one_shown_and_the_body_goes_on(capsys):
    seen = []

    def body(check):
        check.value(1.0, gives=2.0)
        check.value(3.0, gives=6.0)
        seen.append("end")

    judge(lambda x: x + 1 if x < 2 else x + 5, body)
    assert seen == ["end"] and "twice(3.0)" in said(capsys)


def test_what_cannot_be_worked_with_is_a_verdict_not_a_crash(capsys):
    failure = judge(lambda x: x, lambda check: np.ones(7) + check.call(x))
    assert type(failure) is CheckFailed
    assert "The check could not work with what came back" in said(capsys)


def test_a_check_leaves_no_names_behind():
    space = {"exercise": exercise, "twice": lambda x: x, "x": "the learner's x"}
    cell = 'with exercise("demo.twice") as check:\n    x = 1.0\n    y = 2.0\n    check.value(x, gives=x)'
    exec(cell, space)
    assert space["x"] == "the learner's x" and "y" not in space


def test_the_checks_names_do_not_reach_the_learners_code(capsys):
    space = {"exercise": exercise}
    exec("def twice(a):\n    return 2 * hidden", space)
    exec('with exercise("demo.twice2") as check:\n    pass', space | {"twice2": 1})
    cell = 'with exercise("demo.twice") as check:\n    hidden = 3.0\n    check.value(hidden, gives=6.0)'
    with pytest.raises(CheckFailed, match="name 'hidden' is not defined"):
        exec(cell, space)


def test_a_callback_has_the_checks_names_and_the_learners_code_its_own():
    space = {"exercise": exercise, "c": 100.0, "seen": 0}
    exec("def twice(f, x):\n    global seen\n    seen = c\n    return f(x) + f(x=x)", space)
    exec('with exercise("demo.twice") as check:\n    c = 2.0\n    check.value(lambda x: c * x, 5.0, gives=20.0)', space)
    assert space["c"] == 100.0 and space["seen"] == 100.0


def test_a_builtin_that_the_learner_shadowed_is_the_checks_own():
    space = {"exercise": exercise, "sum": 0, "twice": lambda x: 2 * x}
    exec('with exercise("demo.twice") as check:\n    check.value(sum([1.0, 2.0]), gives=6.0)', space)
    assert space["sum"] == 0


def test_a_learners_count_is_out_of_reach():
    def twice(f):
        assert not hasattr(f, "calls") and not hasattr(f, "function")
        return f(1.0)

    assert judge(twice, lambda check: check.value(lambda x: x, gives=1.0)) is None


def test_calls_too_many_that_were_swallowed_are_noticed(capsys):
    def twice(f):
        for _ in range(600):
            try:
                f(1.0)
            except RuntimeError:
                pass
        return 1.0

    assert judge(twice, lambda check: check.value(lambda x: x, gives=1.0)) is not None
    assert "called more than 500 times" in said(capsys)


@pytest.mark.parametrize("raised", [GeneratorExit, SystemExit, BaseException])
def test_whatever_is_raised_is_a_verdict(raised):
    def twice(x):
        raise raised

    assert type(judge(twice)) is CheckFailed


class Wordless(Exception):
    def __str__(self):
        raise ValueError


def test_an_exception_without_words_is_a_verdict():
    def twice(x):
        raise Wordless

    assert type(judge(twice)) is CheckFailed


def test_a_learners_words_are_one_harmless_line():
    from autograder.check import panel

    def twice(x):
        raise ValueError("costs $5 and $\\text{x}$ `a`\n\u2713 twice: right \x1b[32m <script>")

    failure = judge(twice)
    words = panel.text("twice", failure.finding)
    assert "\n\u2713" not in words and "\x1b" not in words
    page = panel.html("twice", failure.finding)
    assert "<script>" not in page and page.count("$") == page.count("<span>$</span>") > 0
    assert page.count("<code>") == page.count("</code>")


def test_log_messages_stay_off_stderr(capfd):
    import logging

    handler = logging.StreamHandler()
    logging.getLogger("demo").addHandler(handler)
    judge(lambda x: [logging.getLogger("demo").error("loud"), 2 * x][1])
    logging.getLogger("demo").removeHandler(handler)
    assert capfd.readouterr().err == ""


def test_a_fault_of_the_check_itself_never_shows_what_it_knows(capsys):
    def body(check):
        check.call(x)
        raise ValueError("the answer is 42")

    assert judge(lambda x: x, body) is not None
    words = said(capsys)
    assert "42" not in words and "could not work with what came back (ValueError)" in words


def test_float32_is_right_in_what_is_computed_from_it_too():
    body = lambda check: check.equal(check.call(x) @ x.T / 3, 2 * x @ x.T / 3, "z")  # noqa: E731
    assert judge(lambda x: (2.0 * x + 1e-7).astype(np.float32), body) is None
    assert judge(lambda x: (2.001 * x).astype(np.float32), body) is not None


def test_masked_arrays_are_not_read():
    assert judge(lambda x: np.ma.masked_array(2 * x, x > 2)) is not None


def test_with_a_secret_a_mistake_is_named_only_where_it_shows_on_fixed_data(tmp_path, monkeypatch, capsys):
    import json

    monkeypatch.chdir(tmp_path)

    def body(check):
        check.value(0.0, gives=0.0)
        check.value(check.rng.normal(), gives=1.0)

    globals()["twice"] = lambda x: x
    with pytest.raises(CheckFailed), exercise("demo.twice") as check:
        body(check)
    known = {"name": "m", "sentence": "Known.", "calls": [c for _, c in check.calls], "fails": check.failed_at}
    (tmp_path / "fingerprints.json").write_text(json.dumps({"twice": [known]}))
    assert judge(lambda x: x, body).finding.causes == ("Known.",)
    monkeypatch.setenv("AUTOGRADER_SECRET", "s")
    assert judge(lambda x: x, body).finding.causes != ("Known.",)


def test_no_number_drawn_by_a_secret_is_told(monkeypatch):
    def body(check):
        x = check.rng.normal(size=3)
        check.value(x, gives=2 * x)

    def loud(x):
        print("the data:", x)
        raise ValueError(f"they are {x}")

    assert any(c.isdigit() for fact in judge(lambda x: x, body).finding.facts for c in fact)
    assert "they are [" in str(judge(loud, body))
    monkeypatch.setenv("AUTOGRADER_SECRET", "s")
    facts = judge(lambda x: x, body).finding.facts
    assert not any(c.isdigit() for fact in facts for c in fact) and "drawn for grading" in facts[-1]
    assert "shape (2,)" in str(judge(lambda x: x[:2], body))
    assert "they are [" not in str(judge(loud, body)) and "ValueError" in str(judge(loud, body))


def test_where_the_mistakes_are_at_hand_drawn_data_name_them_too(monkeypatch):
    def body(check):
        check.value(check.rng.normal(), gives=1.0)

    monkeypatch.setenv("AUTOGRADER_SECRET", "s")
    globals()["twice"] = lambda x: x
    with pytest.raises(CheckFailed), exercise("demo.twice") as check:
        body(check)
    known = {"name": "m", "sentence": "Known.", "calls": [c for _, c in check.calls], "fails": check.failed_at}
    monkeypatch.setattr("autograder.check.fingerprints.replayed", lambda name: [known] if name == "twice" else [])
    assert judge(lambda x: x, body).finding.causes == ("Known.",)
    assert judge(lambda x: -x, body).finding.causes != ("Known.",)


def test_a_second_check_cell_holds_its_own_check():
    globals()["twice"] = lambda x: x
    globals()["check"] = "the last cell's"
    with pytest.raises(CheckFailed), exercise("demo.twice") as globals()["check"]:
        globals()["check"].value(1.0, gives=2.0)
    assert check.failures  # noqa: F821 (assigned above, as a cell does)
    del globals()["check"]


def test_answers_that_are_not_there_are_the_checks_fault():
    def body(check):
        check.value(1.0, gives=2.0)
        from solutions import nowhere  # noqa: F401

    assert judge(lambda x: 2 * x, body).finding.outcome == "undecided"


def test_a_changed_array_in_a_dict_is_noticed_and_a_defaultdict_is_a_dict():
    import collections

    def changes(given):
        given["x"] += 1
        return 1.0

    given = {"x": np.zeros(2)}
    assert "changed its argument" in str(judge(changes, lambda check: check.call(given)))
    assert judge(lambda given: float(given["x"].sum()), lambda check: check.call(given)) is None
    assert type(calling.plain(collections.defaultdict(float, a=1.0))) is dict


def test_an_interrupt_goes_through():
    def twice(x):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        judge(twice)


def test_a_callback_is_counted_and_a_runaway_stopped(capsys):
    def twice(f):
        while True:
            f(1.0)

    assert judge(twice, lambda check: check.call(lambda x: x)) is not None
    assert "called more than 500 times" in said(capsys)


def test_several_results_are_wanted_in_their_order(capsys):
    body = lambda check: check.value(x, gives=(x, 2 * x), returns="a, b")  # noqa: E731
    assert judge(lambda x: (x, 2 * x), body) is None
    assert judge(lambda x: (2 * x, x), body).finding.quantity == "a"
    assert judge(lambda x: x, body) is not None
    assert "2 things are wanted, in this order: a, b. Yours gave one thing." in said(capsys)


# --- numbers, choices ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [6, 6.0, np.float64(6), 6.0000001])
def test_a_number_within_its_tolerance_is_right(answer):
    assert judge(answer, lambda check: check.number(6)) is None


@pytest.mark.parametrize("answer", [5.9, -6, True, "6", [6], float("nan"), float("inf"), np.array([6.0]), 6j, abs])
def test_anything_else_is_no_number(answer):
    assert type(judge(answer, lambda check: check.number(6))) is CheckFailed


def test_a_wrong_number_does_not_show_the_right_one(capsys):
    judge(7, lambda check: check.number(123.25))
    assert "123" not in said(capsys)


def test_a_choice_is_noted_and_earns_no_green(capsys):
    assert judge("B", lambda check: check.choice("abc")) is None
    assert "\u25c6 twice: noted" in said(capsys) and not green("demo.twice")


@pytest.mark.parametrize("answer", ["d", "ab", "", 1, ["a"], True])
def test_no_choice_is_refused_with_the_options(answer, capsys):
    assert type(judge(answer, lambda check: check.choice("abc"))) is CheckFailed
    assert 'choose one of "a", "b", "c"' in said(capsys)


# --- gradients -------------------------------------------------------------------------------------------------------

W, b = np.array([[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]]), np.array([0.1, -0.2, 0.3])
G = np.array([[1.0, 2.0, 3.0], [-1.0, 0.5, 0.25], [2.0, -2.0, 1.0], [0.5, 0.5, -3.0]])
X = np.array([[1.0, 2.0], [3.0, -1.0], [0.5, 0.25], [-2.0, 1.0]])


def dense(check):
    check.gradient(lambda W, b: np.sum(G * (X @ W + b)), wrt=dict(W=W, b=b), call=(G, X, W), sizes=dict(n=4, d=2, k=3))


def test_a_true_gradient_passes():
    assert judge(lambda G, X, W: (X.T @ G, G.sum(axis=0)), dense) is None


@pytest.mark.parametrize("entry", [(0, 0), (1, 2)])
def test_a_gradient_off_by_a_twentieth_of_a_percent_in_one_entry_is_rejected(entry, capsys):
    def twice(G, X, W):
        dW = X.T @ G
        dW[entry] *= 1.0005
        return dW, G.sum(axis=0)

    assert judge(twice, dense) is not None
    assert "finite differences" in said(capsys)


def test_a_zero_gradient_is_rejected():
    assert judge(lambda G, X, W: (0 * W, 0 * b), dense) is not None


def test_a_failed_gradient_says_which_then_shape_then_entry_then_cause(capsys):
    judge(lambda G, X, W: (X.T @ G / 4, G.sum(axis=0)), dense)
    words = said(capsys)
    assert words.index("dW") < words.index("Worst entry, dW[") < words.index("0.25")
    judge(lambda G, X, W: (X.T @ G, G), dense)
    assert "Yours has shape (4, 3); expected: shape (3,)." in said(capsys)


def test_a_gradient_measured_by_differences_is_right_with_a_remark(capsys):
    loss = lambda x: np.sum(np.tanh(x) ** 2)  # noqa: E731
    body = lambda check: check.gradient(loss, wrt=dict(x=X), call=(X,))  # noqa: E731
    assert judge(lambda x: 2 * np.tanh(x) / np.cosh(x) ** 2, body) is None
    assert "measured" not in said(capsys)

    def twice(x):
        steps = 1e-5 * np.eye(x.size).reshape(-1, *x.shape)
        return np.reshape([(loss(x + s) - loss(x - s)) / 2e-5 for s in steps], x.shape)

    assert judge(twice, body) is None
    assert "note: its digits look measured by differences" in said(capsys)


def test_a_jacobian_measured_by_differences_is_right_with_a_remark(capsys):
    x = np.array([0.3, -1.2, 0.7])
    body = lambda check: check.jacobian(np.tanh, x, call=(x,))  # noqa: E731
    assert judge(lambda x: np.diag(1 / np.cosh(x) ** 2), body) is None
    assert "measured" not in said(capsys)
    measured = lambda x: np.array([(np.tanh(x + s) - np.tanh(x - s)) / 2e-4 for s in 1e-4 * np.eye(3)]).T  # noqa: E731
    assert judge(measured, body) is None
    assert "note: its digits look measured by differences" in said(capsys)


def test_data_near_a_kink_are_drawn_again():
    drawn = []

    def case(rng):
        x = np.array([0.0, 1.0]) if len(drawn) < 3 else np.array([-1.0, 1.0])
        drawn.append(x)
        return dict(loss=lambda x: np.sum(np.maximum(x, 0) ** 1.0), wrt=dict(x=x), call=(x,))

    assert judge(lambda x: (x > 0) * 1.0, lambda check: check.gradient(draw=case)) is None
    assert len(drawn) == 4


def test_a_kink_that_was_not_drawn_is_the_checks_fault_and_says_so(capsys):
    x = np.array([0.0, 1.0])
    judge(lambda x: (x > 0) * 1.0, lambda check: check.gradient(lambda x: np.sum(abs(x)), dict(x=x), (x,)))
    words = said(capsys)
    assert "? twice: undecided" in words and "This check cannot decide" in words


def test_suspects_are_named_when_the_numbers_are_theirs(capsys):
    lam = 0.3
    body = lambda check: check.gradient(  # noqa: E731
        lambda W: np.sum(G * (X @ W)) + lam * np.sum(W**2),
        dict(W=W),
        (G, X, W),
        suspects={"the gradient of the loss without its penalty": lambda W: np.sum(G * (X @ W))},
    )
    assert judge(lambda G, X, W: X.T @ G + 2 * lam * W, body) is None
    judge(lambda G, X, W: X.T @ G, body)
    assert "without its penalty" in said(capsys)


# --- Jacobians, products with them, counts ----------------------------------------------------------------------------

z = np.array([0.3, -1.2, 2.0])
softmax = lambda z: np.exp(z) / np.exp(z).sum()  # noqa: E731


def test_a_true_jacobian_passes_and_its_diagonal_alone_is_named(capsys):
    body = lambda check: check.jacobian(softmax, z, (z,))  # noqa: E731
    assert judge(lambda z: np.diag(softmax(z)) - np.outer(softmax(z), softmax(z)), body) is None
    judge(lambda z: np.diag(softmax(z) * (1 - softmax(z))), body)
    assert "diagonal" in said(capsys)


def test_a_jacobian_of_rank_four_passes_and_its_axes_count():
    X, W = np.random.default_rng(0).normal(size=(2, 3)), np.random.default_rng(1).normal(size=(3, 4))
    body = lambda check: check.jacobian(lambda W: X @ W, W, (X, W))  # noqa: E731
    right = lambda X, W: np.einsum("nd,kj->nkdj", X, np.eye(4))  # noqa: E731
    assert judge(right, body) is None
    assert judge(lambda X, W: right(X, W).transpose(0, 1, 3, 2), body) is not None


@pytest.mark.parametrize("n", [4, 300], ids=["every slope", "along directions"])
def test_a_vjp_is_judged_with_the_upstream_it_was_given(n, capsys):
    rng = np.random.default_rng(n)
    A, U = rng.normal(size=(n, 3)), rng.normal(size=(n, 3))
    body = lambda check: check.vjp(np.tanh, A, U, (U, A), what="dA")  # noqa: E731
    assert judge(lambda U, A: U / np.cosh(A) ** 2, body) is None
    for wrong in (lambda U, A: 1 / np.cosh(A) ** 2, lambda U, A: U, lambda U, A: U / np.cosh(A), lambda U, A: 0 * U):
        assert judge(wrong, body) is not None
    assert judge(lambda U, A: (U / np.cosh(A) ** 2).T, body) is not None


def test_calls_are_counted(capsys):
    def body(check):
        f = check.counted(lambda x: x, most=5, stop="Each node once is enough.")
        check.call(f)
        check.count(f, at_most=2)

    assert judge(lambda f: f(1.0), body) is None
    assert judge(lambda f: f(1.0) + f(2.0) + f(3.0), body) is not None
    assert "Yours called it 3 times; at most 2 were expected." in said(capsys)
    assert judge(lambda f: [f(1.0) for _ in range(9)], body) is not None
    assert "called more than 5 times. Each node once is enough." in said(capsys)


# --- arguments --------------------------------------------------------------------------------------------------------

LINES = ["a == x + 1", "y == 2 * x + 1"]


def slip(check):
    def truth(rng):
        x = rng.uniform(1, 2)
        return dict(x=x, a=x + 1, y=2 * x + 2)

    check.slip(LINES, truth, "y x a")


def test_a_slip_mended_is_right_and_shown(capsys):
    assert judge((2, "y == 2 * a"), slip) is None
    words = said(capsys)
    assert words.startswith("\u2713 twice: right") and "y == 2 * a" in words and green("demo.twice")


@pytest.mark.parametrize("answer", [(1, "y == 2 * a"), (2, "y == 3 * a"), (2, LINES[0]), (0, "y == 2 * a"), "y == x"])
def test_a_slip_not_mended_is_wrong(answer):
    assert type(judge(answer, slip)) is CheckFailed


def test_blank_arguments_are_not_attempted():
    assert isinstance(judge((None, ""), slip), NotAttempted)
    order = lambda check: check.order(["b = a", "a = 1"], {}, {"b": 1})  # noqa: E731
    assert isinstance(judge("", order), NotAttempted)
    assert judge("ba", order) is None and type(judge("ab", order)) is CheckFailed


def test_a_derivation_is_judged_line_by_line():
    given = [("x * (x + 1)", "x"), ("x**2 + ___", "x"), ("", "x")]
    body = lambda check: check.derivation(given, lambda rng: {"x": rng.uniform(1, 2)})  # noqa: E731
    assert judge(["x * (x + 1)", "x**2 + x", "(x + 1/2)**2 - 1/4"], body) is None
    failure = judge(["x * (x + 1)", "x**2 + 2 * x", "(x + 1/2)**2 - 1/4"], body)
    assert failure.finding.quantity == "line 2"


def test_a_stored_panel_has_the_same_words_in_html():
    from autograder.check import panel

    finding = judge(lambda x: "<b>&").finding
    page = panel.html("twice", finding)
    assert "&lt;b&gt;&amp;" in page and "<b>" not in page
    for word in ("wrong", "twice", 'role="status"'):
        assert word in page
    assert textwrap.shorten(page, 10_000)
