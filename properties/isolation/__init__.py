"""A process in which a stranger's code runs: how it is started, limited, listened to and ended.

It knows no net and no verdict, and loads no torch: what is done in the process is a function that its caller names.
"""
