"""Every formula on the pages is worked out with drawn numbers, as it is written and by another way, and has its shape.

Of each chapter are collected: its displayed formulas, the rows of its closing table, its inline statements of a
derivative.  FORMULAS says how each is checked: no formula without an entry, no entry without a page.
"""

import re
from collections import namedtuple
from functools import cache

import numpy as np
import pytest
from course_under_test import CHAPTERS, reference

from autograder.check import oracles
from autograder.grading import notebook
from solutions import backprop, computation_graphs, cross_entropy, discriminants, neurons, sigmoid_softmax
from solutions import tensor_jacobians as tensors

TABLE = "### Formulas beside their shapes"
DERIVATIVE = re.compile(r"(?=.*=).*(\\partial|\\frac\{[dD]|\bd\w+/d|\\nabla|'|\bd[a-zA-Z]_)|.*\\leftarrow", re.S)
SIZES = dict(n=7, d=5, k=3, h=4, p=2, q=6, m=8)
SHAPE = re.compile(
    r"(?:((?:\w+, )*\w+) )?(\([^()]*\)|a number|a count|n names|like (?:the |its )?(?:own thing|\w+)"
    r"|shape of `?\w+`?|along each of the n numbers \w+|\w+'s shape, then \w+'s)"
)
# What a table's last column may say instead of a shape.
NO_SHAPE = {"", "widths m0, m1, ..., mL", "numbers: a number; arrays: a table that is never built (chapter 7)"}
Place = namedtuple("Place", "cell near numpy shapes", defaults=(None, None))  # numpy and shapes: a row's columns

