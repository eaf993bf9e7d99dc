"""From published cells to executed pages, one papermill run for each page.

Input: published cells on disk and the report notebooks. Output: pages as Markdown. One notebook's failure affects no
other page.

`plan` lists the jobs, `execute` runs them in the processes of `worker_pool` (or on other machines, `dask_executor`),
`run_notebook` runs one through papermill and `markdown_export` makes its page. `papermill_engine` chooses the kernel: a
forked one (`forkserver` and its client, kernel and protocol) starts in a tenth of the time of papermill's own.
"""
