"""One style for every figure of the course, and the only ways to show one: `show`, `payoff`.

Colours are Okabe and Ito's (jfly.uni-koeln.de/color), and each means one thing in all chapters.
"""

import base64
import hashlib
import html
import io
import sys
import textwrap
from pathlib import Path

import numpy as np
from matplotlib import collections, rc_context, text
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image, ImageFilter

FORWARD = "#009E73"  # values on their way forward
BACKWARD = "#D55E00"  # gradients coming back
CLASS = ("#0072B2", "#E69F00")  # data of class 0 and of class 1
MARKER = ("o", "^")
WRONG = "#CC79A7"  # always with its pattern too: dashes for a line, a ring for a point
DASHES = (0, (5, 2))
INK, QUIET, CARD = "#222222", "#666666", "#FDFDFB"
SHADES = ("#009E73", "#006B4E", "#00382A")  # several runs of the same thing, the last one darkest

WIDTH = 6.4  # inches; one inch is shown as 100 CSS pixels
DPI = 160
STYLE = {
    "figure.facecolor": CARD,
    "savefig.facecolor": CARD,
    "axes.facecolor": CARD,
    "axes.edgecolor": QUIET,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.titlesize": 14,
    "axes.labelsize": 14,
    "axes.linewidth": 1.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": False,
    "axes.unicode_minus": True,
    "font.family": "DejaVu Sans",
    "font.size": 14,
    "lines.linewidth": 2.5,
    "lines.solid_capstyle": "round",
    "mathtext.fontset": "dejavusans",
    "text.color": INK,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 13,
    "ytick.labelsize": 13,
}
IMG = (
    f"max-width: 100%; height: auto; box-sizing: border-box; padding: 10px; background: {CARD}; "
    "border: 1px solid #D8D8D4; border-radius: 10px"
)


def in_house_style():
    """A context or decorator in which figures get the house style; matplotlib's own settings come back after it."""
    return rc_context(STYLE)


def new_figure(height=4.2, rows=1, columns=1, **kwargs):
    """A Figure that belongs to no window and its axes (one, or an array of rows and columns); height in inches."""
    fig = Figure(figsize=(WIDTH, height), layout="constrained")
    FigureCanvasAgg(fig)
    return fig, fig.subplots(rows, columns, **kwargs)


def dark(colour):
    """The same hue dark enough for text on the card (contrast at least 4.5)."""
    return "#" + "".join(f"{int(int(colour[i : i + 2], 16) * 0.62):02X}" for i in (1, 3, 5))


# --- showing ---------------------------------------------------------------------------------------------------------


@in_house_style()
def png(fig):
    """The figure as the bytes of a PNG of few colours."""
    FigureCanvasAgg(fig)
    fig.set_dpi(DPI)
    fig.canvas.draw()
    return canvas_png(fig)


def canvas_png(fig):
    """What was drawn on the figure's canvas so far, as the bytes of a PNG of few colours."""
    return _bytes(Image.fromarray(np.asarray(fig.canvas.buffer_rgba())[..., :3]), colours=256)


def _bytes(picture, colours):
    out = io.BytesIO()
    picture.quantize(colours, Image.Quantize.MAXCOVERAGE).save(out, "png")
    return out.getvalue()


def img(png_bytes, alt, width):
    """The card: an <img> with its alt text; width in CSS pixels."""
    data = base64.b64encode(png_bytes).decode()
    return f'<img alt="{html.escape(alt)}" width="{width}" style="{IMG}" src="data:image/png;base64,{data}">'


def show(fig, alt=None, payoff=None):
    """Show a figure as a card with its alt text; as plain text, alt's first words and a digest of the plotted data.

    The output's metadata carry the payoff's id: there `autograder sync` finds the figures that need a waiting picture.
    """
    _require(alt)
    card = img(png(fig), alt, int(100 * fig.get_figwidth()))
    metadata = {"payoff": payoff} if payoff else {}
    if "matplotlib.pyplot" in sys.modules:  # a learner's own figure would be shown a second time
        sys.modules["matplotlib.pyplot"].close(fig)
    _display(card, f"[{textwrap.shorten(alt, 60, placeholder=' ...')}] data {digest(fig)}", metadata)


def show_widget(widget, alt=None):
    """Show a widget; its plain text is alt (ipywidgets' own text holds pictures and differs from run to run)."""
    from IPython.display import display

    _require(alt)
    view = {"version_major": 2, "version_minor": 0, "model_id": widget.model_id}
    display({"application/vnd.jupyter.widget-view+json": view, "text/plain": f"[{alt}]"}, raw=True)


