import type { AcceptedEntry } from '../../db/giveaway/enter-giveaway.ts';
import { RECEIPT_VERSION, receiptSigningBytes, type Receipt, type ReceiptBody } from '../../domain/proof/receipt.ts';
import type { ProofSigner } from '../../runtime/proof-signer.ts';

/** What the platform owes to an entrant; the same entry has the same receipt whenever it is asked for. */
export function receiptFor(entry: AcceptedEntry, signer: ProofSigner): Receipt {
  const body: ReceiptBody = {
    version: RECEIPT_VERSION,
    giveawayId: entry.giveawayId,
    entryId: entry.id,
    participant: entry.commitment,
    salt: entry.salt,
    weight: entry.weight,
    ...(entry.secretHash === null ? {} : { secretHash: entry.secretHash }),
    receivedAt: entry.receivedAt,
    keyId: signer.keyId,
  };
  return { ...body, signature: signer.sign(receiptSigningBytes(body)) };
}
