import { fromHex } from '../draw/bytes.ts';
import { hashRules } from '../draw/commitment.ts';
import { instantMs } from '../draw/instant-ms.ts';
import { requireDraw } from '../draw/invalid-draw.ts';
import { requireDrawRules } from '../draw/randomness-rules.ts';
import { hashSecret } from '../draw/randomness.ts';
import { readTimestamp, type Timestamp } from '../witness/timestamp-token.ts';
import { attemptReceiptBytes, parseAttemptReceipt } from './attempt-receipt.ts';
import { instantWinSigningBytes, type InstantWinAttempt, type InstantWinHead } from './instant-win-proof.ts';
import type { ProofCrypto } from './proof.ts';

// Each check returns, as a sentence, what it has shown, or throws InvalidDraw with what is wrong.

export function checkInstantWinKey({ signature }: InstantWinHead, trustedKey: string): string {
  requireDraw(signature.publicKey === trustedKey, `The proof is signed by ${signature.publicKey}`);
  return 'The key of the proof is the trusted one.';
}

export function checkInstantWinRules({ rules, commitment, witness }: InstantWinHead, crypto: ProofCrypto): string {
  requireDraw(hashRules(crypto, rules) === commitment.rulesHash, 'The rules are not those of the commitment');
  const witnessed = witness.kind !== 'operator-asserted';
  requireDrawRules(rules, { randomness: { kind: 'commit-reveal' }, witnessed, instantWin: true });
  return 'The rules are those that the commitment names, with this witness.';
}

export function checkInstantWinSignature({ commitment, signature }: InstantWinHead, crypto: ProofCrypto): string {
  const message = instantWinSigningBytes(crypto, commitment, signature);
  const signed = crypto.verifyEd25519(fromHex(signature.publicKey), message, fromHex(signature.signature));
  requireDraw(signed, 'The signature is not of this commitment by this key');
  return `The commitment is signed by key ${signature.keyId} (${signature.publicKey}).`;
}

export function checkInstantWinSecret({ commitment, secret }: InstantWinHead, crypto: ProofCrypto): string {
  const revealed = hashSecret(crypto, { giveawayId: commitment.giveawayId, drawNumber: 1, secret });
  requireDraw(revealed === commitment.secretHash, 'The secret is not the one whose hash was committed');
  return `The secret is the one whose hash the operator says it published at ${commitment.openedAt}.`;
}

/**
 * Who says that the secret was fixed before the first attempt; undefined where it is the operator alone.
 * @throws InvalidDraw for a token that is not of the secret's hash, or not from before the opening.
 */
export function readInstantWinWitness(
  { commitment, witness }: Pick<InstantWinHead, 'commitment' | 'witness'>,
  crypto: ProofCrypto,
  authorities: readonly Uint8Array[] = [],
): Timestamp | undefined {
  if (witness.kind === 'operator-asserted') return undefined;
  const stamp = readTimestamp(crypto, fromHex(witness.token), fromHex(commitment.secretHash), authorities);
  const early = stamp.latestMs <= instantMs(commitment.openedAt);
  requireDraw(early, `The hash of the secret was witnessed at ${stamp.instant}, after the opening`);
  return stamp;
}

export function checkInstantWinWitness(
  head: InstantWinHead,
  crypto: ProofCrypto,
  authorities?: readonly Uint8Array[],
): string {
  const stamp = readInstantWinWitness(head, crypto, authorities);
  if (!stamp) return 'Nobody but the operator says when the hash of the secret was published.';
  const trust = stamp.trusted ? 'whose certificate is trusted' : 'for whose certificate nobody vouches here';
  return `The hash of the secret was time-stamped at ${stamp.instant} by ${stamp.authority}, ${trust}.`;
}

/** @param attempt the one of the receipt's number; undefined where there is none. */
export function checkAttemptReceipt(
  value: unknown,
  proof: InstantWinHead,
  attempt: InstantWinAttempt | undefined,
  crypto: ProofCrypto,
): string {
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
  requireDraw(attempt !== undefined, `Attempt ${body.number} was left out`);
  for (const name of ['entryId', 'participant', 'clientNonce', 'receivedAt', 'unitId'] as const)
    requireDraw(
      attempt[name] === body[name],
      `Attempt ${body.number} was altered: ${name} is ${attempt[name] ?? 'absent'}, the receipt says ${body[name] ?? 'absent'}`,
    );
  requireDraw(body.secretHash === proof.commitment.secretHash, 'The receipt names another secret');
  return `Attempt ${body.number} is there as it was received.`;
}
