"""The check of a finished site: every number carries the address of its cell, and is held against that cell.

A page is read (`pages`, `charts`, `data_files`) into claims, and each claim is judged against `Published` (`check`).
``docs/methods/audit.md`` tells how, and ``docs/pages.md`` has the contract that pages keep.
"""
