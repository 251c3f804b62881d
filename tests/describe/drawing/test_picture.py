"""The picture of a description: sizes to scale, stage by stage, with every formula on demand."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from support.html_samples import NASTY
from support.html_tree import parse
from torch import nn

from properties.cli import main
from properties.describe import Description, describe
from properties.describe.drawing.page import description_page
from properties.describe.drawing.picture import draw
from properties.describe.drawing.stages import stages

SVG = "{http://www.w3.org/2000/svg}"


class Branched(nn.Module):
    """A head hangs on the middle of a row of convolutions."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 4, 3, padding=1)
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 100))
        self.second = nn.Conv2d(4, 8, 3, stride=2, padding=1)

    def forward(self, x):
        """``(N, 3, H, W)`` to ``(N, 100)`` and ``(N, 8, H/2, W/2)``."""
        x = self.first(x)
        return self.head(x), self.second(x)


@pytest.fixture(scope="module")
def resnet() -> Description:
    """A net with stages, described once."""
    return describe("resnet18")


def _root(description: Description, **options: object) -> ElementTree.Element:
    return ElementTree.fromstring(draw(description, **options))


def _blocks(root: ElementTree.Element) -> list[ElementTree.Element]:
    return [rect for rect in root.iter(f"{SVG}rect") if rect.get("class") in ("same", "resized")]


def test_stages_account_for_every_operator(resnet):
    """Each operator stands in one stage, in order; parameters and multiply-adds add up to the net's."""
    found = stages(resnet)

    assert resnet.layers == tuple(layer for stage in found for layer in stage.layers)
    assert 11_689_512 == sum(stage.params for stage in found)
    assert resnet.totals.macs == sum(stage.macs for stage in found)


def test_a_norm_and_an_activation_stand_with_their_convolution(resnet):
    """A ResNet-18 has nine stages; the first has the convolution, its batch norm and its ReLU."""
    names = [stage.name for stage in stages(resnet)]

    assert ["conv1", "maxpool", "layer1", "layer2", "layer3", "layer4", "avgpool", "(flatten)", "fc"] == names
    assert "conv 7x7 /2, batch_norm, relu" == stages(resnet)[0].words
    assert "1 projection, 1 identity shortcuts" == stages(resnet)[3].words


def test_a_flat_net_is_shown_deeper():
    """Where the net's own children are three, their children are the rows: the convolutions of a VGG and its pools."""
    vgg = describe("vgg11")

    assert 8 + 5 + 1 + 3 == len(stages(vgg))
    assert ["features", "(flatten)", "classifier"] == [stage.name for stage in stages(vgg, depth=1)]


def test_depth_is_the_readers_choice(resnet):
    """Deeper folding has more rows; everything folded has one."""
    assert 1 == len(stages(resnet, depth=0))
    assert len(stages(resnet, depth=1)) < len(stages(resnet, depth=2))


def test_blocks_are_as_wide_as_their_sides(resnet):
    """From 224 to 112, 56, 56, 28, 14 and 7 positions, to scale."""
    widths = [float(block.get("width")) for block in _blocks(_root(resnet))]

    assert [round(widths[0] * side / 224, 1) for side in (224, 112, 56, 56, 28, 14, 7)] == widths[:7]


def test_what_changes_the_size_is_marked(resnet):
    """The strided stages and the global pool are, the first stage of blocks and the linear layer are not."""
    marked = [block.get("class") == "resized" for block in _blocks(_root(resnet))]

    assert [False, True, True, False, True, True, True, True, False, False] == marked


def test_a_branch_does_not_interrupt_the_way():
    """What follows a head reads what is before it, and is marked by that size and not by the head's."""
    found = stages(describe(Branched), depth=1)

    assert [(0,), (1,), (1,)] == [stage.sources for stage in found]


def test_a_row_tells_its_formulas(resnet):
    """The tooltip of the stem has its sum, filled in; that of a stage has one a line."""
    told = [title.text for group in _root(resnet).iter(f"{SVG}g") for title in group.iter(f"{SVG}title")]

    assert "floor((224 - 7 + 2*3)/2) + 1 = 112" in told[0]
    assert 5 == told[3].count("floor(")


