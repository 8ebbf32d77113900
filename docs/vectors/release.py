#!/usr/bin/env python3
"""Makes release.json from docs/canonical-encoding.md alone: another implementation, against which src/ledger is tested.
Needs a Python whose hashlib has SM3. Usage: release.py > release.json, or release.py --corpus DIR for files to fuzz with."""
import hashlib
import json
import pathlib
import struct
import sys


def sm3(b):
    return hashlib.new("sm3", b).digest()


def begin(domain, algorithm):
    return b"WQC1" + bytes([len(domain)]) + domain + struct.pack(">HH", 1, algorithm)


def s(text):
    b = text.encode()
    return b"s" + struct.pack(">I", len(b)) + b


def u(n):
    return b"u" + struct.pack(">Q", n)


def t(n):
    return b"t" + struct.pack(">q", n)


def d(hexadecimal):
    return b"d" + bytes.fromhex(hexadecimal)


def statement(v):
    return begin(b"weique.release.statement", 1) + s(v["release"]) + s(v["app"]) + s(v["author"]) + u(v["base_serial"]) + \
        d(v["base"]) + d(v["body_root"]) + u(v["body_bytes"]) + u(v["entries"]) + u(v["added"]) + u(v["changed"]) + \
        u(v["gone"]) + t(v["created"])


def decision(v, domain=b"weique.release.decision"):
    return begin(domain, 2) + d(v["statement"]) + s(v["release"]) + s(v["person"]) + s(v["stage"]) + \
        u({"approve": 1, "reject": 2}[v["verdict"]]) + t(v["time"]) + s(v["comment"]) + u(int(v["demonstration"]))


def approval(v):
    return begin(b"weique.approval.statement", 1) + s(v["id"]) + s(v["subject"]) + s(v["object"]) + s(v["app"]) + \
        s(v["asker"]) + s(v["text"]) + s(v["rule"]) + b"l" + struct.pack(">I", len(v["stages"])) + \
        b"".join(s(x) for x in v["stages"]) + u(int(v["in_establishment"])) + t(v["asked"]) + t(v["until"])


def main():
    zero = "00" * 32
    statements = [
        {"release": "r1", "app": "portal", "author": "editor", "base_serial": 0, "base": zero, "body_root": "5a" * 32,
         "body_bytes": 0, "entries": 0, "added": 0, "changed": 0, "gone": 0, "created": 0},
        {"release": "r4711", "app": "www-yunshan", "author": "zhang-san", "base_serial": 41, "base": "c3" * 32,
         "body_root": "0123456789abcdef" * 4, "body_bytes": 1234567, "entries": 9001, "added": 17, "changed": 4,
         "gone": 2, "created": 1764000000123456},
        {"release": "a" * 64, "app": "0" * 64, "author": "9-", "base_serial": 2**63 - 1, "base": "01" * 32,
         "body_root": "ff" * 32, "body_bytes": 2**63 - 1, "entries": 2**32, "added": 2**32, "changed": 2**32,
         "gone": 2**32, "created": -1},
    ]
    for v in statements:
        b = statement(v)
        v["bytes"], v["sm3"] = b.hex(), sm3(b).hex()
    decisions = [
        {"statement": statements[0]["sm3"], "release": "r1", "person": "wang", "stage": "", "verdict": "approve",
         "time": 1764000001000000, "comment": "", "demonstration": False},
        {"statement": statements[1]["sm3"], "release": "r4711", "person": "li-si", "stage": "\u4fdd\u5bc6\u5ba1\u67e5",
         "verdict": "reject", "time": 1764000002000001,
         "comment": "\u7b2c 3 \u9875\u5c1a\u672a\u8131\u5bc6\u3002\nSee \"p3.html\".", "demonstration": True},
    ]
    for v in decisions:
        b = decision(v)
        v["bytes"], v["sm3"] = b.hex(), sm3(b).hex()
    approvals = [
        {"id": "a7", "subject": "app.opening", "object": "portal", "app": "portal", "asker": "editor",
         "text": "\u5f00\u529e\u95e8\u6237\u7f51\u7ad9", "rule": "opening-2024", "stages": ["review", "release"],
         "in_establishment": True, "asked": 1764000000000000, "until": 0},
        {"id": "a8", "subject": "link", "object": "www.example.com", "app": "", "asker": "9-", "text": "", "rule": "",
         "stages": ["secrecy"], "in_establishment": False, "asked": 0, "until": 1},
    ]
    for v in approvals:
        b = approval(v)
        v["bytes"], v["sm3"] = b.hex(), sm3(b).hex()
    approval_decisions = [
        {"statement": approvals[0]["sm3"], "release": "a7", "person": "wang", "stage": "review", "verdict": "approve",
         "time": 1764000003000000, "comment": "\u540c\u610f", "demonstration": False},
    ]
    for v in approval_decisions:
        b = decision(v, b"weique.approval.decision")
        v["bytes"], v["sm3"] = b.hex(), sm3(b).hex()
    if len(sys.argv) == 3 and sys.argv[1] == "--corpus":
        for i, v in enumerate(statements + decisions + approvals + approval_decisions):
            pathlib.Path(sys.argv[2], f"vector-{i}").write_bytes(bytes.fromhex(v["bytes"]))
        return
    print(json.dumps({"statements": statements, "decisions": decisions, "approvals": approvals,
                      "approval_decisions": approval_decisions}, indent=1, ensure_ascii=False))


main()
