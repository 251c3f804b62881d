"""A script that reads its command line while it is imported."""

import argparse

from arches.cifar10 import Cifar10Net

parser = argparse.ArgumentParser()
parser.add_argument("--classes", type=int, default=10)
options = parser.parse_args()


def net():
    """Build it."""
    return Cifar10Net(num_classes=options.classes)
