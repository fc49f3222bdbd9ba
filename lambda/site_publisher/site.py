"""What is done with the site's bucket and its distribution."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from site_publisher.files import CONFIG, REVALIDATED, File, of_folder

_MOST_DELETED = 1000
"""Objects one DeleteObjects takes."""


class Site:
    """A bucket and the distribution in front of it, over boto3 clients for S3 and CloudFront."""

    def __init__(self, s3: Any, cloudfront: Any, *, bucket: str, distribution: str) -> None:
        self._s3 = s3
        self._cloudfront = cloudfront
        self._bucket = bucket
        self._distribution = distribution

    def publish(self, folder: Path, config: Mapping[str, Any], reference: str) -> int:
        """Puts the files and `config.json`, then removes what is not of them. Returns how many there are.

        `reference` makes a repeated request one invalidation (CloudFront API, `CallerReference`).
        """
        written = json.dumps(config, ensure_ascii=False, sort_keys=True).encode()
        page = list(of_folder(folder))
        # The configuration before the page: a new page must not read an old one's.
        files = [*page[:-1], File(CONFIG, written, "application/json", REVALIDATED), page[-1]]
        for file in files:
            self._s3.put_object(
                Bucket=self._bucket,
                Key=file.key,
                Body=file.body,
                ContentType=file.content_type,
                CacheControl=file.cache_control,
            )
        self._remove(set(self._keys()) - {file.key for file in files})
        self._cloudfront.create_invalidation(
            DistributionId=self._distribution,
            InvalidationBatch={
                "CallerReference": reference,
                "Paths": {"Quantity": 1, "Items": ["/*"]},
            },
        )
        return len(files)

    def empty(self) -> int:
        """Removes every version of every object, as CloudFormation deletes only an empty bucket; says how many."""
        versions = [
            {"Key": item["Key"], "VersionId": item["VersionId"]}
            for page in self._s3.get_paginator("list_object_versions").paginate(Bucket=self._bucket)
            for kind in ("Versions", "DeleteMarkers")
            for item in page.get(kind, ())
        ]
        self._delete(versions)
        return len(versions)

    def _keys(self) -> Iterable[str]:
        for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket):
            for item in page.get("Contents", ()):
                yield item["Key"]

    def _remove(self, keys: set[str]) -> None:
        self._delete([{"Key": key} for key in sorted(keys)])

    def _delete(self, listed: Sequence[Mapping[str, str]]) -> None:
        for start in range(0, len(listed), _MOST_DELETED):
            part = listed[start : start + _MOST_DELETED]
            answer = self._s3.delete_objects(
                Bucket=self._bucket, Delete={"Objects": list(part), "Quiet": True}
            )
            if answer.get("Errors"):
                raise RuntimeError(f"{len(answer['Errors'])} objects could not be removed")
