import { fromHex } from '../draw/bytes.ts';
import { hashRules } from '../draw/commitment.ts';
import { instantMs } from '../draw/instant-ms.ts';
import { InstantWinReplay } from '../draw/instant-win.ts';
import { InvalidDraw, requireDraw } from '../draw/invalid-draw.ts';
import { hashSecret } from '../draw/randomness.ts';
import { attemptReceiptBytes, parseAttemptReceipt } from './attempt-receipt.ts';
import {
  attemptsRoot,
  instantWinSigningBytes,
  parseInstantWinProof,
  type InstantWinProof,
} from './instant-win-proof.ts';
import type { ProofCrypto } from './proof.ts';

const CAVEAT =
  'The platform knew the secret while people tried: this does not prove that it told nobody which nonces or moments win.';
const KEY_CAVEAT = 'The key is the one in the proof: compare it with the one that the platform publishes.';

export type InstantWinStep =
  | 'format'
  | 'key'
  | 'rules'
  | 'attempts'
  | 'root'
  | 'signature'
  | 'secret'
  | 'outcomes'
  | 'receipt';

export interface InstantWinStatement {
  readonly step: InstantWinStep;
  readonly text: string;
}

export interface InstantWinVerdict {
  readonly ok: boolean;
  /** What was shown, in order. */
  readonly statements: readonly InstantWinStatement[];
  /** The first thing that is wrong. */
  readonly wrong?: InstantWinStatement;
  /** What a valid proof does not show. */
  readonly caveats: readonly string[];
}

export interface InstantWinOptions {
  /** The platform's public key in hex, known from elsewhere. */
  readonly trustedKey?: string | undefined;
  /** The receipt of an attempt, as parsed from JSON. */
  readonly receipt?: unknown;
}

/**
 * Decides every attempt of an instant-win giveaway again, offline.
 * @param value the proof as parsed from JSON; nothing is assumed of it.
 * @throws nothing: whatever is wrong is in the result.
 */
export function verifyInstantWin(
  value: unknown,
  crypto: ProofCrypto,
  options: InstantWinOptions = {},
): InstantWinVerdict {
  const statements: InstantWinStatement[] = [];
  let step: InstantWinStep = 'format';
  const caveats = [CAVEAT, ...(options.trustedKey === undefined ? [KEY_CAVEAT] : [])];
  try {
    const proof = parseInstantWinProof(value);
    const checks = checksOf(proof, crypto, options);
    for (const [name, check] of Object.entries(checks)) {
      step = name as InstantWinStep;
      statements.push({ step, text: check() });
    }
    return { ok: true, statements, caveats };
  } catch (error) {
    if (!(error instanceof InvalidDraw)) throw error;
    return { ok: false, statements, wrong: { step, text: error.message }, caveats };
  }
}

function checksOf(
  proof: InstantWinProof,
  crypto: ProofCrypto,
  { trustedKey, receipt }: InstantWinOptions,
): Partial<Record<InstantWinStep, () => string>> {
  return {
    format: () => `A ${proof.version} document: the instant wins of giveaway ${proof.commitment.giveawayId}.`,
    ...(trustedKey === undefined ? {} : { key: () => checkKey(proof, trustedKey) }),
    rules: () => checkRules(proof, crypto),
    attempts: () => checkAttempts(proof),
    root: () => checkRoot(proof, crypto),
    signature: () => checkSignature(proof, crypto),
    secret: () => checkSecret(proof, crypto),
    outcomes: () => checkOutcomes(proof, crypto),
    ...(receipt === undefined ? {} : { receipt: () => checkReceipt(receipt, proof, crypto) }),
  };
}

function checkKey({ signature }: InstantWinProof, trustedKey: string): string {
  requireDraw(signature.publicKey === trustedKey, `The proof is signed by ${signature.publicKey}`);
  return 'The key of the proof is the trusted one.';
}

function checkRules({ rules, commitment }: InstantWinProof, crypto: ProofCrypto): string {
  requireDraw(hashRules(crypto, rules) === commitment.rulesHash, 'The rules are not those of the commitment');
  return 'The rules are those that the commitment names.';
}

