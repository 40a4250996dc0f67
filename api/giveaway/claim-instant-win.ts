import { z } from 'zod';
import {
  countInstantWin,
  readInstantWin,
  type DecidedAttempt,
  type OpenedInstantWin,
} from '../../db/giveaway/claim-instant-win.ts';
import { isHit } from '../../domain/draw/instant-win.ts';
import { drawSecretAad } from '../../domain/draw/randomness.ts';
import { DomainError, type ErrorCode } from '../../domain/errors.ts';
import {
  ATTEMPT_RECEIPT_VERSION,
  attemptReceiptBytes,
  type AttemptReceipt,
  type AttemptReceiptBody,
} from '../../domain/proof/attempt-receipt.ts';
import { drawCrypto } from '../../runtime/draw-crypto.ts';
import { createShortCache } from '../../runtime/short-cache.ts';
import type { ReceiptSigner } from '../../runtime/proof-signer.ts';
import { uuid } from '../http/amounts.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import type { GiveawayApi } from './dependencies.ts';
import { createInstantWinQueue } from './instant-win-queue.ts';

const RETRY_AFTER_MS = 1_000;
/** An opened instant win does not change; it is forgotten now and then all the same. */
const KEPT_MS = 60_000;
const FRESH_MS = 500;

const REFUSALS: Partial<Record<ErrorCode, string>> = {
  giveaway_not_found: 'There is no such giveaway.',
  giveaway_not_open: 'The giveaway has not opened yet.',
  giveaway_closed: 'The giveaway is closed.',
  giveaway_paused: 'The host has paused the giveaway.',
  instant_win_not_found: 'This giveaway is not an instant win.',
  instant_win_sold_out: 'All prizes have been won.',
  instant_win_won_before: 'One person wins once in this giveaway.',
  instant_win_attempted: 'This entry was used with another nonce.',
  instant_win_busy: 'Very many are trying. Send the same request again.',
  entry_not_found: 'There is no such entry of yours.',
  entry_not_eligible: 'This entry does not count, or not yet: look at your entries.',
  entry_excluded: 'This person cannot take part in this giveaway.',
};

const attemptSchema = z.object({
  outcome: z.enum(['won', 'lost']),
  awardId: uuid.nullable(),
  prizeUnitId: uuid.nullable(),
  receipt: z.record(z.string(), z.unknown()),
});

interface Opened extends OpenedInstantWin {
  /** Hex; in memory only. */
  readonly secret: string;
}

export function claimInstantWinRoutes(deps: GiveawayApi): Route[] {
  const { db, secrets, signer } = deps;
  const opened = createShortCache<Opened | undefined>(KEPT_MS);
  const counts = createShortCache<Awaited<ReturnType<typeof countInstantWin>>>(FRESH_MS);
  const queue = createInstantWinQueue(db, deps.instantWinGate);
  const find = async (giveawayId: string): Promise<Opened> => {
    const found = await opened.get(giveawayId, async () => {
      const win = await readInstantWin(db, giveawayId);
      if (!win)
        throw new DomainError('instant_win_not_found', 'There is no instant win that has opened under this id.');
      return { ...win, secret: secrets.open(win.secretSealed, drawSecretAad(giveawayId)).toString('utf8') };
    });
    return found as Opened;
  };
  return [
    defineRoute({
      method: 'put',
      path: '/v1/giveaways/{giveawayId}/entries/{entryId}/instant-win',
      summary: 'Try to win with my entry: once, decided at once. The same again gets the same answer',
      auth: 'giveaway.enter',
      params: z.object({ giveawayId: uuid, entryId: uuid }),
      /** 32 random bytes in hex, from whoever tries: so the platform cannot have chosen the outcome. */
      body: z.object({ clientNonce: z.string().regex(/^[0-9a-f]{64}$/) }),
      responses: { 200: { description: 'Won or lost, with a signed receipt', schema: attemptSchema } },
      handler: async ({ params: { giveawayId, entryId }, body: { clientNonce }, principal, actor, requestId }) => {
        const win = await find(giveawayId);
        const participantId = principal.userId;
        const hit = hits(win, entryId, clientNonce);
        const answer = await queue.claim(giveawayId, { entryId, participantId, clientNonce, hit, actor, requestId });
        if ('code' in answer) throw refusalOf(answer.code, { giveawayId, entryId });
        return { status: 200, body: await present(giveawayId, answer.attempt, win.secretHash, signer) };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/v1/giveaways/{giveawayId}/instant-win',
      summary: 'How one wins at once, how often it was tried, and how many prize units are left',
      auth: 'public',
      params: z.object({ giveawayId: uuid }),
      responses: {
        200: {
          description: 'The instant win',
          schema: z.object({
            by: z.string(),
            oddsPerMillion: z.int().nullable(),
            secretHash: z.string(),
            witness: z.object({ kind: z.string(), token: z.string().optional() }),
            attemptCount: z.int(),
            unitsLeft: z.int(),
          }),
        },
      },
      handler: async ({ params: { giveawayId } }) => {
        const { rule, secretHash, witness } = await find(giveawayId);
        const now = await counts.get(giveawayId, () => countInstantWin(db, giveawayId));
        const { attemptCount = 0, unitsLeft = 0 } = now ?? {};
        const terms = { by: rule.by, oddsPerMillion: rule.oddsPerMillion ?? null, secretHash, witness };
        return { status: 200, body: { ...terms, attemptCount, unitsLeft }, headers: { 'cache-control': 'no-cache' } };
      },
    }),
  ];
}

const hits = ({ rule, secret }: Opened, entryId: string, clientNonce: string): boolean =>
  rule.by !== 'odds' || isHit(drawCrypto, secret, { entryId, clientNonce, oddsPerMillion: rule.oddsPerMillion ?? 0 });

const refusalOf = (code: ErrorCode, details: Record<string, unknown>): DomainError =>
  new DomainError(code, REFUSALS[code] ?? 'This attempt cannot be made.', {
    ...details,
    ...(code === 'instant_win_busy' ? { retryAfterMs: RETRY_AFTER_MS } : {}),
  });

async function present(giveawayId: string, attempt: DecidedAttempt, secretHash: string, signer: ReceiptSigner) {
  const { unitId, awardId, entryId, participant, clientNonce, number, receivedAt } = attempt;
  const body: AttemptReceiptBody = {
    version: ATTEMPT_RECEIPT_VERSION,
    giveawayId,
    entryId,
    participant,
    clientNonce,
    number,
    receivedAt,
    ...(unitId === null ? {} : { unitId }),
    secretHash,
    keyId: signer.keyId,
  };
  const receipt: AttemptReceipt = { ...body, signature: await signer.signBeside(attemptReceiptBytes(body)) };
  return { outcome: unitId === null ? ('lost' as const) : ('won' as const), awardId, prizeUnitId: unitId, receipt };
}
