"""Shares in words never round up to all nor down to none."""

import numpy as np
import pytest

from feder_widget.checks.cluster_sizes import size_findings
from feder_widget.model.shares import NO_BREAK, percent, recall_number
from feder_widget.truth import MeanLedger
from feder_widget.truth.search_findings import distance_findings
from feder_widget.wording.answer_text import cost_text, recall_text


# As in js/tests/format.test.ts.
@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0, "0 %"),
        (0.00001, "< 0.01 %"),
        (0.005, "0.50 %"),
        (0.0625, "6.3 %"),
        (0.123, "12.3 %"),
        (0.999, "99.9 %"),
        (0.9996, "99.9 %"),
        (1, "100 %"),
        (1.0001, "> 100 %"),
        (1.25, "125 %"),
    ],
)
def test_a_share_in_percent(share, text):
    assert percent(share) == text.replace(" ", NO_BREAK)


@pytest.mark.parametrize(
    ("recall", "text"),
    [
        (0, "0.00"),
        (0.0002, "<0.001"),
        (0.004, "0.004"),
        (0.005, "0.01"),
        (0.125, "0.13"),
        (0.994, "0.99"),
        (0.9963, "0.996"),
        (0.9992, "0.999"),
        (0.99999, "0.999"),
        (float(np.float32(0.996)), "0.996"),
        (float(np.float32(0.997)), "0.997"),
        (1, "1.00"),
    ],
)
def test_a_recall(recall, text):
    assert recall_number(recall) == text


def test_sentences_take_them():
    assert recall_text(5000, 1, 5000) == "recall@5000 = 0.001"
    assert cost_text(1, 10**6) == "1 distance computed, < 0.01 % of brute force"
    assert "recall 99.9% at" in MeanLedger(4, 0.9999, 0.0001, 0, 0, "vectors").sentence
    uneven = size_findings(np.array([99_999, 1, 0, 0]), 4)[0]
    assert f"holds 99.9{NO_BREAK}% of the vectors" in uneven.sentence


def test_no_nprobe_is_advised_that_nothing_was_computed_for():
    (stored,) = size_findings(np.array([5, 5, 5, 5]), 1)
    assert stored.code == "stored-nprobe"
    assert stored.remedy is None


def test_geometry_bounds_distances_by_code_only():
    bounds = np.float32([0.5, 2])
    (vectors,), (codes,) = distance_findings(bounds, False), distance_findings(bounds, False, by_code=True)
    assert vectors.sentence.endswith("nearer than 0.5.")
    assert codes.sentence.endswith("nearer than 0.5 by code.")
