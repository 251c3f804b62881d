"""Two normal forms: the proof that they are one, or the best correspondence, its edits, and their undoing.

How a graph comes to its normal form is no matter of this folder, nor are the words for an edit.
"""
