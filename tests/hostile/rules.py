# SPDX-License-Identifier: Apache-2.0
"""What must become of a block: a second light client, slow and separate.

Written from docs/light-client-fabric.md and from what is known of Fabric, not
from the program. A refusal is a Refused with the word that `qiao verify` must
say; an accepted block gives the codes of its entries.
"""
import hashlib

import ec
import proto
import x509
from proto import Bad, decode, fields

HEIGHT_MAX = (1 << 53) - 1
ENTRIES_MAX = 65536
SLOTS_MAX = 64
SIGNATURES_MAX = 512


class Refused(Exception):
    pass


# --- schemas -----------------------------------------------------------------
IDENTITY = {1: "s", 2: "b"}
SIGNATURE_HEADER = {1: "b", 2: "b"}
PAYLOAD = {1: {1: "b", 2: "b"}, 2: "b"}
CHANNEL_HEADER = {1: "u", 2: "u", 3: {1: "u", 2: "u"}, 4: "s", 5: "s", 6: "u",
                  7: "b", 8: "b"}
METADATA = {1: "b", 2: [{1: "b", 2: "b", 3: "b"}]}
ORDERER_METADATA = {1: {1: "u"}, 2: "b"}
IDENTIFIER = {1: "u", 2: "b"}
CONFIG_ENVELOPE = {1: {1: "u", 2: "m"}, 2: "m"}
ENTRY = {1: "s", 2: "m"}
GROUP = {1: "u", 2: [ENTRY], 3: [ENTRY], 4: [ENTRY], 5: "s"}
VALUE = {1: "u", 2: "b", 3: "s"}
POLICY = {1: "u", 2: {1: "u", 2: "b"}, 3: "s"}
IMPLICIT = {1: "s", 2: "u"}
PRINCIPAL = {1: "u", 2: "b"}
SIGNATURE_POLICY = {1: "u", 2: "m", 3: [PRINCIPAL]}
ROLE = {1: "s", 2: "u"}
MSP_CONFIG = {1: "u", 2: "b"}
OU = {1: "b", 2: "b", 3: "b"}
FABRIC_MSP = {1: "s", 2: ["b"], 3: ["b"], 4: ["b"], 5: ["b"],
              11: {1: "u", 2: OU, 3: OU, 4: OU, 5: OU}}
CONSENTERS = {1: [{1: "u", 2: "s", 3: "u", 4: "s", 5: "b", 6: "b", 7: "b"}]}
ROLES = ["member", "admin", "client", "peer", "orderer"]


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


# --- configuration -----------------------------------------------------------
class Group:
    def __init__(self, raw):
        g = decode(raw, GROUP)
        self.groups = {e[1]: Group(e[2]) for e in g[2]}
        self.values = {e[1]: decode(e[2], VALUE)[2] for e in g[3]}
        self.policies = {e[1]: decode(e[2], POLICY)[2] for e in g[4]}

    def at(self, *path):
        g = self
        for step in path:
            g = g.groups.get(step.encode()) if g else None
        return g


def envelope_of(b):
    payload = decode(decode(b.entries[0], {1: "b"})[1], PAYLOAD)
    return decode(payload[2], CONFIG_ENVELOPE)


def config_of(b):
    return envelope_of(b)[1]


def last_update(b):
    return envelope_of(b)[2]


class Config:
    """Of a block that is genuine."""

    def __init__(self, b):
        config = config_of(b)
        self.channel, self.tree = header_of(b.entries[0])[4], config[2]
        self.height, self.sequence = b.number, config[1]
        self.hash = b.hash
        self.root = Group(config[2])
        self.msps = {}
        for side in ("Orderer", "Application"):
            for org in self.root.at(side).groups.values():
                m = x509.Msp(decode(decode(org.values[b"MSP"], MSP_CONFIG)[2],
                                    FABRIC_MSP))
                self.msps[m.name] = m
        caps = decode(self.root.values[b"Capabilities"], {1: [{1: "s"}]})[1]
        self.v3 = any(c[1] == b"V3_0" for c in caps)
        orderers = self.root.at("Orderer").values.get(b"Orderers", b"")
        self.consenters = {c[1]: proto.field(1, c[4]) + proto.field(2, c[5])
                           for c in decode(orderers, CONSENTERS)[1]}


