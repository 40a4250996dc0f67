import { createBreaker, type BreakerOptions } from '../breaker.ts';
import type { AirtimePort } from './port.ts';

const isUnknown = ({ kind }: { readonly kind: string }): boolean => kind === 'unknown';
const whenOpen = (retryAfterMs: number) => ({ kind: 'unknown', cause: 'breaker_open', retryAfterMs }) as const;

/** A provider that does not answer is left alone for a while; what was not sent for that is not found, and sent then. */
export function withBreaker(port: AirtimePort, options: BreakerOptions): AirtimePort {
  const guarded = createBreaker(options);
  return {
    findOperator: (phone) => guarded({ ask: () => port.findOperator(phone), isUnknown, whenOpen }),
    send: (topUp) => guarded({ ask: () => port.send(topUp), isUnknown, whenOpen }),
    find: (expected) => guarded({ ask: () => port.find(expected), isUnknown, whenOpen }),
  };
}
