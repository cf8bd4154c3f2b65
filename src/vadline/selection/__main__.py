"""Choose PatchCore's settings for MTD without a bad part; see `vadline.selection.choose`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from vadline.errors import VadlineError
from vadline.selection.choose import finalists, read_training_goods, select


def main(arguments: list[str] | None = None) -> None:
    """Run the short grid; a user's mistake ends in one line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, required=True, help="MTD's folder")
    parser.add_argument("--out", type=Path, required=True, help="CSV file for the table")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folds", type=int, default=2)
    parser.add_argument("--count", type=int, default=40, help="goods held out, twice")
    args = parser.parse_args(arguments)
    try:
        photographs, groups = read_training_goods(args.root)
        table = select(
            photographs,
            groups,
            finalists(),
            seed=args.seed,
            folds=args.folds,
            count=args.count,
        )
    except VadlineError as error:
        sys.exit(f"Error: {error}")
    args.out.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(args.out)
    print(table.iloc[:, :9].round(3).to_string())


if __name__ == "__main__":
    main()
