"""From the text of a target to a builder, a built net, and an input that it takes.

Nothing else imports torchvision or timm, and nothing else knows the references by name.
"""
