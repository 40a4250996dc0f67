"""An authority for time-stamps (RFC 3161) of any time, for make-vectors.py: DER written by hand, RSA of fixed primes."""

import datetime
import hashlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


def der(tag, *parts):
    content = b"".join(parts)
    size = len(content)
    if size < 128:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def seq(*parts):
    return der(0x30, *parts)


def integer(value):
    return der(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def oid(text):
    first, second, *rest = map(int, text.split("."))
    content = b""
    for number in [first * 40 + second, *rest]:
        digits = [number & 0x7F]
        while number := number >> 7:
            digits.insert(0, 0x80 | (number & 0x7F))
        content += bytes(digits)
    return der(0x06, content)


SHA256 = seq(oid("2.16.840.1.101.3.4.2.1"), der(0x05))
TST_INFO = oid("1.2.840.113549.1.9.16.1.4")


def prime(name):
    """The first prime after a number of 1024 bits that follows from a name (Fermat, to four bases)."""
    value = int.from_bytes(b"".join(hashlib.sha256(f"{name} {i}".encode()).digest() for i in range(4)), "big")
    value |= (3 << 1022) | 1
    while any(pow(base, value - 1, value) != 1 for base in (2, 3, 5, 7)) or value % 65537 == 1:
        value += 2
    return value


class Authority:
    def __init__(self):
        p, q = prime("p"), prime("q")
        d = pow(65537, -1, (p - 1) * (q - 1))
        public = rsa.RSAPublicNumbers(65537, p * q)
        crt = (rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q))
        self.key = rsa.RSAPrivateNumbers(p, q, d, *crt, public).private_key()
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Vector authority")])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(self.name)
            .issuer_name(self.name)
            .public_key(self.key.public_key())
            .serial_number(7)
            .not_valid_before(datetime.datetime(2020, 1, 1))
            .not_valid_after(datetime.datetime(2120, 1, 1))
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
            .sign(self.key, hashes.SHA256())
        )
        self.certificate = certificate.public_bytes(Encoding.DER)

    def witness(self, digest, time):
        when = datetime.datetime.fromtimestamp(time, datetime.timezone.utc)
        info = seq(
            integer(1),
            oid("1.2.3.4.1"),
            seq(SHA256, der(0x04, digest)),
            integer(1),
            der(0x18, when.strftime("%Y%m%d%H%M%SZ").encode()),
        )
        ess = seq(seq(seq(der(0x04, hashlib.sha256(self.certificate).digest()))))
        attributes = b"".join(
            sorted([
                seq(oid("1.2.840.113549.1.9.3"), der(0x31, TST_INFO)),
                seq(oid("1.2.840.113549.1.9.4"), der(0x31, der(0x04, hashlib.sha256(info).digest()))),
                seq(oid("1.2.840.113549.1.9.16.2.47"), der(0x31, ess)),
            ])
        )
        signature = self.key.sign(der(0x31, attributes), padding.PKCS1v15(), hashes.SHA256())
        signer = seq(
            integer(1),
            seq(self.name.public_bytes(), integer(7)),
            SHA256,
            der(0xA0, attributes),
            seq(oid("1.2.840.113549.1.1.11"), der(0x05)),
            der(0x04, signature),
        )
        content = seq(TST_INFO, der(0xA0, der(0x04, info)))
        signed = seq(integer(3), der(0x31, SHA256), content, der(0xA0, self.certificate), der(0x31, signer))
        return {"kind": "rfc3161", "token": seq(oid("1.2.840.113549.1.7.2"), der(0xA0, signed)).hex()}
