"""Modes of torch around a stranger's code: what moves stays, and weights without memory are not drawn.

When they are entered is said in ``properties.targets.build``.
"""
