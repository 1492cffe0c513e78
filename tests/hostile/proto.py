# SPDX-License-Identifier: Apache-2.0
"""Protocol buffers: as Go decodes them, and piece by piece for mutations.

Shares nothing with the program: written from the encoding's public
description and docs/light-client-fabric.md.
"""


class Bad(Exception):
    """These bytes are not what they should be."""


def varint(b, i):
    """The number at i and where it ends; at most 64 bits, padding allowed."""
    n = shift = 0
    while True:
        if i >= len(b) or shift > 63 or (shift == 63 and b[i] > 1):
            raise Bad("varint")
        n |= (b[i] & 0x7f) << shift
        i += 1
        if b[i - 1] < 0x80:
            return n, i
        shift += 7


def put_varint(n, pad=0):
    out = bytearray()
    while n >= 0x80:
        out.append(n & 0x7f | 0x80)
        n >>= 7
    out.append(n)
    for _ in range(pad):
        out[-1] |= 0x80
        out.append(0)
    return bytes(out)


class Field:
    """One field as it stands: tag, length (of wire 2) and value apart."""

    def __init__(self, number, wire, tag, length, value):
        self.number, self.wire = number, wire
        self.tag, self.length, self.value = tag, length, value

    def bytes(self):
        return self.tag + self.length + self.value

    def set(self, value):
        self.value = value
        if self.wire == 2:
            self.length = put_varint(len(value))

    def uint(self):
        return varint(self.value, 0)[0]

    def minimal(self):
        tag = put_varint(self.number << 3 | self.wire)
        if self.wire == 2:
            return self.tag == tag and self.length == put_varint(len(self.value))
        return self.tag == tag and (self.wire != 0 or
                                    self.value == put_varint(self.uint()))


def group_end(b, i, number):
    """Where the group that is open at i ends: after its end tag."""
    opened = [number]
    while i < len(b):
        tag, j = varint(b, i)
        number, wire = tag >> 3, tag & 7
        if number == 0 or number > (1 << 29) - 1:
            raise Bad("field number")
        if wire == 3:
            opened.append(number)
            i = j
        elif wire != 4:
            i = value_end(b, j, number, wire)
        elif opened.pop() != number:
            raise Bad("another group ends")
        elif not opened:
            return j
        else:
            i = j
    raise Bad("group without end")


def value_end(b, i, number, wire):
    if wire == 0:
        return varint(b, i)[1]
    if wire == 2:
        n, i = varint(b, i)
        end = i + n
    elif wire == 3:
        return group_end(b, i, number)
    elif wire in (1, 5):
        end = i + (8 if wire == 1 else 4)
    else:
        raise Bad("wire type")
    if end > len(b):
        raise Bad("cut short")
    return end


def fields(b):
    out, i = [], 0
    while i < len(b):
        tag, j = varint(b, i)
        number, wire = tag >> 3, tag & 7
        if number == 0 or number > (1 << 29) - 1:
            raise Bad("field number")
        end = value_end(b, j, number, wire)
        k = varint(b, j)[1] if wire == 2 else j
        out.append(Field(number, wire, b[i:j], b[j:k], b[k:end]))
        i = end
    return out


def join(fs):
    return b"".join(f.bytes() for f in fs)


# --- decoding as Go does -----------------------------------------------------
# A schema is {number: type}: "u" number, "b" bytes, "s" text, a schema for a
# message, "m" for one that is read later; a type in a list is repeated. What fits no type is unknown and skipped.
def decode(b, schema):
    parts = {n: [] for n in schema}
    for f in fields(b):
        t = schema.get(f.number)
        t = t[0] if isinstance(t, list) else t
        if t is None or f.wire != (0 if t == "u" else 2):
            continue
        if t == "s":
            try:
                f.value.decode()
            except UnicodeDecodeError:
                raise Bad("text")
        if isinstance(t, dict):
            decode(f.value, t)
        parts[f.number].append(f.uint() if t == "u" else f.value)
    out = {}
    for n, t in schema.items():
        got = parts[n]
        if isinstance(t, list):
            out[n] = [decode(g, t[0]) if isinstance(t[0], dict) else g
                      for g in got]
        elif t == "m":
            out[n] = b"".join(got)
        elif isinstance(t, dict):  # pieces of one message are joined
            out[n] = decode(b"".join(got), t) if got else None
        else:
            out[n] = got[-1] if got else 0 if t == "u" else b""
    return out


def field(number, value):
    if isinstance(value, int):
        return put_varint(number << 3) + put_varint(value)
    return put_varint(number << 3 | 2) + put_varint(len(value)) + value
