"""What a forward pass asks about its input: sizes are numbers that remember, and tell what becomes of them.

What is done with the questions, and which inputs answer them otherwise, is a matter of ``properties.oracle``.
"""
