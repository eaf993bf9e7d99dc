"""The methods of the field, one file per method, and the cells they give.

Input: delivered rows. Output: `Results`, every cell of a registry, true and SECRET.
"""
