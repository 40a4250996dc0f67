import net from 'node:net';

const LOWEST = 20_000;
const COUNT = 12_000;
const given = new Set<number>();

/**
 * A port that nobody listens on, never given twice by this process. Below the range of outgoing connections: none of
 * those can take it, or connect to itself, while its server is down.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * COUNT);
    if (!given.has(port) && (await isFree(port))) {
      given.add(port);
      return port;
    }
  }
}

/** @returns the wished port, or a free one where somebody has it. */
export async function portOr(wished: number | undefined): Promise<number> {
  return wished !== undefined && (await isFree(wished)) ? wished : await freePort();
}

function isFree(port: number): Promise<boolean> {
  const server = net.createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}
