"""``./sprue evaluate`` on a simulated plant whose forests were really trained."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from core.config import load_config
from core.errors import SourceUnavailable
from core.profile_file import load_profile
from inference.backtest import BacktestSummary, backtest
from inference.plan_provider import load_plan
from inference.store.choices import ThresholdChoice
from ingest.plant import Plant, load_history
from ingest.table import read_table
from models.registry import Registry
from scripts import __main__ as command_line
from scripts import evaluate
from scripts.evaluation import backtest_report, feedback_labels, peer_report, tables
from scripts.train import train_from_history

pytestmark = pytest.mark.xdist_group("evaluated plant")  # they share one training
ROOT = Path(__file__).resolve().parents[3]
PROFILE = ROOT / "core" / "profiles" / "injection_molding.toml"
HISTORY_SHOTS, LIVE_SHOTS = 12_000, 6_000


@dataclass(frozen=True)
class Trained:
    """A plant on disk: history, live shots, what really happened, and a version trained on the history."""

    folder: Path
    profile: Path
    history: Path
    live: Path
    truth: Path

    @property
    def place(self) -> list[str]:
        return ["--home", str(self.folder / "home"), "--profile", str(self.profile)]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    folder = tmp_path_factory.mktemp("공장")
    plant = Plant(0)
    past, live = list(plant.history(HISTORY_SHOTS)), list(plant.live(LIVE_SHOTS))
    found = Trained(
        folder, *(folder / n for n in ("forest.toml", "history.parquet", "live.parquet", "truth.csv"))
    )
    pd.concat([chunk.frame for chunk in past], ignore_index=True).to_parquet(found.history)
    pd.concat([chunk.frame for chunk in live], ignore_index=True).to_parquet(found.live)
    pd.concat([chunk.truth for chunk in (*past, *live)]).to_csv(found.truth, index=False)
    forests = PROFILE.read_text("utf-8").replace("_rows = 1500", "_rows = 99998")
    forests = forests.replace("_rows = 4000", "_rows = 99999").replace("min_shots = 500 ", "min_shots = 200 ")
    found.profile.write_text(forests.replace("min_rows = 500", "min_rows = 200"), encoding="utf-8")
    config = load_config(home=folder / "home", profile=str(found.profile))
    train_from_history(config, history=found.history, console=Console(quiet=True))
    return found


@pytest.fixture
def run(trained: Trained, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Any:
    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["sprue", "evaluate", *arguments, *trained.place])
        with pytest.raises(SystemExit) as ended:
            command_line.main()
        code = ended.value.code
        return (code if isinstance(code, int) else 0), *capfd.readouterr()

    return run


def found(run: Any, *arguments: str) -> dict[str, Any]:
    code, out, err = run(*arguments, "--json")
    assert code == 0, err
    report: dict[str, Any] = json.loads(out)
    return report


def test_shots_after_training_are_told_good_from_bad_by_models_of_their_own(
    run: Any, trained: Trained
) -> None:
    report = found(run, "--shots", str(trained.live), "--truth", str(trained.truth))
    unseen = report["sections"]["unseen"]

    assert report["sections"]["seen"]["shots"] == 0
    assert unseen["labelled"] == report["shots"] == LIVE_SHOTS
    own = unseen["figures"]["trained"]["ranking"]
    assert own["auroc"]["value"] > 0.95
    assert own["auroc"]["low"] <= own["auroc"]["value"] <= own["auroc"]["high"]
    assert unseen["lot_figures"]["lots"] > 40
    assert {part["name"] for part in unseen["causes"]} > {"no fault"}
    assert sum(part["shots"] for part in unseen["groups"]) == LIVE_SHOTS


def test_the_verdicts_are_those_of_the_code_that_judges_live(run: Any, trained: Trained) -> None:
    profile = load_profile(str(trained.profile))
    plan, _ = load_plan(Registry(trained.folder / "home" / "registry"), None, profile)
    summary = BacktestSummary()
    for piece in backtest(read_table(trained.live, profile, chunk_rows=1000), plan, profile):
        summary.add(piece)

    unseen = found(run, "--shots", str(trained.live), "--truth", str(trained.truth))["sections"]["unseen"]

    assert (unseen["flagged"], unseen["warned"]) == (summary.outcomes["NG"], summary.outcomes["WARN"])


def test_the_limit_in_use_is_the_one_that_was_chosen(
    run: Any, trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = "--shots", str(trained.live), "--truth", str(trained.truth)
    before = found(run, *place)
    chosen = ThresholdChoice(7, 0, "kim", "no call at all", {"cv_gain": 1e6, "margin_limit": 1e6})
    monkeypatch.setattr(backtest_report, "newest_choice", lambda _: chosen)
    after, (_, out, _) = found(run, *place), run(*place)

    assert (before["threshold_choice"], after["threshold_choice"]) == (None, 7)
    assert after["sections"]["unseen"]["flagged"] < before["sections"]["unseen"]["flagged"]
    assert "under threshold choice 7: " in out


def test_what_training_saw_is_told_apart_lot_by_lot(run: Any, trained: Trained) -> None:
    sections = found(run, "--history", str(trained.history), "--truth", str(trained.truth))["sections"]
    lots = [{lot["lot"] for lot in sections[name]["lots"]} for name in ("unseen", "seen")]

    assert sections["seen"]["shots"] > sections["unseen"]["shots"] > 0
    assert not lots[0] & lots[1]
    assert sections["seen"]["shots"] + sections["unseen"]["shots"] == HISTORY_SHOTS


def test_both_parts_of_a_shot_are_judged_once_and_bad_when_one_is(
    run: Any, trained: Trained, tmp_path: Path
) -> None:
    truth = pd.read_csv(trained.truth).set_index("shot_id")
    shots = pd.read_parquet(trained.live).head(2000)
    shots["bad"] = truth.reindex(shots["id"])["bad"].to_numpy().astype(int)
    left = shots.assign(id=shots["id"] + "-L", bad=0)
    both = pd.concat([shots, left]).sort_index(kind="stable")
    for name, frame in (("one", shots), ("both", both)):
        frame.to_parquet(tmp_path / f"{name}.parquet", index=False)

    one, two = (found(run, "--shots", str(tmp_path / f"{n}.parquet")) for n in ("one", "both"))

    assert (one["shots"], two["rows"], two["shots"]) == (2000, 4000, 2000)
    bad = [r["sections"]["unseen"]["figures"]["all"]["bad"] for r in (one, two)]
    assert bad[0] == bad[1] == shots["bad"].sum() > 0


def test_makers_and_range_choose_the_shots(run: Any, trained: Trained) -> None:
    shots = pd.read_parquet(trained.live)
    maker, middle = shots["maker"].iloc[0], shots["time"].iloc[3000]
    chosen = ["--maker", maker, "--start", middle.isoformat()]

    report = found(run, "--shots", str(trained.live), "--truth", str(trained.truth), *chosen)

    assert report["rows"] == ((shots["maker"] == maker) & (shots["time"] >= middle)).sum()
    code, _, err = run("--shots", str(trained.live), "--maker", "nobody")
    assert code == 1
    assert "makers and range" in err


def test_lots_alone_are_enough_and_nothing_at_all_is_said(run: Any, trained: Trained, tmp_path: Path) -> None:
    code, out, err = run("--shots", str(trained.live), "--json")
    assert (code, "no labels: add --label COLUMN, --truth FILE or --feedback" in err) == (0, True)
    section = json.loads(out)["sections"]["unseen"]
    assert section["figures"] == {}
    assert section["lot_figures"]["any_bad"]["bad"] > 0

    bare = tmp_path / "bare.parquet"
    pd.read_parquet(trained.live).head(50).drop(columns=["lot_good", "lot_bad"]).to_parquet(bare)
    code, _, err = run("--shots", str(bare))
    assert code == 1
    assert "--label, --truth" in err
    assert len(err.splitlines()) == 1


def test_labels_asked_for_by_name_that_are_of_no_shot_are_said(
    run: Any, trained: Trained, tmp_path: Path
) -> None:
    others = tmp_path / "others.csv"
    pd.DataFrame({"shot_id": ["a", "b"], "bad": [1, 0]}).to_csv(others, index=False)

    for asked, told in (("--truth", str(others)), ("--label", "defect")):
        code, out, err = run("--shots", str(trained.live), asked, told)

        assert (code, out) == (1, "")
        assert f"{told!r}, got none of 6,000" in err or f"{told}, got none of 6,000" in err


def test_page_is_well_formed_tells_everything_and_needs_nothing_else(
    run: Any, trained: Trained, tmp_path: Path
) -> None:
    page = tmp_path / "평가.html"
    code, out, err = run("--shots", str(trained.live), "--truth", str(trained.truth), "--html", str(page))

    assert code == 0, err
    text = page.read_text("utf-8")
    body = ElementTree.fromstring("<html>" + text.partition("</head>")[2])
    assert len(list(body.iter("svg"))) == 4
    assert "http" not in text
    for word in ("AUROC", "recall at 0.1 % false alarms", "route nearest", "Fault kinds", "short_shot"):
        assert word in text
    assert "AUROC" in out
    assert str(page) in out


def test_what_people_said_of_verdicts_are_labels(
    run: Any, trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    shots = pd.read_parquet(trained.live)["id"].tolist()
    words = ["confirm", "confirm", "false_alarm", "unsure"]
    said = [{"shot_id": shot, "judgement": word} for shot, word in zip(shots, words, strict=False)]

    class Box:
        def feedback(self, query: dict[str, str], limit: int) -> list[dict[str, str]]:
            return said if query == {"newest": "true"} else []

    monkeypatch.setattr(feedback_labels, "feedback_box", lambda _: nullcontext(Box()))

    figures = found(run, "--shots", str(trained.live), "--feedback")["sections"]["unseen"]["figures"]["all"]

    assert (figures["shots"], figures["bad"]) == (3, 2)


def test_others_learn_from_what_the_version_saw_and_judge_what_it_did_not(
    run: Any, trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluate, "ask_for_peers", lambda _: [])
    monkeypatch.setattr(peer_report, "PEERS", {})
    both = tmp_path / "both.parquet"
    pd.concat([pd.read_parquet(trained.history), pd.read_parquet(trained.live)]).to_parquet(both)

    report = found(run, "--shots", str(both), "--truth", str(trained.truth), "--peers")
    beside, own = report["peers"], report["sections"]["unseen"]["figures"]["trained"]

    assert set(beside["methods"]) == {"this version", "mean z2 floor"}
    assert (beside["shots"], beside["bad"]) == (own["shots"], own["bad"])
    assert beside["methods"]["this version"]["auroc"]["value"] == own["ranking"]["auroc"]["value"]
    assert beside["methods"]["mean z2 floor"]["auroc"]["value"] > 0.7
    code, _, err = run("--shots", str(trained.live), "--truth", str(trained.truth), "--peers")
    assert code == 1
    assert "the whole history" in err


@pytest.mark.parametrize(
    "flags", [("--history", "{live}"), ("--html", "{live}"), ("--truth", "{live}", "--feedback")]
)
def test_options_that_exclude_each_other_are_wrong_usage(
    run: Any, trained: Trained, flags: tuple[str, ...]
) -> None:
    given = [flag.format(live=trained.live) for flag in flags]

    assert run("--shots", str(trained.live), *given)[0] == 2


def test_ctrl_c_ends_with_130_and_leaves_no_page(
    run: Any, trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(evaluate, "backtest_report", interrupted)
    page = tmp_path / "page.html"

    code, out, err = run("--shots", str(trained.live), "--html", str(page))

    assert (code, out, page.exists()) == (130, "", False)
    assert "Traceback" not in err


def test_rows_without_a_verdict_are_counted_by_reason(run: Any, trained: Trained, tmp_path: Path) -> None:
    shots = pd.read_parquet(trained.live).head(600)
    shots["cycle_time"] = shots["cycle_time"].astype(object)
    shots.loc[[3, 500], "cycle_time"] = "12,5"
    shots["NG?"] = np.arange(600) % 50 == 0
    file = tmp_path / "shots.csv"
    shots.to_csv(file, index=False)

    report = found(run, "--shots", str(file), "--label", "NG?")

    assert report["refused"] == {"not_a_number": 2}
    assert (report["rows"], report["sections"]["unseen"]["figures"]["all"]["bad"]) == (598, 11)


def test_the_configured_history_is_what_training_reads(
    run: Any, trained: Trained, fresh_postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_history(fresh_postgres_url, "shot_history", Plant(0).history(HISTORY_SHOTS))
    monkeypatch.setenv("SPRUE_HISTORY_URL", fresh_postgres_url)

    of_table = found(run, "--truth", str(trained.truth))
    of_file = found(run, "--history", str(trained.history), "--truth", str(trained.truth))

    assert of_table["shots"] == HISTORY_SHOTS
    assert "shot_history" in of_table["source"]
    assert of_table["sections"]["seen"]["figures"] == of_file["sections"]["seen"]["figures"]


def test_without_a_history_it_says_where_to_give_one(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: Any, **__: Any) -> None:
        msg = "history at postgresql://127.0.0.1:5432/plant: connection refused"
        raise SourceUnavailable(msg)

    monkeypatch.setattr(tables, "collect", unreachable)
    monkeypatch.delenv("SPRUE_HISTORY_URL", raising=False)

    code, _, err = run()

    assert code == 1
    assert "give --history FILE or set SPRUE_HISTORY_URL" in err
