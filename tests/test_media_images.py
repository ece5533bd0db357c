"""Each kind of `images`, and what comes out of it."""

import base64
import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from feder_widget.media import IdRange, Media, Thumbnail, bucket


def dense(ntotal):
    return IdRange(ntotal, lambda: ntotal - 1)


def never():
    raise AssertionError("max_id was asked")


def media(images, n=None):
    return Media(images, None, dense(len(images) if n is None else n))


def decoded(thumbnail):
    assert thumbnail.reason is None, thumbnail.reason
    image = Image.open(io.BytesIO(thumbnail.data))
    image.load()
    assert image.size == (thumbnail.width, thumbnail.height)
    assert thumbnail.mime == Image.MIME[image.format]
    return image


def encoded(image, fmt="PNG", **options):
    stream = io.BytesIO()
    image.save(stream, fmt, **options)
    return stream.getvalue()


def colours(seed=0, shape=(20, 30, 3)):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def smooth(height, width):
    y, x = np.mgrid[0:height, 0:width]
    shades = [x * 255 // width, y * 255 // height, (x + y) * 255 // (width + height)]
    return np.stack(shades, 2).astype(np.uint8)


PIXELS = colours()


def save(folder: Path):
    path = folder / "cat.png"
    Image.fromarray(PIXELS).save(path)
    return path


@pytest.mark.parametrize(
    "form",
    [
        lambda _: PIXELS,
        lambda _: Image.fromarray(PIXELS),
        lambda _: encoded(Image.fromarray(PIXELS)),
        lambda _: bytearray(encoded(Image.fromarray(PIXELS))),
        lambda _: memoryview(encoded(Image.fromarray(PIXELS))),
        lambda folder: save(folder),
        lambda folder: str(save(folder)),
        lambda folder: os.fsencode(save(folder)).decode(),
    ],
    ids=["array", "PIL", "bytes", "bytearray", "memoryview", "Path", "str", "decoded"],
)
@pytest.mark.parametrize("holder", ["list", "tuple", "object array", "mapping", "function"])
def test_a_tiny_image_arrives_exactly_in_every_form_and_holder(form, holder, tmp_path):
    entry = form(tmp_path)
    boxed = np.empty(1, object)
    boxed[0] = entry
    held = {
        "list": [entry],
        "tuple": (entry,),
        "object array": boxed,
        "mapping": {0: entry},
        "function": lambda row_id: [entry][row_id],
    }
    (thumbnail,) = media(held[holder], 1).thumbnails([0], 64)
    assert thumbnail.mime == "image/png"
    np.testing.assert_array_equal(np.asarray(decoded(thumbnail)), PIXELS)


def test_a_list_may_mix_forms_and_leave_rows_without_an_image():
    made = media([PIXELS, None, encoded(Image.fromarray(PIXELS)), float("nan")])
    first, second, third, fourth = made.thumbnails([0, 1, 2, 3], 64)
    assert first == third
    assert second.reason == "no image for 1"
    assert fourth.reason == "no image for 3"


def test_a_glob_is_recursive_sorted_and_skips_directories(tmp_path):
    (tmp_path / "b" / "deep.png").mkdir(parents=True)
    for shade, name in enumerate(["a.png", "b/deep.png/x.png", "b/y:z.png"]):
        Image.new("L", (4, 4), shade).save(tmp_path / name)
    made = media(str(tmp_path / "**" / "*.png"), 3)
    shades = [np.asarray(decoded(t))[0, 0] for t in made.thumbnails([0, 1, 2], 64)]
    assert shades == [0, 1, 2]


@pytest.mark.parametrize("text", ["nothing-here/*.png", "one.png"])
def test_a_glob_without_a_match_is_refused_at_the_door(text):
    with pytest.raises(ValueError, match=r"images must be a glob .*got"):
        media(text, 1)


def test_a_directory_is_refused_with_a_glob_that_would_do(tmp_path):
    save(tmp_path)
    with pytest.raises(ValueError, match=r"got the directory .* try .*\*\*"):
        media(str(tmp_path), 1)
    with pytest.raises(ValueError, match="got the directory"):
        media(tmp_path, 1)


def test_pandas_columns_go_by_position(tmp_path):
    pandas = pytest.importorskip("pandas")
    paths = pandas.Series([str(save(tmp_path)), None, pandas.NA], index=[7, 8, 9])
    thumbnails = Media(paths, pandas.Series(["cat", None, pandas.NA], index=[2, 1, 0]), dense(3))
    first, second, third = thumbnails.thumbnails([0, 1, 2], 64)
    np.testing.assert_array_equal(np.asarray(decoded(first)), PIXELS)
    assert second.reason == "no image for 1"
    assert third.reason == "no image for 2"
    assert [thumbnails.label(i) for i in range(3)] == ["cat", None, None]
    with pytest.raises(TypeError, match="images must be one column, got a DataFrame"):
        media(pandas.DataFrame({"path": ["a", "b"], "size": [1, 2]}), 2)


@pytest.mark.parametrize("channels", [(), (1,), (3,), (4,)])
def test_uint8_arrays_are_shown_as_they_are(channels):
    stack = colours(1, (5, 8, 9, *channels))
    image = np.asarray(decoded(media(stack).thumbnails([3], 64)[0]))
    np.testing.assert_array_equal(image, stack[3].reshape(image.shape))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_floats_within_0_and_1_keep_that_range(dtype):
    stack = np.full((3, 4, 4), 0.4, dtype)
    assert np.asarray(decoded(media(stack).thumbnails([0], 64)[0])).max() == 102


def test_bool_arrays_are_black_and_white():
    stack = np.array([[[True, False]]])
    assert np.asarray(decoded(media(stack).thumbnails([0], 64)[0])).tolist() == [[255, 0]]


def test_digits_look_right_and_share_one_range():
    stack = np.zeros((1797, 8, 8))
    stack[::2, 2, 2] = 16
    stack[1, 3, 3] = 8
    made = media(stack)
    assert np.asarray(decoded(made.thumbnails([0], 64)[0]))[2, 2] == 255
    assert np.asarray(decoded(made.thumbnails([1], 64)[0])).max() == 128


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ([0, 100, 200], [0, 100, 200]),
        ([-1.0, 0.0, 1.0], [0, 128, 255]),
        ([0.0, np.nan, np.inf], [0, 0, 255]),
        ([0, 0, 0], [0, 0, 0]),
        ([-3.0, -3.0, -3.0], [0, 0, 0]),
        ([0, 30000, 60000], [0, 128, 255]),
    ],
)
def test_the_range_of_other_numbers_follows_the_rule(values, shown):
    stack = np.array([[values]])
    assert np.asarray(decoded(media(stack).thumbnails([0], 64)[0])).tolist() == [shown]


