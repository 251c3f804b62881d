"""A report as text, as Markdown and (``html``) as a page, and where it is written. Loads no torch.

What a report says is decided before; nothing here changes or adds to it.
"""
