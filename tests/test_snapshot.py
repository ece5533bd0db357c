"""The picture that the page leaves in the widget's state, which any page, and any notebook, may have made."""

import pytest

from feder_widget.session.snapshot_check import MAX_CAPTION, MAX_PICTURE, checked_snapshot

PICTURE = "data:image/webp;base64,UklGRkRwAABXRUJQ"


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ([PICTURE, "query 5, nprobe 2, k 3"], (PICTURE, "query 5, nprobe 2, k 3")),
        ((PICTURE.replace("webp", "png") + "==", ""), (PICTURE.replace("webp", "png") + "==", "")),
        (["", "no query"], ("", "no query")),
        ([], ()),
    ],
)
def test_a_picture_and_its_caption_are_kept(value, kept):
    assert checked_snapshot(value) == kept


@pytest.mark.parametrize(
    "value",
    [
        None,
        3,
        "data",
        {},
        [PICTURE],
        [PICTURE, "a", "b"],
        [PICTURE, None],
        [3, "a"],
        [PICTURE, "x" * (MAX_CAPTION + 1)],
        ["data:image/png;base64," + "A" * MAX_PICTURE, "a"],
        ["data:image/svg+xml;base64,AAAA", "a"],
        ["data:text/html;base64,AAAA", "a"],
        ["javascript:alert(1)", "a"],
        ["https://example.org/a.png", "a"],
        [PICTURE + '" onerror="alert(1)', "a"],
        [PICTURE + "\n", "a"],
        ["data:image/png;base64,", "a"],
    ],
    ids=lambda value: repr(value)[:40],
)
def test_anything_else_is_refused(value):
    with pytest.raises(ValueError, match="snapshot"):
        checked_snapshot(value)
