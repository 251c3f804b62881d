"""Changes torch's settings, warnings, logs and the random state while it is imported."""

import logging
import os
import random
import sys
import tempfile
import warnings

import torch

from arches.cifar10 import Cifar10Net

torch.set_default_dtype(torch.float64)
torch.set_default_dtype(torch.float32)
torch.set_num_threads(1)
torch.set_grad_enabled(False)
torch.manual_seed(0)
random.seed(0)
warnings.simplefilter("error")
logging.disable(logging.CRITICAL)
os.chdir(tempfile.gettempdir())
sys.path.clear()


def net():
    """Build it."""
    return Cifar10Net()
