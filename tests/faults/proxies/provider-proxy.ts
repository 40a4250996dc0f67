import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Place, Strikes } from './strikes.ts';

const DROPPED = new Set(['connection', 'transfer-encoding', 'content-length', 'keep-alive', 'host']);

export interface ProviderProxyOptions {
  readonly target: string;
  readonly place: Extract<Place, 'provider' | 'airtime'>;
  /** Paths of calls that move something, or ask about it. */
  readonly judged: RegExp;
  readonly strikes: Strikes;
  /** Whether an intent with this reference stands in one of our books. */
  readonly isAnnounced: (reference: string) => Promise<boolean>;
}

/** In front of a provider: each call that moves money or airtime, or asks about it, is judged before and after it. */
export class ProviderProxy {
  /** Calls that no intent in our databases stood for when they came. */
  readonly unannounced: string[] = [];
  readonly #server: http.Server;
  readonly #options: ProviderProxyOptions;

  private constructor(options: ProviderProxyOptions) {
    this.#options = options;
    this.#server = http.createServer((request, response) => {
      this.#pass(request, response).catch(() => request.socket.destroy());
    });
  }

  static async listen(options: ProviderProxyOptions): Promise<ProviderProxy> {
    const proxy = new ProviderProxy(options);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** The intent is written before the call: a call without one could be forgotten by a crash. */
  async #requireIntent(body: Buffer): Promise<void> {
    const { reference } = JSON.parse(body.toString('utf8')) as { reference?: string };
    if (reference && !(await this.#options.isAnnounced(reference))) this.unannounced.push(reference);
  }

  async #pass(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const [method = 'GET', url = '/'] = [request.method, request.url];
    const body = Buffer.concat(await request.toArray());
    const path = url.replace(/\?.*/, '');
    if (method === 'POST') await this.#requireIntent(body);
    const said = `${url} ${body.toString('utf8')}`;
    const { target, place, judged, strikes } = this.#options;
    const verdict = judged.test(path) ? strikes.judge(place, `${method} ${path}`, said) : 'pass';
    if (verdict === 'hold-before') return;
    if (verdict === 'cut-before') return void request.socket.destroy();
    const answer = await fetch(new URL(url, target), {
      method,
      headers: asHeaders(request.headers),
      ...(body.length > 0 ? { body } : {}),
    });
    const bytes = Buffer.from(await answer.arrayBuffer());
    if (verdict === 'hold-after') return strikes.happened(said);
    if (verdict === 'cut-after') return void request.socket.destroy();
    response.writeHead(answer.status, {
      'content-type': answer.headers.get('content-type') ?? 'application/json',
      'content-length': bytes.length,
    });
    response.end(bytes);
  }
}

const asHeaders = (headers: http.IncomingHttpHeaders): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      typeof value === 'string' && !DROPPED.has(name) ? [[name, value]] : [],
    ),
  );
