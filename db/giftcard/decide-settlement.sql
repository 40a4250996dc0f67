-- The case that a decision was made on, under the settlement's lock. A repeat of the decision that ended it finds it done.
create or replace function require_settlement_case(s settlements, p jsonb) returns void language plpgsql as $$
begin
  if s.case_number <> (p ->> 'caseNumber')::int then
    perform refuse('case_changed', 'The case has changed since you looked.', jsonb_build_object('settlementId', s.id, 'caseNumber', s.case_number));
  elsif s.state = 'SETTLED' then
    perform refuse('settlement_not_parked', 'The settlement is settled.', jsonb_build_object('settlementId', s.id));
  end if;
end $$;

create or replace function end_settlement_case(s settlements, p_type text, p_payload jsonb, p jsonb) returns settlements language plpgsql as $$
begin
  update settlements set state = 'SETTLING', reason = null, updated_at = now() where id = s.id returning * into s;
  perform append_settlement_event(s, p_type, jsonb_build_object('state', s.state, 'reason', p ->> 'reason', 'caseNumber', s.case_number) || p_payload, p);
  return s;
end $$;

-- Finance has decided to try again, to another account where one is given: as a new intent, which names that account.
create or replace function resume_settlement(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  s settlements := lock_settlement((p ->> 'settlementId')::uuid);
begin
  perform require_settlement_case(s, p);
  if s.state = 'NEEDS_ATTENTION' then
    if p ->> 'payoutAccount' is not null and (live_intent(s, 'merchant')).id is not null then
      perform refuse('settlement_intent_open', 'What was sent may still arrive: it is not sent elsewhere before it has ended.',
        jsonb_build_object('settlementId', s.id));
    end if;
    update settlements set payout_account = coalesce(p ->> 'payoutAccount', payout_account) where id = s.id returning * into s;
    s := end_settlement_case(s, case when p ->> 'payoutAccount' is null then 'giftcard.settlement.retried' else 'giftcard.settlement.amended' end, '{}', p);
  end if;
  return settlement_step(s, null);
end $$;

-- Two people have given the payout up: what is owed to the merchant is unclaimed from now on. Never while the provider
-- may still carry it out.
create or replace function write_off_payout(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  s settlements := lock_settlement((p ->> 'settlementId')::uuid);
begin
  perform require_settlement_case(s, p);
  if s.state <> 'NEEDS_ATTENTION' then return settlement_step(s, null); end if;
  if (live_intent(s, 'merchant')).id is not null or s.merchant_minor = s.written_off_minor then
    perform refuse('settlement_intent_open', 'The merchant’s leg is not a payout that was refused.', jsonb_build_object('settlementId', s.id));
  end if;
  if (select d.approved_by from decisions d where d.subject_type = 'settlement' and d.subject_id = s.id and d.case_number = s.case_number
      and d.kind = 'write_off') is null then
    perform refuse('second_person_missing', 'This takes two people.', jsonb_build_object('settlementId', s.id));
  end if;
  update settlements set written_off_minor = merchant_minor where id = s.id returning * into s;
  s := end_settlement_case(s, 'giftcard.settlement.written_off', jsonb_build_object('amountMinor', s.merchant_minor::text), p);
  perform ledger_book(array[ledger_transfer('posted', ledger_uuid('transfer', 'write-off', s.id::text),
    ledger_account('merchant:payable', s.merchant_id::text, s.currency), ledger_account('unclaimed', s.merchant_id::text, s.currency),
    s.merchant_minor, s.currency, 'settle.write-off', s.id::text)]);
  return settlement_step(s, null);
end $$;
