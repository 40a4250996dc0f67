import type { Client } from '@temporalio/client';
import type { Database } from '../../db/connect.ts';
import type { DrawSources } from '../../domain/draw/randomness-rules.ts';
import type { VerifyPaymentWebhook } from '../../providers/payments/adapter.ts';
import type { PaymentsPort } from '../../providers/payments/port.ts';
import type { AdmissionGate } from '../../runtime/admission-gate.ts';
import type { ClaimLinks } from '../../runtime/claim-links.ts';
import type { EntryHashes } from '../../runtime/entry-hashes.ts';
import type { ReceiptSigner } from '../../runtime/proof-signer.ts';
import type { SecretBox } from '../../runtime/secret-box.ts';
import type { TopUpGrantIssuer } from '../../runtime/top-up-grants.ts';

export interface GiveawayApi {
  readonly db: Database;
  /** Of the namespace `giveaway`. */
  readonly temporal: Client;
  /** How long a request waits for a workflow's answer. */
  readonly budgetMs: number;
  readonly signer: ReceiptSigner;
  /** Opens the secrets that decide instant wins. */
  readonly secrets: SecretBox;
  readonly instantWinGate: AdmissionGate;
  readonly entryHashes: EntryHashes;
  /** What draws may rest on. */
  readonly sources: DrawSources;
  readonly verifyPaymentWebhook: VerifyPaymentWebhook;
  /** For a look at what the provider says now: it gives up soon. */
  readonly payments: PaymentsPort;
  readonly claimLinks: ClaimLinks;
  /** For winners of airtime, who say at giftcard-api which phone it is for. */
  readonly topUps: { readonly grants: TopUpGrantIssuer; readonly url: string };
  /** Seals where prizes are sent to. */
  readonly addresses: SecretBox;
}
