import { frame, fromHex, toHex, uint64, utf8 } from '../draw/bytes.ts';
import { canonicalJson } from '../draw/canonical-json.ts';
import type { PrizeUnit } from '../draw/commitment.ts';
import type { Hashing } from '../draw/hashing.ts';
import { INSTANT_WIN_KINDS, type InstantWinKind } from '../draw/instant-win.ts';
import { MerkleTree } from '../draw/merkle-tree.ts';
import {
  commitmentSignature,
  constant,
  count,
  hash,
  id,
  instant,
  list,
  object,
  oneOf,
  prizeUnits,
  text,
} from './parse.ts';
import type { CommitmentSignature } from './proof.ts';

export const INSTANT_WIN_VERSION = 'handsel-instant-win-v1';

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

/** All that anyone needs to decide every attempt again. */
export interface InstantWinProof {
  readonly version: typeof INSTANT_WIN_VERSION;
  readonly rules: string;
  readonly commitment: InstantWinCommitment;
  readonly signature: CommitmentSignature;
  /** 32 bytes in hex. */
  readonly secret: string;
  /** Every attempt, in order. */
  readonly attempts: readonly InstantWinAttempt[];
}

const proof = object<InstantWinProof>({
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
  secret: hash,
  attempts: list(
    object<InstantWinAttempt>(
      { number: count, entryId: id, participant: hash, clientNonce: hash, receivedAt: instant, unitId: id },
      ['unitId'],
    ),
  ),
});

/** @throws InvalidDraw naming the first property that is missing, unknown or malformed. */
export const parseInstantWinProof = (value: unknown): InstantWinProof => proof(value, 'proof');

/** The Merkle root over all attempts, in order. @returns hex. */
export function attemptsRoot(hashing: Hashing, attempts: Iterable<InstantWinAttempt>): string {
  const tree = new MerkleTree(hashing);
  for (const attempt of attempts) tree.add(attemptBytes(attempt));
  return toHex(tree.root());
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
