/** A card's life from its events: what it was worth, whose it was, and whether it could be spent, at any time. */

export interface CardEvent {
  readonly type: string;
  readonly payload: Readonly<Record<string, unknown>>;
  /** ISO 8601. */
  readonly at: string;
}

export interface CardAt {
  readonly faceMinor: bigint;
  readonly remainingMinor: bigint;
  readonly heldMinor: bigint;
  readonly redeemedMinor: bigint;
  readonly refundedMinor: bigint;
  readonly releasedMinor: bigint;
  readonly assigneeId: string | null;
  readonly activated: boolean;
  readonly expiresAt: string | null;
  readonly frozen: boolean;
}

const UNISSUED: CardAt = {
  faceMinor: 0n,
  remainingMinor: 0n,
  heldMinor: 0n,
  redeemedMinor: 0n,
  refundedMinor: 0n,
  releasedMinor: 0n,
  assigneeId: null,
  activated: false,
  expiresAt: null,
  frozen: false,
};

const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);

type Step = (card: CardAt, amount: bigint, payload: CardEvent['payload']) => Partial<CardAt>;

const STEPS: Readonly<Record<string, Step>> = {
  'giftcard.card.issued': (_card, _amount, payload) => {
    const faceMinor = BigInt(text(payload['faceMinor']) ?? '0');
    return { faceMinor, remainingMinor: faceMinor };
  },
  'giftcard.card.assigned': (_card, _amount, payload) => ({
    assigneeId: text(payload['assigneeId']),
    activated: true,
    expiresAt: text(payload['expiresAt']),
  }),
  'giftcard.card.activated': (_card, _amount, payload) => ({ activated: true, expiresAt: text(payload['expiresAt']) }),
  'giftcard.card.frozen': () => ({ frozen: true }),
  'giftcard.card.unfrozen': () => ({ frozen: false }),
  'giftcard.card.authorised': (card, amount) => ({ heldMinor: card.heldMinor + amount }),
  'giftcard.card.authorisation_voided': (card, amount) => ({ heldMinor: card.heldMinor - amount }),
  'giftcard.card.authorisation_expired': (card, amount) => ({ heldMinor: card.heldMinor - amount }),
  'giftcard.redemption.confirmed': (card, amount, payload) => ({
    remainingMinor: card.remainingMinor - amount,
    redeemedMinor: card.redeemedMinor + amount,
    heldMinor: card.heldMinor - BigInt(text(payload['authorisedMinor']) ?? '0'),
  }),
  'giftcard.card.refunded': (card, amount) => ({
    remainingMinor: card.remainingMinor + amount,
    refundedMinor: card.refundedMinor + amount,
  }),
  'giftcard.card.released': (card, amount) => ({
    remainingMinor: card.remainingMinor - amount,
    releasedMinor: card.releasedMinor + amount,
  }),
};

/** What the card was after these events, in their order; undefined before it was issued. */
export function cardAfter(events: readonly CardEvent[]): CardAt | undefined {
  if (!events.some(({ type }) => type === 'giftcard.card.issued')) return undefined;
  return events.reduce<CardAt>((card, { type, payload }) => {
    const amount = BigInt(text(payload['amountMinor']) ?? '0');
    return { ...card, ...STEPS[type]?.(card, amount, payload) };
  }, UNISSUED);
}
