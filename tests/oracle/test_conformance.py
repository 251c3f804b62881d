"""The oracle's verdicts on other people's nets: what is the same, what differs, and what it is instead."""

import functools

import pytest

from properties import Report, check


@functools.cache
def report(candidate: str, reference: str) -> Report:
    """One check, run once however many tests look at it; quick, for graphs decide all of them."""
    return check(candidate, reference, profile="quick")


def places(found: Report, number: int = 0) -> list[str | None]:
    """The reference's layers of one deviation."""
    return [place.reference for place in found.deviations[number].places]


@pytest.mark.parametrize(
    ("candidate", "reference"),
    [
        pytest.param("torchvision:resnet50", "resnet50", marks=pytest.mark.slow),
        ("timm:resnet50", "resnet50"),
        pytest.param("torchvision:googlenet", "googlenet_torchvision", marks=pytest.mark.slow),
        pytest.param("torchvision:vgg16_bn", "vgg16_bn", marks=pytest.mark.wide),
        pytest.param("torchvision:resnext50_32x4d", "resnext50_32x4d", marks=pytest.mark.wide),
        pytest.param("timm:resnext50_32x4d", "resnext50_32x4d", marks=pytest.mark.slow),
        pytest.param("timm:wide_resnet50_2", "wide_resnet50_2", marks=pytest.mark.wide),
        pytest.param("timm:resnet18", "resnet18", marks=pytest.mark.slow),
        ("cifar10_net_sequential", "cifar10_net"),
    ],
)
def test_other_libraries_nets_are_identical_to_the_references(candidate: str, reference: str) -> None:
    """A reference's twin under other names is proved identical."""
    assert (report(candidate, reference).verdict, report(candidate, reference).deviations) == ("identical", ())


