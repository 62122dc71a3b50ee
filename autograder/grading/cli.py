"""The command `autograder`: its verbs are functions, their parameters the arguments, their first lines the help."""

import argparse
import inspect
import sys
from pathlib import Path

from . import Refusal, find_answers
from .bundle import bundle
from .children import Limits
from .doctor import doctor
from .grade import grade
from .report import report
from .site import site
from .start import lab
from .sync import sync
from .workbook import workbook

VERBS = [sync, workbook, lab, grade, report, site, bundle, doctor]  # the verb is the function's name

LIMITS = f"what a hand-in may use, such as call=2 (seconds): {', '.join(vars(Limits()))}"
PARAMETERS = {  # of the verbs: argparse's flag and options
    "course": ("--course-dir", dict(dest="course", type=Path, default=Path("course"), help="nbgrader's course root")),
    "assignment": ("assignment", dict(metavar="assignment", help="a chapter's folder, 01-neurons")),
    "student": (
        "--student",
        dict(action="append", default=[], metavar="ID", help="this hand-in; may be repeated"),
    ),
    "jobs": (
        "--jobs",
        dict(type=int, default=0, help="hand-ins at once; the number of cores where not given"),
    ),
    "scheduler": ("--scheduler", dict(metavar="tcp://HOST:PORT", help="judge on the workers of this Dask scheduler")),
    "force": ("--force", dict(action="store_true", help="judge again what has not changed")),
    "level": ("--sandbox", dict(dest="level", choices=["full", "landlock"], help="the best there is where not given")),
    "trust": ("--trust-students", dict(dest="trust", action="store_true", help="grade even without any sandbox")),
    "limits": ("--limit", dict(dest="limits", action="append", default=[], metavar="NAME=VALUE", help=LIMITS)),
    "names": ("names", dict(nargs="*", metavar="chapter", help="a folder's name, 01-neurons; all where none is given")),
    "archive": ("--to", dict(dest="archive", type=Path, default=Path("course.zip"), help="the zip")),
    "named": ("--names", dict(dest="named", action="store_true", help="say whose each answer is")),
    "folder": (
        "--to",
        dict(dest="folder", type=Path, metavar="FOLDER", help="of the report; .autograder/report where not given"),
    ),
    "options": ("options", dict(nargs="*", metavar="option", help="of JupyterLab, after --, such as -- --no-browser")),
    "out": ("--to", dict(dest="out", type=Path, default=Path("site"), help="the folder of the site")),
    "to": ("--to", dict(type=Path, default=Path("workbook"), help="the learner's folder")),
}


def main(argv=None):
    """Run one verb; the exit status is 0, what the verb says, or 2 after one sentence on stderr."""
    parser = argparse.ArgumentParser(prog="autograder", description="Build, release and grade the course.")
    commands = parser.add_subparsers(dest="verb", metavar="verb", required=True)
    for verb in VERBS:
        summary = inspect.getdoc(verb).partition("\n")[0]
        command = commands.add_parser(verb.__name__, help=summary, description=summary)
        command.set_defaults(run=verb)
        for name in inspect.signature(verb).parameters:
            flag, options = PARAMETERS[name]
            command.add_argument(flag, **options)
    arguments = vars(parser.parse_args(argv))
    verb, run = arguments.pop("verb"), arguments.pop("run")
    find_answers(arguments["course"].resolve().parent)
    try:
        return run(**arguments) or 0
    except Refusal as sentence:
        print(f"autograder {verb}: {sentence}", file=sys.stderr)
    except OSError as problem:
        print(f"autograder {verb}: {problem.filename}: {problem.strerror}.", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
