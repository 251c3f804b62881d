"""Rules that are valid at the captured size or in the captured mode only.

They lead to ``conditional``, and each of them names its condition.
"""
