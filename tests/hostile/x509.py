# SPDX-License-Identifier: Apache-2.0
"""As much of X.509 (RFC 5280) as a Fabric identity needs, and the MSP rules of
docs/light-client-fabric.md 4."""
import base64
import calendar
import functools
import hashlib
import re
import time

import ec
from ec import tlv
from proto import Bad

CURVES = {"2a8648ce3d030107": ec.P256, "2b81040022": ec.P384}
HASHES = {"2a8648ce3d040302": "sha256", "2a8648ce3d040303": "sha384"}
OU, BASIC, SKI, AKI = "55040b", "551d13", "551d0e", "551d23"


def children(b):
    out, i = [], 0
    while i < len(b):
        tag, value, end = tlv(b, i)
        out.append((tag, value, b[i:end]))
        i = end
    return out


def moment(tag, value):
    text = value.decode()
    form = "%y%m%d%H%M%SZ" if tag == 0x17 else "%Y%m%d%H%M%SZ"
    return calendar.timegm(time.strptime(text, form))


class Cert:
    def __init__(self, der):
        tag, body, end = tlv(der)
        if tag != 0x30 or end != len(der):
            raise Bad("certificate")
        tbs, algorithm, bits = children(body)
        self.der, self.tbs = der, tbs[2]
        self.hash = HASHES.get(children(algorithm[1])[0][1].hex())
        self.signature = bits[1][1:]
        parts = children(tbs[1])
        if parts[0][0] == 0xa0:
            parts = parts[1:]
        self.serial = int.from_bytes(parts[0][1], "big")
        self.issuer, self.subject = parts[2][2], parts[4][2]
        self.not_before, self.not_after = (
            moment(t, v) for t, v, _ in children(parts[3][1]))
        key = children(parts[5][1])
        self.spki = parts[5][2]
        self.curve = CURVES.get(children(key[0][1])[-1][1].hex())
        point = key[1][1][1:]
        if self.curve is None or point[0] != 4:
            raise Bad("key")
        n = self.curve.size
        self.point = (int.from_bytes(point[1:1 + n], "big"),
                      int.from_bytes(point[1 + n:], "big"))
        self.ous = [attribute[1].decode()
                    for rdn in children(parts[4][1])
                    for _, pair, _ in children(rdn[1])
                    for oid, attribute in [children(pair)]
                    if oid[1].hex() == OU]
        self.extensions = {}
        for tag, value, _ in parts[6:]:
            if tag == 0xa3:
                for _, e, _ in children(children(value)[0][1]):
                    c = children(e)
                    self.extensions[c[0][1].hex()] = c[-1][1]

    def is_ca(self):
        ext = self.extensions.get(BASIC)
        return ext is not None and any(
            t == 1 and v != b"\0" for t, v, _ in children(tlv(ext)[1]))

    def signed(self, other):
        return other.issuer == self.subject and other.hash and ec.verify(
            self.curve, self.point, other.tbs, other.signature, False, other.hash)

    def identity(self):
        """One value for one certificate, whichever S its CA's signature has."""
        try:
            r, s = ec.signature(self.signature)
            return self.tbs, min(s, ec.P256.n - s) if s < ec.P256.n else s, r
        except Bad:
            return self.tbs, self.signature, 0


BASE64 = re.compile(rb"[A-Za-z0-9+/]*={0,2}\Z")


def line(b):
    """The first line without its end and trailing blanks, and what follows."""
    head, _, rest = b.partition(b"\n")
    return (head[:-1] if _ and head.endswith(b"\r") else head).rstrip(b" \t"), rest


