# SPDX-License-Identifier: Apache-2.0
"""Which changes are made to which blocks: a walk over every field of them."""
import itertools
import zlib

from mutate import value_at
from proto import Bad, fields

# --- shapes: field number -> what is in it (a leaf is its kind) ------------------
U, B, SIG, TEXT = "uint", "bytes", "signature", "text"
IDENTITY = {1: TEXT, 2: B}
SIGNATURE_HEADER = {1: IDENTITY, 2: B}
CHANNEL_HEADER = {1: U, 2: U, 3: {1: U, 2: U}, 4: TEXT, 5: TEXT, 6: U, 7: {2: {2: TEXT}}}
KV = {1: {1: TEXT, 2: {1: U, 2: U}}, 3: {1: TEXT, 2: U, 3: B}}
ACTION = {1: {1: U, 2: {1: TEXT, 2: KV}}, 2: {1: TEXT, 2: TEXT, 3: TEXT, 4: B},
          3: {1: U, 2: TEXT, 3: B}, 4: {2: TEXT, 3: TEXT}}
ENDORSED = {1: {1: B, 2: ACTION}, 2: {1: IDENTITY, 2: SIG}}
TRANSACTION = {1: {1: SIGNATURE_HEADER, 2: {1: B, 2: ENDORSED}}}
CONFIG = {1: {1: U, 2: B}, 2: B}
PAYLOAD = {1: {1: CHANNEL_HEADER, 2: SIGNATURE_HEADER}, 2: TRANSACTION}
CONFIG_PAYLOAD = {1: {1: CHANNEL_HEADER, 2: SIGNATURE_HEADER}, 2: CONFIG}
SLOT0 = {1: {1: {1: U}, 2: B}, 2: {1: SIGNATURE_HEADER, 2: SIG, 3: {1: U, 2: B}}}


def block_shape(payload):
    return {1: {1: U, 2: B, 3: B}, 2: {1: {1: payload, 2: SIG}}, 3: {1: SLOT0}}


COMMON = ["del", "dup", "first", "last", "swap", "tag-pad", "len-pad", "unknown",
          "unknown-before", "group", "group-open", "group-end", "field-0",
          "field-max", "field-too-big", "varint-11", "number-0", "number+",
          "unknown-padded", "unknown-len-padded", "group-wrong-end"]
BYTES = ["empty", "cut", "behead", "double", "zeros", "add:00", "len+1", "len-1",
         "len0", "len-huge", "len-4g", "wire:0", "wire:1", "wire:3", "wire:5",
         "wire:4", "wire:6", "wire:7", "empty-before", "empty-again"]
NUMBER = ["uint:0", "uint:1", "uint:18446744073709551615", "uint:9007199254740992",
          "uint:4294967296", "wire:1", "wire:2", "wire:3", "wire:5", "wire:7"]
SIGNATURE = ["high-s", "s+n", "r+n", "r-zero", "s-zero", "r-negative", "s-negative",
             "rs-swapped", "one-number", "third-number", "inner-tail", "padded",
             "long-form", "der-tail", "raw-rs"]


def places(message, shape, prefix=""):
    """Every field of a message: place, what is in it, how long it is."""
    seen = {}
    for f in fields(message):
        k = seen[f.number] = seen.get(f.number, -1) + 1
        at = "%s%d%s" % (prefix, f.number, "#%d" % k if k else "")
        inner = shape.get(f.number, B if f.wire == 2 else U)
        if isinstance(inner, dict) and not is_message(f.value):
            inner = B
        yield at, inner, len(f.value)
        if isinstance(inner, dict):
            yield from places(f.value, inner, at + "/")


def is_message(b):
    try:
        return bool(fields(b))
    except Bad:
        return False


def changes(kind, size):
    yield from COMMON
    if kind == U:
        yield from NUMBER
        return
    yield from BYTES
    if size:
        yield from ("bit:%d" % n for n in sorted({0, 4 * size + 3, 8 * size - 1}))
    if kind == SIG:
        yield from SIGNATURE


