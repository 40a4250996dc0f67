import type Koa from 'koa';
import type { Answer } from './answers.ts';
import type { Fault } from './faults.ts';

const HANG_MS = 60_000;

/** How each dialect says that something went wrong. */
export interface Trouble {
  readonly internal: Answer;
  readonly tooMany: Answer;
}

const ON_THE_WIRE = new Set<Fault['kind']>(['timeout', 'error', 'reset', 'malformed', 'rate_limit']);

/** Whether the call fails on the wire, before or after what it does. A call that comes too often does nothing. */
export const strikesBefore = ({ kind, effect }: Fault): boolean =>
  ON_THE_WIRE.has(kind) && (effect === 'before' || kind === 'rate_limit');
/** Whoever is to look for a payment that does not appear yet has not heard that it was made. */
export const strikesAfter = (fault: Fault): boolean =>
  fault.kind === 'appear_late' || (ON_THE_WIRE.has(fault.kind) && !strikesBefore(fault));

/** Answers as the fault has it, or not at all. */
export async function strike(context: Koa.Context, { kind, retryAfterS }: Fault, trouble: Trouble): Promise<void> {
  switch (kind) {
    case 'appear_late':
    case 'error':
      return send(context, trouble.internal);
    case 'rate_limit':
      context.set('retry-after', String(retryAfterS));
      return send(context, trouble.tooMany);
    case 'malformed':
      context.type = 'application/json';
      context.body = '{"id":"tr_';
      return;
    default:
      if (kind === 'timeout') await new Promise((resolve) => setTimeout(resolve, HANG_MS).unref());
      context.respond = false;
      context.req.socket.destroy();
  }
}

export function send(context: Koa.Context, { status, body }: Answer): void {
  context.status = status;
  context.body = body;
}
