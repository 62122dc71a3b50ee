"""Chapter 6's engine for the chapter after it, in a form that no stub asks for: a tape, walked there and back."""

import numpy as np

from course.known import cross_entropy, neurons, sigmoid_softmax

# Operation -> its value, and for each operand the way back to it.
OPERATIONS = {
    "add": lambda a, b: (np.add(a, b), (np.positive, np.positive)),
    "sub": lambda a, b: (np.subtract(a, b), (np.positive, np.negative)),
    "mul": lambda a, b: (np.multiply(a, b), (lambda G: np.multiply(G, b), lambda G: np.multiply(G, a))),
    "matmul": lambda a, b: (np.dot(a, b), (lambda G: np.inner(G, b), lambda G: np.dot(np.transpose(a), G))),
    "sum": lambda a, axis=None: (
        np.sum(a, axis=axis, keepdims=axis is not None),
        (lambda G: np.broadcast_to(G, np.shape(a)),),
    ),
    "exp": lambda a: (np.exp(a), (lambda G: np.multiply(G, np.exp(a)),)),
    "log": lambda a: (np.log(a), (lambda G: np.divide(G, a),)),
    "logistic": lambda a: (neurons.sigmoid(a), (lambda G: G * neurons.sigmoid(a) * neurons.sigmoid(np.negative(a)),)),
    "relu": lambda a: (np.where(a > 0, a, 0.0), (lambda G: np.where(a > 0, G, 0.0),)),
    "log_softmax": lambda a: (
        sigmoid_softmax.log_softmax(a),
        (lambda G: G - sigmoid_softmax.softmax(a) * np.sum(G, axis=1, keepdims=True),),
    ),
    "cross_entropy": lambda a, Y: (
        -np.mean(np.sum(Y * sigmoid_softmax.log_softmax(a), axis=1)),
        (
            lambda G: G * cross_entropy.scores_gradient(a, Y),
            lambda G: np.multiply(G, sigmoid_softmax.log_softmax(a)) / -len(a),
        ),
    ),
}


def grad(program, inputs):
    """The slopes of the last line's value, a number, along every input: name -> array like the input.

    program: lines (operation, name of the result, operand, ...); an operand is a name, or a number or array, which gets
    no slope; "sum" takes an axis last where not all is summed.  The operations are those above.
    """
    values, tape = {name: np.asarray(value, dtype=float) for name, value in inputs.items()}, []
    for op, name, *operands in program:
        values[name], ways = OPERATIONS[op](*(values[o] if isinstance(o, str) else o for o in operands))
        tape.append((name, [(o, way) for o, way in zip(operands, ways, strict=False) if isinstance(o, str)]))
    slopes = dict.fromkeys(values, 0.0) | {tape[-1][0]: np.ones_like(values[tape[-1][0]])}
    for name, ways in reversed(tape):
        for operand, way in ways:
            share, shape = way(np.broadcast_to(slopes[name], np.shape(values[name]))), np.shape(values[operand])
            padded = (1,) * (np.ndim(share) - len(shape)) + shape
            axes = tuple(axis for axis, length in enumerate(padded) if length < np.shape(share)[axis])
            slopes[operand] = slopes[operand] + np.reshape(np.sum(share, axis=axes), shape)
    return {name: slopes[name] for name in inputs}
