"""The properties: one file for each theme, one sentence, one citation and one check for each property.

What they need in order to be said is in ``properties.measures`` and ``properties.runs``.
"""
