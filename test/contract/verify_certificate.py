"""Second, independent verifier of certificates, written from docs/certificate.md and docs/ledger.md.

Standard library only, with an Ed25519 verification of its own (RFC 8032), so that nothing is shared with the product.
Usage: python3 verify_certificate.py CERTIFICATE KEY.jwk        prints "ok" (exit 0) or the first reason (exit 1)
       python3 verify_certificate.py --many KEY.jwk             reads one base64 file per line, answers one word per line
"""

import base64
import hashlib
import json
import re
import sys


class Refused(Exception):
    pass


# --- Ed25519 verification, RFC 8032 section 5.1.7 (extended coordinates) ---

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def mul(scalar, point):
    result = (0, 1, 1, 0)
    while scalar > 0:
        if scalar & 1:
            result = add(result, point)
        point = add(point, point)
        scalar >>= 1
    return result


def decompress(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    if y >= P:
        return None
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P != 0:
        x = x * ROOT % P
    if (x * x - x2) % P != 0 or (x == 0 and sign == 1):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


BASE = decompress((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def ed25519_verify(public, message, signature):
    if len(public) != 32 or len(signature) != 64:
        return False
    a, r = decompress(public), decompress(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % L
    left, right = mul(s, BASE), add(r, mul(k, a))
    same_x = (left[0] * right[2] - right[0] * left[2]) % P == 0
    return same_x and (left[1] * right[2] - right[1] * left[2]) % P == 0


# --- canonical JSON, RFC 8785 (certificates hold integers only) ---


def pairs(items):
    names = [name for name, _ in items]
    if len(set(names)) != len(names):
        raise Refused("a member is there twice")
    return dict(items)


def no_number(text):
    raise Refused("a number that is not an integer")


def parse(data):
    try:
        return json.loads(data.decode("utf-8"), object_pairs_hook=pairs, parse_float=no_number, parse_constant=no_number)
    except (UnicodeDecodeError, ValueError, RecursionError):
        raise Refused("not JSON")


def canonical(value):
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(json.dumps(n, ensure_ascii=False) + ":" + canonical(value[n]) for n in names) + "}"
    if isinstance(value, list):
        return "[" + ",".join(canonical(item) for item in value) + "]"
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 2**53 - 1:
        raise Refused("a number out of range")
    return json.dumps(value, ensure_ascii=False)


def canonical_bytes(value):
    try:
        return canonical(value).encode("utf-8")
    except UnicodeEncodeError:
        raise Refused("a lone surrogate")


# --- hashes, tree, checkpoint ---


def sha256(data):
    return hashlib.sha256(data).digest()


def hash_text(data):
    return "sha256:" + data.hex()


def hash_bytes(text):
    if not isinstance(text, str) or not re.fullmatch(r"sha256:[0-9a-f]{64}", text):
        raise Refused("not a hash")
    return bytes.fromhex(text[7:])


def leaf(data):
    return sha256(b"\x00" + data)


def root_of(leaves):
    if not leaves:
        return sha256(b"")
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01" + root_of(leaves[:split]) + root_of(leaves[split:]))


def included(index, size, hashed, proof, root):
    """RFC 9162 section 2.1.3.2."""
    if index >= size:
        return False
    fn, sn = index, size - 1
    for sibling in proof:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            hashed = sha256(b"\x01" + sibling + hashed)
            while fn & 1 == 0 and fn != 0:
                fn, sn = fn >> 1, sn >> 1
        else:
            hashed = sha256(b"\x01" + hashed + sibling)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and hashed == root


def unbase64(text, url=False):
    try:
        if url:
            data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            spelled = base64.urlsafe_b64encode(data).decode().rstrip("=")
        else:
            data = base64.b64decode(text, validate=True)
            spelled = base64.b64encode(data).decode()
    except (ValueError, TypeError):
        raise Refused("not base64")
    if spelled != text:
        raise Refused("base64 in another spelling")
    return data


def checkpoint(note, operator, public):
    text, _, signatures = note.partition("\n\n")
    head = text.split("\n")
    if len(head) != 3 or not re.fullmatch(r"0|[1-9][0-9]{0,15}", head[1]):
        raise Refused("not a checkpoint")
    origin, size, root = head[0], int(head[1]), unbase64(head[2])
    if origin != "habeas/ledger/" + operator or len(root) != 32:
        raise Refused("checkpoint of another ledger")
    line = re.fullmatch("\u2014 (\\S+) (\\S+)\n", signatures)
    if line is None or line.group(1) != origin:
        raise Refused("checkpoint without exactly one signature of its own")
    blob = unbase64(line.group(2))
    if len(blob) != 68 or blob[:4] != sha256(origin.encode() + b"\n\x01" + public)[:4]:
        raise Refused("checkpoint by another key")
    if not ed25519_verify(public, (text + "\n").encode(), blob[4:]):
        raise Refused("checkpoint signature")
    return size, root


# --- the certificate ---

FIELDS = (
    "version certificateId final simulatedTime requestId operator right outcome receivedAt closedAt clock policy dataMap "
    "systems approvals backups ledger subjectCommitment issuedAt keyId signature"
).split()


def public_key(jwk):
    if jwk.get("kty") != "OKP" or jwk.get("crv") != "Ed25519" or "d" in jwk:
        raise Refused("not a public Ed25519 key")
    thumbprint = sha256(canonical_bytes({"crv": "Ed25519", "kty": "OKP", "x": jwk["x"]}))
    return unbase64(jwk["x"], url=True), base64.urlsafe_b64encode(thumbprint).decode().rstrip("=")


def verify(data, jwk):
    """Raises Refused with the first reason; returns nothing when everything holds."""
    public, key_id = public_key(jwk)
    value = parse(data)
    if canonical_bytes(value) != data:
        raise Refused("bytes are not canonical")
    if not isinstance(value, dict) or any(field not in value for field in FIELDS) or value["version"] != 1:
        raise Refused("not a certificate of version 1")
    if value["keyId"] != key_id:
        raise Refused("another key")
    body = {name: member for name, member in value.items() if name != "signature"}
    if not ed25519_verify(public, canonical_bytes(body), unbase64(value["signature"], url=True)):
        raise Refused("signature")

    size, root = checkpoint(value["ledger"]["checkpoint"], value["operator"], public)
    entries = value["ledger"]["entries"]
    seqs = [entry["seq"] for entry in entries]
    if not seqs or any(a >= b for a, b in zip(seqs, seqs[1:])):
        raise Refused("entries do not ascend")
    for entry in entries:
        proof = [hash_bytes(sibling) for sibling in entry["inclusionProof"]]
        if not included(entry["seq"], size, leaf(hash_bytes(entry["hash"])), proof, root):
            raise Refused("entry not in the tree")

    rows = value["dataMap"]["datasets"]
    order = [tuple(row[name].encode("utf-16-be") for name in ("system", "dataset")) for row in rows]
    if any(a >= b for a, b in zip(order, order[1:])):
        raise Refused("data map not sorted")
    leaves = [leaf(canonical_bytes({name: row[name] for name in ("system", "dataset", "hash")})) for row in rows]
    if hash_text(root_of(leaves)) != value["dataMap"]["root"]:
        raise Refused("data map root")
    declared = {(row["system"], row["dataset"]) for row in rows}
    if declared != {(row["system"], row["dataset"]) for row in value["systems"]}:
        raise Refused("systems and data map differ")

    plausible(value)


def plausible(value):
    rows, outcome = value["systems"], value["outcome"]
    worked = {row["outcome"] for row in rows if row["operation"] != "none"}
    if any(row["outcome"] == "done" and (row["verifiedAt"] is None or row["method"] is None) for row in rows):
        raise Refused("done without read-back")
    if any(row["outcome"] == "retained" and row["hold"] is None for row in rows):
        raise Refused("retained without a basis")
    if any(row["operation"] == "none" and row["records"] != 0 for row in rows):
        raise Refused("records where nothing was done")
    if outcome == "fulfilled" and not worked <= {"done", "done_by_hand", "not_found", "referred"}:
        raise Refused("not fulfilled")
    if outcome == "partially_fulfilled" and not worked & {"done", "done_by_hand"}:
        raise Refused("nothing done")
    if outcome == "nothing_found" and worked - {"not_found"}:
        raise Refused("something found")
    if value["final"] and (value["closedAt"] is None or outcome is None):
        raise Refused("final without an end")


def verdict(data, jwk):
    try:
        verify(data, jwk)
        return "ok"
    except Refused as reason:
        return str(reason)
    except (KeyError, TypeError, AttributeError):
        return "a field is missing or of another kind"


def main(arguments):
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    with open(arguments[1], encoding="utf-8") as file:
        jwk = json.load(file)
    if arguments[0] == "--many":
        for line in sys.stdin:
            print(verdict(base64.b64decode(line), jwk))
        return 0
    with open(arguments[0], "rb") as file:
        answer = verdict(file.read(), jwk)
    print(answer)
    return 0 if answer == "ok" else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
