import type { Cause } from '../../domain/cause.ts';
import { callCommand } from '../call-command.ts';
import type { Db } from '../connect.ts';

/** Notes that the cards of an order are to go back, before anybody sees to it. @throws DomainError card_order_not_issued. */
export const beginOrderCancellation = (
  db: Db,
  input: { orderId: string; cancelId: string },
  cause: Cause,
): Promise<void> => callCommand(db, 'begin_order_cancellation', { ...input, ...cause });

/** Nobody's card of it is left in escrow. Repeated it changes nothing. */
export const completeOrderCancellation = (db: Db, input: { cancelId: string }, cause: Cause): Promise<void> =>
  callCommand(db, 'complete_order_cancellation', { ...input, ...cause });
