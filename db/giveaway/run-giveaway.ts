import type { Cause } from '../../domain/cause.ts';
import type { SlotWindow } from '../../domain/draw/instant-win.ts';
import type { DrawRules, DrawSources } from '../../domain/draw/randomness-rules.ts';
import { hasReached, rulesText, type GiveawayState } from '../../domain/giveaway.ts';
import { modeRulesIn } from '../../domain/giveaway-modes.ts';
import { DEFAULT_HOST_RULES, type HostRules } from '../../domain/official-rules.ts';
import type { Witness } from '../../domain/proof/proof.ts';
import type { Database, Db } from '../connect.ts';
import { drawRulesOf } from './draw-randomness.ts';
import { readEntryTerms } from './entry-terms.ts';
import { readModeRules, readPrizeGroups } from './prize-groups.ts';
import { awaitedVerificationMs } from './verify-entries.ts';
import { lockGiveaway, moveGiveaway, requirePhase, type GiveawayRow } from './move-giveaway.ts';

export interface GiveawayTimes {
  readonly state: GiveawayState;
  /** Milliseconds from the database's now; negative when past. */
  readonly opensInMs: number;
  readonly closesInMs: number;
  readonly cancelled: boolean;
  /** How long the draw still waits for the host's hand; 0 when it does not. */
  readonly handWaitMs: number;
}

/** What a workflow that starts, or starts again, needs to know. */
export async function readGiveawayTimes(db: Db, giveawayId: string): Promise<GiveawayTimes> {
  const result = await db.raw(
    `select state, ceil(extract(epoch from coalesce(opens_at, now()) - clock_timestamp()) * 1000)::float8 as "opensInMs",
       ceil(extract(epoch from closes_at - clock_timestamp()) * 1000)::float8 as "closesInMs",
       state = 'CANCELLED' as cancelled,
       case when rules ->> 'drawBy' = 'hand' and draw_requested_at is null then greatest(0, ceil(extract(epoch from
         coalesce(closed_at, closes_at) - clock_timestamp()) * 1000) + (rules ->> 'drawWithinMs')::bigint)::float8 else 0 end as "handWaitMs"
     from giveaways where id = ?`,
    [giveawayId],
  );
  return (result as { rows: [GiveawayTimes] }).rows[0];
}

export interface DrawSecretSealed {
  readonly sealed: Uint8Array;
  /** Hex; published now, before the first entry. */
  readonly secretHash: string;
  /** From when on each unit can be won, in milliseconds since 1970: of an instant win by time slots. */
  readonly slotsMs?: (unitCount: number, window: SlotWindow) => readonly number[];
  /** Of an instant win that is witnessed: the stamp of the hash. */
  readonly stamp?: SecretStamp | undefined;
}

export interface SecretStamp {
  readonly witness: Witness;
  /** The hash was there at the latest then, in milliseconds since 1970: the opening is not before it. */
  readonly latestMs: number;
}

/**
 * SCHEDULED → OPEN: from here the rules' text is fixed, and with it where the randomness comes from. A repeat keeps the
 * first secret.
 */
export const openGiveaway = (
  db: Database,
  giveawayId: string,
  secret: DrawSecretSealed,
  cause: Cause,
  sources: DrawSources = { witnessed: false },
): Promise<void> =>
  db.transaction(async (trx) => {
    const giveaway = await lockGiveaway(trx, giveawayId);
    if (hasReached(giveaway.state, 'OPEN')) return;
    // It may have been opened by an attempt whose answer was lost, and cancelled since.
    requirePhase(giveaway, ['SCHEDULED'], 'giveaway_not_open');
    const openedAt = new Date(Math.max(Date.now(), secret.stamp?.latestMs ?? 0));
    const rules = drawRulesOf(giveaway, openedAt, sources);
    const { randomness, witnessed } = rules;
    const own = randomness.kind === 'commit-reveal' ? secret : undefined;
    if (rules.instantWin && witnessed && !secret.stamp)
      throw new Error(`The secret of giveaway ${giveawayId} is to be witnessed, and is not`);
    await trx('giveaway_draws').insert({
      giveaway_id: giveawayId,
      draw_number: 1,
      secret_sealed: own?.sealed ?? null,
      secret_hash: own ? Buffer.from(own.secretHash, 'hex') : null,
      randomness: JSON.stringify(randomness),
      witnessed,
      witness: rules.instantWin && secret.stamp ? JSON.stringify(secret.stamp.witness) : null,
      rules_text: await rulesOf(trx, giveaway, rules),
    });
    await openInstantWin(trx, giveaway, openedAt, secret);
    await moveGiveaway(trx, {
      giveaway,
      from: ['SCHEDULED'],
      to: 'OPEN',
      refusal: 'giveaway_not_open',
      change: { opened_at: openedAt },
      event: 'giveaway.opened',
      payload: randomness.kind === 'drand' ? { chainHash: randomness.chainHash } : { secretHash: secret.secretHash },
      cause,
    });
  });

