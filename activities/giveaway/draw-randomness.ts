import type { Database } from '../../db/connect.ts';
import {
  type DrawRow,
  readDrawMaterial,
  saveBeaconSignature,
  type DrawMaterial,
} from '../../db/giveaway/draw-giveaway.ts';
import { toHex } from '../../domain/draw/bytes.ts';
import type { BeaconChain } from '../../domain/draw/beacon.ts';
import { chooseRound, roundTimeMs } from '../../domain/draw/beacon-round.ts';
import { type Commitment, hashCommitment } from '../../domain/draw/commitment.ts';
import {
  commitRevealSource,
  drawSecretAad,
  type RandomnessReveal,
  type RandomnessSource,
} from '../../domain/draw/randomness.ts';
import type { Witness } from '../../domain/proof/proof.ts';
import { readWitness } from '../../domain/proof/randomness-checks.ts';
import type { BeaconPort } from '../../providers/beacon/port.ts';
import type { TimestampPort } from '../../providers/timestamp/port.ts';
import { drawCrypto } from '../../runtime/draw-crypto.ts';
import type { SecretBox } from '../../runtime/secret-box.ts';
import type { AwaitedRound, RunGiveawayInput } from '../../workflows/giveaway/contract.ts';

export interface RandomnessPorts {
  readonly beacon?: BeaconPort | undefined;
  readonly timestamp?: TimestampPort | undefined;
}

export interface CommittedSource {
  readonly source: RandomnessSource;
  readonly chain?: BeaconChain;
  /** When the commitment is published. */
  readonly publishedAt: string;
}

/** Where the randomness of a draw will come from, if its commitment is published now. */
export async function sourceOf(
  { draw, ...times }: DrawMaterial,
  { beacon }: RandomnessPorts,
): Promise<CommittedSource> {
  // Another machine's clock may have closed the giveaway.
  const publishedAt = (): string => new Date(Math.max(Date.now(), times.closedAt.getTime())).toISOString();
  const { randomness, secret_hash: secretHash } = draw;
  if (randomness.kind === 'commit-reveal') {
    if (!secretHash) throw new Error('A draw by commit-reveal has no secret');
    return { source: commitRevealSource(toHex(secretHash)), publishedAt: publishedAt() };
  }
  if (!beacon) throw new Error('The draw rests on a beacon, and none is configured');
  const chain = await beacon.chain(randomness.chainHash);
  const rule = { ...randomness, publishedAt: publishedAt() };
  const { round } = chooseRound(chain, rule, rule.publishedAt);
  return { source: { ...rule, round }, chain, publishedAt: rule.publishedAt };
}

/**
 * Has the commitment witnessed, where the rules say so.
 * @throws when nobody does at the moment, or too late for the round: then everything is done again, for a later round.
 */
export async function witnessOf(
  witnessed: boolean,
  commitment: Commitment,
  { timestamp }: RandomnessPorts,
  chain?: BeaconChain,
): Promise<Witness> {
  if (!witnessed) return { kind: 'operator-asserted' };
  if (!timestamp) throw new Error('The commitment is to be witnessed, and no authority is configured');
  const hash = Buffer.from(hashCommitment(drawCrypto, commitment), 'hex');
  const witness: Witness = { kind: 'rfc3161', token: toHex(await timestamp.stamp(hash)) };
  const reveal: RandomnessReveal = chain
    ? { kind: 'drand', chain, signature: '' }
    : { kind: 'commit-reveal', secret: '' };
  readWitness({ witness, commitment, reveal }, drawCrypto);
  return witness;
}

/** The round for which a committed draw waits; undefined where it waits for none. */
export function awaitedRound({ commitment, beacon_chain: chain }: DrawRow): AwaitedRound | undefined {
  const source = commitment?.randomness;
  if (source?.kind !== 'drand' || !chain) return undefined;
  const { round, chainHash } = source;
  return { round, chainHash, dueInMs: Math.max(0, roundTimeMs(chain, round) - Date.now()) };
}

/** What turns the commitment into a draw. @throws when the round has not been fetched. */
export function revealOf(giveawayId: string, draw: DrawRow, secrets: SecretBox): RandomnessReveal {
  const { beacon_chain: chain, beacon_signature: signature, secret_sealed: sealed } = draw;
  if (sealed) {
    return { kind: 'commit-reveal', secret: secrets.open(sealed, drawSecretAad(giveawayId)).toString('utf8') };
  }
  if (!chain || !signature) throw new Error(`The round of giveaway ${giveawayId} is not known`);
  return { kind: 'drand', chain, signature };
}

export const drawRandomnessActivities = (db: Database, { beacon }: RandomnessPorts) => ({
  /** Keeps the signature of the round that the commitment names. @throws BeaconUnavailable until it is out. */
  fetchRound: async ({ giveawayId }: RunGiveawayInput): Promise<void> => {
    const { draw } = await readDrawMaterial(db, giveawayId);
    const source = draw.commitment?.randomness;
    if (draw.beacon_signature || source?.kind !== 'drand' || !draw.beacon_chain) return;
    if (!beacon) throw new Error('The draw rests on a beacon, and none is configured');
    const signature = await beacon.signatureOf(draw.beacon_chain, source.chainHash, source.round);
    await saveBeaconSignature(db, giveawayId, signature);
  },
});
