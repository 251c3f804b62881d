"""A small model library of somebody else's, checked by archproof's pytest plugin."""
