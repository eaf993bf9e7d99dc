"""The gate between what is true and what may be shown.

Input: `Results`, SECRET. Output: `PublishedResults`, whose cells are safe wherever they are shown.
"""
