from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.plant import Plant
from ingest.plant.catalogue import SETTING_NAMES, Floats
from ingest.plant.conditions import Conditions, autoregressive
from ingest.plant.physics import measure, melt_temperature

SHOTS = 60
PLANT = Plant(seed=0)


def steady(program: int = 0) -> Conditions:
    """One warm press running one program, nothing wrong."""
    programs = PLANT.programs
    n = SHOTS
    return Conditions(
        run=np.zeros(n, dtype=np.int64),
        number=np.arange(100, 100 + n),
        press=np.full(n, programs.press[program]),
        item=np.full(n, programs.item[program]),
        settings=np.tile(programs.values[program], (n, 1)),
        time=np.zeros(n),
        viscosity=np.ones(n),
        bulk=np.ones(n),
        ambient=np.full(n, 21.0),
        leak=np.full(n, 0.1),
        feed=np.ones(n),
        overshoot=np.zeros(n),
        spill=np.zeros(n),
        barrel=np.zeros((n, 4)),
        mold=np.zeros((n, 2)),
    )


def means(conditions: Conditions) -> dict[str, float]:
    measured = measure(np.random.default_rng(0), conditions, PLANT.presses, PLANT.items)
    return {name: float(values.mean()) for name, values in measured.items()}


def with_setting(conditions: Conditions, name: str, change: float) -> Conditions:
    changed = conditions.settings.copy()
    changed[:, SETTING_NAMES.index(name)] += change
    return replace(conditions, settings=changed)


def test_hotter_melt_flows_easier_and_reaches_the_cavity_better() -> None:
    normal, hot = means(steady()), means(replace(steady(), barrel=np.full((SHOTS, 4), 15.0)))
    assert hot["injection_pressure_max"] < 0.95 * normal["injection_pressure_max"]
    assert hot["transfer_pressure"] < normal["transfer_pressure"]
    assert hot["cavity_pressure_max"] > normal["cavity_pressure_max"]
    assert hot["barrel_temperature_4"] == pytest.approx(normal["barrel_temperature_4"] + 15, abs=0.5)


def test_faster_injection_needs_more_pressure_but_less_than_in_proportion() -> None:
    normal = steady()
    speed = normal.settings[0, SETTING_NAMES.index("injection_speed_set")]
    slow, fast = means(normal), means(with_setting(normal, "injection_speed_set", 0.3 * speed))
    ratio = fast["injection_pressure_max"] / slow["injection_pressure_max"]
    assert 1.05 < ratio < 1.3
    assert fast["injection_time"] < slow["injection_time"]
    assert fast["vp_changeover_position"] < slow["vp_changeover_position"]


def test_colder_mold_needs_more_pressure() -> None:
    normal, cold = means(steady()), means(replace(steady(), mold=np.full((SHOTS, 2), -15.0)))
    assert cold["injection_pressure_max"] > normal["injection_pressure_max"]
    assert cold["mold_temperature_1"] < normal["mold_temperature_1"] - 12


def test_open_check_ring_takes_the_cushion_and_makes_the_next_dosing_longer() -> None:
    normal, leaking = means(steady()), means(replace(steady(), leak=np.full(SHOTS, 3.0)))
    assert leaking["cushion_stroke"] < normal["cushion_stroke"] - 1.5
    assert leaking["plastification_volume"] > normal["plastification_volume"]
    assert leaking["dosing_time"] > normal["dosing_time"]
    assert leaking["injection_pressure_max"] < normal["injection_pressure_max"]


def test_air_in_the_melt_empties_the_cushion_and_the_cavity_sees_no_pressure() -> None:
    normal, starved = means(steady()), means(replace(steady(), feed=np.full(SHOTS, 0.8)))
    assert starved["cushion_stroke"] < 0.1 < normal["cushion_stroke"]
    assert starved["cavity_pressure_max"] < 0.7 * normal["cavity_pressure_max"]


def test_late_change_over_raises_the_transfer_pressure() -> None:
    normal, late = means(steady()), means(replace(steady(), overshoot=np.full(SHOTS, 1.0)))
    assert late["transfer_pressure"] > normal["transfer_pressure"] + 80
    assert late["vp_changeover_position"] == pytest.approx(normal["vp_changeover_position"] - 1, abs=0.05)


@pytest.mark.parametrize(
    ("setting", "change", "measured", "sign"),
    [
        ("hold_pressure_set", 100, "hold_pressure_average", 1),
        ("hold_pressure_set", 100, "cavity_pressure_max", 1),
        ("hold_pressure_set", 100, "cushion_stroke", -1),
        ("back_pressure_set", 40, "dosing_time", 1),
        ("screw_speed_set", 40, "dosing_time", -1),
        ("cooling_time_set", 3, "cycle_time", 1),
        ("hold_time_set", 2, "cycle_time", 1),
        ("dosing_stroke_set", 3, "cushion_stroke", 1),
        ("mold_temperature_set", 10, "mold_temperature_2", 1),
    ],
)
def test_set_values_move_what_they_move_on_a_press(
    setting: str, change: float, measured: str, sign: int
) -> None:
    difference = means(with_setting(steady(), setting, change))[measured] - means(steady())[measured]
    assert difference * sign > 0


def test_speed_gives_way_where_the_machine_has_no_more_pressure() -> None:
    stiff = replace(steady(), viscosity=np.full(SHOTS, 6.0))
    limited, normal = means(stiff), means(steady())
    limit = PLANT.presses.limit[stiff.press[0]]
    assert limited["injection_pressure_max"] < 1.1 * limit
    assert limited["injection_speed_average"] < 0.8 * normal["injection_speed_average"]
    assert limited["injection_time"] > normal["injection_time"]


def test_melt_follows_the_barrel_with_a_delay() -> None:
    jump = np.zeros((SHOTS, 4))
    jump[30:] = 20.0
    whole_run = np.arange(SHOTS)
    melt = melt_temperature(replace(steady(), barrel=jump, number=whole_run))
    rise = melt - melt[0]
    assert rise[29] == pytest.approx(0)
    assert 5 < rise[30] < 12
    assert np.all(np.diff(rise[30:38]) > -1e-9)
    assert rise[45] == pytest.approx(20, abs=0.5)


@settings(max_examples=25, deadline=None)
@given(
    program=st.integers(0, len(PLANT.programs.kind) - 1),
    kelvin=st.floats(-40, 60),
    viscosity=st.floats(0.3, 4),
    feed=st.floats(0.7, 1),
    leak=st.floats(0, 10),
)
def test_every_value_is_finite_and_not_negative(
    program: int, kelvin: float, viscosity: float, feed: float, leak: float
) -> None:
    def all_of(value: float) -> Floats:
        return np.full(SHOTS, value)

    strained = replace(
        steady(program),
        barrel=np.full((SHOTS, 4), kelvin),
        viscosity=all_of(viscosity),
        feed=all_of(feed),
        leak=all_of(leak),
    )
    measured = measure(np.random.default_rng(1), strained, PLANT.presses, PLANT.items)
    for name, values in measured.items():
        assert np.all(np.isfinite(values)), name
        assert np.all(values >= 0), name


def test_autoregressive_noise_has_unit_spread_and_the_wanted_memory() -> None:
    noise = autoregressive(np.random.default_rng(0), 200_000, 0.9)[:, 0]
    assert noise.std() == pytest.approx(1, abs=0.02)
    assert np.corrcoef(noise[1:], noise[:-1])[0, 1] == pytest.approx(0.9, abs=0.01)
