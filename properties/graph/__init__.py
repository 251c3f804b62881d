"""The representation of a net: operators, tensors, and how one tensor is made of others. Free of any framework.

Every front end ends in it, and everything that compares, rewrites or measures a net begins with it. What is done with a
graph stands in the folders below.
"""
