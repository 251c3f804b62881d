"""From proofs and numbers to one of six verdicts, and to the reference that a candidate is in truth.

Evidence is gathered in ``properties.oracle.evidence`` and ``properties.oracle.structure``, and only weighed here.
"""
