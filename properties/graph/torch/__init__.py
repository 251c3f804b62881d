"""The torch front end: a module is traced and lowered to an operator graph.

Everything here may change with torch, and nothing outside reads a trace. What a graph means is said in
``properties.graph.ir``, what is done with it in the folders beside this one.
"""
