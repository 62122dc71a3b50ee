"""Chapter 7's figures and its widget: they show the numbers they are given, and the digest follows these."""

import base64
import html
import re

import numpy as np
import pytest
from course_under_test import judge_figure
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import QuadMesh
from matplotlib.patches import Rectangle

from course.figures import house
from course.figures import tensor_jacobians as figures

X = np.array([[1.0, 2, 3, 4], [5, 6, 7, 8]])
W = np.array([[1.0, -2, 3], [2, 1, -1], [4, 2, 1], [-3, 1, 2]])
G = np.array([[1.0, -2.0, 4.0], [3.0, 0.5, -1.0]])
J = np.einsum("ia,jc->ijac", X, np.eye(3))
J_X = np.einsum("ir,aj->ijra", np.eye(2), W)
CHAINS = {"to one": (64, 128, 10, 1), "from one": (1, 10, 128, 64)}
GRADIENT = np.random.default_rng(0).normal(size=(64, 9))


def three(dW1):
    return dict.fromkeys(("deltas", "graph", "tensors"), dW1)


def both(right, left):
    return {"from the right": right, "from the left": left}


# name: (data, the figure of such data)
PLOTS = {
    "mosaic": (J, figures.mosaic),
    "one_slice": (J[1, 2], lambda slopes: figures.one_slice(np.broadcast_to(slopes, J.shape), X, 1, 2)),
    "contraction": (G, lambda G: figures.contraction(G, J)),
    "memory": (np.array([2**27, 2**21, 2**18, 2**15]), lambda v: figures.memory(*v[:2], {"most": v[2], "dW": v[3]})),
    "orders": (
        np.array([9472, 82560]),
        lambda v: figures.orders(CHAINS, {"to one": both(*v[::-1]), "from one": both(*v)}),
    ),
    "three_ways": (GRADIENT, lambda dW1: figures.three_ways(three(dW1))),
}


def test_every_figure_is_tried_here():
    public = {name for name, value in vars(figures).items() if getattr(value, "__module__", "") == figures.__name__}
    assert {name for name in public if not name.startswith("_")} - {"slice_picker"} == set(PLOTS)


@pytest.mark.parametrize("name", PLOTS)
def test_digest_follows_the_data_and_not_the_looks(name):
    judge_figure(*PLOTS[name], entries=3)


@pytest.mark.parametrize("name", PLOTS)
def test_nothing_is_cut_off(name):
    data, draw = PLOTS[name]
    fig = draw(data)
    house.png(fig)
    width, height = fig.get_size_inches() * fig.dpi
    for word in fig.axes[0].texts:
        box = word.get_window_extent()
        assert box.x0 > -1 and box.y0 > -1 and box.x1 < width + 1 and box.y1 < height + 1, word.get_text()


def words(fig):
    return [word.get_text() for word in fig.axes[0].texts]


def chips(fig):
    return [word.get_text() for word in fig.axes[0].texts if word.get_bbox_patch()]


def tables(fig):
    return [part for part in fig.axes[0].collections if isinstance(part, QuadMesh)]


def boxes(fig, filled=False):
    """Corner and size of every rectangle."""
    found = [patch for patch in fig.axes[0].patches if isinstance(patch, Rectangle) and patch.get_fill() == filled]
    return np.array([(*patch.get_xy(), patch.get_width(), patch.get_height()) for patch in found])


def within(fig, table):
    """Which cells of a table lie in some frame."""
    corners = table.get_coordinates()
    middles = (corners[:-1, :-1] + corners[1:, 1:]) / 2
    inside = [np.all((box[:2] < middles) & (middles < box[:2] + box[2:]), axis=-1) for box in boxes(fig)]
    return np.any(inside, axis=0)


# --- the mosaic ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "jacobian, look",
    [
        (J, {}),
        (J_X, {"by": "X", "letters": "ijra", "agree": "ir"}),
        (J[0], {"value": "y", "letters": "jac"}),
        (np.einsum("a,ib->iba", X[0], np.eye(3)), {"value": "y", "letters": "iba", "agree": "ib"}),
    ],
)
def test_tiles_hold_the_jacobian_and_frames_what_is_not_zero(jacobian, look):
    fig = figures.mosaic(jacobian, **look)
    tiles = jacobian.reshape(-1, *jacobian.shape[-2:])
    assert len(tables(fig)) == len(tiles)
    for table, tile in zip(tables(fig), tiles, strict=True):
        np.testing.assert_array_equal(np.ma.filled(table.get_array(), 0), np.abs(tile))
        np.testing.assert_array_equal(within(fig, table), tile != 0)
    for index in np.ndindex(jacobian.shape[:-2]):  # where an index is a chip, its name stands in three parts
        whole = ", ".join(map(str, index))
        assert any(f"{look.get('value', 'Y')}[" in word for word in words(fig)), whole
    *pairs, key = chips(fig)
    assert key == " = ".join(look.get("agree", "jc"))
    assert pairs.count("1") == 2 * sum(place == 1 for place in agreeing(jacobian, look))


