"""The widgets of the course: a picture that answers its sliders.  Show one with `show_widget(widget, text)`.

Each is a VBox of rows, a reset button and an HTML picture whose alt text carries the numbers.  A row is a slider and,
before it, the same number in a field: ipywidgets gives a field's name to screen readers, a slider's it does not.
"""

import asyncio
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
    fig, axes = drawn(two_classes, X, y)
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

    return live(fig, draw, sliders, "Back to the start")


def rate_slider(loss, gradient, start=(0.0, -6.0), rate=1.0, steps=30, between=((-8, 20), (-14, 6))):
    """Choose a learning rate and see the path of gradient descent on the map of the loss over (w1, w2).

    loss(w) gives a number and gradient(w) a (2,) for w (2,); the rate runs from 0.1 to 1000 on a log scale.
    """
    fig, axes = drawn(landscape, loss, between)
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

    return live(fig, draw, [slider], "Start over")


LESS_MOTION = "<style>@media (prefers-reduced-motion: reduce) { .course-play { display: none } }</style>"
WIDE = {"style": {"description_width": "110px"}, "layout": {"width": "min(100%, 520px)"}}


@in_house_style()
def drawn(plot, *data):
    """A figure on which plot(axes, *data) has drawn what never moves, and its axes."""
    fig, axes = new_figure(4.6)
    plot(axes, *data)
    return fig, axes


def live(fig, draw, sliders, reset_label):
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
        said = f'<p role="status">{html.escape(words)}</p>'
        picture.value = img(canvas_png(fig), words, int(80 * fig.get_figwidth())) + said

    def back(button):
        for slider, value in zip(sliders, start, strict=True):
            slider.value = value

    for slider in sliders:
        slider.observe(redraw, "value")
    reset.on_click(back)
    redraw()
    return ipywidgets.VBox([*map(row, sliders), reset, picture])


def row(slider):
    """The slider with the same number in a field before it, which takes over its name and its readout."""
    low, high, step, digits = slider.min, slider.max, slider.step, int(slider.readout_format.strip(".df") or 0)
    kind = ipywidgets.BoundedFloatText if digits else ipywidgets.BoundedIntText
    if isinstance(slider, ipywidgets.FloatLogSlider):
        low, high, step = slider.base**low, slider.base**high, None
    name = {"description": slider.description, "tooltip": slider.description, "style": WIDE["style"]}
    field = kind(min=round(low, digits), max=high, step=step, layout={"width": "200px"}, **name)
    slider.description, slider.readout, slider.layout = "", False, {"flex": "1 1 200px", "width": "auto"}
    ipywidgets.link((slider, "value"), (field, "value"), (lambda value: round(value, digits), lambda value: value))
    return ipywidgets.HBox([field, slider], layout={"flex_flow": "row wrap", **WIDE["layout"]})


def play(slider, name, seconds=0.2):
    """A button that moves the slider on, step by step, until it is pressed again; it never starts by itself.

    Who has asked their system for less motion does not see it.
    """
    button = ipywidgets.ToggleButton(description=name, icon="play", tooltip="moves on until it is pressed again")
    button.add_class("course-play")

    async def moves():
        while button.value and slider.value < slider.max:
            slider.value += slider.step
            await asyncio.sleep(seconds)
        button.value = False

    def pressed(change):
        if change.new:
            button.moves = asyncio.ensure_future(moves())  # kept: a loop may forget what nobody holds

    button.observe(pressed, "value")
    return ipywidgets.HBox([button, ipywidgets.HTML(LESS_MOTION)])
