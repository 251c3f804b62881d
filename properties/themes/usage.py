"""What can be done with a net: copy, save, move and compile it, in any layout and precision.

A net that breaks one of these computes what it should; it can be used in fewer ways.
"""

from __future__ import annotations

import copy
import io
import pickle

import torch
from torch import Tensor

from properties.measures import transforms as ways
from properties.property import claim, require
from properties.runs.batches import takes_images
from properties.runs.copies import copied, must_work, ready, rebuilt
from properties.runs.eval_run import repeats, runs
from properties.runs.forward import outputs
from properties.runs.tolerance import difference, rounding, same_bits
from properties.subject import Subject

__all__ = [
    "building_it_without_memory_gives_the_same_sizes",
    "compiling_it_changes_nothing",
    "copying_it_changes_nothing",
    "cpu_and_cuda_agree",
    "exporting_it_changes_nothing",
    "loading_its_state_dict_makes_a_fresh_net_the_same",
    "memory_layout_of_the_image_does_not_matter",
    "moving_it_moves_all_of_it",
    "pickling_it_changes_nothing",
    "precision_of_numbers_does_not_matter",
    "saving_its_state_dict_needs_no_code_to_load_it",
    "vmap_changes_nothing",
]

DOCS = "PyTorch 2.13 documentation"
_HALF_PRECISION = 0.25  # relative difference allowed in bfloat16, of whose 8 binary digits every layer rounds the last


@claim(
    source=f"{DOCS}, copy.deepcopy of modules: it keeps values and structure",
    applies=repeats,
    decides=False,
    cost="dear",
)
def copying_it_changes_nothing(subject: Subject) -> None:
    """A deep copy computes the same bits and shares no memory with the net."""
    with ready(subject) as (net, image, expected), must_work("copy.deepcopy(net)", subject):
        second = copy.deepcopy(net)
        require(same_bits(outputs(second, image), expected), "the copy's outputs differ", "the net's", subject)
        shared = ways.shared_memory(net, second)
        require(not shared, f"the copy shares the memory of {', '.join(shared[:3])}", "its own", subject)


@claim(
    source=f"{DOCS}, Serialization semantics: a module is pickled whole, by its class's name",
    applies=repeats,
    decides=False,
    cost="dear",
)
def pickling_it_changes_nothing(subject: Subject) -> None:
    """A net that was pickled and read back computes the same bits."""
    with ready(subject) as (net, image, expected), must_work("pickle.dumps(net)", subject):
        second = pickle.loads(pickle.dumps(net))
        require(same_bits(outputs(second, image), expected), "the read net's outputs differ", "the same", subject)


@claim(
    source=f"{DOCS}, torch.load: with weights_only=True only tensors, plain types and containers are read",
    applies=repeats,
    decides=False,
    cost="dear",
)
def saving_its_state_dict_needs_no_code_to_load_it(subject: Subject) -> None:
    """The state_dict goes through torch.save and torch.load(weights_only=True) and comes back bit for bit."""
    state, file = subject.net.state_dict(), io.BytesIO()
    with must_work("saving the state_dict and loading it with weights_only=True", subject):
        torch.save(state, file)
        file.seek(0)
        read = torch.load(file, weights_only=True)
    require(list(read) == list(state), f"{len(read)} keys come back", f"the {len(state)} saved", subject)
    for key, value in state.items():
        same = not isinstance(value, Tensor) or same_bits([read[key]], [value])
        require(same, f"{key} comes back with other values", "those saved", subject)


@claim(
    source=f"{DOCS}, torch.nn.Module.load_state_dict: with strict=True keys and shapes must match exactly",
    applies=lambda subject: subject.rebuildable and repeats(subject),
    decides=False,
    cost="dear",
)
def loading_its_state_dict_makes_a_fresh_net_the_same(subject: Subject) -> None:
    """A second net from the same builder takes the first one's state_dict, strictly, and computes the same bits."""
    with ready(subject) as (_, image, expected):
        with must_work("loading the state_dict into a second net", subject):
            actual = outputs(rebuilt(subject), image)
        require(same_bits(actual, expected), "the second net's outputs differ", "the first one's", subject)


@claim(
    source=f"{DOCS}, torch.device as a context manager and torch.nn.utils.skip_init: building on the meta device",
    applies=lambda subject: subject.rebuildable and runs(subject),
    decides=False,
    cost="dear",
)
def building_it_without_memory_gives_the_same_sizes(subject: Subject) -> None:
    """Built on the meta device the net holds no memory, and its tensors and outputs have the same sizes."""
    with must_work("building it on the meta device", subject), torch.device("meta"):
        net = subject.build()
        net.eval()
    ways.stands_on(net, "meta", subject)
    actual = {key: tuple(value.shape) for key, value in net.named_parameters()}
    expected = {key: tuple(value.shape) for key, value in subject.net.named_parameters()}
    require(actual == expected, "the sizes of its parameters on the meta device differ", "the same", subject)
    ways.runs_without_memory(net, subject)


