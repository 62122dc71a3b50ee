"""Chapter 3: other ways to be right."""

import math

import numpy as np


def log_sigmoid_loops(z):
    out = []
    for t in np.ravel(z):
        out.append(-math.log1p(math.exp(-t)) if t > 0 else t - math.log1p(math.exp(t)))
    return np.reshape(out, np.shape(z))


def log_sigmoid_both_branches(z):
    return np.where(z > 0, -np.log(1 + np.exp(-z)), z - np.log(1 + np.exp(z)))


def log_sigmoid_masked(z):
    out = np.empty(z.shape)
    right = z > 0
    out[right] = -np.log1p(np.exp(-z[right]))
    out[~right] = z[~right] - np.log1p(np.exp(z[~right]))
    return out


def softmax_loops(Z):
    rows = []
    for z in Z:
        e = [math.exp(t - max(z)) for t in z]
        rows.append([t / sum(e) for t in e])
    return np.array(rows)


def softmax_transposed(Z):
    E = np.exp(Z.T - Z.T.max(axis=0))
    return (E / E.sum(axis=0)).T


def jacobian_loops(s):
    k = len(s)
    J = np.zeros((k, k))
    for j in range(k):
        for i in range(k):
            J[j, i] = s[j] * ((1 if i == j else 0) - s[i])
    return J


def jacobian_in_place(s):
    J = -np.outer(s, s)
    for j in range(len(s)):
        J[j, j] += s[j]
    return J


def pair_slope_cases(s, x, j, i):
    if i == j:
        return s[j] * (1 - s[j]) * x
    return -s[j] * s[i] * x


SLOPE = ["D(1 / (1 + exp(-z)), z)", "-1 / (1 + exp(-z))**2 * D(1 + exp(-z), z)"]
LOG = ["D(log(exp(z[j]) / sum(exp(z))), z)"]
STYLES = {
    "seven_lines": [
        (6, "P == 1 - 1 / (1 + exp(z))"),
        [6, "P == 1/(exp(-z) + 1)"],
        (6, "P == exp(z / 2) / (exp(z / 2) + exp(-z / 2))"),
        (6, "P == (1 + exp(-z))**-1"),
    ],
    "slope_lines": [
        [
            SLOPE[0],
            "-1 / (1 + exp(-z))**2 * D(exp(-z), z)",
            "exp(-z) / (1 + exp(-z))**2",
            "s * exp(-z) / (1 + exp(-z))",
            "s - s**2",
        ],
        [*SLOPE, "exp(-z) / ((1 + exp(-z)) * (1 + exp(-z)))", "s * (exp(-z) / (1 + exp(-z)))", "s * (1 - s)"],
        (*SLOPE, "exp(-z)/(exp(-z) + 1)**2", "s * (1 - 1 / (1 + exp(-z)))", "(1 - s) * s"),
        [*SLOPE, "exp(-z) / (1 + 2 * exp(-z) + exp(-2 * z))", "s * (exp(-z) / (1 + exp(-z)))", "s * (1 - s)"],
    ],
    "log_sigmoid": [
        log_sigmoid_loops,
        log_sigmoid_both_branches,
        log_sigmoid_masked,
        lambda z: -np.logaddexp(0, -z),
        lambda z: np.minimum(z, 0) - np.log1p(np.exp(-abs(z))),
        lambda z: (z - np.abs(z)) / 2 - np.log(1 + np.exp(-np.abs(z))),
    ],
    "three_sums": [np.array([-2.0, -3.0, -4.0]), (-1, -1, -1), [-100, -100, 0]],
    "softmax": [
        softmax_loops,
        softmax_transposed,
        lambda Z: np.exp(Z - np.logaddexp.reduce(Z, axis=1)[:, None]),
        lambda Z: 1 / np.exp(Z[:, None, :] - Z[:, :, None]).sum(axis=2),
    ],
    "softmax_jacobian": [
        jacobian_loops,
        jacobian_in_place,
        lambda s: s * np.eye(len(s)) - s[:, None] @ s[None, :],
        lambda s: s[:, None] * (np.eye(len(s)) - s),
        lambda s: [[sj * ((i == j) - si) for i, si in enumerate(s)] for j, sj in enumerate(s)],
    ],
    "log_slope": [
        [*LOG, "D(z[j], z) - D(log(sum(exp(z))), z)", "at_j - exp(z) * 1 / sum(exp(z))", "at_j - s"],
        [*LOG, "D(log(exp(z[j])) - log(sum(exp(z))), z)", "at_j - 1 / sum(exp(z)) * exp(z)", "-s + at_j"],
        (*LOG, "D(-log(sum(exp(z - z[j]))), z)", "-(exp(z) - at_j * sum(exp(z))) / sum(exp(z))", "at_j - s"),
    ],
    "five_lines": [
        (3, "D(s, z) == s * (eye(4) - s[:, None])"),
        (3, "D(s, z) == s[:, None] * (eye(4) - s)"),
        [3, "D(s, z) == diag(s * (1 - s)) - (outer(s, s) - diag(s * s))"],
        (3, "D(s, z) == diag(s) - outer(s, s.T)"),
    ],
    "pair_slope": [
        pair_slope_cases,
        lambda s, x, j, i: (np.diag(s) - np.outer(s, s))[j, i] * x,
        lambda s, x, j, i: [s[j] * (float(i == j) - s[i]) * t for t in x],
    ],
    "two_cases": [(3, "no == 1 - indicator(P1 - P0)"), (3, "no == indicator(P0 - P1)")],
    "shifted_lines": [
        [
            "log(sum(exp(z)))",
            "log(sum(exp(m) * (exp(z) / exp(m))))",
            "log(exp(m) * sum(exp(z) / exp(m)))",
            "log(sum(exp(z - m))) + m",
        ],
    ],
    "log_softmax": [
        lambda Z: Z - np.logaddexp.reduce(Z, axis=1, keepdims=True),
        lambda Z: np.array([z - z.max() - np.log(np.sum(np.exp(z - z.max()))) for z in Z]),
    ],
    "softmax_lines": [(0, "D(s, z) == diag(s) - outer(s, s)"), (0, "D(s[j], z) / s[j] == at_j - s")],
    "in_order": ["bdfaecg", "bdfgaec", list("bdfaegc"), "BDF GAEC"],
}
