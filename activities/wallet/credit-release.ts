import type { Database } from '../../db/connect.ts';
import { creditRelease } from '../../db/wallet/credit-release.ts';
import { parseMinor } from '../../domain/money.ts';
import type { CreditReleaseInput } from '../../workflows/wallet/contract.ts';

export const creditReleaseActivities = (db: Database) => ({
  creditRelease: (input: CreditReleaseInput): Promise<void> =>
    creditRelease(
      db,
      { ...input, cashMinor: parseMinor(input.cashMinor), feeMinor: parseMinor(input.feeMinor) },
      { actor: `workflow:release/${input.releaseId}`, requestId: input.requestId },
    ),
});