function checkAttempts({ attempts, commitment }: InstantWinProof): string {
  const entries = new Set<string>();
  const winners = new Set<string>();
  let last = '';
  requireDraw(
    attempts.length === commitment.attemptCount,
    `${attempts.length} attempts, committed ${commitment.attemptCount}`,
  );
  for (const [index, { number, entryId, participant, receivedAt, unitId }] of attempts.entries()) {
    requireDraw(number === index + 1, `Attempt ${index + 1} has the number ${number}`);
    requireDraw(receivedAt >= last, `Attempt ${number} is older than the one before`);
    requireDraw(!entries.has(entryId), `Entry ${entryId} was used twice`);
    if (commitment.prizesPerPerson === 'one')
      requireDraw(!winners.has(participant), `Attempt ${number} is of somebody who had won before`);
    if (unitId !== undefined) winners.add(participant);
    entries.add(entryId);
    last = receivedAt;
  }
  return `${attempts.length} attempts are numbered without a gap, each of another entry.`;
}

function checkRoot({ attempts, commitment }: InstantWinProof, crypto: ProofCrypto): string {
  const root = attemptsRoot(crypto, attempts);
  requireDraw(root === commitment.root, `The attempts give the root ${root}, which is not the committed one`);
  return `The attempts give the committed root ${root}.`;
}

function checkSignature({ commitment, signature }: InstantWinProof, crypto: ProofCrypto): string {
  const message = instantWinSigningBytes(crypto, commitment, signature);
  const signed = crypto.verifyEd25519(fromHex(signature.publicKey), message, fromHex(signature.signature));
  requireDraw(signed, 'The signature is not of this commitment by this key');
  return `The commitment is signed by key ${signature.keyId} (${signature.publicKey}).`;
}

function checkSecret({ commitment, secret }: InstantWinProof, crypto: ProofCrypto): string {
  const revealed = hashSecret(crypto, { giveawayId: commitment.giveawayId, drawNumber: 1, secret });
  requireDraw(revealed === commitment.secretHash, 'The secret is not the one whose hash was committed');
  return `The secret is the one whose hash the operator says it published at ${commitment.openedAt}.`;
}

function checkOutcomes({ commitment, secret, attempts }: InstantWinProof, crypto: ProofCrypto): string {
  const replay = new InstantWinReplay(crypto, {
    rule: commitment,
    secret,
    units: commitment.prizeUnits,
    window: { fromMs: instantMs(commitment.openedAt), untilMs: instantMs(commitment.closesAt) },
  });
  for (const { number, entryId, clientNonce, receivedAt, unitId } of attempts) {
    requireDraw(replay.unitsLeft > 0, `Attempt ${number} was made when nothing was left`);
    const won = replay.decide({ entryId, clientNonce, receivedMs: instantMs(receivedAt) });
    requireDraw(won === unitId, `Attempt ${number} wins ${won ?? 'nothing'}, the proof says ${unitId ?? 'nothing'}`);
  }
  const wonCount = commitment.prizeUnits.length - replay.unitsLeft;
  return `Decided again, the same ${wonCount} of ${commitment.prizeUnits.length} prize units are won by the same attempts.`;
}

function checkReceipt(value: unknown, proof: InstantWinProof, crypto: ProofCrypto): string {
  const { signature, ...body } = parseAttemptReceipt(value);
  requireDraw(
    body.keyId === proof.signature.keyId,
    `The receipt is signed by key ${body.keyId}, which is not the proof’s`,
  );
  const key = fromHex(proof.signature.publicKey);
  requireDraw(
    crypto.verifyEd25519(key, attemptReceiptBytes(body), fromHex(signature)),
    'The signature of the receipt is wrong',
  );
  requireDraw(body.giveawayId === proof.commitment.giveawayId, `The receipt is of giveaway ${body.giveawayId}`);
  const attempt = proof.attempts[body.number - 1];
  requireDraw(attempt !== undefined, `Attempt ${body.number} was left out`);
  for (const name of ['entryId', 'participant', 'clientNonce', 'receivedAt', 'unitId'] as const)
    requireDraw(
      attempt[name] === body[name],
      `Attempt ${body.number} was altered: ${name} is ${attempt[name] ?? 'absent'}, the receipt says ${body[name] ?? 'absent'}`,
    );
  requireDraw(body.secretHash === proof.commitment.secretHash, 'The receipt names another secret');
  return `Attempt ${body.number} is there as it was received.`;
}
