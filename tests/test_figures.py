"""Figures: every plot draws, its digest follows the data and nothing else, and nothing is shown without alt text."""

import asyncio
import base64
import io
import itertools
import re

import ipywidgets
import matplotlib
import numpy as np
import pytest
from course_under_test import judge_figure
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from course.data import digits
from course.figures import house, payoff, plots, show, show_widget, widgets

X, Y = digits()
X, Y = X[Y < 2], Y[Y < 2]
INK = X.reshape(-1, 8, 8)[:, 2:6]
FEATURES = np.stack([INK[:, :, 3:5].mean((1, 2)), INK[:, :, [1, 2, 5, 6]].mean((1, 2))], axis=1)
WIDGETS = ["neuron_sliders", "rate_slider"]


def logistic(z):
    return 0.5 * (1 + np.tanh(z / 2))


def loss(w):
    return float(np.mean((logistic(FEATURES @ w) - Y) ** 2))


def gradient(w):
    a = logistic(FEATURES @ w)
    return FEATURES.T @ (2 * (a - Y) * a * (1 - a)) / len(Y)


def central(f, x, h):
    return (f(x + h) - f(x - h)) / (2 * h)


def bell(x):
    return 1 / (1 + x * x)


# name: (data, the figure of such data)
PLOTS = {
    "digit_grid": (X[:16], lambda X: plots.digit_grid(X, Y[:16])),
    "ink_regions": (X[:2], lambda X: plots.ink_regions(*X)),
    "ink_scatter": (FEATURES, lambda features: plots.ink_scatter(features, Y)),
    "neuron_line": (np.array([6.0, -3.0, -1.0]), lambda v: plots.neuron_line(FEATURES, Y, v[:2], v[2])),
    "step_and_logistic": (np.array([1.0]), lambda v: plots.step_and_logistic(lambda z: logistic(v[0] * z))),
    "difference_error": (np.array([0.7]), lambda v: plots.difference_error(central, bell, v[0], -1.4 / 1.49**2)),
    "loss_curves": (
        np.array([[0.9, 0.5, 0.3], [0.9, 0.8, 0.7], [0.9, 2.0, 0.71]]),
        lambda v: plots.loss_curves({"rate 1": v[0], "rate 0.1": v[1], "rate 10": v[2]}),
    ),
    "loss_map": (np.array([[-4.0, 4.0], [-1.0, 1.0], [3.0, -5.0]]), lambda path: plots.loss_map(loss, path)),
    "bill": (np.array([[3.0, 6], [65, 130], [9610, 19220]]), lambda v: plots.bill({"differences": v})),
    "secant_and_tangent": (np.array([0.7]), lambda v: plots.secant_and_tangent(bell, v[0], 0.4, -1.4 / 1.49**2)),
    "xor_points": (None, lambda _: plots.xor_points()),
}


@pytest.fixture
def shown(monkeypatch):
    """What was displayed, as a list of (mime bundle, metadata)."""
    bundles = []
    monkeypatch.setattr(
        "IPython.display.display", lambda bundle, raw, metadata=None: bundles.append((bundle, metadata or {}))
    )
    return bundles


def picture(card):
    return base64.b64decode(re.search(r'src="data:image/png;base64,([^"]*)"', card)[1])


def alt_text(card):
    return re.search(r'alt="([^"]*)"', card)[1]


# --- plots -----------------------------------------------------------------------------------------------------------


def test_every_plot_is_tried_here():
    helpers = {"two_classes", "neuron", "landscape", "descent", "apart"}
    public = {name for name, value in vars(plots).items() if getattr(value, "__module__", "") == plots.__name__}
    assert {name for name in public if not name.startswith("_")} - helpers == set(PLOTS)


@pytest.mark.parametrize("name", PLOTS)
def test_digest_follows_the_data_and_not_the_looks(name):
    judge_figure(*PLOTS[name])


