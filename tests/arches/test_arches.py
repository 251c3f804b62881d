"""Every net in ``arches.SPECS``: its claims, its arguments, its domain, and torchvision's net where there is one."""

from __future__ import annotations

import ast
import copy
import inspect
import pickle
import pkgutil
import subprocess
import sys
from dataclasses import replace
from importlib import import_module

import pytest
import torch
from support.subjects import SPECS, macs, on_meta, randomise, sizes, torchvision_builder
from torch import nn

import arches
from arches import Claim, Spec

every_spec = pytest.mark.parametrize("spec", [pytest.param(spec, id=spec.name) for spec in arches.SPECS])
torchvision_specs = pytest.mark.parametrize(
    "spec", [pytest.param(spec, id=spec.name) for spec in arches.SPECS if spec.torchvision]
)
macs_specs = pytest.mark.parametrize("spec", [pytest.param(spec, id=spec.name) for spec in arches.SPECS if spec.macs])
bounded_specs = pytest.mark.parametrize(
    "spec", [pytest.param(spec, id=spec.name) for spec in arches.SPECS if spec.largest]
)
# What a deep net repeats is tested quickly on its shallow sibling; the deep one has its turn in the slow run.
deep_ones_slowly = pytest.mark.parametrize(
    "spec",
    [
        pytest.param(spec, id=spec.name, marks=[pytest.mark.slow] if spec.residual_blocks > 8 else [])
        for spec in arches.SPECS
    ],
)
both_modes = pytest.mark.parametrize("train", [False, True], ids=["eval", "train"])


def logits(output: torch.Tensor | tuple[torch.Tensor, ...]) -> torch.Tensor:
    """The main output."""
    return output if isinstance(output, torch.Tensor) else output[0]


def usual_classes(spec: Spec) -> int:
    """How many logits the net has unless it is told otherwise."""
    classes: int = inspect.signature(spec.build).parameters["num_classes"].default
    return classes


def square(spec: Spec, side: int, *, batch: int = 2, device: str = "meta") -> torch.Tensor:
    """Images that say nothing, of the spec's channels."""
    return torch.zeros(batch, spec.input_shape[0], side, side, device=device)


@every_spec
def test_spec_is_the_builder_of_its_name(spec):
    """Every spec's name is a builder in ``arches``, a function of the file that the claims are named after."""
    home = import_module(spec.build.__module__)

    assert spec.build is getattr(arches, spec.name)
    assert spec.build is getattr(home, spec.name)
    assert spec in import_module(home.__name__.replace("arches.", "arches._claims.")).SPECS


def test_names_are_unique():
    """No two specs share a name."""
    names = [spec.name for spec in arches.SPECS]
    assert len(names) == len(set(names))


def test_the_issue_list_is_complete():
    """Every net that the README promises has a spec."""
    resnets = {"resnet18", "resnet34", "resnet50", "resnet101", "resnet152"}
    v1 = {"resnet50_v1", "resnet101_v1", "resnet152_v1"}
    wider = {"resnext50_32x4d", "resnext101_32x8d", "resnext101_64x4d", "wide_resnet50_2", "wide_resnet101_2"}
    tutorials = {"resnet18_d2l", "resnet18_cifar", "cifar10_net", "cifar10_net_sequential"}
    others = {"googlenet", "googlenet_torchvision", "alexnet"}
    vgg = {f"vgg{layers}{norm}" for layers in (11, 13, 16, 19) for norm in ("", "_bn")}
    assert set() == (resnets | v1 | wider | tutorials | others | vgg) - {spec.name for spec in arches.SPECS}


def test_every_spec_that_is_written_is_in_the_list():
    """One that stands in its paper's claims and not in ``arches.SPECS`` would be no target, and never checked."""
    files = [file.name for file in pkgutil.iter_modules(arches.__path__) if not file.name.startswith("_")]
    written = [spec for name in files for spec in import_module(f"arches._claims.{name}").SPECS]

    assert [] == [f"{spec.name} is not in arches.SPECS" for spec in written if spec not in arches.SPECS]


def test_type_checkers_see_every_builder():
    """They do not see what is looked up when it is asked for, so the builders are named for them."""
    tree = ast.parse(inspect.getsource(arches))
    (block,) = [node for node in tree.body if isinstance(node, ast.If)]
    named = {alias.asname for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names}

    assert {spec.name for spec in arches.SPECS} == named


def test_a_file_of_a_nets_name_does_not_hide_the_net():
    """``arches.alexnet`` is the builder, also where the file ``arches/alexnet.py`` was imported first."""
    script = (
        "import arches.alexnet, arches.googlenet, arches; print(arches.alexnet.__name__, arches.googlenet.__name__)"
    )
    child = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert "alexnet googlenet" == child.stdout.strip()


def test_a_name_that_is_none_is_an_attribute_error():
    """As in every module."""
    with pytest.raises(AttributeError, match=r"^module 'arches' has no attribute 'resnet5'$"):
        arches.resnet5  # noqa: B018 - looking it up is the test


