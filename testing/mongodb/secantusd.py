"""SecantusDB as the tests run it; servers.sh puts it into SecantusDB's own environment.

For the first entry of the oplog, the last, and the first from a time on, SecantusDB reads and decodes all of it. A relay
asks for these whenever it starts, and they were two thirds of the work of the tests' servers. Here the places are
looked up; what is read there goes through the same code as before, so that the answers are the same
(mongo_server_test.cpp).
"""

import contextlib
import gc
import sys
import types


class Absent(types.ModuleType):
    """Every attribute is a class without instances."""

    __path__ = []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (Exception,), {})


# Importing these takes half of the start, and only geographic queries need them.
for name in ("shapely", "shapely.wkt", "shapely.errors", "shapely.geometry", "shapely.geometry.base"):
    sys.modules[name] = Absent(name)

from bson import Timestamp  # noqa: E402
from secantus import storage  # noqa: E402
from secantus.cli import main  # noqa: E402

Storage = storage.Storage
find_in_all, count_all, seq_in_all = Storage._find_oplog_rs, Storage._count_oplog_rs, Storage._find_seq_for_ts_scan


class Oplog:
    """A snapshot of the oplog. Entries are (sequence, entry), ordered by time."""

    def __init__(self, kept):
        self.kept = kept

    def __enter__(self):
        self.kept._lock.acquire()
        self.session = self.kept._conn.open_session()
        return self

    def __exit__(self, *_):
        with contextlib.suppress(Exception):
            self.session.close()
        self.kept._lock.release()

    def first(self, sequence):
        """The first entry at or after a sequence, or None."""
        return next(iter(self.kept._merge_oplog_on_session(self.session, sequence, 1)[0]), None)

    def first_at(self, time):
        """The first entry at or after a time, or None."""
        found = self.first(0)
        low, high = found[0] if found else 0, self.kept._next_seq
        while low < high:
            middle = (low + high) // 2
            entry = self.first(middle)
            if entry is None or entry[1]["ts"] >= time:
                high = middle
            else:
                low = entry[0] + 1
        return self.first(low)

    def last(self):
        newest = 0
        for table in storage._OPLOG_ALL_TABLES:
            try:
                cursor = self.session.open_cursor(table, None)
            except Exception as error:
                if storage._is_missing_table(error):
                    continue
                raise
            if cursor.prev() == 0:
                newest = max(newest, int(cursor.get_key()))
            cursor.close()
        return self.first(newest)


def place(oplog, filter, sort):
    """The result of a find for one entry: (entry,) or (None,); None for any other find."""
    if list(sort or ()) != ["$natural"]:
        return None
    if not filter:
        return (oplog.first(0) if sort["$natural"] > 0 else oplog.last(),)
    after = filter.get("ts")
    if list(filter) == ["ts"] and isinstance(after, dict) and list(after) == ["$gte"] and sort["$natural"] > 0:
        return (oplog.first_at(after["$gte"]),) if isinstance(after["$gte"], Timestamp) else None
    return None


class Found:
    """An oplog with a single entry."""

    def __init__(self, entry):
        self.entries = [entry[1]] if entry else []

    def _scan_oplog_entries(self):
        return self.entries


def find(self, filter, *, skip, limit, sort, **others):
    found = None
    if limit == 1 and not skip and not self._closed:
        with Oplog(self) as oplog:
            found = place(oplog, filter, sort)
    return find_in_all(Found(*found) if found else self, filter, skip=skip, limit=limit, sort=sort, **others)


def count(self, filter, **others):
    return count_all(self, filter, **others) if filter else self._oplog_live_count


def seq_for_ts(self, time):
    if self._closed:
        return seq_in_all(self, time)
    with Oplog(self) as oplog:
        found = oplog.first_at(time)
    return found[0] if found else self._next_seq


Storage._find_oplog_rs, Storage._count_oplog_rs, Storage._find_seq_for_ts_scan = find, count, seq_for_ts

if __name__ == "__main__":
    # The patches stay in the loaded modules.
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    sys.exit(main())
