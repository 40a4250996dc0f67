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
  readonly name: 'giveaway:phase' | 'giveaway:reveal' | 'giveaway:awards';
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

/** Named in one message; of the others only how many they are. */
const NAMED_AWARDS = 20;

/**
 * The public projection of events: ids, phases and ranks, in their order; nothing of what nobody outside may see. What happens
 * to the awards of one giveaway at about the same time is one message: everybody who watches hears of it, and thousands of
 * winners may be told, or claim, in a moment.
 */
export function liveMessages(events: readonly EventFacts[]): LiveMessage[] {
  const messages: LiveMessage[] = [];
  const news = new Map<string, AwardNews>();
  for (const event of events) {
    if (event.aggregateType === 'giveaway' && !PRIVATE_PHASES.has(event.type)) messages.push(giveawayMessage(event));
    if (event.aggregateType !== 'award' || PRIVATE_AWARD_EVENTS.has(event.type)) continue;
    const { giveawayId, ...award } = event.payload;
    const room = giveawayRoom(String(giveawayId));
    let body = news.get(room);
    if (!body) {
      body = { giveawayId, awards: [], more: 0 };
      news.set(room, body);
      messages.push({ room, name: 'giveaway:awards', seq: null, body });
    }
    if (body.awards.length === NAMED_AWARDS) body.more += 1;
    else body.awards.push({ ...award, type: event.type, at: event.occurredAt });
  }
  return messages;
}

/** A type, which is a record as well. */
type AwardNews = {
  readonly giveawayId: unknown;
  readonly awards: object[];
  more: number;
};

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
