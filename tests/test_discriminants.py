"""Chapter 2: the references against other ways to the same numbers, the numbers of its text, its figures."""

import base64
import re

import numpy as np
import pytest
from course_under_test import CHAPTERS, judge_figure, run_check
from sklearn.metrics import accuracy_score
from sklearn.metrics.pairwise import cosine_similarity
from sklearn.svm import LinearSVC

from autograder.check import argument
from autograder.grading import notebook
from course.data import digits
from course.figures import discriminants as plots
from course.figures import house, widgets
from course.known.neurons import descend, numerical_gradient, sigmoid
from solutions import discriminants as reference

X_ALL, Y_ALL = digits()


def two_numbers(X):
    rows = X.reshape(-1, 8, 8)[:, 2:6]
    return np.stack([rows[:, :, 3:5].mean((1, 2)), rows[:, :, [1, 2, 5, 6]].mean((1, 2))], axis=1)


PICTURES, Y = X_ALL[Y_ALL < 2], Y_ALL[Y_ALL < 2]
X = two_numbers(PICTURES)
W, B = np.array([10.8, -7.4]), -0.9
KEEP = np.isin(Y_ALL, (0, 1, 4))
X3, Y3 = two_numbers(X_ALL[KEEP]), np.searchsorted((0, 1, 4), Y_ALL[KEEP])
W3, B3 = np.array([[-15.5, 3.2, 7.7], [6.2, -14.1, 19.3]]), np.array([2.1, 3.1, -13.7])
TEMPLATES = np.stack([X_ALL[Y_ALL == d].mean(0) for d in range(10)], axis=1)


def squares(A, y):
    return lambda theta: np.mean((sigmoid(A @ theta) - y) ** 2)


def trained(A, y, rate, steps):
    loss = squares(A, y)
    return descend(lambda theta: numerical_gradient(loss, theta), np.zeros(A.shape[1]), rate, steps)[-1]


def ones(X):
    return np.column_stack([np.ones(len(X)), X])


# --- the references --------------------------------------------------------------------------------------------------


def test_distance_is_the_shortest_way_found_by_search():
    """No formula: the distances to two million points of the line itself, the shortest of them."""
    w, b = np.array([2.0, 3.0]), 1.0
    normal, offset = reference.normal_and_offset(w, b)
    x1 = np.linspace(-10, 10, 2_000_001)
    line = np.stack([x1, -(b + 2 * x1) / 3], axis=1)
    points = np.random.default_rng(0).normal(size=(5, 2))
    shortest = [np.hypot(*(line - point).T).min() for point in points]
    np.testing.assert_allclose(np.abs(reference.signed_distance(points, w, b)), shortest, rtol=1e-8)
    np.testing.assert_array_equal(np.sign(reference.signed_distance(points, w, b)), reference.side(points, w, b))
    nearest = line[np.hypot(*line.T).argmin()]
    np.testing.assert_allclose(offset * normal, nearest, atol=1e-5)
    np.testing.assert_allclose(nearest, [-2 / 13, -3 / 13], atol=1e-5)


def test_largest_sum_is_scikit_learns_one_against_the_rest():
    model = LinearSVC(random_state=0).fit(X_ALL[:300], Y_ALL[:300])
    np.testing.assert_array_equal(reference.ovr_predict(X_ALL, model.coef_.T, model.intercept_), model.predict(X_ALL))


def test_best_template_is_scikit_learns_cosine():
    T = TEMPLATES * np.random.default_rng(0).uniform(0.1, 10, size=10)
    best = cosine_similarity(X_ALL, T.T).argmax(axis=1)
    np.testing.assert_array_equal(reference.best_template(X_ALL, T), best)


def test_zero_one_loss_is_scikit_learns():
    said = (X @ W + B > 0).astype(int)
    assert reference.zero_one_loss(X, Y, W, B) == pytest.approx(1 - accuracy_score(Y, said), abs=1e-15)


# --- the numbers of the text -----------------------------------------------------------------------------------------


def prose():
    cells = notebook.read(CHAPTERS["02-discriminants"]).cells
    return " ".join(cell.source for cell in cells if cell.cell_type == "markdown")


