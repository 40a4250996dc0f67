import type { Cause } from '../../domain/cause.ts';
import { DomainError } from '../../domain/errors.ts';
import { isPublishable } from '../../domain/giveaway.ts';
import { requireEditable, type EditedField } from '../../domain/edit-giveaway.ts';
import { DEFAULT_HOST_RULES, type ClaimMode } from '../../domain/official-rules.ts';
import { requireClaims } from '../../domain/prizes.ts';
import { requireEntryMethods } from '../../domain/entry-methods.ts';
import { modeRulesIn, requireModeRules, requireRandomness, type ModeRules } from '../../domain/giveaway-modes.ts';
import type { Database, Db } from '../connect.ts';
import { appendEvent } from '../outbox/append-event.ts';
import {
  hasAnswer,
  insertPrizes,
  kindsOf,
  methodRow,
  quantitiesOf,
  requireDeadlineAhead,
  type NewGiveaway,
} from './create-giveaway.ts';
import { lockGiveaway, type GiveawayRow } from './move-giveaway.ts';
import { readPrizeGroups } from './prize-groups.ts';
import { publishRules } from './rules-versions.ts';

/** What is absent stays as it is. */
export type GiveawayChange = Partial<Pick<NewGiveaway, EditedField>>;

export interface EditGiveaway {
  readonly giveawayId: string;
  readonly hostId: string;
  readonly change: GiveawayChange;
  /** What the host says about it to entrants. */
  readonly notice: string;
}

/**
 * Changes a giveaway: a draft in everything; what is paid for in all but its prizes, until the first entry; and from then
 * on only what hurts no entrant. Takes the giveaway's advisory lock exclusively, so that no entry comes in between. From
 * the opening on the rules get a version, and entrants are told.
 * @throws DomainError giveaway_not_found (also for somebody else's), giveaway_not_editable, giveaway_edit_hurts_entrants,
 *   giveaway_deadline_past, giveaway_deadline_too_far, entry_methods_invalid, giveaway_mode_invalid, giveaway_prizes_missing,
 *   giveaway_prizes_too_many, prize_needs_claim, randomness_not_available.
 */
export const editGiveaway = (db: Database, edit: EditGiveaway, cause: Cause): Promise<{ changed: EditedField[] }> =>
  db.transaction(async (trx) => {
    const { giveawayId, notice } = edit;
    await trx.raw('select pg_advisory_xact_lock(hashtextextended(?, 0))', [giveawayId]);
    const giveaway = await lockGiveaway(trx, giveawayId);
    if (giveaway.host_id !== edit.hostId)
      throw new DomainError('giveaway_not_found', 'There is no such giveaway of yours.', { giveawayId });
    const change = withRandomness(withWholeMode(edit.change, giveaway), giveaway);
    const changed = await differing(trx, giveaway, change);
    if (changed.length === 0) return { changed };
    const entered = await trx('giveaway_entries').where({ giveaway_id: giveawayId }).first('id');
    requireEditable({
      state: giveaway.state,
      entered: entered !== undefined,
      changed,
      longerWindow: (change.claimWindowMs ?? 0) > Number(giveaway.claim_window_ms),
    });
    await applyChange(trx, giveaway, change);
    const isDraft = isPublishable(giveaway.state);
    const version =
      giveaway.state === 'OPEN' ? await publishRules(trx, { giveawayId, changed, notice }, cause) : undefined;
    const closesAt = (change.closesAt ?? giveaway.closes_at).toISOString();
    await appendEvent(trx, {
      aggregateType: 'giveaway',
      aggregateId: giveawayId,
      type: isDraft ? 'giveaway.draft_edited' : 'giveaway.rules_changed',
      payload: {
        state: giveaway.state,
        closesAt,
        changed,
        ...(version === undefined ? {} : { rulesVersion: version }),
      },
      actor: cause.actor,
      correlationId: cause.requestId,
    });
    return { changed };
  });

