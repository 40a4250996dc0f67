-- Many cards, each as by assign_gift_card, in the order of their ids. What is refused for one card changes nothing of it
-- and is said; the others are assigned.
create or replace function assign_gift_cards(p jsonb) returns jsonb language plpgsql set enable_seqscan = off
set enable_hashjoin = off set enable_mergejoin = off as $$
declare
  x jsonb;
  v_answers jsonb := '[]';
  v_refusal text;
begin
  for x in select c.value from jsonb_array_elements(p -> 'cards') c order by c.value ->> 'cardId' loop
    v_refusal := null;
    begin
      perform assign_gift_card(x || jsonb_build_object('actor', p ->> 'actor', 'requestId', p ->> 'requestId'));
    exception when sqlstate 'HS001' then
      v_refusal := sqlerrm;
    end;
    v_answers := v_answers || jsonb_build_object('awardId', x ->> 'awardId', 'refusal', v_refusal);
  end loop;
  return v_answers;
end $$;
