"""Makes the known answers beside this file from docs/proof-format.md, sharing no code with the product.

Run: python3 make-vectors.py   (needs the package `cryptography`, for Ed25519, RSA and X.509)

Rounds of drand are not computed here: they are published ones, of drand-quicknet.json.
"""

import datetime
import hashlib
import hmac
import json
import pathlib
import struct

from timestamp import Authority

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

HERE = pathlib.Path(__file__).parent
CAVEAT = (
    "Commit-reveal is weaker than a public beacon: it does not prove that the platform, "
    "which knew the secret, did not steer the draw."
)
KEY = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"a key for test vectors only").digest())
PUBLIC_KEY = KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


def sha(data):
    return hashlib.sha256(data).digest()


def mac(key, message):
    return hmac.new(key, message, hashlib.sha256).digest()


def frame(tag, *fields):
    encoded = [f.encode() if isinstance(f, str) else f for f in (tag, *fields)]
    return b"".join(struct.pack(">I", len(f)) + f for f in encoded)


def u64(n):
    return struct.pack(">Q", n)


def unhex(text):
    return bytes.fromhex(text)


def canonical(value):
    """RFC 8785 for texts, integers, lists and objects whose names lie in the basic plane, where both orders agree."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def filler(name):
    """32 bytes that look random and can be made again."""
    return sha(name.encode()).hex()


def participant(giveaway_id, participant_id, salt):
    return sha(frame("handsel-participant-v1", giveaway_id, participant_id, unhex(salt))).hex()


def leaf_data(e):
    return frame(
        "handsel-entry-v1", e["entryId"], unhex(e["participant"]), u64(e["weight"]), e["reason"], e["receivedAt"]
    )


def merkle(leaves):
    """The recursive definition of RFC 6962, section 2.1 (the product builds the tree level by level)."""
    if not leaves:
        return sha(b"")
    if len(leaves) == 1:
        return sha(b"\x00" + leaves[0])
    k = split(len(leaves))
    return sha(b"\x01" + merkle(leaves[:k]) + merkle(leaves[k:]))


def merkle_path(index, leaves):
    if len(leaves) <= 1:
        return []
    k = split(len(leaves))
    if index < k:
        return merkle_path(index, leaves[:k]) + [merkle(leaves[k:])]
    return merkle_path(index - k, leaves[k:]) + [merkle(leaves[:k])]


def split(n):
    k = 1
    while k * 2 < n:
        k *= 2
    return k


class Numbers:
    def __init__(self, seed):
        self.seed, self.n = seed, 0

    def below(self, bound):
        while True:
            block = mac(self.seed, frame("handsel-rank-v1", u64(self.n)))
            self.n += 1
            value = int.from_bytes(block[:8], "big")
            if value < 2**64 - (2**64 % bound):
                return value % bound


def rank(seed, entries):
    weights = {}
    for e in entries:
        weights[e["participant"]] = weights.get(e["participant"], 0) + e["weight"]
    left = sorted((p, w) for p, w in weights.items() if w > 0)
    numbers, ranking = Numbers(seed), []
    while left:
        x, total = numbers.below(sum(w for _, w in left)), 0
        for at, (p, w) in enumerate(left):
            total += w
            if total > x:
                ranking.append(p)
                del left[at]
                break
    return ranking


def totals(entries):
    counts = {}
    for e in entries:
        counts[e["reason"]] = counts.get(e["reason"], 0) + 1
    return {
        "entryCount": len(entries),
        "countsByReason": dict(sorted(counts.items())),
        "totalWeight": sum(e["weight"] for e in entries),
    }


def sign(message):
    return KEY.sign(message).hex()


def make_entries(giveaway_id, people, per_person):
    entries = []
    for i in range(people * per_person):
        who = f"person-{i % people}"
        reason = "eligible" if i % 7 else "country_blocked"
        entries.append({
            "entryId": f"entry-{i:04d}",
            "participant": participant(giveaway_id, who, filler(f"salt of {who}")),
            "weight": 1 + (i * 5) % 9 if reason == "eligible" else 0,
            "reason": reason,
            "receivedAt": f"2030-01-31T12:00:{i % 60:02d}.{(i * 37) % 1000:03d}Z",
        })
    return entries


def ranking_of(algorithm, seed, units, entries):
    if algorithm == "handsel-draw-per-prize-v1":
        prizes = list(dict.fromkeys(u["prizeId"] for u in units))
        return [p for prize in prizes for p in rank(mac(seed, prize.encode()), entries)]
    if algorithm == "handsel-leaderboard-v1":
        scores = {}
        for e in entries:
            scores[e["participant"]] = scores.get(e["participant"], 0) + e["weight"]
        return sorted((p for p in scores if scores[p] > 0), key=lambda p: (-scores[p], mac(seed, unhex(p))))
    return rank(seed, entries)


def awards_of(algorithm, units, ranking):
    if algorithm == "handsel-draw-per-prize-v1":
        prizes = list(dict.fromkeys(u["prizeId"] for u in units))
        length = len(ranking) // len(prizes)
        lines = [
            ([u for u in units if u["prizeId"] == prize], range(i * length, (i + 1) * length))
            for i, prize in enumerate(prizes)
        ]
    else:
        lines = [(units, range(len(ranking)))]
    return [
        {"unitId": u["unitId"], "rank": at + 1, "participant": ranking[at]} for these, line in lines for u, at in zip(these, line)
    ]


OPERATOR = {"kind": "operator-asserted"}
BY_NOBODY = "Witness: none but the operator."
BY_AUTHORITY = "Witness: the commitment is time-stamped under RFC 3161."
SECRET_BY_AUTHORITY = "Witness: the hash of the secret is time-stamped under RFC 3161 before entry begins."
BY_SECRET = "Randomness: commit-reveal, the hash of the secret published when entry begins."


class Secret:
    """Commit-reveal."""

    rules = BY_SECRET
    opened, frozen, signed = "2030-01-31T11:00:00.000Z", "2030-01-31T13:00:00.000Z", "2030-01-31T13:00:01.250Z"

    def __init__(self, giveaway_id):
        self.secret = filler(f"secret of {giveaway_id}")
        secret_hash = sha(frame("handsel-secret-v1", giveaway_id, u64(1), unhex(self.secret))).hex()
        self.source = {"kind": "commit-reveal", "secretHash": secret_hash, "caveat": CAVEAT}
        self.reveal = {"kind": "commit-reveal", "secret": self.secret}
        self.randomness = unhex(self.secret)


class Drand:
    """A round of quicknet that is due at or after the deadline, or the publication, and a minute."""

    opened = "2023-08-23T12:00:00.000Z"

    def __init__(self, closes, signed, number):
        known = json.loads((HERE / "drand-quicknet.json").read_text())
        published = next(r for r in known["rounds"] if r["round"] == number)
        chain = {
            "scheme": known["scheme"],
            "publicKey": known["publicKey"],
            "periodSeconds": known["periodSeconds"],
            "genesisTime": known["genesisTime"],
            "groupHash": "f477d5c89f21a17c863a7f937c6a6d15859414d2be09cd448d4279af331c5d3e",
            "beaconId": "quicknet",
        }
        head = struct.pack(">IQ", chain["periodSeconds"], chain["genesisTime"])
        chain_hash = sha(head + unhex(chain["publicKey"]) + unhex(chain["groupHash"]) + b"quicknet").hex()
        assert chain_hash == known["chainHash"]
        self.frozen, self.signed = closes, signed
        self.source = {
            "kind": "drand",
            "chainHash": chain_hash,
            "closesAt": closes,
            "delaySeconds": 60,
            "marginSeconds": 30,
            "publishedAt": signed,
            "round": self.choose(chain, seconds(closes), seconds(signed)),
        }
        assert self.source["round"] == number, self.source
        self.rules = (
            f"Randomness: drand chain {chain_hash}, the first round at or after {closes} and 60 s; if the commitment "
            "is not out 30 s before it, the first round at or after its publication and 60 s."
        )
        self.reveal = {"kind": "drand", "chain": chain, "signature": published["signature"]}
        self.randomness = sha(unhex(published["signature"]))
        assert self.randomness.hex() == published["randomness"]

    @staticmethod
    def choose(chain, closes, signed):
        """By counting rounds, where the product computes."""

        def first(time):
            number, due = 1, chain["genesisTime"]
            while due < time:
                number, due = number + 1, due + chain["periodSeconds"]
            return number, due

        number, due = first(closes + 60)
        return number if signed + 30 <= due else first(signed + 60)[0]


def seconds(instant):
    return datetime.datetime.fromisoformat(instant.replace("Z", "+00:00")).timestamp()


def make_proof(giveaway_id, entries, units, rules, algorithm="handsel-draw-v1", source=None, authority=None, after=1):
    source = source or Secret(giveaway_id)
    rules = f"{rules}\n{source.rules}\n{BY_AUTHORITY if authority else BY_NOBODY}"
    commitment = {
        "algorithm": algorithm,
        "giveawayId": giveaway_id,
        "drawNumber": 1,
        "root": merkle([leaf_data(e) for e in entries]).hex(),
        **totals(entries),
        "prizeUnits": units,
        "rulesHash": sha(frame("handsel-rules-v1", rules)).hex(),
        "randomness": source.source,
        "openedAt": source.opened,
        "frozenAt": source.frozen,
    }
    commitment_hash = sha(frame("handsel-commitment-v1", canonical(commitment)))
    message = frame("handsel-commitment-signature-v1", "vector-key", source.signed, commitment_hash)
    seed = mac(source.randomness, commitment_hash)
    ranking = ranking_of(algorithm, seed, units, entries)
    return {
        "version": "handsel-proof-v1",
        "rules": rules,
        "commitment": commitment,
        "signature": {
            "alg": "Ed25519",
            "keyId": "vector-key",
            "publicKey": PUBLIC_KEY,
            "signedAt": source.signed,
            "signature": sign(message),
        },
        "witness": authority.witness(commitment_hash, seconds(source.signed) + after) if authority else OPERATOR,
        "reveal": source.reveal,
        "seed": seed.hex(),
        "entries": entries,
        "ranking": ranking,
        "awards": awards_of(algorithm, units, ranking),
    }


def make_receipt(giveaway_id, entry, salt, **more):
    body = {
        "version": "handsel-receipt-v1",
        "giveawayId": giveaway_id,
        "entryId": entry["entryId"],
        "participant": entry["participant"],
        "salt": salt,
        "receivedAt": entry["receivedAt"],
        "keyId": "vector-key",
        **more,
    }
    return {**body, "signature": sign(frame("handsel-receipt-v1", canonical(body)))}


def first_number(secret, message):
    return int.from_bytes(mac(unhex(secret), message)[:8], "big")


def decide_attempts(attempts, secret, units, by, odds, opened_ms, closes_ms):
    """Adds what each attempt wins."""
    due = {u["unitId"]: opened_ms for u in units}
    if by == "time_slots":
        for i, u in enumerate(units):
            due[u["unitId"]] = opened_ms + first_number(secret, frame("handsel-slot-v1", u64(i))) % (closes_ms - opened_ms)
    left = sorted(units, key=lambda u: due[u["unitId"]]) if by == "time_slots" else list(units)
    decided = []
    for received_ms, attempt in attempts:
        if not left:
            break
        number = first_number(secret, frame("handsel-instant-v1", attempt["entryId"], unhex(attempt["clientNonce"])))
        hit = by != "odds" or number * 1_000_000 < odds << 64
        if hit and due[left[0]["unitId"]] <= received_ms:
            attempt = {**attempt, "unitId": left.pop(0)["unitId"]}
        decided.append(attempt)
    return decided


def make_instant_win(by, units, rules, odds=0, authority=None):
    rules = "\n".join([rules, BY_SECRET, SECRET_BY_AUTHORITY if authority else BY_NOBODY])
    giveaway_id = f"instant-{by.replace('_', '-')}"
    secret = filler(f"secret of {giveaway_id}")
    secret_hash = sha(frame("handsel-secret-v1", giveaway_id, u64(1), unhex(secret))).hex()
    opened, minute = 1_896_087_600_000, 60_000  # 2030-01-31T11:00:00Z
    made = [
        (opened + (i + 1) * minute, {
            "number": i + 1,
            "entryId": f"entry-{i:04d}",
            "participant": participant(giveaway_id, f"person-{i}", filler(f"salt of {i}")),
            "clientNonce": filler(f"nonce {i}"),
            "receivedAt": f"2030-01-31T11:{i + 1:02d}:00.000Z",
        })
        for i in range(58)
    ]
    attempts = decide_attempts(made, secret, units, by, odds, opened, opened + 60 * minute)
    leaves = [
        frame("handsel-attempt-v1", u64(a["number"]), a["entryId"], unhex(a["participant"]), unhex(a["clientNonce"]),
              a["receivedAt"], a.get("unitId", ""))
        for a in attempts
    ]
    commitment = {
        "giveawayId": giveaway_id,
        "root": merkle(leaves).hex(),
        "attemptCount": len(attempts),
        "prizeUnits": units,
        "prizesPerPerson": "one",
        "by": by,
        "oddsPerMillion": odds,
        "rulesHash": sha(frame("handsel-rules-v1", rules)).hex(),
        "secretHash": secret_hash,
        "openedAt": "2030-01-31T11:00:00.000Z",
        "closesAt": "2030-01-31T12:00:00.000Z",
        "frozenAt": "2030-01-31T12:00:00.250Z",
    }
    signed_at = "2030-01-31T12:00:01.000Z"
    digest = sha(frame("handsel-instant-win-commitment-v1", canonical(commitment)))
    proof = {
        "version": "handsel-instant-win-v2",
        "rules": rules,
        "commitment": commitment,
        "signature": {
            "alg": "Ed25519",
            "keyId": "vector-key",
            "publicKey": PUBLIC_KEY,
            "signedAt": signed_at,
            "signature": sign(frame("handsel-instant-win-signature-v1", "vector-key", signed_at, digest)),
        },
        # The authority's clock says one second before the opening.
        "witness": authority.witness(unhex(secret_hash), opened // 1000 - 1) if authority else OPERATOR,
        "secret": secret,
        "attempts": attempts,
    }
    body = {
        "version": "handsel-attempt-receipt-v1",
        "giveawayId": giveaway_id,
        "secretHash": secret_hash,
        "keyId": "vector-key",
        **attempts[0],
    }
    receipt = {**body, "signature": sign(frame("handsel-attempt-receipt-v1", canonical(body)))}
    return {"proof": proof, "receipt": receipt}


def encoding_vectors():
    texts = ["", "plain", 'quote " backslash \\ slash /', "\b\f\n\r\t\u0001\u001f\u007f", "é € 😀 \u2028"]
    documents = [{"b": 1, "a": [True, False, {"z": "", "Z": 0}]}, {"é": 1, "e": 2, "\ue000": 3}, {"n": 2**53 - 1}]
    salt = filler("salt")
    secret = filler("secret")
    return {
        "canonical": [{"value": v, "text": canonical(v)} for v in [*texts, *documents]],
        "frames": [
            {"tag": "t", "fields": fields, "hex": frame("t", *map(unhex, fields)).hex()}
            for fields in [[], [""], ["00"], ["0001", ""], ["", "0001"]]
        ],
        "participants": [
            {"giveawayId": g, "participantId": p, "salt": salt, "commitment": participant(g, p, salt)}
            for g, p in [("g1", "p1"), ("g1p", "1"), ("g1", "P1")]
        ],
        "secrets": [
            {
                "giveawayId": "g1",
                "drawNumber": n,
                "secret": secret,
                "hash": sha(frame("handsel-secret-v1", "g1", u64(n), unhex(secret))).hex(),
            }
            for n in (1, 2, 2**53 - 1)
        ],
    }


def merkle_vectors():
    trees = []
    for size in [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 16, 17]:
        leaves = [f"leaf {i}".encode() for i in range(size)]
        paths = [[h.hex() for h in merkle_path(i, leaves)] for i in range(size)]
        trees.append({"size": size, "root": merkle(leaves).hex(), "paths": paths})
    return trees


def number_vectors():
    vectors = []
    # 2^64 mod this bound is as large as it can be for a bound near 2^53, so that numbers are in fact rejected.
    bounds = [1, 2, 3, 10, 1_000_003, max(range(2**53 - 4096, 2**53), key=lambda b: 2**64 % b)]
    for bound in bounds:
        numbers = Numbers(unhex(filler(f"seed {bound}")))
        values = [numbers.below(bound) for _ in range(50)]
        vectors.append({"seed": filler(f"seed {bound}"), "bound": bound, "values": values, "blocksUsed": numbers.n})
    seed, bound = rejecting_seed()
    numbers = Numbers(unhex(seed))
    values = [numbers.below(bound) for _ in range(5)]
    return [*vectors, {"seed": seed, "bound": bound, "values": values, "blocksUsed": numbers.n}]


def rejecting_seed():
    """A seed of whose first five numbers one is rejected: at most one in 2048 is, so it has to be looked for."""
    bound = next(b for b in range(2**53 - 1, 0, -2**40 + 1) if 2**64 % b > 0.99 * b)
    for i in range(100_000):
        numbers = Numbers(unhex(filler(f"rejecting {i}")))
        for _ in range(5):
            numbers.below(bound)
        if numbers.n > 5:
            return filler(f"rejecting {i}"), bound
    raise AssertionError("no seed found")


def ranking_vectors():
    vectors = []
    for people, weight in [(1, 1), (2, 1_000_000), (5, 3), (64, 7), (100, 1_000_000)]:
        entries = [
            {"participant": filler(f"p{i}"), "weight": 1 + (i * weight) % weight if i % 3 else weight}
            for i in range(people)
        ]
        seed = filler(f"ranking of {people}")
        vectors.append({"seed": seed, "participants": entries, "ranking": rank(unhex(seed), entries)})
    return vectors


def write(name, value):
    (HERE / name).write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def write_proof(name, proof):
    """In lines: the head, then each item of the three lists on a line of its own."""
    head = {name: value for name, value in proof.items() if name not in ("entries", "ranking", "awards")}
    lines = [compact(head)[:-1] + ',"entries":[']
    for items, end in ((proof["entries"], '],"ranking":['), (proof["ranking"], '],"awards":['), (proof["awards"], "]}")):
        lines += [compact(item) + ("," if at + 1 < len(items) else "") for at, item in enumerate(items)] + [end]
    (HERE / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def main():
    units = [{"unitId": f"unit-{i}", "prizeId": "grand" if i == 0 else "card"} for i in range(3)]
    giveaway_id = "6f9619ff-8b86-4011-b42d-00c04fc964ff"
    entries = make_entries(giveaway_id, people=12, per_person=3)
    rules = "Vector rules, § 1.\nOne entry per method; the draw is at the deadline. “Good luck” 🎁"
    proof = make_proof(giveaway_id, entries, units, rules)
    secret_hash = proof["commitment"]["randomness"]["secretHash"]
    kept = entries[8]
    receipt = make_receipt(
        giveaway_id, kept, filler("salt of person-8"), weight=kept["weight"], secretHash=secret_hash
    )
    lost = {**entries[8], "entryId": "entry-0008-lost"}
    write("encoding.json", encoding_vectors())
    write("merkle.json", merkle_vectors())
    write("numbers.json", number_vectors())
    write("ranking.json", ranking_vectors())
    write_proof("proof.json", proof)
    write_proof("proof-empty.json", make_proof("nobody-came", [], units, "Rules."))
    write_proof("proof-per-prize.json", make_proof("several-each", entries, units, rules, "handsel-draw-per-prize-v1"))
    tied = [{**e, "weight": min(e["weight"], 2)} for e in entries]
    write_proof("proof-leaderboard.json", make_proof("leaders", tied, units, rules, "handsel-leaderboard-v1"))
    for by, odds, witness in (("first_come", 0, None), ("odds", 150_000, None), ("time_slots", 0, Authority())):
        write(f"instant-win-{by.replace('_', '-')}.json", make_instant_win(by, units, rules, odds, witness))
    closes = "2023-08-23T15:58:22.500Z"
    in_time = Drand(closes, "2023-08-23T15:58:24.000Z", 1000)
    late = Drand(closes, "2023-09-15T10:59:02.000Z", 657413)
    authority = Authority()
    write_proof("proof-drand.json", make_proof(giveaway_id, entries, units, rules, source=in_time))
    write_proof("proof-drand-late.json", make_proof(giveaway_id, entries[:9], units, rules, source=late))
    stamped = {"source": in_time, "authority": authority}
    write_proof("proof-witnessed.json", make_proof(giveaway_id, entries, units, rules, **stamped))
    # One second less than the margin before round 1000, which is due at 15:59:24.
    write_proof("proof-witnessed-late.json", make_proof(giveaway_id, entries[:3], units, rules, **stamped, after=31))
    write("authority.json", {"certificate": authority.certificate.hex()})
    write("receipt-included.json", receipt)
    write("receipt-omitted.json", make_receipt(giveaway_id, lost, filler("salt of person-8")))
    altered = {**entries[9], "receivedAt": "2030-01-31T12:30:00.000Z"}
    write("receipt-altered.json", make_receipt(giveaway_id, altered, filler("salt of person-9"), weight=1))


main()