@pytest.mark.parametrize(
    "words, measured",
    [
        ("sqrt{13} = 3.606", lambda: f"sqrt{{13}} = {np.hypot(2, 3):.3f}"),
        (
            "which is (0.535, 0.802), an arrow of length 0.964",
            lambda: "which is ({:.3f}, {:.3f}), an arrow of length {:.3f}".format(
                *np.array([2, 3]) / 14**0.5, np.hypot(2, 3) / 14**0.5
            ),
        ),
        ("It gets 356 of 360 right", lambda: f"It gets {np.sum((X @ W + B > 0) == Y)} of 360 right"),
        (
            "All four mistakes lie less than 0.1 from the line, and only 16 of",
            lambda: (
                f"All {'four' if mistakes_near(0.1) == 4 else '?'} mistakes lie less than 0.1 from the line,"
                f" and only {np.sum(np.abs(reference.signed_distance(X, W, B)) < 0.1)} of"
            ),
        ),
        (
            "With the angle at 45 degrees and the offset at 0.35, 213 of 360",
            lambda: f"With the angle at 45 degrees and the offset at 0.35, {right_at(45, 0.35)} of 360",
        ),
        (
            "357 is the most a line can do here, one more than descent",
            lambda: f"{most_right()} is the most a line can do here, one more than descent",
        ),
        (
            "Sixty pictures lie there, and thirty lie where two",
            lambda: {(60, 30): "Sixty pictures lie there, and thirty lie where two"}[
                tuple(int(np.sum((X3 @ W3 + B3 > 0).sum(1) == n)) for n in (0, 2))
            ],
        ),
        (
            "gets 487 of 541 right",
            lambda: f"gets {np.sum(reference.ovr_predict(X3, W3, B3) == Y3)} of {len(Y3)} right",
        ),
        (
            "the rules differ on 8 of the 541 pictures, and the distance gets 490 right",
            lambda: (
                f"the rules differ on {np.sum(by_distance() != reference.ovr_predict(X3, W3, B3))} of the 541"
                f" pictures, and the distance gets {np.sum(by_distance() == Y3)} right"
            ),
        ),
        (
            "its template is one of the three longest, 3.58",
            lambda: (
                f"its template is {'' if 8 in np.argsort(-np.linalg.norm(TEMPLATES, axis=0))[:3] else 'not '}"
                f"one of the three longest, {np.linalg.norm(TEMPLATES[:, 8]):.2f}"
            ),
        ),
        (
            "now the 9 wins too often, 209 times, with 180 nines",
            lambda: (
                f"now the 9 wins too often, {wins(reference.best_template(X_ALL, TEMPLATES))[9]} times,"
                f" with {wins(Y_ALL)[9]} nines"
            ),
        ),
        (
            "1,628 of 1,797 are right, 22 more than before",
            lambda: (
                f"{cured():,} of {len(Y_ALL):,} are right,"
                f" {cured() - np.sum(by_template_sum() == Y_ALL)} more than before"
            ),
        ),
        (
            "Start at $w = (4.5, -6)$, where 26 of the 360 are wrong",
            lambda: f"Start at $w = (4.5, -6)$, where {360 * count(START):.0f} of the {len(Y)} are wrong",
        ),
        (
            "with either weight 0.02 more or less, the same 26 pictures are wrong",
            lambda: f"with either weight 0.02 more or less, the same {wrong_around(0.02)} pictures are wrong",
        ),
        (
            "comes from 0.072 wrong to 0.011",
            lambda: f"comes from {count(START):.3f} wrong to {count(end_by_squares()):.3f}",
        ),
        ("130 evaluations a step, 39,000 in all", lambda: f"{2 * 65} evaluations a step, {300 * 2 * 65:,} in all"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_text_gives_what_is_measured(words, measured):
    assert measured() == words and words in prose()


START = np.array([4.5, -6.0])


def count(w):
    return np.mean((X @ w - 1.3 > 0) != Y)


def squared(w):
    return np.mean((sigmoid(X @ w - 1.3) - Y) ** 2)


def end_by_squares():
    return descend(lambda w: numerical_gradient(squared, w), START, 30.0, 100)[-1]


def wrong_around(turn):
    """How many pictures are wrong with either weight a little more or less; they are the same ones everywhere."""
    wrong = (X @ START - 1.3 > 0) != Y
    for step in turn * np.array([[1, 0], [-1, 0], [0, 1], [0, -1]]):
        np.testing.assert_array_equal((X @ (START + step) - 1.3 > 0) != Y, wrong)
    return np.sum(wrong)


def test_counting_stays_where_it_starts_and_is_flat_in_the_left_half_of_the_map():
    np.testing.assert_array_equal(descend(lambda w: numerical_gradient(count, w), START, 30.0, 100)[-1], START)
    shares = [count(np.array([w1, w2])) for w1 in np.linspace(-8, 0, 17) for w2 in np.linspace(-14, -1, 27)]
    assert len(shares) == 459 and np.ptp(shares) == 0


def test_downhill_is_to_the_right_at_the_start():
    right = START + np.array([0.5, 0.0])
    assert count(right) < count(START) and squared(right) < squared(START)


def wins(answers):
    return np.bincount(answers, minlength=10)


def by_template_sum():
    return np.argmax(X_ALL @ TEMPLATES, axis=1)


def cured():
    return np.sum(reference.best_template(X_ALL, TEMPLATES) == Y_ALL)


def over_the_mean():
    return X_ALL.mean(axis=0) @ TEMPLATES


def test_the_eight_is_cured_and_the_nine_falls_ill():
    eight, nine = (
        [wins(a)[d] - wins(Y_ALL)[d] for a in (by_template_sum(), reference.best_template(X_ALL, TEMPLATES))]
        for d in (8, 9)
    )
    assert (eight, nine) == ([59, -2], [-5, 29])
    assert np.argmax(over_the_mean()) == 8


def by_distance():
    distances = [reference.signed_distance(X3, w, b) for w, b in zip(W3.T, B3, strict=True)]
    return np.argmax(distances, axis=0)


def mistakes_near(distance):
    near = np.abs(reference.signed_distance(X, W, B)) < distance
    assert not np.any(((X @ W + B > 0) != Y) & ~near)
    return np.sum(((X @ W + B > 0) != Y) & near)


def right_at(angle, offset):
    normal = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
    return np.sum((X @ normal - offset > 0) == Y)


def most_right():
    """The most any line gets right: one through each pair of pictures, moved a little to either side."""
    i, j = np.triu_indices(len(X), 1)
    along = (X[j] - X[i])[np.any(X[j] != X[i], axis=1)]
    foot = X[i][np.any(X[j] != X[i], axis=1)]
    best = 0
    for tilt in (-1e-6, 1e-6):
        normals = np.stack([-along[:, 1] + tilt * along[:, 0], along[:, 0] + tilt * along[:, 1]], axis=1)
        sums = X @ normals.T - np.sum(normals * foot, axis=1)
        for shift in (-1e-7, 1e-7):
            right = ((sums > shift) == Y[:, None]).sum(axis=0)
            best = max(best, right.max(), len(Y) - right.min())
    return best


def test_the_weights_given_are_those_that_descent_finds():
    np.testing.assert_allclose(trained(ones(X), Y, 30.0, 200), [B, *W], atol=0.05)
    for j in range(3):
        theta = trained(ones(X3), Y3 == j, 30.0, 300)
        np.testing.assert_allclose(theta, [B3[j], *W3[:, j]], atol=0.05)


def test_no_number_is_so_near_to_an_edge_that_another_machine_could_decide_otherwise():
    assert np.abs(X @ W + B).min() > 1e-6
    assert np.abs(X3 @ W3 + B3).min() > 1e-6
    asked = [START]
    plots.two_losses(lambda w: asked.append(w) or 0.0, lambda w: 0.0)
    assert len(asked) == 1 + 57**2 + 97**2
    assert np.abs(X @ np.transpose(asked) - 1.3).min() > 1e-9
    planes = []
    plots.three_lines(X3, Y3, W3, B3, lambda X, W, b: planes.append(X) or reference.ovr_predict(X, W, b), "014")
    best = np.sort(planes[0] @ W3 + B3, axis=1)
    assert (best[:, 2] - best[:, 1]).min() > 1e-9 and np.abs(best[:, 2]).min() > 1e-9


# --- slips -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["their_normal", "how_many", "their_bias"])
def test_a_slip_goes_wrong_where_its_answer_says(name, monkeypatch):
    """And nowhere before; every line before it, and all of them where the answer is 0, hold at every draw."""
    seen, slip = [], argument.slip
    monkeypatch.setattr(argument, "slip", lambda *args: seen.append(args) or slip(*args))
    exercise = next(e for e in notebook.exercises(notebook.read(CHAPTERS["02-discriminants"])) if e.identifier == name)
    answer = getattr(reference, name)
    assert run_check(exercise, answer)[1] is None
    ((_, lines, _, truth, rng),) = seen
    assert not argument.faults(lines, answer[0], truth, rng)


# --- figures ---------------------------------------------------------------------------------------------------------


def theta():
    return np.linspace(-1, 2, 64)


# name: (data, the figure of such data)
PLOTS = {
    "sums": (np.array([2.0, 3.0, 1.0]), lambda v: plots.sums(v[:2].round(2), v[2])),
    "far_and_near": (
        reference.signed_distance(X, W, B),
        lambda distance: plots.far_and_near(PICTURES, X, Y, W, B, distance),
    ),
    "arrow_and_offset": (np.array([45.0, 0.35]), lambda v: plots.arrow_and_offset(X, Y, *v)),
    "three_lines": (
        W3,
        lambda W3: plots.three_lines(X3, Y3, W3, B3, reference.ovr_predict, "014"),
    ),
    "template": (theta(), lambda w: plots.template(w, 0.2, PICTURES[0], PICTURES[1])),
    "templates": (TEMPLATES, lambda T: plots.templates(T, *np.arange(30).reshape(3, 10))),
    "two_losses": (np.array([1.3]), lambda v: plots.two_losses(count, lambda w: v[0] * np.sum(w))),
}


def test_every_plot_is_tried_here():
    public = {n for n, v in vars(plots).items() if getattr(v, "__module__", "") == plots.__name__ and n[0] != "_"}
    assert public - {"arrow_sliders"} == set(PLOTS)


@pytest.mark.parametrize("name", PLOTS)
def test_digest_follows_the_data_and_not_the_looks(name):
    judge_figure(*PLOTS[name], entries=int(name != "sums"))  # it writes whole numbers


def words(axes):
    return [word.get_text().replace("\N{MINUS SIGN}", "-") for word in axes.texts]


def test_sums_are_written_at_their_points():
    axes = plots.sums(np.array([2.0, 3.0]), 1.0).axes[0]
    written = {
        tuple(word.get_position()): float(text) for word, text in zip(axes.texts, words(axes), strict=True) if text
    }
    assert len(written) == 9 * 7
    assert all(z == 2 * x1 + 3 * x2 + 1 for (x1, x2), z in written.items())
    np.testing.assert_allclose(axes.lines[0].get_xydata() @ [2, 3] + 1, 0, atol=1e-9)
    (arrow,) = (word for word in axes.texts if not word.get_text())
    np.testing.assert_allclose(np.subtract(arrow.xy, arrow.xyann), [2, 3])


def test_far_and_near_runs_from_the_farthest_to_the_farthest_by_right_angles_past_the_worst_mistakes():
    distance = reference.signed_distance(X, W, B)
    top, *small = sorted(plots.far_and_near(PICTURES, X, Y, W, B, distance).axes, key=lambda a: len(a.texts) < 3)
    shown = [float(words(axes)[0]) for axes in small]
    evenly = np.linspace(distance.min(), distance.max(), 7)
    np.testing.assert_allclose(np.delete(shown, [2, 3]), np.delete(evenly, [2, 3]), atol=0.03)
    wrong = distance[(distance > 0) != Y]
    np.testing.assert_allclose(shown[2:4], [wrong.min(), wrong.max()], atol=0.006)
    ways = [line.get_xydata() for line in top.lines if len(line.get_xydata()) == 2][1:]
    assert len(ways) == 7
    for way, d in zip(ways, shown, strict=True):
        assert way[1] @ W + B == pytest.approx(0, abs=1e-6)
        np.testing.assert_allclose(way[0] - way[1], d * W / np.hypot(*W), atol=0.006)


@pytest.mark.parametrize("angle, offset", [(45, 0.35), (-57, -0.15), (180, -0.3)])
def test_arrow_stands_on_the_line_it_turns(angle, offset):
    axes = plots.arrow_and_offset(X, Y, angle, offset).axes[0]
    normal = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
    lines = [line.get_xydata() for line in axes.lines]
    (line,) = [xy for xy in lines if len(xy) == 2 and np.ptp(xy @ normal) < 1e-9 and np.hypot(*(xy[1] - xy[0])) > 2]
    np.testing.assert_allclose(line @ normal, offset, atol=1e-9)
    (arrow,) = (word for word in axes.texts if not word.get_text())
    np.testing.assert_allclose(np.subtract(arrow.xy, arrow.xyann), 0.16 * normal, atol=1e-9)
    assert np.array(arrow.xyann) @ normal == pytest.approx(offset)
    assert f"{right_at(angle, offset)} of 360 right" in words(axes)


def test_three_lines_colours_by_prediction_and_hatches_what_nobody_claims():
    axes = plots.three_lines(X3, Y3, W3, B3, reference.ovr_predict, "014").axes[0]
    (image,) = axes.images
    left, right, low, high = image.get_extent()
    rows, columns = image.get_array().shape
    for x1, x2 in [(0.1, 0.5), (0.9, 0.1), (0.6, 0.6), (0.5, 0.4)]:
        row, column = round((x2 - low) / (high - low) * (rows - 1)), round((x1 - left) / (right - left) * (columns - 1))
        assert image.get_array()[row, column] == np.argmax(np.array([x1, x2]) @ W3 + B3)
    (nobody,) = (word for word in axes.texts if word.get_text() == "nobody")
    assert (np.array(nobody.get_position()) @ W3 + B3 < 0).all()
    (hatched,) = (c for c in axes.collections if getattr(c, "hatches", [None]) == ["//"])
    points = np.array([(0.1, 0.5), (0.9, 0.1), (0.6, 0.6), (0.5, 0.4), (0.3, 0.3)])
    inside = hatched.get_paths()[0].contains_points(points)
    np.testing.assert_array_equal(inside, (points @ W3 + B3 < 0).all(axis=1))
    assert inside.any() and not inside.all()
    everybody = plots.three_lines(X3, Y3, W3, B3 + 100, reference.ovr_predict, "014").axes[0]
    assert "nobody" not in words(everybody)


def test_template_adds_up():
    w = theta()
    fig = plots.template(w, 0.2, PICTURES[0], PICTURES[1])
    for axes, x in zip(fig.axes[1:], PICTURES[:2], strict=True):
        np.testing.assert_allclose(np.ravel(axes.images[0].get_array()), w * x)
        assert words(axes) == [f"sum {w @ x + 0.2:+.1f}"]


def test_two_losses_enlarges_the_little_square():
    fig = plots.two_losses(lambda w: w[0], lambda w: w[1])
    maps = [axes.images[0] for axes in fig.axes]
    assert [m.get_extent() for m in maps] == 2 * [[-8, 20, -14, 6]] + 2 * [[4, 5, -6.5, -5.5]]
    np.testing.assert_allclose(maps[0].get_array()[0, [0, -1]], [-8, 20])
    np.testing.assert_allclose(maps[3].get_array()[[0, -1], 0], [-6.5, -5.5])


# --- the widget ------------------------------------------------------------------------------------------------------


def test_sliders_turn_and_move_the_line_and_reset_brings_it_back(monkeypatch):
    made = []
    monkeypatch.setattr(plots, "new_figure", lambda height: made.append(house.new_figure(height)) or made[0])
    *rows, reset, output = plots.arrow_sliders(X, Y).children
    angle, offset = (row.children[1] for row in rows)
    artists, first = len(made[0][1].get_children()), output.value
    redraws = []
    monkeypatch.setattr(made[0][0].canvas, "draw", lambda: redraws.append(1))
    for slider, value in ((angle, -57), (offset, -0.15)):
        before = output.value
        slider.value = value
        assert picture(output) != picture(output, before) and len(picture(output)) < 60_000
    assert f"angle -57 degrees, offset -0.15: {right_at(-57, -0.15)} of 360 right" in output.value
    assert right_at(-57, -0.15) == 357
    assert len(made[0][1].get_children()) == artists and not redraws  # only what moves is drawn
    reset.click()
    assert output.value == first and "213 of 360 right" in first
    assert {row.layout.width for row in rows} == {widgets.WIDE["layout"]["width"]}


def picture(output, value=None):
    return base64.b64decode(re.search(r'src="data:image/png;base64,([^"]*)"', value or output.value)[1])
