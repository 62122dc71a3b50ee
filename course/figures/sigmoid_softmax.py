"""The figures and the widget of chapter 3."""

import ipywidgets
import numpy as np
from matplotlib.patches import Rectangle

from course.figures.discriminants import SIGNED
from course.figures.house import (
    BACKWARD,
    CARD,
    DASHES,
    FORWARD,
    INK,
    QUIET,
    WRONG,
    dark,
    in_house_style,
    new_figure,
)
from course.figures.widgets import WIDE, live


@in_house_style()
def two_pictures(four, seven, rows=(2, 4), columns=(1, 3)):
    """A 4 and a 7 with one region outlined, its mean ink under each.  four, seven (8, 8) ink between 0 and 1."""
    fig, pair = new_figure(3.6, columns=2)
    for axes, picture in zip(pair, (four, seven), strict=True):
        axes.axis("off")
        axes.imshow(picture, cmap="Greys", vmin=0, vmax=1)
        axes.add_patch(Rectangle((-0.5, -0.5), 8, 8, fill=False, edgecolor=QUIET))
        corner = columns[0] - 0.5, rows[0] - 0.5
        sides = columns[1] - columns[0], rows[1] - rows[0]
        axes.add_patch(Rectangle(corner, *sides, fill=False, edgecolor=FORWARD, linewidth=4))
        ink = picture[slice(*rows), slice(*columns)].mean()
        axes.text(3.5, 8.4, f"ink {ink:.2f}", fontsize=16, fontweight="bold", color=dark(FORWARD), ha="center")
        axes.set_ylim(8.7, -0.7)
    return fig


@in_house_style()
def counted_odds(z, is_one, at=range(-3, 5)):
    """The log of the odds counted in groups of examples, over the mean of their sums, and the line on which both agree.

    z (n,) sums, is_one (n,) of 0 and 1; a group holds the sums near one number of `at`, the last those above it too.
    """
    fig, axes = new_figure(4.6)
    nearest = np.minimum(np.floor(z + 0.5), at[-1])
    groups = [nearest == c for c in at]
    means = np.array([np.mean(z[group]) for group in groups])
    ones = np.array([np.sum(is_one[group]) for group in groups])
    others = np.array([np.sum(group) for group in groups]) - ones
    axes.plot([at[0] - 0.2, at[-1] + 0.4], [at[0] - 0.2, at[-1] + 0.4], color=INK, linestyle=DASHES)
    axes.plot(means, np.log(ones / others), "o", color=FORWARD, markersize=12, markeredgecolor=INK)
    for c, one, other in zip(means, ones, others, strict=True):
        near = {"textcoords": "offset points", "va": "center", "fontweight": "bold"}
        left = np.log(one / other) > c
        axes.annotate(
            f"{one} : {other}",
            (c, np.log(one / other)),
            (-12 if left else 12, 0),
            ha="right" if left else "left",
            **near,
        )
    axes.set(xlabel="what the neuron says: z (no unit)", ylabel="log of the counted odds", xlim=(-3.6, 5.6))
    return fig


@in_house_style()
def probability_and_slope():
    """The logistic function and, below on the same axis, its slope, with the largest value marked."""
    z = np.linspace(-6, 6, 241)
    s = 0.5 * (1 + np.tanh(z / 2))
    fig, (above, below) = new_figure(4.8, rows=2, sharex=True)
    above.plot(z, s, color=FORWARD, linewidth=3.5)
    above.set(ylabel="probability s", yticks=[0, 0.5, 1])
    below.plot(z, s * (1 - s), color=BACKWARD, linewidth=3.5)
    below.plot([-6, 0], [0.25, 0.25], color=QUIET, linestyle=DASHES, linewidth=1.5)
    below.plot(0, 0.25, "o", color=BACKWARD, markersize=10, markeredgecolor=INK)
    below.text(0.5, 0.25, "a quarter, at z = 0", color=dark(BACKWARD), fontweight="bold", va="center")
    below.set(xlabel="the weighted sum z (no unit)", ylabel="its slope", yticks=[0, 0.25], ylim=(-0.01, 0.29))
    return fig


