"""What He et al. 2015 say about the shortcut of a residual block."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import torch
from torch import Tensor, nn

from properties.graph.analysis.residual import ResidualBlock, residual_blocks
from properties.graph.kinds import BLOCK_ACTIVATIONS
from properties.property import Violation, claim, require
from properties.subject import Subject

__all__ = [
    "addition_comes_before_the_last_relu",
    "projection_ends_in_a_norm",
    "projection_is_one_1x1_convolution_with_the_blocks_stride",
    "shortcut_is_the_identity_exactly_when_shapes_agree",
    "there_are_as_many_residual_blocks_as_the_table_has",
    "zeroed_residual_branch_leaves_relu_of_the_shortcut",
]

RESNET = "He et al. 2015, arXiv:1512.03385"


def _is_residual(subject: Subject) -> bool:
    """What the spec says; for a net without one, what its graph shows."""
    return subject.spec.residual_blocks > 0 if subject.spec else bool(residual_blocks(subject.graph()))


def _can_be_watched(subject: Subject) -> bool:
    """Whether the net has values, and each block is a module that hooks see."""
    if subject.device == "meta":
        return False
    if subject.spec:
        return subject.spec.residual_blocks > 0
    blocks = residual_blocks(subject.graph())
    return bool(blocks) and all(block.is_a_module for block in blocks)


def _found(subject: Subject) -> tuple[ResidualBlock, ...]:
    blocks = residual_blocks(subject.graph())
    require(len(blocks) > 0, "the net has no residual block", "a residual net", subject)
    return blocks


@claim(source=f"{RESNET}, Table 1", applies=lambda subject: subject.spec is not None)
def there_are_as_many_residual_blocks_as_the_table_has(subject: Subject) -> None:
    """The net has as many residual blocks as its table says."""
    if subject.spec:
        count, expected = len(residual_blocks(subject.graph())), subject.spec.residual_blocks
        require(count == expected, f"{count} residual blocks", str(expected), subject)


@claim(source=f"{RESNET}, section 3.3, option B", applies=_is_residual)
def shortcut_is_the_identity_exactly_when_shapes_agree(subject: Subject) -> None:
    """A shortcut is the identity exactly when the block's stride is 1 and its channels agree."""
    for block in _found(subject):
        agree = set(block.stride) == {1} and block.channels[0] == block.channels[1]
        kinds = ", ".join(op.kind for op in block.ops(block.shortcut)) or "the identity"
        expected = "the identity" if agree else "a projection"
        facts = f"stride {block.stride}, channels {block.channels[0]} to {block.channels[1]}"
        require(agree == (not block.shortcut), f"{block.where}'s shortcut is {kinds}", expected, f"{subject}: {facts}")


@claim(source=f"{RESNET}, section 3.3, option B, and Table 1's note", applies=_is_residual)
def projection_is_one_1x1_convolution_with_the_blocks_stride(subject: Subject) -> None:
    """A projection is one 1x1 convolution with the block's stride, and no activation follows it."""
    for block in _found(subject):
        if not block.shortcut:
            continue
        first, *rest = block.ops(block.shortcut)
        kinds = [op.kind for op in rest if op.kind != "batch_norm"]
        require(first.kind == "conv", f"{block.where}'s projection starts with {first.kind}", "conv", subject)
        require(not kinds, f"{block.where}'s projection goes on with {', '.join(kinds)}", "without it", subject)
        settings = {key: first.attributes[key] for key in ("kernel_size", "stride", "padding", "groups")}
        expected = {"kernel_size": (1, 1), "stride": block.stride, "padding": (0, 0), "groups": 1}
        require(settings == expected, f"{block.where}'s projection has {settings}", str(expected), subject)


@claim(source=f"{RESNET}, section 3.4: batch normalization right after each convolution", applies=_is_residual)
def projection_ends_in_a_norm(subject: Subject) -> None:
    """A projection's convolution has no bias and is followed by a batch norm."""
    for block in _found(subject):
        if block.shortcut:
            kinds = [
                op.kind + " with bias" * (op.kind == "conv" and "bias" in op.params) for op in block.ops(block.shortcut)
            ]
            found = ", ".join(kinds)
            require(found == "conv, batch_norm", f"{block.where}'s projection is {found}", "conv, batch_norm", subject)


@claim(source=f"{RESNET}, figure 2 and section 3.2: the second nonlinearity after the addition", applies=_is_residual)
def addition_comes_before_the_last_relu(subject: Subject) -> None:
    """The residual branch ends without activation, and a ReLU follows the addition."""
    for block in _found(subject):
        end = block.graph.ops[block.residual[-1]].kind
        actual = f"{block.where}'s residual branch ends in {end}"
        require(end not in BLOCK_ACTIVATIONS, actual, "without activation before the addition", subject)
        readers = ", ".join(block.graph.ops[user].kind for user in block.graph.users[block.add])
        require(readers == "relu", f"{block.where}'s sum goes to {readers}", "to one relu", subject)


@claim(source=f"{RESNET}, equations 1 and 2: y = F(x) + x, then ReLU", applies=_can_be_watched)
def zeroed_residual_branch_leaves_relu_of_the_shortcut(subject: Subject) -> None:
    """With the last layer of its residual branch at zero, a block computes ReLU of its shortcut, bit for bit."""
    net, blocks = subject.net, _found(subject)
    seen: dict[str, Tensor] = {}
    with torch.no_grad(), ExitStack() as stack:
        for block in blocks:
            stack.enter_context(_zeroed(net, block))
            stack.enter_context(_recorded(net, block, seen))
        net(subject.randn(2, subject.small))
    for block in blocks:
        expected = seen[f"{block.where} shortcut"].relu()
        gap = float((seen[f"{block.where} output"] - expected).abs().max())
        require(gap == 0, f"{block.where} differs from relu(shortcut) by {gap:.3g}", "equal to it", subject)


@contextmanager
def _zeroed(net: nn.Module, block: ResidualBlock) -> Iterator[None]:
    """Set the tensors of the residual branch's last norm or convolution to zero; put them back afterwards."""
    owners = [op for op in block.ops(block.residual) if "weight" in op.params]
    if not owners:
        raise Violation(f"{block.where}'s residual branch has no weight, but should be a learned function")
    keys = [param.key for role, param in owners[-1].params.items() if role in ("weight", "bias")]
    tensors = [net.get_parameter(key) for key in keys]
    before = [tensor.detach().clone() for tensor in tensors]
    try:
        for tensor in tensors:
            tensor.zero_()
        yield
    finally:
        for tensor, value in zip(tensors, before, strict=True):
            tensor.copy_(value)


@contextmanager
def _recorded(net: nn.Module, block: ResidualBlock, seen: dict[str, Tensor]) -> Iterator[None]:
    """Keep what the block's shortcut and the block itself return."""
    module = net.get_submodule(block.where)

    def enters(_: nn.Module, arguments: tuple[Tensor, ...]) -> None:
        seen[f"{block.where} shortcut"] = arguments[0].clone()

    def projects(_: nn.Module, arguments: tuple[Tensor, ...], output: Tensor) -> None:
        seen[f"{block.where} shortcut"] = output.clone()

    def leaves(_: nn.Module, arguments: tuple[Tensor, ...], output: Tensor) -> None:
        seen[f"{block.where} output"] = output.clone()

    handles = [module.register_forward_pre_hook(enters), module.register_forward_hook(leaves)]
    if block.shortcut:
        end = net.get_submodule(block.graph.ops[block.shortcut[-1]].where)
        handles.append(end.register_forward_hook(projects))
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
