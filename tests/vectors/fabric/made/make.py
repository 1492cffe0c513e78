#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A small Raft channel whose keys we have, to make what honest nodes do not.

    make.py           write the blocks and cases.json beside this script
    make.py --check   say whether they are what this script makes (exit 0 or 1)

Needs the `cryptography` package. Keys and nonces come from fixed words, ECDSA
is deterministic, so a run always gives the same files. Shares no code with the
program. Message numbers: fabric-protos.
"""
import datetime
import hashlib
import json
import os
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import (
    Prehashed, decode_dss_signature, encode_dss_signature)
from cryptography.x509.oid import NameOID

HERE = os.path.dirname(os.path.abspath(__file__))
CHANNEL = "madechannel"
N = int("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", 16)
DAY = datetime.timedelta(days=1)
T0 = datetime.datetime(2024, 1, 1)


# --- protocol buffers --------------------------------------------------------
def varint(n):
    out = bytearray()
    while n >= 0x80:
        out.append(n & 0x7f | 0x80)
        n >>= 7
    out.append(n)
    return bytes(out)


def field(number, value):
    if isinstance(value, str):
        value = value.encode()
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def msg(*pairs):
    """Pairs of number and value in order; zero numbers, None, are left out."""
    out = b""
    for number, value in pairs:
        if value is None or (isinstance(value, int) and value == 0):
            continue
        out += field(number, value)
    return out


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


# --- keys and certificates ---------------------------------------------------
CURVES = {"p256": ec.SECP256R1(), "p384": ec.SECP384R1(), "p521": ec.SECP521R1()}
# of the base points: FIPS 186-4 D.1.2, RFC 8032 5.1
ORDERS = {"secp256r1": N, "secp384r1": int(
    "ffffffffffffffffffffffffffffffffffffffffffffffff"
    "c7634d81f4372ddf581a0db248b0a77aecec196accc52973", 16), "secp521r1": int(
    "1" + "f" * 65 + "a51868783bf2f966b7fcc0148f709a5d0"
    "3bb5c9b8899c47aebb6fb71e91386409", 16)}
ED_ORDER = 2 ** 252 + 27742317777372353535851937790883648493
SHA3 = set()  # public keys whose MSP has the family SHA3


def key(word, kind="p256"):
    seed = sha256(b"qiao made " + word.encode())
    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.from_private_bytes(seed)
    return ec.derive_private_key(int.from_bytes(seed, "big") % (N - 1) + 1, CURVES[kind])


def public(k):
    return k.public_key().public_bytes(serialization.Encoding.DER,
                                       serialization.PublicFormat.SubjectPublicKeyInfo)


def sign(k, *parts, high_s=False, tail=b"", long_form=False, family=None):
    if isinstance(k, ed25519.Ed25519PrivateKey):
        sig = k.sign(b"".join(parts))
        s = int.from_bytes(sig[32:], "little") + (ED_ORDER if high_s else 0)
        return sig[:32] + s.to_bytes(32, "little") + tail
    sha3 = public(k) in SHA3 if family is None else family == "SHA3"
    algorithm = hashes.SHA3_256() if sha3 else hashes.SHA256()
    digest = hashes.Hash(algorithm)
    digest.update(b"".join(parts))
    der = k.sign(digest.finalize(), ec.ECDSA(Prehashed(algorithm), deterministic_signing=True))
    r, s = decode_dss_signature(der)
    order = ORDERS[k.curve.name]
    if (s > order // 2) != high_s:
        s = order - s
    der = encode_dss_signature(r, s)
    if long_form:
        der = der[:1] + b"\x81" + der[1:]
    return der + tail


def name(cn, ous=()):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, cn)] + [
        x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, ou) for ou in ous])


class Cert:
    def __init__(self, cn, ous=(), issuer=None, ca=False, word=None, start=T0,
                 days=3650, signer=None, kind="p256"):
        self.key = key(word or cn, kind)
        signer = signer or (issuer.key if issuer else self.key)
        b = (x509.CertificateBuilder()
             .subject_name(name(cn, ous))
             .issuer_name(issuer.cert.subject if issuer else name(cn, ous))
             .public_key(self.key.public_key())
             .serial_number(int.from_bytes(sha256(cn.encode())[:8], "big") >> 1)
             .not_valid_before(start).not_valid_after(start + days * DAY))
        if ca:
            b = b.add_extension(x509.BasicConstraints(True, None), True)
            b = b.add_extension(x509.KeyUsage(False, False, False, False, False,
                                              True, True, False, False), True)
            b = b.add_extension(x509.SubjectKeyIdentifier.from_public_key(
                self.key.public_key()), False)
        self.cert = b.sign(signer, hashes.SHA256(), ecdsa_deterministic=True)
        self.der = self.cert.public_bytes(serialization.Encoding.DER)
        self.pem = self.cert.public_bytes(serialization.Encoding.PEM)

    def other_s(self):
        """The same certificate with the other S in the CA's signature."""
        r, s = decode_dss_signature(self.cert.signature)
        return pem_of(self.der, encode_dss_signature(r, N - s))


def der_len(n):
    return bytes([n]) if n < 128 else b"\x82" + n.to_bytes(2, "big") \
        if n > 255 else bytes([0x81, n])


def pem_of(der, sig):
    cert = x509.load_der_x509_certificate(der)
    tbs = cert.tbs_certificate_bytes
    alg = bytes.fromhex("300a06082a8648ce3d040302")
    bits = b"\x03" + der_len(len(sig) + 1) + b"\x00" + sig
    body = tbs + alg + bits
    new = x509.load_der_x509_certificate(b"\x30" + der_len(len(body)) + body)
    return new.public_bytes(serialization.Encoding.PEM)


class Org:
    def __init__(self, mspid, kind="p256", family=None, word=""):
        self.mspid, self.family = mspid, family
        self.root = Cert("ca." + mspid + word, ca=True)
        for role in ("client", "peer", "admin", "orderer"):
            cert = Cert("%s.%s%s" % (role, mspid, word), [role], self.root, kind=kind)
            setattr(self, role, cert)
            if family == "SHA3":
                SHA3.add(public(cert.key))

    def msp(self, roots=None, intermediates=(), crls=(), node_ous=True, admins=()):
        ous = msg((1, 1), *[(i, msg((2, ou))) for i, ou in
                            ((2, "client"), (3, "peer"), (4, "admin"), (5, "orderer"))])
        inner = msg((1, self.mspid), *[(2, c.pem) for c in roots or [self.root]],
                    *[(3, c.pem) for c in intermediates],
                    *[(4, c.pem) for c in admins], *[(5, c) for c in crls],
                    (8, msg((1, self.family)) if self.family else None),
                    (11, ous if node_ous else None))
        return msg((2, inner))


def identity(mspid, pem):
    return msg((1, mspid), (2, pem))


ORD, ONE, TWO = Org("OrdererMSP"), Org("OneMSP"), Org("TwoMSP")


# --- configuration -----------------------------------------------------------
MEMBER, ADMIN, CLIENT, PEER, ORDERER = range(5)


def role(mspid, r):
    return msg((2, msg((1, mspid), (2, r))))


def signed_by(i):
    return field(1, i)  # a oneof: zero is written too


def n_out_of(n, rules):
    return msg((2, msg((1, n), *[(2, r) for r in rules])))


def sig_policy(rule, principals):
    return msg((1, 1), (2, msg((2, rule), *[(3, p) for p in principals])))


def one_of(*principals):
    return sig_policy(n_out_of(1, [signed_by(i) for i in range(len(principals))]),
                      principals)


def implicit(rule, sub):
    return msg((1, 3), (2, msg((1, sub), (2, rule))))


ANY, ALL, MAJORITY = range(3)


class Group:
    def __init__(self, groups=None, values=None, policies=None, version=0,
                 mod="Admins"):
        self.groups, self.values = groups or {}, values or {}
        self.policies, self.version, self.mod = policies or {}, version, mod

    def encode(self):
        return msg(
            (1, self.version),
            *[(2, msg((1, k), (2, g.encode()))) for k, g in sorted(self.groups.items())],
            *[(3, msg((1, k), (2, msg((1, v[0]), (2, v[1]), (3, "Admins")))))
              for k, v in sorted(self.values.items())],
            *[(4, msg((1, k), (2, msg((1, v[0]), (2, v[1]), (3, "Admins")))))
              for k, v in sorted(self.policies.items())],
            (5, self.mod))

    def copy(self):
        return Group({k: g.copy() for k, g in self.groups.items()},
                     dict(self.values), dict(self.policies), self.version, self.mod)


def capabilities(*words):
    return msg(*[(1, msg((1, w), (2, b""))) for w in words])


