"""What tests of mail share: a channel, a post, a certificate."""

import datetime
import ipaddress
import ssl
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from PIL import Image

from broadcast.channels.email import Email
from broadcast.testing.mail import MailServer
from broadcast.types import Video
from tests.posts import a_video

LINK = "https://news.example.com/daily-news/index.html"


def a_channel(server: MailServer, *to: str, **fields: Any) -> Email:
    known = {"url": server.url(), "from": "Daily Signal <news@example.com>", "to": to or ("ann@example.com",)}
    return Email.model_validate({**known, **fields})


def a_filmed(folder: Path, *, size: tuple[int, int] = (1280, 720), **fields: Any) -> Video:
    """Return a video with a real poster."""
    folder.mkdir(parents=True, exist_ok=True)
    poster = folder / "poster.jpg"
    Image.linear_gradient("L").resize(size).convert("RGB").save(poster)
    width, height = size
    return a_video(folder, poster=poster, page=LINK, width=width, height=height, **fields)


def certified(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """Return the file of a certificate for 127.0.0.1, and what a server shows it with."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mx.example.test")])
    now = datetime.datetime.now(datetime.UTC)
    day = datetime.timedelta(days=1)
    cert = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - day, now + day)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "cert.pem"
    pem.write_bytes(cert.public_bytes(serialization.Encoding.PEM))
    secret = folder / "key.pem"
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, secret)
    return pem, context
