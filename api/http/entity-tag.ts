import { Readable } from 'node:stream';
import type { Next } from 'koa';
import { sha256 } from '../../runtime/crypto.ts';
import type { AppContext } from './app-state.ts';

/** Gives the answer of a read a tag of its content, for the conditional request that may follow. */
export async function tagEntity(context: AppContext, next: Next): Promise<void> {
  await next();
  const { body, method } = context;
  if ((method !== 'GET' && method !== 'HEAD') || context.status !== 200 || body === undefined || body === null) return;
  // What comes as a stream is tagged by its route, which knows what it is without reading it.
  if (context.response.headers['etag'] !== undefined || body instanceof Readable) return;
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  context.set('etag', `"${Buffer.from(sha256(text)).toString('base64url')}"`);
}
