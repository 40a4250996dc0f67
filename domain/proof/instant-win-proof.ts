import { frame, fromHex, toHex, uint64, utf8 } from '../draw/bytes.ts';
import { canonicalJson } from '../draw/canonical-json.ts';
import type { PrizeUnit } from '../draw/commitment.ts';
import type { Hashing } from '../draw/hashing.ts';
import { INSTANT_WIN_KINDS, type InstantWinKind } from '../draw/instant-win.ts';
import { MerkleTree } from '../draw/merkle-tree.ts';
import { commitmentSignature, constant, count, hash, id, instant, object, oneOf, prizeUnits, text } from './parse.ts';
import { witness } from './parse-proof.ts';
import type { CommitmentSignature, Witness } from './proof.ts';

export const INSTANT_WIN_VERSION = 'handsel-instant-win-v2';

/** One attempt to win, as it was decided. It names nobody. */
export interface InstantWinAttempt {
  /** From 1, without gaps. */
  readonly number: number;
  readonly entryId: string;
  /** The participant's commitment in hex. */
  readonly participant: string;
  readonly clientNonce: string;
  readonly receivedAt: string;
  readonly unitId?: string;
}

/** Signed after the last attempt and before the secret is revealed. */
export interface InstantWinCommitment {
  readonly giveawayId: string;
  readonly root: string;
  readonly attemptCount: number;
  /** In the order in which they are won. */
  readonly prizeUnits: readonly PrizeUnit[];
  readonly prizesPerPerson: 'one' | 'several';
  readonly by: InstantWinKind;
  /** 0 where there are no odds. */
  readonly oddsPerMillion: number;
  readonly rulesHash: string;
  readonly secretHash: string;
  readonly openedAt: string;
  /** The deadline as it was at the opening: moments of time slots lie before it. */
  readonly closesAt: string;
  readonly frozenAt: string;
}

/** What the proof says before its attempts. */
export interface InstantWinHead {
  readonly version: typeof INSTANT_WIN_VERSION;
  readonly rules: string;
  readonly commitment: InstantWinCommitment;
  readonly signature: CommitmentSignature;
  /** Of the secret's hash, from before the opening. */
  readonly witness: Witness;
  /** 32 bytes in hex. */
  readonly secret: string;
}

/** All that anyone needs to decide every attempt again. */
export interface InstantWinProof extends InstantWinHead {
  /** Every attempt, in order. */
  readonly attempts: readonly InstantWinAttempt[];
}

const head = object<InstantWinHead>({
  version: constant(INSTANT_WIN_VERSION),
  rules: text,
  commitment: object<InstantWinCommitment>({
    giveawayId: id,
    root: hash,
    attemptCount: count,
    prizeUnits,
    prizesPerPerson: oneOf(['one', 'several']),
    by: oneOf(INSTANT_WIN_KINDS),
    oddsPerMillion: count,
    rulesHash: hash,
    secretHash: hash,
    openedAt: instant,
    closesAt: instant,
    frozenAt: instant,
  }),
  signature: commitmentSignature,
  witness,
  secret: hash,
});

/** @throws InvalidDraw naming the first property that is missing, unknown or malformed. */
export const parseInstantWinHead = (value: unknown): InstantWinHead => head(value, 'proof');

/** One item of the proof's `attempts`. @throws InvalidDraw */
export const parseInstantWinAttempt = object<InstantWinAttempt>(
  { number: count, entryId: id, participant: hash, clientNonce: hash, receivedAt: instant, unitId: id },
  ['unitId'],
);

/** The Merkle root over all attempts, which are added in their order. */
export class AttemptsRoot {
  count = 0;
  readonly #tree: MerkleTree;

  constructor(hashing: Hashing) {
    this.#tree = new MerkleTree(hashing);
  }

  add(attempt: InstantWinAttempt): void {
    this.#tree.add(attemptBytes(attempt));
    this.count += 1;
  }

  hex(): string {
    return toHex(this.#tree.root());
  }
}

const attemptBytes = (attempt: InstantWinAttempt): Uint8Array =>
  frame(
    'handsel-attempt-v1',
    uint64(attempt.number),
    utf8(attempt.entryId),
    fromHex(attempt.participant),
    fromHex(attempt.clientNonce),
    utf8(attempt.receivedAt),
    utf8(attempt.unitId ?? ''),
  );

/** The bytes that the platform signs with Ed25519. */
export function instantWinSigningBytes(
  hashing: Hashing,
  commitment: InstantWinCommitment,
  { keyId, signedAt }: Pick<CommitmentSignature, 'keyId' | 'signedAt'>,
): Uint8Array {
  const digest = hashing.sha256(frame('handsel-instant-win-commitment-v1', utf8(canonicalJson(commitment))));
  return frame('handsel-instant-win-signature-v1', utf8(keyId), utf8(signedAt), digest);
}
