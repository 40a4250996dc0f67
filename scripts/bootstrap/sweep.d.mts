export const RUN_FOLDER_BASES: readonly string[];
export const RUN_FOLDER_PREFIX: string;
export function sweepDeadRuns(): void;
export function runFolders(): string[];
export function readPids(folder: string): { pid: number; name: string; start: string }[] | undefined;
