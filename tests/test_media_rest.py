"""Labels, strips, the cache, and many threads at once."""

import io
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from feder_widget.media import IdRange, Media, Thumbnail, bucket
from feder_widget.media.thumbnail_cache import ENTRY_BYTES, ThumbnailCache
from feder_widget.media.vector_strip import render_strip


def dense(ntotal):
    return IdRange(ntotal, lambda: ntotal - 1)


def shown(thumbnail):
    return np.asarray(Image.open(io.BytesIO(thumbnail.data)).convert("RGBA")).astype(int)


@pytest.mark.parametrize(
    "labels", [["a", 7, None], ("a", 7, None), {0: "a", 1: 7}, np.array(["a", "7", None], object)]
)
def test_labels_are_text_from_any_holder(labels):
    media = Media(None, labels, dense(3))
    assert [media.label(row_id) for row_id in (0, 1, 2, 99)] == ["a", "7", None, None]


def test_a_function_gives_labels_and_no_labels_give_none():
    assert Media(None, lambda row_id: row_id * 2, dense(3)).label(np.int64(2**40)) == str(2**41)
    assert Media(None, None, dense(3)).label(0) is None


def test_a_label_full_of_html_stays_text():
    html = "<img src=x onerror=alert(1)>&amp;"
    assert Media(None, [html], dense(1)).label(0) == html


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a\n b\t\tc", "a b c"),
        (b"caf\xc3\xa9", "café"),
        (np.float32(0.5), "0.5"),
        (float("nan"), None),
        ("x" * 200, "x" * 200),
        ("x" * 201, "x" * 199 + "…"),
        ("x" * 10_000_000, "x" * 199 + "…"),
        (" " * 4000 + "x", "…"),
        ("\ud800\u202ea\0", "\ufffd\ufffda\ufffd"),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
        ("\u0645\u06cc\u200c\u062e\u0648", "\u0645\u06cc\u200c\u062e\u0648"),
        ("\u200da \u200cb\u200d\u200d", "\ufffda \ufffdb\u200d\ufffd"),
        ("\u2066a\u2069\u200f\u061c\x9b", "\ufffda\ufffd\ufffd\ufffd\ufffd"),
        ("x" * 198 + "\u200dyz", "x" * 198 + "…"),
    ],
)
def test_a_label_is_one_short_line_that_can_be_sent(value, text):
    label = Media(None, [value], dense(1)).label(0)
    assert label == text
    assert label is None or label.encode("utf-8").decode() == label


class Nameless:
    def __str__(self):
        raise RuntimeError("no")


def test_a_label_that_fails_says_so_and_does_not_raise():
    assert Media(None, [Nameless()], dense(1)).label(0) == "(label of 0 raised RuntimeError)"
    assert Media(None, lambda _: {}["x"], dense(1)).label(5) == "(label of 5 raised KeyError)"


@pytest.mark.parametrize(
    ("labels", "error", "match"),
    [
        ("abc", TypeError, "got one str"),
        (7, TypeError, "got int"),
        (np.zeros((3, 2)), ValueError, "one dimension"),
        (["a"], ValueError, "wanted 3, got 1"),
        ({"a", "b", "c"}, TypeError, "got set"),
    ],
)
def test_what_cannot_hold_one_label_per_row_is_refused_at_the_door(labels, error, match):
    with pytest.raises(error, match=match) as caught:
        Media(None, labels, dense(3))
    assert "labels" in str(caught.value)


def vectors(ids, clusters):
    assert clusters is None or len(ids) == len(clusters)
    return np.stack([np.linspace(-1, 1, 16) * (row_id + 1) for row_id in ids]).astype(np.float32)


def test_without_images_the_vector_is_drawn_and_the_clusters_are_handed_on():
    asked = []

    def strips(ids, clusters):
        asked.append((ids.tolist(), clusters.tolist()))
        return vectors(ids, clusters)

    media = Media(None, None, dense(9), strips=strips)
    assert not media.has_images
    thumbnails = media.thumbnails([4, 2, 7], 64, clusters=[1, 0, 3])
    assert asked == [([4, 2, 7], [1, 0, 3])]
    assert {t.mime for t in thumbnails} == {"image/png"}
    media.thumbnails([4, 2, 7, 8], 64, clusters=[1, 0, 3, 5])
    assert asked[1:] == [([8], [5])]


def test_only_rows_without_an_image_are_drawn_as_vectors():
    image = np.zeros((4, 4), np.uint8)
    media = Media([image, None, b"broken"], None, dense(3), strips=vectors)
    first, second, third = media.thumbnails([0, 1, 2], 64)
    assert media.has_images
    assert (first.width, second.width) == (4, 64)
    assert third.reason is not None


def test_clusters_must_be_as_many_as_ids():
    with pytest.raises(ValueError, match="clusters must have one entry per id: wanted 2, got 1"):
        Media(None, None, dense(3), strips=vectors).thumbnails([0, 1], 64, clusters=[0])