# A formula as it stands on a page (of a table, the row's first cell), or several that say the same; then, indented:
#   one side  ==  the other: by differences or by the package's reference, and as it is written, index by index.
#       (a, b) are two results, one for each piece of a row's NumPy column; a blank of the learner's is the reference's
#       !=  what it is not: what a formula says that is quoted as wrong (the second side is what is right instead).
#       Columns for rows, sums for means, and a factor left out everywhere are read as the house would write them
#   shape   for a derivative: the words near it that give the shape of what it states
#   with    names of its own; of a row, the inputs, in the order in which the column of shapes has them
FORMULAS = r"""
== every chapter
    with slope=lambda f, x: jacobian(f, x).value, soft=lambda z: softmax(z[None])[0]
    with table=lambda f, *sizes: array([f(*at) for at in np.ndindex(sizes)]).reshape(sizes)
    with draw=np.random.default_rng(12).normal, labels=np.arange(n) % k, rate=0.3, t=0.7, relu=lambda Z: Z * (Z > 0)
    with X=draw(size=(n, d)), W=draw(size=(d, k)), b=draw(size=k), w=draw(size=d), beta=float(draw())
    with V=draw(size=(h, k)), Zh=draw(size=(n, h)), G=draw(size=(n, k)), A=draw(size=(q, m)), B=draw(size=(p, q))
    with y=(labels == 1) * 1.0, Y=np.eye(k)[labels], z=X @ w + beta, Z=X @ W + b
    with p=sigmoid(z), P=softmax(Z), scores=Z[0], s=soft(Z[0]), true=Y[0], x=draw(size=m)
    with Xe=draw(size=(3, 3)), We=draw(size=(3, 3)), Ve=draw(size=(3, 3)), Ue=draw(size=(3, 3)), ve=draw(size=3), Ye=np.eye(3)

== 01-neurons
    with squares=lambda w: mean((sigmoid(X @ w + beta) - y) ** 2)
    with dw=numerical_gradient(squares, w, 1e-5)
$$z = \sum_{j=1}^{d} w_j x_j + b$$
    neuron_output(X, w, beta)[0]  ==  sum(w[j] * X[0][j] for j in range(d)) + beta
$$\sigma(z) = \frac{1}{1 + e^{-z}}$$
$p = \sigma(z) = 1/(1 + e^{-z})$
    sigmoid(z)  ==  table(lambda i: 1 / (1 + exp(-z[i])), n)
$$L = \frac{1}{n} \sum_{i=1}^{n} (p_i - y_i)^2$$
$L = \frac1n \sum_i (p_i - y_i)^2$
    squares(w)  ==  1 / n * sum((p[i] - y[i]) ** 2 for i in range(n))
$$\frac{3.1^2 - 2.9^2}{0.2} = \frac{9.61 - 8.41}{0.2} = 6$$
    [central_difference(lambda x: x**2, 3, 0.1)] * 3  ==  [(3.1**2 - 2.9**2) / 0.2, (9.61 - 8.41) / 0.2, 6]
$$w \leftarrow w - \eta \, \frac{\partial L}{\partial w}$$
$w \leftarrow w - \eta \, \partial L/\partial w$
    descend(lambda w: slope(squares, w), w, rate, 1)[1]  ==  table(lambda j: w[j] - rate * dw[j], d)
    shape of shape (d,)
$$L(w) = \frac{1}{n} \sum_{i=1}^{n} (w x_i - y_i)^2$$
    by_hand(t, z, y)  ==  slope(lambda w: 1 / n * sum((w * z[i] - y[i]) ** 2 for i in range(n)), t)
$z = Xw + b$
    neuron_output(X, w, b)  ==  table(lambda i: sum(X[i][j] * w[j] for j in range(d)) + b, n)
    with b=beta
$\partial L / \partial w$
    slope(squares, w)  ==  dw

== 02-discriminants
    with length=lambda w: -1 / normal_and_offset(w, 1)[1]
$$g(x) = 2 x_1 + 3 x_2 + 1.$$
    neuron_output(X[:, :2], array([2, 3]), 1)  ==  [2 * x[0] + 3 * x[1] + 1 for x in X]
$$\lVert w \rVert = \sqrt{\sum_{j=1}^{d} w_j^2}.$$
$\lVert w \rVert = \sqrt{\sum_j w_j^2}$
    length(w)  ==  sqrt(sum(w[j] ** 2 for j in range(d)))
$$b + t \, \lVert w \rVert = 0.$$
    beta + normal_and_offset(w, beta)[1] * sqrt(sum(w[j] ** 2 for j in range(d)))  ==  0
$g(x) = \sum_j w_j x_j + b$; the line is $g(x) = 0$
    signed_distance(X, w, b) * length(w)  ==  table(lambda i: sum(w[j] * X[i][j] for j in range(d)) + b, n)
    with b=beta
$\lVert w_1 \rVert, \ldots, \lVert w_k \rVert$
    [length(w) for w in W.T]  ==  table(lambda j: sqrt(sum(W[a][j] ** 2 for a in range(d))), k)
$b + t \lVert w \rVert = 0$
    normal_and_offset(w, beta)[1]  ==  -beta / sqrt(sum(w[j] ** 2 for j in range(d)))
$Z = XW + b$
    array([neuron_output(X, *wb) for wb in zip(W.T, b)]).T
        ==  table(lambda i, j: sum(X[i][a] * W[a][j] for a in range(d)) + b[j], n, k)
the place of each row's largest entry
    ovr_predict(X, W, b)  ==  [max(range(k), key=lambda j: row[j]) for row in Z]

== 03-sigmoid-softmax
    with z=Z[:, 1], p=sigmoid(Z[:, 1])
$$s_j = \frac{e^{z_j}}{\sum_i e^{z_i}}$$
    soft(scores)  ==  table(lambda j: exp(scores[j]) / sum(exp(scores[i]) for i in range(k)), k)
$s_j = e^{z_j} / \sum_i e^{z_i}$
    softmax(Z)  ==  table(lambda r, j: exp(Z[r][j]) / sum(exp(Z[r][i]) for i in range(k)), n, k)
$$\frac{\partial s_j}{\partial z_i} = s_j (\delta_{ij} - s_i)$$
$\partial s_j / \partial z_i = s_j(\delta_{ij} - s_i)$
    slope(soft, scores)  ==  table(lambda j, i: s[j] * ((i == j) - s[i]), k, k)
    shape J (k, k)
$\frac{\partial \psi(z)}{\partial z} = \psi(z)(1 - \psi(z))$
    slope(soft, scores)  ==  softmax_jacobian(s)  !=  diag(s * (1 - s))
$z = \log \frac{p}{1 - p}$
    z  ==  table(lambda i: log(p[i] / (1 - p[i])), n)
$p = \sigma(z)$
    p  ==  table(lambda i: 1 / (1 + exp(-z[i])), n)
$\sigma' = s(1 - s) \le \frac14$
    diag(slope(sigmoid, z))  ==  [s * (1 - s) for s in p if s * (1 - s) <= 1 / 4]
$\partial \log s_j / \partial z_i = \delta_{ij} - s_i$
    slope(lambda z: log(soft(z)), scores)  ==  table(lambda j, i: (i == j) - s[i], k, k)

== 04-cross-entropy
    with loss=lambda Z: cross_entropy(softmax(Z), Y), of_W=lambda W: cross_entropy(softmax(X @ W + b), Y)
    with dZ=scores_gradient(Z, Y), dp=-true / s, J=softmax_jacobian(s)
$$\prod_{i=1}^{n} p_i^{\,y_i} (1 - p_i)^{1 - y_i}$$
likelihood $\prod_i p_i^{y_i} (1 - p_i)^{1 - y_i}$
    exp(-n * bce(p, y))  ==  prod(table(lambda i: p[i] ** y[i] * (1 - p[i]) ** (1 - y[i]), n))
$$-\log\left(0.8^1 \cdot 0.2^0\right) = -\left(1 \cdot \log 0.8 + 0 \cdot \log 0.2\right) = 0.2231$$
    [bce(0.8, 1), bce(0.8, 1), round(bce(0.8, 1), 4)]
        ==  [-log(0.8**1 * 0.2**0), -(1 * log(0.8) + 0 * log(0.2)), 0.2231]
$$-\log\left(p^{\,y} (1 - p)^{1 - y}\right) = -\left[\,y \log p + (1 - y) \log (1 - p)\,\right]$$
    [[bce(p, y)] * 2 for p, y in zip(p, y)]
        ==  [[-log(p**y * (1 - p) ** (1 - y)), -(y * log(p) + (1 - y) * log(1 - p))] for p, y in zip(p, y)]
$\frac{dL}{dz} = \frac{dL}{dp} \cdot \frac{dp}{dz}$
    slope(lambda z: bce(sigmoid(z), 1), t)  ==  slope(lambda p: bce(p, 1), sigmoid(t)) * slope(sigmoid, t)
    shape each of them is a number
$$-\sum_j y_j \log p_j$$
    cross_entropy(P[:1], Y[:1])  ==  -sum(true[j] * log(s[j]) for j in range(k))
$$\frac{dL}{dz} = \frac{\partial L}{\partial u} \frac{du}{dz} + \frac{\partial L}{\partial v} \frac{dv}{dz}$$
    slope(lambda z: L(u(z), v(z)), t)
        ==  slope(lambda u: L(u, v(t)), u(t)) * slope(u, t) + slope(lambda v: L(u(t), v), v(t)) * slope(v, t)
    shape slopes is a number
    with L=lambda u, v: u * v, u=lambda z: 2 * z, v=lambda z: z**2
$$\frac{\partial L}{\partial z_i} = \sum_j \frac{\partial L}{\partial p_j} \frac{\partial p_j}{\partial z_i}$$
$\partial L / \partial z_i = \sum_j \frac{\partial L}{\partial p_j} \frac{\partial p_j}{\partial z_i}$
    slope(lambda z: -true @ log(soft(z)), scores)  ==  table(lambda i: sum(dp[j] * J[j][i] for j in range(k)), k)
    shape shape (k,)
$\frac{\partial L}{\partial f(y_i)} = \frac{\exp(f(y_i))}{\sum_{j=1}^K \exp(f(y_j))} - \frac{1}{n} \mathbb{1}(Y=y_i) = p(Y=y_i | X_i) - \frac{1}{n} \mathbb{1}(Y=y_i)$
    slope(loss, Z)  ==  (P - Y) / n  !=  P - Y / n
$$dW_{aj} = \sum_{i=1}^{n} X_{ia}\, dZ_{ij}$$
    slope(of_W, W)  ==  table(lambda a, j: sum(X[i][a] * dZ[i][j] for i in range(n)), d, k)
    shape dW, (d, k) like W
$L = -\sum (y \log \hat{y}) + (1-y) \log(1-\hat{y})$
    n * bce(p, y)  ==  -sum(y * log(p) + (1 - y) * log(1 - p))  !=  -sum(y * log(p)) + sum((1 - y) * log(1 - p))
$\frac{\partial L}{\partial \hat y} = -\frac{y}{\hat y} + \frac{1-y}{1-\hat y}$
    [slope(lambda p: bce(p, y), p) for p, y in zip(p, y)]  ==  [-y / p + (1 - y) / (1 - p) for p, y in zip(p, y)]
    shape along each of the n numbers p
$-\sum_i \sum_j \mathbb{1}(y_i = j) \cdot (1 - \text{softmax}_j)\, x_i$
    n * slope(of_W, W)  ==  -X.T @ (Y - P)  !=  -X.T @ (Y * (1 - P))
$-\sum_i \sum_j (\mathbb{1}(y_i = j) - \text{softmax}_j)\, x_i$
    n * slope(of_W, W)  ==  -X.T @ (Y - P)  !=  -outer(X.T @ (Y - P).sum(axis=1), ones(k))
binary cross-entropy $-\frac1n \sum_i [\,y_i \log p_i + (1 - y_i) \log(1 - p_i)\,]$
    bce(p, y)  ==  -1 / n * sum(y[i] * log(p[i]) + (1 - y[i]) * log(1 - p[i]) for i in range(n))
its slope along one sum, $dL/dz =$ `___`
    slope(lambda z: bce(sigmoid(z), 1), z[1])  ==  eval(reference("cross_entropy", "bce_slope")[-1], dict(p=p[1], y=1))
its gradient
    (slope(lambda w: bce(sigmoid(X @ w + beta), y), w), slope(lambda b: bce(sigmoid(X @ w + b), y), beta))
        ==  bce_gradient(X, y, w, beta)
one-hot labels
    Y  ==  table(lambda i, j: labels[i] == j, n, k)
cross-entropy $-\frac1n \sum_i \sum_j Y_{ij} \log P_{ij}$
    cross_entropy(P, Y)  ==  -1 / n * sum(Y[i][j] * log(P[i][j]) for i in range(n) for j in range(k))
slopes along the scores
    slope(loss, Z)  ==  scores_gradient(Z, Y)
slopes along weights and biases
    (slope(of_W, W), slope(lambda b: loss(X @ W + b), b))  ==  softmax_gradient(X, Y, W, b)

== 05-backprop
    with Xe=draw(size=(n, 3)), loss=lambda Z: cross_entropy(softmax(Z), Y), dZ=scores_gradient(Z, Y)
    with He=sigmoid(Xe @ We), Z1=Xe @ We + ve
    with P3=lambda Z: softmax(relu(relu(Z) @ Ve + ve) @ Ue + ve)
$\frac{\partial L}{\partial w_1} = 1(h_1>0)\, 1(h_2>0)\, w_3^T w_3^T \frac{\partial L}{\partial f} X^T$
    slope(lambda W: cross_entropy(P3(Xe @ W + ve), Y), We)
        ==  mlp_backward(Xe, Y, [(We, ve, "relu"), (Ve, ve, "relu"), (Ue, ve, "identity")], "softmax")[0]
        !=  Xe.T @ (((P3(Z1) - Y) / n @ Ue.T @ Ue.T) * (relu(Z1) @ Ve + ve > 0) * (Z1 > 0))
$\frac{\partial L}{\partial W_1} = 1(h>0)\, 1(\hat x>0)\, W_2^T \frac{\partial L}{\partial \hat x} X^T$
    slope(lambda W: ((relu(relu(Xe @ W + ve) @ Ve + ve) - Xe) ** 2).sum() / n, We)
        ==  mlp_backward(Xe, Xe, [(We, ve, "relu"), (Ve, ve, "relu")], "squares")[0]
        !=  Xe.T @ ((2 * (relu(Z2) - Xe) / n @ Ve.T) * (Z2 > 0) * (Z1 > 0))
    with Z2=relu(Z1) @ Ve + ve
$\frac{\partial E}{\partial w_j} = \sum (\hat y - y)\, v_j\, z^{(i)} (1 - z_j^{(i)})\, x^{(i)}$
    slope(lambda W: ((sigmoid(Xe @ W) @ ve - 1) ** 2).sum() / 2, We)[:, 0]
        ==  sum((He[i] @ ve - 1) * ve[0] * He[i, 0] * (1 - He[i, 0]) * Xe[i] for i in range(n))
        !=  sum((He[i] @ ve - 1) * ve[0] * He[i] * (1 - He[i, 0]) * Xe[i] for i in range(n))
$\frac{\partial J}{\partial Z} = -\frac{2}{m} \sum_p (y_i - z_i)$
    slope(lambda Z: ((Y - Z) ** 2).sum() / n, Z)  ==  2 * (Z - Y) / n  !=  outer(-2 / n * (Y - Z).sum(axis=1), ones(k))
$Z = XW + b$
    array([neuron_output(X, *wb) for wb in zip(W.T, b)]).T
        ==  table(lambda i, j: sum(X[i][a] * W[a][j] for a in range(d)) + b[j], n, k)
$\partial L / \partial Z$
    slope(loss, Z)  ==  dZ
$\partial L / \partial X$, $\partial L / \partial W$, $\partial L / \partial b$
    (slope(lambda X: loss(X @ W + b), X), slope(lambda W: loss(X @ W + b), W), slope(lambda b: loss(X @ W + b), b))
        ==  (dX, dW, db)
    with dict(zip(["dX", "dW", "db"], dense_backward(dZ, X, W)))
relu, and its mask
    (Z * activation_backward(1, Z, "relu"), activation_backward(ones((n, k)), Z, "relu"))
        ==  (table(lambda i, j: max(Z[i][j], 0), n, k), table(lambda i, j: 1 if Z[i][j] > 0 else 0, n, k))
a step back
    slope(lambda Zh: (G * (relu(Zh) @ V)).sum(), Zh)  ==  delta_back(G, V, Zh)
    with G=G

== 06-computation-graphs
    with before=lambda x: "abcdefg"[max("abcdefg".index(x) - 2, 0) : "abcdefg".index(x)]
    with A1=array([[1.0, 1, 2], [1, 1, 3], [1, 2, 2]]), v1=array([0.02, 0.03, 0.04])
    with W1=array([[0.01, 0.02, 0.03], [0.03, 0.01, 0.02], [0.02, 0.03, 0.01]]).T
$\frac{\partial \hat y}{\partial c} = c(1-c)$
$\frac{\partial b}{\partial a} = a(1-a)$
    slope(sigmoid, t)  ==  sigmoid(t) * (1 - sigmoid(t))  !=  t * (1 - t)
$\frac{\partial L}{\partial W_2} = \frac{\partial L}{\partial \hat y} \frac{\partial \hat y}{\partial W_2} \frac{\partial z}{\partial W_1}$
    slope(lambda W2: (W2 * z - beta) ** 2, rate)
        ==  2 * (rate * z - beta) * z  !=  2 * (rate * z - beta) * z * (1 - z**2) * t
    with z=tanh(0.9 * t)
$\hat y = [1, Z]\, v$
    every_step(Xe, Ye[:, :1], We, ve, Ve[:, :1], ve[:1])[2][:, 0]  ==  H @ Ve[:, 0] + ve[0]  !=  H.T @ Ve[:, 0] + ve[0]
    with H=sigmoid(Xe @ We + ve)
$\frac{\partial L}{\partial w_1} = 57.6568 \cdot (.02, .03, .04) \cdot (.2495, .2491, .4984)$
    slope(lambda W: ((sigmoid(A1 @ W) @ v1 + 0.01 - [8, 11, 10]) ** 2).sum(), W1)[:, 0]
        ==  A1.T @ (2 * (H @ v1 + 0.01 - [8, 11, 10]) * v1[0] * H[:, 0] * (1 - H[:, 0]))
        !=  57.6568 * array([0.02, 0.03, 0.04]) * array([0.2495, 0.2491, 0.4984])
    with H=sigmoid(A1 @ W1)
local slope
    slope(lambda a: a * beta, t)  ==  shares("mul", 1, t, beta)[0]
share = G · local slope
    slope(lambda a: (G * a * Z).sum(), parent)  ==  table(lambda i, j: G[i][j] * Z[i][j], n, k)
    with parent=Z + 1
slope = sum of the shares
    grad([("mul", "c", "b", 3.0), ("add", "d", "b", "c"), ("mul", "g", "d", G), ("sum", "L", "g")], dict(b=node))["b"]
        ==  table(lambda i, j: G[i][j] + 3 * G[i][j], n, k)
    with node=Z
broadcasting undone
    broadcast_back(G, operand.shape)  ==  table(lambda j: sum(G[i][j] for i in range(n)), k)
    with operand=b
topological order
    [ord(x) for x in topological_order(before, "g")]  ==  [ord(x) for x in "abcdefg"]
work
    [slopes_back("abcdefg", {x: before(x) for x in "abcdefg"}, lambda *at: asked.append(at) or 1), len(asked)][1]
        ==  sum(len(before(x)) for x in "abcdefg")  !=  ways("g")
    with asked=[], ways=lambda x: sum(map(ways, before(x))) or 1

== 07-tensor-jacobians
    with H=lambda x: array([x**2 + 2 * x**2, 3 * x + 4 * (x**2) ** 2]), J=weight_jacobian(X, W)
    with G3=lambda x: array([x[0] - 5 * x[1], x[0] * x[1], x[0] - x[1]]), u=array([t, beta])
    with F2=lambda g: array([3 * g[0] * g[1], g[1] - g[2]])
$$G(x) = (x,\; x^2) \qquad F(u, v) = (u^2 + 2v,\; 3u + 4v^2)$$
    array(reference("tensor_jacobians", "both_ways"))  ==  slope(H, 1.5)
$(6x,\; 3 + 16x^3)$
    slope(H, t)  ==  [6 * t, 3 + 16 * t**3]
$\frac{dF}{dG} = \begin{pmatrix} 3ab & 3(a - 5b) & 3ab \\ 0 & 1 & -1 \end{pmatrix}$
    slope(F2, G3(u))  ==  [[3 * a * b, 3 * (a - 5 * b), 0], [0, 1, -1]]
        !=  [[3 * a * b, 3 * (a - 5 * b), 3 * a * b], [0, 1, -1]]
    with a=t, b=beta
$\frac{dF}{da} = (9ab - 15b^2,\; b - 1)$
    slope(lambda u: F2(G3(u)), u)[:, 0]  ==  [6 * a * b - 15 * b**2, b - 1]  !=  [9 * a * b - 15 * b**2, b - 1]
    with a=t, b=beta
$$\frac{\partial L}{\partial W_{ac}} = \sum_{i}\sum_{j} G_{ij}\, J_{ijac}$$
contraction
    slope(lambda W: (G * (X @ W)).sum(), W)
        ==  table(lambda a, c: sum(G[i][j] * J[i][j][a][c] for i in range(n) for j in range(k)), d, k)
    shape shape of W
    with G=G, J=J
$\frac{\partial Z_1}{\partial W_1} = Z_{11}(1 - Z_{11}) X_{11},\; Z_{12}(1 - Z_{12}) X_{12},\; Z_{13}(1 - Z_{13}) X_{13}$
    slope(lambda w: sigmoid(Xe @ w), We[:, 0])  ==  table(lambda i, a: s[i] * (1 - s[i]) * Xe[i][a], 3, 3)
        !=  diag(s * (1 - s) * diag(Xe))
    with s=sigmoid(Xe @ We[:, 0])
Jacobian of y along t
    slope(lambda t: X @ t, t)  ==  weight_jacobian(X, t)
    with y=X @ W, t=W
$D(F \circ G)(x)$
    slope(lambda x: tanh(B @ tanh(A @ x)), x)  ==  table(lambda i, l: sum(DF[i][j] * DG[j][l] for j in range(q)), 2, m)
    with DF=1 / cosh(B @ tanh(A @ x))[:, None] ** 2 * B, DG=1 / cosh(A @ x)[:, None] ** 2 * A
$\partial Y_{ij} / \partial W_{ac}$
    slope(lambda W: X @ W, W)  ==  table(lambda i, j, a, c: X[i][a] if j == c else 0, n, k, d, k)
$\partial Y_{ij} / \partial X_{ra}$
    slope(lambda X: X @ W, X)  ==  table(lambda i, j, r, a: W[a][j] if i == r else 0, n, k, n, d)
a chain of tables
    [multiplications([5, 4, 3, 1]), multiplications([1, 3, 4, 5])[::-1]]
        ==  [sorted([5 * 4 * 3 + 5 * 3 * 1, 1 * 3 * 4 + 1 * 4 * 5], reverse=True)] * 2
"""  # noqa: E501


