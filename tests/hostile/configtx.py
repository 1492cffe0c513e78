# SPDX-License-Identifier: Apache-2.0
"""May this configuration follow that one? It carries the signed request that
asked for it: docs/light-client-fabric.md 4."""
import re

from proto import Bad, decode, fields
from rules import (CHANNEL_HEADER, ENTRY, PAYLOAD, SIGNATURE_HEADER, good_signers,
                   policy_holds)

UPDATE_ENVELOPE = {1: "b", 2: [{1: "b", 2: "b"}]}
UPDATE = {1: "s", 2: "m", 3: "m"}
NAME = re.compile(rb"[a-zA-Z0-9.-]{1,249}\Z")


class Wrong(Exception):
    pass


def need(what, good):
    if not good:
        raise Wrong(what)


def known(b, schema):
    """What the schema knows of a message, and the rest as it stands."""
    kinds = {n: 0 if t == "u" else 2 for n, t in schema.items()}
    rest = b"".join(f.bytes() for f in fields(b) if kinds.get(f.number) != f.wire)
    return decode(b, schema), rest


def item(b, policy):
    """Version, mod_policy, contents: of a value or a policy."""
    if not policy:
        v, rest = known(b, {1: "u", 2: "b", 3: "s"})
        return v[1], v[3], (v[2], rest)
    v, rest = known(b, {1: "u", 2: {1: "u", 2: "b"}, 3: "s"})
    inner = [f.value for f in fields(b) if f.number == 2 and f.wire == 2]
    return v[1], v[3], (v[2] and known(b"".join(inner), {1: "u", 2: "b"}), rest)


def flat(out, b, path):
    """All elements of a group: kind and path -> version, mod_policy, contents.
    Contents of a group are the names in it."""
    g, rest = known(b, {1: "u", 2: [ENTRY], 3: [ENTRY], 4: [ENTRY], 5: "s"})
    for n in (2, 3, 4):  # no encoder of a map writes a name twice
        need("twice", len({e[1] for e in g[n]}) == len(g[n]))
        need("name", all(e[1] and b"/" not in e[1] for e in g[n]))
    members = tuple(frozenset(e[1] for e in g[n]) for n in (2, 3, 4))
    out["group", path] = g[1], g[5], (members, rest)
    for e in g[2]:
        flat(out, e[2], path + (e[1],))
    for n, kind in ((3, "value"), (4, "policy")):
        for e in g[n]:
            out[kind, path + (e[1],)] = item(e[2], n == 4)
    return out


def result(old, changed, path):
    """The elements that stand after the change, walked from the root."""
    both = {**old, **changed}
    out = {}
    version, mod, (members, _) = both["group", path]
    out["group", path] = version, mod, (members, b"")
    for kind, names in zip(("value", "policy"), members[1:]):
        for n in names:
            out[kind, path + (n,)] = both[kind, path + (n,)]
    for n in members[0]:
        out.update(result(old, changed, path + (n,)))
    return out


def mod_policy_holds(config, kind, path, mod, signers):
    """Relative to the group that holds the element, or to the group itself."""
    if mod.startswith(b"/"):
        steps = mod[1:].split(b"/")
        need("path", steps[0] == b"Channel")
        steps = steps[1:]
    else:
        steps = list(path if kind == "group" else path[:-1])[1:] + mod.split(b"/")
    g = config.root
    for step in steps[:-1]:
        g = g.groups.get(step)
        need("policy", g)
    return policy_holds(g, steps[-1], signers)


def is_mod_policy(mod):
    return all(NAME.match(s) and s not in (b".", b"..")
               for s in mod[mod.startswith(b"/"):].split(b"/"))


def request_of(envelope, config):
    payload = decode(decode(envelope, {1: "b"})[1], PAYLOAD)
    need("header", payload[1] is not None)
    need("type", decode(payload[1][1], CHANNEL_HEADER)[1] & 0xffffffff == 2)
    asked = decode(payload[2], UPDATE_ENVELOPE)
    update = decode(asked[1], UPDATE)
    need("channel", update[1] == config.channel)
    signed = [(decode(s[1], SIGNATURE_HEADER)[1], s[1] + asked[1], s[2])
              for s in asked[2]]
    return update, good_signers(config, signed)


def names(elements):
    return all(NAME.match(n) and n not in (b".", b"..")
               for _, path in elements for n in path)


def check(config, new, request, old_tree):
    """Wrong or Bad, or it may follow. old_tree: bytes of the old root group."""
    need("sequence", new[1] == config.sequence + 1)
    root = (b"Channel",)
    update, signers = request_of(request, config)
    old = flat({}, old_tree, root)
    read, write = flat({}, update[2], root), flat({}, update[3], root)
    need("names", names(read) and names(write))
    for key, (version, _, _) in read.items():
        need("read set", key in old and old[key][0] == version)
    changed = {key: e for key, e in write.items()
               if key not in read or read[key][0] != e[0]}
    need("no change", changed)
    for (kind, path), (version, mod, _) in changed.items():
        need("mod_policy", is_mod_policy(mod))
        before = old.get((kind, path))
        if before is None:
            need("version of a new one", version == 0)
            continue
        need("version", version == before[0] + 1)
        need("authority", mod_policy_holds(config, kind, path, before[1], signers))
    try:
        want = result(old, changed, root)
    except KeyError:
        raise Wrong("members")
    need("another configuration", flat({}, new[2], root) == want)