@pytest.mark.parametrize(
    ("images", "error", "match"),
    [
        (np.zeros((9, 64)), ValueError, "reshape flat rows"),
        (np.zeros((9, 2, 8, 8)), ValueError, r"must have shape .* got \(9, 2, 8, 8\)"),
        (np.zeros((9, 8, 8, 2)), ValueError, r"must have shape .* got \(9, 8, 8, 2\)"),
        (np.zeros((9, 0, 8)), ValueError, "must have shape"),
        (np.zeros(9), ValueError, "must have shape"),
        (np.zeros((9, 8, 8), complex), TypeError, "complex"),
        (np.array([["a"] * 9]), ValueError, "one dimension"),
        (np.array([b"a"] * 9), TypeError, "type 'S'"),
        (np.zeros((8, 8, 8)), ValueError, "wanted 9, got 8"),
        (["a.png"] * 8, ValueError, "wanted 9, got 8"),
        (["a.png"] * 10, ValueError, "wanted 9, got 10"),
        (b"abc", TypeError, "one bytes"),
        (7, TypeError, "got int"),
        ({1, 2}, TypeError, "got set"),
        (iter([]), TypeError, "iterator"),
        (Image.new("L", (2, 2)), TypeError, "one PIL image"),
        ("https://example.org/a.png", ValueError, "one URL"),
    ],
)
def test_what_cannot_hold_one_image_per_row_is_refused_at_the_door(images, error, match):
    with pytest.raises(error, match=match) as caught:
        media(images, 9)
    assert "images" in str(caught.value)


def test_a_sequence_of_ntotal_entries_never_asks_for_the_largest_id():
    Media(["a"] * 5, ["x"] * 5, IdRange(5, never))
    Media({0: "a"}, str, IdRange(5, never))


def test_ids_with_gaps_need_a_sequence_that_reaches_the_largest():
    gaps = IdRange(3, lambda: 9)
    made = Media([PIXELS] * 10, None, gaps)
    assert made.thumbnails([9], 64)[0].data is not None
    with pytest.raises(ValueError, match="wanted at least 10, got 9"):
        Media([PIXELS] * 9, None, gaps)


def test_an_id_outside_the_sequence_has_no_image_and_none_is_counted_from_the_end():
    made = Media([PIXELS] * 2, ["a", "b"], dense(2))
    assert [t.reason for t in made.thumbnails([-1, 2, 2**62], 64)] == [
        "no image for -1",
        "no image for 2",
        f"no image for {2**62}",
    ]
    assert made.label(-1) is None


class Counted(list):
    accesses = 0

    def __getitem__(self, place):
        self.accesses += 1
        return super().__getitem__(place)

    def __iter__(self):
        raise AssertionError("all entries were asked for")