def test_digest_sees_every_kind_of_artist():
    def draw(line=1.0, point=1.0, fill=1.0, image=1.0, bar=1.0, word="one", at=1.0, label="x"):
        fig, axes = house.new_figure()
        axes.plot([0, 1, 2], [0.5, 2.5 * line, 1])
        axes.scatter([0, 1], [0, 3 * point])
        axes.fill_between([0, 1, 2], [1, 2 * fill, 3])
        axes.imshow([[0, image]])
        axes.bar([0.5], [2 * bar])
        axes.text(0.5, at, word)
        axes.set_xlabel(label)
        return house.digest(fig)

    changes = [{name: 1.0001} for name in ("line", "point", "fill", "image", "bar", "at")]
    digests = {draw(**change) for change in [{}, {"word": "two"}, {"label": "y"}, *changes]}
    assert len(digests) == 9
    assert draw(line=1 + 1e-9, at=1 - 1e-9) == draw()
    assert draw() == "1b28c8bffa"  # whatever the version of matplotlib


def test_digest_takes_rounding_noise_for_zero():
    def draw(tiny):
        fig, axes = house.new_figure()
        axes.plot([0, 1], [tiny, 1.0])
        return house.digest(fig)

    assert draw(3e-16) == draw(-1e-17) == draw(0.0) != draw(1e-12)


def test_ink_regions_write_the_features():
    fig = plots.ink_regions(X[0], X[1])
    for axes, (middle, sides) in zip(fig.axes, FEATURES[:2], strict=True):
        assert [word.get_text() for word in axes.texts] == [f"middle {middle:.2f}", f"sides {sides:.2f}"]


@pytest.mark.parametrize("w, b", [((6, -3), -1), ((-6, 3), 1), ((0.1, 0), -3), ((0, 5), -2)])
def test_neuron_is_drawn_where_it_decides(w, b):
    axes = plots.neuron_line(FEATURES, Y, np.array(w), b).axes[0]
    says_one = FEATURES @ w + b > 0
    (line,), (side,), rings = axes.lines, axes.patches, axes.collections[-1]
    np.testing.assert_allclose(line.get_xydata() @ w + b, 0, atol=1e-9)
    np.testing.assert_array_equal(side.get_path().contains_points(FEATURES), says_one)
    np.testing.assert_array_equal(rings.get_offsets(), FEATURES[says_one != Y])
    assert axes.texts[-1].get_text() == f"{np.sum(says_one == Y)} of 360 right"


def test_neuron_without_weights_has_no_line():
    axes = plots.neuron_line(FEATURES, Y, np.zeros(2), 0.5).axes[0]
    assert not axes.lines and axes.texts[-1].get_text() == f"{np.sum(Y)} of 360 right"


def test_best_h_is_the_smallest_error():
    axes = plots.difference_error(central, bell, 0.7, -1.4 / 1.49**2).axes[0]
    (h, error), ((best,), (least,)) = axes.lines[1].get_data(), axes.lines[2].get_data()
    forward = axes.lines[0].get_ydata()
    np.testing.assert_allclose(forward[0], abs((bell(0.8) - bell(0.7)) / 0.1 + 1.4 / 1.49**2))
    assert least == error.min() and best == h[error.argmin()]
    assert axes.texts[0].get_text() == f"best: h = {best:.0e}"


def test_labels_of_lines_keep_apart():
    heights = [word.get_position()[1] for word in PLOTS["loss_curves"][1](PLOTS["loss_curves"][0]).axes[0].texts]
    assert np.diff(sorted(heights)).min() >= 0.08 * 2.0 - 1e-12
    assert heights[0] == 0.3


def test_secant_and_tangent_write_their_slopes():
    words = [word.get_text() for word in plots.secant_and_tangent(np.square, 3.0, 0.5, 6.0).axes[0].texts]
    assert words == ["  secant: slope 6.000", "  tangent: slope 6.000"]


def test_loss_map_has_w1_across_and_w2_up():
    axes = plots.loss_map(lambda w: w[0] + 10 * w[1], np.zeros((2, 2)), between=((0, 4), (0, 8))).axes[0]
    (image,) = axes.images
    assert image.get_extent() == [0, 4, 0, 8] and image.origin == "lower"
    np.testing.assert_allclose(image.get_array()[[0, 0, -1], [0, -1, 0]], [0, 4, 80])