def agreeing(jacobian, look):
    at = look.get("letters", "ijac").index(look.get("agree", "jc")[0])
    return [index[at] for index in np.ndindex(jacobian.shape[:-2])]


def test_a_zero_in_the_frame_is_as_loud_as_its_neighbours():
    fig = figures.mosaic(np.einsum("ir,aj->ijra", np.eye(2), np.maximum(W, 0)), by="X", letters="ijra", agree="ir")
    for table in tables(fig):
        np.testing.assert_array_equal(~np.ma.getmaskarray(table.get_array()), within(fig, table))


def test_tiles_lie_as_their_entries_do():
    corners = np.array([table.get_coordinates()[0, 0] for table in tables(figures.mosaic(J))]).reshape(2, 3, 2)
    assert (np.diff(corners[..., 0], axis=1) > 0).all() and np.ptp(corners[..., 0], axis=0).max() < 1e-9
    assert (np.diff(corners[..., 1], axis=0) > 0).all() and np.ptp(corners[..., 1], axis=1).max() < 1e-9


def test_without_marks_nothing_tells_which_indices_agree():
    fig = figures.mosaic(J, marks=False)
    assert not len(boxes(fig)) and not chips(fig)
    assert [word for word in words(fig) if word.startswith("Y[")] == [f"Y[{i}, {j}]" for i in (0, 1) for j in range(3)]


@pytest.mark.parametrize("number, short", [(0.0, "0"), (12.0, "12"), (-3.0, "−3"), (0.2345, "0.23"), (-0.0, "0")])
def test_numbers_are_short(number, short):
    assert figures._number(number) == short


# --- one slice -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("i, j", [(0, 0), (1, 2)])
def test_a_slice_stands_beside_its_row(i, j):
    fig = figures.one_slice(J, X, i, j)
    of_y, of_x, of_slice = tables(fig)
    np.testing.assert_array_equal(of_x.get_array(), X)
    np.testing.assert_array_equal(np.ma.filled(of_slice.get_array(), 0), J[i, j])
    np.testing.assert_array_equal(within(fig, of_x), np.arange(2)[:, None] == np.full(4, i))
    np.testing.assert_array_equal(within(fig, of_slice), np.full((4, 1), True) & (np.arange(3) == j))
    assert f"slopes of Y[{i}, {j}]" in words(fig) and chips(fig) == [f"{i}, {j}", str(i), str(j)]


def test_the_picker_picks_says_and_comes_back(monkeypatch):
    picker = figures.slice_picker(J, X)
    *each, reset, output = picker.children
    rows, columns = (row.children[1] for row in each)
    assert (rows.value, rows.max, columns.value, columns.max) == (0, 1, 1, 2)
    first, seen = output.value, {output.value}
    monkeypatch.setattr(FigureCanvasAgg, "draw", lambda canvas: pytest.fail("the whole figure is drawn again"))
    rows.value = 1
    seen.add(output.value)
    columns.value = 2
    seen.add(output.value)
    said = "Slopes of Y[1, 2] along W that are not 0: column 2: 5, 6, 7, 8. Row 1 of X: 5, 6, 7, 8."
    assert html.unescape(re.search(r'alt="([^"]*)"', output.value)[1]) == said
    assert len(seen) == 3 and len(base64.b64decode(re.search(r'base64,([^"]*)"', output.value)[1])) < 60_000
    reset.click()
    assert output.value == first


def test_the_picker_shows_the_jacobian_it_is_given():
    wrong = np.zeros((2, 3, 4, 3))
    wrong[0, 1, :, 2] = X[1]
    shown = figures.slice_picker(wrong, X).children[-1].value
    assert "column 2: 5, 6, 7, 8. Row 0 of X: 1, 2, 3, 4." in shown
    assert "not 0: none. Row 0" in figures.slice_picker(wrong, X, at=(0, 0)).children[-1].value


# --- contraction -----------------------------------------------------------------------------------------------------


def test_contraction_spreads_adds_and_writes_out_one_entry():
    fig = figures.contraction(G, J, entry=(2, 1))
    dW = X.T @ G
    first, last, *tiles = tables(fig)
    np.testing.assert_array_equal(first.get_array(), np.abs(G))
    np.testing.assert_array_equal(np.ma.filled(last.get_array(), 0), np.abs(dW))
    for tile, (i, j) in zip(tiles, np.ndindex(2, 3), strict=True):
        np.testing.assert_array_equal(np.ma.filled(tile.get_array(), 0), J[i, j])
    factors = [word for word in words(fig) if word.endswith("×")]
    assert factors == ["1 ×", "−2 ×", "4 ×", "3 ×", "0.5 ×", "−1 ×"]
    terms = "1 · 0 + (−2) · 3 + 4 · 0 + 3 · 0 + 0.5 · 7 + (−1) · 0"
    assert f"dW[2, 1] = {terms} = −2.5" in words(fig)
    ringed = np.arange(4)[:, None] * 10 + np.arange(3) == 21
    for table in (last, *tiles):
        np.testing.assert_array_equal(within(fig, table), ringed)


