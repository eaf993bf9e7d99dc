"""A statistician's day: checking a project, starting a new one, and looking at pages while they are written."""
