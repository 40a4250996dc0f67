import { randomBytes } from 'node:crypto';
import type { Database } from '../../db/connect.ts';
import { claimInstantWins, type AttemptToWin, type InstantWinAnswers } from '../../db/giveaway/claim-instant-win.ts';
import type { NewGiveaway } from '../../db/giveaway/create-giveaway.ts';
import { enterGiveaway } from '../../db/giveaway/enter-giveaway.ts';
import type { InstantWinRule } from '../../domain/draw/instant-win.ts';
import { newEntry, openTestGiveaway } from './giveaways.ts';
import { prizeUnits } from './draws.ts';

const cause = { actor: 'user:test', requestId: 'test' };

/** An instant win that has opened, with so many units. @returns its id. */
export const openInstantWin = (
  db: Database,
  instantWin: InstantWinRule,
  units: number,
  change: Partial<NewGiveaway> = {},
): Promise<string> =>
  openTestGiveaway(db, {
    prizes: prizeUnits({ Card: units }),
    mode: { mode: 'instant_win', instantWin, ...change.mode },
    ...Object.fromEntries(Object.entries(change).filter(([name]) => name !== 'mode')),
  });

export const randomNonce = (): string => randomBytes(32).toString('hex');

/** Entries of that many people, each ready to be used for an attempt that wins if anything can be won. */
export async function readyAttempts(db: Database, giveawayId: string, count: number): Promise<AttemptToWin[]> {
  const attempts: AttemptToWin[] = [];
  for (let n = 0; n < count; n += 1) {
    const entry = newEntry(giveawayId);
    await enterGiveaway(db, entry, cause);
    attempts.push({
      entryId: entry.id,
      participantId: entry.participantId,
      clientNonce: randomNonce(),
      hit: true,
      ...cause,
    });
  }
  return attempts;
}

/** What a batch of attempts comes to: `won`, `lost`, or the code of a refusal. */
export const outcomesOf = ({ answers }: InstantWinAnswers): string[] =>
  answers.map((answer) => ('code' in answer ? answer.code : answer.attempt.unitId === null ? 'lost' : 'won'));

export const decide = async (
  db: Database,
  giveawayId: string,
  ...attempts: readonly AttemptToWin[]
): Promise<string[]> => outcomesOf(await claimInstantWins(db, { giveawayId, attempts }));