def test_one_bad_id_does_not_cost_the_others_their_strip():
    def strips(ids, clusters):
        if 3 in ids:
            raise KeyError(3)
        return vectors(ids, clusters)

    thumbnails = Media(None, None, dense(9), strips=strips).thumbnails([1, 2, 3, 4, 5], 64)
    assert [t.reason for t in thumbnails] == [
        None,
        None,
        "the vector of 3 could not be read (KeyError)",
        None,
        None,
    ]


def test_thumbnails_of_vectors_that_were_read_before_touch_no_index():
    media = Media(None, None, dense(9))
    assert [media.image(row, 64) for row in (1, 2, 3)] == [None] * 3
    read = vectors([1, 2], None)
    first, second, third = media.thumbnails([1, 2, 3], 64, vectors={0: read[0], 1: read[1], 2: KeyError(3)})
    assert first == render_strip(read[0], 64)
    assert second == render_strip(read[1], 64)
    assert third.reason == "the vector of 3 could not be read (KeyError)"
    assert [media.image(row, 64) for row in (1, 2, 3)] == [first, second, None]
    assert media.image(1, 128) is None
    assert media.thumbnails([2, 1], 64) == [second, first]
    assert media.thumbnails([3], 64)[0].reason == "no image for 3"


def test_only_rows_without_an_image_need_vectors_and_no_image_is_asked_for_twice():
    asked = []

    def images(row_id):
        asked.append(row_id)
        return None if row_id % 2 else np.full((4, 4), row_id, np.uint8)

    media = Media(images, None, dense(9))
    needed = [place for place, row in enumerate([1, 2, 3, 4]) if media.image(row, 64) is None]
    assert needed == [0, 2]
    read = dict(zip(needed, vectors([1, 3], None), strict=True))
    thumbnails = media.thumbnails([1, 2, 3, 4], 64, vectors=read)
    assert [thumbnail.width for thumbnail in thumbnails] == [64, 4, 64, 4]
    assert asked == [1, 2, 3, 4]


def test_a_vector_that_cannot_be_drawn_is_a_placeholder():
    (thumbnail,) = Media(None, None, dense(9)).thumbnails([1], 64, vectors={0: "x"})
    assert thumbnail.reason == "the image of 1 could not be read (ValueError)"


@pytest.mark.parametrize("answer", [np.zeros(4), np.zeros((2, 4)), "x", None])
def test_strips_that_answer_nonsense_give_placeholders(answer):
    (thumbnail,) = Media(None, None, dense(9), strips=lambda _ids, _clusters: answer).thumbnails([1], 64)
    assert "could not be read" in thumbnail.reason


@pytest.mark.parametrize("vector", [np.full(8, np.nan), np.zeros(0)])
def test_a_vector_that_is_not_there_is_a_placeholder(vector):
    assert render_strip(vector.astype(np.float32), 64).reason == "there is no vector to draw"


def test_a_strip_shows_sign_by_colour_and_size_by_strength_in_reading_order():
    pixels = shown(render_strip(np.array([-1, -0.25, 0, 1], np.float32), 64))
    assert pixels.shape == (64, 64, 4)
    strong, weak, zero, positive = (pixels[y, x, :3] for y, x in ((0, 0), (0, 40), (40, 0), (40, 40)))
    assert strong.tolist() == [31, 95, 168]
    assert positive.tolist() == [179, 88, 6]
    assert np.ptp(zero) == 0
    assert strong[2] > strong[0]
    assert 0 < weak[2] - weak[0] < strong[2] - strong[0]


def test_a_vector_without_negative_components_has_only_one_hue():
    pixels = shown(render_strip(np.arange(16, dtype=np.float32), 64))
    assert (pixels[..., 0] >= pixels[..., 2]).all()


def test_the_picture_of_a_vector_depends_on_nothing_but_its_direction():
    vector = np.random.default_rng(0).standard_normal(128).astype(np.float32)
    assert render_strip(vector, 128) == render_strip(vector * 4, 128)
    assert render_strip(vector, 128) != render_strip(-vector, 128)
    assert (shown(render_strip(np.zeros(4, np.float32), 64))[..., :3] == 226).all()


@pytest.mark.parametrize(
    ("dim", "size"), [(1, (64, 64)), (2, (64, 32)), (128, (64, 32)), (97, (60, 60)), (1024, (64, 64))]
)
def test_cells_are_squares_of_whole_pixels(dim, size):
    thumbnail = render_strip(np.ones(dim, np.float32), 64)
    assert (thumbnail.width, thumbnail.height) == size


def test_unused_cells_and_components_that_are_not_finite_are_transparent():
    vector = np.ones(7, np.float32)
    vector[1] = np.nan
    alpha = shown(render_strip(vector, 63))[10::21, 10::21, 3]
    assert alpha.tolist() == [[255, 0, 255], [255, 255, 255], [255, 0, 0]]


