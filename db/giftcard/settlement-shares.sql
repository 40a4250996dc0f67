-- T(C) of domain/settlement.ts: the shares of the first C of a card. A test holds the two against each other.
create or replace function shares_up_to(
  c gift_cards, p_redeemed_minor bigint, out fee bigint, out service bigint, out merchant bigint
) language plpgsql immutable as $$
declare
  v_whole bigint := c.face_minor - c.funding_fee_minor;
  v_net bigint;
  v_product numeric;
  v_twice numeric;
begin
  fee := div(c.funding_fee_minor::numeric * p_redeemed_minor, c.face_minor);
  v_net := p_redeemed_minor - fee;
  service := 0;
  if v_whole > 0 then
    v_product := v_net::numeric * c.rate_ppm;
    service := div(v_product, 1000000);
    v_twice := mod(v_product, 1000000) * 2;
    -- Half to even.
    if v_twice > 1000000 or v_twice = 1000000 and service % 2 = 1 then service := service + 1; end if;
    service := least(
      greatest(service, div(least(c.rate_min_minor, v_whole)::numeric * v_net, v_whole)),
      div(least(coalesce(c.rate_max_minor, v_whole), v_whole)::numeric * v_net + v_whole - 1, v_whole),
      v_net);
  end if;
  merchant := v_net - service;
end $$;