@pytest.mark.parametrize(
    ("candidate", "reference"),
    [
        pytest.param("timm:regnety_004", "torchvision:regnet_y_400mf", marks=pytest.mark.slow),
        pytest.param("timm:mobilenetv2_100(drop_rate=0.2)", "torchvision:mobilenet_v2", marks=pytest.mark.slow),
        pytest.param("timm:densenet121", "torchvision:densenet121", marks=pytest.mark.slow),
        pytest.param(
            "timm:efficientnet_b0(drop_rate=0.2, drop_path_rate=0.2)",
            "torchvision:efficientnet_b0",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            "timm:inception_v3(drop_rate=0.5)",
            "torchvision:inception_v3(aux_logits=False, transform_input=False)",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_families_without_a_reference_here_are_identical_across_libraries(candidate: str, reference: str) -> None:
    """Families that this package knows nothing of are proved identical between timm and torchvision."""
    assert (report(candidate, reference).verdict, report(candidate, reference).deviations) == ("identical", ())


def test_an_identical_net_maps_every_tensor_of_the_reference() -> None:
    """The key map of an identical net is a bijection between the two state_dicts."""
    import arches
    from properties.targets.target import builder

    ours = arches.resnet50().state_dict()
    theirs = builder("timm:resnet50")().state_dict()
    keys = report("timm:resnet50", "resnet50").key_map
    assert (list(ours), set(theirs)) == (list(keys), set(keys.values()))
    assert all(tensor.shape == theirs[keys[key]].shape for key, tensor in ours.items())


@pytest.mark.slow
def test_the_papers_resnet50_is_one_folded_deviation_with_its_name() -> None:
    """Facts B: the stride on the first 1x1 is six edits, one deviation, and has a name of its own."""
    found = report("resnet50_v1", "resnet50")
    assert (found.verdict, found.exit_status, found.known_as, len(found.deviations)) == (
        "deviates",
        1,
        "resnet50_v1",
        1,
    )
    deviation = found.deviations[0]
    assert (deviation.kind, deviation.attribute, deviation.mode, deviation.count) == ("attribute", "stride", "both", 6)
    assert places(found) == [f"layer{stage}.0.conv{layer}" for stage in (2, 3, 4) for layer in (1, 2)]


def test_a_strangers_resnet50_with_the_wrong_stride_is_recognised() -> None:
    """The quick start's example, written without a look at the reference, is resnet50_v1 and nothing else."""
    found = report("examples/resnet50_stride_on_1x1.py:resnet50", "resnet50")
    assert ("resnet50_v1", ["stride"]) == (found.known_as, [deviation.attribute for deviation in found.deviations])


def test_torchvisions_googlenet_differs_in_every_structural_way_of_the_facts() -> None:
    """Facts D: each structural difference between torchvision's GoogLeNet and the published one stands once."""
    found = report("torchvision:googlenet", "googlenet")
    expected = {
        ("attribute", "both", "kernel_size", 9, (5, 5), (3, 3)),  # 3x3 for 5x5
        ("attribute", "both", "eps", 59, 1e-5, 1e-3),
        ("attribute", "both", "kernel_size", 1, (3, 3), (2, 2)),  # the last max pool
        ("operator-replaced", "train", None, 2, "avg_pool", "adaptive_avg_pool"),  # the heads' pool
        ("attribute", "train", "p", 1, 0.4, 0.2),  # the main dropout
        ("output", "train", "order", 1, (0, 1, 2), (0, 2, 1)),
    }
    seen = [(d.kind, d.mode, d.attribute, d.count, d.reference, d.candidate) for d in found.deviations]
    silent = [entry for entry in seen if entry[:2] == ("operator-missing", "eval")]
    assert expected == set(seen) - set(silent)
    assert [2] == [entry[3] for entry in silent]  # both heads, in eval mode
    assert len(expected) + 1 == len(seen)
    assert ("deviates", "googlenet_torchvision") == (found.verdict, found.known_as)


def test_the_wrong_kernels_cost_what_the_issue_says() -> None:
    """pytorch/vision issue 906: 3x3 for 5x5 is 380,928 parameters less."""
    found = report("torchvision:googlenet", "googlenet")
    assert [-380_928] == [d.effect["parameters"] for d in found.deviations if d.effect["parameters"]]
    assert {"candidate": 13_004_888, "reference": 13_385_816} == dict(found.parameters)


def test_deviations_come_in_data_flow_order() -> None:
    """The first deviation is where the nets first go different ways."""
    order = [deviation.where.reference for deviation in report("torchvision:googlenet", "googlenet").deviations]
    assert ["conv1.layers.1", "inception3a.branch3.1.layers.0"] == order[:2]
    assert "(output)" == order[-1]


@pytest.mark.slow
def test_mobilenet_v3_differs_by_norms_across_libraries() -> None:
    """timm's MobileNetV3 has another eps and momentum in all 46 norms, which a forward pass hardly shows."""
    found = report("timm:mobilenetv3_large_100", "torchvision:mobilenet_v3_large")
    assert [("eps", 46, 1e-3, 1e-5), ("momentum", 46, 1e-2, 1e-1)] == [
        (d.attribute, d.count, d.reference, d.candidate) for d in found.deviations[:2]
    ]


@pytest.mark.slow
def test_a_deeper_sibling_is_named_and_its_extra_blocks_counted() -> None:
    """ResNet-101 against ResNet-50 is 17 blocks too many in one stage."""
    found = report("torchvision:resnet101", "resnet50")
    assert ("resnet101", [("operator-extra", 17)]) == (found.known_as, [(d.kind, d.count) for d in found.deviations])


def test_a_dropout_that_only_training_runs_is_seen() -> None:
    """A net that differs in train mode only is not identical."""
    found = report("timm:mobilenetv2_100", "torchvision:mobilenet_v2")
    assert ("deviates", [("operator-missing", "train")]) == (
        found.verdict,
        [(d.kind, d.mode) for d in found.deviations],
    )