def test_a_builder_may_be_a_function():
    """So that a paper outside this package may be one file."""
    assert len is replace(arches.SPECS[0], build=len).build


@pytest.mark.parametrize(("expected", "actual"), [(True, 101.0), (True, 99.0), (False, 102.0)])
def test_claim_is_met_within_its_tolerance(expected, actual):
    """A claim of 100 within 1 % is met by 99 and 101 and missed by 102."""
    assert expected is Claim(100.0, rel_tol=0.01).met_by(actual)


@every_spec
def test_parameter_count_is_the_published_one(spec):
    """The net has as many trainable scalars as its source says."""
    net = on_meta(spec.build)
    assert spec.num_params.value == sum(p.numel() for p in net.parameters() if p.requires_grad)


@macs_specs
def test_multiply_adds_are_the_published_ones(spec):
    """An image costs as many multiply-adds as the net's source says, within the rounding that the claim states."""
    actual = macs(on_meta(spec.build), spec.input_shape)
    assert spec.macs.met_by(actual), f"{actual}, but should be {spec.macs}"


@every_spec
def test_stages_have_the_published_sizes(spec):
    """Every row of the paper's table has the output size that the table prints."""
    x = torch.empty(2, *spec.input_shape, device="meta")
    actual = sizes(on_meta(spec.build), [stage.module for stage in spec.stages], x)
    assert [stage.shape for stage in spec.stages] == actual


@both_modes
@deep_ones_slowly
def test_number_of_outputs(spec, train):
    """The net returns as many tensors as its spec says, in either mode."""
    with torch.no_grad():
        output = on_meta(spec.build).train(train)(torch.empty(2, *spec.input_shape, device="meta"))
    expected = spec.outputs_train if train else spec.outputs_eval
    assert expected == (1 if isinstance(output, torch.Tensor) else len(output))


@deep_ones_slowly
def test_channels_and_classes_are_the_callers(spec):
    """``in_channels`` and ``num_classes`` set the first and the last axis that they name."""
    net = on_meta(spec.build, in_channels=2, num_classes=7)
    with torch.no_grad():
        output = net(torch.empty(3, 2, *spec.input_shape[1:], device="meta"))
    assert (3, 7) == logits(output).shape


@pytest.mark.parametrize("argument", ["num_classes", "in_channels"])
@every_spec
def test_zero_is_not_a_count(spec, argument):
    """A count below 1 is refused with the argument's name and the value."""
    with pytest.raises(ValueError, match=f"^{argument} must be at least 1, got 0$"):
        on_meta(spec.build, **{argument: 0})


@pytest.mark.parametrize("value", [10.0, "10", True, None])
@every_spec
def test_a_count_is_an_int(spec, value):
    """A count that is not an int is refused with the argument's name and the value."""
    with pytest.raises(TypeError, match=r"^num_classes must be an int, got "):
        on_meta(spec.build, num_classes=value)


@every_spec
def test_arguments_are_keywords(spec):
    """No builder takes a positional argument."""
    with pytest.raises(TypeError, match="positional argument"):
        spec.build(10)


@both_modes
@deep_ones_slowly
def test_smallest_input_is_accepted(spec, train):
    """A square of the smallest side passes, in train mode with a batch of 2."""
    side = spec.smallest_train if train else spec.smallest_eval
    with torch.no_grad():
        output = on_meta(spec.build).train(train)(square(spec, side, batch=2 if train else 1))
    assert (usual_classes(spec),) == logits(output).shape[1:]


@both_modes
@deep_ones_slowly
def test_smaller_input_is_rejected(spec, train):
    """A square one pixel smaller than the smallest is an error, not a result."""
    side = (spec.smallest_train if train else spec.smallest_eval) - 1
    net = on_meta(spec.build).train(train)
    with torch.no_grad(), pytest.raises(RuntimeError):
        net(square(spec, side))


@both_modes
@bounded_specs
def test_largest_input_is_accepted(spec, train):
    """A net that flattens a map without an adaptive pool takes a square of its largest side."""
    with torch.no_grad():
        output = on_meta(spec.build).train(train)(square(spec, spec.largest))
    assert (usual_classes(spec),) == logits(output).shape[1:]


@bounded_specs
def test_larger_input_is_rejected(spec):
    """It refuses a square one pixel larger than that."""
    with torch.no_grad(), pytest.raises(RuntimeError, match=r"cannot be multiplied|same reduction dim"):
        on_meta(spec.build)(square(spec, spec.largest + 1))


@both_modes
@pytest.mark.parametrize(
    "name", ["resnet18", "resnet50_v1", "resnet18_d2l", "resnet18_cifar", "googlenet", "googlenet_torchvision"]
)
def test_smallest_input_on_a_real_device(name, train):
    """The smallest side holds where numbers are computed, and the side below it does not."""
    spec = SPECS[name]
    net = on_meta(spec.build).to_empty(device="cpu").train(train)
    side = spec.smallest_train if train else spec.smallest_eval
    with torch.no_grad():
        net(square(spec, side, device="cpu"))
    with torch.no_grad(), pytest.raises(RuntimeError):
        net(square(spec, side - 1, device="cpu"))


