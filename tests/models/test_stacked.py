"""Training many groups at once equals training each alone."""

from typing import Any

import numpy as np
import pytest

from models import stacked
from models.dense import DenseNetwork
from models.lanes import Job, Lanes, Schedule
from models.lazy_tensorflow import load_tensorflow
from models.stacked import Fitted, train_stacked

NETWORK = DenseNetwork(6, (8, 2))
SCHEDULE = Schedule(epochs=25, patience=4, batch_size=32)


def job(seed: int, rows: int = 200, held_out: int = 40) -> Job:
    random = np.random.default_rng([7, seed])
    x = random.normal(size=(rows + held_out, 2)) @ random.normal(size=(2, 6)) * 0.1 + 0.5
    noisy = (x + 0.02 * random.normal(size=x.shape)).astype(np.float32)
    return Job(noisy[:rows], noisy[rows:], seed)


def alone(one: Job, schedule: Schedule = SCHEDULE) -> Fitted:
    ((_, fitted),) = train_stacked(NETWORK, [one], schedule)
    return fitted


def test_stacked_equals_alone_over_unequal_lengths() -> None:
    lengths = [(200, 40), (129, 33), (70, 0), (180, 64), (97, 40), (70, 0)]
    jobs = [job(seed, *length) for seed, length in enumerate(lengths)]
    together = dict(train_stacked(NETWORK, jobs, SCHEDULE))
    assert sorted(together) == list(range(6))
    for seed in (1, 2, 4):
        by_itself = alone(jobs[seed])
        assert together[seed].epochs == by_itself.epochs
        assert together[seed].loss == pytest.approx(by_itself.loss, rel=1e-4)
        np.testing.assert_allclose(together[seed].parameters, by_itself.parameters, atol=1e-4)


def test_lanes_are_given_to_waiting_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stacked, "LANE_COUNTS", (1, 2))
    jobs = [job(seed) for seed in range(5)]
    together = dict(train_stacked(NETWORK, jobs, SCHEDULE))
    for seed in range(5):
        assert together[seed].loss == pytest.approx(alone(jobs[seed]).loss, rel=1e-4)


def test_memory_bound_narrows_the_slab(monkeypatch: pytest.MonkeyPatch) -> None:
    widths = []
    original = Lanes.refilled

    def seen(self: Lanes, count: int, *rest: Any) -> Lanes:
        widths.append(count)
        return original(self, count, *rest)

    monkeypatch.setattr(Lanes, "refilled", seen)
    monkeypatch.setattr(stacked, "SLAB_BYTES", 3 * (8 + 2) * 32 * 6 * 4)
    list(train_stacked(NETWORK, [job(seed) for seed in range(4)], SCHEDULE))
    assert max(widths) == 2


def test_stops_early_and_keeps_the_best_weights() -> None:
    one = job(1)
    short = Schedule(epochs=300, patience=3, batch_size=32, learning_rate=0.05)
    fitted = alone(one, short)
    assert fitted.epochs < 300
    rebuilt = NETWORK.reconstruct(NETWORK.layout.unpack(fitted.parameters), one.held_out)
    assert float(((rebuilt - one.held_out) ** 2).mean()) == pytest.approx(fitted.loss, rel=1e-4)


def test_without_held_out_rows_the_training_loss_decides() -> None:
    fitted = alone(job(2, held_out=0))
    assert fitted.loss < float(job(2, held_out=0).rows.var())


def test_the_seed_decides_everything() -> None:
    one = job(3)
    np.testing.assert_array_equal(alone(one).parameters, alone(one).parameters)
    other = Job(one.rows, one.held_out, seed=4)
    assert not np.array_equal(alone(one).parameters, alone(other).parameters)


def test_training_goes_on_from_given_parameters() -> None:
    one = job(5)
    first = alone(one)
    again = Job(one.rows, one.held_out, 5, start=first.parameters)
    assert alone(again, Schedule(epochs=1, patience=1, batch_size=32)).loss < first.loss * 1.2


def test_compiled_and_uncompiled_epochs_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    one = job(6)
    monkeypatch.setattr(stacked, "COMPILE_FROM_STEPS", 1)
    compiled = alone(one)
    monkeypatch.setattr(stacked, "COMPILE_FROM_STEPS", 10**9)
    assert alone(one).loss == pytest.approx(compiled.loss, rel=1e-4)


def test_a_diverged_group_ends_and_leaves_its_neighbours_alone() -> None:
    wild = job(7)
    wild.rows[0, 0] = 1e30
    together = dict(train_stacked(NETWORK, [job(8), wild], SCHEDULE))
    assert np.isnan(together[1].loss)
    assert together[1].epochs < SCHEDULE.epochs
    assert together[0].loss == pytest.approx(alone(job(8)).loss, rel=1e-4)


def test_progress_counts_up_to_all() -> None:
    calls: list[tuple[int, int, float]] = []
    jobs = [job(seed) for seed in range(3)]
    list(train_stacked(NETWORK, jobs, SCHEDULE, progress=lambda *call: calls.append(call)))
    done = [call[0] for call in calls]
    assert done == sorted(done)
    assert calls[-1][:2] == (3, 3)
    assert all(total == 3 and loss > 0 for _, total, loss in calls)


def test_scoring_equals_the_tensorflow_forward_pass() -> None:
    one = job(9)
    arrays = NETWORK.layout.unpack(alone(one).parameters)
    tf = load_tensorflow()
    row = tf.constant(NETWORK.layout.pack(arrays)[None])
    losses = NETWORK.row_losses(tf, row, tf.constant(one.rows[None])).numpy()[0]
    ours = ((NETWORK.reconstruct(arrays, one.rows) - one.rows) ** 2).mean(axis=1)
    np.testing.assert_allclose(ours, losses, rtol=1e-4, atol=1e-9)


def test_groups_of_every_length_share_one_compilation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stacked, "COMPILE_FROM_STEPS", 1)
    # Fixed, so that the slab width does not hang on this machine.
    monkeypatch.setattr(stacked, "_processors", lambda: 2)
    network = DenseNetwork(6, (7, 3))  # no other test compiles this one
    jobs = [job(seed, 40 + 170 * seed, 10 * seed) for seed in range(6)]
    traced = []
    original = DenseNetwork.row_losses

    def seen(self: DenseNetwork, *call: Any) -> Any:
        traced.append(call)
        return original(self, *call)

    monkeypatch.setattr(DenseNetwork, "row_losses", seen)
    list(train_stacked(network, jobs, Schedule(epochs=3, patience=3, batch_size=32)))
    assert len(traced) == 2  # once to train, once to measure


def test_a_group_gets_the_same_bits_in_every_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stacked, "LANE_COUNTS", (1, 2))
    monkeypatch.setattr(stacked, "_processors", lambda: 2)
    jobs = [job(seed, 60 + 30 * seed, 20) for seed in range(7)]
    first, second = (dict(train_stacked(NETWORK, jobs, SCHEDULE)) for _ in range(2))
    for seed in range(7):
        np.testing.assert_array_equal(first[seed].parameters, second[seed].parameters)
