-- Asks for value back; what can be booked at once is. Repeated with the same id it goes on with what stands.
create or replace function request_refund(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  r redemptions;
  f refunds;
  v_open bigint;
  v_amount bigint;
begin
  select * into r from redemptions where id = (p ->> 'redemptionId')::uuid;
  if not found then perform refuse('redemption_not_found', 'There is no such redemption.'); end if;
  perform 1 from gift_cards where id = r.card_id for no key update;
  if (select x.id from refunds x where x.id = (p ->> 'refundId')::uuid) is null then
    select * into r from redemptions where id = r.id for no key update;
    select coalesce(sum(x.amount_minor), 0) into v_open from refunds x where x.redemption_id = r.id and x.state <> 'COMPLETED';
    v_amount := coalesce((p ->> 'amountMinor')::bigint, r.amount_minor - r.refunded_minor - v_open);
    if v_amount <= 0 or v_amount > r.amount_minor - r.refunded_minor - v_open then
      perform refuse('refund_exceeds_redemption', 'That is more than is left of the redemption.', jsonb_build_object(
        'redemptionId', r.id, 'refundableMinor', (r.amount_minor - r.refunded_minor - v_open)::text));
    end if;
    insert into refunds (id, redemption_id, card_id, merchant_id, currency, amount_minor, reason, requested_by)
    values ((p ->> 'refundId')::uuid, r.id, r.card_id, r.merchant_id, r.currency, v_amount, p ->> 'reason', p ->> 'actor') returning * into f;
    perform append_refund_event(f, 'giftcard.refund.requested', p);
  end if;
  -- Repeated by a workflow that was started anew: the case stands, and nothing is tried without a decision.
  select * into f from refunds where id = (p ->> 'refundId')::uuid;
  if f.state = 'WAITING_FOR_MERCHANT' then return refund_answer(f, null); end if;
  return continue_refund(p);
end $$;

-- Goes on with a refund: books it where the merchant's part is there, waits for the settlement under way, or has the
-- provider take it back. What was not paid out is there as a rule, unless refunds of what was paid have been netted with it;
-- of a payout that was given up it is among what is unclaimed.
-- Locks the card, the redemption, the refund, the merchant's refunds, the lines, and the accounts last.
create or replace function continue_refund(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  f refunds := lock_refund((p ->> 'refundId')::uuid);
  l settlement_lines;
  i refund_intents;
  v_merchant bigint;
begin
  if f.state = 'COMPLETED' then return refund_answer(f, null); end if;
  if p ->> 'caseNumber' is not null then perform note_refund_retry(f, p); end if;
  select * into i from refund_intents where refund_id = f.id and state in ('SENT', 'UNKNOWN');
  if found then return refund_answer(f, i); end if;
  perform lock_refunds_of_merchant(f);
  -- Locked: while it is, no batch takes it.
  select * into l from settlement_lines where id = f.redemption_id for no key update;
  if (select s.state from settlements s where s.id = l.settlement_id) <> 'SETTLED' then
    f := move_refund(f, 'WAITING_FOR_SETTLEMENT', null, p);
  else
    v_merchant := (refund_shares(f)).merchant;
    if v_merchant <= unclaimed_of_settlement(f, l.settlement_id) then
      perform ledger_book(book_refund(f, 'before_payout', v_merchant, p) || ledger_transfer('posted',
        ledger_uuid('transfer', 'refund', f.id::text, 'unclaimed'), ledger_account('unclaimed', f.merchant_id::text, f.currency),
        ledger_account('merchant:payable', f.merchant_id::text, f.currency), v_merchant, f.currency, 'refund.unclaimed', f.id::text));
    elsif v_merchant = 0 or unpaid_to_merchant(f, v_merchant) >= v_merchant then
      perform ledger_book(book_refund(f, case when l.settlement_id is null then 'before_payout' else 'netted' end, 0, p));
    else
      i := open_pull_back(f, v_merchant);
      f := move_refund(f, 'PULLING_BACK', null, p);
      perform ledger_book(array[ledger_transfer('pending', ledger_uuid('transfer', 'pull-back', i.id::text),
        ledger_account('provider:clearing', 'platform', f.currency), ledger_account('merchant:payable', f.merchant_id::text, f.currency),
        v_merchant, f.currency, 'refund.pull-back', f.id::text)]);
      return refund_answer(f, i);
    end if;
  end if;
  return refund_answer((select x from refunds x where x.id = f.id), null);
end $$;

-- Somebody has decided that it is tried again: who, why and on which case stays in its history. Repeated under the same
-- request it is noted once; a refund that moves already was decided on.
create or replace function note_refund_retry(f refunds, p jsonb) returns void language plpgsql as $$
begin
  if f.state <> 'WAITING_FOR_MERCHANT' then return; end if;
  perform require_refund_case(f, (p ->> 'caseNumber')::int);
  if (select e.aggregate_id from domain_events e where e.aggregate_type = 'refund' and e.aggregate_id = f.id
      and e.type = 'giftcard.refund.retried' and e.correlation_id = p ->> 'requestId' limit 1) is null then
    perform append_refund_event(f, 'giftcard.refund.retried', p);
  end if;
end $$;

create or replace function lock_refund(p_id uuid) returns refunds language plpgsql as $$
declare
  f refunds;
begin
  select * into f from refunds where id = p_id;
  if not found then perform refuse('refund_not_found', 'There is no such refund.', jsonb_build_object('refundId', p_id)); end if;
  perform 1 from gift_cards where id = f.card_id for no key update;
  perform 1 from redemptions where id = f.redemption_id for no key update;
  select * into f from refunds where id = p_id for no key update;
  return f;
end $$;

-- T(C) − T(C − g): what the card's shares go down by now.
create or replace function refund_shares(f refunds, out fee bigint, out service bigint, out merchant bigint) language sql stable as $$
  select before.fee - after.fee, before.service - after.service, before.merchant - after.merchant
  from gift_cards c, shares_up_to(c, c.redeemed_minor - c.refunded_minor) before,
    shares_up_to(c, c.redeemed_minor - c.refunded_minor - f.amount_minor) after
  where c.id = f.card_id
$$;

-- Of a settlement whose payout was given up: what is still owed to the merchant, who has had none of it.
create or replace function unclaimed_of_settlement(f refunds, p_settlement_id uuid) returns bigint language sql stable as $$
  select coalesce((select b.credits_posted - b.debits_posted from ledger_balances b
    where b.id = ledger_uuid('account', 'unclaimed', f.merchant_id::text, f.currency)), 0)
  from settlements s where s.id = p_settlement_id and s.written_off_minor > 0
$$;

-- Two refunds of one merchant would each count on what the other one takes.
create or replace function lock_refunds_of_merchant(f refunds) returns void language sql volatile as $$
  select pg_advisory_xact_lock(hashtextextended('refunds of ' || f.merchant_id || ' ' || f.currency, 0))
$$;

-- What is due to the merchant and in no batch yet, less what refunds take of it: as much as is asked for, if there is as
-- much. What a batch is taking at this moment does not count; a settlement that is parked is owed, but spoken for. Called
-- under the lock of the merchant's refunds.
create or replace function unpaid_to_merchant(f refunds, p_enough_minor bigint) returns bigint language plpgsql as $$
declare
  v_sum bigint;
  v record;
begin
  -- Waited for, in the order of claim_open_lines: a batch that takes them makes them none of ours.
  v_sum := merchant_part(array(
    select l.id from settlement_lines l
    where l.settlement_id is null and l.merchant_id = f.merchant_id and l.currency = f.currency and l.merchant_minor < 0
    order by l.created_at, l.id for no key update)
    || array(select l.id from settlement_lines l where l.id = f.redemption_id and l.settlement_id is null));
  -- Not begun where that is enough: a loop locks some rows ahead, and a batch would pass over them.
  if v_sum >= p_enough_minor then return v_sum; end if;
  for v in
    select l.merchant_minor from settlement_lines l
    where l.settlement_id is null and l.merchant_id = f.merchant_id and l.currency = f.currency and l.merchant_minor > 0
      and l.id <> f.redemption_id
    order by l.created_at, l.id limit 1000 for no key update skip locked
  loop
    exit when v_sum >= p_enough_minor;
    v_sum := v_sum + v.merchant_minor;
  end loop;
  return v_sum;
end $$;

-- Value goes back onto the card: a new escrow with a deadline of its own, and a negative line for the merchant's next
-- batch. `p_brought` is what has come back of the merchant's part already, beside what is still due to the merchant.
create or replace function book_refund(f refunds, p_way text, p_brought_minor bigint, p jsonb) returns ledger_line[] language plpgsql as $$
declare
  c gift_cards;
  t record;
  v_deadline timestamptz;
  v_escrow uuid := ledger_account('escrow', f.card_id::text, f.currency);
begin
  select * into t from refund_shares(f);
  update gift_cards set remaining_minor = remaining_minor + f.amount_minor, refunded_minor = refunded_minor + f.amount_minor,
    next_deadline = least(next_deadline, greatest(expires_at, now() + interval '30 days')), updated_at = now()
  where id = f.card_id returning * into c;
  v_deadline := greatest(c.expires_at, now() + interval '30 days');
  update redemptions set refunded_minor = refunded_minor + f.amount_minor where id = f.redemption_id;
  insert into card_escrows (id, card_id, origin, amount_minor, state, deadline, refund_id)
  values (ledger_uuid('card-escrow', f.id::text), f.card_id, 'refund', f.amount_minor, 'RESERVED', v_deadline, f.id);
  insert into settlement_lines (id, kind, merchant_id, currency, gross_minor, fee_minor, service_minor, merchant_minor)
  values (f.id, 'refund', f.merchant_id, f.currency, p_brought_minor - f.amount_minor, -t.fee, -t.service, p_brought_minor - t.merchant);
  update refunds set state = 'COMPLETED', way = p_way, fee_minor = t.fee, service_minor = t.service, merchant_minor = t.merchant,
    failure_code = null, updated_at = now() where id = f.id returning * into f;
  perform append_event('gift_card', f.card_id, 'giftcard.card.refunded', jsonb_build_object('refundId', f.id, 'redemptionId', f.redemption_id,
    'currency', f.currency, 'amountMinor', f.amount_minor::text, 'deadline', v_deadline), p);
  perform append_refund_event(f, 'giftcard.refund.completed', p);
  return array[
    ledger_transfer('posted', ledger_uuid('transfer', 'refund', f.id::text, 'merchant'),
      ledger_account('merchant:payable', f.merchant_id::text, f.currency), v_escrow, t.merchant, f.currency, 'refund.merchant', f.id::text),
    ledger_transfer('posted', ledger_uuid('transfer', 'refund', f.id::text, 'service'),
      ledger_account('platform:fees', 'platform', f.currency), v_escrow, t.service, f.currency, 'refund.service', f.id::text),
    ledger_transfer('posted', ledger_uuid('transfer', 'refund', f.id::text, 'fee'),
      ledger_account('fees:funding', f.card_id::text, f.currency), v_escrow, t.fee, f.currency, 'refund.fee', f.id::text)];
end $$;

create or replace function open_pull_back(f refunds, p_amount_minor bigint) returns refund_intents language plpgsql as $$
declare
  i refund_intents;
  v_number int := (select coalesce(max(x.number), 0) + 1 from refund_intents x where x.refund_id = f.id);
begin
  insert into refund_intents (id, refund_id, number, amount_minor, currency, source_account)
  values (ledger_uuid('refund-intent', f.id::text, v_number::text), f.id, v_number, p_amount_minor, f.currency,
    (select m.payout_account from merchants m where m.id = f.merchant_id))
  returning * into i;
  return i;
end $$;

-- The provider has taken the merchant's part back: it is booked, and the card gets its value. Should the card's shares
-- have moved by a unit meanwhile, the merchant's next batch evens it out; with nothing due to the merchant, the unit is our
-- loss: money that has come back is booked in every case.
create or replace function complete_pull_back(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  f refunds := lock_refund((p ->> 'refundId')::uuid);
  i refund_intents;
  v_short bigint;
begin
  select * into strict i from refund_intents where id = (p ->> 'intentId')::uuid and refund_id = f.id for no key update;
  if i.state in ('SENT', 'UNKNOWN') then
    update refund_intents set state = 'SUCCEEDED', provider_id = p ->> 'providerId', provider_fee_minor = (p ->> 'providerFeeMinor')::bigint,
      updated_at = now() where id = i.id;
    v_short := greatest((refund_shares(f)).merchant - i.amount_minor, 0);
    if v_short > 0 then
      perform lock_refunds_of_merchant(f);
      if unpaid_to_merchant(f, v_short) >= v_short then v_short := 0; end if;
    end if;
    perform ledger_book(array[
      ledger_resolve('post', ledger_uuid('transfer', 'pull-back', i.id::text), 'refund.pull-back.post', f.id::text),
      ledger_transfer('posted', ledger_uuid('transfer', 'pull-back', i.id::text, 'fee'), ledger_account('provider:costs', 'platform', f.currency),
        ledger_account('provider:clearing', 'platform', f.currency), (p ->> 'providerFeeMinor')::bigint, f.currency, 'refund.pull-back.fee', f.id::text),
      ledger_transfer('posted', ledger_uuid('transfer', 'pull-back', i.id::text, 'rounding'), ledger_account('platform:losses', 'platform', f.currency),
        ledger_account('merchant:payable', f.merchant_id::text, f.currency), v_short, f.currency, 'refund.pull-back.rounding', f.id::text)]
      || book_refund(f, 'pulled_back', i.amount_minor + v_short, p));
  elsif i.state not in ('SUCCEEDED', 'REVERSED') then
    raise exception 'intent % is % and cannot succeed', i.id, i.state;
  end if;
  return refund_answer((select x from refunds x where x.id = f.id), null);
end $$;

-- The provider definitely cannot take it back: the card is not credited until the merchant's part is there.
create or replace function refuse_pull_back(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  f refunds := lock_refund((p ->> 'refundId')::uuid);
  i refund_intents;
begin
  select * into strict i from refund_intents where id = (p ->> 'intentId')::uuid and refund_id = f.id for no key update;
  if i.state in ('SENT', 'UNKNOWN') then
    update refund_intents set state = 'FAILED_DEFINITE', failure_code = p ->> 'failureCode', updated_at = now() where id = i.id;
    f := move_refund(f, 'WAITING_FOR_MERCHANT', p ->> 'failureCode', p);
    perform ledger_book(array[ledger_resolve('void', ledger_uuid('transfer', 'pull-back', i.id::text), 'refund.pull-back.void', f.id::text)]);
  elsif i.state <> 'FAILED_DEFINITE' then
    raise exception 'intent % is % and cannot be refused', i.id, i.state;
  end if;
  return refund_answer(f, null);
end $$;

-- Nobody can say what became of the pull-back: a person has to look; the intent stays as it is.
create or replace function park_refund(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  f refunds := lock_refund((p ->> 'refundId')::uuid);
begin
  update refund_intents set state = 'UNKNOWN', updated_at = now() where refund_id = f.id and state = 'SENT';
  if f.state = 'PULLING_BACK' then f := move_refund(f, 'WAITING_FOR_MERCHANT', p ->> 'reason', p); end if;
  return refund_answer(f, null);
end $$;

-- Two people have decided that the platform lends the merchant's part: the merchant owes it.
create or replace function honour_refund(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  f refunds := lock_refund((p ->> 'refundId')::uuid);
  v_merchant bigint;
begin
  if f.state = 'COMPLETED' and f.way = 'honoured' then return refund_answer(f, null); end if;
  perform require_refund_case(f, (p ->> 'caseNumber')::int);
  if (select x.id from refund_intents x where x.refund_id = f.id and x.state in ('SENT', 'UNKNOWN')) is not null then
    perform refuse('refund_pull_back_open', 'The provider may still take it back: that is asked first.', jsonb_build_object('refundId', f.id));
  end if;
  if (select d.approved_by from decisions d where d.subject_type = 'refund' and d.subject_id = f.id and d.case_number = f.case_number
      and d.kind = 'honour') is null then
    perform refuse('second_person_missing', 'This takes two people.', jsonb_build_object('refundId', f.id));
  end if;
  v_merchant := (refund_shares(f)).merchant;
  perform ledger_book(book_refund(f, 'honoured', v_merchant, p) || ledger_transfer('posted', ledger_uuid('transfer', 'refund', f.id::text, 'honour'),
    ledger_account('merchant:receivable', f.merchant_id::text, f.currency), ledger_account('merchant:payable', f.merchant_id::text, f.currency),
    v_merchant, f.currency, 'refund.honour', f.id::text));
  return refund_answer((select x from refunds x where x.id = f.id), null);
end $$;

create or replace function require_refund_case(f refunds, p_case_number int) returns void language plpgsql as $$
begin
  if f.state <> 'WAITING_FOR_MERCHANT' then
    perform refuse('case_not_open', format('The refund is %s.', f.state), jsonb_build_object('refundId', f.id));
  elsif f.case_number <> p_case_number then
    perform refuse('case_changed', 'The case has changed since you looked.', jsonb_build_object('refundId', f.id, 'caseNumber', f.case_number));
  end if;
end $$;

create or replace function move_refund(f refunds, p_state text, p_failure_code text, p jsonb) returns refunds language plpgsql as $$
begin
  if f.state = p_state then return f; end if;
  update refunds set state = p_state, failure_code = p_failure_code, updated_at = now(),
    case_number = case_number + (p_state = 'WAITING_FOR_MERCHANT')::int
  where id = f.id returning * into f;
  perform append_refund_event(f, 'giftcard.refund.' || lower(p_state), p);
  return f;
end $$;

create or replace function append_refund_event(f refunds, p_type text, p jsonb) returns void language sql as $$
  select append_event('refund', f.id, p_type, jsonb_build_object('redemptionId', f.redemption_id, 'merchantId', f.merchant_id,
    'currency', f.currency, 'amountMinor', f.amount_minor::text, 'state', f.state, 'way', f.way, 'reason', f.failure_code,
    'caseNumber', f.case_number, 'decisionReason', p ->> 'decisionReason'), p)
$$;

create or replace function refund_answer(f refunds, i refund_intents) returns jsonb language sql stable as $$
  select jsonb_build_object('refundId', f.id, 'redemptionId', f.redemption_id, 'cardId', f.card_id, 'merchantId', f.merchant_id,
    'currency', f.currency, 'amountMinor', f.amount_minor::text, 'feeMinor', f.fee_minor::text, 'serviceMinor', f.service_minor::text,
    'merchantMinor', f.merchant_minor::text, 'state', f.state, 'way', f.way, 'caseNumber', f.case_number, 'failureCode', f.failure_code,
    'reason', f.reason, 'createdAt', f.created_at, 'intent', case when i.id is not null then jsonb_build_object('intentId', i.id,
      'amountMinor', i.amount_minor::text, 'currency', i.currency, 'sourceAccount', i.source_account, 'firstSentAt', i.first_sent_at) end)
$$;
