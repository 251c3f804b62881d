"""A net with one mistake for each pair that the checks are timed with; the copied weights fit all the same."""

from torch import nn

from properties.targets.libraries import import_timm, import_torchvision


def cifar10_net() -> nn.Module:
    """An average pool in place of the last max pool."""
    import arches

    net = arches.cifar10_net()
    net.maxpool3 = nn.AvgPool2d(2)
    return net


def resnet50() -> nn.Module:
    """The stride of one block on its first convolution, as in the paper."""
    net = import_timm().create_model("resnet50")
    block = net.layer2[0]
    block.conv1.stride, block.conv2.stride = block.conv2.stride, block.conv1.stride
    return net


def vgg16() -> nn.Module:
    """An average pool in place of the last max pool."""
    net = import_torchvision().models.vgg16()
    net.features[30] = nn.AvgPool2d(2)
    return net


def densenet121() -> nn.Module:
    """The last norm with the eps of other frameworks."""
    net = import_timm().create_model("densenet121")
    net.features.norm5.eps = 1e-3
    return net


def googlenet() -> nn.Module:
    """The last max pool as the paper has it."""
    net = import_torchvision().models.googlenet(init_weights=False)
    net.maxpool4 = nn.MaxPool2d(3, stride=2, ceil_mode=True)
    return net


def vit_b_16() -> nn.Module:
    """The last norm with torch's eps."""
    net = import_torchvision().models.vit_b_16()
    net.encoder.ln.eps = 1e-5
    return net
