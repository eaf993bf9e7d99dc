"""The audit of a finished site: every number carries the address of its cell, and is compared with that cell.

Pages, figures and data files are read (`pages`, `figures`, `data_files`) into claims, and each claim is compared with
the published cells (`check`). ``docs/methods/audit.md`` describes the method, and ``docs/pages.md`` the contract that
pages keep.
"""
