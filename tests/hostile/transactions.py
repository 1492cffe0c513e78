# SPDX-License-Identifier: Apache-2.0
"""The code that a peer gives an entry, up to its endorsements: the rules of
docs/light-client-fabric.md 5. Reads that are out of date and ids of earlier
blocks are not looked at."""
import ec
from proto import Bad, decode
from rules import (CHANNEL_HEADER, PAYLOAD, SIGNATURE_HEADER, find_identity,
                   good_signers, policy_holds, rule_holds, sha256)

TRANSACTION = {1: [{1: "b", 2: "b"}]}
ACTION_PAYLOAD = {1: "b", 2: {1: "b", 2: [{1: "b", 2: "b"}]}}
RESPONSE_PAYLOAD = {1: "b", 2: "b"}
CHAINCODE_ID = {1: "s", 2: "s", 3: "s"}
HEADER_EXTENSION = {2: CHAINCODE_ID}
CHAINCODE_ACTION = {1: "b", 2: "b", 3: {1: "u", 2: "s", 3: "b"}, 4: CHAINCODE_ID}
EVENT = {1: "s", 2: "s", 3: "s", 4: "b"}
VERSION = {1: "u", 2: "u"}
READ = {1: "s", 2: VERSION}
META = {1: "s", 2: [{1: "s", 2: "b"}]}
RANGE = {1: "s", 2: "s", 3: "u", 4: {1: [READ]}, 5: {1: "u", 2: "u", 3: ["b"]}}
KV = {1: [READ], 2: [RANGE], 3: [{1: "s", 2: "u", 3: "b"}], 4: [META]}
HASHED = {1: [{1: "b", 2: VERSION}], 2: [{1: "b", 2: "u", 3: "b", 4: "u"}],
          3: [{1: "b", 2: [{1: "s", 2: "b"}]}]}
RWSET = {1: "u", 2: [{1: "s", 2: "b", 3: [{1: "s", 2: "b", 3: "b"}]}]}


class Code(Exception):
    pass


def need(code, good):
    if not good:
        raise Code(code)


def read(code, b, schema):
    try:
        return decode(b, schema)
    except Bad:
        raise Code(code)


def judge(entries, config, policies):
    """policies: chaincode name -> (rule, principals). Codes, number of records."""
    codes, ids, records = [], set(), 0
    for raw in entries:
        try:
            tx, kvs = one(raw, config, policies)
            code = 9 if tx and tx in ids else 0
            ids.add(tx)
        except Code as c:
            code, kvs = c.args[0], []
        codes.append(code)
        if code == 0:
            records += sum(count(kv) for name, kv in kvs if name != b"_lifecycle")
    return codes, records


def count(kv):
    """Statements: of a key written twice a delete wins, else nothing is said."""
    keys = {}
    for w in kv[3]:
        keys.setdefault(w[1], []).append(bool(w[2]) or not w[3])
    return sum(len(k) == 1 or any(k) for k in keys.values())


def one(raw, config, policies):
    entry = decode(raw, {1: "b", 2: "b"})
    payload = read(2, entry[1], PAYLOAD)
    need(3, payload[1] is not None)
    channel = read(3, payload[1][1], CHANNEL_HEADER)
    who = read(3, payload[1][2], SIGNATURE_HEADER)
    need(3, channel[1] & 0xffffffff in (1, 2, 3) and channel[6] == 0 and who[1]
         and who[2])
    need(4, channel[4] == config.channel)
    creator = find_identity(config, who[1])
    need(4, creator and creator.msp.roles(creator.cert))
    need(4, ec.verify(creator.cert.curve, creator.cert.point, entry[1], entry[2]))
    if channel[1] & 0xffffffff == 1:
        return None, []
    need(7, channel[1] & 0xffffffff == 3)
    need(8, channel[5] == sha256(who[2], who[1]).hex().encode())
    return channel[5], action(payload, channel, config, policies)


def action(payload, channel, config, policies):
    actions = read(5, payload[2], TRANSACTION)[1]
    need(5, len(actions) == 1)
    header = read(5, actions[0][1], SIGNATURE_HEADER)
    need(5, header[1] and header[2])
    asked = read(5, actions[0][2], ACTION_PAYLOAD)
    need(5, asked[2] is not None and asked[1])  # Go reads empty bytes as absent
    response = read(5, asked[2][1], RESPONSE_PAYLOAD)
    need(5, response[1] == sha256(payload[1][1], actions[0][1], asked[1]))
    extension = read(19, channel[7], HEADER_EXTENSION)
    need(21, response[2])
    done = read(21, response[2], CHAINCODE_ACTION)
    kvs = [(ns[1], read(22, ns[2], KV), [read(22, c[2], HASHED) for c in ns[3]])
           for ns in read(22, done[1], RWSET)[2]]
    need(255, extension[2] is not None and done[4] is not None)
    name = extension[2][2]
    need(25, name and name == done[4][2] and done[4][3])
    if done[2]:
        need(255, read(255, done[2], EVENT)[1] == name)
    need(23, len({n for n, _, _ in kvs}) == len(kvs))
    touched = {name} | {n for n, kv, private in kvs if kv[3] or kv[4] or
                        any(h[2] or h[3] for h in private)}
    signers = good_signers(config, [(e[1], asked[2][1] + e[1], e[2])
                                    for e in asked[2][2]])
    for n in touched:
        need(10, endorsed(n, signers, config, policies))
    return [(n, kv) for n, kv, _ in kvs]


def endorsed(name, signers, config, policies):
    if name in policies:
        rule, principals = policies[name]
        return rule_holds(rule, principals, signers, set())
    side = config.root.at("Application")
    return policy_holds(side, b"LifecycleEndorsement" if name == b"_lifecycle"
                        else b"Endorsement", signers)
