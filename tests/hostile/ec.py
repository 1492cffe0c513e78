# SPDX-License-Identifier: Apache-2.0
"""ECDSA over P-256 and P-384, slow and plain (SEC 1, FIPS 186). For tests only:
nothing here keeps a secret."""
import functools
import hashlib

from proto import Bad


class Curve:
    def __init__(self, p, b, n, gx, gy):
        self.p, self.b, self.n = (int(x, 16) for x in (p, b, n))
        self.g = int(gx, 16), int(gy, 16)
        self.size = len(p) // 2

    def has(self, x, y):
        return x < self.p and y < self.p and \
            (y * y - x * x * x + 3 * x - self.b) % self.p == 0

    def double(self, a):
        x, y, z = a
        p = self.p
        delta, gamma = z * z % p, y * y % p
        beta = x * gamma % p
        alpha = 3 * (x - delta) * (x + delta) % p
        x3 = (alpha * alpha - 8 * beta) % p
        return (x3, (alpha * (4 * beta - x3) - 8 * gamma * gamma) % p,
                ((y + z) * (y + z) - gamma - delta) % p)

    def add(self, a, b):
        if a[2] == 0 or b[2] == 0:
            return b if a[2] == 0 else a
        p = self.p
        za, zb = a[2] * a[2] % p, b[2] * b[2] % p
        u, v = a[0] * zb % p, b[0] * za % p
        s, t = a[1] * zb * b[2] % p, b[1] * za * a[2] % p
        if u == v:
            return self.double(a) if s == t else (1, 1, 0)
        h, r = (v - u) % p, (t - s) % p
        hh = h * h % p
        hhh, w = h * hh % p, u * hh % p
        x = (r * r - hhh - 2 * w) % p
        return x, (r * (w - x) - s * hhh) % p, h * a[2] * b[2] % p

    @functools.lru_cache(maxsize=None)
    def table(self):
        """j 256^i G for every byte j of a number."""
        out, base = [], (*self.g, 1)
        for _ in range(self.size):
            row = [(1, 1, 0)]
            for _ in range(255):
                row.append(self.add(row[-1], base))
            base = self.add(row[-1], base)
            out.append(row)
        return out

    def times_g(self, k):
        out = (1, 1, 0)
        for row, byte in zip(self.table(), k.to_bytes(self.size, "little")):
            out = self.add(out, row[byte])
        return self.affine(out)

    def affine(self, a):
        if a[2] == 0:
            return None
        inverse = pow(a[2], -1, self.p)
        return (a[0] * inverse * inverse % self.p,
                a[1] * pow(inverse, 3, self.p) % self.p)

    def sum(self, u, a, v, b):
        """u A + v B, affine."""
        a, b = (*a, 1), (*b, 1)
        both, out = self.add(a, b), (1, 1, 0)
        for i in range(max(u.bit_length(), v.bit_length()) - 1, -1, -1):
            out = self.double(out)
            bits = (u >> i & 1) | (v >> i & 1) << 1
            if bits:
                out = self.add(out, (a, b, both)[bits - 1])
        return self.affine(out)


P256 = Curve("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff",
             "5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b",
             "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
             "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
             "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5")
P384 = Curve("ffffffffffffffffffffffffffffffffffffffffffffffff"
             "fffffffffffffffeffffffff0000000000000000ffffffff",
             "b3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875a"
             "c656398d8a2ed19d2a85c8edd3ec2aef",
             "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf"
             "581a0db248b0a77aecec196accc52973",
             "aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a38"
             "5502f25dbf55296c3a545e3872760ab7",
             "3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c0"
             "0a60b1ce1d7e819d7a431d7c90ea0e5f")


def tlv(b, i=0):
    """Tag, contents, end of the DER element at i."""
    if i + 2 > len(b):
        raise Bad("DER: cut short")
    tag, n, i = b[i], b[i + 1], i + 2
    if n >= 0x80:
        width = n & 0x7f
        if width == 0 or width > 4 or i + width > len(b) or b[i] == 0:
            raise Bad("DER: length")
        n, i = int.from_bytes(b[i:i + width], "big"), i + width
        if n < 0x80:
            raise Bad("DER: length")
    if i + n > len(b):
        raise Bad("DER: cut short")
    return tag, b[i:i + n], i + n


def integer(b):
    if not b or (len(b) > 1 and (b[0] == 0 and b[1] < 0x80 or
                                 b[0] == 0xff and b[1] >= 0x80)):
        raise Bad("DER: integer")
    return int.from_bytes(b, "big", signed=True)


def signature(der):
    """R and S. Bytes after the SEQUENCE or after S in it are ignored, as Go
    does; both must be positive."""
    tag, body, _ = tlv(der)
    if tag != 0x30:
        raise Bad("DER: no SEQUENCE")
    out, i = [], 0
    for _ in range(2):
        tag, value, i = tlv(body, i)
        if tag != 2:
            raise Bad("DER: no INTEGER")
        out.append(integer(value))
    if out[0] <= 0 or out[1] <= 0:
        raise Bad("not positive")
    return out


@functools.lru_cache(maxsize=None)
def verify_rs(curve, point, digest, r, s):
    n = curve.n
    if not (0 < r < n and 0 < s < n):
        return False
    e = int.from_bytes(digest[:curve.size], "big")
    w = pow(s, -1, n)
    got = curve.sum(e * w % n, curve.g, r * w % n, point)
    return got is not None and got[0] % n == r


def verify(curve, point, message, der, low_s=True, hash_name="sha256"):
    try:
        r, s = signature(der)
    except Bad:
        return False
    if low_s and s > curve.n // 2:
        return False
    return verify_rs(curve, point, hashlib.new(hash_name, message).digest(), r, s)


def der_int(n):
    b = n.to_bytes(n.bit_length() // 8 + 1, "big", signed=True)
    return b"\x02" + bytes([len(b)]) + b


def der_signature(r, s):
    body = der_int(r) + der_int(s)
    return b"\x30" + bytes([len(body)]) + body


def sign(secret, message, high_s=False):
    """P-256; the nonce is made of key and message."""
    c = P256
    digest = hashlib.sha256(message).digest()
    k = int.from_bytes(hashlib.sha512(secret.to_bytes(32, "big") + digest).digest(),
                       "big") % (c.n - 1) + 1
    r = c.times_g(k)[0] % c.n
    s = pow(k, -1, c.n) * (int.from_bytes(digest, "big") + r * secret) % c.n
    if (s > c.n // 2) != high_s:
        s = c.n - s
    return der_signature(r, s)


def public(secret):
    return P256.times_g(secret)
