"""What a rewrite rule is, and what rules may ask of the graph before them: signs, polynomials, fingerprints, tensors.

The rules themselves are in ``properties.graph.rules``.
"""