@cache
def page(chapter):
    """The chapter's formulas, each with its places, and the set of those that must have an entry."""
    cells, places, due = notebook.read(CHAPTERS[chapter]).cells, {}, set()
    for i, cell in enumerate(cells):
        if cell.cell_type != "markdown":
            continue
        near = [c.source for c in cells[max(i - 1, 0) : i + 1] if c.cell_type == "markdown"]
        near += [doc for c in cells[i + 1 : i + 2] for doc in re.findall(r'^    """(.*?)"""', c.source, re.S | re.M)]
        text, _, rows = cell.source.partition(TABLE)
        displayed = re.findall(r"\$\$.+?\$\$", text, re.S)
        inline = re.findall(r"\$[^$\n]+\$", re.sub(r"\$\$.+?\$\$|`[^`\n]*`|^    [^\n]*$", " ", text, flags=re.S | re.M))
        due.update(displayed, filter(DERIVATIVE.match, inline))
        for formula in displayed + inline:
            places.setdefault(formula, []).append(Place(cell.id, near))
        for row in re.findall(r"^\|(.+)\|$", rows, re.M)[2:]:
            formula, numpy, shapes = (part.strip() for part in re.findall(r"(?:`[^`]*`|\\\||[^|])+", row))
            places.setdefault(formula, []).insert(0, Place(cell.id, near, numpy, shapes))
            due.add(formula)
    return places, due


