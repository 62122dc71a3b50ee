"""Known wrong answers: each with the exercise it answers, its source, and the sentence a learner should read.

A mistake in a function is a function under `@mistake(exercise, source)` whose docstring is the sentence.
A mistake in a number, choice, slip or order is `wrong(name, exercise, source, answer, sentence)`.
No sentence may contain the right formula.
"""

import importlib
from dataclasses import dataclass


@dataclass(frozen=True)
class Mistake:
    """One known wrong answer: `answer` is what the learner's notebook would hold under the exercise's name."""

    name: str
    exercise: str
    source: str  # a claim id such as "S2.N.7b", a book or a paper, or "common"
    answer: object
    sentence: str


def mistake(exercise, source):
    """Decorator: the function below is a wrong answer to `exercise`; its docstring is the sentence."""

    def keep(function):
        sentence = " ".join(function.__doc__.split())
        return Mistake(function.__name__, exercise, source, function, sentence)

    return keep


def wrong(name, exercise, source, answer, sentence):
    """A wrong answer that is a value."""
    return Mistake(name, exercise, source, answer, sentence)


def of(slug):
    """The mistakes of a chapter: exercise -> list of Mistake, in the file's order."""
    found = {}
    for value in vars(importlib.import_module(f"solutions.mistakes.{slug}")).values():
        if isinstance(value, Mistake):
            found.setdefault(value.exercise, []).append(value)
    return found