def test_ten_million_paths_are_not_touched_until_one_is_shown(tmp_path):
    paths = Counted([str(save(tmp_path))] * 10_000_000)
    made = Media(paths, paths, dense(10_000_000))
    assert paths.accesses == 0
    assert made.thumbnails([9_999_999], 64)[0].data is not None
    assert paths.accesses == 1


class Huge:
    """Ten million images that exist only when read."""

    shape = (10_000_000, 32, 32, 3)
    dtype = np.dtype(np.float32)
    reads = 0

    def __getitem__(self, row):
        self.reads += 1
        return np.full(self.shape[1:], 2.0, np.float32)


def test_the_range_of_ten_million_images_comes_from_a_few():
    images = Huge()
    made = Media(images, None, dense(10_000_000))
    assert images.reads == 0
    assert np.asarray(decoded(made.thumbnails([5], 64)[0])).min() == 255
    assert images.reads <= 257


@pytest.mark.parametrize("size", [1, 50, 64, 100, 128, 300, 1024, 5000])
def test_the_longest_side_is_at_most_the_bucket_and_the_shape_is_kept(size):
    made = decoded(media([smooth(1500, 3000)]).thumbnails([0], size)[0])
    assert made.size == (bucket(size), bucket(size) // 2)


def test_an_image_is_never_enlarged():
    assert decoded(media([smooth(90, 70)]).thumbnails([0], 1024)[0]).size == (70, 90)


def test_an_extreme_shape_keeps_one_pixel():
    assert decoded(media([smooth(1, 5000)]).thumbnails([0], 64)[0]).size == (64, 1)


def test_size_below_one_pixel_is_refused():
    with pytest.raises(ValueError, match="size must be at least 1 pixel, got 0"):
        media([PIXELS]).thumbnails([0], 0)


def test_photos_become_jpeg_and_look_the_same():
    photo = smooth(600, 800)
    thumbnail = media([encoded(Image.fromarray(photo), "JPEG", quality=95)]).thumbnails([0], 256)[0]
    assert thumbnail.mime == "image/jpeg"
    shown = np.asarray(decoded(thumbnail), float)
    wanted = np.asarray(Image.fromarray(photo).resize((256, 192), Image.Resampling.BOX), float)
    assert np.abs(shown - wanted).mean() < 4


ORIENTED = {1: (0, 0), 2: (0, -1), 3: (-1, -1), 4: (-1, 0), 5: (0, 0), 6: (0, -1), 7: (-1, -1), 8: (-1, 0)}


@pytest.mark.parametrize("orientation", sorted(ORIENTED))
def test_the_orientation_of_the_camera_is_applied(orientation):
    pixels = np.zeros((10, 20), np.uint8)
    pixels[0, 0] = 255
    exif = Image.Exif()
    exif[0x0112] = orientation
    made = decoded(media([encoded(Image.fromarray(pixels), exif=exif)]).thumbnails([0], 64)[0])
    assert made.size == ((20, 10) if orientation <= 4 else (10, 20))
    assert np.asarray(made)[ORIENTED[orientation]] == 255


def test_metadata_never_reaches_the_thumbnail():
    exif = Image.Exif()
    exif[0x010E] = "SECRET"
    image = Image.fromarray(smooth(200, 200))
    for source in (
        encoded(image, "JPEG", exif=exif, comment=b"SECRET", icc_profile=b"SECRET" * 30),
        encoded(image, exif=exif, icc_profile=b"SECRET" * 30),
    ):
        for size in (64, 1024):
            thumbnail = media([source]).thumbnails([0], size)[0]
            assert b"SECRET" not in thumbnail.data
            assert not decoded(thumbnail).getexif()
            assert "icc_profile" not in decoded(thumbnail).info


def gradient(mode):
    rgba = np.dstack([smooth(40, 40), np.linspace(0, 255, 1600).reshape(40, 40).astype(np.uint8)])
    image = Image.fromarray(rgba)
    if mode in ("I;16", "I", "F"):
        kind = {"I;16": np.uint16, "I": np.int32, "F": np.float32}[mode]
        return Image.fromarray(rgba[..., 0].astype(kind) * 200)
    if mode == "PA":
        image = image.convert("RGB").convert("P")
    elif mode == "La":
        image = image.convert("LA")
    elif mode not in ("LA", "RGBA", "RGBa"):
        image = image.convert("RGB")
    return image.convert(mode)


@pytest.mark.parametrize(
    ("mode", "shown"),
    [
        ("1", "L"), ("L", "L"), ("LA", "RGBA"), ("La", "RGBA"), ("P", "RGB"), ("PA", "RGB"), ("RGB", "RGB"),
        ("RGBA", "RGBA"), ("RGBa", "RGBA"), ("CMYK", "RGB"), ("YCbCr", "RGB"), ("HSV", "RGB"), ("LAB", "RGB"),
        ("I;16", "L"), ("I", "L"), ("F", "L"),
    ],
)  # fmt: skip
def test_every_mode_of_pillow_is_shown(mode, shown):
    for size in (64, 1024):
        image = decoded(media([gradient(mode)]).thumbnails([0], size)[0])
        assert image.mode == shown
        assert np.ptp(np.asarray(image)) > 200


@pytest.mark.parametrize(
    ("fmt", "mode"), [("TIFF", "CMYK"), ("JPEG", "CMYK"), ("PNG", "I;16"), ("TIFF", "F")]
)
def test_uncommon_files_are_shown(fmt, mode):
    image = decoded(media([encoded(gradient(mode), fmt)]).thumbnails([0], 64)[0])
    assert np.ptp(np.asarray(image)) > 200


@pytest.mark.parametrize("fmt", ["PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF", "PPM"])
def test_the_usual_formats_are_read_whatever_the_file_is_called(fmt, tmp_path):
    path = tmp_path / "image.txt"
    path.write_bytes(encoded(Image.fromarray(smooth(50, 60)), fmt))
    assert decoded(media([path]).thumbnails([0], 64)[0]).size == (60, 50)


def test_transparency_is_kept_and_a_full_alpha_channel_is_not():
    half = np.dstack([smooth(200, 200), np.full((200, 200), 128, np.uint8)])
    full = half.copy()
    full[..., 3] = 255
    first, second = media([half, full]).thumbnails([0, 1], 128)
    assert decoded(first).getpixel((5, 5))[3] == 128
    assert second.mime == "image/jpeg"


def test_the_page_can_tell_a_transparent_picture_by_the_colour_type_of_its_png():
    clear = np.dstack([smooth(20, 20), np.full((20, 20), 128, np.uint8)])
    first, second = media([clear, clear[..., :3]]).thumbnails([0, 1], 64)
    assert (first.mime, second.mime) == ("image/png", "image/png")
    assert (first.data[25], second.data[25]) == (6, 2)


def test_a_palette_colour_can_be_transparent():
    image = Image.fromarray(np.eye(8, dtype=np.uint8))
    image.putpalette([255, 0, 0, 0, 255, 0])
    made = decoded(media([encoded(image, transparency=0)]).thumbnails([0], 64)[0])
    assert [made.getpixel(place) for place in ((0, 0), (1, 0))] == [(0, 255, 0, 255), (255, 0, 0, 0)]


def test_an_animation_shows_its_first_frame():
    frames = [Image.new("RGB", (9, 9), colour) for colour in ("red", "blue")]
    source = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert decoded(media([source]).thumbnails([0], 64)[0]).convert("RGB").getpixel((4, 4)) == (255, 0, 0)


def test_a_given_pil_image_is_left_as_it_was():
    given = Image.open(io.BytesIO(encoded(Image.fromarray(smooth(800, 800)), "JPEG", comment=b"mine")))
    media([given]).thumbnails([0], 64)
    assert given.size == (800, 800)
    assert given.info["comment"] == b"mine"


DATA_URL = "data:image/png;base64," + base64.b64encode(encoded(Image.fromarray(PIXELS))).decode()


@pytest.mark.parametrize("url", ["https://example.org/a b.png?x=1", "HTTP://example.org/ü.jpg", DATA_URL])
def test_addresses_are_left_to_the_browser(url):
    assert media([url]).thumbnails([0], 64) == [Thumbnail(url=url)]


def test_a_long_data_url_is_decoded_here():
    noise = colours(3, (400, 400, 3))
    url = "data:image/png;base64," + base64.b64encode(encoded(Image.fromarray(noise))).decode()
    assert decoded(media([url]).thumbnails([0], 64)[0]).size == (64, 64)


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        " JavaScript:alert(1)",
        "file:///etc/passwd",
        "ftp://example.org/a.png",
        "s3://bucket/a.png",
        "blob:https://example.org/1",
        "data:text/html,<script>alert(1)</script>",
        "data:image/svg+xml,<svg onload='alert(1)'/>",
        "data:,x",
        "http:relative",
        "https://example.org/\njavascript:alert(1)",
        "https://example.org/\ud800",
        "https://example.org/" + "a" * 10_000,
    ],
)
def test_any_other_address_is_refused(url):
    (thumbnail,) = media([url]).thumbnails([0], 64)
    assert thumbnail.url is None
    assert thumbnail.reason
    assert "/etc" not in thumbnail.reason


def test_a_thumbnail_holds_exactly_one_thing():
    with pytest.raises(ValueError, match="exactly one"):
        Thumbnail()
    with pytest.raises(ValueError, match="exactly one"):
        Thumbnail(url="https://example.org/", reason="none")
