"""All sizes of a net for any batch, height and width, as one compiled function of its graph.

Nothing here runs a net; the formulas of single layers are in ``properties.formulas``.
"""
