"""The pages in a real browser: wide and narrow, light and dark, by keyboard, and without their script."""

from __future__ import annotations

import re

import pytest
from support.html_samples import described, deviating, failed, identical, nasty

from properties.describe.drawing.page import description_page
from properties.render.html import report_page

PAGES = {
    "deviates": report_page(deviating()),
    "identical": report_page(identical()),
    "error": report_page(failed()),
    "nasty": report_page(nasty()),
    "describe": description_page(described()),
}

# Every visible piece of text with less contrast to what stands behind it than WCAG 2.2 asks for (AA: 4.5, large: 3).
LOW_CONTRAST = """() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const luminance = (colour) => {
    const linear = (part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    const [r, g, b] = colour.map((part) => linear(part / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const colour = rgba(getComputedStyle(at).backgroundColor);
      if (colour[3] > 250) return colour;
    }
    return rgba("Canvas");
  };
  const found = [];
  for (const node of document.querySelectorAll("main *:not(svg *)")) {
    const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
    const box = node.getBoundingClientRect();
    if (!own || !box.width || !node.checkVisibility()) continue;
    const style = getComputedStyle(node);
    const [text, ground] = [rgba(style.color), behind(node)].map(luminance);
    const ratio = (Math.max(text, ground) + 0.05) / (Math.min(text, ground) + 0.05);
    const large = parseFloat(style.fontSize) >= 24;
    const said = `${ratio.toFixed(2)} ${node.tagName} ${node.className} ${node.textContent.slice(0, 40)}`;
    if (ratio < (large ? 3 : 4.5)) found.push(said);
  }
  return found;
}"""
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
FOCUSED = "document.activeElement.id"


@pytest.mark.parametrize("narrow", [False, True], ids=["wide", "narrow"])
@pytest.mark.parametrize("text", PAGES.values(), ids=PAGES)
def test_nothing_sticks_out(show, text, narrow):
    """No page has to be scrolled sideways, on a telephone either; what is wide scrolls in its own box."""
    assert 0 == show(text, narrow=narrow).evaluate(OVERFLOW)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("text", PAGES.values(), ids=PAGES)
def test_all_text_can_be_read(show, text, scheme):
    """Every text has the contrast that WCAG asks for, in both colour schemes."""
    assert [] == show(text, color_scheme=scheme).evaluate(LOW_CONTRAST)


def test_low_contrast_is_found(show):
    """The measure above finds grey on grey."""
    page = show("<!DOCTYPE html><main><p style='color: #888; background: #999'>faint</p><p>plain</p></main>")

    assert 1 == len(page.evaluate(LOW_CONTRAST))


def test_the_schemes_differ(show):
    """Light and dark have other grounds, as the reader's system asks."""
    grounds = [
        show(PAGES["deviates"], color_scheme=scheme).evaluate("getComputedStyle(document.body).backgroundColor")
        for scheme in ("light", "dark")
    ]

    assert grounds == ["rgb(255, 255, 255)", "rgb(15, 19, 25)"]


def test_the_first_key_skips_to_the_verdict(show):
    """Tab shows the link past everything else, and Enter follows it."""
    page = show(PAGES["deviates"])
    page.keyboard.press("Tab")

    assert "Skip to the verdict" == page.evaluate("document.activeElement.textContent")
    assert page.locator(".skip").is_visible()
    page.keyboard.press("Enter")
    assert "main" == page.evaluate(FOCUSED)


def test_keys_step_through_the_deviations(show):
    """``n`` goes to the next deviation and from the last to the first, ``p`` back."""
    page = show(PAGES["deviates"])
    seen = []
    for key in "nnnp":
        page.keyboard.press(key)
        seen.append(page.evaluate(FOCUSED))

    assert ["deviation-1", "deviation-2", "deviation-1", "deviation-2"] == seen


def test_what_has_the_focus_shows_it(show):
    """Whatever Tab reaches has an outline."""
    page = show(PAGES["deviates"])
    for _ in range(12):
        page.keyboard.press("Tab")
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert "none" != outline, page.evaluate("document.activeElement.outerHTML")


def test_a_link_into_a_fold_opens_it(show):
    """The line that an address names is shown, however deep it was folded away."""
    page = show(PAGES["deviates"])
    line = page.locator("#train-3")

    assert not line.is_visible()
    page.evaluate("location.hash = '#train-3'")
    line.wait_for(state="visible")


def test_unfolding_shows_every_line(show):
    """One button opens all folds of both nets, and closes them again."""
    page = show(PAGES["identical"])
    line = page.locator("#eval-20")
    page.get_by_role("button", name="unfold all").click()

    assert line.is_visible()
    page.get_by_role("button", name="fold all").click()
    assert not line.is_visible()


def test_without_its_script_the_page_is_whole(show):
    """Folds open by a click, links arrive, and no button is left that does nothing."""
    page = show(PAGES["deviates"], java_script_enabled=False)

    assert 0 == page.locator("button:visible").count()
    fold = page.locator("#networks details.fold").first
    fold.locator("summary").click()
    assert fold.locator("tr").last.is_visible()
    page.locator("#deviation-1").get_by_role("link", name="in both networks").click()
    assert page.locator("#eval-11").is_visible()


def test_a_strangers_markup_does_nothing(show):
    """Names that are scripts and images load nothing, run nothing and ask for nothing."""
    page = show(PAGES["nasty"])

    assert 0 == page.locator("img").count()
    assert "<script>" in page.locator("h1").inner_text()


@pytest.mark.parametrize(("policy", "title"), [(True, "before"), (False, "after")], ids=["with it", "without it"])
def test_the_policy_stops_what_escaping_would_miss(browser, policy, title):
    """A script that got into a page after all does not run; without the policy it would."""
    text = PAGES["error"].replace("</main>", "<script>document.title = 'after'</script></main>")
    text = re.sub("<title>.*?</title>", "<title>before</title>", text)
    page = browser.new_page()
    page.set_content(text if policy else re.sub("<meta http-equiv[^>]*>", "", text))

    assert title == page.title()
    page.close()


def test_a_row_of_the_picture_opens_its_formulas(show):
    """A click on a stage leads to its operators, with the size formula filled in."""
    page = show(PAGES["describe"])
    formula = page.get_by_text("floor((64 - 3 + 2*1)/2) + 1 = 32", exact=True)

    assert not formula.last.is_visible()
    page.locator("svg a").first.click()
    formula.last.wait_for(state="visible")
