"""The same content for both nets, with a ledger that leaves no tensor out. Loads no torch.

It says which content goes where; tensors are filled by ``properties.oracle.trials``.
"""
