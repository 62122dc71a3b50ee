"""What a check found, as plain data: the verbs make it, the panel shows it, the exception carries it."""

from dataclasses import dataclass, field

RIGHT, WRONG, NOT_ATTEMPTED, NOTED = "right", "wrong", "not attempted", "noted"
UNDECIDED = "undecided"  # the check's fault, never the answer's


@dataclass(frozen=True)
class Line:
    """One line of a derivation, slip or order: its text, and what the check says of it ("" where it says nothing)."""

    text: str
    verdict: str = ""  # "", "holds" or "fails"
    note: str = ""


@dataclass(frozen=True)
class Finding:
    """One thing a check found, in the order a learner reads it.

    quantity   which quantity was looked at ("dW", "sigmoid(z)", "line 3")
    facts      sentences with what was got and what was expected (shapes, then the worst entry)
    causes     likely causes, found from the numbers alone; empty where no pattern is known
    lines      the lines of a derivation, slip or order, marked
    """

    outcome: str
    quantity: str = ""
    facts: tuple[str, ...] = ()
    causes: tuple[str, ...] = ()
    lines: tuple[Line, ...] = field(default=())


class CheckFailed(Exception):
    """A check that did not pass; `finding` says why.  Shown as a few plain lines, never as a stack of frames."""

    def __init__(self, finding):
        super().__init__(finding)
        self.finding = finding

    def __str__(self):
        return "\n".join(self._render_traceback_())

    def _render_traceback_(self):
        """At most 4 lines of at most 85 characters, enough to go on without the panel (IPython calls this)."""
        import textwrap

        found = self.finding
        head = f"{found.quantity}: {found.outcome}" if found.quantity else found.outcome
        text = textwrap.wrap(head, 85)[:1]
        for sentence in (*found.facts[:2], *found.causes[:1]):
            text += textwrap.wrap("  " + sentence, 85, subsequent_indent="  ")
        if len(text) > 4:
            text = text[:3] + [textwrap.shorten(" ".join(t.strip() for t in text[3:]), 83, placeholder=" ...")]
            text[3] = "  " + text[3]
        return text


class NotAttempted(CheckFailed):
    """Nothing to judge yet: the answer is None, or its name does not exist."""
