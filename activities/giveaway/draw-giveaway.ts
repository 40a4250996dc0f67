import type { Database } from '../../db/connect.ts';
import { connectionSettings } from '../../db/copy-rows.ts';
import { readDrawMaterial, saveCommitment, saveDraw, type DrawMaterial } from '../../db/giveaway/draw-giveaway.ts';
import { settleEligibility } from '../../db/giveaway/settle-eligibility.ts';
import { toHex } from '../../domain/draw/bytes.ts';
import {
  commitmentSigningBytes,
  hashCommitment,
  hashRules,
  makeCommitment,
  type Commitment,
} from '../../domain/draw/commitment.ts';
import type { EntrySummary } from '../../domain/draw/entry-tree.ts';
import { commitRevealSource, drawSecretAad } from '../../domain/draw/randomness.ts';
import { algorithmOf } from '../../domain/giveaway-modes.ts';
import type { CommitmentSignature, ProofCrypto, ProofHead } from '../../domain/proof/proof.ts';
import { checkRules, checkSeed, checkSignature } from '../../domain/proof/proof-checks.ts';
import { proofHead } from '../../domain/proof/proof-head.ts';
import { checkRandomness, checkWitness } from '../../domain/proof/randomness-checks.ts';
import { drawCrypto } from '../../runtime/draw-crypto.ts';
import type { ProofSigner } from '../../runtime/proof-signer.ts';
import { runInThread } from '../../runtime/run-in-thread.ts';
import type { SecretBox } from '../../runtime/secret-box.ts';
import type { RunGiveawayInput } from '../../workflows/giveaway/contract.ts';
import type { DrawTask, Ranked } from './draw-giveaway.thread.ts';
import { commitInstantWin, revealInstantWin } from './reveal-instant-win.ts';

export interface DrawDependencies {
  readonly db: Database;
  readonly secrets: SecretBox;
  readonly signer: ProofSigner;
  /** Says that a long step is still going on. */
  readonly heartbeat: () => void;
}

export const drawGiveawayActivities = (deps: DrawDependencies) => ({
  /** Settles who takes part, hashes every entry into the tree and publishes the signed commitment, before the secret is revealed. */
  commitDraw: async (input: RunGiveawayInput): Promise<void> => {
    if (await commitInstantWin(deps, input)) return;
    const { db, signer, heartbeat } = deps;
    for (let after: string | null = ''; after !== null; heartbeat()) {
      ({ next: after } = await settleEligibility(db, { giveawayId: input.giveawayId, after }));
    }
    const material = await readDrawMaterial(db, input.giveawayId);
    const { giveawayId } = input;
    const task: DrawTask = { kind: 'summarize', connection: connectionSettings(db), giveawayId };
    const commitment = commitmentOf(giveawayId, material, await drawInThread<EntrySummary>(task, heartbeat));
    await saveCommitment(
      db,
      { giveawayId: input.giveawayId, commitment, signature: signed(commitment, signer) },
      input,
    );
  },

  /** Carries out what was committed to. A proof that does not verify is never published. */
  drawGiveaway: async (input: RunGiveawayInput): Promise<void> => {
    if (await revealInstantWin(deps, input)) return;
    const { db, secrets, heartbeat } = deps;
    const { draw } = await readDrawMaterial(db, input.giveawayId);
    if (!draw.commitment || !draw.signature) throw new Error(`Giveaway ${input.giveawayId} has no commitment`);
    const secret = secrets.open(draw.secret_sealed, drawSecretAad(input.giveawayId)).toString('utf8');
    const { commitment, signature, rules_text: rules } = draw;
    const head = proofHead(drawCrypto, {
      rules,
      commitment,
      signature,
      witness: { kind: 'operator-asserted' },
      reveal: { kind: 'commit-reveal', secret },
    });
    for (const check of HEAD_CHECKS) check(head, drawCrypto, {});
    const { giveawayId } = input;
    const task: DrawTask = { kind: 'rank', connection: connectionSettings(db), giveawayId, head };
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

const commitmentOf = (giveawayId: string, material: DrawMaterial, entries: EntrySummary): Commitment =>
  makeCommitment(
    {
      giveawayId,
      drawNumber: 1,
      algorithm: algorithmOf(material.mode),
      prizeUnits: material.prizes.map(({ id, groupId }) => ({ unitId: id, prizeId: groupId })),
      rulesHash: hashRules(drawCrypto, material.draw.rules_text),
      randomness: commitRevealSource(toHex(material.draw.secret_hash)),
      openedAt: material.openedAt.toISOString(),
      frozenAt: material.closedAt.toISOString(),
    },
    entries,
  );

function signed(commitment: Commitment, signer: ProofSigner): CommitmentSignature {
  const terms = { keyId: signer.keyId, signedAt: new Date().toISOString() };
  const signature = signer.sign(commitmentSigningBytes(hashCommitment(drawCrypto, commitment), terms));
  return { alg: 'Ed25519', ...terms, publicKey: signer.publicKey, signature };
}
