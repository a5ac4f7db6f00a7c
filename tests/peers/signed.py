# SPDX-License-Identifier: MIT
"""Requests signed by hand, for what no SDK sends: bad chunks, wrong trailers, other hosts, old clocks.

Written from the public description of Signature Version 4, with Python's hmac and nothing of ours.
"""
import base64
import datetime
import hashlib
import hmac
import http.client
import socket
import urllib.parse
import zlib

NOTHING = hashlib.sha256(b"").hexdigest()


def _mac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


class Signer:
    def __init__(self, endpoint, key_id, secret, region):
        url = urllib.parse.urlsplit(endpoint)
        self.address = url.hostname, url.port
        self.authority = url.netloc
        self.key_id, self.secret, self.region = key_id, secret, region

    def headers(self, method, path, payload, extra=(), host=None, age=0):
        """Headers with a signature, and what chunks need to go on from it."""
        moment = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=age)
        stamp = moment.strftime("%Y%m%dT%H%M%SZ")
        headers = {
            "host": host or self.authority,
            "x-amz-date": stamp,
            "x-amz-content-sha256": payload,
            **dict(extra),
        }
        names = ";".join(sorted(headers))
        lines = ["%s:%s" % (name, headers[name]) for name in sorted(headers)]
        path, _, query = path.partition("?")
        canonical = "\n".join([method, path, query, *lines, "", names, payload])
        scope = "/".join([stamp[:8], self.region, "s3", "aws4_request"])
        key = ("AWS4" + self.secret).encode()
        for part in scope.split("/"):
            key = _mac(key, part)
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        signature = _mac(key, "\n".join(["AWS4-HMAC-SHA256", stamp, scope, digest])).hex()
        headers["authorization"] = "AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s" % (
            self.key_id, scope, names, signature)
        return headers, (key, stamp, scope, signature)

    def send(self, method, path, headers, body=None):
        """Status, code of the error document, and body."""
        connection = http.client.HTTPConnection(*self.address, timeout=30)
        try:
            connection.request(method, path, body=body, headers=headers)
            reply = connection.getresponse()
            data = reply.read()
        finally:
            connection.close()
        code = data.partition(b"<Code>")[2].partition(b"</Code>")[0].decode()
        return reply.status, code, data

    def request(self, method, path, body=b"", payload=None, extra=(), host=None, age=0):
        payload = payload or hashlib.sha256(body).hexdigest()
        headers, _ = self.headers(method, path, payload, extra, host, age)
        return self.send(method, path, headers, body or None)

    def chunked(self, path, data, size=65536, mode="signed", trailer=False, spoil=None):
        """A PUT in chunks.  mode: signed or unsigned; spoil: chunk, trailer, checksum, cut, length."""
        kind = {"signed": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "unsigned": "STREAMING-UNSIGNED-PAYLOAD"}[mode]
        extra = {"content-encoding": "aws-chunked", "x-amz-decoded-content-length": str(len(data))}
        if spoil == "length":
            extra["x-amz-decoded-content-length"] = str(len(data) + 1)
        if trailer:
            kind += "-TRAILER"
            extra["x-amz-trailer"] = "x-amz-checksum-crc32"
        headers, (key, stamp, scope, last) = self.headers("PUT", path, kind, extra)

        def chain(title, *hashes):
            return _mac(key, "\n".join([title, stamp, scope, last, *hashes])).hex()

        out = bytearray()
        pieces = [data[at:at + size] for at in range(0, len(data), size)] + [b""]
        for number, piece in enumerate(pieces):
            head = b"%x" % len(piece)
            if mode == "signed":
                last = chain("AWS4-HMAC-SHA256-PAYLOAD", NOTHING, hashlib.sha256(piece).hexdigest())
                shown = "0" * 64 if spoil == "chunk" and number == 1 else last
                head += b";chunk-signature=" + shown.encode()
            out += head + b"\r\n" + piece
            if piece or not trailer:
                out += b"\r\n"
        if trailer:
            crc = zlib.crc32(data + (b"!" if spoil == "checksum" else b""))
            line = "x-amz-checksum-crc32:" + base64.b64encode(crc.to_bytes(4, "big")).decode()
            out += line.encode() + b"\r\n"
            if mode == "signed":
                signature = chain("AWS4-HMAC-SHA256-TRAILER", hashlib.sha256((line + "\n").encode()).hexdigest())
                if spoil == "trailer":
                    signature = "f" * 64
                out += b"x-amz-trailer-signature:" + signature.encode() + b"\r\n"
            out += b"\r\n"
        if spoil == "cut":  # the last, empty chunk is missing
            out = out[:out.rindex(b"\r\n0")]
        return self.send("PUT", path, headers, bytes(out))

    def expecting(self, path, body, spoiled=False):
        """The first status line after a head with Expect: 100-continue; the body is not sent."""
        headers, _ = self.headers("PUT", path, hashlib.sha256(body).hexdigest())
        if spoiled:
            headers["authorization"] = headers["authorization"][:-4] + "0000"
        lines = ["PUT %s HTTP/1.1" % path, "content-length: %d" % len(body), "expect: 100-continue"]
        lines += ["%s: %s" % item for item in headers.items()]
        with socket.create_connection(self.address, 10) as connection:
            connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
            return connection.recv(4096).split(b"\r\n")[0].decode()
