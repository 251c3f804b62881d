"""HTML as a tree, read with the standard library; an element that is closed wrongly is an error."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

__all__ = ["Node", "parse"]

_VOID = ("br", "col", "hr", "img", "meta", "wbr")


@dataclass
class Node:
    """An element: its tag, its attributes, and in order what it holds."""

    tag: str
    attributes: dict[str, str | None] = field(default_factory=dict)
    children: list[Node | str] = field(default_factory=list)

    def all(self, tag: str = "", class_: str = "", **attributes: str) -> list[Node]:
        """Every element below with this tag, this class and these attributes, in document order."""
        return [
            node
            for node in self.walk()
            if tag in ("", node.tag)
            and (not class_ or class_ in node.classes)
            and all(node.attributes.get(key) == value for key, value in attributes.items())
        ]

    def one(self, tag: str = "", class_: str = "", **attributes: str) -> Node:
        """The only such element."""
        (found,) = self.all(tag, class_, **attributes)
        return found

    def walk(self) -> Iterator[Node]:
        """Every element below, in document order."""
        for child in self.children:
            if isinstance(child, Node):
                yield child
                yield from child.walk()

    @property
    def classes(self) -> list[str]:
        """Its classes."""
        return (self.attributes.get("class") or "").split()

    @property
    def text(self) -> str:
        """All text inside."""
        return "".join(child if isinstance(child, str) else child.text for child in self.children)


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Node("document")
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(attrs) == len(dict(attrs)), f"<{tag}> has an attribute twice"
        node = Node(tag, dict(attrs))
        self.open[-1].children.append(node)
        if tag not in _VOID:
            self.open.append(node)

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def parse(text: str) -> Node:
    """The document's tree.

    Raises:
        AssertionError: if an element is not closed where it should be, or has an attribute twice.
    """
    builder = _Builder()
    builder.feed(text)
    builder.close()
    assert builder.open == [builder.root], f"<{builder.open[-1].tag}> is not closed"
    return builder.root
