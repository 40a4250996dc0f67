import { defineSearchAttributeKey, SearchAttributeType, type SearchAttributePair } from '@temporalio/common';

/** Search attributes by which ops find a workflow; the names are listed in `temporal-config/search-attributes.ts`. */
export const keywords = (attributes: Readonly<Record<string, string>>): SearchAttributePair[] =>
  Object.entries(attributes).map(([name, value]) => ({
    key: defineSearchAttributeKey(name, SearchAttributeType.KEYWORD),
    value,
  }));
