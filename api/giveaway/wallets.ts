import { listWallets, type WalletView } from '../../db/wallet/queries.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import type { GiveawayApi } from './dependencies.ts';

export const walletRoutes = ({ db }: GiveawayApi): Route[] => [
  defineRoute({
    method: 'get',
    path: '/v1/wallet',
    summary: 'My wallet by currency: what is mine, held, waiting, and may be spent now',
    auth: 'wallet.read',
    responses: { 200: { description: 'Wallets' } },
    handler: async ({ principal }) => ({
      status: 200,
      body: { data: (await listWallets(db, principal.userId)).map(presentWallet) },
    }),
  }),
];

export const presentWallet = (wallet: WalletView) => ({
  ...wallet,
  spendableAfterMs: Number(wallet.spendableAfterMs),
  balanceMinor: wallet.balanceMinor.toString(),
  heldMinor: wallet.heldMinor.toString(),
  availableMinor: wallet.availableMinor.toString(),
  waitingMinor: wallet.waitingMinor.toString(),
  spendableMinor: wallet.spendableMinor.toString(),
  carriedFeeMinor: wallet.carriedFeeMinor.toString(),
});
