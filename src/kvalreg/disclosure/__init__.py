"""The gate between what is true and what may be shown.

Comes in: `Results`, SECRET. Goes out: `Published`, whose cells are safe wherever they end up.
"""
