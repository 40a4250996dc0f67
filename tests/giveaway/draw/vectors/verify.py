"""A second verifier of proofs, written from docs/proof-format.md alone and with nothing but Python's own library.

Run: python3 verify.py PROOF.json ...     One line per file: `valid`, or the first step that fails. Exits 1 if any does.

It checks every step but two signatures that Python's library cannot: that of a drand round (BLS12-381) and that of a
time-stamp (RFC 3161). The rounds of drand-quicknet.json and OpenSSL are the second opinion on those.
"""

import datetime
import hashlib
import hmac
import json
import re
import struct
import sys

HASH, ID = r"[0-9a-f]{64}", r"[A-Za-z0-9._:-]{1,128}"
INSTANT, REASON = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", r"[a-z][a-z0-9_]{0,63}"
CAVEAT = (
    "Commit-reveal is weaker than a public beacon: it does not prove that the platform, "
    "which knew the secret, did not steer the draw."
)


class Wrong(Exception):
    """The step that fails, and why."""


def need(holds, step, why):
    if not holds:
        raise Wrong(step, why)


# Values -----------------------------------------------------------------------------------------------------------------


def sha(data):
    return hashlib.sha256(data).digest()


def mac(key, message):
    return hmac.new(key, message, hashlib.sha256).digest()


def frame(tag, *fields):
    encoded = [f.encode() if isinstance(f, str) else f for f in (tag, *fields)]
    return b"".join(struct.pack(">I", len(f)) + f for f in encoded)


def u64(n):
    return struct.pack(">Q", n)


