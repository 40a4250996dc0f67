import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Random } from '../random.ts';

interface Message {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const KEPT = ['content-type', 'webhook-id', 'webhook-timestamp', 'webhook-signature'];

/** Between the provider and our services: passes its messages on, or keeps them to deliver them otherwise. */
export class WebhookRelay {
  readonly #server: http.Server;
  readonly #targets: readonly string[];
  readonly #kept: Message[] = [];
  #keeping = false;

  private constructor(targets: readonly string[]) {
    this.#targets = targets;
    this.#server = http.createServer((request, response) => {
      this.#take(request)
        .then((status) => response.writeHead(status).end())
        .catch(() => request.socket.destroy());
    });
  }

  /** @param targets where our services take messages. */
  static async listen(targets: readonly string[]): Promise<WebhookRelay> {
    const relay = new WebhookRelay(targets);
    relay.#server.listen(0, '127.0.0.1');
    await once(relay.#server, 'listening');
    return relay;
  }

  /** For the provider, instead of the targets. */
  get urls(): string {
    const { port } = this.#server.address() as AddressInfo;
    return this.#targets.map((_, index) => `http://127.0.0.1:${port}/${index}`).join(',');
  }

  /** From now on messages are acknowledged and kept. */
  keep(): void {
    this.#keeping = true;
  }

  get kept(): number {
    return this.#kept.length;
  }

  /** Delivers what was kept so many times each, all in another order, and passes on again. @returns how many. */
  async deliver(times: number, random: Random): Promise<number> {
    this.#keeping = false;
    const all = random.shuffle(Array.from({ length: times }, () => this.#kept).flat());
    this.#kept.splice(0);
    for (let first = 0; first < all.length; first += times)
      await Promise.all(all.slice(first, first + times).map((message) => this.#pass(message)));
    return all.length;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #take(request: http.IncomingMessage): Promise<number> {
    const body = Buffer.concat(await request.toArray()).toString('utf8');
    const headers = Object.fromEntries(KEPT.map((name) => [name, String(request.headers[name] ?? '')]));
    const message = { path: request.url ?? '/0', headers, body };
    if (!this.#keeping) return this.#pass(message);
    this.#kept.push(message);
    return 204;
  }

  async #pass({ path, headers, body }: Message): Promise<number> {
    const target = this.#targets[Number(path.slice(1))] ?? '';
    return (await fetch(target, { method: 'POST', headers: { ...headers }, body })).status;
  }
}