def payoff(needs, draw, alt=None, name=None):
    """Show what draw() returns, a Figure or a widget, once the checks of all `needs` are green; until then, wait.

    needs is "neurons.sigmoid" or a list of such.  name (by default the identifiers joined by "-") is the payoff's id:
    `waiting-<name>.png` beside the notebook is shown meanwhile.  Payoffs with the same needs must be named apart.
    """
    from autograder.check import green

    _require(alt)
    needs = [needs] if isinstance(needs, str) else needs
    identifiers = {need: need.rpartition(".")[2] for need in needs}
    name = name or "-".join(identifiers.values())
    missing = [identifiers[need] for need in needs if not green(need)]
    if missing:
        return _wait(f"This figure waits for {' and '.join(missing)}. It comes when its check is green.", name)
    try:
        drawn = draw()
    except KeyboardInterrupt:
        _wait("You stopped this figure while it was drawn. Run its cell again to draw it.", name)
        raise Stopped from None  # so that Run All stops too
    except Exception as error:  # the learner's function may do anything
        reason = textwrap.shorten(f"{type(error).__name__}: {error}", 120, placeholder=" ...")
        return _wait(f"Your {' and '.join(identifiers.values())} stopped while this figure was drawn: {reason}", name)
    if isinstance(drawn, Figure):
        show(drawn, alt, payoff=name)
    else:
        show_widget(drawn, alt)


class Stopped(KeyboardInterrupt):
    """A payoff that the learner interrupted; shown as one word, for nothing went wrong."""

    def _render_traceback_(self):
        return ["stopped"]


def progress(items, what):
    """Go through items, for long work that can be watched: says how many `what` there are, and prints a dot for each.

    Dots and not a bar: the stored output is the same text in every viewer, and a screen reader reads it once.
    """
    items = list(items)
    try:
        print(f"{len(items)} {what}, a dot for each: ", end="", flush=True)
        for item in items:
            yield item
            print(".", end="", flush=True)
    finally:
        print()


def _wait(sentence, name):
    card = f"<p>{html.escape(sentence)}</p>"
    picture = Path(f"waiting-{name}.png")
    if picture.exists():
        card += img(picture.read_bytes(), f"A faded preview of a figure. {sentence}", 400)
    _display(card, sentence)


def _display(card, words, metadata=None):
    from IPython.display import display

    display({"text/html": card, "text/plain": words}, raw=True, metadata=metadata or {})


def _require(alt):
    if not (isinstance(alt, str) and alt.strip()):
        raise ValueError('A figure needs alt="...": what it shows, in a sentence for someone who cannot see it.')


def waiting_picture(png_bytes):
    """From a figure's PNG the faded, blurred, grey PNG that stands in for it until it is earned."""
    picture = Image.open(io.BytesIO(png_bytes)).convert("L")
    picture = picture.resize((600, round(600 * picture.height / picture.width))).filter(ImageFilter.GaussianBlur(8))
    return _bytes(picture.point(lambda grey: int(253 - 0.35 * (253 - grey))), colours=16)


# --- the digest ------------------------------------------------------------------------------------------------------


def digest(fig):
    """Ten hexadecimal digits of everything plotted, at 6 significant digits: data and words, not looks or layout."""
    return hashlib.sha256("\n".join(_plotted(fig)).encode()).hexdigest()[:10]


def _plotted(fig):
    for axes in fig.axes:
        yield from (axes.get_title(), axes.get_xlabel(), axes.get_ylabel())
        for line in axes.lines:
            yield _numbers(line.get_xydata())
        for collection in axes.collections:
            yield from _collected(collection)
        for image in axes.images:
            yield _numbers(image.get_array()) + _numbers(image.get_extent())
        for patch in axes.patches:
            yield _numbers(patch.get_patch_transform().transform_path(patch.get_path()).vertices)
        for word in axes.texts:
            yield word.get_text()
            yield _numbers(word.xy if isinstance(word, text.Annotation) else word.get_position())
    yield from (word.get_text() for word in fig.texts)


def _collected(collection):
    yield _numbers(collection.get_offsets())
    if collection.get_array() is not None:
        yield _numbers(collection.get_array())
    if isinstance(collection, collections.PolyCollection | collections.LineCollection):
        # which corner a filled area starts at, and how often it repeats one, is matplotlib's business
        for path in collection.get_paths():
            yield "\n".join(sorted({_numbers(corner) for corner in path.vertices}))


def _numbers(values):
    """Numbers at 6 significant digits; what is under 1e-14 of the largest is rounding noise, and 0."""
    values = np.ma.filled(np.ma.asarray(values, dtype=float), np.nan).ravel()
    largest = np.max(np.abs(values), where=np.isfinite(values), initial=0)
    values = np.where(np.abs(values) < 1e-14 * largest, 0, values) + 0.0  # + 0.0: no minus zero
    return " ".join(f"{value:.5e}" for value in values)
