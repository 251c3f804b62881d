"""A report as a page: the verdict first, both nets side by side, and nothing of a stranger's that is not text."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from support.html_samples import NASTY, deviating, failed, identical, nasty, two_nets
from support.html_tree import Node, parse

from properties.render.html import report_page
from properties.report import EXIT_STATUS, Report
from properties.report.side_by_side import Cell, Line

OUTSIDE = re.compile(r"(?:src|srcset|data|action|poster|xlink:href)=|@import|url\(|<link|<iframe|<object|<embed", re.I)


def _page(report: Report) -> Node:
    return parse(report_page(report))


def _sections(page: Node) -> list[str]:
    return [section.one("h2").text for section in page.all("section")]


@pytest.mark.parametrize("report", [deviating(), identical(), failed()], ids=lambda report: report.verdict)
def test_the_verdict_comes_first(report):
    """The heading has the verdict, and everything else follows it."""
    (main,) = _page(report).all("main")
    banner = main.children[0]

    assert "header" == banner.tag
    assert report.verdict == banner.one("h1").one("span", class_="verdict").text


@pytest.mark.parametrize("verdict", EXIT_STATUS)
def test_every_verdict_has_a_page(verdict):
    """A report of any verdict without deviations or sides is a whole document with its command."""
    page = _page(Report("a", "b", verdict, error="no luck" if verdict == "error" else None, reproduce="archproof c"))

    assert "archproof c" == page.one("pre", class_="command").text
    assert ["Reproduce"] == _sections(page)


def test_the_sections_of_a_deviating_net():
    """Deviations, the picture, both nets, properties, evidence and the command, in this order."""
    expected = ["Deviations", "Layer by layer", "Both networks", "Properties of the candidate", "How it was compared"]

    assert [*expected, "Reproduce"] == _sections(_page(deviating()))


@pytest.mark.parametrize("report", [deviating(), identical(), failed(), nasty()], ids=["bad", "good", "error", "nasty"])
def test_it_needs_nothing_beside_it(report):
    """No address is loaded: no source, import, font or frame, and the policy forbids whatever was overlooked."""
    text = report_page(report)
    page = parse(text)
    markup = re.sub(r">[^<]*<", "><", text)

    assert [] == OUTSIDE.findall(re.sub(r'"[^"]*"', '""', markup))
    assert (
        page.one("meta", **{"http-equiv": "Content-Security-Policy"})
        .attributes["content"]
        .startswith("default-src 'none'")
    )


def test_every_link_within_the_page_arrives():
    """Each #address is the id of one element, and no id stands twice."""
    page = _page(deviating())
    ids = [node.attributes["id"] for node in page.walk() if "id" in node.attributes]
    links = [link.attributes["href"] for link in page.all("a")]

    assert len(set(ids)) == len(ids)
    assert [] == [link for link in links if link.startswith("#") and link[1:] not in ids]
    assert ["https://example.org/issues/191"] == [link for link in links if not link.startswith("#")]


def test_a_deviation_has_both_values_its_name_and_its_repair():
    """The card of the first mistake says what is, what should be, what it is called and what to change."""
    card = _page(deviating()).one("li", id="deviation-1")

    assert ["1", "2"] == [mark.text for mark in card.one("p", class_="values").all("mark")]
    assert "a stride in the wrong place" in card.text
    assert "set stride=1 in body.3.conv" in card.text
    assert "28 % off" in card.text


def test_the_differing_settings_alone_are_marked():
    """In the two columns the stride is marked on both sides and the padding on neither."""
    row = _page(deviating()).one("tr", id="eval-11")

    assert ["stride 1", "stride 2"] == [mark.text for mark in row.all("mark")]
    assert ["padding 1", "padding 1"] == [span.text for span in row.all("span") if span.text == "padding 1"]


def test_what_is_alike_is_folded_and_what_differs_is_not():
    """No line that differs stands in a fold; a net that is the reference is one fold in each mode."""
    page = _page(deviating(sides=(two_nets(),)))
    folded = {
        row.attributes["id"] for fold in page.all("details", class_="fold") for row in fold.all("tr", class_="alike")
    }
    differing = {row.attributes["id"] for row in page.one("section", id="networks").all("tr", class_="differs")}

    assert {"eval-11", "eval-31"} == differing
    assert folded.isdisjoint(differing)
    assert 20 < len(folded)
    assert 2 == len(_page(identical()).all("details", class_="fold"))


