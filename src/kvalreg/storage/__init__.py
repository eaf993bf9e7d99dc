"""What is kept on the disk between runs, and who may read it.

One content store (`content_store`), one way to know a file or kvalreg itself by its digest (`fingerprint`), one
mechanism that gives back what a stage made before (`memo`).
"""