def test_features_that_are_too_many_are_broken_off():
    """A VGG's flattened image has more features than fit: its bar is no longer than there is room, and is broken."""
    root = _root(describe("vgg11"))
    bars = [float(bar.get("width")) for bar in root.iter(f"{SVG}rect") if bar.get("class") == "bar"]
    breaks = [polygon for polygon in root.iter(f"{SVG}polygon") if polygon.get("class") == "ground"]

    assert max(bars) <= 2 * 165
    assert 3 == len(breaks)


def test_the_page_links_each_row_to_its_formulas(resnet):
    """Every row of the picture leads to the operators that it stands for, with all numbers of a description."""
    page = parse(description_page(resnet))
    links = [link.attributes["href"] for link in page.one("svg").all("a")]
    stage = page.one("details", id="stage-3")

    assert [f"#stage-{number}" for number in range(1, 10)] == links
    assert 14 == len(stage.one("tbody").all("tr"))
    assert "identity shortcut: stride 1 and 64 = 64 channels" in stage.text
    assert "11,689,512" in page.one("header").text


def test_it_needs_nothing_beside_it(resnet):
    """Neither the page nor the picture names an address to load; the only one is the name of SVG itself."""
    for text in (description_page(resnet), str(draw(resnet))):
        assert [] == re.findall(r"https?://(?!www\.w3\.org/2000/svg)", text)


def test_a_strangers_names_stay_text():
    """Modules may be called what they like: the picture is well-formed, and the page's elements its own."""

    def made() -> nn.Module:
        net = nn.Sequential(nn.Conv2d(3, 4, 3))
        net.add_module("<b>&\"'\u202e", nn.Sequential(nn.Conv2d(4, 4, 3), nn.Tanh()))
        return net

    made.__qualname__ = NASTY
    description = describe(made, input_shape=(1, 3, 16, 16))
    page = parse(description_page(description))

    assert "<b>&\"'" in "".join(_root(description).itertext())
    assert 1 == len(page.all("script"))
    assert [] == page.all("b") + page.all("img")
    assert "\u202e" not in description_page(description)


def test_tokens_are_drawn_as_an_image_of_as_many():
    """Sixteen tokens are as wide as four by four positions."""

    class Patches(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed = nn.Conv2d(3, 6, 8, stride=8)
            self.mix = nn.Linear(6, 6)

        def forward(self, x):
            return self.mix(self.embed(x).flatten(2).transpose(1, 2))

    widths = [
        float(block.get("width")) for block in _blocks(_root(describe(Patches, input_shape=(1, 3, 32, 32)), depth=1))
    ]

    assert widths[1] == widths[-1] == round(widths[0] / 8, 1)


def test_the_command_writes_both(tmp_path, capsys):
    """``describe --html --svg`` writes two whole files and leaves nothing else; the text is printed as ever."""
    files = tmp_path / "net.html", tmp_path / "net.svg"

    assert 0 == main(["describe", "cifar10_net", "--html", str(files[0]), "--svg", str(files[1])])
    assert parse(files[0].read_text()).all("svg")
    assert f"{SVG}svg" == ElementTree.parse(files[1]).getroot().tag
    assert sorted(files) == sorted(tmp_path.iterdir())
    assert "cifar10_net: 1 input" in capsys.readouterr().out


def test_a_place_that_cannot_be_written_leaves_what_stood_there(tmp_path, capsys):
    """A folder in the way is said in one line, and an old file stays until the new one is whole."""
    assert 2 == main(["describe", "cifar10_net", "--svg", str(tmp_path)])
    assert "cannot be written: it is a folder" in capsys.readouterr().err
    assert [] == list(tmp_path.iterdir())


def test_a_picture_needs_a_target(capsys):
    """``--svg`` without a net is a mistake in what was typed."""
    assert 2 == main(["describe", "--solve", "kernel=3,in=8,out=8", "--svg", "x.svg"])
    assert "--svg" in capsys.readouterr().err
