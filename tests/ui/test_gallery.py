"""The gallery's addresses: to the owner alone, bounded, and what leaves without its recipe holds pixels only."""

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from studio.core.recipes import ImageToImage, Inpaint, TextToImage
from studio.core.turn import Turn
from studio.gallery import chunks
from studio.ui.app import launch
from studio.ui.visitor import BARE_COOKIE, LANGUAGE_COOKIE, OWNER_COOKIE, new_token, owner_of
from studio.ui.zipped import CHUNK, zipped
from tests.ui.fake_studio import FakeStudio


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    studio = FakeStudio(tmp_path_factory.mktemp("gallery"), pace=0.005)
    page, address = launch(studio, prevent_thread_lock=True)  # type: ignore[arg-type]
    yield SimpleNamespace(studio=studio, address=address)
    page.close(verbose=False)
    studio.close()


class Person:
    """Somebody with a browser of their own."""

    def __init__(self, served: SimpleNamespace) -> None:
        cookies = {OWNER_COOKIE: new_token()}
        self.studio = served.studio
        self.owner = owner_of(SimpleNamespace(cookies=cookies, session_hash=None))
        self.browser = httpx.Client(base_url=served.address, cookies=cookies, timeout=20)

    def paint(self, recipe: Any = None, steps: int = 20, **settings: Any) -> str:
        """The id of a new picture."""
        recipe = recipe or TextToImage(**{"prompt": "a lake", "width": 64, "height": 64} | settings)
        recipe = recipe.settled(self.studio.defaults())
        return str(self.studio.keep(self.studio.painted(recipe), recipe, self.owner, steps).id)

    def get(self, path: str) -> Any:
        answer = self.browser.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, **asked: Any) -> httpx.Response:
        return self.browser.post(path, json=asked)

    def ids(self, asked: str = "") -> list[str]:
        return [one["id"] for one in self.get(f"gallery?{asked}")["pictures"]]


@pytest.fixture
def me(served: SimpleNamespace) -> Iterator[Person]:
    person = Person(served)
    yield person
    person.browser.close()


@pytest.fixture
def you(served: SimpleNamespace) -> Iterator[Person]:
    person = Person(served)
    yield person
    person.browser.close()


def kinds(content: bytes) -> list[bytes]:
    file = io.BytesIO(content)
    file.seek(8)
    return [chunk.kind for chunk in chunks.walk(file)]


def test_pictures_are_listed_newest_first_and_looked_for(me: Person):
    lake, sea = me.paint(seed=7), me.paint(prompt="a sea", style="oil", seed=8)
    assert me.ids() == [sea, lake]
    assert me.ids("words=lake") == me.ids("words=seed:7") == [lake]
    assert me.ids("style=oil") == me.ids("limit=1") == [sea]
    assert me.ids("kinds=inpaint,outpaint") == []
    assert me.get("gallery/names")["kinds"] == ["text_to_image"]
    told = me.get("gallery?limit=1")
    assert told["total"] == 2 and told["whole"] and told["pictures"][0]["prompt"] == "a sea"
    assert me.ids(f"before={told['after']}") == [lake]


@pytest.mark.parametrize(
    "asked",
    ["limit=0", "limit=-5", "limit=999999999999", "limit=x", "limit=²", "before=%00", "since=x'--", "words=" + "a%20" * 2000,
     "kinds=" + "," * 190, "words=%22%22*", "until=9999-99-99"],
)  # fmt: skip
def test_whatever_is_asked_is_answered(me: Person, asked: str):
    me.paint()
    assert len(me.get(f"gallery?{asked}")["pictures"]) <= 200


def test_D2_D3_every_address_is_closed_to_anybody_else(me: Person, you: Person):
    mine = me.paint()
    for path in ("", "/family", "/tile", "/source"):
        assert you.browser.get(f"gallery/{mine}{path}").status_code == 404, path
    for path, asked in (("star", {"on": True}), ("delete", {"starred": True}), ("restore", {})):
        assert you.post(f"gallery/{path}", ids=[mine], **asked).json()["ids"] == []
    assert you.browser.post("gallery/zip", data={"ids": mine}).status_code == 404
    assert you.ids() == [] and me.ids() == [mine]
    assert not me.get(f"gallery/{mine}")["starred"]
    with httpx.Client(base_url=str(me.browser.base_url)) as nobody:
        assert nobody.get(f"gallery/{mine}").status_code == 404
        assert nobody.get("gallery").json()["pictures"] == []


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b"{", b'{"ids": 7}', b'{"ids": [[1], null]}']
)
@pytest.mark.parametrize("path", ["star", "delete", "restore"])
def test_a_request_that_names_no_pictures_does_nothing(me: Person, path: str, body: bytes):
    answer = me.browser.post(f"gallery/{path}", content=body)
    assert answer.status_code == 422 or answer.json()["ids"] == []


