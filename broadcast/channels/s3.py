"""A bucket of S3, R2, GCS, MinIO: where a video stays, and has a lasting address."""

import asyncio
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import Annotated, Any, ClassVar, TypeVar
from urllib.parse import quote

from pydantic import AfterValidator, Field, SecretStr

from broadcast import buckets
from broadcast.errors import ConfigError, Refused, Rejected, StageError, Unavailable
from broadcast.page import place
from broadcast.page.markup import host
from broadcast.plugins import Env, Plugin, Rung, Tools
from broadcast.text import clean
from broadcast.types import Destination, Post, Published, Sent

#: The name holds the file's own digest: what lies there never changes.
METADATA = 900  #: bytes of one value; all of them have 2 KB (https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html)
FOR_EVER = "public, max-age=31536000, immutable"
#: Codes of the S3 API that say that it is us who are not wanted.
OURS = frozenset((
    "AccessDenied", "AccountProblem", "AllAccessDisabled", "ExpiredToken", "InvalidAccessKeyId", "InvalidToken",
    "NoSuchBucket", "PermanentRedirect", "RequestTimeTooSkewed", "SignatureDoesNotMatch",
))  # fmt: skip
PASSING = {"SlowDown", "RequestTimeout", "InternalError", "ServiceUnavailable", "OperationAborted", "Throttling"}

T = TypeVar("T")


def _base(url: str) -> str:
    if host(url) is None or "?" in url or "#" in url:
        raise ValueError("write the public address of the bucket, as in https://cdn.example.com/shows")
    return url.rstrip("/")


class S3(Plugin):
    """Puts the video into a bucket. With `url`, the bucket's public address, the video has a lasting one.

    Credentials are `key_id` and `secret`, or what boto3 finds by itself: AWS_ACCESS_KEY_ID, a profile, a role.
    """

    repeatable: ClassVar[bool] = True

    bucket: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")
    prefix: str = Field("", pattern=r"^([A-Za-z0-9_.=-]+(/[A-Za-z0-9_.=-]+)*)?$", description="a folder in it")
    url: Annotated[str, AfterValidator(_base)] | None = Field(None, description="where the bucket is served")
    endpoint: Annotated[str | None, Env("AWS_ENDPOINT_URL_S3")] = Field(
        None, description="of a service other than AWS: https://<account>.r2.cloudflarestorage.com"
    )
    region: str | None = Field(None, description="as eu-central-1; `auto` for R2")
    key_id: SecretStr | None = None
    secret: SecretStr | None = None
    cache: str = Field(FOR_EVER, pattern=r"^[\x20-\x7e]+$", description="the Cache-Control it is served with")

    def ready(self) -> None:
        if find_spec("boto3") is None:
            raise ConfigError("the channel s3 needs boto3: run `pip install 'broadcast[s3]'`")

    async def destinations(self, tools: Tools) -> Sequence[str]:
        return (f"s3://{'/'.join(filter(None, (self.bucket, self.prefix)))}",)

    def ladder(self) -> Sequence[Rung]:
        return (self.file,)

    async def preflight(self, tools: Tools) -> None:
        """Raise where there is no such bucket or the credentials are not known. Writes nothing."""
        try:
            await self._do(lambda client: client.list_objects_v2(Bucket=self.bucket, MaxKeys=1))
        except Refused as error:
            if "AccessDenied" not in str(error):  # who may write need not be allowed to look
                raise

    async def file(self, tools: Tools, post: Post, to: str) -> Sent:
        """Put the video into the bucket, unless it lies there already."""
        key, video = self._key(post), post.video
        if not video.path.is_file():
            raise Rejected(f"{video.path} is gone from the archive: there is nothing to upload")

        def upload(client: Any) -> None:
            found = client.list_objects_v2(Bucket=self.bucket, Prefix=key, MaxKeys=1).get("Contents", ())
            if not any(one["Key"] == key and one["Size"] == video.bytes for one in found):
                put(client)

        def put(client: Any) -> None:
            about = {"ContentType": "video/mp4", "CacheControl": self.cache, "Metadata": _metadata(post)}
            client.upload_file(str(video.path), self.bucket, key, ExtraArgs=about)

        try:
            await self._do(upload)
        except Refused as error:
            if "AccessDenied" not in str(error):
                raise
            await self._do(put)
        return Sent(ref=f"s3://{self.bucket}/{key}", url=self._address(key))

    async def publish(self, tools: Tools, post: Post) -> Published:
        """Put the video into the bucket, and return its address."""
        return Published(url=(await self.file(tools, post, "")).url)

    async def retract(self, tools: Tools, to: str, sent: Destination, note: str) -> Sent:
        """Delete the video. A copy in a cache between may live on for a while."""
        key = sent.ref.removeprefix(f"s3://{self.bucket}/")
        await self._do(lambda client: client.delete_object(Bucket=self.bucket, Key=key))
        return Sent(ref=sent.ref, rung="deleted")

    def _key(self, post: Post) -> str:
        where = place(post.show, post.slot, post.edition).replace("~", "_")
        return "/".join(filter(None, (self.prefix, where, f"{post.video.sha256[:16]}.mp4")))

    def _address(self, key: str) -> str | None:
        return f"{self.url}/{quote(key)}" if self.url else None

    async def _do(self, deed: Callable[[Any], T]) -> T:
        """Do something with a client, in a thread: boto3 waits where it stands. It retries nothing itself."""
        return await asyncio.to_thread(self._done, deed)

    def _done(self, deed: Callable[[Any], T]) -> T:
        from boto3.exceptions import Boto3Error
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            with buckets.client(
                endpoint_url=self.endpoint,
                region_name=self.region,
                aws_access_key_id=self.key_id and self.key_id.get_secret_value(),
                aws_secret_access_key=self.secret and self.secret.get_secret_value(),
            ) as client:
                return deed(client)
        except (Boto3Error, BotoCoreError, ClientError) as error:
            raise judged(error, self.bucket) from None


