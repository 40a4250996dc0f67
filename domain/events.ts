/** What of the domain events the live gateway may show, and to whom. */

export interface EventFacts {
  readonly aggregateType: string;
  readonly aggregateId: string;
  readonly version: number;
  readonly type: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly occurredAt: string;
}

export interface LiveMessage {
  /** `giveaway:<id>` is open to all. */
  readonly room: string;
  readonly name: 'giveaway:phase' | 'giveaway:reveal' | 'giveaway:award';
  /** Rises within a room's stream; null for what is not resumed. */
  readonly seq: number | null;
  readonly body: Readonly<Record<string, unknown>>;
}

export const giveawayRoom = (giveawayId: string): string => `giveaway:${giveawayId}`;

const PRIVATE_PHASES = new Set([
  'giveaway.created',
  'giveaway.draft_edited',
  'giveaway.funding_started',
  'giveaway.funding_failed',
]);

/** Between a winner and the host. */
const PRIVATE_AWARD_EVENTS = new Set([
  'giveaway.award.address_changed',
  'giveaway.award.shipment_changed',
  'giveaway.award.undeliverable',
]);

/** The public projection of an event: ids, phases and ranks; undefined when nobody outside may see it. */
export function liveMessage(event: EventFacts): LiveMessage | undefined {
  switch (event.aggregateType) {
    case 'giveaway':
      return PRIVATE_PHASES.has(event.type) ? undefined : giveawayMessage(event);
    case 'award':
      if (PRIVATE_AWARD_EVENTS.has(event.type)) return undefined;
      return {
        room: giveawayRoom(String(event.payload['giveawayId'])),
        name: 'giveaway:award',
        seq: null,
        body: { ...event.payload, type: event.type, at: event.occurredAt },
      };
    default:
      return undefined;
  }
}

function giveawayMessage({ aggregateId, version, type, payload, occurredAt }: EventFacts): LiveMessage {
  const drawn = type === 'giveaway.drawn';
  return {
    room: giveawayRoom(aggregateId),
    name: drawn ? 'giveaway:reveal' : 'giveaway:phase',
    seq: version,
    body: { giveawayId: aggregateId, ...payload, seq: version, at: occurredAt },
  };
}

/** The giveaway whose number of participants has changed, if this event says so. */
export const enteredGiveaway = ({ type, payload }: EventFacts): string | undefined =>
  type === 'giveaway.entry.received' ? String(payload['giveawayId']) : undefined;
