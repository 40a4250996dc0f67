import { entryRoute } from '../../../api/giveaway/enter-giveaway.ts';
import type { AcceptedEntry } from '../../../db/giveaway/enter-giveaway.ts';
import { loadConfig } from '../../../runtime/config.ts';
import { createEntryHashes } from '../../../runtime/entry-hashes.ts';
import { createProofSigner } from '../../../runtime/proof-signer.ts';
import { serveStackPeer } from '../harness/serve-stack-peer.ts';

/**
 * The peer of durable entry: the product's own stack and route, with the same signed answer, where entries are kept in a
 * Map. What differs is the database alone: whoever enters, the entry, its event, and the idempotency key.
 */

const config = loadConfig(['giveawayDatabase', 'giveawayApi', 'auth', 'draws', 'entries']);
const entries = new Map<string, AcceptedEntry>();

const route = entryRoute({
  signer: createProofSigner(config.PROOF_SIGNING_KEY),
  entryHashes: createEntryHashes(config.ENTRY_HASH_KEYS),
  findEntrant: () => Promise.resolve(undefined),
  enterOnce: (_request, { id, giveawayId, participantId, method, salt, commitment }) => {
    const ref = `${giveawayId}/${participantId}`;
    const known = entries.get(ref);
    const answer = known ?? {
      id,
      giveawayId,
      method,
      period: 'once',
      weight: 1,
      salt,
      commitment,
      secretHash: commitment,
      receivedAt: new Date().toISOString(),
    };
    entries.set(ref, answer);
    return Promise.resolve({ answer, fresh: known === undefined });
  },
});

serveStackPeer('memory-api', [route], config);
