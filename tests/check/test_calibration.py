"""Calibration: figures against worked examples, and what a known model must show."""

import math

import pytest

from gradient_cli.check.calibration import (
    OVER,
    THRESHOLDS,
    UNDER,
    Agreement,
    Sample,
    _mean_deviation,
    agreement,
    bins,
    brier,
    calibrated,
    cuts,
    recommend,
    rows_needed,
)
from gradient_cli.check.statistics import exactly
from scripts.calibration import MODELS, simulate


def samples(*pairs):
    """(probability, right, how many)"""
    return [Sample(p, right) for p, right, count in pairs for _ in range(count)]


def test_the_brier_score_of_a_worked_example():
    """Rain said with 70 %: 0.09 where it rained, 0.49 where it did not (Brier, 1950)."""
    assert brier(samples((0.7, True, 1))) == pytest.approx(0.09)
    assert brier(samples((0.7, False, 1))) == pytest.approx(0.49)
    assert brier(samples((0.5, True, 1), (0.5, False, 1))) == pytest.approx(0.25)
    assert brier([]) is None


def test_the_calibration_error_of_a_worked_example():
    """Two bins: 4 at 0.9 of which 3 are right, 6 at 0.6 of which 3 are: (4*0.15 + 6*0.1) / 10."""
    found = calibrated(samples((0.9, True, 3), (0.9, False, 1), (0.6, True, 3), (0.6, False, 3)))

    assert found.ece == pytest.approx(0.12)
    assert (found.mean, found.rate) == (pytest.approx(0.72), pytest.approx(0.6))


def test_a_tenth_belongs_to_the_bin_that_it_begins():
    """0.6 and 0.7 are floats that fall short; 1 is in the last."""
    found = bins(samples((0.6, True, 1), (0.7, True, 1), (0.3, True, 1), (1.0, True, 1)))

    assert [(one.low, one.rows) for one in found] == [(0.3, 1), (0.6, 1), (0.7, 1), (0.9, 1)]


def test_thresholds_leave_so_much_and_so_much_of_it_is_right():
    """10 rows, one of them without a decision."""
    found = cuts(samples((0.95, True, 4), (0.95, False, 1), (0.7, False, 4)), 10, (0.5, 0.7, 0.9))

    assert [(cut.sure, cut.decided, cut.right) for cut in found] == [
        (0.5, 9, 4), (0.7, 9, 4), (0.9, 5, 4),
    ]  # fmt: skip
    assert found[2].coverage == pytest.approx(0.5)
    assert found[2].precision == pytest.approx(0.8)
    # Wilson's interval of 4 of 5.
    assert found[2].interval.low == pytest.approx(0.3755, abs=1e-4)
    assert found[2].interval.high == pytest.approx(0.9638, abs=1e-4)


def test_a_probability_that_is_the_threshold_is_decided():
    """0.1 + 0.7 is not 0.8 for a float."""
    assert cuts(samples((0.1 + 0.7, True, 1)), 1, (0.8,))[0].decided == 1


def test_kappa_of_a_worked_example():
    """20 both yes, 15 both no, 5 and 10 apart: 0.7 agree, 0.5 by chance, kappa 0.4."""
    found = Agreement(true_yes=20, false_yes=5, false_no=10, true_no=15)

    assert found.accuracy == pytest.approx(0.7)
    assert found.kappa == pytest.approx(0.4)
    assert found.precision == pytest.approx(0.8)
    assert found.recall == pytest.approx(2 / 3)
    error = math.sqrt(0.7 * 0.3 / 50) / 0.5
    assert found.kappa_interval.low == pytest.approx(0.4 - 1.96 * error, abs=1e-4)