def test_letters_over_the_tables_are_those_of_the_string():
    fig = figures.contraction(G, J)
    letters = [word for word in fig.axes[0].texts if word.get_text() in (*"ijac,", "->")]
    top = sorted((word.get_position()[0], word.get_text()) for word in letters if word.get_fontsize() == 22)
    assert "".join(letter for _, letter in top) == "ij,ijac->ac"
    for word in letters:
        assert (word.get_color() == house.INK) == (word.get_text() in "ac")  # the kept ones


# --- what it costs ---------------------------------------------------------------------------------------------------


def test_areas_are_bytes():
    fig = figures.memory(2**27, 2**21, {"most": 2**18, "dW itself, at its end": 2**15})
    areas = np.prod(boxes(fig, filled=True)[:, 2:], axis=1)
    np.testing.assert_allclose(areas / areas[0] * 2**27, [2**27, 2**21, 2**15, 2**18])
    assert ["the tensor\n128 MiB", "not 0: 2 MiB"] == [word for word in words(fig) if "MiB" in word]
    assert ["dW itself, at\nits end\n32 KiB", "most\n256 KiB"] == [word for word in words(fig) if "KiB" in word]


def test_bars_and_factors_are_to_scale():
    fig = figures.orders(CHAINS, {"to one": both(82560, 9472), "from one": both(9472, 82560)})
    found = boxes(fig, filled=True)[:, 2:].reshape(2, 5, 2)
    np.testing.assert_allclose(found[:, 3:, 0] / found[0, 3, 0], [[1, 9472 / 82560], [9472 / 82560, 1]])
    scale = found[0, 1, 0] / 128
    shapes = np.array([[(10, 1), (128, 10), (64, 128)], [(128, 64), (10, 128), (1, 10)]])
    np.testing.assert_allclose(found[:, :3], np.maximum(scale * shapes, 3))
    assert [word for word in words(fig) if word[0] == "("][:3] == ["(1, 10)", "(10, 128)", "(128, 64)"]
    rows = {round(word.get_position()[1]): [] for word in fig.axes[0].texts if word.get_text().startswith("from the")}
    for word in fig.axes[0].texts:
        rows.get(round(word.get_position()[1]), []).append(word.get_text())
    right, left = "from the right", "from the left"
    assert list(rows.values()) == [[right, "82,560"], [left, "9,472"], [right, "9,472"], [left, "82,560"]]


# --- the end of the course -------------------------------------------------------------------------------------------


def test_three_ways_agree_to_twelve_digits_or_say_how_much_not():
    ways = three(GRADIENT)
    digest = house.digest(figures.three_ways(ways))
    ways["graph"] = GRADIENT * (1 + 1e-15)
    fig = figures.three_ways(ways)
    assert house.digest(fig) == digest
    assert words(fig).count("largest difference: less than 1e-12") == 2
    assert words(fig).count(f"{GRADIENT.flat[np.argmax(np.abs(GRADIENT))]:.10f}") == 3
    ways["tensors"] = ways["graph"] + 2e-12
    assert words(figures.three_ways(ways))[-1] == "largest difference: 2e-12"


def test_three_ways_show_the_six_largest_units():
    pictures = figures.three_ways(three(GRADIENT)).axes[0].images
    assert len(pictures) == 18
    largest = np.argsort(-np.sum(GRADIENT**2, axis=0))[:6]
    for picture, unit in zip(pictures, [*largest] * 3, strict=True):
        shown = picture.get_array().ravel() * np.max(np.abs(GRADIENT))
        np.testing.assert_allclose(shown, GRADIENT[:, unit], atol=2e-3)


def test_three_ways_name_their_units_and_frame_the_entry_that_is_written_out():
    fig = figures.three_ways(three(GRADIENT))
    largest = np.argsort(-np.sum(GRADIENT**2, axis=0))[:6]
    assert [word for word in words(fig) if word.startswith("unit")] == [f"unit {unit}" for unit in largest]
    row, unit = np.unravel_index(np.argmax(np.abs(GRADIENT)), GRADIENT.shape)
    assert words(fig).count(f"dW1[{row}, {unit}] =") == 3
    framed = [picture for picture in np.arange(18) if picture % 6 == list(largest).index(unit)]
    small = [box for box in boxes(fig) if box[2] < 74]
    assert len(small) == 3
    for box, at in zip(small, framed, strict=True):
        left, right, bottom, top = fig.axes[0].images[at].get_extent()
        middle = box[:2] + box[2:] / 2
        place = (middle - (left, min(top, bottom))) * 8 // 74
        assert place[1] * 8 + place[0] == row and left < middle[0] < right


def test_a_large_square_does_not_run_into_its_words():
    fig = figures.memory(2**27, 2**21, {"without it": 2**23, "dW itself": 2**15})
    (word,) = [word for word in fig.axes[0].texts if word.get_text().startswith("without it")]
    assert boxes(fig, filled=True)[-1][[0, 2]].sum() + 10 < word.get_position()[0]
