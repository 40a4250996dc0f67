-- Adds what is written beside accounts to their rows, so that readers have little to add up; accounts that somebody has
-- locked are left to them. @returns how many movements; as many as the limit when there are more.
create or replace function fold_accounts(p jsonb) returns jsonb language plpgsql as $$
declare
  v_accounts uuid[];
  v_count bigint;
begin
  v_accounts := array(
    select a.id from ledger_accounts a where a.id in (select d.account_id from ledger_account_deltas d limit (p ->> 'limit')::int)
    order by a.hotness, a.id for no key update skip locked);
  with gathered as (
    delete from ledger_account_deltas d where d.ctid = any (array(
      select x.ctid from ledger_account_deltas x where x.account_id = any (v_accounts) limit (p ->> 'limit')::int)) returning d.*
  ), totals as (
    select account_id, count(*) as count, sum(debits_pending)::bigint as dp, sum(debits_posted)::bigint as dd,
      sum(credits_pending)::bigint as cp, sum(credits_posted)::bigint as cd from gathered group by account_id
  ), updated as (
    update ledger_accounts a set
      debits_pending = a.debits_pending + t.dp, debits_posted = a.debits_posted + t.dd,
      credits_pending = a.credits_pending + t.cp, credits_posted = a.credits_posted + t.cd
    from totals t where a.id = t.account_id
    returning t.count
  )
  select coalesce(sum(count), 0) into v_count from updated;
  return jsonb_build_object('folded', v_count);
end $$;
