"""``./sprue init``: a profile drafted from a sample of one's own data."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from core.errors import ConfigError, HistoryError
from core.profile import Profile
from core.profile_file import load_profile, parse_profile
from ingest.drafting import report
from ingest.drafting.converted import converted
from ingest.drafting.draft import Draft, draft_profile
from ingest.drafting.file_sample import as_products_read, encoding_in, sample_files, table_files
from ingest.drafting.mongo_sample import sample_collection
from ingest.drafting.naming import process_name
from ingest.drafting.next_steps import Names, next_commands, next_of_database
from ingest.drafting.postgres_sample import sample_table
from ingest.drafting.profile_text import profile_text
from ingest.drafting.sample import Sample
from ingest.drafting.trial import Trial, try_documents, try_tables
from ingest.table import read_table
from scripts.listing import printable

EVERY_ROW = 1_000_000_000
MOST_TRIED = 200_000
"""Rows of a file that the readers are tried on."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where the data are: table files, a MongoDB collection or a PostgreSQL table."""

    files: tuple[Path, ...] = ()
    mongodb: str | None = None
    database: str = ""
    collection: str = ""
    postgresql: str | None = None
    table: str = ""
    encoding: str | None = None


def init(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE...", help="Table files with the same columns, or a folder of them."),
    ] = None,
    mongodb: Annotated[str | None, typer.Option(help="Instead: address of a MongoDB.")] = None,
    database: Annotated[str, typer.Option(help="Its database.")] = "plant",
    collection: Annotated[str | None, typer.Option(help="Its collection.")] = None,
    postgresql: Annotated[str | None, typer.Option(help="Instead: address of a PostgreSQL.")] = None,
    table: Annotated[str | None, typer.Option(help="Its table or view, schema.table allowed.")] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="File for the profile; by default NAME.toml, as the process is called."),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="What the process is called; by default as the file.")
    ] = None,
    convert: Annotated[
        Path | None,
        typer.Option(help="Write the files' rows as one table that train and judge read: .csv or .parquet."),
    ] = None,
    assume_good: Annotated[
        bool, typer.Option("--assume-good", help="In --convert: lot totals as if every record were good.")
    ] = False,
    label: Annotated[
        str | None,
        typer.Option(metavar="NAME=BAD", help="The column that tells good from bad, and its bad value."),
    ] = None,
    day: Annotated[
        str | None, typer.Option("--date", metavar="YYYY-MM-DD", help="The day of times that have none.")
    ] = None,
    encoding: Annotated[str | None, typer.Option(help="Encoding of text files, e.g. cp949.")] = None,
    sample: Annotated[int, typer.Option(min=100, max=1_000_000, help="Most rows to guess from.")] = 50_000,
    force: Annotated[bool, typer.Option("--force", help="Write over files that are there.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")] = False,
) -> None:
    """Draft a profile from a sample of your own data, and say what to check by hand.

    Every guess stands in the file with its reason. The draft is then tried on the data by the
    readers that train and judge. Databases are only read.
    """
    source = _source(files, mongodb, database, collection, postgresql, table, encoding)
    if convert is not None and not source.files:
        raise typer.BadParameter("expected table files to convert, got a database", param_hint="--convert")
    if convert is not None and not convert.name.lower().endswith((".csv", ".csv.gz", ".parquet")):
        raise typer.BadParameter(
            f"expected .csv, .csv.gz or .parquet, got {str(convert)!r}", param_hint="--convert"
        )
    if out is not None and out.suffix.lower() != ".toml":
        raise typer.BadParameter(f"expected a name ending in .toml, got {str(out)!r}", param_hint="--out")
    days = _day(day)
    if source.files:
        table_files(source.files)  # a file that is not there is told first
    _refuse_overwriting(source, {"--out": out, "--convert": convert}, force=force)
    with _progress(as_json) as bar:
        found, raws, paths = _sampled(source, sample, bar)
        called = process_name(name) if name is not None else found.name
        if out is None:
            out = Path(f"{called}.toml")
            _refuse_overwriting(source, {"--out": out}, force=force)
        draft = draft_profile(_on_day(found, days), label=label or "")
    text = profile_text(draft, called)
    parse_profile(text.encode("utf-8"), where=str(out))
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(text, encoding="utf-8", newline="\n")
    profile = load_profile(out)
    readable: Path | None = None
    unreadable = as_products_read(paths, encoding) if paths else ""
    if convert is not None:
        whole, _ = sample_files(list(paths), rows=EVERY_ROW, encoding=encoding)
        table_of_all = converted(draft, _on_day(whole, days), assume_good=assume_good)
        _write_table(table_of_all, convert)
        readable = convert
    elif paths and not unreadable:
        readable = paths[0]
    trial = _trial(profile, draft, readable, raws, unreadable)
    names = Names(called, str(out))
    if source.files:
        usable = None if readable is None else str(readable)
        # What was found out is said too: the next command reads the file as this one did.
        found_out = encoding or encoding_in(paths)
        given = _given(source, encoding=found_out, date=day, name=name, label=label)
        commands = next_commands(draft, names, given, file=usable, converted=convert is not None)
    else:
        commands = next_of_database(draft, names, source.table)
    if as_json:
        more: dict[str, Any] = {
            "profile": str(out), "name": called, "as_it_is": unreadable,
            "converted": None if convert is None else str(convert), "next": commands,
        }  # fmt: skip
        print(json.dumps(report.as_json(draft, trial, **more), ensure_ascii=False))
    else:
        where = "this data" if readable is None else str(readable)
        for line in report.told(draft, trial, str(out), where, commands):
            print(printable(line))


