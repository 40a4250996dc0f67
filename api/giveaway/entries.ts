import { z } from 'zod';
import { makeReferralCode } from '../../db/giveaway/enter-giveaway.ts';
import { readOwnEntries } from '../../db/giveaway/own-entries.ts';
import { requestVerification } from '../../db/giveaway/verify-entries.ts';
import { uuid } from '../http/amounts.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import type { GiveawayApi } from './dependencies.ts';
import { receiptFor } from './entry-receipt.ts';

const giveaway = z.object({ giveawayId: uuid });

export const entryRoutes = ({ db, signer, entryHashes }: GiveawayApi): Route[] => [
  defineRoute({
    method: 'get',
    path: '/v1/giveaways/{giveawayId}/entries/mine',
    summary: 'My entries, what they weigh, and what is missing for them to count',
    auth: 'giveaway.enter',
    params: giveaway,
    responses: { 200: { description: 'Entries with their receipts, newest first' } },
    handler: async ({ params, principal }) => {
      const own = await readOwnEntries(db, params.giveawayId, principal.userId);
      const { tickets, missing, underReview } = own;
      const entries = own.entries.map((entry) => ({
        entryId: entry.id,
        method: entry.method,
        period: entry.kind === 'referral' ? null : entry.period,
        weight: entry.weight,
        verdict: entry.verdict,
        reason: entry.reason,
        evidence: entry.evidence,
        receipt: receiptFor(entry, signer),
      }));
      return { status: 200, body: { tickets, missing, underReview, entries } };
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/entries/{entryId}/verify',
    summary: 'Have the social network asked again about my entry, because I have done it now',
    auth: 'giveaway.enter',
    idempotent: true,
    params: z.object({ entryId: uuid }),
    responses: { 202: { description: 'It will be asked; at most once a minute' } },
    handler: async ({ params, principal }) => ({
      status: 202,
      body: await requestVerification(db, { entryId: params.entryId, participantId: principal.userId }),
    }),
  }),
  defineRoute({
    method: 'post',
    path: '/v1/giveaways/{giveawayId}/referral-code',
    summary: 'The code of my referral link, once I have entered',
    auth: 'giveaway.enter',
    idempotent: true,
    params: giveaway,
    responses: { 200: { description: 'The same code every time' } },
    handler: async ({ params, principal }) => {
      const ids = { giveawayId: params.giveawayId, participantId: principal.userId };
      const code = entryHashes.referralCode(ids.giveawayId, ids.participantId);
      return { status: 200, body: await makeReferralCode(db, { ...ids, code }) };
    },
  }),
];
