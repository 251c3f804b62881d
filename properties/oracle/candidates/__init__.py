"""What a project keeps: its table of candidates, its expected failures, its own assertions.

How a candidate is judged does not depend on any of it.
"""
