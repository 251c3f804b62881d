"""Waits for a person to answer."""

from arches.cifar10 import Cifar10Net

classes = int(input("How many classes? "))


def net():
    """Build it."""
    return Cifar10Net(num_classes=classes)
