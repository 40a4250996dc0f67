import { z } from 'zod';
import { controlWallet } from '../../db/wallet/control-wallet.ts';
import { currency, uuid } from '../http/amounts.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import type { GiveawayApi } from './dependencies.ts';

const MAX_DELAY_MS = 365 * 24 * 3_600_000;

export const controlWalletRoute = ({ db }: GiveawayApi): Route =>
  defineRoute({
    method: 'put',
    path: '/v1/finance/wallets/{hostId}/{currency}',
    summary: 'Freeze or unfreeze a host’s wallet, or set how long after a charge its money can be spent',
    auth: 'wallet.control',
    params: z.object({ hostId: uuid, currency }),
    body: z.object({
      state: z.enum(['ACTIVE', 'FROZEN']).optional(),
      spendableAfterMs: z.int().min(0).max(MAX_DELAY_MS).optional(),
      reason: z.string().trim().min(3).max(500),
    }),
    responses: {
      200: {
        description: 'The wallet as it is now',
        schema: z.object({
          hostId: uuid,
          currency: z.string(),
          state: z.enum(['ACTIVE', 'FROZEN']),
          frozenReason: z.string().nullable(),
          spendableAfterMs: z.int(),
        }),
      },
    },
    handler: async ({ params, body, actor, requestId }) => ({
      status: 200,
      body: await controlWallet(db, { ...params, ...body }, { actor, requestId }),
    }),
  });
