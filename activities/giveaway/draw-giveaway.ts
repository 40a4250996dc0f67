import type { Database } from '../../db/connect.ts';
import {
  readDrawEntries,
  readDrawMaterial,
  saveCommitment,
  saveDraw,
  type DrawMaterial,
} from '../../db/giveaway/draw-giveaway.ts';
import { settleEligibility } from '../../db/giveaway/settle-eligibility.ts';
import { toHex } from '../../domain/draw/bytes.ts';
import {
  commitmentSigningBytes,
  hashCommitment,
  hashRules,
  makeCommitment,
  type Commitment,
} from '../../domain/draw/commitment.ts';
import type { DrawEntry } from '../../domain/draw/entry.ts';
import { EntryTree, type EntrySummary } from '../../domain/draw/entry-tree.ts';
import { commitRevealSource } from '../../domain/draw/randomness.ts';
import { buildProof } from '../../domain/proof/build-proof.ts';
import type { CommitmentSignature } from '../../domain/proof/proof.ts';
import { verifyProof } from '../../domain/proof/verify-proof.ts';
import { drawCrypto } from '../../runtime/draw-crypto.ts';
import type { ProofSigner } from '../../runtime/proof-signer.ts';
import type { SecretBox } from '../../runtime/secret-box.ts';
import type { RunGiveawayInput } from '../../workflows/giveaway/contract.ts';
import { drawSecretAad } from './run-giveaway.ts';

export interface DrawDependencies {
  readonly db: Database;
  readonly secrets: SecretBox;
  readonly signer: ProofSigner;
  /** Says that a long step is still going on. */
  readonly heartbeat: () => void;
}

export const drawGiveawayActivities = ({ db, secrets, signer, heartbeat }: DrawDependencies) => ({
  /** Settles who takes part, hashes every entry into the tree and publishes the signed commitment, before the secret is revealed. */
  commitDraw: async (input: RunGiveawayInput): Promise<void> => {
    for (let after: string | null = ''; after !== null; heartbeat()) {
      ({ next: after } = await settleEligibility(db, { giveawayId: input.giveawayId, after }));
    }
    const material = await readDrawMaterial(db, input.giveawayId);
    const commitment = commitmentOf(input.giveawayId, material, await summarize(db, input.giveawayId, heartbeat));
    await saveCommitment(
      db,
      { giveawayId: input.giveawayId, commitment, signature: signed(commitment, signer) },
      input,
    );
  },

  /** Carries out what was committed to. A proof that does not verify is never published. */
  drawGiveaway: async (input: RunGiveawayInput): Promise<void> => {
    const { draw } = await readDrawMaterial(db, input.giveawayId);
    if (!draw.commitment || !draw.signature) throw new Error(`Giveaway ${input.giveawayId} has no commitment`);
    const entries: DrawEntry[] = [];
    for await (const batch of readDrawEntries(db, input.giveawayId)) {
      entries.push(...batch);
      heartbeat();
    }
    const secret = secrets.open(draw.secret_sealed, drawSecretAad(input.giveawayId)).toString('utf8');
    const { commitment, signature, rules_text: rules } = draw;
    const proof = buildProof(drawCrypto, { rules, commitment, signature, secret, entries });
    const verdict = verifyProof(proof, drawCrypto);
    if (!verdict.ok)
      throw new Error(`The proof of giveaway ${input.giveawayId} fails at ${verdict.step}: ${verdict.reason}`);
    await saveDraw(db, { giveawayId: input.giveawayId, proof }, input);
  },
});

async function summarize(db: Database, giveawayId: string, heartbeat: () => void): Promise<EntrySummary> {
  const tree = new EntryTree(drawCrypto);
  for await (const batch of readDrawEntries(db, giveawayId)) {
    for (const entry of batch) tree.add(entry);
    heartbeat();
  }
  return tree.summary();
}

const commitmentOf = (giveawayId: string, material: DrawMaterial, entries: EntrySummary): Commitment =>
  makeCommitment(
    {
      giveawayId,
      drawNumber: 1,
      prizeUnits: material.prizes.map(({ id }) => ({ unitId: id, prizeId: id })),
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
