"""What instructors run: each verb of the command `autograder` is a function of a module here."""


class Refusal(ValueError):
    """Why a verb cannot do what was asked, in one sentence; the command prints it and exits with status 2."""
