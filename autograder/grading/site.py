"""`autograder site`: the course as static pages, from the notebooks as they are released and their stored outputs.

It is here and not in `course`, because the catalogue of mistakes is measured: that room may not see `solutions`.
Sphinx takes its settings from here too, and this module is one of its extensions: it turns formulas into MathML.
"""

import html
import importlib
import importlib.util
import re
import shutil
import tempfile
from pathlib import Path

import nbformat

from . import Refusal
from .notebook import chapters, chosen, exercises, read
from .sync import run_check
from .workbook import _release

DETAILS = re.compile(r"<details><summary>(.*?)</summary>(.*?)</details>", re.S)
FORMULAS = re.compile(r"^#+ Formulas[^|]*((?:^\|.*\n?)+)", re.M)
GIVES_ITSELF_AWAY = 0.1  # a wrong number this near to the answer, up to its sign, is not shown


def site(course, out, names=()):
    """Build the course as a static site that needs no network; prints one line.

    course  nbgrader's course root, with README.md beside it and notation.md in it
    out     the folder of the site, made where missing
    names   chapters, by folder or slug; all where empty
    Raises Refusal where a chapter cannot be released or Sphinx is not installed.
    """
    if importlib.util.find_spec("furo") is None:
        raise Refusal("Sphinx is not installed: `pip install -e '.[site]'` brings what a site needs.")
    from sphinx.application import Sphinx

    folders = chosen(course, names)
    with tempfile.TemporaryDirectory(prefix="site-") as scratch:
        pages, sources = Path(scratch, "pages"), {}
        _looks(pages / "_static")
        for folder in folders:
            _release(course, folder, Path(scratch))
            path = chapters(course)[folder.name]
            sources[folder.name] = path.stem, read(path)
            released = read(Path(scratch, "release", folder.name, path.name))
            nbformat.write(_page(path.stem, sources[folder.name][1], released), pages / f"{folder.name}.ipynb")
        written = {
            "index": _front(Path(course).resolve().parent / "README.md", pages, sources),
            "notation": Path(course, "notation.md").read_text("utf-8").replace("||", r"\|\|"),  # a bar ends a cell
            "formulas": _formulas(sources),
            "mistakes": _catalogue(sources),
        }
        for name, text in written.items():
            (pages / f"{name}.md").write_text(text, "utf-8")
        (pages / "conf.py").write_text(f"from {__name__} import settings\n\nglobals().update(settings())\n")
        app = Sphinx(pages, pages, out, Path(scratch, "doctrees"), "html", status=None)
        app.build()
    print(f"{len(folders)} chapters and {len(written)} pages more: {Path(out, 'index.html')}")


