"""A second reader of checkpoints, for law C9: what stands in the file, as plain values.

Layout (all little-endian): magic, u32 format, u32 length of the JSON, JSON, u32 CRC; then each section and its u32 CRC; at last one
of all. A section whose layout this file does not know is an error, never skipped.
"""

import json
import struct

PREFIX, CRC = 16, 4
DEDUP_LAYOUT = "dedup/1 of 6 words, 64 a block, 1024 blocks a chunk"
BLOCK_ROWS, CHUNK_BLOCKS, ROW_BYTES = 64, 1024, 24
SENDER_LAYOUT = "rows/2 of 160 words, 4 of them key"
WATCH_LAYOUT_START = "rows/2 of "


class CheckpointError(Exception):
    """A file that is no checkpoint, or one of a layout that this reader does not know."""


class Checkpoint:
    """`header` as JSON; `dedup`: (hash, stream time, offset) of each row; `senders`: by hash (payments, lowest, highest, standings);
    `partition`: the JSON of what control records have set."""

    def __init__(self, path):
        with open(path, "rb") as file:
            data = file.read()
        if data[:8] != b"SLUICECP":
            raise CheckpointError(f"{path}: no checkpoint")
        (length,) = struct.unpack_from("<I", data, 12)
        self.header = json.loads(data[PREFIX : PREFIX + length])
        at, sections = PREFIX + length + CRC, {}
        for section in self.header["sections"]:
            sections[section["name"]] = (section["layout"], data[at : at + section["byteLength"]])
            at += section["byteLength"] + CRC
        if at + CRC != len(data):
            raise CheckpointError(f"{path}: {len(data)} bytes, its header says {at + CRC}")
        self.dedup = list(_dedup(*sections["dedup"]))
        self.senders = _senders(sections["senders"], sections["watches"])
        self.partition = json.loads(sections["partition"][1])


def _dedup(layout, data):
    if layout != DEDUP_LAYOUT:
        raise CheckpointError(f"dedup section: {layout}")
    first_block, blocks, last_rows, _rows = struct.unpack_from("<4i", data)
    at, end_block = 16, first_block + blocks if blocks else 0
    for chunk_start in range(0, end_block, CHUNK_BLOCKS):
        start = first_block if chunk_start == 0 else 0
        count = min(CHUNK_BLOCKS, end_block - chunk_start) - start
        filled = data[at : at + count]
        times = struct.unpack_from(f"<{count}d", data, at + count)
        offsets = struct.unpack_from(f"<{count}d", data, at + 9 * count)
        at += 17 * count
        for block in range(count):
            for row in range(filled[block]):
                place = at + (block * BLOCK_ROWS + row) * ROW_BYTES
                deltas = struct.unpack_from("<I", data, place + 20)[0]
                yield data[place : place + 16], times[block] + (deltas >> 16), offsets[block] + (deltas & 0xFFFF)
        is_last = chunk_start + CHUNK_BLOCKS >= end_block
        at += (count * BLOCK_ROWS - (BLOCK_ROWS - last_rows if is_last else 0)) * ROW_BYTES


def _rows(layout, data, key_words):
    """Payload of each row in use, by number, with its key."""
    words = int(layout.split()[2])
    end, _size = struct.unpack_from("<2i", data)
    for number in range(end):
        at = 8 + number * words * 4
        (mark,) = struct.unpack_from("<i", data, at + key_words * 4)
        if mark > -2:
            payload = at + (key_words + 2) * 4
            yield number, data[at : at + key_words * 4], data[payload : at + words * 4]


def _senders(senders, watches):
    if senders[0] != SENDER_LAYOUT or not watches[0].startswith(WATCH_LAYOUT_START):
        raise CheckpointError(f"sender sections: {senders[0]}; {watches[0]}")
    standings = {number: struct.unpack_from("<3d", payload) for number, _, payload in _rows(*watches, 0)}
    found = {}
    for _, key, payload in _rows(*senders, 4):
        _window, watch, payments = struct.unpack_from("<3i", payload)
        highest, lowest = struct.unpack_from("<2d", payload, 16)
        found[key] = (payments, lowest, highest, standings.get(watch - 1))  # 0 is none
    return found
