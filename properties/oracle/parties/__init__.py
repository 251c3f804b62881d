"""A party, one of the two nets of a check: the protocol, and a net in this process. A front end adds a party here.

The party whose net lives in another process is in ``properties.oracle.remote``.
"""
