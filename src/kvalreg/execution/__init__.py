"""From published cells to executed pages, one papermill run per page.

Comes in: `Published` on disk and the report notebooks. Goes out: accepted pages. One notebook's failure touches no
other page.
"""
