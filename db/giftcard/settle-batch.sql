-- What is open for a merchant and currency as one settlement, formed by claiming lines, never by times: a line is in one
-- batch. Not formed while nothing is open, while refunds outweigh it, or while it is less than the provider pays out:
-- then the lines wait for the next window. Repeated with the same id it goes on with what stands.
create or replace function form_batch(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  v_id uuid := ledger_uuid('settlement', p ->> 'merchantId', p ->> 'currency', p ->> 'window', p ->> 'part');
  v_lines uuid[];
  v_merchant bigint;
begin
  -- A second attempt waits here: passing over the lines of the first it would find nothing to do.
  perform pg_advisory_xact_lock(hashtextextended(v_id::text, 0));
  if (select s.id from settlements s where s.id = v_id) is null then
    v_lines := claim_open_lines(p);
    v_merchant := merchant_part(v_lines);
    if cardinality(v_lines) = 0 or v_merchant < 0 or v_merchant > 0 and v_merchant < (p ->> 'payoutMinimumMinor')::bigint then return null; end if;
    perform stamp_settlement(v_id, 'batch', v_lines, p);
  end if;
  return start_settlement(v_id, p);
end $$;

-- The oldest of what a merchant has earned, as many as one transaction may hold, and all that refunds take from it; more of
-- what was earned where refunds of newer lines outweigh it, or the oldest would keep all of it waiting. Refunds are read after
-- each time that something was locked, by a statement of their own: a refund holds the line that it takes from until it is
-- booked, so whatever is locked here has its refunds in sight, and no more is promised than is there. Earnings are never
-- waited for and refunds are taken in one order, so batches of two windows cannot wait for each other.
create or replace function claim_open_lines(p jsonb) returns uuid[] language plpgsql set enable_seqscan = off as $$
declare
  v_lines uuid[] := '{}';
  v_more uuid[];
begin
  loop
    v_more := earned_lines(p, v_lines);
    v_lines := v_lines || v_more;
    v_lines := v_lines || array(
      select l.id from settlement_lines l
      where l.settlement_id is null and l.merchant_id = (p ->> 'merchantId')::uuid and l.currency = p ->> 'currency'
        and l.merchant_minor < 0 and l.id <> all (v_lines)
      order by l.created_at, l.id for no key update);
    if cardinality(v_more) = 0 or merchant_part(v_lines) >= 0 then return v_lines; end if;
  end loop;
end $$;

create or replace function earned_lines(p jsonb, p_but uuid[]) returns uuid[] language sql volatile as $$
  select array(
    select l.id from settlement_lines l
    where l.settlement_id is null and l.merchant_id = (p ->> 'merchantId')::uuid and l.currency = p ->> 'currency'
      and l.merchant_minor >= 0 and l.id <> all (p_but)
    order by l.created_at, l.id limit (p ->> 'maxLines')::int for no key update skip locked)
$$;

create or replace function merchant_part(p_lines uuid[]) returns bigint language sql stable as $$
  select coalesce(sum(l.merchant_minor), 0)::bigint from settlement_lines l where l.id = any (p_lines)
$$;

-- Shares of ours that were carried, of a currency, as one settlement: when they are worth a transfer, and merchants owe
-- us no more than the reserve covers.
create or replace function form_platform_batch(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  v_id uuid := ledger_uuid('settlement', 'platform', p ->> 'currency', p ->> 'window');
  v_lines uuid[];
  v_service bigint;
begin
  perform pg_advisory_xact_lock(hashtextextended(v_id::text, 0));
  if (select s.id from settlements s where s.id = v_id) is null then
    v_lines := array(
      select l.id from settlement_lines l where l.settlement_id is null and l.merchant_id is null and l.currency = p ->> 'currency'
      order by l.created_at, l.id for no key update skip locked);
    v_service := (select coalesce(sum(l.service_minor), 0) from settlement_lines l where l.id = any (v_lines));
    if not platform_share_payable(v_service, p ->> 'currency', p) then return null; end if;
    perform stamp_settlement(v_id, 'platform', v_lines, p);
  end if;
  return start_settlement(v_id, p);
end $$;

create or replace function stamp_settlement(p_id uuid, p_kind text, p_lines uuid[], p jsonb) returns void language plpgsql as $$
begin
  insert into settlements (id, kind, merchant_id, window_key, workflow_id, currency, line_count, gross_minor, fee_minor, service_minor, merchant_minor)
  select p_id, p_kind, (p ->> 'merchantId')::uuid, p ->> 'window', p ->> 'workflowId', p ->> 'currency', count(*), sum(l.gross_minor),
    sum(l.fee_minor), sum(l.service_minor), sum(l.merchant_minor)
  from settlement_lines l where l.id = any (p_lines);
  update settlement_lines set settlement_id = p_id where id = any (p_lines);
  perform append_settlement_event(s, 'giftcard.settlement.started', jsonb_build_object('kind', s.kind, 'window', s.window_key,
    'currency', s.currency, 'state', s.state, 'lines', s.line_count, 'feeMinor', s.fee_minor::text,
    'serviceMinor', s.service_minor::text, 'merchantMinor', s.merchant_minor::text), p)
  from settlements s where s.id = p_id;
end $$;

create or replace function start_settlement(p_id uuid, p jsonb) returns jsonb language plpgsql as $$
declare
  v record;
begin
  select * into v from advance_settlement(p_id, p);
  perform ledger_book(v.lines);
  return v.step;
end $$;

-- The next escrows of a batch that is paid are settled. @returns how many; fewer than the limit when it is done.
create or replace function settle_escrows(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  v_count int;
begin
  update card_escrows e set state = 'SETTLED', updated_at = now()
  where e.state = 'SETTLING' and e.id = any (array(
    -- The offset keeps the order: line by line, never all that is settling anywhere.
    select x.id from settlement_lines l
    cross join lateral (select y.id from card_escrows y where y.redemption_id = l.id and y.state = 'SETTLING' offset 0) x
    where l.settlement_id = (select s.id from settlements s where s.id = (p ->> 'settlementId')::uuid and s.state = 'SETTLED')
    limit (p ->> 'limit')::int));
  get diagnostics v_count = row_count;
  if v_count < (p ->> 'limit')::int then
    update settlements set escrows_settled_at = now()
    where id = (p ->> 'settlementId')::uuid and state = 'SETTLED' and escrows_settled_at is null;
  end if;
  return jsonb_build_object('settled', v_count);
end $$;
