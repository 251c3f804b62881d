"""One forward pass on the meta device, written down operator by operator: the capture that nearly every net gets.

What the operators mean is said in ``properties.graph.torch.aten``, and when another way is taken beside this folder.
"""
