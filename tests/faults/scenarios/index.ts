import { fund } from '../flows/fund.ts';
import { publish } from '../flows/publish.ts';
import { redeem } from '../flows/redeem.ts';
import { refund } from '../flows/refund.ts';
import { release } from '../flows/release.ts';
import { settleBatch } from '../flows/settle-batch.ts';
import { vend } from '../flows/vend.ts';
import { withdraw } from '../flows/withdraw.ts';
import type { Scenario } from '../scenario.ts';
import { airtimeFaults } from './airtime-faults.ts';
import { atOnce } from './at-once.ts';
import { diskFull } from './disk-full.ts';
import { killPoints } from './kill-points.ts';
import { lateStatements } from './late-statements.ts';
import { network } from './network.ts';
import { providerFaults } from './provider-faults.ts';
import { everythingCrashes, postgresCrashes, redisLost, temporalCrashes } from './servers.ts';
import { temporalStoreLost } from './temporal-store-lost.ts';
import { twoPeople } from './two-people.ts';
import { webhooks } from './webhooks.ts';

export const SCENARIOS: readonly Scenario[] = [
  ...[redeem, settleBatch, refund, fund, withdraw, publish, release, vend].map((flow) => killPoints(flow)),
  killPoints(redeem, 'giftcard-api'),
  killPoints(fund, 'giveaway-api'),
  killPoints(publish, 'giveaway-api'),
  killPoints(vend, 'giftcard-api'),
  lateStatements,
  atOnce,
  providerFaults,
  airtimeFaults,
  webhooks,
  twoPeople,
  postgresCrashes,
  temporalCrashes,
  temporalStoreLost,
  redisLost,
  everythingCrashes,
  network,
  diskFull,
];
