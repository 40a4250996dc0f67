-- Who asks at the till, and about which card; null for whichever of the two there is none of.
create or replace function find_at_till(p_merchant_id uuid, p_owner_id uuid, p_code_hashes bytea[]) returns jsonb
language sql stable set enable_seqscan = off as $$
  select jsonb_build_object(
    'merchant', (select jsonb_build_object('id', m.id, 'kind', m.kind, 'payoutSchedule', m.payout_schedule)
      from merchants m where m.id = p_merchant_id and m.owner_id = p_owner_id),
    'card', (select jsonb_build_object('id', c.id, 'currency', c.currency) from gift_cards c where c.code_hash = any (p_code_hashes) limit 1))
$$;