@in_house_style()
def far_out(log_sigmoid):
    """log of the logistic function from -1000 to 200: `log_sigmoid` (a function of an array), and where a log of the
    usual form ends."""
    fig, axes = new_figure(4.2)
    edge = -709.0  # e to the 710 is too large for a float
    z = np.array([-1000.0, edge, *np.arange(-700.0, 201.0, 25)])
    axes.plot(z, log_sigmoid(z), color=FORWARD, linewidth=9)  # wide, so that the dashes show on it
    axes.plot(z[z >= edge], np.minimum(z[z >= edge], 0), color=CARD, linewidth=4)
    axes.plot(z[z >= edge], np.minimum(z[z >= edge], 0), color=dark(WRONG), linestyle=DASHES, linewidth=3)
    axes.plot(edge, edge, "o", markersize=14, markerfacecolor="none", markeredgecolor=WRONG, markeredgewidth=2.5)
    near = {"textcoords": "offset points", "fontweight": "bold"}
    axes.annotate("the log of the usual\nform ends here: -inf", (edge, edge), (22, -16), color=dark(WRONG), **near)
    axes.annotate("yours", (-1000, -790), (0, 0), color=dark(FORWARD), **near)
    axes.set(
        xlabel="the weighted sum z (no unit)", ylabel="log of the probability", xticks=[-1000, -709, -400, -200, 0]
    )
    return fig


def _bars(axes, P, best, temperature):
    bars = axes.bar(range(len(P)), P, color=[FORWARD if c == best else QUIET for c in range(len(P))])
    said = f"temperature {temperature:g}"
    word = axes.text(len(P) - 0.5, 1.0, said, ha="right", va="top", fontsize=13, fontweight="bold")
    return [*bars, word]


def _frame(axes, k):
    axes.set(xticks=range(k), ylim=(0, 1.08), xlim=(-0.6, k - 0.4), yticks=[0, 0.5, 1])


@in_house_style()
def three_temperatures(softmax, z, picture, temperatures=(5.0, 1.0, 0.1)):
    """A picture, and softmax(z / T) of its scores z as bars for three temperatures T.

    softmax takes (n, k); z (k,), picture (8, 8).
    """
    fig, grid = new_figure(5.4, rows=2, columns=2)
    first, *rest = grid.ravel()
    first.axis("off")
    first.imshow(picture, cmap="Greys", vmin=0, vmax=1)
    first.add_patch(Rectangle((-0.5, -0.5), 8, 8, fill=False, edgecolor=QUIET))
    for axes, temperature in zip(rest, temperatures, strict=True):
        _bars(axes, np.array(softmax(z[None] / temperature))[0], np.argmax(z), temperature)
        _frame(axes, len(z))
        axes.set(xlabel="class", ylabel="probability")
    return fig


def temperature_slider(softmax, z):
    """Slide the temperature T and see softmax(z / T) of the scores z.  softmax takes (n, k); z (k,)."""
    with in_house_style():
        fig, axes = new_figure(3.6)
        _frame(axes, len(z))
        axes.set(xlabel="class", ylabel="probability")
    look = {"readout_format": ".2f", **WIDE}
    slider = ipywidgets.FloatLogSlider(1.0, description="temperature", min=-1.5, max=1.5, step=0.1, **look)

    def draw(temperature):
        P = np.array(softmax(z[None] / temperature))[0]
        first, second = np.argsort(-z)[:2]
        words = f"temperature {temperature:.2f}: {P[first]:.3f} for class {first}, {P[second]:.3f} for class {second}"
        return _bars(axes, P, first, round(temperature, 2)), f"{words}; the ten sum to {P.sum():.3f}"

    return live(fig, draw, [slider], "Back to 1")


@in_house_style()
def slope_table(J, s):
    """A Jacobian (k, k) as coloured numbers, row j for s[j] and column i for score i.

    The values s (k,) stand at the left, the sums of the rows at the right.
    """
    fig, axes = new_figure(4.8)
    k, most = len(J), np.max(np.abs(J))
    axes.imshow(J, cmap=SIGNED, vmin=-most, vmax=most)
    for j in range(k):
        for i in range(k):
            pale = J[j, i] > -0.75 * most
            axes.text(i, j, _entry(J[j, i]), ha="center", va="center", color=INK if pale else CARD, fontsize=15)
    axes.set(xticks=range(k), xticklabels=[f"z[{i}]" for i in range(k)])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set(yticks=range(len(s)), yticklabels=[f"s[{j}] = {value:.3f}" for j, value in enumerate(s)])
    axes.text(len(J) - 0.4, -0.6, "row sum", va="bottom", color=QUIET)
    for j, total in enumerate(np.sum(J, axis=1)):
        axes.text(len(J) - 0.4, j, f"= {_entry(total)}", va="center", fontweight="bold")
    return fig


def _entry(number):
    return f"{number:.3f}".replace("-", "−") if abs(number) >= 0.0005 else "0"