# --- identities and policies ---------------------------------------------------
class Signer:
    def __init__(self, msp, cert):
        self.msp, self.cert = msp, cert


def find_identity(config, raw):
    """None: unknown MSP, or no certificate."""
    try:
        who = decode(raw, IDENTITY)
        msp = config.msps.get(who[1])
        return msp and Signer(msp, x509.from_pem(who[2]))
    except Bad:
        return None


def good_signers(config, signed):
    """Of (identity, message, signature): who signed, each once."""
    seen, out = set(), []
    for raw, message, sig in signed:
        s = find_identity(config, raw)
        if not s:
            continue
        who = s.msp.name, s.cert.identity()
        if who in seen or not ec.verify(s.cert.curve, s.cert.point, message, sig):
            continue
        seen.add(who)
        out.append(s)
    return out


def fits(signer, principal):
    p = decode(principal, PRINCIPAL) if isinstance(principal, bytes) else principal
    if p[1] == 0:
        r = decode(p[2], ROLE)
        return signer.msp.name == r[1] and r[2] < 5 and \
            ROLES[r[2]] in signer.msp.roles(signer.cert)
    if p[1] == 2:
        who = decode(p[2], IDENTITY)
        return who[1] == signer.msp.name and bool(signer.msp.roles(signer.cert)) \
            and x509.from_pem(who[2]).identity() == signer.cert.identity()
    return False


def rule_holds(raw, principals, signers, used):
    """Greedy: the first free signer that fits; uses of a part count only if the
    part holds; every part of a gate is asked."""
    for f in fields(raw):
        if f.number == 1 and f.wire == 0:
            for i, s in enumerate(signers):
                if i not in used and fits(s, principals[f.uint()]):
                    used.add(i)
                    return True
            return False
        if f.number == 2 and f.wire == 2:
            gate = decode(f.value, {1: "u", 2: ["b"]})
            n = 0
            for part in gate[2]:
                trial = set(used)
                if rule_holds(part, principals, signers, trial):
                    n += 1
                    used |= trial
            return n >= gate[1]
    return False


