"""Recipes of ``properties.graph.recipe``, carried out on tensors."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from properties.graph.recipe import Recipe

__all__ = ["apply"]


def apply(recipe: Recipe, tensors: Mapping[str, Tensor]) -> Tensor:
    """The tensor that a recipe makes. Its numbers are those of the stored tensors, bit for bit.

    Args:
        recipe: what to make.
        tensors: the stored tensors by key, or more of them.

    Raises:
        KeyError: if a stored tensor is not among them.
        ValueError: if a stored tensor has another size than the recipe was made for.
    """
    if recipe.step == "stored":
        tensor = tensors[recipe.key]
        if tuple(tensor.shape) != recipe.shape:
            raise ValueError(f"{recipe.key} has size {tuple(tensor.shape)}, but should have {recipe.shape}")
        return tensor
    parts = [apply(part, tensors) for part in recipe.of]
    return torch.cat(parts, recipe.axis) if recipe.step == "cat" else _moved(recipe, parts[0])


def _moved(recipe: Recipe, tensor: Tensor) -> Tensor:
    if recipe.step == "reshape":
        return tensor.reshape(recipe.shape)
    if recipe.step == "permute":
        return tensor.permute(recipe.order)
    return tensor.index_select(recipe.axis, torch.tensor(recipe.order, device=tensor.device))
