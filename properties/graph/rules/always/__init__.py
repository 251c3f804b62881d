"""Rules that are valid for every input, size and weight, one file for each family of operators.

They lead to ``identical``. What needs other weights, or holds at one size only, stands beside this folder.
"""
