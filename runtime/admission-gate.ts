import type { Redis } from 'ioredis';

export interface Admission {
  /** How many of those who asked may go on. */
  readonly admitted: number;
  /** What is believed to be left. */
  readonly left: number;
}

/**
 * Lets about as many through at the same time as there is left to win, for all processes together. It only hints:
 * whatever it says wrongly costs time and no prize.
 */
export interface AdmissionGate {
  /** @returns undefined when it knows nothing of this key: `learn` it, and ask again; `away` when Redis does not answer. */
  admit(key: string, batchId: string, wanted: number): Promise<Admission | undefined | 'away'>;
  /** What is left, as the database says. */
  learn(key: string, left: number): Promise<void>;
  /** Who was let in is through, and so much is left; undefined: nobody knows. */
  done(key: string, batchId: string, admitted: number, left: number | undefined): Promise<void>;
}

export interface AdmissionGateOptions {
  /** More than is left may try at the same time: many do not win. */
  readonly headroom: number;
  /** Who is let in and never heard of again makes room after this time. */
  readonly leaseMs: number;
  /** What is believed to be left is asked for again after this time, right or wrong. */
  readonly beliefMs: number;
  /** Redis answers within this time, or is left alone for `restMs`. */
  readonly patienceMs: number;
  readonly restMs: number;
}

export const GATE_OPTIONS: AdmissionGateOptions = {
  headroom: 200,
  leaseMs: 3_000,
  beliefMs: 5_000,
  patienceMs: 100,
  restMs: 1_000,
};

/** KEYS: left, admissions. ARGV: batch, wanted, headroom, lease. */
const ADMIT = `
local left = redis.call('GET', KEYS[1])
if not left then return false end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
local free = tonumber(left) + tonumber(ARGV[3]) - redis.call('ZCARD', KEYS[2])
if tonumber(left) <= 0 then free = 0 end
local admitted = math.max(0, math.min(free, tonumber(ARGV[2])))
for number = 1, admitted do redis.call('ZADD', KEYS[2], now + ARGV[4], ARGV[1] .. ':' .. number) end
if admitted > 0 then redis.call('PEXPIRE', KEYS[2], ARGV[4]) end
return { admitted, tonumber(left) }`;

/** KEYS: left. ARGV: left, belief. What is believed is only ever lowered, until it is forgotten: less is left by and by. */
const LEARN = `
local left = redis.call('GET', KEYS[1])
if not left then redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
elseif tonumber(ARGV[1]) < tonumber(left) then redis.call('SET', KEYS[1], ARGV[1], 'KEEPTTL') end
return 1`;

/** KEYS: left, admissions. ARGV: batch, admitted. */
const RETURN = `
for number = 1, ARGV[2] do redis.call('ZREM', KEYS[2], ARGV[1] .. ':' .. number) end
return 1`;

type Script = (...args: (string | number)[]) => Promise<unknown>;
/** `defineCommand` sends a script by its hash, and anew where Redis has lost it. */
type Scripted = Redis & Record<'gateAdmit' | 'gateLearn' | 'gateReturn', Script>;

export function createAdmissionGate(redis: Redis, options: AdmissionGateOptions = GATE_OPTIONS): AdmissionGate {
  redis.defineCommand('gateAdmit', { numberOfKeys: 2, lua: ADMIT });
  redis.defineCommand('gateLearn', { numberOfKeys: 1, lua: LEARN });
  redis.defineCommand('gateReturn', { numberOfKeys: 2, lua: RETURN });
  const scripted = redis as Scripted;
  const ask = patiently(options);
  // In one slot of a cluster, as a script's keys have to be.
  const keysOf = (key: string): [string, string] => [`handsel:gate:{${key}}:left`, `handsel:gate:{${key}}:in`];
  const learn = async (key: string, left: number): Promise<void> => {
    await ask(() => scripted.gateLearn(keysOf(key)[0], left, options.beliefMs));
  };
  return {
    admit: async (key, batchId, wanted) => {
      const { headroom, leaseMs } = options;
      const answer = await ask(() => scripted.gateAdmit(...keysOf(key), batchId, wanted, headroom, leaseMs));
      if (answer === 'away') return 'away';
      if (!Array.isArray(answer)) return undefined;
      return { admitted: Number(answer[0]), left: Number(answer[1]) };
    },
    learn,
    done: async (key, batchId, admitted, left) => {
      await ask(() => scripted.gateReturn(...keysOf(key), batchId, admitted));
      if (left !== undefined) await learn(key, left);
    },
  };
}

/** Asks Redis, unless it has just not answered. */
function patiently({ patienceMs, restMs }: AdmissionGateOptions): (call: () => Promise<unknown>) => Promise<unknown> {
  let restsUntil = 0;
  return async (call) => {
    if (Date.now() < restsUntil) return 'away';
    let timer: NodeJS.Timeout | undefined;
    try {
      const late = new Promise<never>((_resolve, reject) => {
        timer = setTimeout(() => reject(new Error('late')), patienceMs);
      });
      return await Promise.race([call(), late]);
    } catch {
      restsUntil = Date.now() + restMs;
      return 'away';
    } finally {
      clearTimeout(timer);
    }
  };
}