def pem(b):
    """Contents of the first good PEM block, as Go's encoding/pem finds it: text
    around it and its label do not matter."""
    rest = b
    while True:
        if rest.startswith(b"-----BEGIN "):
            rest = rest[11:]
        else:
            _, found, rest = rest.partition(b"\n-----BEGIN ")
            if not found:
                raise Bad("PEM")
        label, rest = line(rest)
        if not label.endswith(b"-----"):
            continue
        label, headers = label[:-5], False
        while rest and b":" in line(rest)[0]:
            headers, rest = True, line(rest)[1]
        if not rest:
            raise Bad("PEM")
        if not headers and rest.startswith(b"-----END "):
            body, tail = b"", rest[9:]
        else:
            body, found, tail = rest.partition(b"\n-----END ")
            if not found:
                continue
        if not tail.startswith(label + b"-----") or line(tail[len(label) + 5:])[0]:
            continue
        body = re.sub(rb"[ \t\r\n]", b"", body)
        if len(body) % 4 == 0 and BASE64.match(body):
            return base64.b64decode(body)


@functools.lru_cache(maxsize=None)
def from_pem(b):
    try:
        return Cert(pem(b))
    except (ValueError, IndexError, UnicodeDecodeError):
        raise Bad("certificate")


class Msp:
    """Of a FabricMSPConfig, decoded."""

    def __init__(self, m):
        self.name = m[1]
        self.cas = [from_pem(c) for c in m[2] + m[3]]
        self.roots = {c.der for c in self.cas[:len(m[2])]}
        self.inner = {ca.der for ca in self.cas for c in self.cas
                      if c.der not in self.roots and ca.signed(c)}
        self.admins = {from_pem(c).der for c in m[4]}
        self.crls = [self.crl(c) for c in m[5]]
        self.ous = None
        if m[11] and m[11][1]:
            self.ous = [(role, m[11][n][2].decode(), m[11][n][1])
                        for n, role in ((2, "client"), (3, "peer"),
                                        (4, "admin"), (5, "orderer"))
                        if m[11][n]]
        self.known = {}

    def crl(self, text):
        """Issuer's name, revoked serials, what is needed to check it."""
        tbs, algorithm, bits = children(tlv(pem(text))[1])
        parts = children(tbs[1])
        if parts[0][0] == 2:
            parts = parts[1:]
        serials = set()
        for tag, value, _ in parts[3:]:
            if tag == 0x30:
                serials |= {int.from_bytes(children(v)[0][1], "big")
                            for _, v, _ in children(value)}
        return (parts[1][2], serials, tbs[2], bits[1][1:],
                HASHES[children(algorithm[1])[0][1].hex()])

    def chain(self, cert):
        """From the certificate to a root, or None."""
        out = [cert]
        while out[-1].der not in self.roots:
            issuers = [ca for ca in self.cas if ca.signed(out[-1])]
            if len(issuers) != 1 or len(out) > 16:
                return None
            out.append(issuers[0])
        return out

    def revoked(self, cert, issuer):
        return any(name == issuer.subject and cert.serial in serials and
                   ec.verify(issuer.curve, issuer.point, tbs, sig, False, h)
                   for name, serials, tbs, sig, h in self.crls)

    def certifier(self, chain):
        return hashlib.sha256(b"".join(c.der for c in chain)).digest()

    def role_of(self, cert, chain):
        """The one role of its organisational units; None when not exactly one."""
        hits = [(role, pin) for role, ou, pin in self.ous if ou in cert.ous]
        if len(hits) != 1:
            return None
        role, pin = hits[0]
        if pin and self.certifier(self.chain(from_pem(pin))) != \
                self.certifier(chain[1:]):
            return None
        return role

    def roles(self, cert):
        """Set of roles that it has; empty: no valid identity."""
        if cert.der not in self.known:
            self.known[cert.der] = self.find_roles(cert)
        return self.known[cert.der]

    def find_roles(self, cert):
        chain = None if cert.is_ca() else self.chain(cert)
        if not chain or len(chain) < 2 or chain[1].der in self.inner:
            return set()
        at = cert.not_before + 1
        if any(not c.not_before <= at <= c.not_after for c in chain):
            return set()
        if self.revoked(cert, chain[1]):
            return set()
        roles = {"member"}
        if self.ous is not None:
            role = self.role_of(cert, chain)
            if role is None:
                return set()
            roles.add(role)
        if cert.der in self.admins:
            roles.add("admin")
        return roles
