import type { Client } from '@temporalio/client';
import type { Database } from '../../db/connect.ts';
import type { AirtimePort } from '../../providers/airtime/port.ts';
import type { AirtimeWebhook } from '../../providers/airtime/webhook.ts';
import type { VerifyPaymentWebhook } from '../../providers/payments/adapter.ts';
import type { CardCodes } from '../../runtime/card-codes.ts';
import type { SecretBox } from '../../runtime/secret-box.ts';
import type { PaymentsPort } from '../../providers/payments/port.ts';
import type { WebhookRequest } from '../../providers/payments/webhook.ts';
import type { PayoutRulesOf } from '../../runtime/payout-rules.ts';
import type { TopUpGrantReader } from '../../runtime/top-up-grants.ts';
import type { RateLimit } from '../../runtime/rate-limit.ts';
import type { CommittedStarts } from '../http/start-committed.ts';

export interface GiftcardApi {
  readonly db: Database;
  /** Of the namespace `giftcard`. */
  readonly temporal: Client;
  /** How long a request waits for a workflow's answer. */
  readonly budgetMs: number;
  /** For workflows of what is committed before they are started. */
  readonly committedStarts: CommittedStarts;
  readonly payoutRulesOf: PayoutRulesOf;
  readonly codes: CardCodes;
  /** Codes that somebody tries, by user. */
  readonly codeLimit: RateLimit;
  readonly verifyPaymentWebhook: VerifyPaymentWebhook;
  /** For a look at what the provider says now: it gives up soon. */
  readonly payments: PaymentsPort;
  /** For whose number it is, and a look at a top-up: it gives up soon, too. */
  readonly airtime: AirtimePort;
  /** Seals the numbers of phones. */
  readonly phones: SecretBox;
  /** Numbers that somebody asks about, by user. */
  readonly phoneLimit: RateLimit;
  /** Opens what the link of a winner's mail is exchanged for. */
  readonly readTopUpGrant: TopUpGrantReader;
  readonly verifyAirtimeWebhook: (request: WebhookRequest) => AirtimeWebhook;
}
