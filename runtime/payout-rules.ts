/** What the payment provider and the platform's reserve ask of a payout, in minor units. */
export interface PayoutRules {
  /** The least the provider pays out. */
  readonly payoutMinimumMinor: bigint;
  /** How much merchants may owe us before our own share is withheld. */
  readonly platformReserveMinor: bigint;
}

export type PayoutRulesOf = (currency: string) => PayoutRules;

/** As configured, by currency. */
export const payoutRules =
  (config: {
    readonly PAYOUT_MINIMUMS: ReadonlyMap<string, bigint>;
    readonly PLATFORM_RESERVES: ReadonlyMap<string, bigint>;
  }): PayoutRulesOf =>
  (currency) => ({
    payoutMinimumMinor: config.PAYOUT_MINIMUMS.get(currency) ?? 0n,
    platformReserveMinor: config.PLATFORM_RESERVES.get(currency) ?? 0n,
  });
