import { AUDIT_BOOKS, DELIVER_ALERTS, type AuditBooksInput } from '../workflows/audit/contract.ts';
import { EXPIRE_AUTHORISATIONS, SWEEP_EXPIRED_ESCROW } from '../workflows/giftcard/contract.ts';
import { RUN_SETTLEMENTS, type SettlementRunInput } from '../workflows/giftcard/settlement.contract.ts';
import {
  EXPIRE_CLAIMS,
  FORGET_HOLDERS,
  FULFIL_AWARDS,
  NOTIFY_WINNERS,
  VERIFY_ENTRIES,
} from '../workflows/giveaway/contract.ts';
import { RECONCILE_YESTERDAY } from '../workflows/platform/reconciliation.contract.ts';
import type { Sweep } from './schedules.ts';
import { TASK_QUEUES } from './task-queues.ts';

const HOUR_MS = 3_600_000;
/** Entrants look whether their entry counts: they do not wait for a minute. */
const VERIFY_EVERY_MS = 10_000;
/** How often the owner sweep looks in the time after which it acts. */
const OWNER_SWEEPS_WITHIN = 3;
const MIN_OWNER_SWEEP_MS = 1_000;
/** Whoever has to know something does not wait for a minute either. */
const ALERTS_EVERY_MS = 10_000;

/** What each namespace does for the database of its own. */
const ofBook =
  (everyMs: number) =>
  ([namespace, taskQueue]: readonly [Sweep['namespace'], Sweep['taskQueue']]): Sweep[] => [
    {
      namespace,
      scheduleId: `${namespace}.fold-accounts`,
      workflowType: 'foldAccounts',
      taskQueue,
      everyMs,
      summary: 'Adds up what is written beside shared ledger accounts',
    },
    {
      namespace,
      scheduleId: `${namespace}.forget-keys`,
      workflowType: 'forgetKeys',
      taskQueue,
      everyMs: HOUR_MS,
      summary: 'Forgets idempotency keys whose time is over',
    },
    {
      namespace,
      scheduleId: `${namespace}.deliver-alerts`,
      workflowType: DELIVER_ALERTS,
      taskQueue,
      everyMs: Math.min(everyMs, ALERTS_EVERY_MS),
      summary: 'Tells people what they have to know',
    },
    {
      namespace,
      scheduleId: `${namespace}.reconcile-yesterday`,
      workflowType: RECONCILE_YESTERDAY,
      taskQueue,
      everyMs: 24 * HOUR_MS,
      summary: 'Holds the provider’s file of the day before against our book',
    },
    ...(['touched', 'whole'] as const).map((scope): Sweep => ({
      namespace,
      scheduleId: `${namespace}.audit-${scope}`,
      workflowType: AUDIT_BOOKS,
      taskQueue,
      everyMs: scope === 'touched' ? everyMs : 24 * HOUR_MS,
      args: [{ scope } satisfies AuditBooksInput],
      summary: scope === 'touched' ? 'Audits what moved since the last run' : 'Audits everything',
    })),
  ];

/** Whoever is erased cannot look whether it has happened. */
const FORGET_EVERY_SWEEPS = 10;

/** Winners are told soon after the draw. */
const NOTIFY_EVERY_MS = 10_000;

/**
 * What is looked for again and again, besides what each workflow waits for by itself.
 * @param untouchedMs after which the owner sweep asks who carries a process.
 */
export const sweepsEvery = (everyMs: number, untouchedMs: number): Sweep[] => [
  {
    namespace: 'giveaway',
    scheduleId: 'giveaway.verify-entries',
    workflowType: VERIFY_ENTRIES,
    taskQueue: TASK_QUEUES.giveaway,
    everyMs: Math.min(everyMs, VERIFY_EVERY_MS),
    summary: 'Asks the social networks about entries, and looks for what entrants have in common',
  },
  ...awardSweeps(everyMs),
  {
    namespace: 'giveaway',
    scheduleId: 'giveaway.forget-holders',
    workflowType: FORGET_HOLDERS,
    taskQueue: TASK_QUEUES.giveaway,
    everyMs: everyMs * FORGET_EVERY_SWEEPS,
    summary: 'Has the giftcard domain forget people who are erased',
  },
  {
    namespace: 'giftcard',
    scheduleId: 'giftcard.expire-authorisations',
    workflowType: EXPIRE_AUTHORISATIONS,
    taskQueue: TASK_QUEUES.giftcard,
    everyMs,
    summary: 'Ends card authorisations that nobody confirmed in time',
  },
  {
    namespace: 'giftcard',
    scheduleId: 'giftcard.sweep-expired-escrow',
    workflowType: SWEEP_EXPIRED_ESCROW,
    taskQueue: TASK_QUEUES.giftcard,
    everyMs,
    summary: 'Gives the value of expired cards back to their hosts',
  },
  ...(
    [
      ['giveaway', TASK_QUEUES.wallet],
      ['giftcard', TASK_QUEUES.giftcard],
    ] as const
  ).flatMap(ofBook(everyMs)),
  ...(
    [
      ['giveaway', TASK_QUEUES.wallet],
      ['giveaway', TASK_QUEUES.giveaway],
      ['giftcard', TASK_QUEUES.giftcard],
    ] as const
  ).map(([namespace, taskQueue]): Sweep => ({
    namespace,
    scheduleId: `${taskQueue}.owner-sweep`,
    workflowType: 'sweepOwners',
    taskQueue,
    everyMs: Math.max(MIN_OWNER_SWEEP_MS, Math.floor(untouchedMs / OWNER_SWEEPS_WITHIN)),
    args: [{ untouchedMs }],
    summary: 'Starts the workflows again that processes have lost',
  })),
  ...(['hourly', 'daily'] as const).map((cadence): Sweep => ({
    namespace: 'giftcard',
    scheduleId: `giftcard.run-settlements-${cadence}`,
    workflowType: RUN_SETTLEMENTS,
    taskQueue: TASK_QUEUES.giftcard,
    everyMs: cadence === 'hourly' ? HOUR_MS : 24 * HOUR_MS,
    args: [{ cadence } satisfies SettlementRunInput],
    summary: `Pays merchants what is due to them, ${cadence}`,
  })),
];

/** Winners: told, late, and waiting for their prize. */
const awardSweeps = (everyMs: number): Sweep[] => [
  {
    namespace: 'giveaway',
    scheduleId: 'giveaway.notify-winners',
    workflowType: NOTIFY_WINNERS,
    taskQueue: TASK_QUEUES.giveaway,
    everyMs: Math.min(everyMs, NOTIFY_EVERY_MS),
    summary: 'Sends the notifications that are due; claim windows begin when the first one is accepted',
  },
  {
    namespace: 'giveaway',
    scheduleId: 'giveaway.expire-claims',
    workflowType: EXPIRE_CLAIMS,
    taskQueue: TASK_QUEUES.giveaway,
    everyMs,
    summary: 'Ends claim windows, promotes the next rank, and tells giveaways in which nothing is open any more',
  },
  {
    namespace: 'giveaway',
    scheduleId: 'giveaway.fulfil-awards',
    workflowType: FULFIL_AWARDS,
    taskQueue: TASK_QUEUES.giveaway,
    everyMs,
    summary: 'Brings the cards of verified awards that no claim looks after',
  },
];
