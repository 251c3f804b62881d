"""A check in processes of its own: who watches, who judges, and the candidate behind a wire.

How a process is started and ended is the matter of ``properties.isolation``.
"""
