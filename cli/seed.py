"""`./airside seed`: fills the deployed tables from the system's data, as the local platform fills its own."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cli import options
from cli.nearest import among
from cli.outcome import CLEAN, FOUND, Failure, show, show_json, tell

if TYPE_CHECKING:
    from governance.model import Environment


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "Rows come from systems/<system>/data/, their dates relative to today where the system is. A row whose key is\n"
        "there already is left alone, so a second run writes what is missing and nothing else. Tables only: end users\n"
        "are imported by their operator (docs/deploying.md).\n"
        "examples:\n"
        "  ./airside seed --env dev --dry-run\n"
        "  ./airside seed --env dev\n"
        "exit codes: 0 filled, 1 refused (an environment that keeps its data), 2 could not"
    )
    options.add_system(parser)
    parser.add_argument("--table", action="append", metavar="NAME", help="only this table; repeatable")
    parser.add_argument("--overwrite", action="store_true", help="write rows again whose key is there")
    parser.add_argument(
        "--retained", action="store_true", help="also in an environment with retain_data, such as production"
    )
    parser.add_argument("--dry-run", action="store_true", help="look, and say what would be written")
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    from cli import seeding
    from governance.names import Names

    project = options.load(arguments)
    system, environment = options.choose(arguments, project)
    names = Names(system.name, environment.name)
    seeded = [table for table in system.tables if table.seed]
    known = [table.name for table in seeded]
    for name in arguments.table or ():
        if name not in known:
            raise Failure(f"--table {name}: is no table with rows. {among(name, known)}")
    chosen = [table for table in seeded if not arguments.table or table.name in arguments.table]
    day = seeding.today(system, datetime.now(tz=UTC))
    # Read before anything is asked of AWS: a row that is wrong must not stop a table half way.
    found = {table.name: seeding.rows(project.root, system, table, day) for table in chosen}
    if environment.retain_data and not (arguments.retained or arguments.dry_run):
        show(
            f"refused: {environment.name} keeps its data (retain_data in environments/{environment.name}.yaml), and "
            "these rows are made up. Say --retained to write them all the same."
        )
        return FOUND
    seeder = seeding.Seeder(
        _dynamodb(environment), f"{environment.account} in {environment.region}", progress=tell
    )
    filled = [
        seeder.fill(
            table,
            names.table(table.name),
            found[table.name],
            overwrite=arguments.overwrite,
            dry_run=arguments.dry_run,
        )
        for table in chosen
    ]
    if arguments.json:
        show_json({"dry_run": arguments.dry_run, "tables": [each.__dict__ for each in filled]})
        return CLEAN
    word = "would be written" if arguments.dry_run else "written"
    for each in filled:
        show(f"{each.table:<32} {each.rows:>6} rows, {each.there} there already, {each.written} {word}")
    return CLEAN


def _dynamodb(environment: Environment) -> object:
    from cli.deploying.account import connect

    return connect(environment.account, environment.region, environment.name).service("dynamodb")
