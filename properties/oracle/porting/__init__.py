"""A checkpoint of one net, written as a checkpoint of the other.

Whether and how the two correspond is what a check finds; here it is carried out, read back and tried.
"""
