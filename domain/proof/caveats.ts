import { PUBLIC_CHAINS } from '../draw/beacon.ts';
import type { Timestamp } from '../witness/timestamp-token.ts';
import type { ProofHead } from './proof.ts';
import { isLate } from './randomness-checks.ts';
import type { KnownElsewhere } from './trust-checks.ts';

const WITNESS_CAVEAT = 'Only the operator says when the commitment was published.';
const CHAIN_CAVEAT =
  'The drand chain is not a public one: whoever holds its key knew the round beforehand and could steer the draw.';
const LATE_CAVEAT =
  'The commitment was late, and its round counted from when it was published: the operator could choose that moment.';
const ONLY_CAVEAT =
  'A witness shows when this commitment existed, not that it was the only one: compare its hash with the one that was published.';
const KEY_CAVEAT = 'The key is the one in the proof: compare it with the one that the platform publishes.';

/** What a valid proof does not show. */
export const caveatsOf = (proof: ProofHead, stamp: Timestamp | undefined, options: KnownElsewhere): string[] => [
  ...randomnessCaveats(proof, options),
  ...witnessCaveats(stamp, options),
  ...(options.trustedKey === undefined ? [KEY_CAVEAT] : []),
];

function randomnessCaveats(proof: ProofHead, { trustedChain }: KnownElsewhere): string[] {
  const { randomness } = proof.commitment;
  if (randomness.kind === 'commit-reveal') return [randomness.caveat];
  const known = trustedChain !== undefined || Object.hasOwn(PUBLIC_CHAINS, randomness.chainHash);
  return [...(known ? [] : [CHAIN_CAVEAT]), ...(isLate(proof) ? [LATE_CAVEAT] : [])];
}

function witnessCaveats(stamp: Timestamp | undefined, { publishedHash }: KnownElsewhere): string[] {
  const only = publishedHash === undefined ? [ONLY_CAVEAT] : [];
  if (stamp?.trusted === true) return only;
  if (!stamp) return [WITNESS_CAVEAT, ...only];
  return [
    `${WITNESS_CAVEAT} The time-stamp is by ${stamp.authority}, whose certificate was not given as trusted.`,
    ...only,
  ];
}