@claim(
    source=f"{DOCS}, torch.nn.Module.to: it moves all parameters and buffers; the meta device stands for any other",
    applies=runs,
    decides=False,
    cost="dear",
)
def moving_it_moves_all_of_it(subject: Subject) -> None:
    """Moved to another device, every tensor stands there and the net runs there."""
    with must_work("moving it to the meta device", subject):
        net = copied(subject).to("meta")
    net.eval()
    ways.stands_on(net, "meta", subject)
    ways.runs_without_memory(net, subject)


@claim(
    source=f"{DOCS}, Numerical accuracy: results on other devices differ by rounding, with TF32 off",
    applies=lambda subject: torch.cuda.is_available() and subject.device == "cpu" and repeats(subject),
    decides=False,
    cost="dear",
)
def cpu_and_cuda_agree(subject: Subject) -> None:
    """On a CUDA device with TF32 off the net computes what it does on the CPU, up to half the digits."""
    with ready(subject) as (_, image, expected), ways.tf32_off(), must_work("running it on a CUDA device", subject):
        actual = outputs(copied(subject).to("cuda"), image.to("cuda"))
    gap = difference(actual, expected)
    require(gap <= rounding(subject.dtype), f"outputs on the CUDA device lie {gap:.1e} apart", "the CPU's", subject)


@claim(
    source=f"{DOCS}, Tensor views and Channels last memory format: strides are no part of a tensor's value",
    applies=repeats,
    decides=False,
    cost="dear",
)
def memory_layout_of_the_image_does_not_matter(subject: Subject) -> None:
    """Images that are not contiguous, or lie with channels last, give the same outputs up to rounding."""
    with ready(subject) as (net, image, expected):
        for layout, same_image in ways.layouts(image):
            with must_work(f"the net on {layout} images", subject):
                gap = difference(outputs(net, same_image), expected)
            require(
                gap <= rounding(subject.dtype), f"{layout} images give outputs {gap:.1e} apart", "the same", subject
            )


@claim(
    source="IEEE 754-2019 and bfloat16 (Google 2018): a type's precision bounds the rounding of each operation",
    applies=repeats,
    decides=False,
    cost="dear",
)
def precision_of_numbers_does_not_matter(subject: Subject) -> None:
    """float64 gives the outputs of float32 up to half its digits (3e-4), and bfloat16 up to a quarter of their size."""
    with ready(subject) as (_, image, expected):
        for dtype, bound in ((torch.float64, rounding(torch.float32)), (torch.bfloat16, _HALF_PRECISION)):
            with must_work(f"the net in {dtype}", subject):
                actual = outputs(copied(subject).to(dtype), image.to(dtype))
            gap = difference(actual, expected)
            require(gap <= bound, f"outputs in {dtype} lie {gap:.1e} apart", f"within {bound:.1e}", subject)


@claim(
    source=f"{DOCS}, torch.export.export: a sound graph of the computation",
    applies=repeats,
    decides=False,
    cost="dear",
)
def exporting_it_changes_nothing(subject: Subject) -> None:
    """torch.export accepts the net, and the exported program computes the same up to rounding."""
    with ready(subject) as (net, image, expected), must_work("torch.export.export(net)", subject):
        gap = difference(ways.exported(net, image), expected)
        require(gap <= rounding(subject.dtype), f"the exported outputs lie {gap:.1e} apart", "the same", subject)


@claim(source=f"{DOCS}, torch.compile: it keeps a model's semantics", applies=repeats, decides=False, cost="dear")
def compiling_it_changes_nothing(subject: Subject) -> None:
    """torch.compile accepts the net, and the compiled net computes the same up to rounding."""
    with ready(subject) as (net, image, expected), must_work("torch.compile(net)", subject):
        gap = difference(ways.compiled(net, image), expected)
        require(gap <= rounding(subject.dtype), f"the compiled outputs lie {gap:.1e} apart", "the same", subject)


@claim(
    source=f"{DOCS}, torch.func.vmap: the function is mapped over an axis, as if called for each image",
    applies=takes_images,
    decides=False,
    cost="dear",
)
def vmap_changes_nothing(subject: Subject) -> None:
    """torch.func.vmap over single images gives the outputs of the batch up to rounding."""
    with ready(subject) as (net, image, expected), must_work("torch.func.vmap over the images", subject):
        gap = difference(ways.mapped(net, image, expected), ways.by_image(expected))
        require(gap <= rounding(subject.dtype), f"the mapped outputs lie {gap:.1e} apart", "the batch's", subject)
