"""A net trains as its layers promise: gradients, running statistics, dropout, and steps that stay."""

from __future__ import annotations

from properties.graph.analysis.flow import connected
from properties.graph.kinds import GRADIENT_CUTS
from properties.measures.derivative import slopes
from properties.measures.dropouts import DROPOUTS, drawn_by
from properties.measures.statistics import followed, misses
from properties.measures.steps import unmoved_by_a_step
from properties.property import claim, require
from properties.runs.eval_run import eval_run
from properties.runs.train_run import run_once, train_run
from properties.subject import Subject

__all__ = [
    "dropout_drops_at_its_rate",
    "frozen_parameters_get_no_gradient",
    "gradient_is_the_derivative",
    "gradient_reaches_what_the_graph_connects",
    "running_statistics_follow_the_formula",
    "running_statistics_stay_in_eval_mode",
    "step_changes_every_weight_that_has_a_gradient",
]

DOCS = "PyTorch 2.13 documentation"
_MORE_RUNS = 5  # of a net whose random numbers may leave a branch out


def _trains(subject: Subject) -> bool:
    """Whether it runs in train mode and returns something that depends on a parameter."""
    return subject.device != "meta" and train_run(subject).raised is None and bool(train_run(subject).reached)


def _has_graph(subject: Subject) -> bool:
    return _trains(subject) and subject.graph_if_any("train") is not None


def _keeps_statistics(subject: Subject) -> bool:
    return subject.device != "meta" and bool(train_run(subject).before)


@claim(source="Rumelhart, Hinton & Williams 1986: backpropagation follows every path to the output", applies=_has_graph)
def gradient_reaches_what_the_graph_connects(subject: Subject) -> None:
    """Every parameter from which a path leads to an output gets a gradient, and so does the image."""
    parameters, image = connected(subject.graph("train"))
    if subject.spec is not None:  # a reference stops no gradient on purpose
        parameters, image = frozenset(name for name, _ in subject.net.named_parameters()), True
    run = train_run(subject)
    reached, image_reached = run.reached, run.image_reached
    for seed in range(_MORE_RUNS):
        if parameters <= reached and image_reached >= image:
            return
        run = run_once(subject, seed=seed)
        reached, image_reached = reached | run.reached, image_reached or run.image_reached
    missed = [name for name, _ in subject.net.named_parameters() if name in parameters - reached]
    require(not missed, f"{len(missed)} parameters ({', '.join(missed[:3])}) get no gradient", "reached", subject)
    require(image_reached >= image, "the image gets no gradient", "reached", subject)


@claim(
    source=f"{DOCS}, torch.Tensor.requires_grad: False keeps a tensor out of autograd",
    applies=lambda s: _trains(s) and any(not parameter.requires_grad for parameter in s.net.parameters()),
)
def frozen_parameters_get_no_gradient(subject: Subject) -> None:
    """A parameter that does not ask for a gradient gets none."""
    frozen = [key for key, parameter in subject.net.named_parameters() if not parameter.requires_grad]
    wrong = [key for key in frozen if key in train_run(subject).reached]
    require(not wrong, f"{', '.join(wrong[:3])} is frozen and gets a gradient", "left without", subject)


@claim(
    source="Ioffe & Szegedy 2015, arXiv:1502.03167, section 3.1: the statistics are fixed during inference",
    applies=lambda subject: _keeps_statistics(subject) and eval_run(subject).first.raised is None,
)
def running_statistics_stay_in_eval_mode(subject: Subject) -> None:
    """A forward pass in eval mode moves no running statistic."""
    moved = eval_run(subject).statistics
    require(not moved, f"{', '.join(moved[:3])} moves in eval mode", "fixed", subject)


@claim(
    source=f"Ioffe & Szegedy 2015, arXiv:1502.03167, Algorithm 2 (unbiased variance); {DOCS}, BatchNorm2d (momentum)",
    applies=lambda subject: _keeps_statistics(subject) and train_run(subject).raised is None,
)
def running_statistics_follow_the_formula(subject: Subject) -> None:
    """In train mode running mean and variance move by the momentum towards the batch's mean and unbiased variance."""
    run = train_run(subject)
    for key, (expected, slack) in followed(run).items():
        error = misses(run.after[key], expected, slack)
        require(not error, f"{key} is {error} away from the formula's value", "equal to it", subject)


@claim(
    source=f"Srivastava et al. 2014, section 4; {DOCS}, Dropout: zero with probability p, else divided by 1 - p",
    applies=lambda s: s.device != "meta" and any(isinstance(module, DROPOUTS) for module in s.net.modules()),
)
def dropout_drops_at_its_rate(subject: Subject) -> None:
    """A dropout layer drops at its rate (within 6 standard deviations), scales the rest and is silent in eval mode."""
    for path, module in subject.net.named_modules():
        if isinstance(module, DROPOUTS):
            seen = drawn_by(module)
            bound = 6 * (module.p * (1 - module.p) / seen.units) ** 0.5
            near = abs(seen.dropped - module.p) <= bound
            require(near, f"{path} drops {seen.dropped:.3f} of its units", f"{module.p} +- {bound:.3f}", subject)
            require(seen.scaled, f"{path} leaves what it keeps at another scale", "1 / (1 - p)", subject)
            require(seen.silent, f"{path} changes its input in eval mode", "the identity", subject)


@claim(
    source=f"Robbins & Monro 1951; {DOCS}, torch.optim.SGD: a step subtracts lr times the gradient",
    applies=_trains,
    cost="dear",
)
def step_changes_every_weight_that_has_a_gradient(subject: Subject) -> None:
    """After a step of gradient descent every weight with a gradient has another value, and the next pass keeps it."""
    unmoved = unmoved_by_a_step(subject)
    require(not unmoved, f"{', '.join(unmoved[:3])} is what it was before a step", "moved by it", subject)


def _is_differentiable(subject: Subject) -> bool:
    """Whether no operator replaces its gradient by another one on purpose."""
    graph = subject.graph_if_any("train")
    return _has_graph(subject) and graph is not None and not any(graph.of_kind(*GRADIENT_CUTS))


@claim(
    source="the definition of the derivative: the limit of (f(x + h v) - f(x - h v)) / 2h",
    applies=_is_differentiable,
    cost="dear",
)
def gradient_is_the_derivative(subject: Subject) -> None:
    """In float64 and train mode the gradient along a drawn direction is the difference quotient of the outputs."""
    against = []
    for step in (1e-7, 1e-8, 1e-9):  # a kink between the points spoils one of them, not all
        found = slopes(subject, step)
        if found.agree:
            return
        if found.known:
            against.append(found)
    for found in against:
        actual = f"the gradient along a direction is {found.gradient:.4g}"
        require(False, actual, f"the difference quotient {found.quotient:.4g}", subject)