@pytest.mark.parametrize("dim", [1025, 4096, 5000])
def test_a_long_vector_is_averaged_in_neighbouring_groups(dim):
    vector = np.zeros(dim, np.float32)
    vector[-dim // 2 :] = 1
    thumbnail = render_strip(vector, 64)
    assert (thumbnail.width, thumbnail.height) == (64, 64)
    pixels = shown(thumbnail)
    assert (pixels[:30, :, 0] == 226).all()
    assert (pixels[34:, :, 0] == 179).all()


def test_an_image_is_read_once_per_bucket_while_it_is_kept():
    reads = []

    def images(row_id):
        reads.append(row_id)
        return np.full((300, 300), row_id, np.uint8)

    media = Media(images, None, dense(9))
    for size in (65, 100, 128, 129, 256):
        media.thumbnails([5, 5], size)
    assert reads == [5, 5]
    media.clear()
    assert media.cached_bytes == 0
    media.thumbnails([5], 128)
    assert reads == [5, 5, 5]


def test_a_placeholder_is_not_kept(tmp_path):
    path = tmp_path / "late.png"
    media = Media([path], None, dense(1))
    assert media.thumbnails([0], 64)[0].reason == "late.png was not found"
    Image.new("L", (4, 4)).save(path)
    assert media.thumbnails([0], 64)[0].data is not None


def test_the_cache_stays_within_its_bytes_and_drops_the_least_recently_used():
    entry = Thumbnail("image/png", bytes(1000 - ENTRY_BYTES))
    cache = ThumbnailCache(3000)
    for row_id in (1, 2, 3):
        cache.put((row_id, 64), entry)
    assert cache.get((1, 64)) is entry
    cache.put((4, 64), entry)
    assert cache.nbytes == 3000
    assert [cache.get((row_id, 64)) is None for row_id in (1, 2, 3, 4)] == [False, True, False, False]
    cache.put((4, 64), entry)
    assert cache.nbytes == 3000
    cache.put((5, 64), Thumbnail("image/png", bytes(3000)))
    assert cache.get((5, 64)) is None
    assert cache.nbytes == 3000


@pytest.mark.parametrize("size", [-1, 1.5, "64", True, None])
def test_a_cache_size_that_is_none_is_refused(size):
    with pytest.raises(ValueError, match="cache_bytes must be an integer >= 0, got"):
        Media(None, None, dense(1), cache_bytes=size)


def test_many_threads_get_the_same_answers_and_the_cache_stays_within_its_bytes():
    rng = np.random.default_rng(0)
    stream = io.BytesIO()
    Image.fromarray(rng.integers(0, 256, (200, 200, 3), dtype=np.uint8)).save(stream, "JPEG")
    files = [stream.getvalue()] * 10
    arrays = list(rng.integers(0, 256, (10, 80, 80), dtype=np.uint8))

    def opened():
        return [Image.open(io.BytesIO(file)) for file in files]

    expected = Media([*opened(), *files, *arrays], None, dense(30)).thumbnails(range(30), 64)
    limit = 20_000
    media = Media([*opened(), *files, *arrays], None, dense(30), cache_bytes=limit)
    start = threading.Barrier(8)
    exceeded = []

    def hammer(seed):
        order = np.random.default_rng(seed)
        start.wait()
        for _ in range(10):
            ids = order.integers(0, 30, 12)
            for row_id, thumbnail in zip(ids, media.thumbnails(ids, 64), strict=True):
                assert thumbnail == expected[row_id]
            exceeded.append(media.cached_bytes > limit)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(hammer, range(8)))
    assert not any(exceeded)


def test_buckets_are_few_and_never_smaller_than_asked_for():
    assert [bucket(size) for size in (1, 64, 65, 128, 200, 500, 1000, 9999)] == [
        64,
        64,
        128,
        128,
        256,
        512,
        1024,
        1024,
    ]


def test_pictures_in_few_bytes_are_jpegs_but_for_drawings_and_transparent_ones():
    rng = np.random.default_rng(3)
    photograph = rng.integers(0, 256, (32, 32, 3), np.uint8)
    drawing = np.zeros((32, 32), np.uint8)
    drawing[8:24, 8:24] = 255
    glass = np.dstack([photograph, np.full((32, 32), 128, np.uint8)])
    media = Media([photograph, drawing, glass], None, dense(3))
    whole, few = media.thumbnails([0, 1, 2], 64), media.in_few_bytes().thumbnails([0, 1, 2], 64)
    assert [one.mime for one in whole] == ["image/png"] * 3
    assert [one.mime for one in few] == ["image/jpeg", "image/png", "image/png"]
    assert len(few[0].data) < len(whole[0].data)
    assert [(one.width, one.height) for one in few] == [(32, 32)] * 3
    np.testing.assert_array_equal(shown(few[2]), shown(whole[2]))
    # Its cache is its own: the widget's pictures stay what they are.
    assert media.thumbnails([0], 64)[0].mime == "image/png"
