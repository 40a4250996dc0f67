import type { Database } from '../../db/connect.ts';
import {
  claimVerifications,
  recordVerifications,
  type VerificationAnswer,
  type VerificationQuestion,
} from '../../db/giveaway/verify-entries.ts';
import { normalAccount } from '../../domain/entry-signals.ts';
import type { SocialPort } from '../../providers/social/port.ts';
import type { SweepInput } from '../../workflows/giveaway/contract.ts';

/** Asked at the same time; a batch of 40 whose questions all time out after 10 s takes 50 s. */
const AT_ONCE = 8;
const PER_BATCH = 40;
const LEASE_MS = 120_000;
/** What is due after so many batches is the next sweep's. */
const MAX_BATCHES = 100;

export interface SocialDependencies {
  readonly db: Database;
  readonly social: SocialPort;
  readonly heartbeat: () => void;
}

export const verifyEntriesActivities = ({ db, social, heartbeat }: SocialDependencies) => ({
  /** Asks about every entry that is due. @returns how many questions were asked. */
  verifyDueEntries: async (input: SweepInput): Promise<number> => {
    let asked = 0;
    for (let batch = 0; batch < MAX_BATCHES; batch += 1) {
      const { claimed, questions } = await claimVerifications(db, { limit: PER_BATCH, leaseMs: LEASE_MS });
      if (claimed === 0) break;
      const results = await askAll(social, questions, heartbeat);
      await recordVerifications(db, results, input);
      asked += questions.length;
    }
    return asked;
  },
});

async function askAll(
  social: SocialPort,
  questions: readonly VerificationQuestion[],
  heartbeat: () => void,
): Promise<VerificationAnswer[]> {
  const answers: VerificationAnswer[] = [];
  for (let from = 0; from < questions.length; from += AT_ONCE) {
    answers.push(...(await Promise.all(questions.slice(from, from + AT_ONCE).map((one) => ask(social, one)))));
    heartbeat();
  }
  return answers;
}

async function ask(
  social: SocialPort,
  { entryId, attempt, account, method, target }: VerificationQuestion,
): Promise<VerificationAnswer> {
  const answer = await social.verify({ method, target, participantAccount: normalAccount(account) });
  return { retryAfterMs: 0, ...answer, entryId, attempt };
}
