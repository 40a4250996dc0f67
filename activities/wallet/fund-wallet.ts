import type { Database } from '../../db/connect.ts';
import { beginFunding, completeFunding, failFunding, parkFunding, type Funding } from '../../db/wallet/fund-wallet.ts';
import { parseMinor } from '../../domain/money.ts';
import type { FundingView, FundWalletInput } from '../../workflows/wallet/contract.ts';

interface FundingRef {
  readonly fundingId: string;
  readonly actor: string;
  readonly requestId: string;
}

export interface BegunFunding extends FundingView {
  /** By the database's clock: the provider's key window counts from here. */
  readonly firstSentAt: string;
}

export const fundWalletActivities = (db: Database) => ({
  /** Writes the intent of the charge and its pending entry. */
  beginFunding: async (input: FundWalletInput): Promise<BegunFunding> => {
    const funding = await beginFunding(db, { ...input, amountMinor: parseMinor(input.amountMinor) }, input);
    return { ...toView(funding), firstSentAt: funding.firstSentAt.toISOString() };
  },

  completeFunding: async (input: FundingRef & { providerId: string; feeMinor: string }): Promise<FundingView> =>
    toView(await completeFunding(db, { ...input, feeMinor: parseMinor(input.feeMinor) }, input)),

  failFunding: async (input: FundingRef & { failureCode: string }): Promise<FundingView> =>
    toView(await failFunding(db, input, input)),

  parkFunding: async (input: FundingRef & { reason: string }): Promise<FundingView> =>
    toView(await parkFunding(db, input, input)),
});

const toView = (funding: Funding): FundingView => ({
  fundingId: funding.id,
  state: funding.state,
  amountMinor: funding.amountMinor.toString(),
  currency: funding.currency,
  feeMinor: funding.feeMinor?.toString() ?? null,
  failureCode: funding.failureCode,
});
