"""Arguments of ``data``: what is added, what its columns are used for, how its text is read."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any


def add_data_parsers(data: argparse.ArgumentParser, epilog: str) -> None:
    """Give ``data`` its actions."""
    actions = data.add_subparsers(dest="action", required=True)
    adding = actions.add_parser("add", help="add a table, or pictures with a table", epilog=epilog)
    adding.add_argument("name", metavar="NAME")
    source = adding.add_mutually_exclusive_group(required=True)
    source.add_argument("--csv", "--parquet", dest="source", type=Path, metavar="FILE", help="a CSV or Parquet file")
    source.add_argument(
        "--folder", dest="source", type=Path, metavar="DIR", help="a folder or zip with a data.csv that names its files"
    )
    _target_option(adding)
    adding.add_argument(
        "--input", action="append", default=[], metavar="COLUMN[:KIND]", help="numeric, categorical, text or image"
    )
    adding.add_argument("--ignore", action="append", default=[], metavar="COLUMN", help="leave it out")
    adding.add_argument("--share", action="store_true", help="show it to all on the page")
    _reading_options(adding)
    checking = actions.add_parser("check", help="report on a data set, or on a file before it is added", epilog=epilog)
    checking.add_argument("what", metavar="NAME", help="name or id of a data set, or a file, folder or zip")
    _target_option(checking)
    _reading_options(checking)
    listing = actions.add_parser("list", help="what was added, newest first")
    sharing = actions.add_parser("share", help="show a data set to all on the page")
    sharing.add_argument("what", metavar="NAME")
    sharing.add_argument("--private", action="store_true", help="show it to its owner only again")
    exporting = actions.add_parser("export", help="write it as a zip that can be added again")
    exporting.add_argument("what", metavar="NAME")
    exporting.add_argument("--out", type=Path, required=True, metavar="FILE.zip")
    removing = actions.add_parser("remove", help="delete its rows")
    removing.add_argument("what", metavar="NAME")
    for parser in (adding, checking, listing, sharing, exporting, removing):
        parser.add_argument("--json", action="store_true", help="JSON on stdout")


def reading_options(options: argparse.Namespace) -> dict[str, Any]:
    """How a text file is read, as :func:`mtl_core.userdata.inspection.inspect` takes it."""
    delimiter = {"tab": "\t", "\\t": "\t"}.get(options.delimiter or "", options.delimiter)
    return {
        "encoding": options.encoding,
        "delimiter": delimiter,
        "leave_out_bad_rows": options.leave_out_bad_rows,
    }


def _target_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--target",
        action="append",
        default=[],
        metavar="COLUMN[:KIND[:UNIT]]",
        help="regression, binary, multiclass or segmentation; left out: what the column looks like",
    )


def _reading_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--encoding", help="where the guess is wrong, e.g. gb18030")
    parser.add_argument("--delimiter", help="where the guess is wrong, e.g. ';' or tab")
    parser.add_argument(
        "--leave-out-bad-rows", action="store_true", help="rows with too many or too few fields are left out"
    )