def test_bill_grows_by_series():
    fig = plots.bill({"differences": [(3, 6), (65, 130)], "backward": [(3, 2), (65, 3)]})
    words = [word.get_text() for word in fig.axes[0].texts]
    assert words == ["differences", "6", "130", "backward", "2", "3", "the promise: at most 3"]
    np.testing.assert_array_equal(fig.axes[0].lines[-1].get_ydata(), [3, 3])


# --- showing ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("alt", [None, "", "  ", 3])
def test_nothing_is_shown_without_alt(alt, shown, monkeypatch):
    monkeypatch.setattr("autograder.check.green", lambda need: False)
    for way in (
        lambda: show(plots.xor_points(), alt=alt),
        lambda: show_widget(ipywidgets.HTML(), alt),
        lambda: payoff("neurons.sigmoid", plots.xor_points, alt=alt),
    ):
        with pytest.raises(ValueError, match="^A figure needs alt="):
            way()
    assert not shown


def test_a_figure_is_a_card_with_alt_and_digest(shown):
    fig = plots.xor_points()
    show(fig, alt='Four points: "0" & <1> at the corners of a square, equal labels on the diagonals')
    ((bundle, metadata),) = shown
    card = bundle["text/html"]
    assert alt_text(card).startswith("Four points: &quot;0&quot; &amp; &lt;1&gt; at")
    assert Image.open(io.BytesIO(picture(card))).size == (1024, 672)
    assert (
        bundle["text/plain"]
        == f'[Four points: "0" & <1> at the corners of a square, equal ...] data {house.digest(fig)}'
    )
    assert metadata == {}


def test_a_learners_own_figure_is_shown_once(shown):
    from matplotlib import pyplot

    fig, axes = pyplot.subplots()
    axes.plot([1, 2])
    show(fig, alt="a line")
    assert not pyplot.get_fignums() and len(picture(shown[0][0]["text/html"])) > 3_000


def test_looks_do_not_leak(shown):
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        before = dict(matplotlib.rcParams)
        show(plots.step_and_logistic(logistic), alt="a curve")
        widgets.neuron_sliders(FEATURES, Y).children[0].children[1].value = 3
        assert dict(matplotlib.rcParams) == before


# --- payoffs ---------------------------------------------------------------------------------------------------------


def test_payoff_pays(shown, monkeypatch):
    monkeypatch.setattr("autograder.check.green", {"neurons.sigmoid": True, "neurons.slope": True}.get)
    payoff("neurons.sigmoid", plots.xor_points, alt="four points")
    payoff(["neurons.sigmoid", "neurons.slope"], plots.xor_points, alt="four points")
    payoff("neurons.sigmoid", plots.xor_points, alt="four points", name="bend")
    assert [metadata for _, metadata in shown] == [{"payoff": i} for i in ("sigmoid", "sigmoid-slope", "bend")]
    assert shown[0][0]["text/plain"].startswith("[four points] data ")


def test_payoff_of_a_widget(shown, monkeypatch):
    monkeypatch.setattr("autograder.check.green", lambda need: True)
    payoff("neurons.sigmoid", lambda: widgets.neuron_sliders(FEATURES, Y), alt="three sliders")
    assert shown[0][0]["text/plain"] == "[three sliders]"


