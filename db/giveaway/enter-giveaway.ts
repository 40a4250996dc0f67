import type { Cause } from '../../domain/cause.ts';
import { DomainError } from '../../domain/errors.ts';
import type { Database, Db } from '../connect.ts';
import { asDomainError } from '../errors.ts';
import { appendEvent } from '../outbox/append-event.ts';
import type { GiveawayRow } from './move-giveaway.ts';

export interface NewEntry {
  readonly id: string;
  readonly giveawayId: string;
  readonly participantId: string;
  readonly method: string;
  /** `once`, or the day of a daily entry. */
  readonly period: string;
  readonly weight: number;
  /** 32 random bytes; kept only when this is the participant's first entry in the giveaway. */
  readonly salt: Uint8Array;
  /** The participant's commitment to that salt. */
  readonly commitment: Uint8Array;
}

export interface AcceptedEntry {
  readonly id: string;
  readonly salt: Uint8Array;
  readonly commitment: Uint8Array;
  readonly weight: number;
  readonly receivedAt: Date;
  readonly secretHash: Uint8Array;
}

/**
 * One entry, one transaction, no workflow. The shared lock is taken first and the state is read in the *next*
 * statement: a freeze that was faster is seen, and one that is later waits for us.
 * Repeated with the same id it returns the first result.
 * @throws DomainError giveaway_not_found, giveaway_not_open (too early), giveaway_closed (too late), entry_duplicate,
 *   entry_host_excluded.
 */
export const enterGiveaway = async (db: Database, entry: NewEntry, cause: Cause): Promise<AcceptedEntry> => {
  try {
    return await db.transaction((trx) => enter(trx, entry, cause));
  } catch (error) {
    throw asDomainError(error);
  }
};

async function enter(trx: Db, entry: NewEntry, cause: Cause): Promise<AcceptedEntry> {
  await trx.raw('select pg_advisory_xact_lock_shared(hashtextextended(?, 0))', [entry.giveawayId]);
  const giveaway = await trx('giveaways')
    .where({ id: entry.giveawayId })
    .first<Pick<GiveawayRow, 'state' | 'host_id'> & { over: boolean }>(
      'state',
      'host_id',
      trx.raw('closes_at <= clock_timestamp() as over'),
    );
  const repeated = await readEntry(trx, entry.id);
  if (repeated) return repeated;
  requireEnterable(giveaway, entry);
  await trx('giveaway_participants')
    .insert({
      giveaway_id: entry.giveawayId,
      participant_id: entry.participantId,
      salt: entry.salt,
      commitment: entry.commitment,
    })
    // On either key: the same participant's first entry may come twice at once.
    .onConflict()
    .ignore();
  const inserted = await trx('giveaway_entries')
    .insert({
      id: entry.id,
      giveaway_id: entry.giveawayId,
      participant_id: entry.participantId,
      method: entry.method,
      period: entry.period,
      weight: entry.weight,
      // As precise as the receipt that names it.
      received_at: trx.raw("date_trunc('milliseconds', clock_timestamp())"),
    })
    .onConflict('id')
    .ignore()
    .returning('id');
  // The same entry at the same moment: the other one has committed by now, and its answer is ours.
  if (inserted.length > 0) await appendEntryEvent(trx, entry, cause);
  const accepted = await readEntry(trx, entry.id);
  if (!accepted) throw new Error(`Entry ${entry.id} is not where it was just written`);
  return accepted;
}

function requireEnterable(
  giveaway: (Pick<GiveawayRow, 'state' | 'host_id'> & { over: boolean }) | undefined,
  entry: NewEntry,
): void {
  const details = { giveawayId: entry.giveawayId };
  switch (giveaway?.state) {
    case undefined:
    case 'DRAFT':
    case 'FUNDING':
    case 'FUNDING_FAILED':
      throw new DomainError('giveaway_not_found', 'There is no such giveaway.', details);
    case 'SCHEDULED':
      throw new DomainError('giveaway_not_open', 'The giveaway has not opened yet.', details);
    case 'OPEN':
      break;
    default:
      throw new DomainError('giveaway_closed', 'The giveaway is closed.', details);
  }
  if (giveaway.over) throw new DomainError('giveaway_closed', 'The deadline has passed.', details);
  if (giveaway.host_id === entry.participantId) {
    throw new DomainError('entry_host_excluded', 'A host cannot enter a giveaway of their own.', details);
  }
}

const readEntry = (trx: Db, entryId: string): Promise<AcceptedEntry | undefined> =>
  trx('giveaway_entries as e')
    .join('giveaway_participants as p', (on) =>
      on.on('p.giveaway_id', 'e.giveaway_id').andOn('p.participant_id', 'e.participant_id'),
    )
    .join('giveaway_draws as d', (on) => on.on('d.giveaway_id', 'e.giveaway_id').andOnVal('d.draw_number', 1))
    .where('e.id', entryId)
    .first<AcceptedEntry>({
      id: 'e.id',
      salt: 'p.salt',
      commitment: 'p.commitment',
      weight: 'e.weight',
      receivedAt: 'e.received_at',
      secretHash: 'd.secret_hash',
    });

const appendEntryEvent = (trx: Db, entry: NewEntry, cause: Cause): Promise<void> =>
  appendEvent(trx, {
    aggregateType: 'entry',
    aggregateId: entry.id,
    type: 'giveaway.entry.received',
    payload: { giveawayId: entry.giveawayId, participantId: entry.participantId },
    actor: cause.actor,
    correlationId: cause.requestId,
  });
