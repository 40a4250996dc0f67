import { fromHex } from '../draw/bytes.ts';
import { type DrawEntry, ELIGIBLE, participantCommitment } from '../draw/entry.ts';
import { InvalidDraw, requireDraw } from '../draw/invalid-draw.ts';
import { findMembership, type Membership, requireMembership } from '../draw/membership.ts';
import type { Proof, ProofCrypto } from './proof.ts';
import { parseReceipt, type Receipt, receiptSigningBytes } from './receipt.ts';

type Included = Extract<Membership, { kind: 'included' }>;
type Omitted = Extract<Membership, { kind: 'omitted' }>;

/** What a receipt and a proof say of each other. `altered` and `omitted` are evidence against the platform. */
export type ReceiptVerdict =
  | { readonly kind: 'included'; readonly membership: Included }
  | { readonly kind: 'altered'; readonly differences: readonly string[]; readonly membership: Included }
  | { readonly kind: 'omitted'; readonly membership: Omitted }
  /** The receipt proves nothing about this draw. */
  | { readonly kind: 'refused'; readonly reason: string };

export interface ReceiptOptions {
  /** The id of the receipt's owner, to check that the receipt is about them. */
  readonly participantId?: string;
  /** The platform's public key in hex, where the receipt was signed with another key than the commitment. */
  readonly receiptKey?: string;
}

/**
 * Whether the entry of this receipt is in the draw as it was received.
 * @param value the receipt as parsed from JSON; nothing is assumed of it.
 * @param proof a proof that `verifyProof` found valid.
 */
export function verifyReceiptInProof(
  value: unknown,
  proof: Proof,
  crypto: ProofCrypto,
  options: ReceiptOptions = {},
): ReceiptVerdict {
  try {
    const receipt = parseReceipt(value);
    requireSigned(receipt, proof, crypto, options.receiptKey);
    requireSameDraw(receipt, proof, crypto, options.participantId);
    const membership = findMembership(crypto, proof.entries, receipt.entryId);
    requireMembership(crypto, proof.commitment, receipt.entryId, membership);
    if (membership.kind === 'omitted') return { kind: 'omitted', membership };
    const differences = differencesOf(receipt, proof, membership.at.entry);
    return differences.length > 0 ? { kind: 'altered', differences, membership } : { kind: 'included', membership };
  } catch (error) {
    if (error instanceof InvalidDraw) return { kind: 'refused', reason: error.message };
    throw error;
  }
}

function requireSigned(receipt: Receipt, proof: Proof, crypto: ProofCrypto, receiptKey: string | undefined): void {
  const { signature, ...body } = receipt;
  const key = receiptKey ?? (receipt.keyId === proof.signature.keyId ? proof.signature.publicKey : undefined);
  requireDraw(key !== undefined, `The receipt is signed by key ${receipt.keyId}, whose public key is not in the proof`);
  const signed = crypto.verifyEd25519(fromHex(key), receiptSigningBytes(body), fromHex(signature));
  requireDraw(signed, 'The signature of the receipt is wrong');
}

function requireSameDraw(receipt: Receipt, proof: Proof, crypto: ProofCrypto, participantId: string | undefined): void {
  const { giveawayId } = proof.commitment;
  requireDraw(receipt.giveawayId === giveawayId, `The receipt is of giveaway ${receipt.giveawayId}`);
  if (participantId === undefined) return;
  const own = participantCommitment(crypto, { giveawayId, participantId, salt: receipt.salt });
  requireDraw(own === receipt.participant, `The receipt is not about participant ${participantId}`);
}

function differencesOf(receipt: Receipt, { commitment }: Proof, entry: DrawEntry): string[] {
  const weight = entry.reason === ELIGIBLE ? entry.weight : undefined;
  const pairs = [
    ['participant', receipt.participant, entry.participant],
    ['receivedAt', receipt.receivedAt, entry.receivedAt],
    ['weight', receipt.weight, weight],
    ['secretHash', receipt.secretHash, commitment.randomness.secretHash],
  ] as const;
  return pairs
    .filter(([, received, drawn]) => received !== undefined && drawn !== undefined && received !== drawn)
    .map(([name, received, drawn]) => `${name}: the receipt says ${received}, the draw ${drawn}`);
}
