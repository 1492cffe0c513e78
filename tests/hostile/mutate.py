# SPDX-License-Identifier: Apache-2.0
"""Changes of a block, each a few words: `PLACE CHANGE`, several joined by `;`.

A place is a path of field numbers from the Block down; `2/1#3/2` is the
signature of the fourth entry (`#k`: the k-th of that number, from 0). Lengths
above the place are put right again, so that only the change itself is wrong.
Changes are the functions below; `rehash` makes the header's data_hash fit,
`repair` what resign.py can.
"""
import base64
import hashlib

import ec
from proto import Bad, Field, fields, join, put_varint
from resign import REPAIRS

UNKNOWN = bytes.fromhex("fa7f0178")  # field 2047, one byte


def step(text):
    number, _, k = text.partition("#")
    return int(number), int(k or 0)


def index(fs, number, k):
    at = [i for i, f in enumerate(fs) if f.number == number]
    if k >= len(at):
        raise Bad("no field %d #%d" % (number, k))
    return at[k]


def edit(message, path, change):
    """message with change(fields, index) made at the path."""
    fs = fields(message)
    i = index(fs, *step(path[0]))
    if len(path) == 1:
        change(fs, i)
    else:
        fs[i].set(edit(fs[i].value, path[1:], change))
    return join(fs)


def value_at(message, path):
    for part in path.split("/"):
        fs = fields(message)
        message = fs[index(fs, *step(part))].value
    return message


def raw(b):
    """Bytes that stand between fields."""
    return Field(0, 9, b"", b"", b)


def lie(n):
    def change(f):
        if not f.value:
            raise Bad("no length to lie about")
        f.length = put_varint(n(len(f.value)))
    return change


def with_value(make):
    return lambda f: f.set(make(f.value))