def _given(source: Source, **options: str | None) -> str:
    """The files and options that decide about the draft, as typed."""
    told = [part for name, value in options.items() if value for part in (f"--{name}", value)]
    return shlex.join([*map(str, source.files), *told])


def _source(
    files: list[Path] | None,
    mongodb: str | None,
    database: str,
    collection: str | None,
    postgresql: str | None,
    table: str | None,
    encoding: str | None,
) -> Source:
    given = [w for w, v in (("FILE", files), ("--mongodb", mongodb), ("--postgresql", postgresql)) if v]
    if len(given) != 1:
        got = " and ".join(given) or "none"
        raise typer.BadParameter(f"expected one of FILE, --mongodb, --postgresql; got {got}")
    if mongodb and not collection:
        raise typer.BadParameter("expected it beside --mongodb, got none", param_hint="--collection")
    if postgresql and not table:
        raise typer.BadParameter("expected it beside --postgresql, got none", param_hint="--table")
    return Source(tuple(files or ()), mongodb, database, collection or "", postgresql, table or "", encoding)


def _refuse_overwriting(source: Source, written: dict[str, Path | None], *, force: bool) -> None:
    taken = {file.resolve() for file in source.files}
    for flag, path in written.items():
        if path is None:
            continue
        if path.resolve() in taken:
            msg = f"expected a file of its own, got one that is read or written already: {str(path)!r}"
            raise typer.BadParameter(msg, param_hint=flag)
        if path.exists() and not force:
            raise ConfigError(f"{path}: expected no such file, found one; write over it with --force")
        taken.add(path.resolve())


def _day(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"expected a day such as 2024-05-31, got {text!r}", param_hint="--date"
        ) from None


def _on_day(sample: Sample, day: date | None) -> Sample:
    """Rows without a day in their file's name are of this day."""
    if day is None:
        return sample
    parts = {int(part): day for part in set(sample.part.tolist())}
    return replace(sample, days={**parts, **sample.days})


@contextmanager
def _progress(quiet: bool) -> Iterator[Progress]:
    columns = (SpinnerColumn(), TextColumn("{task.completed:,.0f} rows read"), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=quiet or not console.is_terminal, transient=True) as bar:
        yield bar


def _sampled(source: Source, rows: int, bar: Progress) -> tuple[Sample, list[bytes], tuple[Path, ...]]:
    task = bar.add_task("")

    def seen(count: int) -> None:
        bar.update(task, completed=count)

    if source.mongodb is not None:
        found, raws = sample_collection(
            source.mongodb, source.database, source.collection, rows=rows, progress=seen
        )
        return found, raws, ()
    if source.postgresql is not None:
        return sample_table(source.postgresql, source.table, rows=rows, progress=seen), [], ()
    found, paths = sample_files(source.files, rows=rows, encoding=source.encoding, progress=seen)
    return found, [], paths


def _write_table(table: pd.DataFrame, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.name.lower().endswith(".parquet"):
        table.to_parquet(file, index=False)
    else:
        table.to_csv(file, index=False, encoding="utf-8", lineterminator="\n")


def _trial(profile: Profile, draft: Draft, file: Path | None, raws: list[bytes], unreadable: str) -> Trial:
    if raws:
        return try_documents(raws, profile)
    if unreadable and file is None:
        return Trial(trouble=f"not read as it is: {unreadable}; --convert FILE writes a table that is")
    if file is None:
        return try_tables([draft.sample.frame], profile, most=MOST_TRIED)
    try:
        return try_tables(read_table(file, profile), profile, most=MOST_TRIED)
    except HistoryError as error:
        return Trial(trouble=str(error))
