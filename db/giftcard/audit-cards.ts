import { brokenIf, type Check } from '../ledger/invariants.ts';

const BALANCES = (type: string): string =>
  `(select a.owner_id, a.currency, a.credits_posted - a.debits_posted as credit, a.debits_posted - a.credits_posted as debit, a.debits_pending
    from ledger_balances a where a.type = '${type}')`;

/** F(C) of a card in SQL: the part of its funding fee that the first C carry. */
const FEE_UP_TO = (amount: string): string => `div(c.funding_fee_minor::numeric * (${amount}), c.face_minor)`;

/** What is the same for every check that looks at cards. */
const CARD = `c.id::text as subject, c.currency`;

export const CARD_CHECKS: readonly Check[] = [
  {
    name: 'cards.face',
    invariant: 'face = remaining + released + redeemed − refunded',
    pace: 'touched',
    sql: ({ owner }) => `
      select ${CARD}, ${brokenIf(`c.state = 'ISSUED' and c.face_minor <> c.remaining_minor + c.released_minor + c.redeemed_minor - c.refunded_minor`)},
        jsonb_build_object('faceMinor', c.face_minor::text, 'remainingMinor', c.remaining_minor::text, 'releasedMinor', c.released_minor::text,
          'redeemedMinor', c.redeemed_minor::text, 'refundedMinor', c.refunded_minor::text) as facts
      from gift_cards c where ${owner('c.id')}`,
  },
  {
    name: 'cards.escrow',
    invariant: 'escrow of a card = its remaining amount',
    pace: 'touched',
    sql: ({ owner }) => `
      select ${CARD}, ${brokenIf('coalesce(e.credit, 0) <> c.remaining_minor or coalesce(e.debits_pending, 0) <> c.held_minor')},
        jsonb_build_object('escrowMinor', coalesce(e.credit, 0)::text, 'pendingMinor', coalesce(e.debits_pending, 0)::text,
          'remainingMinor', c.remaining_minor::text, 'heldMinor', c.held_minor::text) as facts
      from gift_cards c left join lateral (
        select b.credits_posted - b.debits_posted as credit, b.debits_pending from ledger_balances b
        where b.type = 'escrow' and b.owner_id = c.id::text and b.currency = c.currency) e on true
      where ${owner('c.id')}`,
  },
  {
    name: 'cards.escrow-total',
    invariant: 'Σ escrow = Σ remaining',
    pace: 'daily',
    sql: () => `
      select currency as subject, currency, ${brokenIf('sum(escrow) <> sum(remaining)')},
        jsonb_build_object('escrowMinor', sum(escrow)::text, 'remainingMinor', sum(remaining)::text) as facts
      from (
        select currency, credit as escrow, 0 as remaining from ${BALANCES('escrow')} b
        union all select currency, 0, remaining_minor from gift_cards
        -- Posted, and not yet split over its cards.
        union all select c.currency, 0, c.face_minor from gift_cards c join escrow_reservations r on r.id = c.reservation_id
          where c.state = 'RESERVING' and r.state = 'RESERVED') x
      group by currency`,
  },
  {
    name: 'cards.holds',
    invariant: 'Σ pending on escrow = Σ open authorisations',
    pace: 'touched',
    sql: ({ owner }) => `
      select ${CARD}, ${brokenIf('c.held_minor <> coalesce(a.sum, 0)')},
        jsonb_build_object('heldMinor', c.held_minor::text, 'authorisedMinor', coalesce(a.sum, 0)::text) as facts
      from gift_cards c left join (select card_id, sum(amount_minor) as sum from card_authorisations
        where state = 'OPEN' and ${owner('card_id')} group by card_id) a on a.card_id = c.id
      where ${owner('c.id')}`,
  },
  {
    name: 'cards.escrow-states',
    invariant: 'escrows of a card by state = its amounts',
    pace: 'touched',
    sql: ({ owner }) => `
      select ${CARD}, ${brokenIf(`c.state = 'ISSUED' and (coalesce(e.reserved, 0) <> c.remaining_minor
          or coalesce(e.spent, 0) <> c.redeemed_minor or coalesce(e.released, 0) <> c.released_minor)`)},
        jsonb_build_object('reservedMinor', coalesce(e.reserved, 0)::text, 'spentMinor', coalesce(e.spent, 0)::text,
          'releasedMinor', coalesce(e.released, 0)::text) as facts
      from gift_cards c left join (select card_id, sum(amount_minor) filter (where state = 'RESERVED') as reserved,
        sum(amount_minor) filter (where state in ('SETTLING', 'SETTLED')) as spent,
        sum(amount_minor) filter (where state in ('RELEASING', 'RELEASED')) as released
        from card_escrows where ${owner('card_id')} group by card_id) e on e.card_id = c.id
      where ${owner('c.id')}`,
  },
  {
    name: 'cards.redemptions',
    invariant: 'redeemed = Σ redemptions of the card',
    pace: 'touched',
    sql: ({ owner }) => `
      select ${CARD}, ${brokenIf('c.redeemed_minor <> coalesce(r.sum, 0) or c.refunded_minor <> coalesce(r.refunded, 0)')},
        jsonb_build_object('redeemedMinor', c.redeemed_minor::text, 'redemptionsMinor', coalesce(r.sum, 0)::text,
          'refundedMinor', c.refunded_minor::text, 'refundsMinor', coalesce(r.refunded, 0)::text) as facts
      from gift_cards c left join (select card_id, sum(amount_minor) as sum, sum(refunded_minor) as refunded
        from redemptions where ${owner('card_id')} group by card_id) r on r.card_id = c.id
      where ${owner('c.id')}`,
  },
  {
    name: 'cards.carried-fees',
    invariant: 'Σ fees:funding = what cards carry',
    pace: 'touched',
    sql: ({ owner }) => `
      select ${CARD}, ${brokenIf('coalesce(a.debit, 0) <> v.carried')},
        jsonb_build_object('ledgerMinor', coalesce(a.debit, 0)::text, 'carriedMinor', v.carried::text) as facts
      from gift_cards c
      cross join lateral (select case when c.state = 'ISSUED' then ${FEE_UP_TO('c.face_minor - c.released_minor')}
        - ${FEE_UP_TO('c.redeemed_minor - c.refunded_minor')} else 0 end as carried) v
      left join lateral (select b.debits_posted - b.credits_posted as debit from ledger_balances b
        where b.type = 'fees:funding' and b.owner_id = c.id::text and b.currency = c.currency) a on true
      where ${owner('c.id')}`,
  },
  {
    name: 'cards.releases',
    invariant: 'a release = Σ the escrows it gave back',
    pace: 'touched',
    sql: ({ reference }) => `
      select r.id::text as subject, r.currency, ${brokenIf('r.cash_minor + r.fee_minor <> coalesce(e.sum, 0)')},
        jsonb_build_object('releasedMinor', (r.cash_minor + r.fee_minor)::text, 'escrowsMinor', coalesce(e.sum, 0)::text) as facts
      from escrow_releases r left join (select release_id, sum(amount_minor) as sum from card_escrows
        where release_id is not null and ${reference('release_id')} group by release_id) e on e.release_id = r.id
      where ${reference('r.id')}`,
  },
];