@cache
def entries():
    """FORMULAS as chapter -> formula -> its sides, its names (`with`), its shape in words; "" is the chapter itself."""
    found = {}
    for heads, body in re.findall(r"((?:^\S.*\n)+)((?:^ .*\n)+)", FORMULAS, re.M):
        body = re.sub(r"\n {8,}", "  ", body)
        entry = {word: re.findall(rf"^    {word} (.*)$", body, re.M) for word in ("with", "shape")}
        entry["sides"] = re.split("  [!=]=  ", body.split("\n")[0].strip())
        for head in heads.splitlines():
            if head.startswith("== "):
                chapter, head = found.setdefault(head[3:], {}), ""
            assert head not in chapter, f"FORMULAS has {head} twice"
            chapter[head] = entry
    return found


@cache
def drawn(chapter):
    """The names that a chapter's formulas and its NumPy lines use: the references, and the numbers FORMULAS draws."""
    names = dict(np=np, jacobian=oracles.jacobian, reference=reference, **SIZES)
    names |= {name: getattr(np, name) for name in "array exp log sqrt tanh cosh diag outer prod mean ones".split()}
    for module in (neurons, discriminants, sigmoid_softmax, cross_entropy, backprop, computation_graphs, tensors):
        names |= {name: value for name, value in vars(module).items() if callable(value)}
    for line in entries()["every chapter"][""]["with"] + entries()[chapter][""]["with"]:
        names |= eval(f"dict({line})", names)
    return names


