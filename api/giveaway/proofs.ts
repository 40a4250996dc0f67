import type { Readable } from 'node:stream';
import { z } from 'zod';
import { connectionSettings } from '../../db/copy-rows.ts';
import { findProofHead, writeProof } from '../../db/giveaway/read-proof.ts';
import { findInstantWinProof } from '../../db/giveaway/reveal-instant-win.ts';
import { DomainError } from '../../domain/errors.ts';
import type { ProofHead } from '../../domain/proof/proof.ts';
import { streamFromThread } from '../../runtime/run-in-thread.ts';
import { uuid } from '../http/amounts.ts';
import { defineRoute, type Reply, type Route } from '../http/define-route.ts';
import type { GiveawayApi } from './dependencies.ts';
import type { ProofTask } from './proof.thread.ts';

/** Up to so many entries a proof is a text like any other; beyond it is written by a thread, while it is read. */
const SMALL_ENTRIES = 1_000;
/** Large proofs that one process writes at once: each is a thread and a connection. */
const MAX_STREAMS = 4;

export function proofRoutes({ db, signer }: GiveawayApi): Route[] {
  let streams = 0;
  const stream = (giveawayId: string): Readable => {
    if (streams >= MAX_STREAMS) throw new DomainError('service_unavailable', 'Too many proofs are being read.');
    const task: ProofTask = { connection: connectionSettings(db), giveawayId };
    streams += 1;
    return streamFromThread(new URL('./proof.thread.ts', import.meta.url), task).once('close', () => {
      streams -= 1;
    });
  };
  const text = async (giveawayId: string): Promise<string> => {
    const lines: string[] = [];
    await writeProof(connectionSettings(db), giveawayId, (line) => void lines.push(line, '\n'));
    return lines.join('');
  };
  return [
    defineRoute({
      method: 'get',
      path: '/v1/proof-keys',
      summary: 'The public key that signs commitments and receipts: note it before you need it',
      auth: 'public',
      responses: { 200: { description: 'Keys by the ids that proofs and receipts name; 32 bytes in hex' } },
      handler: () => {
        const { keyId, publicKey } = signer;
        return Promise.resolve({ status: 200, body: { data: [{ keyId, alg: 'Ed25519', publicKey }] } });
      },
    }),
    defineRoute({
      method: 'get',
      path: '/v1/giveaways/{giveawayId}/proof',
      summary: 'The proof of the draw, for anybody to verify',
      auth: 'public',
      params: z.object({ giveawayId: uuid }),
      responses: {
        200: { description: 'The proof; docs/proof-format.md specifies it' },
        304: { description: 'The proof that you have' },
      },
      handler: async ({ params: { giveawayId }, headers }): Promise<Reply> => {
        const instantWin = await findInstantWinProof(db, giveawayId);
        if (instantWin) return { status: 200, body: instantWin };
        const head = await findProofHead(db, giveawayId);
        if (!head) throw new DomainError('draw_not_found', 'This giveaway has not been drawn.');
        const etag = entityTag(head);
        if (headers['if-none-match'] === etag) return { status: 304, headers: { etag } };
        const small = head.commitment.entryCount <= SMALL_ENTRIES;
        const body = small ? await text(giveawayId) : stream(giveawayId);
        return { status: 200, body, type: 'application/json', headers: { etag } };
      },
    }),
  ];
}

/** The seed follows from the commitment, and everything in a proof from the seed and the entries committed to. */
const entityTag = ({ seed }: ProofHead): string => `"${seed}"`;
