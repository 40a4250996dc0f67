export function processStart(pid: number): string;
export function isSameProcess(pid: number, start: string): boolean;
