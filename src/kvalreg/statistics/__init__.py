"""The methods of the field, one file per method, and the cells they give.

Comes in: delivered rows. Goes out: `Results`, every cell of a registry, true and SECRET.
"""