@pytest.mark.parametrize(
    ("table", "precision", "recall", "kappa"),
    [
        ((0, 0, 0, 9), None, None, None), ((9, 0, 0, 0), 1, 1, None), ((0, 0, 0, 0), None, None, None),
        ((5, 0, 0, 5), 1, 1, 1), ((0, 5, 5, 0), 0, 0, -1),
    ],
)  # fmt: skip
def test_what_has_no_sense_is_not_made_up(table, precision, recall, kappa):
    """No yes was said, nothing was a yes, or nobody could differ."""
    found = Agreement(*table)

    assert (found.precision, found.recall, found.kappa) == (precision, recall, kappa)


def test_yes_and_no_are_counted_row_by_row():
    """Said and right."""
    table = [(True, True)] * 4 + [(True, False)] * 3 + [(False, True)] * 2 + [(False, False)]

    found = agreement([said for said, _ in table], [was for _, was in table])

    assert found == Agreement(true_yes=4, false_yes=3, false_no=2, true_no=1)
    assert found.rows == 10


def test_what_chance_makes_is_that_of_a_known_distribution():
    """10 rows at 0.5: the mean distance of the count from 5 is 1.2305, by the binomial terms."""
    exact = sum(abs(k - 5) * math.comb(10, k) for k in range(11)) / 2**10
    found = calibrated(samples((0.5, True, 5), (0.5, False, 5)))

    assert exact == pytest.approx(1.2305, abs=1e-4)
    assert exact / 10 < found.by_chance < 0.35


@pytest.mark.parametrize("count", [1, 2, 3, 10, 33])
@pytest.mark.parametrize("chance", [0.05, 0.3, 0.5, 0.9, 0.999, 1 - 2**-53])
def test_the_mean_deviation_is_the_sum_over_all_counts(count, chance):
    """De Moivre's formula, against the terms themselves."""
    expected = math.fsum(
        abs(k - count * chance) * exactly(k, count, chance) for k in range(count + 1)
    )

    assert _mean_deviation(count, chance) == pytest.approx(expected, rel=1e-9, abs=1e-12)
    assert _mean_deviation(count, 0.0) == _mean_deviation(count, 1.0) == 0


