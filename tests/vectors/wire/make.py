#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Vectors for docs/wire.md, made without any of the program's code.

    make.py           write the JSON files beside this one
    make.py --check   say whether they are what this script makes (exit 0 or 1)

Only the standard library. Every value is derived from fixed words, so a run
always gives the same files. Bytes are lower-case hex.
"""
import hashlib
import hmac
import json
import os
import sys


# --- encoding (docs/wire.md 1) ---------------------------------------------
class Raw(bytes):
    """Bytes that stand for themselves."""


def head_of(n, forms):
    for limit, tag, width in forms:
        if n < limit:
            return bytes([tag | n] if width == 0 else [tag]) + (
                n.to_bytes(width, "big") if width else b"")
    raise ValueError(n)


def pack(v):
    if isinstance(v, Raw):
        return bytes(v)
    if v is None:
        return b"\xc0"
    if isinstance(v, bool):
        return b"\xc3" if v else b"\xc2"
    if isinstance(v, int):
        if v >= 0:
            return head_of(v, [(1 << 7, 0, 0), (1 << 8, 0xcc, 1),
                               (1 << 16, 0xcd, 2), (1 << 32, 0xce, 4),
                               (1 << 64, 0xcf, 8)])
        for least, tag, width in [(-32, None, 1), (-(1 << 7), 0xd0, 1),
                                  (-(1 << 15), 0xd1, 2), (-(1 << 31), 0xd2, 4),
                                  (-(1 << 63), 0xd3, 8)]:
            if v >= least:
                body = v.to_bytes(width, "big", signed=True)
                return body if tag is None else bytes([tag]) + body
    if isinstance(v, str):
        b = v.encode()
        return head_of(len(b), [(32, 0xa0, 0), (1 << 8, 0xd9, 1),
                                (1 << 16, 0xda, 2), (1 << 32, 0xdb, 4)]) + b
    if isinstance(v, bytes):
        return head_of(len(v), [(1 << 8, 0xc4, 1), (1 << 16, 0xc5, 2),
                                (1 << 32, 0xc6, 4)]) + v
    if isinstance(v, list):
        return head_of(len(v), [(16, 0x90, 0), (1 << 16, 0xdc, 2),
                                (1 << 32, 0xdd, 4)]) + b"".join(map(pack, v))
    raise TypeError(type(v))


def sha(b):
    return hashlib.sha256(b).digest()


def tagged(tag, b):
    return sha(tag.encode() + b"\0" + b)


def word(text, n=32):
    """n bytes that anyone can make again from the text."""
    return sha(b"qiao vector " + text.encode())[:n]


# --- Merkle trees (RFC 9162 2.1) -------------------------------------------
def split(n):
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def node(a, b):
    return sha(b"\1" + a + b)


def root(leaves):
    if not leaves:
        return sha(b"")
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return node(root(leaves[:k]), root(leaves[k:]))


def path(i, leaves):
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if i < k:
        return path(i, leaves[:k]) + [root(leaves[k:])]
    return path(i - k, leaves[k:]) + [root(leaves[:k])]


def consistency(m, leaves, whole=True):
    n = len(leaves)
    if m == n:
        return [] if whole else [root(leaves)]
    k = split(n)
    if m <= k:
        return consistency(m, leaves[:k], whole) + [root(leaves[k:])]
    return consistency(m - k, leaves[k:], False) + [root(leaves[:k])]


def entry_leaf(entry):
    return sha(b"\0" + entry)


# --- signatures (docs/wire.md 2.2), RFC 6979 nonces, low S -----------------
class Curve:
    def __init__(self, scheme, p, a, b, n, gx, gy):
        self.scheme, self.p, self.a, self.b, self.n = scheme, p, a, b, n
        self.g = (gx, gy)

    def add(self, s, t):
        if s is None:
            return t
        if t is None:
            return s
        if s[0] == t[0]:
            if (s[1] + t[1]) % self.p == 0:
                return None
            m = (3 * s[0] * s[0] + self.a) * pow(2 * s[1], -1, self.p)
        else:
            m = (t[1] - s[1]) * pow(t[0] - s[0], -1, self.p)
        x = (m * m - s[0] - t[0]) % self.p
        return x, (m * (s[0] - x) - s[1]) % self.p

    def mul(self, k, s):
        out = None
        while k:
            if k & 1:
                out = self.add(out, s)
            s = self.add(s, s)
            k >>= 1
        return out

    def public(self, d):
        x, y = self.mul(d, self.g)
        return bytes([2 + (y & 1)]) + x.to_bytes(32, "big")

    def nonce(self, d, h):
        def mac(k, m):
            return hmac.new(k, m, hashlib.sha256).digest()
        x = d.to_bytes(32, "big")
        z = (int.from_bytes(h, "big") % self.n).to_bytes(32, "big")
        v, k = b"\1" * 32, b"\0" * 32
        for sep in (b"\0", b"\1"):
            k = mac(k, v + sep + x + z)
            v = mac(k, v)
        while True:
            v = mac(k, v)
            c = int.from_bytes(v, "big")
            if 0 < c < self.n:
                return c
            k = mac(k, v + b"\0")
            v = mac(k, v)

    def sign(self, d, tag, b):
        h = tagged(tag, b)
        k = self.nonce(d, h)
        r = self.mul(k, self.g)[0] % self.n
        s = pow(k, -1, self.n) * (int.from_bytes(h, "big") + r * d) % self.n
        s = min(s, self.n - s)
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


SECP256K1 = Curve(
    1, 2**256 - 2**32 - 977, 0, 7,
    0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141,
    0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798,
    0x483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8)
P256 = Curve(
    2, 2**256 - 2**224 + 2**192 + 2**96 - 1, -3,
    0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b,
    0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551,
    0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296,
    0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5)


class Key:
    def __init__(self, curve, name):
        self.curve, self.name = curve, name
        self.d = int.from_bytes(word("key " + name), "big") % curve.n
        self.pub = curve.public(self.d)
        self.id = tagged("qiao/key/1", bytes([curve.scheme]) + self.pub)[:16]

    def sign(self, tag, b):
        return self.curve.sign(self.d, tag, b)

    def json(self):
        return {"name": self.name, "scheme": self.curve.scheme,
                "private": self.d.to_bytes(32, "big"), "public": self.pub,
                "id": self.id}


# --- the formats -----------------------------------------------------------
NETWORK = word("network")


def chain_fabric(channel, genesis):
    return tagged("qiao/chain/1", pack(["fabric", channel, genesis]))


def chain_quorum(genesis):
    return tagged("qiao/chain/1", pack(["quorum", genesis]))


def len4(b):
    return len(b).to_bytes(4, "big")


def field_leaf(name, salt, value):
    name = name.encode()
    return sha(b"\0" + len4(name) + name + len4(salt) + salt +
               len4(value) + value)


class Fields:
    def __init__(self, fields, salt):
        self.all = [(n, salt(n), v.encode()) for n, v in sorted(
            fields.items(), key=lambda f: f[0].encode())]
        self.leaves = [field_leaf(*f) for f in self.all]
        self.root = root(self.leaves)

    def disclose(self, masks):
        out = []
        for (name, salt, value), leaf in zip(self.all, self.leaves):
            mask = masks.get(name, "clear")
            out.append([0, name, salt, value] if mask == "clear" else
                       [1, leaf] if mask == "withheld" else [2, name, leaf])
        return out

    def json(self):
        return [{"name": n, "salt": s, "value": v.decode(), "leaf": leaf}
                for (n, s, v), leaf in zip(self.all, self.leaves)]


def seed_salt(seed):
    return lambda name: hmac.new(seed, name.encode(),
                                 hashlib.sha256).digest()[:16]


def spec_salt(name):
    return sha(b"salt" + name.encode())[:16]


def head(**change):
    h = {"version": 1, "network": NETWORK, "type": "licence.business",
         "type_version": 1, "id": "LIC-0001", "issuer": "nanjing.market",
         "state": "valid", "record_version": 1, "issued": None,
         "valid_from": None, "valid_to": None, "region": None, "share": 0,
         "suite": 1, "fields": 0, "root": sha(b""), "tags": []}
    h.update(change)
    return h


def head_bytes(h):
    return pack(list(h.values()))


LICENCE = {"cert_no": "91350500MA2XN1F86K",
           "holder_name": "泉州示例商贸有限公司",
           "legal_rep_id": "350500199001010015", "legal_rep_name": "张三"}
LIST = {"author.#": "2", "author.0": "甲", "author.1": "乙", "title": "",
        "amount": "1230", "fingerprint": "00" * 32}


def make_head():
    full = head(type="ip.copyright", type_version=7, id="国作登字-2026-F-00000001",
                issuer="quanzhou.copyright", state="registered",
                record_version=2**53 - 1, issued=1781740800000, valid_from=-1,
                valid_to=253402300799999, region="350500", share=1, fields=4,
                root=word("root"),
                tags=[["a.registry", word("tag a")], ["b", word("tag b")]])
    cases = [("least", head()), ("everything", full),
             ("deleted", head(state="cancelled", record_version=2)),
             ("longest texts", head(type="t" * 64, id="i" * 128,
                                    issuer="o" * 96, state="s" * 64,
                                    share=2, fields=256, root=word("root")))]
    bad = [("other format", head(version=2), "UNSUPPORTED"),
           ("network id zero", head(network=bytes(32)), "MALFORMED"),
           ("network id short", head(network=bytes(31)), "MALFORMED"),
           ("empty type", head(type=""), "MALFORMED"),
           ("type too long", head(type="t" * 65), "LIMIT"),
           ("empty id", head(id=""), "MALFORMED"),
           ("id too long", head(id="i" * 129), "LIMIT"),
           ("NUL in the id", head(id="a\0b"), "MALFORMED"),
           ("issuer too long", head(issuer="o" * 97), "LIMIT"),
           ("state nil", head(state=None), "MALFORMED"),
           ("record version 0", head(record_version=0), "MALFORMED"),
           ("record version negative", head(record_version=-1), "MALFORMED"),
           ("issued text", head(issued="2026-01-01"), "MALFORMED"),
           ("issued beyond int64", head(issued=2**63), "LIMIT"),
           ("valid to in the year 10000", head(valid_to=253402300800000),
            "LIMIT"),
           ("issued before the year 1", head(issued=-62135596800001), "LIMIT"),
           ("record version 2^53", head(record_version=2**53), "LIMIT"),
           ("type version 2^53", head(type_version=2**53), "LIMIT"),
           ("region of five", head(region="35050"), "MALFORMED"),
           ("region of letters", head(region="35050a"), "MALFORMED"),
           ("region empty", head(region=""), "MALFORMED"),
           ("share 3", head(share=3), "LIMIT"),
           ("suite 0", head(suite=0), "MALFORMED"),
           ("suite SM3", head(suite=2), "UNSUPPORTED"),
           ("257 fields", head(fields=257, root=word("root")), "LIMIT"),
           ("root zero", head(root=bytes(32)), "MALFORMED"),
           ("registries out of order",
            head(tags=[["b", word("b")], ["a", word("a")]]), "NONCANON"),
           ("a registry twice",
            head(tags=[["a", word("b")], ["a", word("a")]]), "NONCANON"),
           ("nine tags", head(tags=[[str(i), word("t")] for i in range(9)]),
            "LIMIT"),
           ("a tag of three", head(tags=[["a", word("a"), 1]]), "MALFORMED")]
    raw = [("sixteen elements", pack(list(head().values())[:16]), "MALFORMED"),
           ("eighteen elements", pack(list(head().values()) + [0]),
            "MALFORMED"),
           ("a byte after the end", head_bytes(head()) + b"\0", "NONCANON"),
           ("a long form", head_bytes(head(type_version=Raw(b"\xcc\x01"))),
            "NONCANON"),
           ("a map", b"\x80", "NONCANON"), ("empty", b"", "NONCANON")]
    return {"cases": [dict(name=n, members=h, bytes=head_bytes(h),
                           digest=sha(head_bytes(h))) for n, h in cases],
            "refused": [dict(name=n, bytes=head_bytes(h), want=w)
                        for n, h, w in bad] +
                       [dict(name=n, bytes=b, want=w) for n, b, w in raw]}


def make_fieldtree():
    seed = word("record seed")
    sets = [("licence, salts of the specification", LICENCE, spec_salt, None),
            ("licence, salts from a seed", LICENCE, seed_salt(seed), seed),
            ("list, empty value", LIST, seed_salt(seed), seed),
            ("none", {}, spec_salt, None),
            ("one", {"a": "b"}, spec_salt, None),
            ("256", {"f%03d" % i: "v%d" % i for i in range(256)}, spec_salt,
             None)]
    out = []
    for name, fields, salt, of in sets:
        f = Fields(fields, salt)
        out.append(dict(name=name, seed=of, fields=f.json(), root=f.root))
    return {"cases": out}


def make_disclosure():
    f = Fields(LICENCE, spec_salt)
    masks = [("all clear", {}),
             ("one withheld", {"legal_rep_id": "withheld"}),
             ("one committed, one withheld",
              {"legal_rep_name": "commit", "legal_rep_id": "withheld"}),
             ("all withheld", dict.fromkeys(LICENCE, "withheld")),
             ("all committed", dict.fromkeys(LICENCE, "commit"))]
    cases = [dict(name=n, masks=[m.get(x[0], "clear") for x in f.all],
                  fields=4, root=f.root, bytes=pack(f.disclose(m)))
             for n, m in masks]
    a = f.disclose({})
    decoy = word("decoy")
    with_decoy = [a[0], [1, decoy]] + a[1:]
    decoy_root = root([f.leaves[0], decoy] + f.leaves[1:])
    cases.append(dict(name="a decoy in second place", masks=None, fields=5,
                      root=decoy_root, bytes=pack(with_decoy)))
    inner = [[1, node(f.leaves[0], f.leaves[1])],
             [1, node(f.leaves[2], f.leaves[3])]]

    def bad(name, entries, want, fields=4):
        return dict(name=name, bytes=pack(entries), want=want, fields=fields,
                    root=f.root)
    leaf = f.leaves[0]
    return {"cases": cases, "refused": [
        bad("two inner nodes pose as leaves", inner, "PROOF"),
        bad("an entry too few", a[:3], "PROOF"),
        bad("an entry too many", a + [[1, leaf]], "PROOF"),
        bad("another value", [a[0][:3] + [b"x"]] + a[1:], "PROOF"),
        bad("another salt", [[0, a[0][1], bytes(16), a[0][3]]] + a[1:],
            "PROOF"),
        bad("another name", [[0, "a", a[0][2], a[0][3]]] + a[1:], "PROOF"),
        bad("withheld leaf changed", [[1, bytes(32)]] + a[1:], "PROOF"),
        bad("names out of order", [a[1], a[0]] + a[2:], "NONCANON"),
        bad("a name twice", [a[0], a[0]] + a[2:], "NONCANON"),
        bad("committed name out of order",
            [[2, "z", leaf]] + a[1:], "NONCANON"),
        bad("encrypted entry", [[3, leaf]] + a[1:], "UNSUPPORTED"),
        bad("kind 4", [[4, leaf]] + a[1:], "MALFORMED"),
        bad("clear entry of three", [a[0][:3]] + a[1:], "MALFORMED"),
        bad("withheld entry of three", [[1, leaf, leaf]] + a[1:],
            "MALFORMED"),
        bad("salt of 15", [[0, a[0][1], bytes(15), b""]] + a[1:],
            "MALFORMED"),
        bad("salt of 17", [[0, a[0][1], bytes(17), b""]] + a[1:], "LIMIT"),
        bad("name with a capital", [[0, "A", bytes(16), b""]] + a[1:],
            "MALFORMED"),
        bad("empty name", [[0, "", bytes(16), b""]] + a[1:], "MALFORMED"),
        bad("name of 65", [[0, "a" * 65, bytes(16), b""]] + a[1:], "LIMIT"),
        bad("leaf of 31", [[1, bytes(31)]] + a[1:], "MALFORMED"),
        bad("value a text", [a[0][:3] + ["x"]] + a[1:], "MALFORMED"),
        bad("257 entries", [[1, leaf]] * 257, "LIMIT", 257),
        bad("no array", 0, "MALFORMED")]}


def position():
    return [chain_fabric("govrecords", word("genesis")), 9, word("tx"), 0]


def payload(**change):
    f = Fields(LICENCE, seed_salt(word("record seed")))
    p = {"version": 1,
         "head": head_bytes(head(fields=4, root=f.root)),
         "disclosure": f.disclose({"legal_rep_id": "withheld",
                                   "legal_rep_name": "commit"}),
         "assurance": 2, "validity": 2, "origin": 2, "position": position()}
    p.update(change)
    return p


def make_payload():
    def enc(p):
        return pack(list(p.values()))
    quorum = [chain_quorum(word("genesis")), 2**40, b"", 65535]
    cases = [("redacted, recorded", payload()),
             ("whole, live", payload(
                 disclosure=Fields(LICENCE, seed_salt(word("record seed")))
                 .disclose({}), assurance=1, validity=3, origin=1,
                 position=quorum)),
             ("deletion", payload(
                 head=head_bytes(head(state="cancelled", record_version=2)),
                 disclosure=[]))]
    tx65 = position()[:2] + [bytes(65), 0]
    zero = [bytes(32)] + position()[1:]
    bad = [("other format", payload(version=2), "UNSUPPORTED"),
           ("assurance 0", payload(assurance=0), "MALFORMED"),
           ("assurance 5", payload(assurance=5), "MALFORMED"),
           ("validity 0", payload(validity=0), "MALFORMED"),
           ("validity 4", payload(validity=4), "MALFORMED"),
           ("origin 0", payload(origin=0), "MALFORMED"),
           ("origin 3", payload(origin=3), "MALFORMED"),
           ("head of another record", payload(
               head=head_bytes(head(fields=4, root=word("other")))), "PROOF"),
           ("head that counts five", payload(head=head_bytes(head(
               fields=5, root=Fields(LICENCE, seed_salt(
                   word("record seed"))).root))), "PROOF"),
           ("head cut", payload(head=head_bytes(head())[:-1]), "NONCANON"),
           ("disclosure of another record", payload(
               disclosure=Fields(LIST, spec_salt).disclose({})), "PROOF"),
           ("disclosure packed twice", payload(
               disclosure=pack([])), "MALFORMED"),
           ("transaction id of 65", payload(position=tx65), "LIMIT"),
           ("source chain zero", payload(position=zero), "MALFORMED"),
           ("position of three", payload(position=position()[:3]),
            "MALFORMED"),
           ("height of 2^53", payload(
               position=[position()[0], 2**53, b"", 0]), "LIMIT"),
           ("item index of 2^32", payload(
               position=[position()[0], 9, b"", 2**32]), "LIMIT")]
    return {"cases": [dict(name=n, members=p, bytes=enc(p),
                           digest=tagged("qiao/payload/1", enc(p)))
                      for n, p in cases],
            "refused": [dict(name=n, bytes=enc(p), want=w)
                        for n, p, w in bad] +
                       [dict(name="a byte after the end",
                             bytes=enc(payload()) + b"\0", want="NONCANON")]}


def transfer(**change):
    t = {"network": NETWORK, "source": position()[0], "height": 9,
         "tx": word("tx"), "index": 0, "destination": chain_quorum(
             word("genesis")), "to_org": "province.data",
         "action": "forward", "purpose": "licence-index", "request": None,
         "attempt": 0}
    t.update(change)
    return t


def make_transfer():
    def enc(t):
        return pack(list(t.values()))
    cases = [("push", transfer()), ("redelivered", transfer(attempt=1)),
             ("pull", transfer(action="query", request=word("request", 16))),
             ("from an in-house ledger", transfer(
                 source=chain_quorum(word("other genesis")), height=2**33,
                 tx=b"", index=65535))]
    bad = [("network id zero", transfer(network=bytes(32)), "MALFORMED"),
           ("source zero", transfer(source=bytes(32)), "MALFORMED"),
           ("destination zero", transfer(destination=bytes(32)),
            "MALFORMED"),
           ("transaction id of 65", transfer(tx=bytes(65)), "LIMIT"),
           ("no organisation", transfer(to_org=""), "MALFORMED"),
           ("no action", transfer(action=""), "MALFORMED"),
           ("no purpose", transfer(purpose=""), "MALFORMED"),
           ("purpose too long", transfer(purpose="p" * 65), "LIMIT"),
           ("request id of 15", transfer(request=bytes(15)), "MALFORMED"),
           ("attempt negative", transfer(attempt=-1), "MALFORMED"),
           ("attempt of 2^32", transfer(attempt=1 << 32), "LIMIT"),
           ("index of 2^32", transfer(index=1 << 32), "LIMIT"),
           ("height of 2^53", transfer(height=1 << 53), "LIMIT")]
    return {"cases": [dict(name=n, members=t, bytes=enc(t),
                           id=tagged("qiao/transfer/1", enc(t)))
                      for n, t in cases],
            "refused": [dict(name=n, bytes=enc(t), want=w)
                        for n, t, w in bad] +
                       [dict(name="ten elements",
                             bytes=pack(list(transfer().values())[:10]),
                             want="MALFORMED")]}


KEYS = [Key(SECP256K1, "nanjing gateway"), Key(SECP256K1, "validator 1"),
        Key(SECP256K1, "validator 2"), Key(P256, "validator 3"),
        Key(P256, "issuer")]


def make_identity():
    genesis = word("genesis")
    arrays = [["fabric", "govrecords", genesis], ["quorum", genesis],
              ["fisco", "chain0", "group0", genesis]]
    signed = [("qiao/envelope/1", b""), ("qiao/record/1", b"abc"),
              ("qiao/quorum/header/1", bytes(range(256)))]
    return {"chains": [dict(array=a, bytes=pack(a),
                            identity=tagged("qiao/chain/1", pack(a)))
                       for a in arrays],
            "keys": [k.json() for k in KEYS],
            "signatures": [dict(key=k.name, tag=t, bytes=b,
                                digest=tagged(t, b), signature=k.sign(t, b))
                           for k in KEYS for t, b in signed]}


def make_merkle():
    entries = [b"", b"\0", b"\x10", b"\x20\x21", b"\x30\x31",
               b"\x40\x41\x42\x43", bytes(range(0x50, 0x58)),
               bytes(range(0x60, 0x70))] + [b"entry %d" % i
                                            for i in range(8, 17)]
    leaves = [entry_leaf(e) for e in entries]
    trees = [dict(size=n, root=root(leaves[:n]),
                  paths=[path(i, leaves[:n]) for i in range(n)])
             for n in range(len(leaves) + 1)]
    proofs = [dict(m=m, n=n, proof=consistency(m, leaves[:n]))
              for n in range(1, len(leaves) + 1) for m in range(1, n + 1)]
    return {"entries": entries, "leaves": leaves, "trees": trees,
            "consistency": proofs}


def make_envelope():
    gateway = KEYS[0]
    items = [pack([1, position()[0], 10, []]), pack([2, b"second"])]

    def refused(name, want, **change):
        env = dict(case("", items, 1, None)["members"], **change)
        return dict(name=name, bytes=pack(list(env.values())), want=want)

    def case(name, items, kind, reply_to):
        items_root = root([entry_leaf(i) for i in items])
        env = {"version": 1, "network": NETWORK, "kind": kind,
               "sender": "gw.nanjing", "sender_key": gateway.id,
               "receiver": "gw.province", "message": word("message", 16),
               "sent": 1764000000000, "expires": 1764000060000,
               "count": len(items), "items_root": items_root,
               "audit_size": 12, "audit_root": word("audit root"),
               "reply_to": reply_to}
        b = pack(list(env.values()))
        sig = gateway.sign("qiao/envelope/1", b)
        return dict(name=name, members=env, items=items, bytes=b,
                    request=tagged("qiao/request/1", b), signature=sig,
                    message=pack([b, sig, items]))
    ask = case("headers, two items", items, 1, None)
    return {"key": gateway.name, "cases": [
        ask, case("reply without items", [], 1, ask["request"]),
        case("refusal", [pack([1, -9, "bad signature"])], 7,
             ask["request"])],
        "refused": [
            refused("other version", "UNSUPPORTED", version=2),
            refused("expires when it was sent", "MALFORMED",
                    expires=1764000000000),
            refused("lives for more than 600 s", "LIMIT",
                    expires=1764000600001),
            refused("sent in the year 10000", "LIMIT", sent=253402300800000),
            refused("audit size of 2^53", "LIMIT", audit_size=2**53),
            refused("513 items", "LIMIT", count=513),
            refused("no sender", "MALFORMED", sender=""),
            refused("capitals in the receiver", "MALFORMED",
                    receiver="GW.province"),
            refused("message id of 15", "MALFORMED", message=bytes(15)),
            refused("reply-to of 31", "MALFORMED", reply_to=bytes(31))]}


def quorum_set(keys, threshold):
    rows = sorted([k.curve.scheme, k.pub, w] for k, w in keys)
    return [1, threshold, rows]


def quorum_header(height, prev, body, signs, after):
    return {"version": 1, "chain": "province", "height": height,
            "previous": prev, "time": 1764000000000 + height * 1000,
            "leaves": len(body),
            "records_root": root([entry_leaf(x) for x in body]),
            "set": signs, "next_set": after}


def make_quorum():
    first = [(KEYS[1], 1), (KEYS[2], 1), (KEYS[3], 2)]
    second = first[1:]
    sets = [quorum_set(first, 3), quorum_set(second, 3)]
    hashes = [tagged("qiao/quorum/set/1", pack(s)) for s in sets]
    issuer, f = KEYS[4], Fields(LICENCE, spec_salt)
    h = head_bytes(head(fields=4, root=f.root))
    genesis = quorum_header(0, bytes(32), [], hashes[0], hashes[0])
    identity = chain_quorum(tagged("qiao/quorum/header/1",
                                   pack(list(genesis.values()))))
    pay = pack(list(payload().values()))
    tid = tagged("qiao/transfer/1", pack(list(transfer().values())))
    leaves = [[1, h, issuer.curve.scheme, issuer.pub,
               issuer.sign("qiao/record/1", identity + h)],
              [2, tid, tagged("qiao/payload/1", pay), position()[0],
               KEYS[0].id, pay],
              [3, word("usage"), tagged("qiao/payload/1", b"u"), KEYS[0].id,
               b"u"],
              [4, word("anchor"), tagged("qiao/payload/1", b""), KEYS[0].id,
               b""]]
    packed = [pack(leaf) for leaf in leaves]
    blocks = [([], 0, 0), (packed, 0, 1), (packed[:1], 1, 1)]
    headers, prev = [], bytes(32)
    for height, (body, signs, after) in enumerate(blocks):
        members = quorum_header(height, prev, body, hashes[signs],
                                hashes[after])
        b = pack(list(members.values()))
        rows = sets[signs][2]
        by_pub = {k.pub: k for k in KEYS}
        sigs = [[i, by_pub[r[1]].sign("qiao/quorum/header/1", b)]
                for i, r in enumerate(rows)]
        nxt = pack(sets[after]) if after != signs else None
        prev = tagged("qiao/quorum/header/1", b)
        headers.append(dict(
            members=members, bytes=b, hash=prev,
            claim=pack([b, sigs, nxt]), block=pack([1, height, body]),
            proofs=[pack([2, height, i, x, path(i, [entry_leaf(y)
                                                    for y in body])])
                    for i, x in enumerate(body)]))
    return {"network": NETWORK,
            "sets": [dict(bytes=pack(s), hash=x)
                     for s, x in zip(sets, hashes)],
            "leaves": packed, "headers": headers,
            "identity": identity}


FILES = {"head.json": make_head, "fieldtree.json": make_fieldtree,
         "disclosure.json": make_disclosure, "payload.json": make_payload,
         "transfer.json": make_transfer, "identity.json": make_identity,
         "merkle.json": make_merkle, "envelope.json": make_envelope,
         "quorum.json": make_quorum}


def to_json(v):
    if isinstance(v, bytes):
        return v.hex()
    if isinstance(v, dict):
        return {k: to_json(x) for k, x in v.items()}
    if isinstance(v, (list, tuple)):
        return [to_json(x) for x in v]
    return v


def main():
    here, stale = os.path.dirname(os.path.abspath(__file__)), 0
    for name, make in FILES.items():
        text = json.dumps(to_json(make()), ensure_ascii=False, indent=1)
        text, file = text + "\n", os.path.join(here, name)
        if "--check" not in sys.argv:
            with open(file, "w", encoding="utf-8") as f:
                f.write(text)
            continue
        with open(file, encoding="utf-8") as f:
            if f.read() != text:
                print(name + ": differs")
                stale = 1
    return stale


if __name__ == "__main__":
    sys.exit(main())
