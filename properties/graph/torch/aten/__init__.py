"""What each ATen operator means in the words of ``properties.graph.ir``: its kind, settings, operands and tensors.

How a trace is come by, and what its graph is used for, stands elsewhere. An operator is added here.
"""