def org_group(org, r):
    p = {"Readers": (0, one_of(role(org.mspid, MEMBER))),
         "Writers": (0, one_of(role(org.mspid, ADMIN), role(org.mspid, r))),
         "Admins": (0, one_of(role(org.mspid, ADMIN))),
         "Endorsement": (0, one_of(role(org.mspid, PEER)))}
    return Group(values={"MSP": (0, org.msp())}, policies=p)


def base_config(one=ONE, two=TWO, capability="V2_0"):
    meta = {"Readers": (0, implicit(ANY, "Readers")),
            "Writers": (0, implicit(ANY, "Writers")),
            "Admins": (0, implicit(MAJORITY, "Admins"))}
    orderer = Group({"OrdererOrg": org_group(ORD, ORDERER)}, {
        "ConsensusType": (0, msg((1, "etcdraft"))),
        "BatchSize": (0, msg((1, 10), (2, 1000000), (3, 500000))),
        "Capabilities": (0, capabilities("V2_0"))},
        dict(meta, BlockValidation=(0, implicit(ANY, "Writers"))))
    application = Group(
        {"One": org_group(one, CLIENT), "Two": org_group(two, CLIENT)},
        {"Capabilities": (0, capabilities("V2_0"))},
        dict(meta, Endorsement=(0, implicit(MAJORITY, "Endorsement")),
             LifecycleEndorsement=(0, implicit(MAJORITY, "Endorsement"))))
    return Group({"Orderer": orderer, "Application": application}, {
        "HashingAlgorithm": (0, msg((1, "SHA256"))),
        "BlockDataHashingStructure": (0, msg((1, 0xffffffff))),
        "Capabilities": (0, capabilities(capability))}, meta)


def at(config, path):
    for step in path:
        config = config.groups[step]
    return config


def request(path, member, signers, version=1, read_version=0, policy=False,
            extra=None, channel=CHANNEL, skip_signature=False):
    """last_update that sets a value (or policy) at a path to a new version."""
    def nest(leaf):
        g = leaf
        for step in reversed(path):
            g = Group({step: g}, mod="")
        return g
    new = {member[0]: (version, member[1])}
    write = nest(Group(policies=new, mod="") if policy else Group(values=new, mod=""))
    read = nest(Group(version=read_version, mod=""))
    update = msg((1, channel), (2, read.encode()), (3, write.encode()))
    sigs = []
    for org, cert in signers:
        header = msg((1, identity(org.mspid, cert.pem)), (2, b"nonce"))
        sigs.append(msg((1, header), (2, b"\x30\x00" if skip_signature else
                                      sign(cert.key, header, update))))
    payload = msg((1, msg((1, msg((1, 2), (4, channel))))),
                  (2, msg((1, update), *[(2, s) for s in sigs])))
    return msg((1, payload), (2, b"unchecked"))


def config_entry(config, sequence, update, channel=CHANNEL, sender=(ORD, ORD.orderer),
                 sig=None):
    data = msg((1, msg((1, sequence), (2, config.encode()))), (2, update))
    return envelope(data, 1, sender, channel=channel, tx_id="", sig=sig)


# --- transactions --------------------------------------------------------------
def envelope(data, htype=3, creator=(ONE, ONE.client), channel=CHANNEL, nonce=b"nonce",
             tx_id=None, epoch=0, extension=None, creator_bytes=None, sig=None,
             header_extra=b"", payload_extra=b"", split_header=False, signer=None, **how):
    who = creator_bytes if creator_bytes is not None else \
        identity(creator[0].mspid, creator[1].pem)
    if tx_id is None:
        tx_id = sha256(nonce, who).hex()
    ch = msg((1, htype), (4, channel), (5, tx_id or None), (6, epoch),
             (7, extension)) + header_extra
    sh = msg((1, who or None), (2, nonce or None))
    if split_header:  # one message in two pieces: Go joins them
        payload = field(1, msg((1, ch))) + field(1, msg((2, sh)))
    else:
        payload = field(1, msg((1, ch), (2, sh)))
    payload += msg((2, data)) + payload_extra
    return field(1, payload) + field(2, sig or sign((signer or creator[1]).key, payload, **how))


def rwset(namespace, writes, more=(), collection=None):
    kv = msg(*[(3, msg((1, k), (2, d), (3, v))) for k, d, v in writes])
    first = [(2, msg((1, namespace), (2, kv or None),
                     (3, collection)))]
    return msg(*(first + [(2, m) for m in more]))


WRITE = [("key", 0, b"value")]


class Tx:
    """A transaction, each part of which can be spoilt."""
    count = 0

    def __init__(self, **o):
        self.o = o
        Tx.count += 1

    def build(self):
        o = self.o
        creator = o.get("creator", (ONE, ONE.client))
        who = o.get("creator_bytes", identity(creator[0].mspid, creator[1].pem))
        nonce = o.get("nonce", b"nonce %d" % Tx.count)
        sh = msg((1, who), (2, nonce))
        ext = o.get("extension", msg((2, msg((2, o.get("chaincode", "cc"))))))
        tx_id = o.get("tx_id", sha256(nonce, who).hex())
        ch = msg((1, 3), (4, o.get("channel", CHANNEL)), (5, tx_id), (7, ext)) + \
            o.get("header_extra", b"")
        proposal = o.get("proposal", b"what was asked for")
        results = o.get("results", rwset("cc", WRITE))
        action = o.get("action", msg(
            (1, results), (2, o.get("event")), (3, msg((1, 200))),
            (4, o.get("ran", msg((2, "cc"), (3, "1.0"))))))
        phash = o.get("hash", sha256(ch, sh, proposal))
        prp = msg((1, phash), (2, action or None))
        ends = b""
        for org, cert, *how in o.get("endorsers", [(ONE, ONE.peer), (TWO, TWO.peer)]):
            how = how[0] if how else {}
            ident = identity(how.get("as", org.mspid), how.get("pem", cert.pem))
            key_ = how.get("key", cert.key)
            ends += field(2, msg((1, ident), (2, how.get("sig") or
                                  sign(key_, prp, ident, **how.get("sign", {})))))
        endorsed = field(1, prp) + ends
        if o.get("split_endorsed"):
            cap = msg((1, proposal)) + field(2, field(1, prp)) + field(2, ends)
        else:
            cap = msg((1, proposal), (2, endorsed))
        cap = o.get("cap", cap)
        one = field(1, msg((1, o.get("action_header", sh)), (2, cap or None)))
        data = o.get("data", one * o.get("actions", 1))
        return envelope(data, 3, creator, o.get("channel", CHANNEL), nonce, tx_id,
                        extension=ext, creator_bytes=who,
                        header_extra=o.get("header_extra", b""), **o.get("how", {}))


def tx(**o):
    return Tx(**o).build()