def work_out(chapter, formula):
    """(names, own, sides): all names, the entry's own ones, and its two or three sides, each a tuple of results."""
    entry, names, own = entries()[chapter][formula], dict(drawn(chapter)), {}
    for line in entry["with"]:
        own |= eval(f"dict({line})", names)
        names |= own
    sides = [eval(side, names) for side in entry["sides"]]
    return names, own, [side if isinstance(side, tuple) else (side,) for side in sides]


def same(one, other):
    """Whether two results have one shape and, to six digits, the same numbers."""
    return np.shape(one) == np.shape(other) and np.allclose(one, other, rtol=1e-6, atol=1e-8)


def shape_of(words, names, own=""):
    """The shape that a few words on a page give, as in "(n, k)", "a number", "like z"; own: what "own thing" is."""
    if words[0] == "(":
        return eval(words, {}, SIZES)
    if words in ("a number", "a count", "n names"):
        return (SIZES["n"],) if words == "n names" else ()
    like = [own] if "own thing" in words else re.findall(r"(\w+)'s", words) or re.findall(r"\w+", words)[-1:]
    assert set(like) <= set(names), f"{words!r} names nothing that was drawn"
    return sum((np.shape(names[name]) for name in like), ())


def each(keep):
    """Parametrised by chapter and formula: the entries for which keep(formula, entry, whether it is a row) holds."""
    chosen = []
    for chapter in CHAPTERS:
        for formula, entry in entries().get(chapter, {}).items():
            row = any(place.shapes is not None for place in page(chapter)[0].get(formula, []))
            if formula and keep(formula, entry, row):
                chosen.append(pytest.param(chapter, formula, id=f"{chapter[:2]} {formula}"))
    return pytest.mark.parametrize("chapter, formula", chosen)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_formula_has_an_entry_and_every_entry_a_page(chapter):
    places, due = page(chapter)
    known = set(entries().get(chapter, ())) - {""}
    new = [f"{formula} of cell {places[formula][0].cell} has no entry" for formula in due - known]
    gone = [f"the entry {formula} has no page" for formula in known - set(places)]
    if new or gone:
        pytest.fail(f"{chapter}: in FORMULAS of {__file__} {' and '.join(new + gone)}.", pytrace=False)


