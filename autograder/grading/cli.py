"""The command `autograder`: its verbs are functions, their parameters the arguments, their first lines the help."""

import argparse
import inspect
import sys
from pathlib import Path

from . import Refusal
from .sync import sync
from .workbook import workbook

VERBS = [sync, workbook]  # the verb is the function's name

PARAMETERS = {  # of the verbs: argparse's flag and options
    "course": ("--course-dir", dict(dest="course", type=Path, default=Path("course"), help="nbgrader's course root")),
    "names": ("names", dict(nargs="*", metavar="chapter", help="a folder's name, 01-neurons; all where none is given")),
    "to": ("--to", dict(type=Path, default=Path("workbook"), help="the learner's folder")),
}


def main(argv=None):
    """Run one verb; the exit status is 0, or 2 after one sentence on stderr."""
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
    sys.path.append(str(arguments["course"].resolve().parent))  # `solutions` lies there and is never installed
    try:
        run(**arguments)
    except Refusal as sentence:
        print(f"autograder {verb}: {sentence}", file=sys.stderr)
    except OSError as problem:
        print(f"autograder {verb}: {problem.filename}: {problem.strerror}.", file=sys.stderr)
    else:
        return 0
    return 2


if __name__ == "__main__":
    sys.exit(main())