def _looks(static):
    """The style sheet, the script, the icon and, for readers' machines without one, the font of the formulas."""
    import ziamath
    from fontTools.ttLib import TTFont

    from course.figures.house import FORWARD

    static.mkdir(parents=True)
    for suffix in (".css", ".js"):
        shutil.copy(Path(__file__).with_suffix(suffix), static)
    dot = f'<circle cx="1" cy="1" r="1" fill="{FORWARD}"/>'
    (static / "icon.svg").write_text(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 2">{dot}</svg>', "utf-8")
    font = TTFont(Path(ziamath.__file__).with_name("fonts") / "STIXTwoMath-Regular.ttf")
    font.flavor = "woff"
    font.save(static / "STIXTwoMath.woff")


# --- a chapter -------------------------------------------------------------------------------------------------------


def _title(notebook):
    return re.search(r"^# (.+)$", notebook.cells[0].source, re.M).group(1)


def _target(slug, identifier):
    """The name of an exercise's place in its chapter's page."""
    return f"{slug}-{identifier}".replace("_", "-").lower()


def _page(slug, source, released):
    """A released notebook with the stored outputs of what is given: nothing that shows an answer keeps one."""
    given = [c for c in source.cells if "nbgrader" not in c.metadata and "answers" not in c.metadata.get("tags", ())]
    stored = {cell.id: cell.get("outputs", []) for cell in given}
    points = {exercise.identifier: exercise.points for exercise in exercises(source)}
    page = nbformat.v4.new_notebook(metadata={"kernelspec": released.metadata.kernelspec})
    for cell in released.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        metadata = {"tags": ["hide-input"]} if cell.metadata.get("jupyter", {}).get("source_hidden") else {}
        if name in points:
            mark = {0: "no points", 1: "1 point"}.get(points[name], f"{points[name]:g} points")
            label = f"({_target(slug, name)})=\n```{{rst-class}} exercise\n```\nExercise `{name}`, {mark}"
            page.cells.append(nbformat.v4.new_markdown_cell(label))
        elif name.removeprefix("test_") in points:
            show, hide = (f"{word} the check of {name.removeprefix('test_')}" for word in ("Show", "Hide"))
            metadata = {"tags": ["hide-input"], "mystnb": {"code_prompt_show": show, "code_prompt_hide": hide}}
        if cell.cell_type == "markdown":
            page.cells.append(nbformat.v4.new_markdown_cell(DETAILS.sub(_unfolded, cell.source)))
        else:
            outputs = [_still(output) for output in stored.get(cell.id, [])]
            page.cells.append(nbformat.v4.new_code_cell(cell.source, metadata=metadata, outputs=outputs))
    return page


def _unfolded(details):
    """A folded note whose inside stands in paragraphs of its own: else it is raw HTML, formulas and all."""
    summary, inside = details.groups()
    return f"<details><summary>{summary}</summary>\n\n{inside.strip()}\n\n</details>\n"


def _still(output):
    """A stored output; in place of a widget, a sentence: its picture, where it has one, is an output of its own."""
    if "application/vnd.jupyter.widget-view+json" in output.get("data", {}):
        words = html.escape(output.data["text/plain"].strip("[].\n"))
        output = nbformat.v4.new_output(
            "display_data", {"text/html": f'<p class="live">Moves in the notebook: {words}.</p>'}
        )
    return output


# --- the pages more --------------------------------------------------------------------------------------------------


FRONT = """
{readme}

## Chapters

To read here: the exercises are stubs, and their checks run in the notebooks.

| chapter | opens with |
|---|---|
{rows}

## Beside the chapters

- [](notation.md)
- [](formulas.md)
- [](mistakes.md)

```{{toctree}}
:hidden:
{contents}
```
"""


def _front(readme, pages, sources):
    """README.md up to its chapters, the chapters with their opening questions, and the way to the other pages."""
    text = readme.read_text("utf-8").partition("\n## Chapters")[0]
    for picture in re.findall(r"!\[[^]]*\]\(([^):]+)\)", text):
        (pages / picture).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(readme.parent / picture, pages / picture)
    rows = []
    for folder, (_, notebook) in sources.items():
        question = re.search(r"^\*(.+)\*$", notebook.cells[0].source, re.M).group(1)
        rows.append(f"| [{_title(notebook)}]({folder}.ipynb) | {question} |")
    return FRONT.format(
        readme=re.sub(r"(?<!!)\[([^]]+)\]\((?!https?:)[^)]+\)", r"\1", text),  # what it links to is not of the site
        rows="\n".join(rows),
        contents="\n".join([*sources, "notation", "formulas", "mistakes"]),
    )


def _formulas(sources):
    """The tables that close the chapters."""
    text = "# Formulas and their shapes\n\nThe table that closes each chapter. A blank is an exercise's answer.\n"
    for folder, (_, notebook) in sources.items():
        for table in (FORMULAS.search(cell.source) for cell in notebook.cells if cell.cell_type == "markdown"):
            text += f"\n## [{_title(notebook)}]({folder}.ipynb)\n\n{table.group(1)}\n" if table else ""
    return text


def _catalogue(sources):
    """Every known mistake with what the check of its exercise measures first."""
    text, count = "", 0
    for slug, notebook in sources.values():
        known = importlib.import_module("solutions.mistakes").of(slug)
        answers = importlib.import_module(f"solutions.{slug}")
        text += f"\n## {_title(notebook)}\n"
        for exercise in exercises(notebook):
            mistakes = known.get(exercise.identifier, [])
            count += len(mistakes)
            if mistakes:
                text += f"\n### [`{exercise.identifier}`](#{_target(slug, exercise.identifier)})\n\n"
                text += "```{rst-class} mistakes\n```\n"
            for mistake in mistakes:
                name = mistake.name.replace("_", " ").capitalize()
                text += f"- **{name}** ({mistake.source}) \\\n  {_escaped(mistake.sentence)}"
                found = _evidence(exercise, mistake.answer, getattr(answers, exercise.identifier))
                text += f" \\\n  *{_escaped(found)}*\n" if found else "\n"
    return (
        f"# {count} ways to get backprop wrong\n\n"
        "Each is a wrong answer to an exercise. Beside it stand what its learner is told, and what the check measured: "
        "what came out and what should have come out, at the first place that differs. "
        "S0 to S4 are homework hand-ins, a letter and a number behind them one of their claims; "
        "what is called common is what people often do. "
        "*Yours* is the wrong answer's. "
        "These are hints, and strong ones: read a chapter's list after its exercises.\n" + text
    )


def _evidence(exercise, answer, truth):
    """What the check says first of a wrong answer; "" where that would give the right one away."""
    finding = run_check(exercise, answer)[1].finding
    if isinstance(truth, int | float) and abs(abs(answer) - abs(truth)) <= GIVES_ITSELF_AWAY * abs(truth):
        return ""
    quantity = re.sub(r"^line \d+, mended$", "the mended line", finding.quantity)  # the number is half of a slip
    return ". ".join(filter(None, [quantity, *finding.facts[:1]]))


def _escaped(sentence):
    """A sentence as Markdown that means nothing but itself, beside the code between its backticks."""
    parts = sentence.split("`")
    return "`".join(re.sub(r"([\\*_\[\]<>$|#~^{}])", r"\\\1", p) if i % 2 == 0 else p for i, p in enumerate(parts))


# --- Sphinx ----------------------------------------------------------------------------------------------------------


def settings():
    """What Sphinx is told."""
    from course.figures.house import BACKWARD, CLASS, FORWARD, dark

    light = {"color-brand-primary": dark(FORWARD), "color-brand-content": dark(CLASS[0]), "stub": dark(BACKWARD)}
    night = {"color-brand-primary": FORWARD, "color-brand-content": "#56B4E9", "stub": BACKWARD}
    return {
        "project": "Backpropagation, derived and checked",
        "language": "en",
        "extensions": ["myst_nb", __name__],
        "nb_execution_mode": "off",
        "nb_code_prompt_show": "Show the code",
        "nb_code_prompt_hide": "Hide the code",
        "myst_enable_extensions": ["dollarmath"],
        "smartquotes": False,  # a quote in a formula's text is a quote
        "html_theme": "furo",
        "html_title": "Backpropagation, derived and checked",
        "html_math_renderer": "mathml",
        "html_favicon": "_static/icon.svg",
        "html_static_path": ["_static"],
        "html_css_files": ["site.css"],
        "html_js_files": ["site.js"],
        "html_copy_source": False,
        "html_show_sourcelink": False,
        "html_show_sphinx": False,
        "html_show_copyright": False,
        "html_use_index": False,
        "pygments_style": "github-light",
        "pygments_dark_style": "github-dark",
        "html_theme_options": {"light_css_variables": light, "dark_css_variables": night},
    }


def setup(app):
    """Sphinx's way in: formulas become MathML, which browsers draw and screen readers read without a script."""
    app.add_html_math_renderer("mathml", (_inline, None), (_display, None))
    return {"parallel_read_safe": True}


def _mathml(latex, display):
    from latex2mathml.converter import convert
    from sphinx.util import logging

    formula = convert(latex.replace("{aligned}", "{align*}"), display=display)
    if re.search(r">\\|<mi>&<", formula):
        logging.getLogger(__name__).warning("no MathML is known for this formula: %s", latex)
    # a slash, a d of a partial derivative and the bars of a norm are letters to TeX: no room beside them
    return re.sub(r"<mo>(&#x0(?:002F|2202|2016);)</mo>", r'<mo stretchy="false" lspace="0" rspace="0">\1</mo>', formula)


def _inline(translator, node):
    from docutils.nodes import SkipNode

    formula, long = _mathml(node.astext(), "inline"), len(node.astext()) > 80
    translator.body.append(f'<span class="formula">{formula}</span>' if long else formula)
    raise SkipNode


def _display(translator, node):
    from docutils.nodes import SkipNode

    translator.body.append(f'<div class="formula">{_mathml(node.astext(), "block")}</div>')
    raise SkipNode
