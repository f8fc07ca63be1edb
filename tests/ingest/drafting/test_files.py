"""Which files are read, in which forms, and what is said of those that cannot be."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.errors import ConfigError
from core.profile_file import parse_profile
from ingest.drafting.converted import converted
from ingest.drafting.draft import draft_profile
from ingest.drafting.file_sample import as_products_read, sample_files
from ingest.drafting.profile_text import profile_text
from ingest.drafting.thinning import Thinning
from ingest.drafting.trial import try_tables
from tests.ingest.drafting import twins


def russian(file: Path, encoding: str) -> Path:
    rows, random = 60, np.random.default_rng(1)
    table = pd.DataFrame(
        {
            "№": range(1, rows + 1),
            "Дата": [f"{1 + n // 24:02}.03.2024" for n in range(rows)],
            "Время": [f"{n % 24:02}:05" for n in range(rows)],
            "Станок": "ТПА-3",
            "Температура, °С": [f"{v:.1f}".replace(".", ",") for v in random.normal(220, 1, rows)],
            "Брак": (np.arange(rows) % 20 == 7).astype(int),
        }
    )
    table.to_csv(file, index=False, sep=";", encoding=encoding, lineterminator="\r\n")
    return file


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "utf-16"])
def test_semicolons_decimal_commas_and_two_columns_of_time_become_one_table(
    tmp_path: Path, encoding: str
) -> None:
    sample, files = sample_files([russian(tmp_path / "журнал.csv", encoding)], rows=1000)

    draft = draft_profile(sample)
    table = converted(draft, sample)

    assert as_products_read(files) != ""
    assert [g.column for g in draft.of_role("production")] == ["Температура, °С"]
    assert table["time"].tolist()[:2] == ["2024-03-01T00:05:00", "2024-03-01T01:05:00"]
    assert table["Температура, °С"].dtype == np.float64
    assert table["lot_bad"].tolist()[:24] == [0] * 7 + [1] * 17
    assert table["lot_bad"].iloc[24] == 0
    profile = parse_profile(profile_text(draft, "log").encode(), where="log.toml")
    assert try_tables([table], profile, most=1000).readable == 60


def korean(file: Path) -> Path:
    random = np.random.default_rng(1)
    rows = [f"{n},{v:.2f},양호" for n, v in enumerate(random.normal(5, 1, 40))]
    file.write_text("\n".join(["순번,압력,상태", *rows]), encoding="cp949")
    return file


def test_korean_text_of_old_windows_is_noticed_and_named(tmp_path: Path) -> None:
    sample, files = sample_files([korean(tmp_path / "사출.csv")], rows=1000)

    assert [str(c) for c in sample.frame.columns] == ["순번", "압력", "상태"]
    assert any("read as CP949" in note for note in sample.notes)
    assert "CP949" in as_products_read(files)


def test_an_encoding_that_is_said_counts(tmp_path: Path) -> None:
    file = korean(tmp_path / "사출.csv")

    sample, _ = sample_files([file], rows=1000, encoding="cp949")

    assert "as asked" in sample.notes[0]
    with pytest.raises(ConfigError, match="expected utf-8 text"):
        sample_files([file], rows=1000, encoding="utf-8")
    with pytest.raises(ConfigError, match="expected nonsense text"):
        sample_files([file], rows=1000, encoding="nonsense")


def test_accents_of_old_windows_are_noticed_and_named(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("größe,länge\n" + "1,2\n" * 20, encoding="cp1252")

    sample, _ = sample_files([tmp_path / "t.csv"], rows=1000)

    assert [str(c) for c in sample.frame.columns] == ["größe", "länge"]
    assert any("CP1252" in note for note in sample.notes)


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".tsv", ".parquet", ".jsonl"])
def test_every_kind_of_file_gives_the_same_guesses(tmp_path: Path, suffix: str) -> None:
    table, file = twins.experiment(), tmp_path / f"table{suffix}"
    if suffix == ".parquet":
        table.to_parquet(file)
    elif suffix == ".jsonl":
        table.to_json(file, orient="records", lines=True)
    else:
        table.to_csv(file, index=False, sep="\t" if suffix == ".tsv" else ",")

    sample, _ = sample_files([file], rows=1000)

    assert twins.wrong(draft_profile(sample), twins.EXPERIMENT_TRUTH) == {}
    assert sample.name == "table"


def test_nested_documents_of_a_file_have_dotted_paths_and_arrays_are_named(tmp_path: Path) -> None:
    file = tmp_path / "shots.jsonl"
    lines = [
        f'{{"_id": "s{n}", "set": {{"hold": {n // 10}}}, "actual": {{"p": {n * 7 % 13}.5}}, "curve": [1, 2]}}'
        for n in range(40)
    ]
    file.write_text("\n".join(lines), encoding="utf-8")

    sample, _ = sample_files([file], rows=1000)

    assert [str(c) for c in sample.frame.columns] == ["_id", "set.hold", "actual.p"]
    assert any("curve" in note for note in sample.notes)


def test_a_row_of_units_under_the_header_is_no_record(tmp_path: Path) -> None:
    table = twins.experiment()
    units = pd.DataFrame([["mA", "mA", "mm/s", "mm", "mm", "mm"]], columns=table.columns)
    pd.concat([units, table]).to_csv(tmp_path / "t.csv", index=False)

    sample, _ = sample_files([tmp_path / "t.csv"], rows=1000)
    draft = draft_profile(sample)

    assert len(sample.frame) == len(sample.part) == len(table)
    assert [g.unit for g in draft.guesses] == ["mA", "mA", "mm/s", "mm", "mm", "mm"]
    assert twins.wrong(draft, twins.EXPERIMENT_TRUTH) == {}


def packed(text: bytes) -> bytes:
    return gzip.compress(text, mtime=0)[:-9]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.csv", b"", "found an empty file"),
        ("blank.csv", b"\n\n", "found an empty file"),
        ("bin.csv", bytes(range(256)) * 9, "found binary data"),
        ("book.csv", b"PK\x03\x04rest", "workbook or archive; save it as CSV"),
        ("book.xlsx", b"PK\x03\x04rest", "ending in one of .*; save it as CSV"),
        ("twice.csv", b"a,b,a\n1,2,3\n", "expected each column once, found twice: 'a'"),
        ("bare.csv", b"1.5,2,3\n4,5,6\n", "expected a header line with the column names, found numbers"),
        ("long.csv", b"a,b\n1,2\n1,2,3,4\n", "expected a table, got"),
        ("cut.csv.gz", packed(b"a,b\n" + b"1,2\n" * 99), "got: "),
        ("no.csv.gz", b"not packed", "got: "),
        ("no.parquet", b"not parquet", "got|Parquet"),
        ("no.jsonl", b"{", "line 1: expected a JSON object"),
        ("odd.csv", b"gr\x81\x8d\xdfe,l\xe4nge\n1,2\n", "say what it is with --encoding"),
    ],
)
def test_a_file_that_is_no_table_is_told_so(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(content)

    with pytest.raises(ConfigError, match=said) as error:
        sample_files([tmp_path / name], rows=1000)

    assert name in str(error.value)


def test_decimal_commas_between_commas_are_told_and_not_read_one_column_too_early(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("speed,size\n" + "4,5,1\n" * 20, encoding="utf-8")

    with pytest.raises(ConfigError, match="row 1: expected 2 values as the header has names"):
        sample_files([tmp_path / "t.csv"], rows=1000)


def test_header_alone_is_too_little(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b\n", encoding="utf-8")

    sample, _ = sample_files([tmp_path / "t.csv"], rows=1000)

    with pytest.raises(ConfigError, match="at least 10 rows to guess from, got 0"):
        draft_profile(sample)


def test_a_folder_without_tables_or_with_nothing_alike_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="found none"):
        sample_files([tmp_path], rows=1000)
    with pytest.raises(ConfigError, match="found none"):
        sample_files([tmp_path / "no.csv"], rows=1000)
    (tmp_path / "a.csv").write_text("a\n1\n", encoding="utf-8")
    (tmp_path / "b.csv").write_text("b\n1\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="same columns"):
        sample_files([tmp_path], rows=1000)


def test_a_sample_of_a_large_file_is_bounded_and_spread(tmp_path: Path) -> None:
    pd.DataFrame({"n": range(30_000)}).to_csv(tmp_path / "t.csv", index=False)

    sample, _ = sample_files([tmp_path / "t.csv"], rows=2000)

    numbers = sample.frame["n"].astype(int).to_numpy()
    assert (sample.rows, len(sample.part)) == (30_000, len(numbers))
    assert 1000 <= len(numbers) <= 2000
    assert numbers[:1000].tolist() == list(range(1000))
    assert numbers[-1] > 20_000
    breaks = np.flatnonzero(np.diff(numbers) != 1)
    assert (np.diff(sample.part)[breaks] == 1).all()


@pytest.mark.parametrize(("rows", "limit"), [(5, 100), (100, 100), (101, 100), (5000, 100), (5000, 4999)])
def test_thinning_never_keeps_more_than_asked(rows: int, limit: int) -> None:
    kept = Thinning(limit)
    for begin in range(0, rows, 700):
        kept.add(pd.DataFrame({"n": range(begin, min(rows, begin + 700))}), 0)

    sample = kept.sample("s", "s")

    assert sample.rows == rows
    assert min(rows, limit) * 0.4 < len(sample.frame) <= limit
    assert sample.frame["n"].is_monotonic_increasing
