export interface TemporalBinaryOptions {
  readonly say: (message: string) => void;
  readonly signal?: AbortSignal;
}
export function temporalBinary(options: TemporalBinaryOptions): Promise<string>;
