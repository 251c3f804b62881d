"""Candidates that crash, hang, cheat or are merely unusual, and what must become of each.

``CASES`` is the table; ``test_hostile.py`` runs it. The reference is always ``cifar10_net``.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent
REFERENCE = "cifar10_net"


class Case(NamedTuple):
    """One candidate.

    Args:
        target: the file's name and the factory.
        verdict: the one that is right, or a pattern where several are.
        says: a pattern for the error, or for a note or message of a report without one.
        timeout: seconds; short where the candidate never ends by itself.
        memory: GiB, where the candidate takes what it gets.
    """

    target: str
    verdict: str
    says: str = ""
    timeout: float = 60
    memory: float | None = None


CASES = (
    # while it is imported
    Case("exits_on_import.py:net", "error", r"ended its process with exit status 3, while importing"),
    Case("loops_on_import.py:net", "error", r"did not finish while importing within 12 s \(--timeout\)", 12),
    Case("quits_on_import.py:net", "error", r"called sys.exit\(not today\) while it was imported"),
    Case("parses_arguments.py:net", "identical"),
    Case("needs_arguments.py:net", "error", r"called sys.exit\(2\) while it was imported"),
    Case("misspelt.py:net", "error", r"cannot be imported: SyntaxError"),
    Case("needs_a_missing_package.py:net", "error", r"No module named 'a_package_that_nobody_has'"),
    Case("interrupts.py:net", "error", r"raised while importing: KeyboardInterrupt"),
    Case("imports_in_a_circle.py:net", "error", r"cannot be imported: ImportError: .*circular import"),
    Case("closes_everything.py:net", "error", r"closed the connection|exit status"),
    Case("writes_on_the_wire.py:net", "error", r"interferes with the check"),
    Case("answers_itself.py:net", "error", r"interferes with the check|exit status 0, while importing"),
    Case("forks_and_goes_on.py:net", "identical"),
    Case("asks_a_question.py:net", "error", r"cannot be imported: EOFError"),
    Case("runs_as_a_script.py:net", "identical"),
    # while it is built
    Case("crashes_while_built.py:net", "error", r"segmentation fault \(SIGSEGV\), while building"),
    Case("aborts_while_built.py:net", "error", r"aborted its process \(SIGABRT\), while building"),
    Case("loops_while_built.py:net", "error", r"did not finish while building within 12 s \(--timeout\)", 12),
    Case("recurses.py:net", "error", r"raised while it was built: RecursionError"),
    Case("overflows_the_stack.py:net", "error", r"segmentation fault \(SIGSEGV\), while building"),
    Case("allocates_at_once.py:net", "error", r"raised while it was built: .*allocate"),
    Case("allocates_little_by_little.py:net", "error", r"took more than 1.5 GiB of memory \(--memory\)", 60, 1.5),
    Case("returns_none.py:net", "error", r"returned NoneType, but should return an nn.Module"),
    Case("returns_a_dict.py:net", "error", r"returned OrderedDict, but should return an nn.Module"),
    Case("returns_a_class.py:net", "error", r"returned type, but should return an nn.Module"),
    Case("is_no_factory.py:net", "error", r"'net' is of type int, not something that builds a net"),
    Case("raises_without_text.py:net", "error", r"raised while it was built: Mute: .*__str__"),
    Case("raises_at_length.py:net", "error", r"ValueError: \\x1b\[2J\\x07 far too long x+\.\.\."),
    Case("raises_its_own_kind.py:net", "error", r"raised while building: Stop: here"),
    # in forward
    Case("exits_in_forward.py:net", "error", r"exit status 3, in forward at \(2, 3, 32, 32\) in eval mode"),
    Case("quits_in_forward.py:net", "error", r"called sys.exit\(4\) in forward"),
    Case("crashes_in_training.py:net", "error", r"SIGSEGV\), in forward at \(2, 3, 32, 32\) in train mode"),
    Case("loops_in_training.py:net", "error", r"did not finish in forward at \(2, 3, 32, 32\) in train mode", 25),
    Case("loops_at_odd_sizes.py:net", "error", r"did not finish in forward at \(\d+, 3, \d+, \d+\) in eval mode", 25),
    Case("stops_a_generator.py:net", "error", r"raised in forward at .*: GeneratorExit"),
    Case("needs_more_arguments.py:net", "error", r"raised in forward at .*missing 1 required positional argument"),
    Case("returns_text.py:net", "error", r"returns no tensor in forward at"),
    Case("returns_nothing.py:net", "error", r"returns no tensor in forward at"),
    Case("returns_a_generator.py:net", "error", r"returns a generator"),
    Case("returns_many_outputs.py:net", "deviates", r"2000"),
    # what it changes around it
    Case("changes_every_setting.py:net", "identical", r"sets gradients to off"),
    Case(
        "computes_in_float64.py:net",
        "identical|equivalent|undistinguished",
        r"sets torch's default dtype to torch.float64",
    ),
    Case("infers_only.py:net", "error", r"Inference tensors"),
    Case("replaces_max_pool.py:net", "deviates", r"average pool"),
    Case("replaces_the_judge.py:net", "deviates", r"out_features is 7, but should be 10"),
    Case("replaces_call.py:net", "deviates", r"replaces torch.nn.modules.module.Module.__call__"),
    Case("names_itself_another_class.py:net", "identical"),
    Case("stays_in_training.py:net", "deviates", r"dropout"),
    Case("hides_its_parameters.py:net", "error", r"RuntimeError: not yours"),
    Case("hides_its_state.py:net", "error", r"RuntimeError: not yours"),
    Case("hides_its_modules.py:net", "error", r"did not finish", 25),
    Case("cannot_train.py:net", "conditional", r"RuntimeError: finished learning"),
    Case("cannot_be_printed.py:net", "identical"),
    Case("has_every_attribute.py:net", "identical"),
    # what it leaves behind and prints
    Case("leaves_threads.py:net", "identical"),
    Case("closes_its_output.py:net", "identical"),
    Case("prints_without_end.py:net", "identical"),
    # unusual, and well
    Case("partly_given.py:net", "identical"),
    Case("partly_given.py:built", "identical"),
    Case("partly_given.py:Zoo.net", "identical"),
    Case("wraps_its_logits.py:row", "identical"),
    Case("wraps_its_logits.py:record", "identical"),
    Case("wraps_its_logits.py:entries", "identical"),
    Case("wraps_its_logits.py:output", "identical"),
    Case("sibling_of_blocks.py:net", "identical"),
    Case("zoo/models/net.py:net", "identical"),
    Case("zoo/models/net.py:net(classes=9)", "deviates", r"out_features is 9, but should be 10"),
)
