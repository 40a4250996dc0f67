import { spawnSync } from 'node:child_process';
import type { RunFolder } from './run-folder.ts';
import { unpackedRedis } from './redis-package.ts';

const NEEDED_MAJOR = 7;

export interface RedisBinary {
  readonly command: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** `redis-server` from PATH, else from Debian's package, unpacked privately. @throws with what was tried. */
export async function redisBinary(folder: RunFolder): Promise<RedisBinary> {
  const onPath: RedisBinary = { command: 'redis-server', environment: { PATH: process.env['PATH'] ?? '' } };
  const problem = versionProblem(onPath);
  if (problem === undefined) return onPath;
  try {
    const unpacked = await unpackedRedis(folder);
    const unpackedProblem = versionProblem(unpacked);
    if (unpackedProblem === undefined) return unpacked;
    throw new Error(unpackedProblem);
  } catch (error) {
    throw new Error(
      `No Redis ${NEEDED_MAJOR} or newer. Tried:\n` +
        `  - \`redis-server\` on PATH: ${problem}\n  - Debian's package: ${(error as Error).message}\n` +
        'Install it (Debian, Ubuntu: apt-get install redis-server; macOS: brew install redis) and run the command again,\n' +
        'or give your own with REDIS_URL (`dev` and `stack`).',
      { cause: error },
    );
  }
}

function versionProblem({ command, environment }: RedisBinary): string | undefined {
  const { stdout, error, stderr } = spawnSync(command, ['--version'], { encoding: 'utf8', env: environment, timeout: 5_000 });
  const version = /v=(\d+)\.([\d.]+)/.exec(stdout ?? '');
  if (version === null) return error?.message ?? `it does not run: ${stderr.trim()}`;
  return Number(version[1]) >= NEEDED_MAJOR ? undefined : `it is version ${version[1]}.${version[2]}`;
}