def _metadata(post: Post) -> dict[str, str]:
    """Return what lies with the video: its hash, who is told from, and that a machine made it. Pure.

    It travels in headers, which are ASCII: the rest is written as addresses have it.
    """
    names = ", ".join(dict.fromkeys(name for story in post.stories for name in story.publishers))
    said = {"sources": _ascii(names), "disclosure": _ascii(post.disclosure)}
    return {"sha256": post.video.sha256, **{name: text for name, text in said.items() if text}}


def _ascii(text: str) -> str:
    """Return *text* in headers' characters, cut to the room that there is."""
    spelled = (quote(clean(text, length), safe=" ,.;:!?()/'") for length in (METADATA, METADATA // 12))
    return next((one for one in spelled if len(one) <= METADATA), "")


def judged(error: BaseException, bucket: str) -> StageError:
    """Return what *error* of boto3 means. All of it is safe to do again."""
    from boto3.exceptions import S3UploadFailedError
    from botocore import exceptions as known

    while isinstance(error, S3UploadFailedError) and (inner := error.__cause__ or error.__context__):
        error = inner
    if isinstance(error, known.ClientError):
        code = str(error.response.get("Error", {}).get("Code", ""))
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        words = f"the bucket {bucket} answers {status} {code}"
        if code in OURS:
            return Refused(f"{words}: check its name and region, and what the credentials may do")
        return (Unavailable if status >= 500 or status == 429 or code in PASSING else Rejected)(words)
    if isinstance(error, known.NoCredentialsError | known.PartialCredentialsError | known.ProfileNotFound):
        return Refused(f"no credentials for the bucket {bucket}: set `key_id` and `secret`, or AWS_ACCESS_KEY_ID")
    if isinstance(error, known.NoRegionError | known.ParamValidationError | known.InvalidRegionError):
        return Refused(f"the bucket {bucket} has no region or endpoint that boto3 knows: set `region`")
    return Unavailable(f"the bucket {bucket} cannot be reached ({type(error).__name__}): check `endpoint`")
