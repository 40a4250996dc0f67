import { fromHex } from '../draw/bytes.ts';
import { type DrawEntry, ELIGIBLE, participantCommitment } from '../draw/entry.ts';
import type { EntryTree } from '../draw/entry-tree.ts';
import { InvalidDraw, requireDraw } from '../draw/invalid-draw.ts';
import { type Membership, MembershipSearch, requireMembership } from '../draw/membership.ts';
import type { ProofCrypto, ProofHead } from './proof.ts';
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
  readonly participantId?: string | undefined;
  /** The platform's public key in hex, where the receipt was signed with another key than the commitment. */
  readonly receiptKey?: string | undefined;
}

export interface AskedReceipt extends ReceiptOptions {
  /** As parsed from JSON; nothing is assumed of it. */
  readonly document: unknown;
}

/** Whether the entry of a receipt is in the draw as it was received, from entries that arrive one at a time. */
export class ReceiptSearch {
  readonly #crypto: ProofCrypto;
  readonly #head: ProofHead;
  readonly #tree: EntryTree;
  readonly #found: { readonly receipt: Receipt; readonly search: MembershipSearch } | { readonly refused: string };

  constructor(crypto: ProofCrypto, head: ProofHead, tree: EntryTree, asked: AskedReceipt) {
    this.#crypto = crypto;
    this.#head = head;
    this.#tree = tree;
    this.#found = this.#begin(asked);
  }

  #begin({ document, receiptKey, participantId }: AskedReceipt) {
    try {
      const receipt = parseReceipt(document);
      requireSigned(receipt, this.#head, this.#crypto, receiptKey);
      requireSameDraw(receipt, this.#head, this.#crypto, participantId);
      return { receipt, search: new MembershipSearch(this.#tree, receipt.entryId) };
    } catch (error) {
      if (error instanceof InvalidDraw) return { refused: error.message };
      throw error;
    }
  }

  /** Adds the entry to the tree. @throws InvalidDraw as `EntryTree.add` does, maybe one entry later. */
  add(entry: DrawEntry): void {
    if ('search' in this.#found) this.#found.search.add(entry);
    else this.#tree.add(entry);
  }

  /** All entries were added; before it the tree is not complete. @throws InvalidDraw as `add` does. */
  end(): ReceiptVerdict {
    if ('refused' in this.#found) return { kind: 'refused', reason: this.#found.refused };
    const { receipt, search } = this.#found;
    const membership = search.end();
    const tree = { root: this.#tree.root(), entryCount: this.#tree.size };
    requireMembership(this.#crypto, tree, receipt.entryId, membership);
    if (membership.kind === 'omitted') return { kind: 'omitted', membership };
    const differences = differencesOf(receipt, this.#head, membership.at.entry);
    return differences.length > 0 ? { kind: 'altered', differences, membership } : { kind: 'included', membership };
  }
}

function requireSigned(receipt: Receipt, head: ProofHead, crypto: ProofCrypto, receiptKey: string | undefined): void {
  const { signature, ...body } = receipt;
  const key = receiptKey ?? (receipt.keyId === head.signature.keyId ? head.signature.publicKey : undefined);
  requireDraw(key !== undefined, `The receipt is signed by key ${receipt.keyId}, whose public key is not in the proof`);
  const signed = crypto.verifyEd25519(fromHex(key), receiptSigningBytes(body), fromHex(signature));
  requireDraw(signed, 'The signature of the receipt is wrong');
}

function requireSameDraw(
  receipt: Receipt,
  { commitment: { giveawayId } }: ProofHead,
  crypto: ProofCrypto,
  participantId: string | undefined,
): void {
  requireDraw(receipt.giveawayId === giveawayId, `The receipt is of giveaway ${receipt.giveawayId}`);
  if (participantId === undefined) return;
  const own = participantCommitment(crypto, { giveawayId, participantId, salt: receipt.salt });
  requireDraw(own === receipt.participant, `The receipt is not about participant ${participantId}`);
}

function differencesOf(receipt: Receipt, { commitment }: ProofHead, entry: DrawEntry): string[] {
  const weight = entry.reason === ELIGIBLE ? entry.weight : undefined;
  const { randomness } = commitment;
  const secretHash = randomness.kind === 'commit-reveal' ? randomness.secretHash : 'none';
  const pairs = [
    ['participant', receipt.participant, entry.participant],
    ['receivedAt', receipt.receivedAt, entry.receivedAt],
    ['weight', receipt.weight, weight],
    ['secretHash', receipt.secretHash, secretHash],
  ] as const;
  return pairs
    .filter(([, received, drawn]) => received !== undefined && drawn !== undefined && received !== drawn)
    .map(([name, received, drawn]) => `${name}: the receipt says ${received}, the draw ${drawn}`);
}
