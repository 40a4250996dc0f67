import type { Database } from '../../db/connect.ts';
import { connectionSettings } from '../../db/copy-rows.ts';
import { readDrawMaterial, saveCommitment, saveDraw, type DrawMaterial } from '../../db/giveaway/draw-giveaway.ts';
import { settleEligibility } from '../../db/giveaway/settle-eligibility.ts';
import {
  commitmentSigningBytes,
  hashCommitment,
  hashRules,
  makeCommitment,
  type Commitment,
} from '../../domain/draw/commitment.ts';
import type { EntrySummary } from '../../domain/draw/entry-tree.ts';
import type { RandomnessSource } from '../../domain/draw/randomness.ts';
import { algorithmOf } from '../../domain/giveaway-modes.ts';
import type { CommitmentSignature, ProofCrypto, ProofHead } from '../../domain/proof/proof.ts';
import { checkRules, checkSeed, checkSignature } from '../../domain/proof/proof-checks.ts';
import { proofHead } from '../../domain/proof/proof-head.ts';
import { checkRandomness, checkWitness } from '../../domain/proof/randomness-checks.ts';
import { drawCrypto } from '../../runtime/draw-crypto.ts';
import type { ProofSigner } from '../../runtime/proof-signer.ts';
import { runInThread } from '../../runtime/run-in-thread.ts';
import type { SecretBox } from '../../runtime/secret-box.ts';
import type { AwaitedRound, RunGiveawayInput } from '../../workflows/giveaway/contract.ts';
import type { DrawTask, Ranked, Summarized } from './draw-giveaway.thread.ts';
import { awaitedRound, type RandomnessPorts, revealOf, sourceOf, witnessOf } from './draw-randomness.ts';
import { commitInstantWin, revealInstantWin } from './reveal-instant-win.ts';

export interface DrawDependencies extends RandomnessPorts {
  readonly db: Database;
  readonly secrets: SecretBox;
  readonly signer: ProofSigner;
  /** Says that a long step is still going on. */
  readonly heartbeat: () => void;
}

export const drawGiveawayActivities = (deps: DrawDependencies) => ({
  /**
   * Settles who takes part, hashes every entry into the tree and publishes the signed commitment, before the randomness
   * is known.
   * @returns the round to wait for, where the randomness is a beacon's.
   */
  commitDraw: async (input: RunGiveawayInput): Promise<AwaitedRound | undefined> => {
    if (await commitInstantWin(deps, input)) return undefined;
    const { db, signer, heartbeat } = deps;
    for (let after: string | null = ''; after !== null; heartbeat()) {
      ({ next: after } = await settleEligibility(db, { giveawayId: input.giveawayId, after }));
    }
    const { giveawayId } = input;
    const material = await readDrawMaterial(db, giveawayId);
    if (!material.draw.commitment) {
      const task: DrawTask = { kind: 'summarize', connection: connectionSettings(db), giveawayId };
      const { summary, entriesDigest } = await drawInThread<Summarized>(task, heartbeat);
      const { source, chain, publishedAt } = await sourceOf(material, deps);
      const commitment = commitmentOf(giveawayId, material, source, summary);
      const witness = await witnessOf(material.draw.witnessed, commitment, deps, chain);
      const signature = signed(commitment, signer, publishedAt);
      await saveCommitment(db, { giveawayId, commitment, signature, witness, chain, entriesDigest }, input);
    }
    return awaitedRound((await readDrawMaterial(db, giveawayId)).draw);
  },

  /** Carries out what was committed to. A proof that does not verify is never published. */
  drawGiveaway: async (input: RunGiveawayInput): Promise<void> => {
    if (await revealInstantWin(deps, input)) return;
    const { db, secrets, heartbeat } = deps;
    const { draw } = await readDrawMaterial(db, input.giveawayId);
    if (!draw.commitment || !draw.signature) throw new Error(`Giveaway ${input.giveawayId} has no commitment`);
    const { commitment, signature, rules_text: rules } = draw;
    const head = proofHead(drawCrypto, {
      rules,
      commitment,
      signature,
      witness: draw.witness ?? { kind: 'operator-asserted' },
      reveal: revealOf(input.giveawayId, draw, secrets),
    });
    for (const check of HEAD_CHECKS) check(head, drawCrypto, {});
    const { giveawayId } = input;
    const { entries_digest: entriesDigest } = draw;
    const task: DrawTask = { kind: 'rank', connection: connectionSettings(db), giveawayId, head, entriesDigest };
    const { rankedCount } = await drawInThread<Ranked>(task, heartbeat);
    await saveDraw(db, { giveawayId, head, rankedCount }, input);
  },
});

/** What a verifier checks before it comes to the ranking; the thread checks the entries. */
const HEAD_CHECKS: readonly ((head: ProofHead, crypto: ProofCrypto, options: object) => string)[] = [
  checkRules,
  checkSignature,
  checkRandomness,
  checkWitness,
  checkSeed,
];

const HEARTBEAT_MS = 5_000;

async function drawInThread<T>(task: DrawTask, heartbeat: () => void): Promise<T> {
  const beating = setInterval(heartbeat, HEARTBEAT_MS);
  try {
    return await runInThread<T>(new URL('./draw-giveaway.thread.ts', import.meta.url), task);
  } finally {
    clearInterval(beating);
  }
}

const commitmentOf = (
  giveawayId: string,
  material: DrawMaterial,
  randomness: RandomnessSource,
  entries: EntrySummary,
): Commitment =>
  makeCommitment(
    {
      giveawayId,
      drawNumber: 1,
      algorithm: algorithmOf(material.mode),
      prizeUnits: material.prizes.map(({ id, groupId }) => ({ unitId: id, prizeId: groupId })),
      rulesHash: hashRules(drawCrypto, material.draw.rules_text),
      randomness,
      openedAt: material.openedAt.toISOString(),
      frozenAt: material.closedAt.toISOString(),
    },
    entries,
  );

function signed(commitment: Commitment, signer: ProofSigner, signedAt: string): CommitmentSignature {
  const terms = { keyId: signer.keyId, signedAt };
  const signature = signer.sign(commitmentSigningBytes(hashCommitment(drawCrypto, commitment), terms));
  return { alg: 'Ed25519', ...terms, publicKey: signer.publicKey, signature };
}
