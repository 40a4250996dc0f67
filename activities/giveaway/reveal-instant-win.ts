import { connectionSettings } from '../../db/copy-rows.ts';
import { NO_WITNESS } from '../../db/giveaway/draw-giveaway.ts';
import { readModeRules } from '../../db/giveaway/prize-groups.ts';
import {
  readInstantWinMaterial,
  saveInstantWinCommitment,
  saveInstantWinProof,
  type InstantWinMaterial,
} from '../../db/giveaway/reveal-instant-win.ts';
import { hashRules } from '../../domain/draw/commitment.ts';
import { drawSecretAad } from '../../domain/draw/randomness.ts';
import {
  INSTANT_WIN_VERSION,
  instantWinSigningBytes,
  parseInstantWinHead,
  type InstantWinCommitment,
} from '../../domain/proof/instant-win-proof.ts';
import { drawCrypto } from '../../runtime/draw-crypto.ts';
import { runInThread } from '../../runtime/run-in-thread.ts';
import type { RunGiveawayInput } from '../../workflows/giveaway/contract.ts';
import type { DrawDependencies } from './draw-giveaway.ts';
import type { AttemptsSummary, RevealTask } from './reveal-instant-win.thread.ts';

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
  const witness = material.witness ?? NO_WITNESS;
  // The rows keep properties in an order of their own; a proof has one.
  const head = parseInstantWinHead({ version: INSTANT_WIN_VERSION, rules, commitment, signature, witness, secret });
  await inThread(deps, { kind: 'check', connection: connectionSettings(deps.db), head });
  await saveInstantWinProof(deps.db, { giveawayId, head }, input);
  return true;
}

async function commitmentOf(
  deps: DrawDependencies,
  giveawayId: string,
  material: InstantWinMaterial,
): Promise<InstantWinCommitment> {
  const { instantWin, prizesPerPerson } = await readModeRules(deps.db, giveawayId);
  if (!instantWin) throw new Error(`Giveaway ${giveawayId} does not say how one wins`);
  const task: RevealTask = { kind: 'summarize', connection: connectionSettings(deps.db), giveawayId };
  const { root, attemptCount } = await inThread<AttemptsSummary>(deps, task);
  return {
    giveawayId,
    root,
    attemptCount,
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

const HEARTBEAT_MS = 5_000;

async function inThread<T = void>({ heartbeat }: DrawDependencies, task: RevealTask): Promise<T> {
  const beating = setInterval(heartbeat, HEARTBEAT_MS);
  try {
    return await runInThread<T>(new URL('./reveal-instant-win.thread.ts', import.meta.url), task);
  } finally {
    clearInterval(beating);
  }
}