@pytest.mark.slow
@both_modes
@every_spec
def test_smallest_input_on_a_real_device_for_all(spec, train):
    """The same for every net, the widest included."""
    test_smallest_input_on_a_real_device(spec.name, train)


@deep_ones_slowly
def test_images_need_not_be_square(spec):
    """An image higher than wide passes, and so does one wider than high."""
    net = on_meta(spec.build)
    high, wide = spec.smallest_eval + 5, spec.smallest_eval + 2
    with torch.no_grad():
        for size in [(high, wide), (wide, high)]:
            output = net(torch.empty(2, spec.input_shape[0], *size, device="meta"))
            assert (usual_classes(spec),) == logits(output).shape[1:]


@deep_ones_slowly
def test_pickle_and_deepcopy_keep_the_net(spec):
    """A pickled or copied net has the same layers and the same tensors' names and shapes."""
    net = on_meta(spec.build)
    shapes = {name: tensor.shape for name, tensor in net.state_dict().items()}
    for twin in (pickle.loads(pickle.dumps(net)), copy.deepcopy(net)):
        assert repr(net) == repr(twin)
        assert shapes == {name: tensor.shape for name, tensor in twin.state_dict().items()}


@pytest.mark.slow
@both_modes
@pytest.mark.parametrize(
    "spec", [pytest.param(spec, id=spec.name) for spec in arches.SPECS if spec.residual_blocks <= 16]
)
def test_net_can_be_exported(spec, train):
    """``torch.export`` captures the net on the meta device, in either mode, without a warning."""
    net = on_meta(spec.build).train(train)
    program = torch.export.export(net, (torch.empty(2, *spec.input_shape, device="meta"),))
    assert len(program.graph_signature.user_outputs) == (spec.outputs_train if train else spec.outputs_eval)


@torchvision_specs
def test_state_dict_is_torchvisions(spec):
    """Keys, their order, shapes and types of the state_dict are torchvision's."""
    ours, theirs = on_meta(spec.build), on_meta(torchvision_builder(spec.torchvision))
    expected = [(name, tensor.shape, tensor.dtype) for name, tensor in theirs.state_dict().items()]
    assert expected == [(name, tensor.shape, tensor.dtype) for name, tensor in ours.state_dict().items()]


@torchvision_specs
def test_layers_are_torchvisions(spec):
    """Every layer has torchvision's name, kind and attributes: eps, ceil_mode, in-place or not, dropout rate."""

    def leaves(net: nn.Module) -> list[tuple[str, str]]:
        return [(name, repr(module)) for name, module in net.named_modules() if not any(module.children())]

    assert leaves(on_meta(torchvision_builder(spec.torchvision))) == leaves(on_meta(spec.build))


@torchvision_specs
def test_torchvisions_weights_give_torchvisions_logits(spec):
    """A state_dict of torchvision's net, statistics included, loads strictly and gives bit-equal logits in eval."""
    theirs = on_meta(torchvision_builder(spec.torchvision))
    theirs.load_state_dict(randomise(theirs), strict=True, assign=True)
    ours = on_meta(spec.build)
    ours.load_state_dict(theirs.state_dict(), strict=True, assign=True)
    x = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected, actual = theirs(x), ours(x)
    assert expected.isfinite().all()
    assert expected.std() > 0
    assert torch.equal(expected, actual)


@pytest.mark.parametrize("name", ["resnet18", "resnet50", "resnext50_32x4d", "googlenet_torchvision", "alexnet"])
def test_training_outputs_and_statistics_are_torchvisions(name):
    """In train mode, with the same seed for dropout, all outputs and the moved statistics are bit-equal."""
    spec = SPECS[name]
    nets = on_meta(torchvision_builder(spec.torchvision)), on_meta(spec.build)
    outputs = []
    for net in nets:
        net.load_state_dict(randomise(net), strict=True, assign=True)
        torch.manual_seed(2)
        with torch.no_grad():
            output = net.train()(torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(1)))
        outputs.append((output,) if isinstance(output, torch.Tensor) else tuple(output))
    assert all(torch.equal(*pair) for pair in zip(*outputs, strict=True))
    assert all(torch.equal(*pair) for pair in zip(*(net.state_dict().values() for net in nets), strict=True))


@pytest.mark.parametrize(
    "name",
    [
        "resnet18",
        pytest.param("resnext50_32x4d", marks=pytest.mark.slow),
        "googlenet_torchvision",
        pytest.param("alexnet", marks=pytest.mark.slow),
        pytest.param("vgg11_bn", marks=pytest.mark.slow),
    ],
)
def test_fresh_weights_are_torchvisions(name):
    """With the same seed, a fresh net has bit for bit the weights of torchvision's fresh net."""
    spec = SPECS[name]
    keywords = {"init_weights": True} if name == "googlenet_torchvision" else {}
    torch.manual_seed(3)
    theirs = torchvision_builder(spec.torchvision)(**keywords).state_dict()
    torch.manual_seed(3)
    ours = spec.build().state_dict()
    assert [] == [name for name in theirs if not torch.equal(theirs[name], ours[name])]
