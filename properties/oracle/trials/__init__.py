"""What a net is asked to compute, and running it: plain data in, plain data out.

The lowest folder of the oracle; it knows one net at a time and compares nothing.
"""
