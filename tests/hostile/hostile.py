#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Hostile vectors for the Fabric light client: genuine blocks, changed, and blocks
of a channel whose keys we have, changed and signed again.

    hostile.py make            write ../vectors/fabric/hostile.txt: every change,
                               with what rules.py says must become of the block
    hostile.py check           say whether the file is what `make` would write
    hostile.py run QIAO DIR    make the blocks, let `qiao verify` judge them,
                               compare; DIR is for the blocks, emptied after

Only the standard library, and none of the program's code.
"""
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile

import cases
import transactions
from mutate import PEMS, mutate
from proto import Bad, field
from rules import Chain, Refused, read_block

HERE = os.path.dirname(os.path.abspath(__file__))
FABRIC = os.path.join(HERE, "..", "vectors", "fabric")
VECTORS = os.path.join(FABRIC, "hostile.txt")
BATCH = 400


def load(path):
    with open(os.path.join(FABRIC, path), "rb") as f:
        return f.read()


def block(net, number, node="peer"):
    return "%s/%s/block_%04d.pb" % (net, node, number)


class Net:
    """A recorded channel: its anchor, its configurations, blocks to change."""

    def __init__(self, name, configs, chaincode, bases, in_order, policies=(),
                 genesis="genesis.block"):
        self.genesis = os.path.join(name, genesis)
        self.name, self.chaincode, self.in_order = name, chaincode, in_order
        self.policies = policies
        self.config_files = [block(name, n) for n in configs]
        self.bases = {k: load(v) for k, v in bases.items()}
        self.chain = Chain(load(self.genesis),
                           [load(f) for f in self.config_files])

    def verdict(self, b):
        """With codes and number of records, in the channel of our own."""
        codes, records = transactions.judge(b.entries, self.chain.configs[0],
                                            self.policies)
        return "accept %s records=%d" % (",".join(map(str, codes)), records)

    def want(self, base, raw):
        """`accept`, `accept flags-differ`, or the word of the refusal."""
        try:
            if base in self.in_order:
                b = self.chain.judge_next(self.head(base), raw)
            else:
                b = self.chain.judge(raw)
        except Refused as e:
            return str(e)
        if self.policies:
            return self.verdict(b)
        codes = b.slots[2] if len(b.slots) > 2 else b""
        return "accept flags-differ" if codes and codes != self.codes(base) \
            else "accept"

    def head(self, base):
        number = read_block(self.bases[base]).number
        return read_block(load(block(self.name, number - 1)))

    def codes(self, base):
        """Of the entries, as the peers say: which is what this client finds in
        every base that is used here."""
        number = read_block(self.bases[base]).number
        return read_block(load(block(self.name, number))).slots[2]

    def command(self, qiao, base):
        out = [qiao, "verify", "--family", "fabric", "--json", "--anchor",
               os.path.join(FABRIC, self.genesis)]
        for c in self.chaincode:
            out += ["--chaincode", c]
        if base in self.in_order:  # from the first block on
            return out + [os.path.join(FABRIC, block(self.name, n)) for n in
                          range(1, read_block(self.bases[base]).number)]
        out.append("--each")
        for f in self.config_files:
            out += ["--config", os.path.join(FABRIC, f)]
        return out


def peer(msp):
    return field(2, field(1, msp.encode()) + field(2, 3))


POLICIES = {b"cc": (field(2, field(1, 2) + field(2, field(1, 0)) +
                          field(2, field(1, 1))), [peer("OneMSP"), peer("TwoMSP")])}
NETS = [
    Net("raft", [1, 2, 3, 43, 47, 49, 57, 59, 61, 65, 67, 265, 266, 269, 271, 274],
        ["records@0=OutOf(2,'NanjingMSP.peer','QuanzhouMSP.peer','AuditMSP.peer')",
         "records@55=AND('AuditMSP.peer',OR('NanjingMSP.peer','QuanzhouMSP.peer'))"],
        {"r0": "raft/genesis.block", "r6": block("raft", 6),
         "r18": block("raft", 18), "r24": block("raft", 24),
         "r25": block("raft", 25), "r25o2": block("raft", 25, "orderer2"),
         "r25o3": block("raft", 25, "orderer3"), "r43": block("raft", 43),
         "r48": block("raft", 48), "r49": block("raft", 49),
         "r60": block("raft", 60), "r64": block("raft", 64),
         "r66": block("raft", 66), "r68": block("raft", 68),
         "r68o2": block("raft", 68, "orderer2"),
         "r73": block("raft", 73), "r74": block("raft", 74),
         "r74stale": "raft/stale/block_0074.pb",
         "r128": block("raft", 128), "next6": block("raft", 6)}, ["next6"]),
    Net("bft", [12, 16], ["records=OutOf(2,'NanjingMSP.peer','QuanzhouMSP.peer',"
                          "'AuditMSP.peer')"],
        {"b0": "bft/genesis.block", "b1": block("bft", 1), "b12": block("bft", 12),
         "b16": block("bft", 16), "b17": block("bft", 17),
         "b17o1": block("bft", 17, "orderer1"), "b17o3": block("bft", 17, "orderer3"),
         "b19": block("bft", 19), "b20": block("bft", 20),
         "next5": block("bft", 5)}, ["next5"]),
    Net("made", [], ["cc=AND('OneMSP.peer','TwoMSP.peer')"],
        {"m": "made/good.block", "mc": "made/config.block"}, [],
        POLICIES),
    Net("made", [], ["cc=AND('OneMSP.peer','TwoMSP.peer')"],
        {"mb": "made/bft4_three.block", "mb1": "made/bft4_by_certificate.block"}, [],
        POLICIES, "bft4_genesis.block"),
]


def listed():
    """(net, base, steps) of every case."""
    raft, bft, made, bft4 = NETS
    tx, config = cases.block_shape(cases.PAYLOAD), cases.block_shape(cases.CONFIG_PAYLOAD)
    walks = [(raft, "r25", tx, ""), (raft, "r43", config, ""),
             (bft, "b17", tx, "1"), (bft, "b17", tx, "3"), (raft, "r68", tx, "3/1"),
             (bft, "b12", config, "3/1/1")]
    for net, base, shape, below in walks:
        for c in cases.every_field(base, net.bases[base], shape, below, "2/1/1/"):
            yield (net, *c)
    more = [
        (raft, cases.borders("r48", raft.bases["r48"], 487)),
        (raft, cases.borders("r18", raft.bases["r18"], 1999)),
        (raft, cases.certificates(raft.bases, "r25", ["r25", "r48", "r43", "r74"])),
        (raft, cases.signers(raft.bases, "r25", ["r25o2", "r25o3", "r24", "r74stale"])),
        (raft, cases.signers(raft.bases, "r68", ["r68o2", "r66", "r74stale"])),
        (bft, cases.signers(bft.bases, "b17", ["b17o1", "b17o3", "b19"])),
        (bft, cases.signers(bft.bases, "b16", ["b17"])),
        (raft, cases.parts(raft.bases, ["r24", "r25", "r43", "r49", "r64", "r73",
                                        "r74", "r74stale", "r128"])),
        (bft, cases.parts(bft.bases, ["b1", "b16", "b17", "b19", "b20"])),
    ]
    for net, base in ((raft, "r25"), (raft, "r43"), (raft, "r48"), (bft, "b17"),
                      (raft, "r0")):
        more.append((net, cases.files(base, net.bases[base])))
        more.append((net, cases.slots(base, net.bases[base])))
    for net in NETS:
        more.append((net, ((b, "1/1 len-pad") for b in net.bases if b[1:] != "0")))
    more.append((made, cases.repaired("m", made.bases["m"], tx)))
    more.append((bft4, cases.resealed("mb", bft4.bases["mb"])))
    more.append((bft4, cases.numbered("mb", "mb1")))
    more.append((made, cases.wrapped("m", PEMS)))
    more.append((made, cases.reconfigured("mc", made.bases["mc"])))
    more.append((raft, cases.successors(raft.bases, "next6", ["r24", "r25", "r43", "r0"])))
    more.append((bft, cases.successors(bft.bases, "next5", ["b1", "b17", "b12", "b0"])))
    for net, changes in more:
        for c in changes:
            yield (net, *c)


def make():
    out, seen = [], {(b, net.bases[b]) for net in NETS for b in net.in_order}
    for net, base, steps in listed():
        try:
            raw = mutate(net.bases, base, steps)
        except (Bad, IndexError, KeyError, TypeError):
            continue  # nothing there to change
        key = base if base in net.in_order else "", raw
        if key in seen:
            continue
        seen.add(key)
        want = net.want(base, raw)
        if base not in net.in_order or "accept" not in want:  # one would move on
            out.append("%s\t%s\t%s\n" % (base, steps, want))
    return "".join(out)


def read_cases():
    with open(VECTORS) as f:
        return [line.rstrip("\n").split("\t") for line in f]


def judge(task):
    """(case, verdict of qiao, why) for each case of a batch."""
    number, qiao, folder, batch = task
    net = NETS[number]
    folder = tempfile.mkdtemp(dir=folder)
    names = []
    for i, (base, steps, _) in enumerate(batch):
        names.append(os.path.join(folder, "%d.pb" % i))
        with open(names[-1], "wb") as f:
            f.write(mutate(net.bases, base, steps))
    base = batch[0][0]
    command = net.command(qiao, base)
    last = [os.path.join(FABRIC, block(net.name, read_block(net.bases[base]).number))] \
        if base in net.in_order else []  # what was refused has moved nothing
    run = subprocess.run(command + names + last, stdout=subprocess.PIPE)
    if run.returncode not in (0, 1):
        raise RuntimeError("qiao verify ended with %d" % run.returncode)
    answers = [json.loads(line) for line in run.stdout.splitlines()]
    if last and {a["verdict"] for a in answers
                 if a["file"] not in names} != {"accept"}:
        raise RuntimeError("qiao verify refuses a genuine block of %s" % net.name)
    answers = [a for a in answers if a["file"] in set(names)]
    if [a["file"] for a in answers] != names:
        raise RuntimeError("qiao verify did not answer for every file")
    shutil.rmtree(folder)
    out = []
    for case, a in zip(batch, answers):
        got = " ".join([a["code"] or a["verdict"]] + a["warn"])
        if net.policies and not a["code"]:
            got += " %s records=%d" % (",".join(map(str, a["flags"])), a["records"])
        out.append((case, got, a["reason"]))
    return out


def batches(net, everything):
    together = [c for c in everything if c[0] in net.bases and c[0] not in net.in_order]
    for mine in [together] + [[c for c in everything if c[0] == b] for b in net.in_order]:
        for i in range(0, len(mine), BATCH):
            yield mine[i:i + BATCH]


def run(qiao, folder):
    os.makedirs(folder, exist_ok=True)
    wrong = right = 0
    everything = read_cases()
    tasks = [(i, qiao, folder, batch) for i, net in enumerate(NETS)
             for batch in batches(net, everything)]
    with multiprocessing.Pool() as pool:
        for judged in pool.imap(judge, tasks):
            for case, got, reason in judged:
                if got == case[2]:
                    right += 1
                    continue
                wrong += 1
                print("%s: %s: want %s, got %s (%s)" % (*case, got, reason))
    print("check-hostile: %d passed, %d failed" % (right, wrong))
    return wrong == 0 and right == len(everything) > 0


def main():
    if sys.argv[1:] == ["make"]:
        text = make()
        with open(VECTORS, "w") as f:
            f.write(text)
        return True
    if sys.argv[1:] == ["check"]:
        with open(VECTORS) as f:
            return f.read() == make()
    if len(sys.argv) == 4 and sys.argv[1] == "run":
        return run(*sys.argv[2:])
    sys.exit(__doc__)


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
