"""A check: two parties in, a report out. ``check`` leads through it; the folders below do the work, one part each.

What must hold of every net is not said here but in ``properties.themes``, and how a report looks in
``properties.render``.
"""
