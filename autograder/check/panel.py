"""The panel a learner sees: one picture of the outcome in HTML, and the same words as plain text."""

from html import escape

from .findings import NOT_ATTEMPTED, NOTED, RIGHT, UNDECIDED, WRONG
from .lines import Refused
from .typeset import latex

# Mark, colour variable of JupyterLab with a fallback for feedback pages and other viewers.
LOOKS = {
    RIGHT: ("\u2713", "var(--jp-success-color1, #1b7f4d)"),
    WRONG: ("\u2717", "var(--jp-error-color1, #c4320a)"),
    NOT_ATTEMPTED: ("\u25cb", "var(--jp-ui-font-color2, #666)"),
    NOTED: ("\u25c6", "var(--jp-info-color1, #0072b2)"),
    UNDECIDED: ("?", "var(--jp-warn-color1, #b45309)"),
}
# JupyterLab would show the exception below a panel that has just said the same; it stays stored, for nbgrader.
ONCE = (
    "<style>.jp-OutputArea-child:has(> * > [role=status]) + "
    '.jp-OutputArea-child:has(> [data-mime-type="application/vnd.jupyter.stderr"]){display:none}</style>'
)
# A formula cannot wrap, what was typed can: in a narrow window it stands alone.
NARROW = "<style>@container (max-width: 34em) { .course-typeset { display: none } }</style>"
WRAPPED = "flex:1 1 0;min-width:0;display:flex;flex-wrap:wrap;align-items:baseline;gap:0 .6em"
VERDICTS = {"holds": "\u2713", "fails": "\u2717", "": " "}


def _mark(line):
    return VERDICTS.get(line.verdict, " ")


def text(name, finding, remarks=()):
    """The panel as plain text, for terminals, nbval and feedback."""
    mark, _ = LOOKS[finding.outcome]
    rows = [f"{mark} {name}: {finding.outcome}"]
    if finding.quantity and finding.outcome != RIGHT:
        rows.append(f"  {finding.quantity}")
    rows += [f"    {fact}" for fact in finding.facts]
    rows += [f"  {cause}" for cause in finding.causes]
    for i, line in enumerate(finding.lines, 1):
        number = " " if line.note.startswith("your") else i
        rows.append(f"  {_mark(line)} {number}  {line.text}" + (f"   ({line.note})" if line.note else ""))
    rows += [f"  note: {remark}" for remark in remarks]
    return "\n".join(rows)


def _code(sentence):
    """Escape a sentence; what stands between backticks becomes code, and no dollar or backslash opens a formula."""
    parts = escape(sentence).replace("$", "<span>$</span>").replace("\\", "<span>\\</span>").split("`")
    return "".join(f"<code>{p}</code>" if i % 2 else p for i, p in enumerate(parts))


def _row(number, line):
    """A line of an argument: its mark and number, as it was typed, typeset where it can be, and what is said of it."""
    try:
        typeset = f'<span class="course-typeset">${escape(latex(line.text))}$</span>'
    except Refused:
        typeset = ""
    number = "" if line.note.startswith("your") else number  # the learner's own line is none of the hand-in's
    mark = f'<span role="img" aria-label="{line.verdict}">{_mark(line)}</span>' if line.verdict else ""
    parts = [("3 1 20em", f"<code>{escape(line.text)}</code>")]
    parts += [("2 1 14em", typeset)] * bool(typeset)
    parts += [("1 0 100%", _code(line.note))] * bool(line.note)
    inside = "".join(f'<span style="flex:{flex}">{part}</span>' for flex, part in parts)
    weight = ";font-weight:700" if line.verdict == "fails" else ""
    return (
        f'<li style="display:flex;align-items:baseline;padding:.2em 0{weight}">'
        f'<span style="flex:0 0 1.6em">{mark}</span><span style="flex:0 0 1.6em">{number}</span>'
        f'<span style="{WRAPPED}">{inside}</span></li>'
    )


def html(name, finding, remarks=()):
    """The panel as HTML in JupyterLab's own colours; it belongs to the light and the dark theme."""
    mark, colour = LOOKS[finding.outcome]
    out = [
        ONCE * (finding.outcome in (WRONG, NOT_ATTEMPTED, UNDECIDED)),
        '<div role="status" style="border:1px solid var(--jp-border-color2, #ccc);'
        f"border-left:4px solid {colour};border-radius:4px;padding:.5em .9em;margin:.2em 0;max-width:52em;"
        'line-height:1.45;color:var(--jp-ui-font-color1, #222);background:var(--jp-layout-color1, #fff)">',
        f'<div style="font-weight:700"><span style="color:{colour}" aria-hidden="true">{mark}</span> '
        f"{finding.outcome} &nbsp;<code>{escape(name)}</code></div>",
    ]
    if finding.quantity and finding.outcome != RIGHT:
        out.append(f'<div style="margin-top:.35em;font-weight:600">{_code(finding.quantity)}</div>')
    if finding.facts:
        out.append("<div>" + "<br>".join(map(_code, finding.facts)) + "</div>")
    for cause in finding.causes:
        out.append(f'<div style="margin-top:.35em">{_code(cause)}</div>')
    if finding.lines:
        rows = "".join(map(_row, range(1, 100), finding.lines))
        lines = f'<ol role="list" style="list-style:none;margin:.35em 0;padding:0">{rows}</ol>'
        out.append(f'{NARROW}<div style="container-type:inline-size">{lines}</div>')
    for remark in remarks:
        out.append(f'<div style="margin-top:.35em;color:var(--jp-ui-font-color2, #555)">Note: {_code(remark)}</div>')
    return "".join(out) + "</div>"


def show(name, finding, remarks=()):
    """Display the panel: HTML and text in a notebook, text elsewhere; never on stderr, nbgrader's sign of failure."""
    words = text(name, finding, remarks)
    try:
        from IPython import get_ipython
        from IPython.display import display
    except ImportError:
        get_ipython = None
    if get_ipython is None or get_ipython() is None:
        print(words)
    else:
        display({"text/plain": words, "text/html": html(name, finding, remarks)}, raw=True)
