"""python tests/faults/server.py PORT: serves the installation in LOGBOOK_INSTANCE from a child, and a new child
whenever one dies. Each child's process id is a line on standard output. The application is built once."""

import os
import sys

from werkzeug.serving import make_server

from logbook.app import create_app

app = create_app()
while True:
    child = os.fork()
    if child == 0:
        make_server("127.0.0.1", int(sys.argv[1]), app, threaded=True).serve_forever()
    print(child, flush=True)  # noqa: T201 - the line is what it is for
    os.waitpid(child, 0)
