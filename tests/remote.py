"""A learner's function reached only through bytes: what the proxies of a sandbox will do, in one process."""

from autograder.check import calling
from autograder.grading.wire import pack, unpack


class RemoteFunction(calling.Remote):
    """`function` behind a wall: arguments, results and callbacks' values are turned to bytes and back."""

    def __init__(self, function):
        self._function = function
        self.parameters = calling.parameters(function)
        self.crossings = 0

    def _cross(self, value):
        self.crossings += 1
        return unpack(pack(value))

    def outcome(self, *args):
        here = tuple(self._callback(a) if callable(a) else self._cross(a) for a in args)
        done = calling.run(self._function, *here)
        return calling.Outcome(*self._cross((done.value, done.error, done.printed, done.warned, done.changed)))

    def _callback(self, callback):
        return calling.Callback(lambda *args: self._cross(callback(*self._cross(args))))