def canonical(value):
    """Names of our documents lie in the basic plane, where code units and code points sort alike."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def text(pattern):
    return lambda v: isinstance(v, str) and re.fullmatch(pattern, v, re.S) is not None


def count(least=0, most=2**53 - 1):
    return lambda v: type(v) is int and least <= v <= most


def seconds(instant):
    return datetime.datetime.fromisoformat(instant.replace("Z", "+00:00")).timestamp()


def instant(v):
    try:
        return text(INSTANT)(v) and seconds(v) is not None
    except ValueError:
        return False


def exactly(**properties):
    """These properties, in this order, and no other."""

    def check(v):
        return isinstance(v, dict) and list(v) == list(properties) and all(p(v[n]) for n, p in properties.items())

    return check


def either(*shapes):
    return lambda v: any(shape(v) for shape in shapes)


def each(shape):
    return lambda v: isinstance(v, list) and all(shape(i) for i in v)


ENTRY = exactly(
    entryId=text(ID), participant=text(HASH), weight=count(0, 1_000_000), reason=text(REASON), receivedAt=instant
)
AWARD = exactly(unitId=text(ID), rank=count(1), participant=text(HASH))
ALGORITHMS = ("handsel-draw-v1", "handsel-draw-per-prize-v1", "handsel-leaderboard-v1")
DRAND = exactly(
    kind=text("drand"), chainHash=text(HASH), closesAt=instant, delaySeconds=count(0, 366 * 86_400),
    marginSeconds=count(), publishedAt=instant, round=count(1),
)  # fmt: skip
SECRET = exactly(kind=text("commit-reveal"), secretHash=text(HASH), caveat=lambda v: v == CAVEAT)
COMMITMENT = exactly(
    algorithm=lambda v: v in ALGORITHMS, giveawayId=text(ID), drawNumber=count(1), root=text(HASH),
    entryCount=count(0, 10_000_000),
    countsByReason=lambda v: (
        isinstance(v, dict) and list(v) == sorted(v) and all(map(text(REASON), v)) and all(map(count(1), v.values()))
    ),
    totalWeight=count(), prizeUnits=each(exactly(unitId=text(ID), prizeId=text(ID))), rulesHash=text(HASH),
    randomness=either(DRAND, SECRET), openedAt=instant, frozenAt=instant,
)  # fmt: skip
CHAIN = exactly(
    scheme=text("bls-unchained-g1-rfc9380"), publicKey=text(r"[0-9a-f]{192}"), periodSeconds=count(1, 2**32 - 1),
    genesisTime=count(), groupHash=text(HASH), beaconId=text(".*"),
)  # fmt: skip
HEAD = exactly(
    version=text("handsel-proof-v1"), rules=text(".*"), commitment=COMMITMENT,
    signature=exactly(
        alg=text("Ed25519"), keyId=text(ID), publicKey=text(HASH), signedAt=instant, signature=text(r"[0-9a-f]{128}")
    ),
    witness=either(
        exactly(kind=text("operator-asserted")), exactly(kind=text("rfc3161"), token=text(r"([0-9a-f]{2}){1,65536}"))
    ),
    reveal=either(
        exactly(kind=text("commit-reveal"), secret=text(HASH)),
        exactly(kind=text("drand"), chain=CHAIN, signature=text(r"[0-9a-f]{96}")),
    ),
    seed=text(HASH),
)  # fmt: skip


# The document -----------------------------------------------------------------------------------------------------------


def one_way(line, shape):
    """The value of a line that is written as on the page."""
    try:
        value = json.loads(line)
    except ValueError:
        value = None
    need(value is not None and shape(value), "format", "a value that the page does not know")
    need(json.dumps(value, separators=(",", ":"), ensure_ascii=False) == line, "format", "not written as on the page")
    return value


def read_lines(data):
    try:
        lines = data.decode("utf-8").split("\n")
    except UnicodeDecodeError:
        raise Wrong("format", "not UTF-8") from None
    return lines[:-1] if lines[-1] == "" else lines


def read_list(lines, end, shape):
    """The items up to the line that ends the list, checked one at a time."""
    another = False
    for number in range(len(lines) + 1):
        need(lines, "format", "the proof ends early")
        line = lines.pop(0)
        if line == end and not another:
            return
        need(another or number == 0, "format", "a comma is missing")
        another = line.endswith(",")
        yield one_way(line[:-1] if another else line, shape)


# Ed25519 (RFC 8032, section 6) ------------------------------------------------------------------------------------------

P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
BASE_Y = 4 * pow(5, P - 2, P) % P


def recover(y, sign):
    need(y < P, "signature", "a point that is none")
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    need((x * x - square) % P == 0 and (x or not sign), "signature", "a point that is none")
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


def add(a, b):
    s, t = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    u, v = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = t - s, v - u, v + u, t + s
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(scalar, point):
    result = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            result = add(result, point)
        point, scalar = add(point, point), scalar >> 1
    return result


def point(data):
    y = int.from_bytes(data, "little")
    return recover(y & ((1 << 255) - 1), y >> 255)


def is_signed(public_key, message, signature):
    s = int.from_bytes(signature[32:], "little")
    if s >= L:
        return False
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + public_key + message).digest(), "little") % L
    left = times(s, recover(BASE_Y, 0))
    right = add(point(signature[:32]), times(challenge, point(public_key)))
    return not ((left[0] * right[2] - right[0] * left[2]) % P or (left[1] * right[2] - right[1] * left[2]) % P)


# The steps --------------------------------------------------------------------------------------------------------------


def root_of(leaves):
    if not leaves:
        return sha(b"")
    level = [sha(b"\x00" + leaf) for leaf in leaves]
    while len(level) > 1:
        pairs = [sha(b"\x01" + level[i] + level[i + 1]) for i in range(0, len(level) - 1, 2)]
        level = pairs + ([level[-1]] if len(level) % 2 else [])
    return level[0]


def leaf(e):
    who, weight = bytes.fromhex(e["participant"]), u64(e["weight"])
    return frame("handsel-entry-v1", e["entryId"], who, weight, e["reason"], e["receivedAt"])


def check_rules(head):
    rules, commitment = head["rules"], head["commitment"]
    expected = sha(frame("handsel-rules-v1", rules)).hex()
    need(commitment["rulesHash"] == expected, "rules", "other rules")
    r = commitment["randomness"]
    if r["kind"] == "drand":
        source = (
            f"Randomness: drand chain {r['chainHash']}, the first round at or after {r['closesAt']} and {r['delaySeconds']} s; "
            f"if the commitment is not out {r['marginSeconds']} s before it, the first round at or after its publication "
            f"and {r['delaySeconds']} s."
        )
    else:
        source = "Randomness: commit-reveal, the hash of the secret published when entry begins."
    stamped = head["witness"]["kind"] == "rfc3161"
    witness = "the commitment is time-stamped under RFC 3161." if stamped else "none but the operator."
    lines = [line for line in rules.split("\n") if line.startswith(("Randomness: ", "Witness: "))]
    need(lines == [source, f"Witness: {witness}"], "rules", "the lines about randomness and witness")


def read_entries(lines):
    entries, last = [], ""
    for e in read_list(lines, '],"ranking":[', ENTRY):
        need(e["entryId"] > last, "entries", "not sorted, or twice")
        need((e["weight"] > 0) == (e["reason"] == "eligible"), "entries", "weight and reason do not go together")
        last = e["entryId"]
        entries.append(e)
    return entries


def check_totals(commitment, entries):
    counts = {}
    for e in entries:
        counts[e["reason"]] = counts.get(e["reason"], 0) + 1
    found = (len(entries), counts, sum(e["weight"] for e in entries))
    need(found == (commitment["entryCount"], commitment["countsByReason"], commitment["totalWeight"]), "totals", str(found))
    need(root_of([leaf(e) for e in entries]).hex() == commitment["root"], "root", "another root")


def check_signature(head, commitment_hash):
    s = head["signature"]
    message = frame("handsel-commitment-signature-v1", s["keyId"], s["signedAt"], commitment_hash)
    signed = is_signed(bytes.fromhex(s["publicKey"]), message, bytes.fromhex(s["signature"]))
    need(signed, "signature", "not of this commitment by this key")


def check_randomness(head):
    """The randomness that was revealed."""
    commitment, reveal = head["commitment"], head["reveal"]
    r = commitment["randomness"]
    need(r["kind"] == reveal["kind"], "randomness", "one is committed to, another revealed")
    if r["kind"] == "commit-reveal":
        secret = bytes.fromhex(reveal["secret"])
        given = sha(frame("handsel-secret-v1", commitment["giveawayId"], u64(commitment["drawNumber"]), secret)).hex()
        need(given == r["secretHash"], "randomness", "another secret")
        return secret
    chain = reveal["chain"]
    start = struct.pack(">IQ", chain["periodSeconds"], chain["genesisTime"])
    name = b"" if chain["beaconId"] == "default" else chain["beaconId"].encode()
    key, group = bytes.fromhex(chain["publicKey"]), bytes.fromhex(chain["groupHash"])
    need(sha(start + key + group + name).hex() == r["chainHash"], "randomness", "another chain")
    need(r["publishedAt"] == head["signature"]["signedAt"], "randomness", "published and signed at other times")
    need(commitment["frozenAt"] <= r["publishedAt"], "randomness", "published before the freeze")

    def first(time):
        least = max(0, -(-(time - chain["genesisTime"]) // chain["periodSeconds"]))
        return int(least) + 1

    number = first(seconds(r["closesAt"]) + r["delaySeconds"])
    due = chain["genesisTime"] + (number - 1) * chain["periodSeconds"]
    if seconds(r["publishedAt"]) + r["marginSeconds"] > due:
        number = first(seconds(r["publishedAt"]) + r["delaySeconds"])
    need(number == r["round"], "randomness", f"by the rules it is round {number}")
    return sha(bytes.fromhex(reveal["signature"]))


def ranked(seed, weights):
    """Steps 2 to 4."""
    left, n = sorted(weights.items()), 0
    while left:
        bound = sum(w for _, w in left)
        while True:
            value = int.from_bytes(mac(seed, frame("handsel-rank-v1", u64(n)))[:8], "big")
            n += 1
            if value < 2**64 - 2**64 % bound:
                break
        x, total = value % bound, 0
        for at, (who, weight) in enumerate(left):
            total += weight
            if total > x:
                yield who
                del left[at]
                break


def draw(commitment, seed, entries):
    """The ranking, and the awards."""
    weights = {}
    for e in entries:
        if e["weight"]:
            weights[e["participant"]] = weights.get(e["participant"], 0) + e["weight"]
    units, algorithm = commitment["prizeUnits"], commitment["algorithm"]
    prizes = list(dict.fromkeys(u["prizeId"] for u in units))
    if algorithm == "handsel-draw-per-prize-v1":
        rankings = [list(ranked(mac(seed, prize.encode()), weights)) for prize in prizes]
        queues = [[u for u in units if u["prizeId"] == prize] for prize in prizes]
    elif algorithm == "handsel-leaderboard-v1":
        rankings = [sorted(weights, key=lambda who: (-weights[who], mac(seed, bytes.fromhex(who))))]
        queues = [units]
    else:
        rankings, queues = [list(ranked(seed, weights))], [units]
    awards = []
    for i, (ranking, queue) in enumerate(zip(rankings, queues)):
        for rank, (unit, who) in enumerate(zip(queue, ranking), i * len(weights) + 1):
            awards.append({"unitId": unit["unitId"], "rank": rank, "participant": who})
    return [who for ranking in rankings for who in ranking], awards


def verify(data):
    lines = read_lines(data)
    first = lines.pop(0)
    need(first.endswith(',"entries":['), "format", "the first line")
    head = one_way(first[: -len(',"entries":[')] + "}", HEAD)
    commitment = head["commitment"]
    units = [u["unitId"] for u in commitment["prizeUnits"]]
    need(len(set(units)) == len(units), "format", "a unit comes twice")
    check_rules(head)
    entries = read_entries(lines)
    check_totals(commitment, entries)
    commitment_hash = sha(frame("handsel-commitment-v1", canonical(commitment)))
    check_signature(head, commitment_hash)
    seed = mac(check_randomness(head), commitment_hash)
    need(head["seed"] == seed.hex(), "seed", f"it is {seed.hex()}")
    ranking, awards = draw(commitment, seed, entries)
    said = []
    for who in read_list(lines, '],"awards":[', text(HASH)):
        need(len(said) < len(ranking) and ranking[len(said)] == who, "ranking", f"rank {len(said) + 1}")
        said.append(who)
    need(said == ranking, "ranking", "ranks are missing")
    need(list(read_list(lines, "]}", AWARD)) == awards, "awards", "other awards")
    need(not lines, "format", "something follows")


def main(files):
    failed = False
    for file in files:
        try:
            with open(file, "rb") as opened:
                verify(opened.read())
            print("valid")
        except Wrong as wrong:
            failed = True
            print(f"{wrong.args[0]}: {wrong.args[1]}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
