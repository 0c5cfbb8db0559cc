"""Forms with files: another parser reads what we write, and memory stays small."""

import asyncio
import tracemalloc
from email import message_from_bytes
from email.message import Message
from pathlib import Path

from broadcast.multipart import Form, Part


def read(form: Form) -> tuple[bytes, list[Message]]:
    async def all_of_it() -> bytes:
        return b"".join([chunk async for chunk in form.body()])

    body = asyncio.run(all_of_it())
    message = message_from_bytes(f"Content-Type: {form.type}\r\n\r\n".encode() + body)
    parts = message.get_payload()
    assert isinstance(parts, list)
    return body, parts  # type: ignore[return-value]


def test_a_form_is_read_as_it_was_written_and_has_the_length_it_says(tmp_path: Path) -> None:
    path = tmp_path / "video.mp4"
    path.write_bytes(bytes(range(256)) * 2000)
    form = Form({"chat_id": "@news", "caption": "Zwölf Boote\nmehr"}, [Part("video", "v.mp4", "video/mp4", path)])

    body, (chat, caption, video) = read(form)

    assert form.length == len(body)
    assert "@news" == chat.get_payload()
    assert "Zwölf Boote\nmehr".encode() == caption.get_payload(decode=True)
    assert ("v.mp4", "video/mp4") == (video.get_filename(), video.get_content_type())
    assert path.read_bytes() == video.get_payload(decode=True)


def test_a_file_name_cannot_break_out_of_its_header() -> None:
    form = Form({}, [Part("file", 'a"\r\nX-Evil: 1\r\n\r\nb.png', "image/png", b"png")])

    _, (part,) = read(form)

    assert ["Content-Disposition", "Content-Type"] == part.keys()


def test_a_large_file_is_never_held(tmp_path: Path) -> None:
    path = tmp_path / "large.mp4"
    with path.open("wb") as file:
        file.truncate(50_000_000)
    form = Form({}, [Part("file", "large.mp4", "video/mp4", path)])

    async def pass_through() -> int:
        return sum([len(chunk) async for chunk in form.body()])

    tracemalloc.start()
    size = asyncio.run(pass_through())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert form.length == size
    assert peak < 3_000_000
