"""Both nets' graphs, captured when they are needed and compared: agreements, or deviations.

Nothing here runs a net in numbers.
"""
