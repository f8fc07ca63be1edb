"""What encoding a text that is not UTF-8 is taken to be written in."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.drafting.csv_form import csv_form


@pytest.mark.parametrize(
    ("header", "encoding"),
    [
        ("Zeit;Temperatur [°C];Druck", "cp1252"),
        ("Temperatur in °C;Winkel °", "cp1252"),
        ("Düse;Höhe µm;Fläche mm²", "cp1252"),
        ("Größe;Änderung;Öl", "cp1252"),
        ("température;pièce;été", "cp1252"),
        ("Température °C;Número;Año", "cp1252"),
        ("Ø [mm];Druck", "cp1252"),
        ("순번;압력;상태", "cp949"),
        ("폭;깊이;온도(℃)", "cp949"),
        ("사출압력 max;A존 온도", "cp949"),
        ("Температура, °С;Брак;№", "cp1251"),
        ("ДАВЛЕНИЕ;Скорость мм/с", "cp1251"),
        ("Станок;ID;°C", "cp1251"),
    ],
)
def test_letters_are_judged_by_what_stands_beside_them(tmp_path: Path, header: str, encoding: str) -> None:
    file = tmp_path / "t.csv"
    width = header.count(";") + 1
    file.write_text("\n".join([header, *[";".join(["1,5"] * width)] * 20]), encoding=encoding)

    form = csv_form(file)

    assert form.encoding == encoding
    assert ";".join(form.header) == header