# Where the hash above catches every change alike, few of them are enough.
FEW = ["del", "dup", "swap", "unknown", "len-pad", "empty", "bit", "uint:0", "uint:1",
       "number+", "group"]


def every_field(base, block, shape, below="", few="none"):
    for place, kind, size in places(block, shape):
        if place.startswith(below):
            for change in changes(kind, size):
                if not place.startswith(few) or change.split(":")[0] in FEW or \
                        change in FEW:
                    yield base, "%s %s" % (place, change)


# --- what a walk over fields does not find -----------------------------------------
def borders(base, block, stride):
    """Neighbouring entries: joined, and cut at other places."""
    entries = [f.value for f in fields(value_at(block, "2"))]
    for i, e in enumerate(entries):
        place = "2/1#%d " % i
        cuts = {1, 2, 3, 4, len(e) - 1, len(e) - 2, len(e) // 2}
        cuts |= set(edges(e, 0, 3)) | set(range(7, len(e), stride))
        for k in sorted(c for c in cuts if 0 < c < len(e)):
            yield base, place + "split:%d" % k
        if i + 1 == len(entries):
            continue
        yield base, place + "merge"
        yield base, place + "swap; rehash"
        after = entries[i + 1]
        for k in sorted(c for c in cuts if 0 < c <= len(e)):
            yield base, place + "shift:-%d" % k
        for k in sorted({1, 2, 3, len(after)} | set(edges(after, 0, 3)) |
                        set(range(7, len(after), stride))):
            yield base, place + "shift:%d" % k


def edges(b, at, depth):
    """Where fields begin and end."""
    try:
        fs = fields(b)
    except Bad:
        return
    for f in fs:
        head = len(f.tag) + len(f.length)
        yield at + head
        if depth and f.wire == 2:
            yield from edges(f.value, at + head, depth - 1)
        at += head + len(f.value)
        yield at


def files(base, block):
    n = len(block)
    for k in sorted({0, 1, 2, 3, n // 2, n - 1, n - 2} | set(edges(block, 0, 2))):
        if k < n:
            yield base, ". cut:%d" % k
    for h in ("00", "0a00", "1200", "1a00", "2200", "fa7f0178", "ff"):
        yield base, ". add:" + h
    yield base, ". twice"


def slots(base, block):
    n = len(fields(value_at(block, "3")))
    for i in range(n):
        place = "3/1#%d " % i
        for change in ("del", "empty", "is:00", "is:ff", "is:0b0b0b0b", "add:00",
                       "bit:0", "is:0a0210ff", "dup", "copies:58", "copies:59",
                       "copies:60", "from:%s:3/1" % base):
            if value_at(block, "3/1#%d" % i) or change != "bit:0":
                yield base, place + change
    for i in range(1, n):
        yield base, "3/1 from:%s:3/1#%d" % (base, i)


def parts(bases, names):
    """Header, data and metadata of different genuine blocks."""
    for a in names:
        for place in ("1", "2", "3", "1/2", "1/3", "3/1", "3/1/1", "3/1/2",
                      "3/1/2/1", "3/1/2/2", "3/1/2/1/1", "3/1/2/1/1/1",
                      "3/1/2/1/1/2", "3/1/2/1/2"):
            for b in names:
                try:
                    value_at(bases[a], place), value_at(bases[b], place)
                except Bad:
                    continue
                if a != b:
                    yield a, "%s from:%s:%s" % (place, b, place)
                    if place == "2":
                        yield a, "2 from:%s:2; rehash" % b
                    if place == "3/1/2":
                        yield a, "3/1/2 plus:%s:3/1/2" % b


def certificates(bases, base, names):
    """The signer's name and certificate replaced by others that are genuine."""
    who = "3/1/2/1/1"
    for text in (b"OrdererMSP", b"NanjingMSP", b"AuditMSP", b"NoSuchMSP", b"",
                 b"orderermsp", b"OrdererMSP ", b"OrdererMSP\0", b"\xff"):
        yield base, "%s/1 is:%s" % (who, text.hex())
    for b in names:
        for place in ("2/1/1/1/2/1", "2/1/1/2/1/2/2/2/1", "2/1/1/2/1/2/2/2#1/1"):
            try:
                value_at(bases[b], place)
            except Bad:
                continue
            yield base, "%s from:%s:%s" % (who, b, place)
            yield base, "3/1/2/1 from:%s:%s" % (b, place[:place.rindex("/")]
                                                if place.endswith("2/1") and
                                                place.startswith("2/1/1/1") else place)
    for change in ("add:0a", "add:0a746578740a", "behead", "cut"):
        yield base, "%s/2 %s" % (who, change)


def signers(bases, base, others):
    """The list of signatures: order, repetition, other copies' signatures."""
    n = len([f for f in fields(value_at(bases[base], "3/1")) if f.number == 2])
    for i in range(n):
        place = "3/1/2#%d " % i
        for change in ("del", "dup", "swap", "copies:2", "copies:509", "copies:600",
                       "last", "first", "empty", "junk:120101", "junk:12020a00",
                       "junk:120112", "junk:12031a01ff", "junk:12040a02ffff",
                       "junk:1200"):
            yield base, place + change
        for j in range(n):
            if i != j:
                for part in ("1", "2", "3"):
                    try:
                        value_at(bases[base], "3/1/2#%d/%s" % (j, part))
                        yield base, "3/1/2#%d/%s from:%s:3/1/2#%d/%s" % (
                            i, part, base, j, part)
                    except Bad:
                        pass
                yield base, "3/1/2#%d from:%s:3/1/2#%d" % (i, base, j)
        for o in others:
            for j in range(len([f for f in fields(value_at(bases[o], "3/1"))
                                if f.number == 2])):
                yield base, "3/1/2#%d plus:%s:3/1/2#%d" % (i, o, j)
                yield base, "3/1/2#%d from:%s:3/1/2#%d" % (i, o, j)
    for o in others:
        yield base, "3/1 from:%s:3/1" % o


def repaired(base, block, shape):
    """Each field spoilt, and then all above it put right, so that the change
    meets its own rule; some of it put right, so that one check is left to fail."""
    for base, change in every_field(base, block, shape, "2/1/"):
        yield base, "%s; repair all" % change
        yield base, "%s; repair sender" % change
        if change.startswith("2/1/1/1/"):
            yield base, "%s; repair but-id" % change
        if change.count("/") < 5 or " bit:" in change:
            yield base, "%s; repair seal" % change
    for base, change in every_field(base, block, shape, "3/1"):
        yield base, "%s; repair seal" % change


def resealed(base, block):
    """What the orderers sign, changed and signed by them again."""
    for base, change in every_field(base, block, block_shape(PAYLOAD), "3/1/"):
        yield base, change + "; repair seal"
    for base, change in every_field(base, block, block_shape(PAYLOAD), "1/"):
        yield base, change + "; repair seal"


def numbered(base, named):
    """Who signs by which number, and in which of two ways."""
    for numbers in itertools.product(range(6), repeat=3):
        yield base, "; ".join("3/1/2%s/3/1 uint:%d" % (k, n) for k, n in
                              zip(("", "#1", "#2"), numbers)) + "; repair seal"
    for i, j in itertools.product(range(3), repeat=2):
        yield base, "3/1/2#%d from:%s:3/1/2#%d; repair seal" % (i, named, j)
        yield base, "3/1/2#%d plus:%s:3/1/2#%d; repair seal" % (i, named, j)
        yield base, "3/1/2#%d del; 3/1/2 plus:%s:3/1/2#%d; repair seal" % (i, named, j)
    for big in (1 << 32, (1 << 32) + 1, (1 << 64) - 1):
        yield base, "3/1/2/3/1 uint:%d" % big


def wrapped(base, forms):
    """Certificates written otherwise, and other people's."""
    who = {"2/1/1/1/2/1": "all", "2/1/1/2/1/2/2/2/1": "all",
           "2/1/1/2/1/2/2/2#1/1": "all", "3/1/2/1/1": "seal"}
    for place, repairs in who.items():
        for form in forms:
            yield base, "%s/2 %s; repair %s" % (place, form, repairs)
        for msp in ("OneMSP", "TwoMSP", "OrdererMSP", "NoMSP", "onemsp", "OneMSP "):
            yield base, "%s/1 is:%s; repair %s" % (place, msp.encode().hex(), repairs)
            for source in PEOPLE:
                yield base, "%s/2 from:%s; %s/1 is:%s; repair %s" % (
                    place, source, place, msp.encode().hex(), repairs)
    # one signer in several forms is one signer
    for form in forms:
        endorsers = "2/1/1/2/1/2/2/2"
        yield base, "%s#1/1 from:%s:%s/1; %s#1/1/2 %s; repair all" % (
            endorsers, base, endorsers, endorsers, form)
        yield base, "%s dup; %s/1/2 %s; repair all" % (endorsers, endorsers, form)


# client, peers and orderer of the good block; the admin who asks for a new
# configuration; certification authorities, out of the configuration
MSP_OF = "2/1/1/2/1/2/2%s/2/2%s/2/3/2/2"
PEOPLE = ["m:2/1/1/1/2/1/2", "m:2/1/1/2/1/2/2/2/1/2", "m:2/1/1/2/1/2/2/2#1/1/2",
          "m:3/1/2/1/1/2", "mc:2/1/1/2/2/1/2/2/1/1/2",
          "mc:" + MSP_OF % ("", "") + "/2/2", "mc:" + MSP_OF % ("", "#1") + "/2/2",
          "mc:" + MSP_OF % ("#1", "") + "/2/2"]


GROUP = {1: U, 3: {1: TEXT, 2: {1: U, 2: B, 3: TEXT}},
         4: {1: TEXT, 2: {1: U, 2: {1: U, 2: B}, 3: TEXT}}, 5: TEXT}
GROUP[2] = {1: TEXT, 2: GROUP}
REQUEST = {1: {1: {1: CHANNEL_HEADER, 2: SIGNATURE_HEADER},
               2: {1: {1: TEXT, 2: GROUP, 3: GROUP}, 2: {1: SIGNATURE_HEADER, 2: SIG}}},
           2: B}
REQUESTED = {1: {1: CHANNEL_HEADER, 2: SIGNATURE_HEADER},
             2: {1: {1: U, 2: GROUP}, 2: REQUEST}}


def reconfigured(base, block):
    """A configuration block whose sender and orderer sign what they like; also
    with the request signed again by those who signed it."""
    for base, change in every_field(base, block, block_shape(REQUESTED), "2/1/1/",
                                    "2/1/1/2/1/2/"):
        if change.startswith("2/1/1/2/1/2/") and zlib.crc32(change.encode()) % 3:
            continue  # a third of the tree's, there are so many
        yield base, change + "; repair sender"
        if change.startswith("2/1/1/2/2/1/2/"):
            yield base, change + "; repair request"


def successors(bases, base, names):
    """For the block after the head: its header changed, and others' headers."""
    yield from every_field(base, bases[base], block_shape(PAYLOAD), "1")
    for place in ("1", "1/1", "1/2", "1/3", "2", "3", "3/1"):
        for b in names:
            yield base, "%s from:%s:%s" % (place, b, place)
    for text in ("2/1 dup; rehash", "2/1 del; rehash", "1/2 zeros", "2/1/1 bit:99; rehash",
                 "1/1 uint:5; 1/2 zeros", "1/2 zeros; 2/1/1 bit:99", "2/1 empty-before",
                 "2/1/1 bit:99; 3/1/2 del", "3/1/1 is:0a00", "3/1/2 del",
                 "3/1/1 is:0a02080012", "1/2 zeros; 2/1 unknown-before"):
        yield base, text
