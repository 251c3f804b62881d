"""What ``lower`` reads: a traced forward pass, with what is an input in it and what is one of the net's tensors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import fx

from properties.graph.torch.recording.recorder import Recording

__all__ = ["Trace"]


@dataclass(frozen=True)
class Trace:
    """A traced forward pass.

    Args:
        graph: its nodes.
        keys: for each placeholder that is one of the net's tensors its dotted name; the others are inputs.
        constants: content of tensors that are registered nowhere.
        returned: what the net returns, then what it leaves behind in its buffers and inputs.
        places: path of the module that ran each node, by the node's name, where nodes do not say so themselves.
        untraced: what autograd does in this forward pass that no operator shows, such as a backward of its own.
        notes: what a reader should know about how it was made.
    """

    graph: fx.Graph
    keys: Mapping[fx.Node, str]
    constants: Mapping[str, Any]
    returned: tuple[Any, ...]
    places: Mapping[str, str] = field(default_factory=dict)
    untraced: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @classmethod
    def of_program(cls, program: Any, untraced: tuple[str, ...]) -> Trace:
        """The trace in a ``torch.export.ExportedProgram``."""
        specs = {spec.arg.name: spec for spec in program.graph_signature.input_specs if hasattr(spec.arg, "name")}
        placeholders = [node for node in program.graph.nodes if node.op == "placeholder"]
        keys = {
            node: str(specs[node.name].target) for node in placeholders if specs[node.name].kind.name != "USER_INPUT"
        }
        returned = program.graph.output_node().args[0]
        kinds = [spec.kind.name for spec in program.graph_signature.output_specs]
        users = tuple(value for value, kind in zip(returned, kinds, strict=True) if kind == "USER_OUTPUT")
        return cls(program.graph, keys, program.constants, users, untraced=untraced)

    @classmethod
    def of_recording(cls, recording: Recording, untraced: tuple[str, ...]) -> Trace:
        """The trace in what a recorder wrote down."""
        return cls(recording.graph, recording.keys, recording.constants, recording.returned, recording.places, untraced)

    def let_go(self) -> None:
        """Free the tensors that its nodes hold now, and not when the garbage is collected; it cannot be read again."""
        for node in self.graph.nodes:
            node.meta.clear()
