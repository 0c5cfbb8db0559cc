"""An object in a bucket of S3 or its kin, replaced only where its ETag is the one that we know."""

import uuid
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

from broadcast import buckets
from broadcast.errors import ConfigError, Refused, Rejected, Unavailable

from .shelf import Copy

GONE = frozenset(("404", "NoSuchKey", "NotFound"))

T = TypeVar("T")


class Bucket:
    """The object *key* of *bucket*. Credentials and endpoint are what boto3 finds in the environment by itself."""

    def __init__(self, bucket: str, key: str) -> None:
        if find_spec("boto3") is None:
            raise ConfigError("needs boto3: run `pip install 'broadcast[s3]'`", where="BROADCAST_STATE")
        self.where = f"s3://{bucket}/{key}"
        self._object = {"Bucket": bucket, "Key": key}

    def look(self) -> Copy | None:
        def head(client: Any) -> Copy | None:
            from botocore.exceptions import ClientError

            try:
                found = client.head_object(**self._object)
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") in GONE:
                    return None
                raise
            return Copy(found["Metadata"].get("copy", found["ETag"]), found["ETag"])

        return self._do(head)

    def bring(self, copy: Copy, into: Path) -> None:
        def get(client: Any) -> None:
            body = client.get_object(**self._object, IfMatch=copy.tag)["Body"]
            with into.open("wb") as file:
                for chunk in body.iter_chunks(1 << 20):
                    file.write(chunk)

        self._do(get)

    def name(self, file: Path) -> str:
        return uuid.uuid4().hex

    def put(self, file: Path, name: str, over: Copy | None) -> Copy:
        condition = {"IfMatch": over.tag} if over else {"IfNoneMatch": "*"}

        def write(client: Any) -> Copy:
            with file.open("rb") as body:
                done = client.put_object(**self._object, Body=body, Metadata={"copy": name}, **condition)
            return Copy(name, done["ETag"])

        return self._do(write)

    def _do(self, deed: Callable[[Any], T]) -> T:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            with buckets.client() as client:
                return deed(client)
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
            words = f"the bucket answers {status} {code}"
            if status in (409, 412):
                raise Rejected(words) from None
            if status >= 500 or status == 429:
                raise Unavailable(words) from None
            raise Refused(f"{words}: check its name and region, and what the credentials may do") from None
        except BotoCoreError as error:
            raise Unavailable(
                f"the bucket cannot be asked ({type(error).__name__}): check AWS_ACCESS_KEY_ID, "
                "AWS_SECRET_ACCESS_KEY, AWS_DEFAULT_REGION, AWS_ENDPOINT_URL_S3"
            ) from None
