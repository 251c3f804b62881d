"""From edits to causes to deviations: in words, with repair and excerpt. Loads no torch.

How an edit is found is the matter of ``properties.graph.alignment``.
"""
