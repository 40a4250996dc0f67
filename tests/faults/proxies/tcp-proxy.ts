import { once } from 'node:events';
import net from 'node:net';
import { delay, freePort } from '../../../scripts/stack/run.ts';

/** How the network between two parts is. */
export type Weather =
  | { readonly kind: 'clear' }
  /** Connections are reset, and new ones too. */
  | { readonly kind: 'cut' }
  /** Connections are accepted, and nothing arrives. */
  | { readonly kind: 'silent' }
  | { readonly kind: 'slow'; readonly delayMs: number; readonly bytesPerSecond: number }
  /** One side of what is open is closed; the other goes on talking. New connections are clear. */
  | { readonly kind: 'half-closed'; readonly towards: 'client' | 'server' };

/** One connection through a proxy. */
export interface Wire {
  /** Resets both sides. */
  cut(): void;
  /** Says something to the server, in the client's name. */
  send(bytes: Buffer): void;
}

/** Looks at what passes; what it returns is passed on instead. `up` is from the client. */
export interface Watcher {
  up(chunk: Buffer): Buffer;
  down(chunk: Buffer): Buffer;
}

interface Line extends Wire {
  readonly client: net.Socket;
  readonly server: net.Socket;
}

const LOOK_AGAIN_MS = 10;

/** Stands in front of a server on loopback and does to its connections what networks do. */
export class TcpProxy {
  readonly port: number;
  readonly #listener: net.Server;
  readonly #targetPort: number;
  readonly #watch: ((wire: Wire) => Watcher) | undefined;
  readonly #lines = new Set<Line>();
  #weather: Weather = { kind: 'clear' };

  private constructor(port: number, targetPort: number, watch: ((wire: Wire) => Watcher) | undefined) {
    this.port = port;
    this.#targetPort = targetPort;
    this.#watch = watch;
    this.#listener = net.createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.#accept(client));
  }

  static async listen(targetPort: number, watch?: (wire: Wire) => Watcher): Promise<TcpProxy> {
    const proxy = new TcpProxy(await freePort(), targetPort, watch);
    proxy.#listener.listen({ port: proxy.port, host: '127.0.0.1' });
    await once(proxy.#listener, 'listening');
    return proxy;
  }

  set(weather: Weather): void {
    this.#weather = weather;
    for (const line of this.#lines) {
      if (weather.kind === 'cut') line.cut();
      if (weather.kind === 'half-closed') (weather.towards === 'client' ? line.client : line.server).end();
    }
  }

  async close(): Promise<void> {
    this.set({ kind: 'cut' });
    await new Promise((resolve) => this.#listener.close(resolve));
  }

  #accept(client: net.Socket): void {
    client.on('error', () => {});
    if (this.#weather.kind === 'cut') return void client.resetAndDestroy();
    const server = net.connect({ port: this.#targetPort, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    const cut = (): void => {
      for (const socket of [client, server]) if (!socket.destroyed) socket.resetAndDestroy();
      this.#lines.delete(line);
    };
    const send = (bytes: Buffer): void => void server.write(bytes);
    const line: Line = { client, server, cut, send };
    this.#lines.add(line);
    const watcher = this.#watch?.(line);
    for (const socket of [client, server]) {
      socket.on('error', cut);
      socket.on('close', () => client.destroyed && server.destroyed && this.#lines.delete(line));
    }
    void this.#carry(client, server, (chunk) => watcher?.up(chunk) ?? chunk).catch(cut);
    void this.#carry(server, client, (chunk) => watcher?.down(chunk) ?? chunk).catch(cut);
  }

  async #carry(from: net.Socket, to: net.Socket, through: (chunk: Buffer) => Buffer): Promise<void> {
    for await (const chunk of from as AsyncIterable<Buffer>) {
      const passed = through(chunk);
      await this.#linger(passed.length);
      if (to.destroyed || to.writableEnded) continue;
      if (passed.length > 0 && !to.write(passed)) await Promise.race([once(to, 'drain'), once(to, 'close')]);
    }
    if (!to.destroyed) to.end();
  }

  /** As long as the weather makes it take. */
  async #linger(bytes: number): Promise<void> {
    while (this.#weather.kind === 'silent') await delay(LOOK_AGAIN_MS);
    if (this.#weather.kind !== 'slow') return;
    await delay(this.#weather.delayMs + (bytes * 1_000) / this.#weather.bytesPerSecond);
  }
}
