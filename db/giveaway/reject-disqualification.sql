-- There is nothing in what somebody was suspected of: another person says so. Units that waited for it go on. Locks: the
-- giveaway, then the disqualification.
create or replace function reject_disqualification(p jsonb) returns jsonb language plpgsql as $$
declare
  d giveaway_disqualifications;
begin
  perform 1 from giveaways where id = (p ->> 'giveawayId')::uuid for no key update;
  select * into d from giveaway_disqualifications
  where giveaway_id = (p ->> 'giveawayId')::uuid and participant_id = (p ->> 'participantId')::uuid for no key update;
  if d.participant_id is null then
    perform refuse('disqualification_not_found', 'Nobody has asked for it.', jsonb_build_object('participantId', p ->> 'participantId'));
  elsif d.approved_at is not null then
    perform refuse('disqualification_approved', 'It was approved by two people.', jsonb_build_object('participantId', d.participant_id));
  elsif d.rejected_at is null then
    perform clear_doubt(d, p);
    perform promote_awards(d.giveaway_id, p);
  end if;
  return jsonb_build_object('participantId', d.participant_id, 'requestedBy', d.requested_by,
    'rejectedBy', coalesce(d.rejected_by, p ->> 'decidedBy'));
end $$;

-- The caller has locked it.
create or replace function clear_doubt(d giveaway_disqualifications, p jsonb) returns void language plpgsql as $$
begin
  if d.requested_by = p ->> 'decidedBy' or d.requested_by_host and (p ->> 'byHost')::boolean then
    perform refuse('second_person_missing', 'Another person has to decide, and one of the two is not the host.',
      jsonb_build_object('participantId', d.participant_id));
  end if;
  update giveaway_disqualifications set rejected_by = p ->> 'decidedBy', rejected_at = clock_timestamp()
  where giveaway_id = d.giveaway_id and participant_id = d.participant_id;
  perform append_event('disqualification', d.participant_id, 'giveaway.disqualification.rejected',
    jsonb_build_object('giveawayId', d.giveaway_id, 'participantId', d.participant_id, 'decidedBy', p ->> 'decidedBy'), p);
end $$;