@each(lambda formula, entry, row: True)
def test_two_ways_to_work_it_out_agree_and_a_wrong_quote_does_not(chapter, formula):
    left, right, *quoted = work_out(chapter, formula)[2]
    for one, other in zip(left, right, strict=True):
        assert same(one, other), f"{chapter}: {formula} gives {other}, and it should be {one}"
    for wrong in quoted:
        assert not same(left[0], wrong[0]), f"{chapter}: {formula} is said to be wrong, and it is right"


@each(lambda formula, entry, row: DERIVATIVE.match(formula) and not row and len(entry["sides"]) == 2)
def test_a_derivative_has_its_shape_beside_it(chapter, formula):
    words = "".join(entries()[chapter][formula]["shape"])
    assert words, f"{chapter}: {formula} has no line `shape` in FORMULAS"
    names, _, ((result,), _) = work_out(chapter, formula)
    assert shape_of(SHAPE.search(words)[2], names) == np.shape(result), f"{chapter}: {formula} is not {words}"
    for place in page(chapter)[0].get(formula, []):
        if not any(words in text for text in place.near):
            pytest.fail(f"{chapter}, cell {place.cell}: {formula} stands without its shape, {words!r}.", pytrace=False)


@each(lambda formula, entry, row: row)
def test_a_row_of_the_closing_table_is_true(chapter, formula):
    names, own, (_, results, *_) = work_out(chapter, formula)
    row = page(chapter)[0][formula][0]
    lines = re.findall(r"`([^`]+)`", row.numpy)
    for line, result in zip(lines, results, strict=True) if lines else ():
        name, _, value = line.rpartition(" = ")
        names[name] = result if value == "___" else eval(value, names)
        assert same(names[name], result), f"{chapter}: {line} is not {formula}"
    if row.shapes in NO_SHAPE:
        return
    rest = re.sub(r"one for each row|each|\bto\b|t, the offset|[,; ]", "", SHAPE.sub("", row.shapes))
    assert not rest, f"{chapter}: {rest!r} in {row.shapes!r} is no shape that this test can read"
    clauses = re.split("; | to ", row.shapes)
    inputs, outputs = clauses[: -len(results)], clauses[-len(results) :]
    unnamed = iter(own)
    for given, words in SHAPE.findall("; ".join(inputs)):
        for name in given.split(", ") if given else [next(unnamed)]:
            right = name in names and shape_of(words, names) == np.shape(names[name])
            assert right, f"{chapter}, {formula}: {name} is not {words}"
    for i, result in enumerate(results):
        for _, words in SHAPE.findall(outputs[min(i, len(outputs) - 1)]):
            shape = shape_of(words, names, lines[i][1:] if lines else "")
            assert shape == np.shape(result), f"{chapter}, {formula}: the shape is not {words!r}"