def test_a_mistake_made_often_is_folded_after_a_few():
    """Of sixty lines of one deviation eight stand open, with those around them."""
    lines = [Line(Cell(f"bn{n}", "batch_norm"), Cell(f"bn{n}", "batch_norm"), True, (1,)) for n in range(60)]
    sides = (replace(two_nets(computed=False), lines=tuple(lines)),)
    page = _page(deviating(sides=sides))
    (fold,) = page.all("details", class_="fold")

    assert 60 - 8 - 2 == len(fold.all("tr", class_="differs"))
    assert "1 again in 50" in fold.one("summary").text


def test_the_first_layer_apart_is_named():
    """The nets part at the stride, where the sizes differ before any number can; the banner links to that line."""
    page = _page(deviating())
    (first,) = page.all("tr", class_="first")

    assert "eval-11" == first.attributes["id"]
    assert "layer3.conv" == page.one("dl", class_="tiles").one("a", href="#eval-11").text
    assert [] == _page(identical()).all("tr", class_="first")


def test_the_chart_tells_rounding_from_more():
    """Bars below the tolerance are grey, those above red; nets that are one have no red bar."""
    far = _page(deviating()).one("svg").all("rect", class_="far")
    near = _page(identical()).one("svg")

    assert 17 == len(far)
    assert [] == near.all("rect", class_="far")
    assert 24 == len(near.all("rect", class_="bar"))


def test_without_numbers_the_chart_shows_where_the_deviations_stand():
    """No bar is drawn where nothing was computed, and each deviation is a link to its line."""
    page = _page(deviating(sides=(two_nets(computed=False),)))
    chart = page.one("svg")

    assert [] == chart.all("rect", class_="bar")
    assert ["#eval-11", "#eval-31"] == [mark.attributes["href"] for mark in chart.all("a")]
    assert "Nothing was computed" in page.one("figcaption").text


def test_parameters_are_said_on_both_sides():
    """A wrong count stands beside the right one, with the difference."""
    tiles = _page(deviating()).one("dl", class_="tiles").text

    assert "11,000" in tiles
    assert "-4,096: should be 15,096" in tiles


def test_names_cannot_become_markup():
    """Whatever stands in a name, the page's elements are those of any report, and its scripts the page's own."""
    page = _page(nasty())

    assert 1 == len(page.all("script"))
    assert [] == page.all("img")
    assert [] == [key for node in page.walk() for key in node.attributes if key.startswith("on")]
    assert [] == [link for link in page.all("a") if not link.attributes["href"].startswith("#")]
    assert "<script>alert(1)</script>" in page.one("h1").text


def test_what_hides_in_a_name_is_shown():
    """Direction marks, controls and lone surrogates are written out; the page can be stored as UTF-8."""
    text = report_page(nasty())

    assert text.encode()
    assert "\u202e" not in text
    assert "\x00" not in text
    assert r"\u202egnp.\u0000\u200b&amp;amp;" in text.replace("<wbr>", "")
    assert r"\ud800 alone" in text


def test_endless_names_are_cut():
    """A name of ten thousand characters shows its beginning and its end."""
    names = [code.text for code in _page(nasty()).all("code") if "…" in code.text]

    assert names
    assert 160 == max(map(len, names))


def test_what_is_expected_is_said():
    """A deviation with a reason is no cause for red: the banner is green and says that all is expected."""
    report = deviating(results=())
    expected = replace(report, deviations=tuple(replace(one, expected="why not") for one in report.deviations))

    assert "All of it is expected." in _page(expected).one("header").text
    assert "good" in _page(expected).one("header").classes
    assert "bad" in _page(report).one("header").classes


def test_without_a_script_nothing_is_missing():
    """What only the script can do is hidden until it runs."""
    page = _page(deviating())
    hidden = [node for node in page.walk() if "hidden" in node.attributes]

    assert len(page.all("button")) == sum(len(node.all("button")) for node in hidden)


def test_the_tree_rejects_what_is_not_closed():
    """The parser of these tests finds an element that is left open or closed by another."""
    for wrong in ("<p><b></p></b>", "<p>", '<p id="a" id="b"></p>'):
        with pytest.raises(AssertionError):
            parse(wrong)


def test_the_sample_is_nasty():
    """Unescaped, the sample would be a script."""
    assert ["script", "img"] == [node.tag for node in parse(f"<p>{NASTY}</p>").one("p").walk()]