def bit(f, n):
    b = bytearray(f.value)
    b[int(n) // 8 % len(b)] ^= 1 << int(n) % 8
    f.set(bytes(b))


def rs(make):
    """A signature with other numbers in it."""
    return with_value(lambda der: make(*ec.signature(der)))


N = ec.P256.n


def der_of(*ints, pad=0, tail=b""):
    body = b"".join(b"\x02" + bytes([len(b) + pad]) + b"\0" * pad + b
                    for b in (ec.der_int(i)[2:] for i in ints)) + tail
    return b"\x30" + bytes([len(body)]) + body


def long_form(der):
    return der[:1] + b"\x81" + der[1:]


def pem_with(make):
    """A PEM block written otherwise: of its contents in lines of base64."""
    def change(text):
        lines = text.split(b"\n")
        body = [x for x in lines if x and not x.startswith(b"-----")]
        return make(text, b"".join(body), lines[0])
    return with_value(change)


def lines(b, n):
    return b"\n".join(b[i:i + n] for i in range(0, len(b), n))


BEGIN, END = b"-----BEGIN CERTIFICATE-----", b"-----END CERTIFICATE-----"


def block_of(body, begin=BEGIN, end=END, eol=b"\n", between=b""):
    return begin + eol + between + body + eol + end + eol


def der_with(make):
    """The certificate inside changed, wrapped again."""
    return pem_with(lambda t, b, _: block_of(lines(base64.b64encode(
        make(base64.b64decode(b))), 64)))


def other_s(der):
    """The CA's signature with the other S."""
    _, body, _ = ec.tlv(der)
    tbs_end = ec.tlv(body)[2]
    algorithm_end = ec.tlv(body, tbs_end)[2]
    r, s = ec.signature(ec.tlv(body, algorithm_end)[1][1:])
    bits = b"\0" + ec.der_signature(r, N - s)
    body = body[:algorithm_end] + b"\x03" + bytes([len(bits)]) + bits
    return b"\x30\x82" + len(body).to_bytes(2, "big") + body


PEMS = {
    "pem-text-before": pem_with(lambda t, b, _: b"text\n" + t),
    "pem-glued-before": pem_with(lambda t, b, _: b"text" + t),
    "pem-text-after": pem_with(lambda t, b, _: t + b"text\n"),
    "pem-glued-after": pem_with(lambda t, b, _: t.rstrip(b"\n") + b"text"),
    "pem-blank-after": pem_with(lambda t, b, _: t.rstrip(b"\n") + b" \t\n"),
    "pem-no-end": pem_with(lambda t, b, _: t.rstrip(b"\n")),
    "pem-label": pem_with(lambda t, b, _: t.replace(b"CERTIFICATE", b"X")),
    "pem-labels-differ": pem_with(lambda t, b, _: t.replace(b"CERTIFICATE", b"X", 1)),
    "pem-empty-label": pem_with(lambda t, b, _: t.replace(b"CERTIFICATE", b"")),
    "pem-crlf": pem_with(lambda t, b, _: t.replace(b"\n", b"\r\n")),
    "pem-one-line": pem_with(lambda t, b, _: block_of(b)),
    "pem-short-lines": pem_with(lambda t, b, _: block_of(lines(b, 7))),
    "pem-blank-lines": pem_with(lambda t, b, _: t.replace(b"\n", b"\n\n")),
    "pem-spaces": pem_with(lambda t, b, _: block_of(lines(b, 10).replace(b"\n", b" \t"))),
    "pem-indent": pem_with(lambda t, b, _: t.replace(b"\n", b"\n ")),
    "pem-header": pem_with(lambda t, b, _: block_of(b, between=b"Key: value\n\n")),
    "pem-no-padding": pem_with(lambda t, b, _: block_of(b.rstrip(b"="))),
    "pem-more-padding": pem_with(lambda t, b, _: block_of(b + b"==")),
    "pem-bad-sign": pem_with(lambda t, b, _: block_of(b[:9] + b"*" + b[10:])),
    "pem-twice": pem_with(lambda t, b, _: t + t),
    "pem-broken-first": pem_with(lambda t, b, _: block_of(b"*") + t),
    "pem-empty-first": pem_with(lambda t, b, _: BEGIN + b"\n" + END + b"\n" + t),
    "pem-unended-first": pem_with(lambda t, b, _: BEGIN + b"\n" + t),
    "pem-lower-case": pem_with(lambda t, b, _: t.replace(b"BEGIN", b"begin")),
    "pem-none": pem_with(lambda t, b, _: base64.b64decode(b)),
    "der-longer": der_with(lambda d: d + b"\0"),
    "der-shorter": der_with(lambda d: d[:-1]),
    "der-other-s": der_with(other_s),
    "der-tbs-bit": der_with(lambda d: d[:200] + bytes([d[200] ^ 1]) + d[201:]),
    "der-signature-bit": der_with(lambda d: d[:-1] + bytes([d[-1] ^ 1])),
}


# --- changes of one field ------------------------------------------------------
FIELD = {
    "empty": with_value(lambda v: b""),
    "cut": with_value(lambda v: v[:-1]),
    "behead": with_value(lambda v: v[1:]),
    "double": with_value(lambda v: v + v),
    "reverse": with_value(lambda v: v[::-1]),
    "zeros": with_value(lambda v: b"\0" * len(v)),
    "len+1": lie(lambda n: n + 1),
    "len-1": lie(lambda n: n - 1),
    "len0": lie(lambda n: 0),
    "len-huge": lie(lambda n: (1 << 63) + n),
    "len-4g": lie(lambda n: (1 << 32) + n),
    "high-s": rs(lambda r, s: der_of(r, N - s)),
    "s+n": rs(lambda r, s: der_of(r, s + N)),
    "r+n": rs(lambda r, s: der_of(r + N, s)),
    "r-zero": rs(lambda r, s: der_of(0, s)),
    "s-zero": rs(lambda r, s: der_of(r, 0)),
    "r-negative": rs(lambda r, s: der_of(-r, s)),
    "s-negative": rs(lambda r, s: der_of(r, -s)),
    "rs-swapped": rs(lambda r, s: der_of(s, r)),
    "one-number": rs(lambda r, s: der_of(r)),
    "third-number": rs(lambda r, s: der_of(r, s, 1)),
    "inner-tail": rs(lambda r, s: der_of(r, s, tail=b"\xff")),
    "padded": rs(lambda r, s: der_of(r, s, pad=1)),
    "long-form": with_value(long_form),
    "der-tail": with_value(lambda v: v + b"\x05\x00"),
    "raw-rs": rs(lambda r, s: r.to_bytes(32, "big") + s.to_bytes(32, "big")),
}


def tag_pad(f):
    f.tag = put_varint(f.number << 3 | f.wire, 1)


def len_pad(f):
    if f.wire == 2:
        f.length = put_varint(len(f.value), 1)
    else:
        f.value = put_varint(f.uint(), 1)


def to_wire(f, wire):
    """The same number with another wire type."""
    f.wire = int(wire)
    f.tag = put_varint(f.number << 3 | f.wire)
    f.length = b""
    f.value = {0: b"\x01", 1: b"8bytes!!", 2: b"\x01x", 3: put_varint(f.number << 3 | 4),
               5: b"4byt", 4: b"", 6: b"", 7: b""}[f.wire]


FIELD_ONLY = {
    "tag-pad": tag_pad,
    "len-pad": len_pad,
}


# --- changes among its neighbours ------------------------------------------------
def number(n):
    def change(fs, i):
        fs[i].tag = put_varint(n << 3 | fs[i].wire)
    return change


def swap(fs, i):
    same = [j for j in range(len(fs)) if j > i]
    if not same:
        raise Bad("nothing follows")
    fs[i], fs[i + 1] = fs[i + 1], fs[i]


def merge(fs, i):
    """With the next of the same number into one field."""
    fs[i].set(fs[i].value + fs[i + 1].value)
    del fs[i + 1]


def shift(fs, i, k):
    """Move the border to the next field: k bytes of it come here, or go there."""
    both, at = fs[i].value + fs[i + 1].value, len(fs[i].value) + int(k)
    if not 0 <= at <= len(both):
        raise Bad("border")
    fs[i].set(both[:at])
    fs[i + 1].set(both[at:])


def split(fs, i, k):
    first = Field(fs[i].number, 2, fs[i].tag, b"", b"")
    first.set(fs[i].value[:int(k)])
    fs[i].set(fs[i].value[int(k):])
    fs.insert(i, first)


AMONG = {
    "del": lambda fs, i: fs.pop(i),
    "dup": lambda fs, i: fs.insert(i, fs[i]),
    "swap": swap,
    "last": lambda fs, i: fs.append(fs.pop(i)),
    "first": lambda fs, i: fs.insert(0, fs.pop(i)),
    "merge": merge,
    "unknown": lambda fs, i: fs.insert(i + 1, raw(UNKNOWN)),
    "unknown-before": lambda fs, i: fs.insert(i, raw(UNKNOWN)),
    "unknown-padded": lambda fs, i: fs.insert(i + 1, raw(bytes.fromhex("faff000178"))),
    "unknown-len-padded": lambda fs, i: fs.insert(i + 1, raw(bytes.fromhex("fa7f810078"))),
    "group": lambda fs, i: fs.insert(i + 1, raw(bytes.fromhex("fb7f0801fc7f"))),
    "group-open": lambda fs, i: fs.insert(i + 1, raw(bytes.fromhex("fb7f0801"))),
    "group-end": lambda fs, i: fs.insert(i + 1, raw(bytes.fromhex("fc7f"))),
    "group-wrong-end": lambda fs, i: fs.insert(i + 1, raw(bytes.fromhex("fb7f0801f47f"))),
    "field-0": lambda fs, i: fs.insert(i + 1, raw(bytes.fromhex("020178"))),
    "field-max": lambda fs, i: fs.insert(i + 1, raw(bytes.fromhex("faffffff0f0178"))),
    "field-too-big": lambda fs, i: fs.insert(i + 1, raw(bytes.fromhex("82808080100178"))),
    "varint-11": lambda fs, i: fs.insert(i + 1, raw(bytes.fromhex("f87f" + "ff" * 10 + "01"))),
    "number-0": number(0),
    "number+": lambda fs, i: number(fs[i].number + 1)(fs, i),
    "empty-before": lambda fs, i: split(fs, i, 0),
    "empty-again": lambda fs, i: fs.insert(i + 1, raw(fs[i].tag + b"\0")),
}
AMONG_ARG = {
    "shift": shift,
    "split": split,
    "copies": lambda fs, i, n: fs.__setitem__(slice(i, i), [fs[i]] * int(n)),
    "junk": lambda fs, i, h: fs.insert(i + 1, raw(bytes.fromhex(h))),
    "wire": lambda fs, i, w: to_wire(fs[i], w),
}


def apply(fs, i, change, bases):
    name, _, arg = change.partition(":")
    if name in PEMS:
        PEMS[name](fs[i])
    elif name in FIELD:
        FIELD[name](fs[i])
    elif name in FIELD_ONLY:
        FIELD_ONLY[name](fs[i])
    elif name == "bit":
        bit(fs[i], arg)
    elif name == "add":
        fs[i].set(fs[i].value + bytes.fromhex(arg))
    elif name == "is":
        fs[i].set(bytes.fromhex(arg))
    elif name == "uint":
        fs[i].value = put_varint(int(arg))
    elif name == "from":  # the value at the same or another place of a base
        base, _, place = arg.partition(":")
        fs[i].set(value_at(bases[base], place))
    elif name == "plus":  # the field at a place of a base, in front
        base, _, place = arg.partition(":")
        fs.insert(i, Field(fs[i].number, 2, fs[i].tag, b"", b""))
        fs[i].set(value_at(bases[base], place))
    elif name in AMONG:
        AMONG[name](fs, i)
    else:
        AMONG_ARG[name](fs, i, arg)


def put(block, place, value):
    return edit(block, place.split("/"), lambda fs, i: fs[i].set(value))


def rehash(block):
    top = fields(block)
    data = top[index(top, 2, 0)]
    digest = hashlib.sha256(b"".join(f.value for f in fields(data.value))).digest()
    return put(block, "1/3", digest)


def whole(block, change):
    """Changes of the file."""
    name, _, arg = change.partition(":")
    if name == "cut":
        return block[:int(arg)]
    if name == "add":
        return block + bytes.fromhex(arg)
    if name == "bit":
        b = bytearray(block)
        b[int(arg) // 8] ^= 1 << int(arg) % 8
        return bytes(b)
    if name == "twice":
        return block + block
    raise Bad("no such change: " + change)


def mutate(bases, base, steps):
    block = bases[base]
    for text in steps.split(";"):
        place, _, change = text.strip().partition(" ")
        if place == "rehash":
            block = rehash(block)
        elif place == "repair":
            for name in change.split():
                block = REPAIRS[name](block, put, value_at)
        elif place == ".":
            block = whole(block, change)
        else:
            block = edit(block, place.split("/"),
                         lambda fs, i: apply(fs, i, change, bases))
    return block