# --- blocks --------------------------------------------------------------------
def der_int(n):
    b = n.to_bytes(n.bit_length() // 8 + 1, "big")
    return b"\x02" + bytes([len(b)]) + b


def header_der(number, previous, data_hash):
    body = der_int(number) + b"\x04" + bytes([len(previous)]) + previous + \
        b"\x04" + bytes([len(data_hash)]) + data_hash
    return b"\x30" + bytes([len(body)]) + body


class Block:
    def __init__(self, number, previous, entries, last=0, signers=((ORD, ORD.orderer),),
                 value=None, unknown=b""):
        data_hash = sha256(*entries)
        der = header_der(number, previous, data_hash)
        self.hash = sha256(der)
        self.number = number
        if value is None:
            value = field(1, msg((1, last)))
        slot = msg((1, value or None))
        for who, cert, *how in signers:  # an Org, or the number of a consenter
            how = how[0] if how else {}
            by_number = isinstance(who, int)
            sh = msg((1, who), (2, b"block nonce")) if by_number else \
                msg((1, identity(who.mspid, cert.pem)), (2, b"block nonce"))
            sh = how.get("header", sh)
            sig = sign(how.get("key", cert.key), value, sh, der,
                       high_s=how.get("high_s", False))
            slot += field(2, msg((2, sig), (3, sh)) if by_number else
                          msg((1, sh), (2, sig), (3, how.get("number"))))
        self.bytes = msg(
            (1, msg((1, number), (2, previous or None), (3, data_hash)))) + \
            field(2, msg(*[(1, e) for e in entries])) + \
            field(3, field(1, slot) + field(1, b"") + field(1, b"")) + unknown


FILES, CASES = {}, []


def put(fname, block):
    FILES[fname + ".block"] = block.bytes
    return block


BASE = base_config()


def genesis(config):
    return Block(0, b"", [msg((1, msg(
        (1, msg((1, msg((1, 1), (4, CHANNEL))), (2, msg((2, b"n"))))),
        (2, msg((1, msg((2, config.encode()))))))))], signers=(), value=b"")


GENESIS = put("genesis", genesis(BASE))


def case(fname, block, want, flags=None, records=None, chain=(), genesis="genesis"):
    """want: accept, or the word of the refusal."""
    put(fname, block)
    CASES.append({"genesis": genesis + ".block", "file": fname + ".block", "want": want,
                  "flags": flags or [], "records": records or 0,
                  "chain": [c + ".block" for c in chain]})


def first(entries, genesis=GENESIS, **how):
    return Block(1, genesis.hash, entries, **how)


def good():
    return tx()


def transactions():
    """Every code that a peer gives, one entry each; block 1."""
    bad_key = rwset("cc", [])[:0] + msg((2, msg((1, "cc"), (2, field(
        3, b"\x0a\x02\xff\xfe")))))
    two_ns = msg((2, msg((1, "cc"))), (2, msg((1, "cc"))))
    same = b"the same nonce"
    stranger = Cert("stranger", ["client"], ONE.root, signer=key("impostor"))
    entries = [
        (0, good()),
        (2, field(1, b"\xff\xff") + field(2, b"x")),
        (3, field(1, msg((2, b"no header"))) + field(2, b"x")),
        (3, envelope(b"x", 9)),
        (3, envelope(b"x", 3, epoch=1)),
        (3, envelope(b"x", 3, nonce=b"")),
        (3, envelope(b"x", 3, creator_bytes=b"")),
        (3, envelope(b"x", 3, header_extra=field(4, b"\xff"))),
        (4, envelope(b"x", 3, creator_bytes=b"\xff")),
        (4, tx(creator_bytes=identity("NoMSP", ONE.client.pem))),
        (4, tx(creator_bytes=identity("TwoMSP", ONE.client.pem))),
        (4, tx(how={"sig": sign(ONE.client.key, b"something else")})),
        (4, tx(how={"high_s": True})),
        (4, tx(how={"long_form": True})),
        (0, tx(how={"tail": b"ignored"})),
        (4, tx(channel="otherchannel")),
        (7, envelope(b"x", 2)),
        (8, tx(tx_id="00" * 32)),
        (8, tx(tx_id="")),
        (5, tx(actions=0, data=b"")),
        (5, tx(actions=2)),
        (5, tx(data=b"\xff")),
        (5, tx(data=field(1, b""))),              # TransactionAction without payload
        (5, tx(cap=b"")),
        (5, tx(cap=msg((1, b"no action")))),      # ChaincodeActionPayload without action
        (5, tx(hash=b"\0" * 32)),
        (5, tx(hash=b"")),
        (5, tx(proposal=b"", hash=sha256(b""))),
        (5, tx(action_header=b"")),
        (5, tx(action_header=b"\xff")),
        (19, tx(extension=b"\xff")),
        (21, tx(action=b"")),
        (21, tx(action=b"\xff")),
        (22, tx(results=b"\xff")),
        (22, tx(results=bad_key)),
        (255, tx(extension=b"")),
        (255, tx(action=msg((1, rwset("cc", WRITE))))),
        (25, tx(ran=msg((2, "dd"), (3, "1.0")))),
        (25, tx(ran=msg((2, "cc")))),
        (25, tx(extension=msg((2, msg((1, "path")))), ran=msg((3, "1.0")))),
        (255, tx(event=msg((1, "dd"), (3, "e")))),
        (255, tx(event=b"\xff")),
        (0, tx(event=msg((1, "cc"), (3, "e")))),
        (23, tx(results=two_ns)),
        # endorsements under AND('OneMSP.peer','TwoMSP.peer')
        (10, tx(endorsers=[])),
        (10, tx(endorsers=[(ONE, ONE.peer)])),
        (10, tx(endorsers=[(ONE, ONE.peer), (ONE, ONE.peer)])),
        (10, tx(endorsers=[(ONE, ONE.peer), (TWO, TWO.client)])),
        (10, tx(endorsers=[(ONE, ONE.peer), (ONE, ONE.peer, {"as": "TwoMSP"})])),
        (10, tx(endorsers=[(ONE, ONE.peer), (TWO, TWO.peer, {"key": ONE.peer.key})])),
        (10, tx(endorsers=[(ONE, ONE.peer), (TWO, TWO.peer, {"sig": b"0"})])),
        (0, tx(endorsers=[(TWO, TWO.peer, {"sig": b"0"}), (ONE, ONE.peer),
                          (TWO, TWO.peer)])),
        (0, tx(endorsers=[(TWO, TWO.peer), (ORD, ORD.peer), (ONE, ONE.peer)])),
        # another namespace: the channel's Endorsement, a majority of two
        (0, tx(results=rwset("dd", WRITE))),
        # the invoked chaincode has its policy even if it writes nothing
        (10, tx(results=rwset("dd", WRITE), endorsers=[(TWO, TWO.peer)])),
        # _lifecycle is no record; an organisation's implicit collection
        (0, tx(results=rwset("_lifecycle", WRITE))),
        (0, tx(chaincode="_lifecycle", ran=msg((2, "_lifecycle"), (3, "s")),
               endorsers=[(TWO, TWO.peer)], results=rwset("_lifecycle", [], collection=msg(
                   (1, "_implicit_org_TwoMSP"), (2, msg((2, msg((1, b"h"))))))))),
        (10, tx(chaincode="_lifecycle", ran=msg((2, "_lifecycle"), (3, "s")),
                endorsers=[(TWO, TWO.peer)], results=rwset("_lifecycle", [], collection=msg(
                    (1, "_implicit_org_OneMSP"), (2, msg((2, msg((1, b"h"))))))))),
        # written twice: uncertain without a delete; an empty value deletes
        (0, tx(results=rwset("cc", [("k", 0, b"1"), ("k", 0, b"2")]))),
        (0, tx(results=rwset("cc", [("k", 0, b"1"), ("k", 1, None), ("a", 0, None)]))),
        # one transaction id twice in a block: the first that is endorsed
        (10, tx(nonce=same, endorsers=[])),
        (0, tx(nonce=same)),
        (9, tx(nonce=same)),
        # encodings that Go takes
        (0, tx(split_endorsed=True)),
        (0, tx(how={"split_header": True})),
        (0, tx(how={"payload_extra": field(99, b"unknown")})),
        (0, tx(header_extra=b"\xa8\x06\x81\x00")),  # number not minimal
        (0, tx() + field(99, b"unknown fields may follow")),
        (4, tx(creator=(ONE, stranger))),
    ]
    # field 901, groups in groups: skipped, however deep Go goes
    entries.append((0, tx() + varint(901 << 3 | 3) * 5000 + varint(901 << 3 | 4) * 5000))
    ok = [i for i, (code, _) in enumerate(entries) if code == 0]
    # _lifecycle (2 entries) and the key written twice give none, the deletes two
    case("codes", first([e for _, e in entries]), "accept",
         [code for code, _ in entries], len(ok) - 3 + 1)


def identities():
    """Creators and endorsers, good and bad; block 1."""
    r = ONE.root
    late_ca = Cert("late", ["client"], r, start=T0 - 400 * DAY, days=9000)
    expired = Cert("expired", ["client"], r, days=1)
    future = Cert("future", ["client"], r, start=T0 + 3000 * DAY, days=10)
    past_ca = Cert("past", ["client"], r, start=T0 + 4000 * DAY, days=10)
    two_roles = Cert("tworoles", ["client", "peer"], r)
    no_role = Cert("norole", ["department"], r)
    role_and = Cert("roleand", ["department", "client"], r)
    no_ou = Cert("noou", [], r)
    sub_ca = Cert("subca", ["client"], r, ca=True)
    below = Cert("below", ["client"], sub_ca)
    impostor = Cert("ca.OneMSP", ca=True, word="impostor ca")
    forged = Cert("forged", ["client"], impostor)
    self_made = Cert("selfmade", ["client"])
    peer2 = Cert("peer2.OneMSP", ["peer"], r)

    def by(cert, pem=None):
        return tx(creator=(ONE, cert), creator_bytes=identity("OneMSP", pem or cert.pem))

    lines = ONE.client.pem.decode().strip().split("\n")
    label = ONE.client.pem.replace(b"CERTIFICATE", b"ANY LABEL")
    entries = [
        (0, by(ONE.client)), (0, by(ONE.peer)), (0, by(ONE.orderer)),
        (0, by(expired)), (0, by(future)),
        (4, by(late_ca)),           # dated before its CA
        (4, by(past_ca)),           # after its CA's end
        (4, by(two_roles)), (4, by(no_role)), (4, by(no_ou)), (0, by(role_and)),
        (4, by(sub_ca)),            # a CA is no identity
        (4, by(r)),
        (4, by(below)),             # its issuer is not configured
        (4, by(forged)), (4, by(self_made)),
        (0, by(ONE.client, b"some text\n" + ONE.client.pem + b"more text\n")),
        (0, by(ONE.client, label)),
        (4, by(ONE.client, ONE.client.pem[:-30])),
        (4, by(ONE.client, b"\n")),
        (4, by(ONE.client, "\n".join(lines[1:-1]).encode())),
        (0, by(ONE.client, ONE.client.other_s())),
        # one peer under two forms of its certificate signs once
        (10, tx(chaincode="two", ran=msg((2, "two"), (3, "1")), results=rwset("two", WRITE),
                endorsers=[(ONE, ONE.peer), (ONE, ONE.peer, {"pem": ONE.peer.other_s()})])),
        (10, tx(chaincode="two", ran=msg((2, "two"), (3, "1")), results=rwset("two", WRITE),
                endorsers=[(ONE, ONE.peer), (ONE, ONE.peer, {
                    "pem": b"again\n" + ONE.peer.pem})])),
        (0, tx(chaincode="two", ran=msg((2, "two"), (3, "1")), results=rwset("two", WRITE),
               endorsers=[(ONE, ONE.peer), (ONE, peer2)])),
    ]
    def of(chaincode, *endorsers):
        return tx(chaincode=chaincode, ran=msg((2, chaincode), (3, "1")),
                  results=rwset(chaincode, WRITE), endorsers=list(endorsers))

    # evaluation is greedy and in order; see the rules in fabric_made_test.c
    p1, p2, c1 = (ONE, ONE.peer), (TWO, TWO.peer), (ONE, ONE.client)
    entries += [
        (10, of("greedy", p1, c1)), (0, of("greedy", c1, p1)),
        (0, of("undone", p1)), (0, of("undone", p1, p2)),
        (10, of("all", p1, p2)), (10, of("all", p2, p1)),
        (0, of("all", p1, p2, (TWO, Cert("peer3.TwoMSP", ["peer"], TWO.root)))),
        (10, of("never", p1, p2)),
    ]
    case("identities", first([e for _, e in entries]), "accept",
         [c for c, _ in entries], sum(c == 0 for c, _ in entries))


def orderers():
    """Blocks that the orderer signs although it must not, and others."""
    case("good", first([good()]), "accept", [0], 1)
    case("empty", first([]), "envelope")
    case("no_signer", first([good()], signers=()), "signature")
    case("peer_signs", first([good()], signers=[(ONE, ONE.peer)]), "signature")
    case("client_of_orderer_signs", first([good()], signers=[(ORD, ORD.client)]), "signature")
    case("admin_of_orderer_signs", first([good()], signers=[(ORD, ORD.admin)]),
         "accept", [0], 1)
    case("bad_then_good_signer", first([good()], signers=[(ONE, ONE.peer), (ORD, ORD.orderer)]),
         "accept", [0], 1)
    case("no_last_config", first([good()], value=msg((2, b"consenter"))), "signature")
    case("no_value", first([good()], value=b""), "signature")
    case("bft_signature", first([good()], signers=[(1, ORD.orderer)]), "signature")
    case("later_config_named", first([good()], last=1), "config")
    case("unknown_config_named", first([good()], last=7), "config")
    case("other_channel", first([tx(channel="otherchannel")]), "channel")
    case("no_channel", first([field(1, b"\xff") + field(2, b"x")]), "channel")
    case("other_channel_later", first([good(), tx(channel="otherchannel")]), "accept", [0, 4], 1)
    case("trailing_field", first([good()], unknown=field(9, b"unknown")), "malformed")
    for n, (how, entry) in enumerate([
            ("trailing", good() + b"\0"), ("twice", good() + good()),
            ("reversed", field(2, b"s") + field(1, b"p")),
            ("no_signature", field(1, b"p")), ("empty_signature", field(1, b"p") + field(2, b"")),
            ("unknown_first", field(9, b"u") + good()),
            ("unknown_between", field(1, b"p") + field(9, b"u") + field(2, b"s")),
            ("long_tag", good() + b"\xca\x80\x00\x01u"),
            ("open_group", good() + varint(9 << 3 | 3)),
            ("end_group", good() + varint(9 << 3 | 4)),
            ("field_zero", good() + b"\x02\x01u")]):
        case("envelope_" + how, first([good(), entry]), "envelope")


def changed(path, member, policy=False):
    c = BASE.copy()
    g = at(c, path)
    if policy:
        g.policies[member[0]] = (1 if member[0] in g.policies else 0, member[1])
    else:
        g.values[member[0]] = (1 if member[0] in g.values else 0, member[1])
    return c


def configurations():
    """Configuration blocks: authorised, and not."""
    orderer = ["Orderer"]
    size = ("BatchSize", msg((1, 20), (2, 1000000), (3, 500000)))
    admin = [(ORD, ORD.admin)]
    ask = request(orderer, size, admin)
    new = changed(orderer, size)

    def config(c=new, sequence=1, update=ask, last=1, others=(), **how):
        return first([config_entry(c, sequence, update, **how)] + list(others), last=last)

    case("config", config(), "accept", [0], 0)
    block = Block(2, config().hash, [good()], last=1)
    case("config_next", block, "accept", [0], 1, chain=["config"])
    case("config_next_under_old", Block(2, config().hash, [good()], last=0), "config",
         chain=["config"])
    case("config_among_others", config(others=[good()]), "config")
    case("config_after_others", first([good(), config_entry(new, 1, ask)], last=1), "config")
    case("config_points_back", config(last=0), "config")
    case("config_sequence_skipped", config(sequence=2), "config")
    case("config_sequence_same", config(sequence=0), "config")
    case("config_other_channel", config(channel="otherchannel"), "channel")
    case("config_sender_unsigned", config(sig=b"none"), "config")
    case("config_sender_stranger", config(sender=(ORD, Cert("x", ["orderer"]))), "config")
    case("config_no_request", config(update=b""), "config")
    case("config_empty_request", config(update=None), "config")
    case("config_request_unsigned", config(update=request(orderer, size, [])), "config")
    case("config_request_by_orderer", config(update=request(orderer, size, [(ORD, ORD.orderer)])),
         "config")
    case("config_request_bad_signature", config(update=request(
        orderer, size, admin, skip_signature=True)), "config")
    case("config_request_by_application", config(update=request(
        orderer, size, [(ONE, ONE.admin), (TWO, TWO.admin)])), "config")
    case("config_request_other_channel", config(update=request(
        orderer, size, admin, channel="otherchannel")), "config")
    case("config_request_version", config(update=request(orderer, size, admin, version=2)),
         "config")
    case("config_request_read_version", config(update=request(
        orderer, size, admin, read_version=3)), "config")
    more = changed(orderer, size)
    evil = Cert("ca.OrdererMSP", ca=True, word="evil")
    more.groups["Orderer"].groups["OrdererOrg"].values["MSP"] = (0, ORD.msp([evil]))
    case("config_more_than_asked", config(more), "config")
    swapped = changed(["Orderer", "OrdererOrg"], ("MSP", ORD.msp([evil])))
    case("config_roots_swapped", config(swapped, update=request(
        ["Orderer", "OrdererOrg"], ("MSP", ORD.msp([evil])), [(ORD, ORD.orderer)])), "config")
    less = changed(orderer, size)
    del less.groups["Application"].groups["Two"]
    case("config_less_than_before", config(less), "config")
    case("config_not_changed", config(BASE), "config")
    # a request cannot be used again
    again = changed(orderer, size)
    case("config_request_again", Block(2, config().hash, [config_entry(again, 2, ask)], last=2),
         "config", chain=["config"])
    authorised = [
        ("bft", orderer, ("ConsensusType", msg((1, "BFT"))), "config"),
        ("kafka", orderer, ("ConsensusType", msg((1, "kafka"))), "unsupported"),
        ("orderer_capability", orderer, ("Capabilities", capabilities("V2_0", "V9_9")),
         "unsupported"),
    ]
    for what, path, member, want in authorised:
        case("config_" + what, config(changed(path, member), update=request(
            path, member, admin)), want)
    # BlockValidation that nobody need satisfy still wants a signature
    nobody = ("BlockValidation", sig_policy(n_out_of(0, []), []))
    free = config(changed(orderer, nobody, True), update=request(orderer, nobody, admin,
                                                               policy=True))
    case("config_nobody_validates", free, "accept", [0], 0)
    case("nobody_signed", Block(2, free.hash, [good()], last=1, signers=()), "signature",
         chain=["config_nobody_validates"])
    deep = signed_by(0)
    for _ in range(40):
        deep = n_out_of(1, [deep])
    member = ("BlockValidation", sig_policy(deep, [role("OrdererMSP", ADMIN)]))
    case("config_deep_policy", config(changed(orderer, member, True), update=request(
        orderer, member, admin, policy=True)), "unsupported")
    # odd policies: satisfied by nobody, and the tree stays usable
    for what, policy, want in [
            ("unknown_rule", implicit(3, "Writers"), "signature"),
            ("unknown_type", msg((1, 9)), "signature"),
            ("no_such_sub_policy", implicit(ANY, "Nothing"), "signature"),
            ("itself", implicit(ANY, "../BlockValidation"), "signature"),
            ("below", implicit(ANY, "Admins"), "signature")]:
        member = ("BlockValidation", policy)
        b = config(changed(orderer, member, True), update=request(
            orderer, member, admin, policy=True))
        case("config_" + what, b, "accept", [0], 0)
        case("after_" + what, Block(2, b.hash, [good()], last=1), want,
             chain=["config_" + what])
    deep_group = changed(orderer, size)
    g = deep_group
    for _ in range(30):
        g.groups["Deep"] = Group()
        g = g.groups["Deep"]
    case("config_deep_groups", config(deep_group), "malformed")


# --- BFT -------------------------------------------------------------------------
NODES = [(i, Cert("node%d.orderer" % i, ["orderer"], ORD.root)) for i in range(1, 11)]


def mapping(nodes):
    return msg(*[(1, msg((1, i), (2, "host%d" % i), (3, 7050), (4, "OrdererMSP"), (5, c.pem)))
                 for i, c in nodes])


def quorum(nodes, q=None):
    n = len(nodes)
    if q is None:
        q = -(-(n + (n - 1) // 3 + 1) // 2)
    return sig_policy(n_out_of(q, [signed_by(i) for i in range(n)]),
                      [msg((1, 2), (2, identity("OrdererMSP", c.pem))) for _, c in nodes])


def bft_config(nodes, kind="BFT", capability="V3_0", validation=None):
    c = BASE.copy()
    c.values["Capabilities"] = (0, capabilities(capability))
    o = c.groups["Orderer"]
    o.values["ConsensusType"] = (0, msg((1, kind)))
    o.values["Orderers"] = (0, mapping(nodes))
    o.policies["BlockValidation"] = (0, validation or quorum(nodes))
    return c


def orderer_update(old, values, policies):
    """The configuration after the change, and the request that asks for it."""
    new = old.copy()
    o = new.groups["Orderer"]
    write = Group(mod="")
    for into, now, what in ((write.values, o.values, values),
                            (write.policies, o.policies, policies)):
        for k, v in what.items():
            into[k] = now[k] = (now[k][0] + 1 if k in now else 0, v)
    if set(o.values) != set(old.groups["Orderer"].values):  # a new member
        o.version = write.version = 1
        write.mod = o.mod
        for k in old.groups["Orderer"].values:
            write.values.setdefault(k, o.values[k])
        for k in old.groups["Orderer"].policies:
            write.policies.setdefault(k, o.policies[k])
        write.groups = {k: Group(mod="") for k in o.groups}
    read = Group({"Orderer": Group({k: Group(mod="") for k in write.groups}, {
        k: (old.groups["Orderer"].values[k][0], b"") for k in write.values
        if k not in values}, {
        k: (old.groups["Orderer"].policies[k][0], b"") for k in write.policies
        if k not in policies}, mod="")}, mod="")
    update = msg((1, CHANNEL), (2, read.encode()),
                 (3, Group({"Orderer": write}, mod="").encode()))
    header = msg((1, identity("OrdererMSP", ORD.admin.pem)), (2, b"nonce"))
    sig = msg((1, header), (2, sign(ORD.admin.key, header, update)))
    payload = msg((1, msg((1, msg((1, 2), (4, CHANNEL))))), (2, msg((1, update), (2, sig))))
    return new, msg((1, payload), (2, b"unchecked"))


def bft():
    """Orderers that sign by number."""
    one, two, three, four = NODES[:4]
    config = bft_config(NODES[:4])
    g = put("bft4_genesis", genesis(config))

    def try_(what, want, *signers):
        ok = int(want == "accept")
        case("bft4_" + what, first([good()], g, signers=signers), want,
             [0] if ok else None, ok, genesis="bft4_genesis")

    def by_name(node, how=None):
        return (ORD, node[1], how or {})
    try_("three", "accept", one, two, three)
    try_("three_others", "accept", four, three, one)
    try_("two", "signature", one, two)
    try_("one_three_times", "signature", one, one, one)
    try_("high_s", "signature", one, two, three + ({"high_s": True},))
    try_("wrong_number", "signature", one, two, (3, four[1]))
    try_("unknown_number", "signature", one, two, (9, three[1]))
    try_("unknown_number_skipped", "accept", one, (9, ONE.peer), two, three)
    try_("number_zero", "signature", one, two, (0, three[1]))
    try_("no_number", "signature", one, two, three + ({"header": msg((2, b"n"))},))
    try_("malformed_header", "signature", one, two, three, four + ({"header": b"\xff"},))
    try_("by_certificate", "accept", by_name(one), by_name(two), by_name(three))
    try_("both_forms", "accept", one, by_name(two), three)
    try_("both_forms_of_one", "signature", one, by_name(one), two)
    try_("both_headers", "accept", one, two, by_name(three, {"number": msg((1, 1))}))
    try_("strangers", "signature", one, two, (ORD, ORD.orderer), (ORD, ORD.admin))
    try_("strangers_too", "accept", (ORD, ORD.orderer), one, two, three)
    for n, q in ((1, 1), (5, 4), (6, 4), (7, 5), (10, 7)):
        gn = put("bft%d_genesis" % n, genesis(bft_config(NODES[:n])))
        for have, want in ((q, "accept"), (q - 1, "signature")):
            case("bft%d_%d" % (n, have), first([good()], gn, signers=NODES[n - have:n]), want,
                 [0] if have == q else None, int(have == q), genesis="bft%d_genesis" % n)

    def change(what, want, values, policies):
        new, ask = orderer_update(config, values, policies)
        block = first([config_entry(new, 1, ask)], g, signers=[one, two, three], last=1)
        case("bft4_" + what, block, want, [0] if want == "accept" else None,
             genesis="bft4_genesis")
        return block

    def after(what, which, block, want, *signers):
        ok = int(want == "accept")
        case("bft4_" + what, Block(2, block.hash, [good()], signers=signers, last=1), want,
             [0] if ok else None, ok, chain=["bft4_" + which], genesis="bft4_genesis")
    new4 = (4, Cert("node4.again", ["orderer"], ORD.root))
    rotated = NODES[:3] + [new4]
    b = change("rotated", "accept", {"Orderers": mapping(rotated)},
               {"BlockValidation": quorum(rotated)})
    after("rotated_new", "rotated", b, "accept", one, two, new4)
    after("rotated_old", "rotated", b, "signature", one, two, four)
    less = NODES[:3]
    b = change("removed", "accept", {"Orderers": mapping(less)}, {"BlockValidation": quorum(less)})
    after("removed_two", "removed", b, "accept", one, three)
    after("removed_gone", "removed", b, "signature", one, four)
    change("mapping_only", "config", {"Orderers": mapping(rotated)}, {})
    change("policy_only", "config", {}, {"BlockValidation": quorum(rotated)})
    change("quorum_too_low", "config", {}, {"BlockValidation": quorum(NODES[:4], 2)})
    change("quorum_too_high", "config", {}, {"BlockValidation": quorum(NODES[:4], 4)})
    change("any_writer", "config", {}, {"BlockValidation": implicit(ANY, "Writers")})
    change("nobody_listed", "config", {"Orderers": b""}, {"BlockValidation": quorum([], 1)})
    change("mapping_malformed", "config", {"Orderers": b"\xff"}, {})
    change("back_to_raft", "config", {"ConsensusType": msg((1, "etcdraft"))},
           {"BlockValidation": implicit(ANY, "Writers")})
    # numbers are known by the channel's capability, not by its consensus
    gr = put("raft3_genesis", genesis(bft_config(NODES[:4], "etcdraft",
                                                 validation=implicit(ANY, "Writers"))))
    case("raft3_by_number", first([good()], gr, signers=[two]), "accept", [0], 1,
         genesis="raft3_genesis")
    case("raft3_by_name", first([good()], gr), "accept", [0], 1, genesis="raft3_genesis")
    g2 = put("bft2_genesis", genesis(bft_config(NODES[:4], capability="V2_0")))
    case("bft2_by_number", first([good()], g2, signers=NODES[:4]), "signature",
         genesis="bft2_genesis")
    case("bft2_by_name", first([good()], g2, signers=[by_name(i) for i in NODES[:3]]), "accept",
         [0], 1, genesis="bft2_genesis")
    # migration: Raft orderers write the configuration, BFT orderers the next block
    raft = BASE.copy()
    raft.values["Capabilities"] = (0, capabilities("V3_0"))
    gm = put("migration_genesis", genesis(raft))
    new, ask = orderer_update(raft, {"ConsensusType": msg((1, "BFT")),
                                     "Orderers": mapping(NODES[:4])},
                              {"BlockValidation": quorum(NODES[:4])})
    b = first([config_entry(new, 1, ask)], gm, last=1)
    case("migration", b, "accept", [0], genesis="migration_genesis")
    for what, signers, want in (("bft", NODES[:3], "accept"),
                                ("raft", [(ORD, ORD.orderer)], "signature")):
        case("migration_" + what, Block(2, b.hash, [good()], signers=signers, last=1), want,
             [0] if want == "accept" else None, int(want == "accept"), chain=["migration"],
             genesis="migration_genesis")


def kinds():
    """Keys and digests of every kind that Fabric knows."""
    def chain(what, one, two, capability, entries):
        g = put(what + "_genesis", genesis(base_config(one, two, capability)))
        built = [tx(endorsers=e, creator=c, how=h) for _, c, e, h in entries]
        codes = [code for code, *_ in entries]
        case(what, first(built, g), "accept", codes, codes.count(0), genesis=what + "_genesis")

    def both(one, two, **how):
        return [(one, one.peer), (two, two.peer, how)]

    sha3 = Org("OneMSP", family="SHA3", word=".sha3")
    p384 = Org("TwoMSP", "p384", word=".p384")
    p521 = Org("OneMSP", "p521", word=".p521")
    ed = Org("TwoMSP", "ed25519", word=".ed")
    odd = Org("OneMSP", family="SHA4", word=".odd")
    chain("kinds_sha3_p384", sha3, p384, "V2_0", [
        (0, (sha3, sha3.client), both(sha3, p384), {}),
        (0, (p384, p384.client), both(sha3, p384), {}),
        (4, (sha3, sha3.client), both(sha3, p384), {"family": "SHA2"}),
        (4, (p384, p384.client), both(sha3, p384), {"family": "SHA3"}),
        (4, (p384, p384.client), both(sha3, p384), {"high_s": True}),
        (0, (p384, p384.client), both(sha3, p384), {"tail": b"after"}),
        (10, (p384, p384.client), both(sha3, p384, sign={"high_s": True}), {}),
        (10, (p384, p384.client), [(sha3, sha3.peer, {"sign": {"family": "SHA2"}}),
                                   (p384, p384.peer)], {}),
        (10, (p384, p384.client), both(sha3, p384, sign={"family": "SHA3"}), {}),
    ])
    ed_cases = [
        ((p521, p521.client), both(p521, ed), {}, 0),
        ((ed, ed.client), both(p521, ed), {}, 0),
        ((ed, ed.client), both(p521, ed), {"high_s": True}, 4),
        ((ed, ed.client), both(p521, ed), {"tail": b"x"}, 4),
        ((p521, p521.client), both(p521, ed, sign={"high_s": True}), {}, 10),
        ((p521, p521.client), both(p521, ed, sign={"tail": b"x"}), {}, 10),
        ((p521, p521.client), both(p521, ed, sig=b"\0" * 64), {}, 10),
        ((p521, p521.client), both(p521, ed, sig=b"\0" * 63), {}, 10),
        ((p521, p521.client), both(p521, ed, key=p521.peer.key), {}, 10),
    ]
    chain("kinds_ed25519", p521, ed, "V3_0", [(code, c, e, h) for c, e, h, code in ed_cases])
    # before release 3 such a key is no identity
    chain("kinds_ed25519_v2", p521, ed, "V2_0", [
        (4 if c[0] is ed else 10, c, e, h) for c, e, h, _ in ed_cases])
    chain("kinds_unknown_family", odd, TWO, "V2_0", [
        (4, (odd, odd.client), both(odd, TWO), {}),
        (10, (TWO, TWO.client), both(odd, TWO), {}),
        (4, (odd, odd.client), both(odd, TWO), {"family": "SHA3"})])
    nodes = [(i, Cert("node%d.%s" % (i, kind), ["orderer"], ORD.root, kind=kind))
             for i, kind in enumerate(("p256", "p384", "p521", "ed25519"), 1)]
    g = put("kinds_bft_genesis", genesis(bft_config(nodes)))
    for what, signers, want in (
            ("three", nodes[1:], "accept"), ("others", nodes[:3], "accept"),
            ("p384_high_s", [nodes[0], nodes[1] + ({"high_s": True},), nodes[2]], "signature"),
            ("p521_high_s", [nodes[0], nodes[1], nodes[2] + ({"high_s": True},)], "signature"),
            ("ed25519_high_s", [nodes[0], nodes[1], nodes[3] + ({"high_s": True},)], "signature")):
        ok = int(want == "accept")
        case("kinds_bft_" + what, first([good()], g, signers=signers), want,
             [0] if ok else None, ok, genesis="kinds_bft_genesis")


def crl(issuer, *certs, signer=None):
    b = (x509.CertificateRevocationListBuilder().issuer_name(issuer.cert.subject)
         .last_update(T0).next_update(T0 + DAY)
         .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(
             issuer.key.public_key()), False))
    for c in certs:
        b = b.add_revoked_certificate(x509.RevokedCertificateBuilder().serial_number(
            c.cert.serial_number).revocation_date(T0).build())
    return b.sign((signer or issuer).key, hashes.SHA256(), ecdsa_deterministic=True) \
        .public_bytes(serialization.Encoding.PEM)


def memberships():
    """One MSP's definition, changed: lists of the revoked, no units, intermediates."""
    other = Cert("other.OneMSP", ["client"], ONE.root)
    inner = Cert("ica.OneMSP", issuer=ONE.root, ca=True)
    below = Cert("below.OneMSP", ["client"], inner)
    admin = Cert("listed.OneMSP", [], ONE.root)

    def chain(what, codes, **how):
        config = base_config()
        config.groups["Application"].groups["One"].values["MSP"] = (0, ONE.msp(**how))
        g = put("msp_%s_genesis" % what, genesis(config))
        creators = [ONE.client, other, below, admin]
        built = [tx(creator=(ONE, c), endorsers=[(TWO, TWO.peer), (ONE, ONE.peer)])
                 for c in creators]
        case("msp_" + what, first(built, g), "accept", codes, codes.count(0),
             genesis="msp_%s_genesis" % what)
    chain("plain", [0, 0, 4, 4])
    chain("revoked", [4, 0, 4, 4], crls=[crl(ONE.root, ONE.client)])
    chain("revoked_two_lists", [4, 4, 4, 4],
          crls=[crl(ONE.root, other), crl(ONE.root, ONE.client)])
    # the list's own signature counts, its dates do not
    chain("revoked_by_stranger", [0, 0, 4, 4], crls=[crl(ONE.root, ONE.client, signer=TWO.root)])
    chain("revoked_by_other_ca", [0, 0, 4, 4], crls=[crl(TWO.root, ONE.client)])
    # a root that issued a configured intermediate issues no identities
    chain("inner", [4, 4, 10, 4], intermediates=[inner])
    # without units nobody is a peer, so nothing is endorsed
    chain("no_units", [10, 10, 4, 10], node_ous=False)
    chain("no_units_listed", [10, 10, 4, 10], node_ous=False, admins=[admin])


def forks():
    """Two histories, one of which two signers vouch for at its second block only."""
    two = [(ORD, ORD.orderer), (ORD, ORD.admin)]
    weak = first([good()])
    case("fork_weak", weak, "accept", [0], 1)
    case("fork_above", Block(2, weak.hash, [good()], signers=two), "accept", [0], 1,
         chain=["fork_weak"])
    case("fork_firm", first([good()], signers=two), "accept", [0], 1)


# --- replay --------------------------------------------------------------------
def version(block, n=0):
    return msg((1, block), (2, n))


def reads(*items):
    """KVRead of (key, version or None)."""
    return [(1, field(1, k) + (field(2, v) if v is not None else b"")) for k, v in items]


def writes(*items):
    """KVWrite of (key, value); None deletes."""
    return [(3, msg((1, k), (2, int(v is None)), (3, v))) for k, v in items]


def policies(*items):
    """KVMetadataWrite of (key, policy); None clears."""
    return [(4, msg((1, k), (2, None if p is None else msg(
        (1, "VALIDATION_PARAMETER"), (2, p))))) for k, p in items]


def scan(start, end, found, exhausted=True):
    return [(2, msg((1, start), (2, end), (3, int(exhausted))) + field(4, msg(
        *[(1, field(1, k) + field(2, v)) for k, v in found])))]


def scan_summary(start, end, degree, level, hashes_):
    return [(2, msg((1, start), (2, end), (3, 1)) + field(5, msg(
        (1, degree), (2, level), *[(3, h) for h in hashes_])))]


def ns(name_, *parts, collections=()):
    return (2, msg((1, name_), (2, msg(*[p for part in parts for p in part]) or None),
                   *[(3, c) for c in collections]))


def private(name_, reads_=(), writes_=(), policies_=()):
    """CollectionHashedReadWriteSet; keys and values are hashed here."""
    hashed = msg(
        *[(1, field(1, sha256(k)) + (field(2, v) if v is not None else b""))
          for k, v in reads_],
        *[(2, msg((1, sha256(k)), (2, int(v is None)),
                  (3, None if v is None else sha256(v)))) for k, v in writes_],
        *[(3, msg((1, sha256(k)), (2, msg((1, "VALIDATION_PARAMETER"), (2, p)))))
          for k, p in policies_])
    return msg((1, name_), (2, hashed))


EVERY, ONLY_ONE, ONLY_TWO = [(ONE, ONE.peer), (TWO, TWO.peer)], [(ONE, ONE.peer)], [(TWO, TWO.peer)]


def envelope_policy(n, *mspids):
    """SignaturePolicyEnvelope: peers of n of these."""
    return msg((2, n_out_of(n, [signed_by(i) for i in range(len(mspids))])),
               *[(3, role(m, PEER)) for m in mspids])


BOTH = envelope_policy(2, "OneMSP", "TwoMSP")
BY_ONE, BY_TWO = envelope_policy(1, "OneMSP"), envelope_policy(1, "TwoMSP")


def run(*spaces, by=EVERY, cc="cc", **o):
    """A transaction of a chaincode with these namespaces, endorsed by some."""
    return tx(results=msg(*spaces), endorsers=by, chaincode=cc,
              ran=msg((2, cc), (3, "1.0")), **o)


def definition(cc, policy, collections=None, plugin="vscc"):
    f = "namespaces/fields/" + cc + "/"
    info = msg((1, plugin), (2, policy))
    return ns("_lifecycle", writes(
        ("namespaces/metadata/" + cc, msg((1, "ChaincodeDefinition"))),
        (f + "Sequence", field(1, 1)),
        (f + "ValidationInfo", field(2, info)),
        (f + "Collections", field(2, collections or b""))))


def define(cc, policy, collections=None, by=EVERY, **o):
    return run(definition(cc, policy, collections, **o), by=by, cc="_lifecycle")


def collection(name_, policy=None, btl=0):
    return (1, field(1, msg((1, name_), (5, btl), (8, policy))))


def by_signatures(policy):
    return field(1, policy)


def by_reference(path):
    return field(2, path)


def read_message(k, v):
    return field(1, field(1, k) + field(2, v))


class Chain:
    """Blocks one after the other, each a case with the ones before."""
    count = 0

    def __init__(self):
        Chain.count += 1
        self.word = "replay%d_" % Chain.count
        self.names, self.last = [], GENESIS

    def block(self, *entries):
        """Entries are (code, records, envelope)."""
        b = Block(self.last.number + 1, self.last.hash, [e for _, _, e in entries])
        fname = self.word + str(b.number)
        case(fname, b, "accept", [c for c, _, _ in entries],
             sum(r for _, r, _ in entries), self.names)
        CASES[-1]["replay"] = "replayed"
        self.names = self.names + [fname]
        self.last = b


def replay():
    put_ = lambda *kv, **o: run(ns("cc", writes(*kv)), **o)

    c = Chain()  # definitions
    c.block((25, 0, put_(("a", b"1"))),  # not before it is defined
            (10, 0, define("cc", by_signatures(BOTH), by=ONLY_ONE)),
            (0, 0, define("cc", by_signatures(BOTH))),
            (25, 0, put_(("a", b"1"))))  # as of the block's start
    c.block((0, 1, put_(("a", b"1"))), (10, 0, put_(("b", b"1"), by=ONLY_ONE)),
            (25, 0, run(ns("cc", writes(("c", b"1"))), ns("dd", writes(("c", b"1"))))),
            (0, 0, define("cc", by_signatures(BY_ONE))),
            (10, 0, put_(("b", b"2"), by=ONLY_ONE)))
    c.block((0, 1, put_(("b", b"1"), by=ONLY_ONE)), (10, 0, put_(("b", b"1"), by=ONLY_TWO)),
            (0, 0, define("cc", by_reference("/Channel/Application/One/Endorsement"))),
            (0, 0, define("relative", by_reference("Application/Two/Endorsement"))),
            (0, 0, define("nowhere", by_reference("/Channel/Nowhere"))),
            (0, 0, define("nothing", b"\xff")),
            (0, 0, define("empty", b"")))
    on = lambda cc, **o: run(ns(cc, writes(("k", b"v"))), cc=cc, **o)
    c.block((0, 1, put_(("b", b"3"), by=ONLY_ONE)), (10, 0, put_(("b", b"3"), by=ONLY_TWO)),
            (0, 1, on("relative", by=ONLY_TWO)), (10, 0, on("relative", by=ONLY_ONE)),
            (10, 0, on("nowhere")), (10, 0, on("nothing")), (25, 0, on("empty")),
            # nothing written: the chaincode's policy all the same
            (0, 0, run(by=ONLY_ONE)), (10, 0, run(by=ONLY_TWO)))

    c = Chain()  # versions
    c.block((0, 0, define("cc", by_signatures(BY_ONE))))
    c.block((0, 1, put_(("a", b"1"))), (0, 1, put_(("b", b"1"))),
            (11, 0, run(ns("cc", reads(("a", version(2))), writes(("a", b"2"))))),
            (11, 0, run(ns("cc", reads(("b", None)), writes(("b", b"2"))))),
            (0, 1, put_(("gone", None))),  # blind delete of what is not there
            (11, 0, run(ns("cc", reads(("gone", None))))),
            (0, 0, run(ns("cc", reads(("absent", None))))))
    c.block((0, 1, run(ns("cc", reads(("a", version(2)), ("b", version(2, 1))),
                          writes(("a", b"2"))))),
            (11, 0, run(ns("cc", reads(("a", version(3)))))),
            (11, 0, run(ns("cc", reads(("b", version(2)))))),
            (11, 0, run(ns("cc", reads(("b", version(2, 2)))))),
            (11, 0, run(ns("cc", reads(("b", None))))),
            (11, 0, run(ns("cc", reads(("absent", version(0)))))),
            (0, 0, run(ns("cc", reads(("gone", None))))))
    c.block((0, 0, run(ns("cc", reads(("a", version(3)))))),
            (0, 1, put_(("b", b""))),  # an empty value deletes
            (11, 0, run(ns("cc", reads(("b", version(2, 1)))))))
    c.block((0, 0, run(ns("cc", reads(("b", None))))),
            (11, 0, run(ns("cc", reads(("b", version(4, 1)))))),
            # deleted and written: the delete wins, whichever comes first
            (0, 1, put_(("a", b"3"), ("a", None))), (0, 1, put_(("c", None), ("c", b"1"))),
            (0, 0, put_(("d", b"1"), ("d", b"2"))))  # twice: no write if absent
    c.block((0, 0, run(ns("cc", reads(("a", None), ("c", None))))),
            # the second d was passed over: nil still, though nothing happened in 6
            (0, 0, run(ns("cc", reads(("d", None))))), (0, 1, put_(("d", b"1"))))
    c.block((0, 0, put_(("d", b"2"), ("d", b"3"))))  # present: a new version, no more
    c.block((11, 0, run(ns("cc", reads(("d", version(6, 2)))))),
            (0, 0, run(ns("cc", reads(("d", version(7)))))))

    c = Chain()  # ids
    same = dict(nonce=b"once", creator=(ONE, ONE.client))
    c.block((0, 0, define("cc", by_signatures(BY_ONE))))
    failed = tx(nonce=b"failed", endorsers=ONLY_TWO)
    claimed = sha256(b"later", identity("OneMSP", ONE.client.pem)).hex()
    c.block((0, 1, put_(("a", b"1"), **same)), (9, 0, put_(("a", b"2"), **same)),
            (10, 0, failed),
            (8, 0, tx(nonce=b"thief", tx_id=claimed)),
            (8, 0, tx(nonce=b"capitals", tx_id=sha256(
                b"big", identity("OneMSP", ONE.client.pem)).hex().upper())),
            (3, 0, envelope(b"x", 9, nonce=b"no type", tx_id="")))
    c.block((9, 0, put_(("a", b"3"), **same)),
            (9, 0, tx(nonce=b"failed", endorsers=ONLY_ONE)),  # whatever became of it
            (9, 0, put_(("a", b"3"), nonce=b"later")),
            (9, 0, put_(("a", b"3"), nonce=b"no type")),  # claimed none: computed
            (0, 1, put_(("a", b"3"), nonce=b"big")),
            # the first that is endorsed keeps the id, if it fails later or not
            (10, 0, put_(("z", b"1"), by=ONLY_TWO, nonce=b"two")),
            (11, 0, run(ns("cc", reads(("a", None))), nonce=b"two")),
            (9, 0, put_(("z", b"1"), nonce=b"two")))

    c = Chain()  # policies of keys
    c.block((0, 0, define("cc", by_signatures(BY_ONE))))
    c.block((0, 1, run(ns("cc", writes(("k", b"1")), policies(("k", BY_TWO))))),
            (10, 0, put_(("k", b"2"), by=EVERY)),  # changed in this block
            (0, 0, run(ns("cc", policies(("absent", BY_TWO))))),
            (10, 0, put_(("absent", b"1"))),
            (0, 1, put_(("free", b"1"))))
    c.block((10, 0, put_(("k", b"3"), by=ONLY_ONE)), (0, 1, put_(("k", b"3"), by=ONLY_TWO)),
            (0, 1, put_(("absent", b"1"), by=ONLY_ONE)),
            # one key under its own policy is no excuse for the other
            (10, 0, put_(("free", b"2"), ("k", b"4"), by=ONLY_TWO)),
            # endorsed, but stale: it blocks the key in this block all the same
            (11, 0, run(ns("cc", reads(("free", None)), policies(("free", BY_TWO))))),
            (10, 0, put_(("free", b"2"))))
    c.block((0, 1, put_(("free", b"2"))),
            (10, 0, run(ns("cc", policies(("k", None))), by=ONLY_ONE)),
            (0, 0, run(ns("cc", policies(("k", None))), by=ONLY_TWO)))
    c.block((0, 1, put_(("k", b"5"), by=ONLY_ONE)),
            # a policy alone is a new version
            (0, 0, run(ns("cc", policies(("free", BY_TWO))))))
    c.block((11, 0, run(ns("cc", reads(("free", version(4)))))),
            (0, 0, run(ns("cc", reads(("free", version(5, 1)))))),
            (0, 1, put_(("free", None), by=ONLY_TWO)))
    c.block((0, 1, put_(("free", b"9"), by=ONLY_ONE)),  # deleted, and so is its policy
            (0, 0, run(ns("cc", policies(("k", b"\xff"))))))
    c.block((10, 0, put_(("k", b"6"), by=EVERY)))  # unreadable: nobody may

    c = Chain()  # ranges
    c.block((0, 0, define("cc", by_signatures(BY_ONE))))
    c.block((0, 3, put_(("a", b"1"), ("b", b"1"), ("d", b"1"))), (0, 1, put_(("e", b"1"))))
    abd = [("a", version(2)), ("b", version(2)), ("d", version(2))]
    e = [("e", version(2, 1))]
    look = lambda *a, **o: run(ns("cc", scan(*a, **o)))
    c.block((0, 0, look("a", "e", abd)), (0, 0, look("", "", abd + e)),
            (0, 0, look("a", "d", abd[:2])), (0, 0, look("a", "d", abd, exhausted=False)),
            (12, 0, look("a", "d", abd[:2], exhausted=False)),
            (12, 0, look("a", "e", abd[:2])), (12, 0, look("a", "e", abd + e)),
            (12, 0, look("a", "e", [])), (0, 0, look("x", "z", [])),
            (0, 0, look("z", "b", [])),
            (12, 0, look("a", "c", [("a", version(2)), ("b", version(3))])),
            (0, 1, put_(("c", b"1"))),
            (12, 0, look("a", "e", abd)),  # a phantom of this block
            (0, 0, look("a", "c", abd[:2])),
            (0, 1, put_(("a", None))),
            (12, 0, look("a", "c", abd[:2])), (0, 0, look("a", "c", abd[1:2])))

    c = Chain()  # summaries of long ranges: max_degree 2, so bundles of 3 reads
    c.block((0, 0, define("cc", by_signatures(BY_ONE))))
    keys = ["k%02d" % i for i in range(31)]
    c.block((0, 31, put_(*[(k, b"1") for k in keys])))
    leaf = lambda ks: sha256(*[read_message(k, version(2)) for k in ks])
    leaves = [leaf(keys[i:i + 3]) for i in range(0, 31, 3)]  # ten of 3, one of 1
    level2 = [sha256(*leaves[i:i + 3]) for i in range(0, 9, 3)]
    level3 = [sha256(*level2)]
    # what is left moves up: two leaves to level 2, alone there to level 3
    full = level3 + [sha256(*leaves[9:])]
    brief = lambda *a: run(ns("cc", scan_summary(*a)))
    c.block((0, 0, brief("", "", 2, 3, full)), (12, 0, brief("", "", 2, 3, full[:1])),
            (12, 0, brief("", "", 2, 2, full)), (12, 0, brief("", "", 3, 3, full)),
            (12, 0, brief("", "", 1, 3, full)), (12, 0, brief("", "k30", 2, 3, full)),
            (0, 0, brief("", "k03", 2, 1, [leaves[0]])),
            (12, 0, brief("", "k02", 2, 1, [leaf(keys[:2])])),  # too few to be hashed
            (0, 0, brief("", "k09", 2, 2, [level2[0]])),
            (0, 0, brief("", "k10", 2, 2, [level2[0], leaf(["k09"])])),
            (0, 1, put_(("k15", b"2"))), (12, 0, brief("", "", 2, 3, full)),
            (0, 0, brief("", "k09", 2, 2, [level2[0]])))

    c = Chain()  # collections
    colls = msg(collection("own", by_signatures(BY_TWO)), collection("plain"),
                collection("writers", by_reference("/Channel/Application/Writers")),
                collection("short", btl=1))
    hide = lambda coll, *kv, by=EVERY, **o: run(ns("cc", collections=[
        private(coll, writes_=kv, **o)]), by=by)
    c.block((0, 0, define("cc", by_signatures(BY_ONE), colls)))
    c.block((0, 0, hide("own", (b"k", b"v"), by=ONLY_TWO)),
            (10, 0, hide("own", (b"k", b"v"), by=ONLY_ONE)),
            (0, 0, hide("plain", (b"k", b"v"), by=ONLY_ONE)),
            (10, 0, hide("plain", (b"k", b"v"), by=ONLY_TWO)),
            (10, 0, hide("nowhere", (b"k", b"v"))),
            (0, 0, hide("writers", (b"k", b"v"), by=[(TWO, TWO.client)])),
            (10, 0, hide("writers", (b"k", b"v"), by=ONLY_TWO)),
            (0, 0, hide("_implicit_org_TwoMSP", (b"k", b"v"), by=ONLY_TWO)),
            (10, 0, hide("_implicit_org_TwoMSP", (b"k", b"v"), by=ONLY_ONE)),
            (10, 0, hide("_implicit_org_ThreeMSP", (b"k", b"v"))),
            (10, 0, run(ns("_lifecycle", collections=[private(
                "plain", writes_=[(b"k", b"v")])]), cc="_lifecycle")),
            # public keys are still the chaincode's
            (10, 0, run(ns("cc", writes(("k", b"v")), collections=[private(
                "own", writes_=[(b"k", b"v")])]), by=ONLY_TWO)))
    see = lambda coll, *kv: run(ns("cc", collections=[private(coll, reads_=kv)]))
    c.block((0, 0, see("own", (b"k", version(2)))), (11, 0, see("own", (b"k", None))),
            (11, 0, see("plain", (b"k", version(2)))), (0, 0, see("plain", (b"k", version(2, 2)))),
            (0, 0, hide("plain", (b"k", b""))),  # the hash of nothing deletes
            (11, 0, see("plain", (b"k", version(2, 2)))),
            (0, 0, hide("own", (b"p", b"v"), by=ONLY_TWO, policies_=[(b"p", BY_ONE)])),
            (0, 0, hide("short", (b"s", b"v"), (b"t", b"v"))))
    c.block((0, 0, see("plain", (b"k", None))),
            (10, 0, hide("own", (b"p", b"w"), by=ONLY_TWO)),
            (0, 0, hide("own", (b"p", b"w"), by=ONLY_ONE)),
            (0, 0, hide("short", (b"t", b"w"))))
    # 3 + 1 + 1: gone when block 5 has ended; t was put again in 4
    c.block((0, 0, see("short", (b"s", version(3, 7)))))
    c.block((11, 0, see("short", (b"s", version(3, 7)))), (0, 0, see("short", (b"s", None))),
            (0, 0, see("short", (b"t", version(4, 3)))))
    c.block((0, 0, see("short", (b"t", None))))

    c = Chain()  # where a peer would stop, replay ends: by the rules from there
    c.block((0, 0, define("cc", by_signatures(BY_ONE), plugin="other")))
    c.block((0, 1, put_(("a", b"1"))))
    CASES[-1]["replay"] = "endorsed-only"


def main():
    transactions()
    identities()
    orderers()
    configurations()
    bft()
    kinds()
    memberships()
    forks()
    replay()
    FILES["cases.json"] = (json.dumps(CASES, indent=1) + "\n").encode()
    same = True
    for fname, content in FILES.items():
        path = os.path.join(HERE, fname)
        if "--check" in sys.argv:
            with open(path, "rb") as f:
                same &= f.read() == content
        else:
            with open(path, "wb") as f:
                f.write(content)
    sys.exit(0 if same else 1)


main()