def test_a_starred_picture_is_asked_about_and_a_deleted_one_comes_back(me: Person):
    picture = me.paint()
    assert me.post("gallery/star", ids=[picture], on=True).json()["ids"] == [picture]
    refused = me.post("gallery/delete", ids=[picture])
    assert (refused.status_code, refused.json()["message"]) == (409, "1 of them are starred.")
    assert me.post("gallery/delete", ids=[picture], starred=True).json()["ids"] == [picture]
    assert me.ids() == [] and me.browser.get(f"picture/{picture}").status_code == 404
    back = me.post("gallery/restore", ids=[picture]).json()
    assert back["ids"] == me.ids() == [picture] and back["pictures"][0]["id"] == picture
    assert me.browser.get(f"picture/{picture}").status_code == 200


def test_a_picture_is_told_in_plain_words_in_both_languages(me: Person):
    turns = (Turn(8, prompt="a sea", style="oil"),)
    picture = me.paint(TextToImage(prompt="a lake", negative_prompt="fog", seed=7, turns=turns))
    told = {one["label"]: one["value"] for one in me.get(f"gallery/{picture}")["settings"]}
    assert told["Leave out"] == "fog" and told["Seed"] == "7" and told["Sampler"] == "DPM++ 2M"
    assert told["From step 8"] == "Prompt: a sea · Style: Oil painting"
    me.browser.cookies.set(LANGUAGE_COOKIE, "zh-CN")
    told = {one["label"]: one["value"] for one in me.get(f"gallery/{picture}")["settings"]}
    assert told["不要出现"] == "fog" and "从第 8 步起" in told


def test_a_family_is_told_with_how_each_came_to_be(me: Person):
    trunk = me.paint(seed=1)
    source = me.studio.put(Image.open(me.studio.find(trunk, me.owner).path).convert("RGB"))
    styled = me.paint(ImageToImage(prompt="c", source=source, seed=2))
    told = me.get(f"gallery/{styled}/family")
    ids = {place: one["id"] for place, one in told["members"].items()}
    assert [(ids[tie["parent"]], ids[tie["child"]], tie["how"]) for tie in told["ties"]] == [
        (trunk, styled, "Stylised")
    ]


def test_what_a_picture_was_made_with_is_given_back_to_its_owner_after_a_restart(me: Person):
    """The page knew whose inputs were whose only since it started; one's own recipe opens them again."""
    mask = me.studio.put(Image.new("L", (64, 64), 255))
    source = me.studio.put(Image.new("RGB", (64, 64), "#123456"))
    picture = me.paint(Inpaint(prompt="c", source=source, mask=mask, seed=2))
    assert me.browser.get(f"atelier/input/{source[7:]}").status_code == 404
    assert me.get(f"gallery/{picture}/source") == {"source": source}
    assert me.get(f"gallery/{picture}/mask") == {"source": mask}
    assert me.browser.get(f"atelier/input/{source[7:]}").status_code == 200
    assert me.browser.get(f"gallery/{picture}/prompt").status_code == 404


def test_G4_a_cut_picture_is_marked_and_neither_shown_nor_an_error(me: Person):
    picture = me.paint(width=256, height=256)
    path = me.studio.find(picture, me.owner).path
    path.write_bytes(path.read_bytes()[:3000])
    assert [one["damaged"] for one in me.get("gallery")["pictures"]] == [True]
    assert me.browser.get(f"gallery/{picture}/tile").status_code == 404
    assert me.browser.get(f"picture/{picture}/small").status_code == 404
    assert me.post("gallery/delete", ids=[picture]).json()["ids"] == [picture]


# ---- without recipe


def test_without_recipe_a_picture_holds_pixels_and_nothing_else(me: Person):
    picture = me.paint(prompt="a secret lake", seed=4711)
    whole = me.browser.get(f"picture/{picture}?download=1")
    assert b"secret" in whole.content and "seed4711" in whole.headers["content-disposition"]
    me.browser.cookies.set(BARE_COOKIE, "1")
    for how, manner in (("", "inline"), ("?download=1", "attachment")):
        bare = me.browser.get(f"picture/{picture}{how}")
        assert set(kinds(bare.content)) == {b"IHDR", b"IDAT", b"IEND"}
        named = bare.headers["content-disposition"]
        assert named == f'{manner}; filename="atelier-{picture[:8]}.png"'
        assert bare.headers["vary"] == "Cookie"
        same = [Image.open(io.BytesIO(one.content)) for one in (bare, whole)]
        assert np.array_equal(*map(np.asarray, same))


