"""Cells that an engine may get wrong: each name says what it does. They run in one notebook, in this order."""

from __future__ import annotations

from typing import Any

import nbformat

CELLS = {
    "display": "from IPython.display import HTML, Markdown, display\ndisplay(HTML('<b>1</b>'), Markdown('*2*'))\n3",
    "display_update": "handle = display(1, display_id='one')\ndisplay(2, display_id='one')\n'last'",
    "display_update_from_another_cell": "handle.update(3)\nprint('updated')",
    "clear_output": "from IPython.display import clear_output\nprint('gone')\nclear_output()\nprint('stays')",
    "clear_output_that_waits": "display(1)\nclear_output(wait=True)\ndisplay(2)",
    "silent_last_line": "42;",
    "several_expressions": "1\n2",
    "out_and_underscore": "(_ih[-2], sorted(Out)[:2], _)",
    "print_then_error": "print('before')\nimport sys\nprint('on stderr', file=sys.stderr)\n1/0",
    "chained_error": "try:\n    {}['a']\nexcept KeyError as error:\n    raise ValueError('b') from error",
    "error_in_a_function": "def f(x):\n    return g(x)\ndef g(x):\n    raise RuntimeError(f'x is {x}')\nf(1)",
    "exception_group": "raise ExceptionGroup('two', [ValueError('a'), TypeError('b')])",
    "syntax_error": "this is not python",
    "error_with_unicode": "raise ValueError('æøå €')",
    "broken_repr": "class Broken:\n    def __repr__(self):\n        raise ValueError('no repr')\nBroken()",
    "assertion": "assert 1 == 2, 'not equal'",
    "sys_exit": "sys.exit(0)",
    "sys_exit_with_words": "sys.exit('enough')",
    "keyboard_interrupt": "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\nimport time\ntime.sleep(5)",
    "input": "input('name: ')",
    "getpass": "import getpass\ngetpass.getpass()",
    "await": "import asyncio\nawait asyncio.sleep(0.01)\n'waited'",
    "async_for": "async def count():\n    for n in range(3):\n        yield n\n[n async for n in count()]",
    "asyncio_run": "coroutine = asyncio.sleep(0)\ntry:\n    asyncio.run(coroutine)\nfinally:\n    coroutine.close()",
    "gather": "await asyncio.gather(*(asyncio.sleep(0, n) for n in range(3)))",
    "error_after_await": "await asyncio.sleep(0)\nraise KeyError('late')",
    "thread": "import threading\nthread = threading.Thread(target=print, args=(1,))\nthread.start()\nthread.join()",
    "thread_display": "thread = threading.Thread(target=lambda: display('thread'))\nthread.start()\nthread.join()",
    "shell_command": "!echo from the shell",
    "captured_shell_command": "lines = !printf 'a\\nb\\n'\nlines",
    "failing_shell_command": "!exit 3\nprint(_exit_code)",
    "cell_magic_capture": "%%capture kept\nprint('kept')\ndisplay(1)",
    "captured": "kept.stdout, len(kept.outputs)",
    "cell_magic_html": "%%html\n<i>x</i>",
    "cell_magic_bash": "%%bash\necho bash; echo more >&2",
    "cell_magic_script_fails": "%%bash\nexit 2",
    "line_magic": "%pwd == os.getcwd()",
    "unknown_magic": "%no_such_magic",
    "config": "%config InlineBackend.rc",
    "who": "%who_ls int",
    "question_mark": "print?",
    "warning": "import warnings\nwarnings.warn('careful')",
    "logging": "import logging\nlogging.getLogger('x').warning('logged')",
    "big_text": "print('x' * 2_000_000)",
    "many_displays": "for n in range(300):\n    display(n)",
    "bytes_and_images": "from IPython.display import Image\nImage(b'\\x89PNG\\r\\n\\x1a\\n' + bytes(9), format='png')",
    "not_json": "display({'text/plain': 'x', 'application/json': {'a': float('nan')}}, raw=True)",
    "metadata": "display({'text/plain': 'x'}, raw=True, metadata={'text/plain': {'a': 1}})",
    "data_frame": "import pandas as pd\npd.DataFrame({'a': [1, 2], 'b': ['x', None]})",
    "long_list": "list(range(2000))",
    "main_module": "import __main__\n__name__, __main__.f is f, [n for n in dir() if n.startswith('__')]",
    "pickle": "import pickle\nclass Kept:\n    pass\ntype(pickle.loads(pickle.dumps(Kept()))) is Kept",
    "streams": "sys.stdout.isatty(), sys.stdout.encoding, type(sys.stdin).__name__, sys.stdout.write('w\\n')",
    "path": "sys.path[0], len(sys.argv) > 0, sys.flags.dev_mode, os.environ.get('MPLBACKEND'), os.environ['TERM']",
    "multiprocessing": (
        "import multiprocessing\nprocess = multiprocessing.get_context('fork').Process(target=print, args=('child',))\n"
        "process.start()\nprocess.join()\nprocess.exitcode"
    ),
    "random": "import random\nimport numpy as np\nrandom.seed(1)\nnp.random.seed(1)\nrandom.random(), np.random.rand()",
    "altair": "import altair as alt\nalt.Chart(pd.DataFrame({'a': [1]})).mark_bar().encode(x='a:Q').to_dict()['mark']",
    "great_tables": "from great_tables import GT\nGT(pd.DataFrame({'a': [1]}), id='t').as_raw_html()[:200]",
    "own_formatter": "html = get_ipython().display_formatter.formatters['text/html']\nhtml.for_type(int, str)\n7",
    "shell_class": "type(get_ipython()).__name__, 'IPKernelApp' in get_ipython().config",
    "run_cell": "get_ipython().run_cell('print(1); 1/0').success",
    "post_execute": "get_ipython().events.register('post_execute', lambda: print('after'))",
    "set_next_input": "get_ipython().set_next_input('x')\n'asked'",
    "empty": "   ",
    "last": "'the end'",
}
"""What others write to the file descriptors is in `test_execution_papermill_engine.py`: a stock kernel may lose it."""


def tricky_notebook() -> Any:
    """All of them in one notebook, each allowed to fail."""
    notebook = nbformat.v4.new_notebook()
    notebook.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    for name, source in CELLS.items():
        cell = nbformat.v4.new_code_cell(source)
        cell.metadata["tags"] = ["raises-exception", name]
        notebook.cells.append(cell)
    notebook.cells.insert(1, nbformat.v4.new_markdown_cell("## Words"))
    return notebook
