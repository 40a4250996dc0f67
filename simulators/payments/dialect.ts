import type { DatabaseSync } from 'node:sqlite';
import type Koa from 'koa';
import { answerOnce, type Answer } from './answers.ts';
import { transact } from './database.ts';
import { courseOf, takeFault, type Call, type Operation } from './faults.ts';
import {
  createPayment,
  type Announce,
  type Course,
  type Kind,
  type PaymentRequest,
  type PaymentView,
} from './payments.ts';
import { send, strike, strikesAfter, strikesBefore, type Trouble } from './strike.ts';

/** What both ways of talking to the provider share: faults, keys, and the payment itself. */
export interface Dialect {
  readonly db: DatabaseSync;
  readonly announce: Announce;
  readonly trouble: Trouble;
  readonly keyMismatch: Answer;
}

interface NewPayment {
  readonly kind: Kind;
  readonly key: string;
  readonly request: PaymentRequest;
  /** What the key stands for: where it was sent, and everything that was said. */
  readonly asked: unknown;
  readonly render: (payment: PaymentView) => Answer;
}

/** A call that pays. */
export async function pay(context: Koa.Context, dialect: Dialect, payment: NewPayment): Promise<void> {
  const { kind, key, request, asked, render } = payment;
  await act(context, dialect, { operation: kind, reference: request.reference, request }, (course) =>
    answerOnce(dialect.db, { key, asked, mismatch: dialect.keyMismatch }, () =>
      render(createPayment(dialect.db, kind, request, course, dialect.announce)),
    ),
  );
}

/** A call that only asks. */
export const ask = (
  context: Koa.Context,
  dialect: Dialect,
  operation: Exclude<Operation, Kind>,
  reference: string,
  work: (course: Course) => Answer,
): Promise<void> => act(context, dialect, { operation, reference }, work);

async function act(
  context: Koa.Context,
  { db, trouble }: Dialect,
  call: Call,
  work: (course: Course) => Answer,
): Promise<void> {
  const fault = transact(db, () => takeFault(db, call));
  if (fault && strikesBefore(fault)) return strike(context, fault, trouble);
  const answer = transact(db, () => work(courseOf(fault)));
  if (fault && strikesAfter(fault)) return strike(context, fault, trouble);
  send(context, answer);
}