async function openInstantWin(
  trx: Db,
  { id, closes_at: closesAt }: GiveawayRow,
  openedAt: Date,
  { slotsMs }: DrawSecretSealed,
): Promise<void> {
  const { instantWin } = await readModeRules(trx, id);
  if (!instantWin) return;
  const open = (dueAts: string[]): Promise<unknown> =>
    trx.raw('select open_instant_win(?, ?::timestamptz, ?::timestamptz[])', [id, openedAt, dueAts]);
  if (instantWin.by !== 'time_slots') {
    await open([]);
    return;
  }
  if (!slotsMs) throw new Error(`Giveaway ${id} has time slots, and nobody says when`);
  const quantities = (await readPrizeGroups(trx, id)).map(({ quantity }) => quantity);
  const unitCount = quantities.reduce((sum, quantity) => sum + quantity, 0);
  const times = slotsMs(unitCount, { fromMs: openedAt.getTime(), untilMs: closesAt.getTime() });
  await open(times.map((ms) => new Date(ms).toISOString()));
}

/** The official rules as they follow from the giveaway's settings. */
export async function rulesOf(trx: Db, giveaway: GiveawayRow, draw: DrawRules): Promise<string> {
  return rulesText({
    ...(await readEntryTerms(trx, giveaway.id)),
    ...draw,
    giveawayId: giveaway.id,
    title: giveaway.title,
    closesAt: giveaway.closes_at.toISOString(),
    claimWindowMs: Number(giveaway.claim_window_ms),
    host: { ...DEFAULT_HOST_RULES, ...(giveaway.rules as Partial<HostRules>) },
    prizes: (await readPrizeGroups(trx, giveaway.id)).map((prize) => ({
      ...prize,
      faceMinor: prize.faceMinor.toString(),
    })),
    mode: modeRulesIn(giveaway.rules),
  });
}

/**
 * The freeze, OPEN → CLOSED: takes the giveaway's advisory lock exclusively, so that every entry that was let in has
 * committed and none comes after. The timer only proposes: before the deadline, by the database's clock, nothing moves.
 * While too much is unknown about entries the freeze waits, up to the limit of the rules; nobody enters meanwhile.
 * @returns how long it is too early, in milliseconds; 0 when the giveaway is closed.
 */
export const closeGiveaway = (db: Database, giveawayId: string, cause: Cause): Promise<number> =>
  db.transaction(async (trx) => {
    await trx.raw('select pg_advisory_xact_lock(hashtextextended(?, 0))', [giveawayId]);
    const giveaway = await lockGiveaway(trx, giveawayId);
    if (hasReached(giveaway.state, 'CLOSED')) return 0;
    const { closesInMs } = await readGiveawayTimes(trx, giveawayId);
    if (closesInMs > 0) return closesInMs;
    const verificationMs = await awaitedVerificationMs(trx, giveawayId);
    if (verificationMs > 0) return verificationMs;
    await moveGiveaway(trx, {
      giveaway,
      from: ['OPEN'],
      to: 'CLOSED',
      refusal: 'giveaway_not_open',
      change: { closed_at: new Date() },
      event: 'giveaway.closed',
      cause,
    });
    return 0;
  });

/** DRAWN → FULFILLING → COMPLETED, each once. */
export const advanceGiveaway = (
  db: Database,
  { giveawayId, to }: { giveawayId: string; to: 'FULFILLING' | 'COMPLETED' },
  cause: Cause,
): Promise<void> =>
  db.transaction(async (trx) => {
    const giveaway = await lockGiveaway(trx, giveawayId);
    if (hasReached(giveaway.state, to)) return;
    await moveGiveaway(trx, {
      giveaway,
      from: [to === 'FULFILLING' ? 'DRAWN' : 'FULFILLING'],
      to,
      refusal: 'giveaway_not_open',
      event: to === 'FULFILLING' ? 'giveaway.fulfilling' : 'giveaway.completed',
      cause,
    });
  });