/** What the change leaves out of the mode stays; but with another mode nothing says any more how one wins at once. */
function withWholeMode(change: GiveawayChange, { rules }: GiveawayRow): GiveawayChange & { mode?: ModeRules } {
  const { mode, ...rest } = change;
  if (!mode) return rest;
  const { instantWin, ...kept } = modeRulesIn(rules);
  const stays = instantWin && (mode.mode ?? kept.mode) === kept.mode ? { instantWin } : {};
  return { ...rest, mode: modeRulesIn({ ...kept, ...stays, ...mode }) };
}

/** An instant win cannot wait for a beacon: a draft that becomes one rests on a secret. */
function withRandomness<Change extends GiveawayChange & { mode?: ModeRules }>(
  change: Change,
  { rules }: GiveawayRow,
): Change {
  const mode = change.mode?.mode ?? modeRulesIn(rules).mode;
  if (change.randomness) requireRandomness(change.randomness, { mode, hasBeacon: true });
  else if (mode === 'instant_win' && rules['randomness'] === 'drand') return { ...change, randomness: 'commit_reveal' };
  return change;
}

/** The fields whose value is another one; methods and prizes are replaced as a whole. */
async function differing(trx: Db, giveaway: GiveawayRow, change: GiveawayChange): Promise<EditedField[]> {
  const row = await trx('giveaways').where({ id: giveaway.id }).first<{ description: string }>('description');
  const { rules } = giveaway;
  const now: Partial<Record<EditedField, unknown>> = {
    ...rules,
    eligibility: rules['eligibility'] ?? {},
    mode: modeRulesIn(rules),
    randomness: rules['randomness'] ?? 'commit_reveal',
    title: giveaway.title,
    description: row.description,
    opensAt: giveaway.opens_at,
    closesAt: giveaway.closes_at,
    claimWindowMs: Number(giveaway.claim_window_ms),
  };
  return (Object.entries(change) as [EditedField, unknown][])
    .filter(([name, value]) => value !== undefined && text(now[name]) !== text(value))
    .map(([name]) => name);
}

const text = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'bigint' ? inner.toString() : inner)) ?? '';

async function applyChange(
  trx: Db,
  giveaway: GiveawayRow,
  change: GiveawayChange & { mode?: ModeRules },
): Promise<void> {
  const { title, description, opensAt, closesAt, claimWindowMs, methods, prizes, mode, ...rules } = change;
  if (closesAt) await requireDeadlineAhead(trx, closesAt);
  await trx('giveaways')
    .where({ id: giveaway.id })
    .update({
      updated_at: trx.fn.now(),
      // Absent in a mode is not as it was.
      rules: JSON.stringify({ ...giveaway.rules, ...(mode && { instantWin: undefined, ...mode }), ...rules }),
      ...(title === undefined ? {} : { title }),
      ...(description === undefined ? {} : { description }),
      ...(opensAt === undefined ? {} : { opens_at: opensAt }),
      ...(closesAt === undefined ? {} : { closes_at: closesAt }),
      ...(claimWindowMs === undefined ? {} : { claim_window_ms: claimWindowMs }),
    });
  if (prizes || mode) {
    const quantities = prizes
      ? quantitiesOf(prizes)
      : (await readPrizeGroups(trx, giveaway.id)).map(({ quantity }) => quantity);
    requireModeRules(mode ?? modeRulesIn(giveaway.rules), quantities);
  }
  if (prizes || rules.claims) {
    const kinds = prizes ? kindsOf(prizes) : (await readPrizeGroups(trx, giveaway.id)).map(({ kind }) => kind);
    const standing = giveaway.rules['claims'] as ClaimMode | undefined;
    requireClaims(rules.claims ?? standing ?? DEFAULT_HOST_RULES.claims, kinds);
  }
  const owner = { id: giveaway.id, currency: giveaway.currency };
  if (methods) {
    requireEntryMethods(methods, new Set(methods.filter(hasAnswer).map(({ name }) => name)));
    await trx('giveaway_methods').where({ giveaway_id: giveaway.id }).delete();
    await trx('giveaway_methods').insert(methods.map((method, index) => methodRow(owner, method, index + 1)));
  }
  if (prizes) {
    await trx('giveaway_prizes').where({ giveaway_id: giveaway.id }).delete();
    await trx('giveaway_prize_groups').where({ giveaway_id: giveaway.id }).delete();
    await insertPrizes(trx, owner, prizes);
  }
}
