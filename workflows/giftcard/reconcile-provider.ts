import * as wf from '@temporalio/workflow';
import type { GiftcardActivities } from '../../activities/giftcard/index.ts';
import { DATABASE_ACTIVITY } from '../../temporal-config/activity-profiles.ts';
import type { ReconcileInput, UnknownReferences } from '../platform/reconciliation.contract.ts';
import { reconcile } from '../reconcile-provider.ts';
import { GIVEAWAY_WALLET_ENDPOINT, giveawayWallet } from '../wallet/contract.ts';

const { unknownTransfers, markElsewhere } = wf.proxyActivities<GiftcardActivities>(DATABASE_ACTIVITY);

/** Transfers that this book does not know may be withdrawals of the other one: it is asked. */
export const reconcileProvider = (input: ReconcileInput): Promise<void> =>
  reconcile(input, async (reconciliationId) => {
    const wallet = wf.createNexusServiceClient({ endpoint: GIVEAWAY_WALLET_ENDPOINT, service: giveawayWallet });
    for (let after: number | null = 0; after !== null;) {
      const { references, pageId, next }: UnknownReferences = await unknownTransfers({ reconciliationId, after });
      after = next;
      if (references.length === 0) return;
      const { known } = await wallet.executeOperation('findPayouts', {
        pageId,
        references,
        requestId: input.requestId,
      });
      if (known.length > 0) await markElsewhere({ reconciliationId, references: known });
    }
  });
