import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

const VERSION = '1.8.2';
const RELEASE = `https://github.com/temporalio/cli/releases/download/v${VERSION}`;
const CONNECT_MS = 3_000;
const DOWNLOAD_MS = 180_000;

/**
 * Fetches the official release and unpacks it, if its SHA-256 is the one that the release lists. That guards against a
 * damaged or swapped file, and trusts the release page itself.
 */
export async function downloadTemporal({ to, work, say, signal, release = RELEASE }) {
  const name = `temporal_cli_${VERSION}_${process.platform}_${process.arch === 'x64' ? 'amd64' : process.arch}.tar.gz`;
  const checksums = await (await get(`${release}/checksums.txt`, CONNECT_MS, signal)).text();
  const wanted = checksums
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .find(([, file]) => file === name)?.[0];
  if (!wanted) throw new Error(`${release}/checksums.txt does not list ${name}`);

  say(`downloading Temporal ${VERSION} (about 50 MB)`);
  const archive = Buffer.from(await (await get(`${release}/${name}`, DOWNLOAD_MS, signal)).arrayBuffer());
  const found = createHash('sha256').update(archive).digest('hex');
  if (found !== wanted) throw new Error(`${name} has the SHA-256 ${found}, and its release lists ${wanted}`);

  const file = path.join(work, name);
  fs.writeFileSync(file, archive);
  const { status, stderr } = spawnSync('tar', ['-xzf', file, '-C', path.dirname(to), 'temporal'], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${name} could not be unpacked: ${stderr}`);
}

async function get(url, timeoutMs, signal) {
  const limits = [AbortSignal.timeout(timeoutMs), ...(signal ? [signal] : [])];
  const response = await fetch(url, { signal: AbortSignal.any(limits) }).catch((error) => {
    throw new Error(`${url} cannot be reached: ${error.cause?.message ?? error.message}`);
  });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return response;
}
