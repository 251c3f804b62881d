"""Tests that the library's authors write by hand stand beside those that archproof collects."""

from model_zoo.cifar import plain_net, relu_net


def test_plain_net_conforms(conforms):
    report = conforms(plain_net, "cifar10_net", profile="quick")
    assert report.verdict == "identical"


def test_both_nets_have_the_same_parameters():
    assert list(plain_net().state_dict()) == list(relu_net().state_dict())
