"""A report as text and as Markdown, and where it is written. Loads no torch.

What a report says is decided before; nothing here changes or adds to it.
"""
