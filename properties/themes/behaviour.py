"""A net computes the same each time, for each image on its own, and leaves no trace."""

from __future__ import annotations

from torch import Tensor, nn

from properties.property import claim, require
from properties.runs.batches import beyond_rounding, gap_when_alone, gap_when_swapped, lost_axis, takes_images
from properties.runs.borrowed import borrowed
from properties.runs.eval_run import eval_run, runs
from properties.runs.forward import outputs
from properties.runs.tolerance import difference, rounding
from properties.runs.train_run import train_image, train_run
from properties.subject import Subject

__all__ = [
    "auxiliary_outputs_are_the_documented_ones",
    "bits_are_the_same_each_time",
    "image_is_left_untouched",
    "mode_is_what_was_asked_for",
    "outputs_do_not_depend_on_the_rest_of_the_batch",
    "permuted_batch_gives_permuted_outputs",
    "process_is_left_untouched",
]

DOCS = "PyTorch 2.13 documentation"
_INFERENCE = "Ioffe & Szegedy 2015, arXiv:1502.03167, Algorithm 2: inference is a function of one image"


@claim(source=f"{DOCS}, Reproducibility: what a forward pass in eval mode depends on is its input", applies=runs)
def bits_are_the_same_each_time(subject: Subject) -> None:
    """In eval mode the same images give the same bits each time, whatever was computed in between."""
    run = eval_run(subject)
    require(run.again.raised is None, f"a second forward pass raises {run.again.raised}", "like the first", subject)
    gap = difference(run.again.tensors, run.first.tensors)
    require(run.repeatable, f"outputs for the same images lie {gap:.1e} apart", "the same bits", subject)


@claim(source=_INFERENCE, applies=takes_images)
def permuted_batch_gives_permuted_outputs(subject: Subject) -> None:
    """In eval mode images in another order give the same outputs in that order."""
    raised = eval_run(subject).swapped.raised
    require(raised is None, f"two images in the other order raise {raised}", "accepted", subject)
    gap = beyond_rounding(subject, gap_when_swapped)
    require(not gap, f"the outputs of two images that change places change by {gap:.1e}", "the same", subject)


@claim(source=_INFERENCE, applies=takes_images)
def outputs_do_not_depend_on_the_rest_of_the_batch(subject: Subject) -> None:
    """In eval mode an image's outputs do not depend on the other images in its batch."""
    raised = eval_run(subject).alone.raised
    require(raised is None, f"an image alone raises {raised}", "accepted", subject)
    squeezed = lost_axis(eval_run(subject))
    require(not squeezed, f"an image alone gives {squeezed}", "a batch of one", subject)
    gap = beyond_rounding(subject, gap_when_alone)
    require(not gap, f"an image alone gives outputs {gap:.1e} apart from those in a batch", "the same", subject)


@claim(source=f"{DOCS}, torch.nn.ReLU: inplace is off by default, so that a layer's input stays as it is", applies=runs)
def image_is_left_untouched(subject: Subject) -> None:
    """A forward pass writes nothing to the images it is given, in either mode."""
    require(not eval_run(subject).image_changed, "the images after a forward pass differ", "as they were", subject)
    written = train_run(subject).image_changed
    require(not written, "the images after a forward pass in train mode differ", "as they were", subject)


@claim(source=f"{DOCS}, torch.nn.Module.forward: it defines a computation, not the process around it", applies=runs)
def process_is_left_untouched(subject: Subject) -> None:
    """A forward pass changes no setting of the process: no default, thread count, filter, function or random state."""
    eval_changes, train = eval_run(subject).shared, train_run(subject)
    require(not eval_changes, f"a forward pass changes {', '.join(eval_changes)}", "left alone", subject)
    changed = ", ".join(train.shared)
    require(not changed, f"a forward pass in train mode changes {changed}", "left alone", subject)
    require(not train.reseeded, "a forward pass in train mode seeds the random numbers", "left alone", subject)


@claim(
    source=f"{DOCS}, torch.nn.Module.train and eval: each sets the mode of all modules and returns self", applies=runs
)
def mode_is_what_was_asked_for(subject: Subject) -> None:
    """eval() and train() set the mode of every layer, and after train() and eval() the net computes what it did."""
    run = eval_run(subject)
    require(not run.modes, "; ".join(run.modes[:3]), "what was asked for", subject)
    if run.repeatable and run.alone.raised is None:
        gap = difference(run.returned.tensors, run.alone.tensors)
        same = run.returned.raised is None and gap <= rounding(subject.dtype)
        require(same, f"after train() and eval() the outputs lie {gap:.1e} apart", "what they were", subject)


@claim(
    source="the document that the spec cites: where its heads stand, and in which mode they speak",
    applies=lambda subject: subject.spec is not None and subject.device != "meta",
)
def auxiliary_outputs_are_the_documented_ones(subject: Subject) -> None:
    """The net returns as many tensors as documented in either mode, auxiliary heads included."""
    if subject.spec is None:
        return
    image = train_image(subject)
    for training, documented in ((False, subject.spec.outputs_eval), (True, subject.spec.outputs_train)):
        returned = _count_outputs(subject.net, image, training=training)
        mode = "train" if training else "eval"
        require(returned == documented, f"the net returns {returned} tensors in {mode} mode", str(documented), subject)


def _count_outputs(net: nn.Module, image: Tensor, *, training: bool) -> int:
    """How many tensors a forward pass returns."""
    with borrowed(net, lively=False):
        net.train(training)
        return len(outputs(net, image))
