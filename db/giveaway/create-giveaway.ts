import type { Cause } from '../../domain/cause.ts';
import {
  DIRECT_METHOD,
  requireEntryMethods,
  type EligibilityRules,
  type EntryMethod,
} from '../../domain/entry-methods.ts';
import { DomainError } from '../../domain/errors.ts';
import {
  modeRulesIn,
  requireModeRules,
  requireRandomness,
  type ModeRules,
  type RandomnessSetting,
} from '../../domain/giveaway-modes.ts';
import { DEFAULT_HOST_RULES, type ClaimMode, type ClaimVerification } from '../../domain/official-rules.ts';
import { requireClaims, type PrizeKind } from '../../domain/prizes.ts';
import type { Database, Db } from '../connect.ts';
import { appendEvent } from '../outbox/append-event.ts';

/** A prize of which there may be several units. */
export interface PrizeGroup {
  readonly id: string;
  readonly name: string;
  readonly description?: string | undefined;
}

interface PrizeUnit {
  readonly id: string;
  /** What the card is worth, or the thing, for information. */
  readonly faceMinor: bigint;
  /** Of which prize it is a unit; absent: of one of its own. All units of a prize are of one kind. */
  readonly group?: PrizeGroup | undefined;
}

interface GiftCardUnit extends PrizeUnit {
  /** Absent: a gift card. */
  readonly kind?: 'gift_card' | 'airtime' | undefined;
  /** The gift card that will be reserved for this unit when the giveaway is published. */
  readonly cardId: string;
  readonly merchantId: string;
  readonly catalogueItemId: string;
}

/** Something that the host sends. */
interface PhysicalUnit extends PrizeUnit {
  readonly kind: 'physical';
}

export type NewPrize = GiftCardUnit | PhysicalUnit;

export interface NewMethod extends EntryMethod {
  /** A keyed hash in hex, of a secret code or the answer to a question. */
  readonly answerHash?: string | undefined;
}

export interface NewGiveaway {
  readonly id: string;
  readonly hostId: string;
  readonly title: string;
  readonly description: string;
  readonly currency: string;
  /** Absent: it opens as soon as it is published. */
  readonly opensAt?: Date | undefined;
  readonly closesAt: Date;
  readonly claimWindowMs: number;
  /** Units, in the order in which ranks take them; those of one prize together. */
  readonly prizes: readonly NewPrize[];
  /** How winners are found; absent: one draw, and one prize for each person. */
  readonly mode?: Partial<ModeRules> | undefined;
  /** Absent: one enters directly, once. */
  readonly methods?: readonly NewMethod[] | undefined;
  readonly eligibility?: EligibilityRules | undefined;
  /** From which score on a participant waits for a decision. */
  readonly reviewFromScore?: number | undefined;
  readonly claimVerification?: ClaimVerification | undefined;
  readonly earlyClose?: boolean | undefined;
  readonly maxExtensionMs?: number | undefined;
  readonly claims?: ClaimMode | undefined;
  /** Where the draw's randomness comes from; absent: a secret of the platform. */
  readonly randomness?: RandomnessSetting | undefined;
  /** How long the freeze may wait for the social networks. */
  readonly verificationGraceMs?: number | undefined;
}

const MAX_DAYS_AHEAD = 366;
/** An e-mail address or social account in common, or a device and an address. */
const REVIEW_FROM_SCORE = 50;
const VERIFICATION_GRACE_MS = 300_000;

/**
 * A draft; it costs nothing and nobody sees it. Repeated with the same id it changes nothing.
 * @throws DomainError giveaway_deadline_past, giveaway_deadline_too_far: by the database's clock; giveaway_prizes_missing,
 *   giveaway_prizes_too_many, prize_needs_claim, entry_methods_invalid, randomness_not_available.
 */
export const createGiveaway = (db: Database, giveaway: NewGiveaway, cause: Cause): Promise<void> =>
  db.transaction(async (trx) => {
    const methods = giveaway.methods ?? [DIRECT_METHOD];
    requireEntryMethods(methods, new Set(methods.filter(hasAnswer).map(({ name }) => name)));
    requireModeRules(modeRulesIn(giveaway.mode ?? {}), quantitiesOf(giveaway.prizes));
    requireRandomness(giveaway.randomness ?? 'commit_reveal', { mode: giveaway.mode?.mode, hasBeacon: true });
    requireClaims(giveaway.claims ?? DEFAULT_HOST_RULES.claims, kindsOf(giveaway.prizes));
    const inserted = await trx('giveaways')
      .insert({
        id: giveaway.id,
        host_id: giveaway.hostId,
        title: giveaway.title,
        description: giveaway.description,
        currency: giveaway.currency,
        opens_at: giveaway.opensAt ?? null,
        closes_at: giveaway.closesAt,
        claim_window_ms: giveaway.claimWindowMs,
        rules: JSON.stringify(rulesOf(giveaway)),
      })
      .onConflict('id')
      .ignore()
      .returning('id');
    if (inserted.length === 0) return;
    await requireDeadlineAhead(trx, giveaway.closesAt);
    await insertPrizes(trx, giveaway, giveaway.prizes);
    await trx('giveaway_methods').insert(methods.map((method, index) => methodRow(giveaway, method, index + 1)));
    await appendEvent(trx, {
      aggregateType: 'giveaway',
      aggregateId: giveaway.id,
      type: 'giveaway.created',
      payload: { state: 'DRAFT', hostId: giveaway.hostId, closesAt: giveaway.closesAt.toISOString() },
      actor: cause.actor,
      correlationId: cause.requestId,
    });
  });

