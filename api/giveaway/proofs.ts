import type { Readable } from 'node:stream';
import { z } from 'zod';
import { connectionSettings } from '../../db/copy-rows.ts';
import { findProofHead, writeProof } from '../../db/giveaway/read-proof.ts';
import { findInstantWinHead, writeInstantWinProof } from '../../db/giveaway/reveal-instant-win.ts';
import { DomainError } from '../../domain/errors.ts';
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
  const stream = (task: ProofTask): Readable => {
    if (streams >= MAX_STREAMS) throw new DomainError('service_unavailable', 'Too many proofs are being read.');
    streams += 1;
    return streamFromThread(new URL('./proof.thread.ts', import.meta.url), task).once('close', () => {
      streams -= 1;
    });
  };
  const text = async ({ connection, giveawayId, instantWin }: ProofTask): Promise<string> => {
    const lines: string[] = [];
    const write = (line: string): void => void lines.push(line, '\n');
    await (instantWin
      ? writeInstantWinProof(connection, instantWin, write)
      : writeProof(connection, giveawayId, write));
    return lines.join('');
  };
  /** What is to be written, how many entries or attempts it has, and what it can be told by. */
  const findProof = async (giveawayId: string): Promise<{ task: ProofTask; size: number; etag: string }> => {
    const task = { connection: connectionSettings(db), giveawayId };
    const instantWin = await findInstantWinHead(db, giveawayId);
    // The root is of all attempts, and the rest is fixed with it.
    if (instantWin)
      return {
        task: { ...task, instantWin },
        size: instantWin.commitment.attemptCount,
        etag: `"${instantWin.commitment.root}"`,
      };
    const head = await findProofHead(db, giveawayId);
    if (!head) throw new DomainError('draw_not_found', 'This giveaway has not been drawn.');
    // The seed follows from the commitment, and everything in a proof from the seed and the entries committed to.
    return { task, size: head.commitment.entryCount, etag: `"${head.seed}"` };
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
        const { task, size, etag } = await findProof(giveawayId);
        if (headers['if-none-match'] === etag) return { status: 304, headers: { etag } };
        const body = size <= SMALL_ENTRIES ? await text(task) : stream(task);
        return { status: 200, body, type: 'application/json', headers: { etag } };
      },
    }),
  ];
}