def policy_holds(group, name, signers):
    policy = group.policies.get(name)
    if policy is None:
        return False
    if policy[1] == 1:
        p = decode(policy[2], SIGNATURE_POLICY)
        return rule_holds(p[2], p[3], signers, set())
    if policy[1] != 3:
        return False
    meta = decode(policy[2], IMPLICIT)
    got = sum(policy_holds(g, meta[1], signers) for g in group.groups.values())
    n = len(group.groups)
    need = {0: min(1, n), 1: n, 2: n // 2 + 1}.get(meta[2])
    return n == 0 or (need is not None and got >= need)


# --- blocks --------------------------------------------------------------------
class Block:
    pass


def strict(b, numbers, repeated=False):
    """Fields of a message in its one encoding: ascending, each in its shortest
    form, no others."""
    try:
        fs = fields(b)
    except Bad:
        raise Refused("malformed")
    last = 0
    for f in fs:
        if f.number not in numbers or not f.minimal() or f.wire != numbers[f.number] \
                or f.number < last or (f.number == last and not repeated):
            raise Refused("malformed")
        last = f.number
    return fs


def der_header(number, previous, data_hash):
    body = ec.der_int(number) + b"\x04" + bytes([len(previous)]) + previous + \
        b"\x04" + bytes([len(data_hash)]) + data_hash
    return b"\x30" + bytes([len(body)]) + body


def read_block(raw):
    b = Block()
    parts = {f.number: f.value for f in strict(raw, {1: 2, 2: 2, 3: 2})}
    if 1 not in parts:
        raise Refused("malformed")
    header = {f.number: f for f in strict(parts[1], {1: 0, 2: 2, 3: 2})}
    b.number = header[1].uint() if 1 in header else 0
    b.previous = header[2].value if 2 in header else b""
    b.data_hash = header[3].value if 3 in header else b""
    # a zero or an empty value is left out; a hash has 32 bytes
    if 1 in header and not 0 < b.number <= HEIGHT_MAX or \
            2 in header and not b.previous or len(b.data_hash) != 32 or \
            len(b.previous) != (32 if b.number else 0):
        raise Refused("malformed")
    b.der = der_header(b.number, b.previous, b.data_hash)
    b.hash = sha256(b.der)
    b.entries = [f.value for f in strict(parts.get(2, b""), {1: 2}, True)]
    b.slots = [f.value for f in strict(parts.get(3, b""), {1: 2}, True)]
    if 2 not in parts or len(b.entries) > ENTRIES_MAX or len(b.slots) > SLOTS_MAX:
        raise Refused("malformed")
    return b


def is_envelope(entry):
    """payload, signature, both not empty, in their shortest form; after them
    only what Go does not know, its tag in the shortest form."""
    try:
        fs = fields(entry)
    except Bad:
        return False
    if [(f.number, f.wire) for f in fs[:2]] != [(1, 2), (2, 2)]:
        return False
    if not all(f.minimal() and f.value for f in fs[:2]):
        return False
    return all(f.tag == proto.put_varint(f.number << 3 | f.wire) and
               (f.number, f.wire) not in ((1, 2), (2, 2)) for f in fs[2:])


def check_data(b):
    if not b.entries or not all(map(is_envelope, b.entries)):
        raise Refused("envelope")
    if sha256(*b.entries) != b.data_hash:
        raise Refused("data-hash")


def header_of(entry):
    """Channel header of an entry, or Bad."""
    payload = decode(decode(entry, {1: "b"})[1], PAYLOAD)
    if payload[1] is None:
        raise Bad("no header")
    return decode(payload[1][1], CHANNEL_HEADER)


def is_config(b):
    try:
        return len(b.entries) == 1 and header_of(b.entries[0])[1] == 1
    except Bad:
        return False


def check_channel(b, config):
    """What can be wrong with an ordinary block's entries as a whole."""
    try:
        first = header_of(b.entries[0])
    except Bad:
        raise Refused("channel")
    if first[4] != config.channel:
        raise Refused("channel")
    if len(b.entries) > 1:
        for e in b.entries:
            try:
                if header_of(e)[1] == 1:
                    raise Refused("config")
            except Bad:
                pass


def slot0(b):
    try:
        m = decode(b.slots[0] if b.slots else b"", METADATA)
    except Bad:
        raise Refused("signature")
    if not b.slots or not b.slots[0]:
        raise Refused("signature")
    return m


def last_config(b):
    try:
        value = decode(slot0(b)[1], ORDERER_METADATA)
    except Bad:
        raise Refused("signature")
    if value[1] is None:
        raise Refused("signature")
    return value[1][1]


def check_signatures(b, config):
    m = slot0(b)
    if len(m[2]) > SIGNATURES_MAX:
        raise Refused("signature")
    signed = []
    try:
        for s in m[2]:
            header = s[1]
            if config.v3 and not s[1] and s[3]:
                header = s[3]
                who = config.consenters.get(
                    decode(header, IDENTIFIER)[1] & 0xffffffff, b"")
            else:
                who = decode(header, SIGNATURE_HEADER)[1]
            signed.append((who, m[1] + header + b.der, s[2]))
    except Bad:
        raise Refused("signature")
    signers = good_signers(config, signed)
    if not signers or not policy_holds(config.root.at("Orderer"),
                                       b"BlockValidation", signers):
        raise Refused("signature")


CAPABILITIES = {1: [{1: "s"}]}
CAPABILITY = {(): ("V1_4_3 V2_0 V3_0", "V1_1 V1_3 V1_4_2"),
              ("Orderer",): ("", "V1_1 V1_4_2 V2_0"),
              ("Application",): ("V2_0 V2_5", "V1_1 V1_2 V1_3 V1_4_2")}


def is_supported(raw):
    root = Group(raw)
    root.at("Orderer").values[b"ConsensusType"]  # KeyError: no configuration

    def value(name, schema, *path):
        group = root.at(*path)
        return decode(group.values.get(name, b"") if group else b"", schema)
    return all([
        value(b"ConsensusType", {1: "s"}, "Orderer")[1] in (b"etcdraft", b"BFT"),
        b"HashingAlgorithm" not in root.values or
        value(b"HashingAlgorithm", {1: "s"})[1] == b"SHA256",
        b"BlockDataHashingStructure" not in root.values or
        value(b"BlockDataHashingStructure", {1: "u"})[1] == 0xffffffff,
        all(level(value(b"Capabilities", CAPABILITIES, *path)[1], *words)
            for path, words in CAPABILITY.items()),
    ])


def level(got, some, also):
    """One of the words that are needed, and no unknown one."""
    names = {c[1].decode() for c in got}
    return names <= set((some + " " + also).split()) and \
        (not some or bool(names & set(some.split())))


def check_follows(b, config):
    """A configuration block's sender is good, what it sets up is built, and its
    request allows it."""
    import configtx
    import transactions
    if transactions.judge(b.entries, config, {})[0] != [0]:
        raise Refused("config")
    new = config_of(b)
    try:
        configtx.flat({}, new[2], (b"Channel",))
        supported = is_supported(new[2])
    except (Bad, AttributeError, KeyError, configtx.Wrong):
        raise Refused("config")
    if not supported:
        raise Refused("unsupported")
    try:
        configtx.check(config, new, last_update(b), config.tree)
    except (Bad, configtx.Wrong):
        raise Refused("config")


class Chain:
    """Anchor and configurations that are given; `qiao verify --each`."""

    def __init__(self, genesis, configs):
        self.configs = {}
        for raw in [genesis] + configs:
            c = Config(read_block(raw))
            self.configs[c.height] = c

    def before(self, b):
        """The configuration that judges a configuration block: the one before
        in sequence."""
        try:
            sequence = config_of(b)[1]
        except (Bad, TypeError):
            raise Refused("config")
        for c in self.configs.values():
            if c.sequence == sequence - 1 and c.height < b.number:
                return c
        raise Refused("config")

    def judge(self, raw):
        """Refused, or the accepted block."""
        b = read_block(raw)
        if b.number == 0:
            self.check_genesis(b)
            return b
        check_data(b)
        last = last_config(b)
        if is_config(b):
            config = self.before(b)
            check_channel(b, config)
            check_signatures(b, config)
            if last != b.number:
                raise Refused("config")
            check_follows(b, config)
            return b
        config = self.configs.get(last)
        if last >= b.number or config is None:
            raise Refused("config")
        check_channel(b, config)
        check_signatures(b, config)
        return b

    def judge_next(self, head, raw):
        """In order: the block after `head`, an ordinary one."""
        b = read_block(raw)
        if b.number != head.number + 1:
            raise Refused("number")
        if b.previous != head.hash:
            raise Refused("previous-hash")
        check_data(b)
        if is_config(b):
            raise Refused("config")  # none that could be genuine here
        config = max((c for c in self.configs.values() if c.height < b.number),
                     key=lambda c: c.height)
        check_channel(b, config)
        check_signatures(b, config)
        if last_config(b) != config.height:
            raise Refused("config")
        return b

    def check_genesis(self, b):
        entry = b.entries[0] if len(b.entries) == 1 else b""
        try:
            fs = fields(entry)
            alone = len(fs) == 1 and fs[0].number == 1 and fs[0].wire == 2 and \
                fs[0].minimal() and fs[0].value
        except Bad:
            alone = False
        if not alone and not (b.entries and all(map(is_envelope, b.entries))):
            raise Refused("envelope")
        if sha256(*b.entries) != b.data_hash:
            raise Refused("data-hash")
        if b.hash != self.configs[0].hash:
            raise Refused("signature")
