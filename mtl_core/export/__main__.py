"""``python -m mtl_core.export``: the command ``export`` by itself, as :mod:`mtl_core.export.apart` starts it."""

import argparse
import json
import sys

from mtl_core.cli.export import add_arguments, export_command
from mtl_core.errors import MTLError

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m mtl_core.export")
    add_arguments(parser)
    try:
        sys.exit(export_command(parser.parse_args()))
    except MTLError as error:
        print(json.dumps({"error": str(error)}))
        sys.exit(1)