def test_the_bound_of_chance_is_where_ninety_five_of_a_hundred_lie():
    """For one bin by the binomial terms: what is above it has a chance of about one in twenty."""
    for rows, chance in ((40, 0.75), (100, 0.62), (200, 0.55)):
        bound = calibrated(
            samples((chance, True, rows // 2), (chance, False, rows - rows // 2))
        ).by_chance
        above = math.fsum(
            exactly(k, rows, chance)
            for k in range(rows + 1)
            if abs(k / rows - chance) > bound + 1e-12
        )
        assert 0.02 < above < 0.075


def test_who_is_sure_of_everything_and_right_is_calibrated():
    """No chance is left, and none is needed; who is wrong once is not."""
    found = calibrated(samples((1.0, True, 20)))

    assert (found.ece, found.by_chance, found.lean, found.is_calibrated) == (0, 0, None, True)
    wrong = calibrated(samples((1.0, True, 19), (1.0, False, 1)))
    assert (wrong.lean, wrong.is_calibrated) == (OVER, False)
    assert calibrated([]) is None


def test_errors_that_cancel_out_are_not_calibrated_and_lean_nowhere():
    """Half too high, half too low: the mean is right, and the probabilities are not."""
    found = calibrated(
        samples((0.9, True, 60), (0.9, False, 40), (0.6, True, 90), (0.6, False, 10))
    )

    assert found.mean == pytest.approx(found.rate)
    assert (found.lean, found.is_calibrated) == (None, False)
    assert found.ece == pytest.approx(0.3)


def test_a_threshold_that_nothing_reaches_leaves_nothing():
    """And no share of nothing is made up."""
    [cut] = cuts(samples((0.4, True, 3)), 3, (0.9,))

    assert (cut.decided, cut.coverage, cut.precision) == (0, 0, None)
    assert cuts([], 0, (0.9,))[0].coverage == 0


def test_without_decisions_there_is_no_advice():
    """Nothing is seen, and it says of what."""
    advice = recommend([], 0, 0.9)

    assert (advice.sure, advice.has_enough) == (None, True)
    assert advice.why == "no threshold reaches it: at 0.5 0 of 0 were right"


def test_the_best_of_the_thresholds_that_fail_is_named():
    """So that one sees how far it is."""
    found = samples((0.97, True, 70), (0.97, False, 30), (0.6, False, 50))

    advice = recommend(found, len(found), 0.95)

    assert advice.why == "no threshold reaches it: at 0.7 70 of 100 were right"


def test_a_lower_threshold_uses_what_higher_ones_have_left():
    """Each that holds gives its part on; one that fails gives nothing."""
    good = samples((0.995, True, 600), (0.92, True, 400), (0.65, True, 300))
    assert recommend(good, len(good), 0.95).sure == 0.6
    gap = samples((0.995, True, 600), (0.92, False, 200), (0.65, True, 5000))
    assert recommend(gap, len(gap), 0.95).sure == 0.6
    none = samples((0.995, False, 600), (0.92, True, 90))
    assert recommend(none, len(none), 0.95).sure is None


@pytest.mark.parametrize(("wish", "rows"), [(0.5, 7), (0.9, 44), (0.95, 90), (0.99, 459), (0.1, 2)])
def test_the_least_rows_are_those_of_the_tables(wish, rows):
    """Wilks' numbers for 99 % confidence: 44 for nine tenths, 90, 459."""
    assert rows_needed(wish) == rows


@pytest.mark.parametrize(
    ("right", "wrong", "lean"), [(50, 50, OVER), (90, 10, None), (100, 0, UNDER), (97, 3, UNDER)]
)
def test_a_lean_is_seen_where_it_is_no_chance(right, wrong, lean):
    """100 rows of which 90 % is said."""
    assert calibrated(samples((0.9, True, right), (0.9, False, wrong))).lean == lean


def test_so_many_without_a_mistake_prove_a_precision():
    """0.95 to the power of 90 is the first below one in a hundred."""
    assert 0.95 ** rows_needed(0.95) <= 0.01 < 0.95 ** (rows_needed(0.95) - 1)


@pytest.mark.parametrize(
    ("given", "sure", "has_enough", "words"),
    [
        (((0.97, True, 400), (0.65, True, 60), (0.65, False, 40)), 0.95, True, "400 of 400"),
        (((0.97, True, 20),), None, False, "too few rows to say"),
        (((0.97, True, 60), (0.97, False, 40)), None, True, "no threshold reaches it"),
        (((0.97, True, 97), (0.97, False, 3)), None, False, "may be chance"),
        (((0.6, False, 90), (0.99, True, 20)), None, False, "too few rows to say: at 0.7 20 of 20"),
        (((0.97, True, 4000), (0.97, False, 100)), 0.95, True, "4000 of 4100"),
    ],
)  # fmt: skip
def test_a_threshold_is_recommended_only_where_the_rows_prove_it(given, sure, has_enough, words):
    """For a precision of 0.95."""
    found = samples(*given)
    advice = recommend(found, len(found), 0.95)

    assert (advice.sure, advice.has_enough) == (sure, has_enough), advice
    assert words in advice.why


@pytest.mark.real
@pytest.mark.parametrize("name", MODELS)
def test_a_known_model_shows_what_it_is(name):
    """Of 60 data sets; `scripts/calibration.py` has more."""
    found = simulate(7, 60, 500, 0.9, MODELS[name], fresh=2000)

    assert found.held >= 0.95 * found.recommended
    if name == "calibrated":
        assert found.within_chance >= 52
        assert found.leans.get(None, 0) >= 52
    else:
        assert found.leans.get(name, 0) >= 54


def test_the_thresholds_are_those_that_are_promised():
    """0.5, 0.6 … 0.99."""
    assert THRESHOLDS == (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
