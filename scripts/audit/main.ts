import { connect, type Database } from '../../db/connect.ts';
import { checkGiftcards } from '../../db/giftcard/audit.ts';
import { checkGiveaways } from '../../db/giveaway/audit.ts';
import { checkLedger, type InvariantCheck } from '../../db/ledger/audit.ts';
import { checkWallets } from '../../db/wallet/audit.ts';
import { createPayments } from '../../providers/payments/adapter.ts';
import { loadConfig } from '../../runtime/config.ts';
import { checkAwards } from './awards.ts';
import { checkClearing } from './clearing.ts';
import { checkProviderBalance } from './provider-balance.ts';

export type AuditLine = InvariantCheck;

/** Checks every invariant that has data, over both books and the provider. */
export async function runAudit(environment: Readonly<Record<string, string>>): Promise<AuditLine[]> {
  const setting = (name: string): string => {
    const value = environment[name];
    if (!value) throw new Error(`The audit needs ${name}.`);
    return value;
  };
  const open = (name: string): Database =>
    connect({ url: setting(name), poolMax: 2, applicationName: 'handsel-audit' });
  const [giveaway, giftcard] = [open('DATABASE_URL_GIVEAWAY'), open('DATABASE_URL_GIFTCARD')];
  const payments = createPayments(loadConfig(['payments'], environment));
  try {
    return [
      ...(await checkLedger(giveaway, 'giveaway')),
      ...(await checkGiveaways(giveaway)),
      ...(await checkWallets(giveaway)),
      ...(await checkLedger(giftcard, 'giftcard')),
      ...(await checkGiftcards(giftcard)),
      ...(await checkClearing(giveaway, giftcard)),
      await checkAwards(giveaway, giftcard),
      ...(await checkProviderBalance(giveaway, giftcard, payments)),
    ];
  } finally {
    await Promise.all([giveaway.destroy(), giftcard.destroy()]);
  }
}
