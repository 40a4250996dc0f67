import type { Database } from '../../db/connect.ts';
import {
  claimNotifications,
  queueNotifications,
  recordNotifications,
  type DueNotification,
  type NotificationAnswer,
} from '../../db/giveaway/notify-winners.ts';
import type { MailPort, MailVerdict } from '../../providers/mail/port.ts';
import type { ClaimLinks } from '../../runtime/claim-links.ts';
import type { SweepInput } from '../../workflows/giveaway/contract.ts';
import { composeMail } from './compose-mail.ts';

const PER_BATCH = 100;
/** Sent at the same time. */
const MAILS_AT_ONCE = 10;
/** Longer than a batch takes whose every mail times out. */
const LEASE_MS = 300_000;
/** What is due after so many batches is the next sweep's. */
const MAX_BATCHES = 200;
/** After that it is given up: about three days. */
const MAX_ATTEMPTS = 20;
const FIRST_WAIT_MS = 30_000;
const LONGEST_WAIT_MS = 6 * 3_600_000;

export interface MailDependencies {
  readonly db: Database;
  readonly mail: MailPort;
  readonly links: ClaimLinks;
  /** Where people reach us; without a slash at the end. */
  readonly publicUrl: string;
  /** E-mail addresses by user; who is gone is missing. */
  readonly addressesOf: (userIds: readonly string[]) => Promise<ReadonlyMap<string, string>>;
  readonly heartbeat: () => void;
}

export const notifyWinnersActivities = (deps: MailDependencies) => ({
  /** Tells everybody who is to be told now. @returns how many mails the relay has taken. */
  sendNotifications: async (input: SweepInput): Promise<number> => {
    let accepted = 0;
    for (let batch = 0; batch < MAX_BATCHES; batch += 1) {
      await queueNotifications(deps.db, PER_BATCH);
      const due = await claimNotifications(deps.db, { limit: PER_BATCH, leaseMs: LEASE_MS });
      if (due.length === 0) break;
      const answers = await sendAll(deps, due);
      await recordNotifications(deps.db, answers, input);
      accepted += answers.filter(({ outcome }) => outcome === 'accepted').length;
    }
    return accepted;
  },
});

async function sendAll(deps: MailDependencies, due: readonly DueNotification[]): Promise<NotificationAnswer[]> {
  const addresses = await deps.addressesOf(due.map(({ userId }) => userId));
  const answers: NotificationAnswer[] = [];
  for (let from = 0; from < due.length; from += MAILS_AT_ONCE) {
    const some = due.slice(from, from + MAILS_AT_ONCE);
    const verdicts = await Promise.all(some.map((one) => send(deps, one, addresses.get(one.userId))));
    answers.push(...some.map((one, index) => answerTo(one, verdicts[index] as MailVerdict)));
    deps.heartbeat();
  }
  return answers;
}

async function send(deps: MailDependencies, one: DueNotification, to: string | undefined): Promise<MailVerdict> {
  if (to === undefined) return { outcome: 'refused', problem: 'no_address' };
  return deps.mail.send({ to, ...composeMail(deps, one), messageId: `<${one.id}@notifications.handsel>` });
}

function answerTo({ id, attempt }: DueNotification, verdict: MailVerdict): NotificationAnswer {
  const problem = verdict.outcome === 'accepted' ? null : verdict.problem;
  const givenUp = verdict.outcome === 'later' && attempt >= MAX_ATTEMPTS;
  const againInMs = Math.min(FIRST_WAIT_MS * 2 ** (attempt - 1), LONGEST_WAIT_MS);
  return { id, attempt, outcome: givenUp ? 'refused' : verdict.outcome, problem, againInMs };
}
