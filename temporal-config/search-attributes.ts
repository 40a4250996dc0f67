/** By namespace; all of type Keyword, of which a namespace has ten. */
export const SEARCH_ATTRIBUTES: Readonly<Record<'giveaway' | 'giftcard', readonly string[]>> = {
  giveaway: ['GiveawayId', 'HostId', 'State', 'RequestId'],
  giftcard: ['CardId', 'MerchantId', 'SettlementId', 'GiveawayId', 'State', 'RequestId'],
};
