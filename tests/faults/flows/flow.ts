import { randomUUID } from 'node:crypto';
import type { Answer, ApiClient } from '../../../scripts/stack/http-client.ts';
import { insist, untilSaid } from '../patience.ts';
import type { Random } from '../random.ts';
import type { World } from '../world.ts';

/** One thing that somebody wants done with money, from the first call to its end. */
export interface Operation {
  /** By which its effects are recognised. */
  readonly ids: readonly string[];
  /** Asks for it until it is answered. */
  readonly begin: () => Promise<void>;
  /** The state it has ended in, for good or until somebody decides; undefined while it goes on. */
  readonly ended: () => Promise<string | undefined>;
  /** The id of what it made, once that is known. */
  readonly result?: () => string | undefined;
  /** The end it must come to when nothing is refused. */
  readonly wanted: string;
}

export interface Flow {
  readonly name: string;
  /** That many operations, independent of each other, with all that each needs before it begins. */
  readonly make: (world: World, count: number, random: Random) => Promise<Operation[]>;
}

export interface Asking {
  readonly api: ApiClient;
  readonly token: string;
  readonly path: string;
  readonly body?: object;
  readonly wanted?: readonly number[];
}

/** A call with a key and a request id of its own, sent until it is answered. */
export function asking({ api, token, path, body = {}, wanted = [201] }: Asking): {
  /** By which its effects are recognised: the request's id, and its key. */
  readonly ids: readonly string[];
  readonly ask: () => Promise<Answer>;
} {
  const [key, requestId] = [randomUUID(), randomUUID()];
  return {
    ids: [requestId, key],
    ask: () => insist(path, () => api('POST', path, { token, body, key, requestId }), wanted),
  };
}

/** What an operation has learned from its answer; until then it has not ended. */
export const once = <T>(
  work: () => Promise<T>,
): { readonly begin: () => Promise<void>; readonly known: () => T | undefined } => {
  let known: T | undefined;
  return {
    begin: async () => {
      known = await work();
    },
    known: () => known,
  };
};

export interface NamedOperation extends Operation {
  readonly name: string;
}

/** Begins it and sees it to its end. @returns what came out otherwise than wanted. */
export async function carryThrough({ name, wanted, begin, ended }: NamedOperation): Promise<string[]> {
  try {
    await begin();
    const state = await untilSaid(`${name} to end`, ended);
    return state === wanted ? [] : [`${name} ended as ${state}, not as ${wanted}`];
  } catch (error) {
    return [`${name}: ${String(error)}`];
  }
}

/** Reads a state, and says it once it is one of these. */
export async function stateOnce(
  api: ApiClient,
  token: string,
  path: string | undefined,
  ends: readonly string[],
): Promise<string | undefined> {
  if (path === undefined) return undefined;
  const { status, body } = await api('GET', path, { token });
  return status === 200 && ends.includes(body.state) ? (body.state as string) : undefined;
}
