import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { beginOrderCancellation, completeOrderCancellation } from '../../db/giftcard/cancel-card-order.ts';
import { untouchedOrderCancellations } from '../../db/giftcard/owner-sweep.ts';
import { twice } from '../commands/twice.ts';
import { cause } from '../support/cards.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

describe('cancelling an order of cards', () => {
  let test: TestDatabase;

  beforeAll(async () => {
    test = await createTestDatabase('giftcard');
  });
  afterAll(() => test.drop());

  async function orderOf(state: 'ISSUING' | 'ISSUED'): Promise<string> {
    const [id, host_id, merchant_id, catalogue_item_id] = Array.from({ length: 4 }, () => randomUUID());
    const order = { id, host_id, merchant_id, catalogue_item_id, currency: 'USD', face_minor: 5, card_count: 1 };
    await test.db('card_orders').insert({ ...order, activate: false, rate_version: 1, state, workflow_id: 'test' });
    return id ?? '';
  }
  const lost = () => untouchedOrderCancellations(test.db, { untouchedMs: 0, limit: 10 });

  it('has a row from its first moment until nobody’s card is left, which the owner sweep finds', async () => {
    const [orderId, cancelId] = [await orderOf('ISSUED'), randomUUID()];
    await twice(test.db, () => beginOrderCancellation(test.db, { orderId, cancelId }, cause));
    expect(await lost()).toEqual([{ id: cancelId, orderId, actor: cause.actor, requestId: cause.requestId }]);
    await twice(test.db, () => completeOrderCancellation(test.db, { cancelId }, cause));
    expect(await lost()).toEqual([]);
  });

  it('is refused while the order is being issued, and leaves nothing', async () => {
    const orderId = await orderOf('ISSUING');
    const begin = () => beginOrderCancellation(test.db, { orderId, cancelId: randomUUID() }, cause);
    await expect(begin()).rejects.toMatchObject({ code: 'card_order_not_issued' });
    expect(await lost()).toEqual([]);
  });
});
