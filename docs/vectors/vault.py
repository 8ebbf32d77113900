#!/usr/bin/env python3
"""Makes vault.json from docs/formats.md alone: another implementation of writing, against which src/vault is tested.
Needs a Python whose hashlib has SM3. Usage: vault.py > vault.json"""
import hashlib
import json
import struct

M64 = (1 << 64) - 1


def sm3(b):
    return hashlib.new("sm3", b).digest()


def align(b):
    return b + bytes(-len(b) % 16)


def prefix(name):
    return (b"WQT1" + name).ljust(64, b"\0")


def root(b):
    leaves = [sm3(prefix(b"weique.tree.leaf") + b[i:i + 16384]) for i in range(0, max(len(b), 1), 16384)]

    def top(level):
        if len(level) == 1:
            return level[0]
        k = 1 << (len(level) - 1).bit_length() - 1
        return sm3(prefix(b"weique.tree.node") + top(level[:k]) + top(level[k:]))
    return sm3(prefix(b"weique.tree.root") + struct.pack(">Q", len(b)) + top(leaves))


def canon(domain, algorithm):
    return b"WQC1" + bytes([len(domain)]) + domain + struct.pack(">HH", 1, algorithm)


def pack(objects):
    out, index = bytes(64), b""
    for o in objects:
        index += sm3(o) + root(o) + struct.pack(">QQ", len(out), len(o)) + bytes(16)
        out = align(out + o)
    digest = sm3(canon(b"weique.vault.pack", 1) + b"b" + struct.pack(">I", len(index)) + index)
    header = b"WQPACK\0\1" + struct.pack(">IIQQ", 1, len(objects), len(out), len(out) + len(index)) + digest
    return sm3(header), header + out[64:] + index


def key_hash(key):
    k1, k2 = 0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93
    h = k2 ^ (len(key) * k1 & M64)
    for i in range(0, len(key), 8):
        h = (h ^ int.from_bytes(key[i:i + 8].ljust(8, b"\0"), "big")) * k1 & M64
        h ^= h >> 32
    h = h * k2 & M64
    return h ^ h >> 29


def slots(keys):
    n, probes = len(keys) * 10 // 7 + 1, 0
    home = [(key_hash(k) & 0xFFFFFFFF) * n >> 32 for k in keys]
    table = [None] * n
    for number in range(len(keys)):
        at, distance = home[number], 0
        while number is not None:
            other = table[at]
            if other is None or (at - home[other]) % n < distance:
                table[at], probes = number, max(probes, distance + 1)
                number, distance = other, 0 if other is None else (at - home[other]) % n
            at, distance = (at + 1) % n, distance + 1
    return probes, n, b"".join(
        struct.pack(">II", 0, 0) if t is None else struct.pack(">II", key_hash(keys[t]) >> 32, t + 1) for t in table)


def body(packs, hosts, policy, links, entries):
    strings, texts = b"", [b""]

    def slice_(s):
        nonlocal strings
        strings += s
        return struct.pack(">II", len(strings) - len(s), len(s))
    entries = sorted(entries, key=lambda e: e["key"])
    for field in ("type", "headers"):
        for e in entries:
            if e[field] not in texts:
                texts.append(e[field])
    sections = [b"".join(n + struct.pack(">Q", b) for n, b in packs), b"".join(slice_(t) for t in texts),
                b"".join(slice_(h) for h in sorted(hosts))]
    rows, sources = b"", b""
    for number, e in enumerate(entries):
        offset = slice_(e["key"])[:4]
        forms = [e.get(f) for f in ("identity", "gzip", "brotli")]
        rows += offset + struct.pack(">HHHHI", len(e["key"]), e["status"], texts.index(e["type"]),
                                     (1 if forms[1] else 0) | (2 if forms[2] else 0) | (4 if "source" in e else 0),
                                     texts.index(e["headers"]))
        if "source" in e:
            sources += struct.pack(">II", number, e["transforms"]) + e["source"]
        rows += b"".join(struct.pack(">IIQ", *f[:3]) if f else bytes(16) for f in forms) + forms[0][3]
    probes, n, table = slots([e["key"] for e in entries])
    table_of_links = b"".join(i + slice_(a) for i, a in sorted(links))
    sections += [rows, table, policy, table_of_links, sources, strings]
    counts = [len(packs), len(texts), len(hosts), len(entries), n, len(policy), len(links), len(sources) // 40,
              len(strings)]
    widths = [40, 8, 8, 96, 8, 1, 24, 40, 1]
    out, at = b"", 32 + 9 * 16
    directory = b""
    for s, count, width in zip(sections, counts, widths):
        out += bytes(-at % 16)
        at += -at % 16
        directory += struct.pack(">QII", at, count, width)
        out += s
        at += len(s)
    return b"WQBODY\0\2" + struct.pack(">IIQQ", 9, probes, at, 0) + directory + out


def head(app, serial, previous, event, statement, body_bytes, sealed_at, key_id):
    return canon(b"weique.vault.snapshot", 2) + b"s" + struct.pack(">I", len(app)) + app + b"u" + \
        struct.pack(">Q", serial) + b"d" + previous + b"d" + event + b"d" + statement + b"d" + root(body_bytes) + \
        b"u" + struct.pack(">Q", len(body_bytes)) + b"t" + struct.pack(">q", sealed_at) + b"d" + key_id


def floor(app, serial, digest):
    first = b"WQFLOR\0\1" + struct.pack(">Q", serial) + digest
    return first + sm3(first + app)


def main():
    texts = [b"<!doctype html><title>Weique</title>\n", b"", b"nothing here\n"]
    name, packed = pack(texts)

    def ref(i):
        return (0, i, len(texts[i]), sm3(texts[i]))
    b = body([(name, len(packed))], [b"www.example.gov.cn", b"example.gov.cn"], b"a policy",
             [(bytes(range(0x20, 0x30)), b"https://www.example.com/"), (bytes(range(0x10, 0x20)), b"http://example.org/a?b=c")], [
        {"key": b"www.example.gov.cn/", "status": 200, "type": b"text/html; charset=utf-8", "headers": b"",
         "identity": ref(0), "gzip": ref(2), "source": sm3(b"what was captured"), "transforms": 5},
        {"key": b"example.gov.cn/", "status": 301, "type": b"", "headers": b"Location: http://www.example.gov.cn/\r\n",
         "identity": ref(1)},
        {"key": b"www.example.gov.cn/404", "status": 404, "type": b"text/plain", "headers": b"", "identity": ref(2)}])
    h = head(b"portal", 7, b"\x11" * 32, b"\x22" * 32, b"\x33" * 32, b, 1764000000000000, b"\x44" * 32)
    print(json.dumps({
        "objects": [t.decode() for t in texts], "pack_name": name.hex(), "pack": packed.hex(), "body": b.hex(),
        "body_root": root(b).hex(), "head": h.hex(), "snapshot_digest": sm3(h).hex(),
        "floor": floor(b"portal", 7, sm3(h)).hex(),
        "hashes": [{"key": k, "hash": f"{key_hash(k.encode()):016x}"} for k in (
            "", "12345678", "www.example.gov.cn/")]}, indent=1))


main()
