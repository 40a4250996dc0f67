import { defineSearchAttributeKey, SearchAttributeType, type SearchAttributePair } from '@temporalio/common';

/** By namespace; all of type Keyword, of which a namespace has ten. */
export const SEARCH_ATTRIBUTES = {
  giveaway: ['GiveawayId', 'HostId', 'State', 'RequestId'],
  giftcard: ['CardId', 'MerchantId', 'SettlementId', 'GiveawayId', 'State', 'RequestId'],
} as const;

type AttributeName = (typeof SEARCH_ATTRIBUTES)[keyof typeof SEARCH_ATTRIBUTES][number];

/** By these ops find a workflow in Temporal's UI. */
export type Keywords = Readonly<Partial<Record<AttributeName, string>>>;

export const keywords = (attributes: Keywords): SearchAttributePair[] =>
  Object.entries(attributes).map(([name, value]) => ({
    key: defineSearchAttributeKey(name, SearchAttributeType.KEYWORD),
    value,
  }));
