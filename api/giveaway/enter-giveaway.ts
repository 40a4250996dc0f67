import { z } from 'zod';
import { enterGiveaway, type AcceptedEntry } from '../../db/giveaway/enter-giveaway.ts';
import { fromHex, toHex } from '../../domain/draw/bytes.ts';
import { participantCommitment } from '../../domain/draw/entry.ts';
import { nameUuid } from '../../domain/ids.ts';
import { RECEIPT_VERSION, receiptSigningBytes, type Receipt, type ReceiptBody } from '../../domain/proof/receipt.ts';
import { randomSecret, sha1 } from '../../runtime/crypto.ts';
import { drawCrypto } from '../../runtime/draw-crypto.ts';
import type { ProofSigner } from '../../runtime/proof-signer.ts';
import { uuid } from '../http/amounts.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import type { GiveawayApi } from './dependencies.ts';

const SALT_BYTES = 32;

/** One transaction; the signed receipt lets the participant prove that the entry is in the draw, or was left out. */
export const enterGiveawayRoute = ({ db, signer }: GiveawayApi): Route =>
  defineRoute({
    method: 'post',
    path: '/v1/giveaways/{giveawayId}/entries',
    summary: 'Enter',
    auth: 'giveaway.enter',
    idempotent: true,
    params: z.object({ giveawayId: uuid }),
    responses: { 201: { description: 'Entered, with a signed receipt' } },
    handler: async ({ params, principal, resourceId, actor, requestId }) => {
      const { giveawayId } = params;
      const salt = randomSecret(SALT_BYTES);
      const commitment = participantCommitment(drawCrypto, {
        giveawayId,
        participantId: principal.userId,
        salt: toHex(salt),
      });
      const entry = await enterGiveaway(
        db,
        {
          id: nameUuid(sha1, 'entry', resourceId),
          giveawayId,
          participantId: principal.userId,
          method: 'direct',
          period: 'once',
          weight: 1,
          salt,
          commitment: fromHex(commitment),
        },
        { actor, requestId },
      );
      return { status: 201, body: { entryId: entry.id, receipt: receiptFor(giveawayId, entry, signer) } };
    },
  });

function receiptFor(giveawayId: string, entry: AcceptedEntry, signer: ProofSigner): Receipt {
  const body: ReceiptBody = {
    version: RECEIPT_VERSION,
    giveawayId,
    entryId: entry.id,
    participant: toHex(entry.commitment),
    salt: toHex(entry.salt),
    weight: entry.weight,
    secretHash: toHex(entry.secretHash),
    receivedAt: entry.receivedAt.toISOString(),
    keyId: signer.keyId,
  };
  return { ...body, signature: signer.sign(receiptSigningBytes(body)) };
}
