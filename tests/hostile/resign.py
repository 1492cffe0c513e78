# SPDX-License-Identifier: Apache-2.0
"""Signatures put right after a change, in the channel whose keys we have
(vectors/fabric/made): a change then meets the rule that it breaks, and not the
hash or the signature above it."""
import functools
import hashlib

import ec
from proto import Bad, decode, fields
from rules import (IDENTIFIER, METADATA, PAYLOAD, SIGNATURE_HEADER,
                   der_header, sha256)
from x509 import from_pem

PEOPLE = ["%s.%s" % (role, msp) for msp in ("OrdererMSP", "OneMSP", "TwoMSP")
          for role in ("client", "peer", "admin", "orderer")] + \
    ["node%d.orderer" % n for n in range(1, 5)] + ["ca." + msp for msp in ("OrdererMSP", "OneMSP", "TwoMSP")]


def secret(word):
    """As vectors/fabric/made/make.py makes them."""
    return int.from_bytes(hashlib.sha256(b"qiao made " + word.encode()).digest(),
                          "big") % (ec.P256.n - 1) + 1


@functools.lru_cache(maxsize=None)
def keys():
    return {ec.public(secret(w)): secret(w) for w in PEOPLE}


@functools.lru_cache(maxsize=1024)
def sign(key, message):
    return ec.sign(key, message)


def key_of(identity, otherwise):
    """Of who is named, under whatever MSP; of another where nobody is."""
    pem = [f.value for f in fields(identity) if f.number == 2 and f.wire == 2]
    try:
        key = keys().get(from_pem(pem[-1]).point)
    except (Bad, IndexError):
        return secret(otherwise)
    return key or secret(otherwise)


PEERS = ["peer.OneMSP", "peer.TwoMSP"]
ACTION = "2/1/1/2/1/2/"


def tx_id(block, put, at):
    who = decode(at(block, "2/1/1/1/2"), SIGNATURE_HEADER)
    return put(block, "2/1/1/1/1/5", sha256(who[2], who[1]).hex().encode())


def proposal(block, put, at):
    asked = [at(block, "2/1/1/1/1"), at(block, "2/1/1/2/1/1"), at(block, ACTION + "1")]
    return put(block, ACTION + "2/1/1", sha256(*asked))


def endorse(block, put, at):
    response = at(block, ACTION + "2/1")
    n = sum(f.number == 2 for f in fields(at(block, ACTION + "2")))
    for i in range(n):
        place = ACTION + "2/2#%d/" % i
        who = at(block, place + "1")
        block = put(block, place + "2", sign(key_of(who, PEERS[i % 2]), response + who))
    return block


def create(block, put, at):
    payload = at(block, "2/1/1")
    who = decode(decode(payload, PAYLOAD)[1][2], SIGNATURE_HEADER)[1]
    return put(block, "2/1/2", sign(key_of(who, "client.OneMSP"), payload))


def seal(block, put, at):
    """data_hash, then the signatures of the orderers."""
    entries = [f.value for f in fields(at(block, "2"))]
    block = put(block, "1/3", sha256(*entries))
    header = {f.number: f for f in fields(at(block, "1"))}
    der = der_header(header[1].uint(), header[2].value, header[3].value)
    value = decode(at(block, "3/1"), METADATA)[1]
    n = sum(f.number == 2 for f in fields(at(block, "3/1")))
    for i in range(n):
        place = "3/1/2#%d/" % i
        parts = [f.number for f in fields(at(block, place[:-1]))]
        if 1 not in parts:  # a BFT orderer, by its number
            signer = at(block, place + "3")
            key = secret("node%d.orderer" % decode(signer, IDENTIFIER)[1])
            block = put(block, place + "2", sign(key, value + signer + der))
            continue
        signer = at(block, place + "1")
        who = decode(signer, SIGNATURE_HEADER)[1]
        block = put(block, place + "2", sign(key_of(who, "orderer.OrdererMSP"),
                                              value + signer + der))
    return block


UPDATE = "2/1/1/2/2/1/2/"


def update(block, put, at):
    """Signatures of the request that a configuration block carries."""
    asked = at(block, UPDATE + "1")
    n = sum(f.number == 2 for f in fields(at(block, UPDATE[:-1])))
    for i in range(n):
        place = UPDATE + "2#%d/" % i
        signer = at(block, place + "1")
        who = decode(signer, SIGNATURE_HEADER)[1]
        block = put(block, place + "2", sign(key_of(who, "admin.OrdererMSP"), signer + asked))
    return block


def several(*repairs):
    def repair(block, put, at):
        for r in repairs:
            block = r(block, put, at)
        return block
    return repair


REPAIRS = {"all": several(tx_id, proposal, endorse, create, seal),
           "but-id": several(proposal, endorse, create, seal),
           "sender": several(create, seal), "request": several(update, create, seal),
           "seal": seal}