def test_A11_where_a_photo_was_taken_never_leaves(me: Person):
    exif = Image.Exif()
    exif[0x010F] = "a telling camera"
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    photo = io.BytesIO()
    Image.new("RGB", (64, 64), "#336699").save(photo, "JPEG", exif=exif)
    assert b"telling" in photo.getvalue()
    told = me.browser.post("atelier/input", files={"file": ("x.jpg", photo.getvalue())}).json()
    made = me.paint(ImageToImage(prompt="c", source=told["source"], seed=2))
    for path in (f"atelier/input/{told['source'][7:]}", f"picture/{made}", f"gallery/{made}/tile"):
        content = me.browser.get(path).content
        assert b"telling" not in content and not Image.open(io.BytesIO(content)).getexif(), path


def test_a_zip_holds_the_files_as_they_are_or_without_their_recipes(me: Person, you: Person):
    pictures = [me.paint(prompt="a secret lake", seed=seed) for seed in range(3)]
    theirs = you.paint()
    ids = ",".join([*pictures, theirs, pictures[0], "nothing"])
    packed = me.browser.post("gallery/zip", data={"ids": ids})
    with zipfile.ZipFile(io.BytesIO(packed.content)) as archive:
        assert archive.testzip() is None
        paths = [me.studio.find(one, me.owner).path for one in pictures]
        assert archive.namelist() == [path.name for path in paths]
        assert [archive.read(path.name) for path in paths] == [path.read_bytes() for path in paths]
    me.browser.cookies.set(BARE_COOKIE, "1")
    packed = me.browser.post("gallery/zip", data={"ids": ids})
    assert b"secret" not in packed.content and b"seed" not in packed.content
    with zipfile.ZipFile(io.BytesIO(packed.content)) as archive:
        assert archive.testzip() is None and len(archive.namelist()) == 3


def test_a_zip_is_made_while_it_is_sent(tmp_path: Path):
    """No piece is larger than a chunk and what frames it, however large the files are."""
    files = []
    for number in range(3):
        path = tmp_path / f"{number}.png"
        path.write_bytes(bytes([number]) * (4 * CHUNK + 7))
        files.append((str(number), path))
    files.insert(1, ("gone", tmp_path / "gone.png"))
    pieces = list(zipped(files, bare=False))
    assert max(map(len, pieces)) < CHUNK + 1024
    with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as archive:
        assert archive.testzip() is None and archive.namelist() == ["0.png", "1.png", "2.png"]


# ---- settings from a file, row C6


def sent(person: Person, data: bytes) -> httpx.Response:
    return person.browser.post("gallery/settings", files={"file": ("x.png", data)})


def test_the_settings_in_a_file_are_told_with_the_tab_they_belong_to(me: Person, you: Person):
    path = me.studio.find(me.paint(seed=5, prompt="a boat"), me.owner).path
    told = sent(you, path.read_bytes()).json()
    assert (told["kind"], told["settings"]["prompt"]) == ("text_to_image", "a boat")
    assert told["notes"] == ["Settings of Atelier."]


def test_D2_a_file_opens_what_it_was_made_from_to_its_maker_alone(me: Person, you: Person):
    source = me.studio.put(Image.new("RGB", (64, 64), "#654321"))
    picture = me.paint(ImageToImage(prompt="c", source=source, seed=2))
    data = me.studio.find(picture, me.owner).path.read_bytes()
    for person, status in ((you, 404), (me, 200)):
        assert sent(person, data).json()["settings"]["source"] == source
        assert person.browser.get(f"atelier/input/{source[7:]}").status_code == status


def test_C6_what_is_not_understood_is_named_to_the_person(me: Person):
    out = io.BytesIO()
    info = PngInfo()
    text = "a <b>lake</b>\nSteps: 20, Seed: 7, Clip skip: 2, Model: v1-5"
    info.add_text("parameters", text)
    Image.new("RGB", (8, 8)).save(out, "PNG", pnginfo=info)
    told = sent(me, out.getvalue()).json()
    assert told["settings"]["prompt"] == "a <b>lake</b>" and told["settings"]["model"] == "palette"
    assert told["notes"] == [
        "Settings of AUTOMATIC1111.",
        "Not understood here: model (v1-5), Clip skip (2).",
    ]


@pytest.mark.parametrize("data", [b"", b"x" * 99, b"\x89PNG\r\n\x1a\n" + b"\xff" * 999])
def test_C6_what_holds_no_settings_is_refused_in_one_sentence(me: Person, data: bytes):
    answer = sent(me, data)
    assert answer.status_code == 422 and answer.json()["message"]
    assert "Traceback" not in answer.text
    assert me.browser.post("gallery/settings", json={}).status_code == 422
    assert me.browser.post("gallery/settings", content=json.dumps([]).encode()).status_code == 422
