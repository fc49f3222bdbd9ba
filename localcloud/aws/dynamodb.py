"""DynamoDB: moto's engine, kept in one object per platform, made atomic, quick and lasting.

moto's own state is global to the process and its items live in memory only. Here every platform has a backend
of its own; a failed update changes nothing; a query by key does not read the whole table; and every item a
request touched is on disk, if a store is given, before the request is answered.

Importing this module imports moto (about a second); `emulator` does so when it is first needed.
"""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Iterable, Iterator
from typing import Any, cast

from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table as MotoTable
from moto.dynamodb.models.utilities import dynamo_to_dict

from localcloud.aws.store import Attributes, Store

Key = tuple[DynamoType, DynamoType | None]


def binary(value: object) -> str:
    """What JSON has no form for: binary values are base64 on the wire. Raises TypeError for anything else."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    raise TypeError(type(value).__name__)


def from_wire(attributes: Attributes) -> Attributes:
    """An item as moto holds it after parsing a request: as on the wire, but binary values are bytes."""
    return {name: _value(value) for name, value in attributes.items()}


def _value(value: dict[str, Any]) -> dict[str, Any]:
    ((kind, content),) = value.items()
    match kind:
        case "B":
            content = base64.b64decode(content)
        case "BS":
            content = [base64.b64decode(part) for part in content]
        case "L":
            content = [_value(part) for part in content]
        case "M":
            content = from_wire(content)
    return {kind: content}


def _json(value: object) -> str:
    return json.dumps(dynamo_to_dict(value), default=binary, ensure_ascii=False, separators=(",", ":"))


class Journal:
    """The keys a request has touched, by table; what is written is their state when it ends."""

    def __init__(self) -> None:
        self.touched: set[tuple[str, DynamoType, DynamoType | None]] = set()

    def __deepcopy__(self, memo: dict[int, Any]) -> Journal:
        # A copy of a table (moto's savepoint of a transaction) reports to the same journal.
        return self


class Table(MotoTable):
    """A moto table that keeps a journal, copies in constant time per item, and looks up by key."""

    journal: Journal
    _candidates: list[Item] | None = None

    @classmethod
    def adopt(cls, table: MotoTable, journal: Journal) -> Table:
        """Turn a table moto has just created into one of ours."""
        adopted = cast(Table, table)
        adopted.__class__ = cls
        adopted.journal = journal
        return adopted

    def __deepcopy__(self, memo: dict[int, Any]) -> Table:
        # moto copies whole tables before a transaction. Items are never changed in place (see
        # `Backend.update_item`), so copying the two levels of dictionaries is enough.
        twin = copy.copy(self)
        twin.items = copy.copy(self.items)
        if self.has_range_key:
            for key, items in self.items.items():
                twin.items[key] = dict(items)
        return twin

    def _touch(self, hash_key: DynamoType, range_key: DynamoType | None) -> None:
        self.journal.touched.add((self.name, hash_key, range_key))

    def put_item(self, *args: Any, **kwargs: Any) -> Item:
        """Also notes the key."""
        item = super().put_item(*args, **kwargs)
        self._touch(item.hash_key, item.range_key)
        return item

    def delete_item(self, hash_key: DynamoType, range_key: DynamoType | None) -> Item | None:
        """Also notes the key."""
        self._touch(hash_key, range_key)
        return super().delete_item(hash_key, range_key)

    def replace(self, key: Key, item: Item | None) -> None:
        """Put back an item (None: none) without any check; the key is noted."""
        hash_key, range_key = key
        if range_key is not None:
            if item is None:
                self.items[hash_key].pop(range_key, None)
            else:
                self.items[hash_key][range_key] = item
        elif item is None:
            self.items.pop(hash_key, None)
        else:
            cast(dict[DynamoType, Item], self.items)[hash_key] = item
        self._touch(hash_key, range_key)

    def query(self, hash_key: DynamoType | None, *args: Any, **kwargs: Any) -> Any:
        """moto's query over the candidates only: the partition, or the items with the index's key."""
        conditions = kwargs.get("hash_key_conditions") or []
        index = args[6] if len(args) > 6 else kwargs.get("index_name")
        if index is None and hash_key is not None:
            found = self.items.get(hash_key, {})
            self._candidates = list(found.values()) if isinstance(found, dict) else [found]
        elif index is not None and conditions and conditions[0][1].type == "S":
            # moto checks every condition itself: one that is quick to check is enough to narrow them down.
            name, wanted = conditions[0][0], conditions[0][1].value
            self._candidates = [
                item
                for item in self._unsorted()
                if (held := item.attrs.get(name)) is not None and held.value == wanted
            ]
        try:
            return super().query(hash_key, *args, **kwargs)
        finally:
            self._candidates = None

    def _unsorted(self) -> Iterator[Item]:
        for found in self.items.values():
            if isinstance(found, dict):
                yield from found.values()
            else:
                yield found

    def all_items(self) -> list[Item]:
        """Every item, or the candidates of the query under way."""
        if self._candidates is not None:
            return self._candidates
        items: list[Item] = super().all_items()
        return items


class Backend(DynamoDBBackend):
    """One platform's DynamoDB in one region and account."""

    def __init__(self, region: str, account: str, store: Store | None = None) -> None:
        super().__init__(region, account)
        self.journal = Journal()
        self._store = store

    def create_table(self, *args: Any, **kwargs: Any) -> Table:
        """As moto's; the table is one of ours."""
        return Table.adopt(super().create_table(*args, **kwargs), self.journal)

    def table(self, name: str) -> Table:
        """The table; raises moto's ResourceNotFoundException."""
        return cast(Table, self.get_table(name))

    def update_item(self, table_name: str, key: dict[str, Any], *args: Any, **kwargs: Any) -> Item:
        """As moto's, on a copy of the item: an update that fails half-way leaves the item as it was."""
        table = self.table(table_name)
        where: Key | None = None
        before: Item | None = None
        if table.hash_key_attr in key and (table.range_key_attr is None or table.range_key_attr in key):
            where = self.get_keys_value(table, key)
            before = table.get_item(*where)
            if before is not None:
                table.replace(where, copy.deepcopy(before))
        try:
            return super().update_item(table_name, key, *args, **kwargs)
        except BaseException:
            if where is not None:
                table.replace(where, before)
            raise
        finally:
            if where is not None:
                table._touch(*where)

    def flush(self) -> None:
        """Write the touched items. On sqlite3.Error they stay noted and are written by the next flush."""
        if self._store is not None and self.journal.touched:
            self._store.write([self._state(*key) for key in self.journal.touched])
        self.journal.touched.clear()

    def _state(
        self, name: str, hash_key: DynamoType, range_key: DynamoType | None
    ) -> tuple[str, str, str | None]:
        found = self.tables[name].get_item(hash_key, range_key)
        key = [part for part in (hash_key, range_key) if part is not None]
        return name, _json(key), None if found is None else _json(dict(found.attrs))

    def restore(self, name: str) -> int:
        """Load a table's items from the store; returns how many there are."""
        if self._store is None:
            return 0
        return self.insert(name, map(from_wire, self._store.load(name)), keep=False)

    def insert(self, name: str, items: Iterable[Attributes], *, keep: bool = True) -> int:
        """Put items (DynamoDB JSON) unconditionally; `keep` writes them to the store in one transaction."""
        table = self.table(name)
        count = 0
        for attributes in items:
            table.put_item(attributes, overwrite=True)
            count += 1
        if keep:
            self.flush()
        else:
            self.journal.touched.clear()
        return count
