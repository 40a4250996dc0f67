import type { Client } from '@temporalio/client';
import type { Database } from '../../db/connect.ts';
import type { VerifyPaymentWebhook } from '../../providers/payments/adapter.ts';
import type { PaymentsPort } from '../../providers/payments/port.ts';
import type { EntryHashes } from '../../runtime/entry-hashes.ts';
import type { ProofSigner } from '../../runtime/proof-signer.ts';

export interface GiveawayApi {
  readonly db: Database;
  /** Of the namespace `giveaway`. */
  readonly temporal: Client;
  /** How long a request waits for a workflow's answer. */
  readonly budgetMs: number;
  readonly signer: ProofSigner;
  readonly entryHashes: EntryHashes;
  readonly verifyPaymentWebhook: VerifyPaymentWebhook;
  /** For a look at what the provider says now: it gives up soon. */
  readonly payments: PaymentsPort;
}
