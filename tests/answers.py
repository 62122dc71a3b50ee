"""What nobody may find in what is handed out: every line of a solution, a hidden test or a known mistake."""

import ast
import re
from pathlib import Path

from course_under_test import CHAPTERS, COURSE, REPOSITORY

from autograder.grading import notebook

REGION = re.compile(r"### BEGIN (SOLUTION|HIDDEN TESTS)\n(.*?)### END \1", re.S)
SCAFFOLD = re.compile(r"return\w+|for\w+inrange\(\w+\):")  # squeezed: what any code holds is no answer


def squeezed(text):
    """The text without its white space, so that a line is found however it was wrapped."""
    return "".join(text.split())


def answers(mistakes=False):
    """Squeezed: each solution, hidden test (and mistake), its lines and the texts in them; not what the course gives.

    What it gives are the notebooks outside those regions, README.md and the notation.
    """
    held, found = [(REPOSITORY / "README.md").read_text("utf-8"), (COURSE / "notation.md").read_text("utf-8")], set()
    for path in CHAPTERS.values():
        for cell in notebook.read(path).cells:
            regions, given = [text for _, text in REGION.findall(cell.source)], REGION.sub("", cell.source)
            if cell.metadata.get("nbgrader", {}).get("solution") and not regions:
                regions, given = [cell.source], ""
            held.append(given)
            found.update(*map(_pieces, regions))
        if mistakes:
            found.update(
                *map(_pieces, _bodies(REPOSITORY / "solutions" / "mistakes" / path.name.replace("ipynb", "py")))
            )
    held = squeezed("\n".join(held))
    return {text for text in map(squeezed, found) if text not in held and not SCAFFOLD.fullmatch(text)}


def _pieces(text):
    return [text, *text.splitlines(), *re.findall(r'"([^"\n]+)"', text)]


def _bodies(path):
    """The bodies of the functions in a file of mistakes, without the sentences that are their docstrings."""
    source = Path(path).read_text("utf-8")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef):
            yield "\n".join(ast.get_source_segment(source, line) for line in node.body[1:])
