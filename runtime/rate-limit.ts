import type { Redis } from 'ioredis';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { DomainError } from '../domain/errors.ts';

export interface RateLimit {
  /** Counts one attempt. @throws DomainError rate_limited. */
  consume(key: string): Promise<void>;
}

export interface RateLimitOptions {
  readonly name: string;
  readonly attempts: number;
  readonly perSeconds: number;
}

/** Counted in Redis for all processes together; while Redis is away, each process counts for itself. */
export function createRateLimit(redis: Redis, { name, attempts, perSeconds }: RateLimitOptions): RateLimit {
  const limits = { keyPrefix: `handsel:limit:${name}`, points: attempts, duration: perSeconds };
  const limiter = new RateLimiterRedis({
    ...limits,
    storeClient: redis,
    insuranceLimiter: new RateLimiterMemory(limits),
  });
  return {
    consume: async (key) => {
      try {
        await limiter.consume(key);
      } catch (error) {
        if (!(error instanceof RateLimiterRes)) throw error;
        throw new DomainError('rate_limited', 'Too many attempts. Wait a moment.', {
          retryAfterMs: error.msBeforeNext,
        });
      }
    },
  };
}
