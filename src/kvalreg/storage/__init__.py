"""What is stored on disk between runs, and who may read it.

One content store (`content_store`) and one way to compute digests of files and of kvalreg itself (`fingerprint`) serve
all caches; `memo` returns the result of a stage whose inputs have not changed. `last_good` holds the newest good pages,
`permissions` the modes of all files, and `project_lock` keeps two runs from writing in one project.
"""