def test_payoff_waits(shown, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("autograder.check.green", {"neurons.sigmoid": True, "neurons.slope": False}.get)
    needs = ["neurons.sigmoid", "neurons.slope"]
    payoff(needs, pytest.fail, alt="four points")
    (tmp_path / "waiting-sigmoid-slope.png").write_bytes(house.waiting_picture(house.png(plots.xor_points())))
    payoff(needs, pytest.fail, alt="four points")
    (bare, _), (pictured, _) = shown
    assert bare == {
        "text/html": "<p>This figure waits for slope. It comes when its check is green.</p>",
        "text/plain": "This figure waits for slope. It comes when its check is green.",
    }
    assert pictured["text/plain"] == bare["text/plain"]
    assert (
        alt_text(pictured["text/html"])
        == "A faded preview of a figure. This figure waits for slope. It comes when its check is green."
    )
    assert picture(pictured["text/html"]) == (tmp_path / "waiting-sigmoid-slope.png").read_bytes()


def test_payoff_survives_the_learners_function(shown, monkeypatch, tmp_path):
    def sigmoid(z):
        raise KeyError("<z> is missing " + 200 * "x ")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("autograder.check.green", lambda need: True)
    payoff("neurons.sigmoid", lambda: plots.step_and_logistic(sigmoid), alt="a curve")
    ((bundle, _),) = shown
    assert bundle["text/plain"].startswith(
        "Your sigmoid stopped while this figure was drawn: KeyError: '<z> is missing"
    )
    assert "\n" not in bundle["text/plain"] and len(bundle["text/plain"]) < 180
    assert "KeyError: &#x27;&lt;z&gt; is missing" in bundle["text/html"]


@pytest.mark.parametrize("name", PLOTS)
def test_waiting_pictures_are_small_grey_and_faint(name):
    data, draw = PLOTS[name]
    png = house.waiting_picture(house.png(draw(data)))
    red, green, blue = (np.asarray(band) for band in Image.open(io.BytesIO(png)).convert("RGB").split())
    assert len(png) < 30_000
    assert (red == green).all() and (red == blue).all()
    assert 150 < red.min() < 245 and red.max() >= 250


# --- widgets ---------------------------------------------------------------------------------------------------------


def widget(name):
    made = widgets.neuron_sliders(FEATURES, Y) if name == "neuron_sliders" else widgets.rate_slider(loss, gradient)
    *rows, reset, output = made.children
    return [row.children[1] for row in rows], reset, output


@pytest.mark.parametrize("name", WIDGETS)
def test_every_slider_moves_the_picture_and_reset_brings_it_back(name):
    sliders, reset, output = widget(name)
    assert 1 <= len(sliders) <= 3 and all(slider.step for slider in sliders)
    first = output.value
    for slider in sliders:
        before = output.value
        slider.value *= 0.5
        slider.value += 1.5
        assert picture(output.value) != picture(before) and alt_text(output.value) != alt_text(before)
        assert len(picture(output.value)) < 60_000
    reset.click()
    assert output.value == first


@pytest.mark.parametrize("name", WIDGETS)
def test_a_move_draws_only_what_moves_and_leaves_nothing_behind(name, monkeypatch):
    made = []
    monkeypatch.setattr(widgets, "new_figure", lambda height: made.append(house.new_figure(height)) or made[0])
    sliders, _, _ = widget(name)
    artists = len(made[0][1].get_children())
    monkeypatch.setattr(FigureCanvasAgg, "draw", lambda canvas: pytest.fail("the whole figure is drawn again"))
    for slider in sliders:
        slider.value += 1
    assert len(made[0][1].get_children()) == artists


@pytest.mark.parametrize("name", WIDGETS)
def test_every_slider_has_a_field_with_its_name_and_its_number(name):
    made = widgets.neuron_sliders(FEATURES, Y) if name == "neuron_sliders" else widgets.rate_slider(loss, gradient)
    *rows, reset, output = made.children
    for field, slider in (row.children for row in rows):
        assert field.description and field.value == slider.value
        assert not slider.description and not slider.readout  # said once
        slider.value = 2.34567
        assert field.value == 2.3 and slider.value == 2.34567
        before = output.value
        field.value = 3.4
        assert slider.value == 3.4 and output.value != before
        field.value = 1e9
        assert field.value == field.max == slider.value
        field.value = -1e9
        assert field.value == field.min and abs(slider.value - field.min) < 0.05


def test_a_moved_field_draws_once(monkeypatch):
    made = widgets.neuron_sliders(FEATURES, Y)
    drawn, once = [], widgets.canvas_png
    monkeypatch.setattr(widgets, "canvas_png", lambda fig: drawn.append(1) or once(fig))
    made.children[0].children[0].value = 2.5
    made.children[1].children[1].value = 2.54321
    assert len(drawn) == 2


def test_play_moves_on_to_the_end_or_until_it_is_pressed_again_and_never_by_itself():
    slider = widgets.ipywidgets.IntSlider(0, max=3)
    button, style = widgets.play(slider, "train", seconds=0).children
    assert "prefers-reduced-motion" in style.value and "course-play" in button._dom_classes
    seen = []
    slider.observe(lambda change: seen.append(change.new), "value")

    async def pressed(after):
        button.value = True
        for _ in range(after):
            await asyncio.sleep(0)
        stopped = list(seen)
        button.value = False
        for _ in range(9):
            await asyncio.sleep(0)
        return stopped

    assert not button.value and seen == []
    before = asyncio.run(pressed(after=2))
    assert 0 < len(seen) < 3 and len(seen) <= len(before) + 1
    asyncio.run(pressed(after=9))
    assert seen == [1, 2, 3] and not button.value


def test_neuron_sliders_say_what_the_neuron_does():
    sliders, _, output = widget("neuron_sliders")
    for slider, value in zip(sliders, (6, -3, -1), strict=True):
        slider.value = value
    assert alt_text(output.value) == "w1 = 6.0, w2 = -3.0, b = -1.0: 356 of 360 right (98.9 %)"


def test_rate_slider_goes_down_the_given_gradient():
    calls = []

    def valley(w):
        calls.append(w.copy())
        return np.array([2.0, 0.0])

    output = widgets.rate_slider(lambda w: float(w[0]), valley, start=(3.0, 0.0), rate=0.5, steps=4).children[-1]
    np.testing.assert_array_equal(calls, [[3, 0], [2, 0], [1, 0], [0, 0]])
    assert alt_text(output.value) == "learning rate 0.5: the loss goes from 3.000 to -1.000 in 4 steps"


def test_rate_slider_says_when_the_path_leaves_the_map():
    sliders, _, output = widget("rate_slider")
    assert "leaves the map" not in output.value
    sliders[0].value = 1000
    assert alt_text(output.value).endswith("to 0.494 in 30 steps, and the path leaves the map")


def test_a_widget_prints_the_same_text_every_time(shown):
    for _ in range(2):
        show_widget(widgets.neuron_sliders(FEATURES, Y), "Sliders for w1, w2 and b")
    (first, _), (second, _) = shown
    view = "application/vnd.jupyter.widget-view+json"
    assert first["text/plain"] == second["text/plain"] == "[Sliders for w1, w2 and b]"
    assert first[view]["model_id"] != second[view]["model_id"]


# --- colours ---------------------------------------------------------------------------------------------------------

# linear RGB as a deuteranope sees it (Machado, Oliveira, Fernandes 2009, severity 1)
DEUTERANOPIA = np.array([[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]])
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def linear(colour):
    rgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def contrast(a, b):
    """WCAG 2: 3 is enough for lines and marks, 4.5 for text."""
    low, high = sorted(TO_XYZ[1] @ linear(colour) for colour in (a, b))
    return (high + 0.05) / (low + 0.05)


def lab(colour):
    x, y, z = np.cbrt(TO_XYZ @ np.clip(DEUTERANOPIA @ linear(colour), 0, 1) / [0.9505, 1, 1.089])
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def test_colours_stand_out_from_the_card():
    lines = [house.FORWARD, house.BACKWARD, house.WRONG, house.QUIET, house.INK, *house.SHADES, house.CLASS[0]]
    assert min(contrast(colour, house.CARD) for colour in [*lines, house.dark(house.CLASS[1])]) >= 3
    colours = [house.FORWARD, house.BACKWARD, house.WRONG, house.QUIET, *house.CLASS]
    assert min(contrast(house.dark(colour), house.CARD) for colour in colours) >= 4.5
    assert min(contrast(colour, house.CARD) for colour in (house.INK, house.QUIET)) >= 4.5


def test_colours_differ_for_a_deuteranope():
    things = [house.FORWARD, house.BACKWARD, house.WRONG, *house.CLASS]
    distance = {pair: np.linalg.norm(lab(pair[0]) - lab(pair[1])) for pair in itertools.combinations(things, 2)}
    assert distance[house.CLASS] > 80  # told apart point by point
    assert distance[house.FORWARD, house.BACKWARD] > 40
    assert min(distance.values()) > 15  # the rest has a marker, a pattern or a place of its own
