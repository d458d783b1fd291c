#!/bin/sh
# The stand-in province and ntmd on it; options: run.py --help.
exec python3 "$(dirname "$0")/run.py" "$@"
