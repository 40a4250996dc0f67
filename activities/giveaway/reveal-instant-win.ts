import {
  readAttempts,
  readInstantWinMaterial,
  saveInstantWinCommitment,
  saveInstantWinProof,
  type InstantWinMaterial,
} from '../../db/giveaway/reveal-instant-win.ts';
import { readModeRules } from '../../db/giveaway/prize-groups.ts';
import { hashRules } from '../../domain/draw/commitment.ts';
import { drawSecretAad } from '../../domain/draw/randomness.ts';
import {
  attemptsRoot,
  INSTANT_WIN_VERSION,
  instantWinSigningBytes,
  type InstantWinAttempt,
  type InstantWinCommitment,
  type InstantWinProof,
} from '../../domain/proof/instant-win-proof.ts';
import { verifyInstantWin } from '../../domain/proof/verify-instant-win.ts';
import { drawCrypto } from '../../runtime/draw-crypto.ts';
import type { RunGiveawayInput } from '../../workflows/giveaway/contract.ts';
import type { DrawDependencies } from './draw-giveaway.ts';

/** Signs what was decided: all attempts, in order. @returns false for a giveaway of another mode. */
export async function commitInstantWin(deps: DrawDependencies, input: RunGiveawayInput): Promise<boolean> {
  const { giveawayId } = input;
  const material = await readInstantWinMaterial(deps.db, giveawayId);
  if (!material) return false;
  const commitment = await commitmentOf(deps, giveawayId, material);
  const terms = { keyId: deps.signer.keyId, signedAt: new Date().toISOString() };
  const signature = {
    alg: 'Ed25519' as const,
    ...terms,
    publicKey: deps.signer.publicKey,
    signature: deps.signer.sign(instantWinSigningBytes(drawCrypto, commitment, terms)),
  };
  await saveInstantWinCommitment(deps.db, { giveawayId, commitment, signature }, input);
  return true;
}

/** Reveals the secret. A proof that does not verify is never published. @returns false for a giveaway of another mode. */
export async function revealInstantWin(deps: DrawDependencies, input: RunGiveawayInput): Promise<boolean> {
  const { giveawayId } = input;
  const material = await readInstantWinMaterial(deps.db, giveawayId);
  if (!material) return false;
  const { commitment, signature, rulesText: rules, secretSealed } = material;
  if (!commitment || !signature) throw new Error(`Giveaway ${giveawayId} has no commitment`);
  const secret = deps.secrets.open(secretSealed, drawSecretAad(giveawayId)).toString('utf8');
  const attempts = await allAttempts(deps, giveawayId);
  const proof: InstantWinProof = { version: INSTANT_WIN_VERSION, rules, commitment, signature, secret, attempts };
  const { wrong } = verifyInstantWin(proof, drawCrypto);
  if (wrong) throw new Error(`The proof of giveaway ${giveawayId} fails at ${wrong.step}: ${wrong.text}`);
  await saveInstantWinProof(deps.db, { giveawayId, proof }, input);
  return true;
}

async function commitmentOf(
  deps: DrawDependencies,
  giveawayId: string,
  material: InstantWinMaterial,
): Promise<InstantWinCommitment> {
  const { instantWin, prizesPerPerson } = await readModeRules(deps.db, giveawayId);
  if (!instantWin) throw new Error(`Giveaway ${giveawayId} does not say how one wins`);
  const attempts = await allAttempts(deps, giveawayId);
  return {
    giveawayId,
    root: attemptsRoot(drawCrypto, attempts),
    attemptCount: attempts.length,
    prizeUnits: material.units,
    prizesPerPerson,
    by: instantWin.by,
    oddsPerMillion: instantWin.oddsPerMillion ?? 0,
    rulesHash: hashRules(drawCrypto, material.rulesText),
    secretHash: material.secretHash.toString('hex'),
    openedAt: material.openedAt.toISOString(),
    closesAt: material.closesAt.toISOString(),
    frozenAt: material.frozenAt.toISOString(),
  };
}

async function allAttempts({ db, heartbeat }: DrawDependencies, giveawayId: string): Promise<InstantWinAttempt[]> {
  const attempts: InstantWinAttempt[] = [];
  for await (const batch of readAttempts(db, giveawayId)) {
    attempts.push(...batch);
    heartbeat();
  }
  return attempts;
}