export const hasAnswer = (method: NewMethod): boolean => method.answerHash !== undefined;

const groupOf = ({ id, group }: NewPrize): PrizeGroup => group ?? { id, name: 'Gift card' };

const kindOf = ({ kind }: NewPrize): PrizeKind => kind ?? 'gift_card';

export const kindsOf = (prizes: readonly NewPrize[]): PrizeKind[] => [...new Set(prizes.map(kindOf))];

const groupsOf = (prizes: readonly NewPrize[]) => [
  ...new Map(
    prizes.map((prize) => {
      const { id, name, description = '' } = groupOf(prize);
      return [id, { id, name, description, kind: kindOf(prize) }];
    }),
  ).values(),
];

export function quantitiesOf(prizes: readonly NewPrize[]): number[] {
  const quantities = new Map<string, number>();
  for (const { id } of prizes.map(groupOf)) quantities.set(id, (quantities.get(id) ?? 0) + 1);
  return [...quantities.values()];
}

const rulesOf = ({
  mode,
  eligibility = {},
  claimVerification = DEFAULT_HOST_RULES.claimVerification,
  claims = DEFAULT_HOST_RULES.claims,
  earlyClose = DEFAULT_HOST_RULES.earlyClose,
  maxExtensionMs = DEFAULT_HOST_RULES.maxExtensionMs,
  randomness = 'commit_reveal',
  reviewFromScore,
  verificationGraceMs,
}: NewGiveaway) => ({
  ...modeRulesIn(mode ?? {}),
  randomness,
  eligibility,
  claimVerification,
  claims,
  earlyClose,
  maxExtensionMs,
  reviewFromScore: reviewFromScore ?? REVIEW_FROM_SCORE,
  verificationGraceMs: verificationGraceMs ?? VERIFICATION_GRACE_MS,
});

export const methodRow = (giveaway: Pick<NewGiveaway, 'id'>, method: NewMethod, position: number) => ({
  giveaway_id: giveaway.id,
  position,
  name: method.name,
  kind: method.kind,
  weight: method.weight,
  required: method.required,
  period: method.period,
  cap: method.cap,
  target: method.target,
  prompt: method.prompt,
  answer_hash: method.answerHash === undefined ? null : Buffer.from(method.answerHash, 'hex'),
});

/** Short beside the statement time-out, on a slow machine too. */
const UNITS_PER_STATEMENT = 2_500;

const INSERT_UNITS = `
insert into giveaway_prizes (id, giveaway_id, position, group_id, kind, merchant_id, catalogue_item_id, card_id, face_minor, currency)
select u.id, :giveawayId, :before::int + u.n, u.group_id, u.kind, u.merchant_id, u.catalogue_item_id, u.card_id, u.face_minor, :currency
from unnest(:ids::uuid[], :groupIds::uuid[], :kinds::text[], :merchantIds::uuid[], :itemIds::uuid[], :cardIds::uuid[], :faces::bigint[])
  with ordinality u(id, group_id, kind, merchant_id, catalogue_item_id, card_id, face_minor, n)`;

/** The prizes of a draft that has none, and their units. */
export async function insertPrizes(
  trx: Db,
  giveaway: Pick<NewGiveaway, 'id' | 'currency'>,
  prizes: readonly NewPrize[],
): Promise<void> {
  await trx('giveaway_prize_groups').insert(
    groupsOf(prizes).map((group, index) => ({ ...group, giveaway_id: giveaway.id, position: index + 1 })),
  );
  for (let before = 0; before < prizes.length; before += UNITS_PER_STATEMENT) {
    const units = prizes.slice(before, before + UNITS_PER_STATEMENT);
    await trx.raw(INSERT_UNITS, {
      giveawayId: giveaway.id,
      currency: giveaway.currency,
      before,
      ids: units.map(({ id }) => id),
      groupIds: units.map((unit) => groupOf(unit).id),
      kinds: units.map(kindOf),
      merchantIds: units.map((unit) => (unit.kind === 'physical' ? null : unit.merchantId)),
      itemIds: units.map((unit) => (unit.kind === 'physical' ? null : unit.catalogueItemId)),
      cardIds: units.map((unit) => (unit.kind === 'physical' ? null : unit.cardId)),
      faces: units.map(({ faceMinor }) => faceMinor.toString()),
    });
  }
}

/** @throws DomainError giveaway_deadline_past, giveaway_deadline_too_far. */
export async function requireDeadlineAhead(trx: Db, closesAt: Date): Promise<void> {
  const result = await trx.raw(
    `select ?::timestamptz <= clock_timestamp() as past, ?::timestamptz > clock_timestamp() + make_interval(days => ?) as far`,
    [closesAt, closesAt, MAX_DAYS_AHEAD],
  );
  const { past, far } = (result as { rows: [{ past: boolean; far: boolean }] }).rows[0];
  const details = { closesAt: closesAt.toISOString() };
  if (past) throw new DomainError('giveaway_deadline_past', 'The deadline has passed.', details);
  if (far)
    throw new DomainError(
      'giveaway_deadline_too_far',
      `The deadline is more than ${MAX_DAYS_AHEAD} days ahead.`,
      details,
    );
}
