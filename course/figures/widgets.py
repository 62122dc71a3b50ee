"""The widgets of the course: a picture that answers its sliders.  Show one with `show_widget(widget, text)`.

Each is a VBox of labelled sliders, a reset button and an HTML picture whose alt text carries the numbers.
"""

import html

import ipywidgets
import numpy as np

from course.figures.house import canvas_png, img, in_house_style, new_figure
from course.figures.plots import descent, landscape, neuron, two_classes

DPI = 110  # a move must take well under 100 ms


def neuron_sliders(X, y):
    """Turn w1, w2 and b of a neuron by hand and read how many pictures it gets right.

    X (n, 2): middle ink, side ink; y (n,) of 0 and 1.
    """
    fig, axes = _drawn(two_classes, X, y)
    sliders = [
        ipywidgets.FloatSlider(value, description=name, min=-10, max=10, step=0.1, readout_format=".1f", **WIDE)
        for name, value in (("weight w1", 1.0), ("weight w2", 1.0), ("bias b", -0.5))
    ]

    def draw(w1, w2, b):
        z = X @ [w1, w2] + b
        right = np.sum((z > 0) == y)
        return neuron(axes, X, y, np.array([w1, w2]), b), (
            f"w1 = {w1:.1f}, w2 = {w2:.1f}, b = {b:.1f}: {right} of {len(y)} right ({100 * right / len(y):.1f} %)"
        )

    return _live(fig, draw, sliders, "Back to the start")


def rate_slider(loss, gradient, start=(0.0, -6.0), rate=1.0, steps=30, between=((-8, 20), (-14, 6))):
    """Choose a learning rate and see the path of gradient descent on the map of the loss over (w1, w2).

    loss(w) gives a number and gradient(w) a (2,) for w (2,); the rate runs from 0.1 to 1000 on a log scale.
    """
    fig, axes = _drawn(landscape, loss, between)
    look = {"readout_format": ".1f", **WIDE}
    slider = ipywidgets.FloatLogSlider(rate, description="learning rate", min=-1, max=3, step=0.1, **look)

    def draw(rate):
        path = [np.array(start, dtype=float)]
        for _ in range(steps):
            path.append(path[-1] - rate * gradient(path[-1]))
        first, last = loss(path[0]), loss(path[-1])
        words = f"learning rate {rate:.1f}: the loss goes from {first:.3f} to {last:.3f} in {steps} steps"
        on_map = all(low <= w <= high for w, (low, high) in zip(path[-1], between, strict=True))
        return descent(axes, loss, np.array(path)), words + ("" if on_map else ", and the path leaves the map")

    return _live(fig, draw, [slider], "Start over")


WIDE = {"style": {"description_width": "110px"}, "layout": {"width": "min(100%, 520px)"}}


@in_house_style()
def _drawn(plot, *data):
    fig, axes = new_figure(4.6)
    plot(axes, *data)
    return fig, axes


def _live(fig, draw, sliders, reset_label):
    """A VBox in which draw(*values), which returns artists and a sentence, draws over fig whenever a slider moves."""
    start = [slider.value for slider in sliders]
    picture = ipywidgets.HTML()
    reset = ipywidgets.Button(description=reset_label, icon="undo", tooltip="all sliders as they were at first")
    with in_house_style():
        fig.set_dpi(DPI)
        fig.canvas.draw()
    background = fig.canvas.copy_from_bbox(fig.bbox)

    @in_house_style()
    def redraw(change=None):
        fig.canvas.restore_region(background)
        artists, words = draw(*(slider.value for slider in sliders))
        for artist in sorted(artists, key=lambda artist: artist.zorder):
            artist.axes.draw_artist(artist)
            artist.remove()
        picture.value = img(canvas_png(fig), words, int(80 * fig.get_figwidth())) + f"<p>{html.escape(words)}</p>"

    def back(button):
        for slider, value in zip(sliders, start, strict=True):
            slider.value = value

    for slider in sliders:
        slider.observe(redraw, "value")
    reset.on_click(back)
    redraw()
    return ipywidgets.VBox([*sliders, reset, picture])
